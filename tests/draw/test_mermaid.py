"""Mermaid flowcharts: held against a grammar of the part of the language that is written.

The grammar is stricter than Mermaid's own. All texts of this test, the hostile ones among them,
were read and drawn as they should be by mermaid 12.3 in a browser.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import archc
from archc import Network, SpecError, diagram
from archc.graph.compile import compile_network
from archc.pipeline import family, read
from archc_backends.mermaid import backend

SPECS = sorted(Path("specs").glob("*.arch"))

CHARACTER = r"(?:[^\W_]|[ \u2003()\[\]{}.,+*/=_·×…−≈⌊⌋⌈⌉^?→\ufffd]|#\d+;)"
LABEL = rf'"(?P<label>(?:{CHARACTER}|<br/>)*)"'
NODE = re.compile(
    rf" *(?P<id>n\d+)(?P<open>\[\[|\(|\[){LABEL}(?P<close>\]\]|\)|\]):::(?P<kind>\w+)"
)
FRAME = re.compile(rf" *subgraph (?P<id>f\d+)\[{LABEL}\]")
LOOK = re.compile(r" *class (?P<id>f\d+) (?P<kind>\w+)")
ARROW = re.compile(rf"    (?P<source>n\d+) -->(?:\|{LABEL}\|)? (?P<target>n\d+)")
CLASS = re.compile(
    r"    classDef (?P<kind>\w+) fill:#\w{6},stroke:#\w{6},color:#\w{6}(,stroke-dasharray:4)?"
)
CLOSING = {"[[": "]]", "(": ")", "[": "]"}
RESERVED = {"end", "default", "graph", "subgraph", "style", "class", "click", "href", "call"}


class Chart:
    """A flowchart, read. Raises AssertionError for what is not of the grammar."""

    def __init__(self, text: str) -> None:
        head, title, *config, close, kind = text.split("\n")[:7]
        assert (head, close) == ("---", "---")
        assert config == ["config:", "  flowchart:", "    wrappingWidth: 600"]
        self.title = json.loads(title.removeprefix("title: "))  # JSON's texts are YAML's
        found = re.fullmatch(r"flowchart (TB|BT|LR|RL)", kind)
        assert found
        self.direction = found[1]
        self.nodes: dict[str, str] = {}
        self.frames: dict[str, str] = {}
        self.arrows: list[tuple[str, str, str]] = []
        self.used: set[str] = set()
        self.classes: set[str] = set()
        self.open: list[str] = []
        for line in text.split("\n")[7:-1]:
            self.line(line)
        assert text.endswith("\n")
        assert not self.open
        assert self.used == self.classes
        assert not self.classes & RESERVED

    def line(self, line: str) -> None:
        if line.strip() == "end":
            self.open.pop()
        elif found := NODE.fullmatch(line):
            assert CLOSING[found["open"]] == found["close"]
            assert found["id"] not in self.nodes
            self.nodes[found["id"]] = shown(found["label"])
            self.used.add(found["kind"])
        elif found := FRAME.fullmatch(line):
            assert found["id"] not in self.frames
            self.frames[found["id"]] = shown(found["label"])
            self.open.append(found["id"])
        elif found := LOOK.fullmatch(line):
            assert found["id"] in self.frames
            self.used.add(found["kind"])
        elif found := ARROW.fullmatch(line):
            assert {found["source"], found["target"]} <= set(self.nodes)
            label = shown(found["label"] or "")
            self.arrows.append((self.nodes[found["source"]], label, self.nodes[found["target"]]))
        else:
            found = CLASS.fullmatch(line)
            assert found, line
            self.classes.add(found["kind"])


def shown(label: str) -> str:
    """What a reader sees of a label."""
    text = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label.replace("<br/>", "\n"))
    return text.replace("\u2003", "   ")


def chart(network: Network, **options: object) -> Chart:
    return Chart(backend.write(network, **options))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_network_of_the_zoo_is_a_flowchart(path: Path) -> None:
    for value in family(read(path)):
        network = compile_network(value)
        for depth in (None, 1):
            found = chart(network, depth=depth)
            view = diagram.view(network, depth)
            assert len(found.nodes) == view.count()
            assert len(found.frames) == sum(1 for _ in view.root.clusters())
            assert found.title.startswith(network.name)


def test_boxes_arrows_and_shapes() -> None:
    found = chart(archc.load("specs/lenet5.arch", "lenet5"))
    assert found.title == "lenet5 · 60.0K params · 327K MACs"
    assert found.arrows[:2] == [
        ("image", "32×32×1", "C1   conv 5×5, 6 · tanh\n156 params · 118K MACs"),
        (
            "C1   conv 5×5, 6 · tanh\n156 params · 118K MACs",
            "28×28×6",
            "S2   subsample 2×2/2 · tanh\n12 params",
        ),
    ]


def test_blocks_are_frames_and_repeats_have_a_double_border() -> None:
    network = archc.load("specs/resnet.arch", "resnet50")
    found = chart(network)
    assert list(found.frames.values()) == ["conv[2]", "bottleneck 64", "bottleneck 64   ×2"]
    text = backend.write(archc.load("specs/segnet.arch"))
    assert re.search(r"n\d+\[\[\"conv 3×3, 512 · bn · relu\u2003×3", text)


def test_an_identity_is_one_arrow_past_the_other_branch() -> None:
    network = archc.loads(
        """
        network n {
            input image: 8x8x16
            first: conv 3x3 16 pad=1
            add { conv 3x3 16 pad=1, relu; identity }
        }
        """
    )
    found = chart(network, depth=9)
    first = next(text for text in found.nodes.values() if text.startswith("first"))
    joined = next(text for text in found.nodes.values() if text.startswith("add"))
    assert (first, "", joined) in found.arrows


HOSTILE = [
    '"',
    "\\",
    "<b>bold</b>",
    "&lt;",
    "#35;",
    "a|b{c}",
    "日本語 é ü",
    "]>",
    "-->",
    "end",
    "%% comment",
    "`**markdown**`",
    "style a:b#c;",
    ":::kind",
    "{{x}}",
    "@{shape: x}",
    "1. list",
    "javascript:alert(1)",
    "$$x$$",
    "fa:fa-car",
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("place", ["label", "name", "callee"])
def test_hostile_names_are_shown_as_they_are(hostile: str, place: str) -> None:
    network = archc.loads(
        """
        block pair(width) { concat { conv 1x1 width; conv 3x3 width pad=1 } }
        network branches {
            input image: 32x32x3
            one: pair 8
            two: pair 8
        }
        """
    )
    if place == "label":
        network.modules["one"].label = hostile
    elif place == "callee":
        network.modules["one"].callee = hostile
    else:
        network.name = hostile
    found = chart(network, depth=2)
    assert any(hostile in text for text in [found.title, *found.frames.values()])


def test_control_characters_are_replaced() -> None:
    network = archc.load("specs/lenet5.arch", "lenet5")
    network.name = "a\x00b\nc\u2028d"
    assert chart(network).title.startswith("a\ufffdb\ufffdc\ufffdd")


def test_direction_depth_and_what_there_is_not() -> None:
    network = archc.load("specs/alexnet.arch", "alexnet")
    assert chart(network, direction="LR", depth=0).direction == "LR"
    assert len(chart(network, depth=0).nodes) == 3
    for options, message in (
        ({"direction": "UP"}, "direction is one of TB, BT, LR, RL, but this is `UP`"),
        ({"depth": -1}, "a depth is an integer from 0, but this is -1"),
        ({"audit": ()}, "option is one of depth, direction, but this is `audit`"),
    ):
        with pytest.raises(SpecError) as raised:
            backend.write(network, **options)
        assert message in str(raised.value)


def test_more_than_mermaid_draws_is_refused() -> None:
    with pytest.raises(SpecError, match=r"arrows and 5\d,\d+ characters, and Mermaid draws"):
        backend.write(archc.load("specs/densenet.arch", "densenet264"), depth=99)
