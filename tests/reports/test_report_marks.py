"""Diagrams that say which printed numbers hold."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
import report_samples as samples

import archc
from archc.audit.check import check
from archc.audit.marks import Mark, marks
from archc.audit.reports.words import STANDINGS
from archc.diagram import plan
from archc.diagram.model import Box, Cluster, View
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.pipeline import family, read, read_text
from archc_backends.graphviz.audit import LOOKS, UNSAID, attach, lines, look

SPECS = sorted(Path("specs").glob("*.arch"))

NET = """
block pair(width) { conv 3x3 width, conv 1x1 width }
network net {
    input image: 8x8x3
    conv1: conv 3x3 4, relu
    body: pair 8
    { conv 3x3 8 same, bn, relu } * 3
    fc 10
}
"""


def network() -> Network:
    return compile_network(family(read_text(NET, "net.arch"))[0])


def viewed(*found: Mark) -> View:
    net = network()
    view = plan.view(net, 9)
    attach(view, net, found)
    return view


def mark(path: str, standing: str = "disputed") -> Mark:
    return Mark(path, path or "total", standing, "params: “1” ≠ 2")  # type: ignore[arg-type]


def parts(view: View) -> list[Box | Cluster]:
    return [view.root, *view.inputs, *view.root.boxes(), *view.root.clusters()]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", "cluster "),
        ("image", "box image"),
        ("conv1", "box conv1: conv 3×3, 4 · relu"),
        ("conv1.conv", "box conv1: conv 3×3, 4 · relu"),
        ("body", "cluster body"),
        ("body.conv.1", "box : conv 1×1, 8"),
        ("group.2.bn", "box : conv 3×3, 8 · bn · relu"),  # the third of ×3
        ("fc", "box : fc 10"),
    ],
)
def test_a_mark_is_on_what_shows_its_part(path: str, shown: str) -> None:
    view = viewed(mark(path))
    (marked,) = [part for part in parts(view) if part.marks]
    kind = "cluster" if isinstance(marked, Cluster) else "box"
    rows = marked.rows if isinstance(marked, Box) else []
    assert ": ".join([f"{kind} {marked.title}", *rows]) == shown
    assert look(marked) == LOOKS["disputed"]


def test_the_most_serious_mark_colours_and_all_are_said() -> None:
    order = ("holds", "if", "erratum", "disputed")
    for i, standing in enumerate(order):
        view = viewed(*(mark("conv1", one) for one in order[: i + 1]))
        (box,) = [box for box in view.root.boxes() if box.marks]
        assert look(box) == LOOKS[standing]  # type: ignore[index]
    assert lines(box) == ["params: “1” ≠ 2", "1 number holds if …", "1 number holds"]
    others = [box for box in view.root.boxes() if not box.marks]
    assert {look(other) for other in others} == {UNSAID}


def test_many_disputed_numbers_are_counted() -> None:
    marked = [Mark("conv1", "conv1", "disputed", f"params: “{i}” ≠ 112") for i in range(9)]
    (box,) = [box for box in viewed(*marked).root.boxes() if box.marks]
    assert lines(box) == [
        "params: “0” ≠ 112",
        "params: “1” ≠ 112",
        "… 7 more that do not hold",
    ]


def test_the_samples_marks() -> None:
    report = samples.sample()
    small = next(network for network in report.networks if network.name == "small")
    texts = {(one.subject, one.standing, one.text) for one in marks(report.cases, small)}
    assert ("conv1", "disputed", "params: “999” ≠ 112") in texts
    assert ("conv1", "erratum", "params: “500” ≠ 112") in texts
    assert ("conv1", "if", "params nobias: “108”") in texts
    assert ("fc1", "disputed", "params: “1450” is no longer an erratum") in texts
    assert not [text for text in texts if text[2].startswith("params: “5M”")]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_each_disputed_part_of_the_zoo_is_in_the_diagram(path: Path) -> None:
    for net in (compile_network(value) for value in family(read(path))):
        found = marks(check([net], whole=False).cases, net)
        view = plan.view(net, None)
        attach(view, net, found)
        placed = [one for part in parts(view) for one in part.marks]
        assert len(placed) == len(found)
        svg = net.draw("svg", audit=found)
        assert isinstance(svg, str)
        shown = {unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)}
        seen = {look(part) for part in parts(view)[1:] if is_coloured(part)}
        legend = {STANDINGS[one].partition(":")[0]: LOOKS[one] for one in STANDINGS}
        for text, found in {**legend, "none printed": UNSAID}.items():
            assert (text in shown) is (found in seen)
            assert found not in seen or found.line in svg


def is_coloured(part: Box | Cluster) -> bool:
    """Frames and a network's ends keep their own colours where nothing is printed about them."""
    own = isinstance(part, Cluster) or part.role == "input"
    return bool(part.marks) or not (own or part.role == "wire")


def test_what_holds_is_said_and_not_by_colour_alone() -> None:
    view = viewed(mark("conv1", "holds"), mark("conv1", "holds"), mark("fc", "unknown"))
    said = {box.title or box.rows[0]: lines(box) for box in view.root.boxes()}
    assert (said["conv1"], said["fc 10"]) == (["2 numbers hold"], ["1 number is open"])
    assert [texts for texts in said.values() if texts] == [["2 numbers hold"], ["1 number is open"]]


def test_without_an_audit_nothing_changes() -> None:
    plain = network().draw("dot")
    assert "legend" not in str(plain)
    assert "legend" in str(network().draw("dot", audit=()))


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_hostile_marks_are_text(direction: str) -> None:
    report = samples.hostile()
    small = next(network for network in report.networks if network.name == "small")
    svg = small.draw("svg", audit=marks(report.cases, small), direction=direction)
    assert "<script" not in str(svg)
    assert "<img" not in str(svg)


def test_an_audit_from_python() -> None:
    net = archc.load("specs/alexnet.arch")
    svg = net.draw(audit=marks(net.check().cases, net))
    assert "known erratum" in str(svg)
