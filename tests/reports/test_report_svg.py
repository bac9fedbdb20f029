"""Diagrams in a page: fewer bytes, the same picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from archc.audit.check import check
from archc.audit.marks import marks
from archc.audit.reports.svg import compact
from archc.graph.compile import compile_network
from archc.pipeline import family, read

SPECS = sorted(Path("specs").glob("*.arch"))
NAME = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("path", SPECS[::4], ids=lambda path: path.stem)
def test_the_zoo(path: Path) -> None:
    network = compile_network(family(read(path))[0])
    svg = str(network.draw(audit=marks(check([network], whole=False).cases, network)))
    small = compact(svg, "a & <b>")
    assert len(small) < 0.7 * len(svg)
    before, after = ET.fromstring(svg), ET.fromstring(small)
    assert after.get("aria-label") == "a & <b>"
    assert texts(small) == texts(svg)
    assert small == compact(svg, "a & <b>")
    for tag in ("polygon", "text", "ellipse"):
        assert len(list(after.iter(NAME + tag))) == len(list(before.iter(NAME + tag)))
    boxes = len(list(after.iter(f"{NAME}rect")))
    paths = len(list(after.iter(f"{NAME}path")))
    assert boxes + paths == len(list(before.iter(f"{NAME}path")))
    assert boxes > 2
    fills = [one.get("fill") for one in after.iter(f"{NAME}path")]
    assert set(fills) <= {"none"}  # what is left are edges


def test_a_box_is_where_it_was() -> None:
    svg = '<svg><path fill="red" d="M12,0C12,0 30,0 30,0 36,0 42,-6 42,-12 42,-12 42,-24 42,-24 '
    svg += "42,-30 36,-36 30,-36 30,-36 12,-36 12,-36 6,-36 0,-30 0,-24 0,-24 0,-12 0,-12 "
    svg += '0,-6 6,0 12,0"/><g></g></svg>'
    assert '<rect fill="red" x="0" y="-36" width="42" height="36" rx="12"/>' in compact(svg, "t")


def test_texts_are_left_alone() -> None:
    svg = '<svg><g id="a"><title>n1</title><a xlink:title="x=&quot;1.234&quot; id=&quot;2&quot;">'
    svg += '<text x="1.234" y="-0.01">y="1.234" id="3"</text></a></g></svg>'
    small = compact(svg, "t")
    assert 'xlink:title="x=&quot;1.234&quot; id=&quot;2&quot;"' in small
    assert '<text x="1.2" y="-0">y="1.234" id="3"</text>' in small
    assert "n1" not in small
