"""What diagrams show: labels, folding, depth, direction, and that they can be read."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from functools import cache
from html import unescape
from math import prod
from pathlib import Path

import pytest

import archc
from archc import Network, SpecError, diagram
from archc.diagram import plan, words
from archc.diagram.model import Box, Cluster
from archc.diagram.size import estimate as size_of
from archc.dims import evaluate
from archc.dims.rounded import smooth
from archc.graph.compile import compile_network
from archc.pipeline import family, read
from archc_backends.graphviz import backend, draw
from tests.limits import within

SPECS = sorted(Path("specs").glob("*.arch"))


def texts(svg: str | bytes) -> list[str]:
    """The lines of text that an SVG shows."""
    assert isinstance(svg, str)
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


@cache
def networks(path: Path) -> tuple[Network, ...]:
    return tuple(compile_network(value) for value in family(read(path)))


@cache
def drawn(path: Path, depth: int | None = None) -> tuple[tuple[Network, str], ...]:
    return tuple((network, str(draw(network, depth=depth))) for network in networks(path))


def says(text: str, label: str) -> bool:
    """Whether a text has a label, by itself or in a range of its label: ``P[2] … P[5]``."""
    if re.search(rf"(?<!\w){re.escape(label)}", text):
        return True
    stem, _, index = label.partition("[")
    ranges = re.findall(rf"(?<!\w){re.escape(stem)}\[(\d+)\] … {re.escape(stem)}\[(\d+)\]", text)
    number = index.removesuffix("]")
    return number.isdecimal() and any(
        min(int(a), int(b)) <= int(number) <= max(int(a), int(b)) for a, b in ranges
    )


def boxes(network: Network, depth: int | None = None) -> list[Box]:
    return [box for box in plan.view(network, depth).root.boxes() if box.role != "wire"]


def clusters(network: Network, depth: int | None = None) -> list[Cluster]:
    found: list[Cluster] = []
    stack = [plan.view(network, depth).root]
    while stack:
        inner = [part for part in stack.pop().parts if isinstance(part, Cluster)]
        found += inner
        stack += inner
    return found


# ---------------------------------------------------------------- text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_label_is_in_the_svg(path: Path) -> None:
    for network, svg in drawn(path):
        everything = "\n".join(texts(svg))
        for child in network.root.children:
            label = getattr(child, "label", None) or (child.path in network.labels and child.name)
            if label and child.name.isidentifier():
                assert says(everything, label), (network.name, label)
        for end in (*network.inputs, *network.outputs):
            assert says(everything, end.name), (network.name, end)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_labels_of_opened_blocks_are_in_the_svg(path: Path) -> None:
    for network in networks(path):
        everything = "\n".join(texts(draw(network, depth=99)))
        for module in network.modules.values():
            if module.label is not None:
                assert says(everything, module.label), (network.name, module.label)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_renderer_drops_no_line_of_the_dot(path: Path) -> None:
    for network, svg in drawn(path):
        dot = str(draw(network, "dot"))
        shown = {" ".join(text.split()) for text in texts(svg)}
        quoted = re.findall(r'label=(?:"((?:[^"\\]|\\.)*)"|(\w+))', dot)
        wanted = {line for label in quoted for line in "".join(label).split("\\n")}
        wanted = {" ".join(unescape(line).split()) for line in wanted}
        assert len(wanted) > 3
        assert wanted - {""} <= shown


def test_shapes_stand_on_the_edges_as_papers_write_them() -> None:
    shown = texts(draw(archc.load("specs/alexnet.arch")))
    assert {"227×227×3", "55×55×96", "27×27×256", "13×13×384", "6×6×256", "4096"} <= {
        text.strip() for text in shown
    }


def test_a_line_is_one_box_with_its_costs() -> None:
    shown = texts(draw(archc.load("specs/alexnet.arch")))
    first = shown.index(next(t for t in shown if t.startswith("conv1")))
    assert " ".join(shown[first].split()) == "conv1 11×11/4, 96 · relu"
    assert shown[first + 1] == "34.9K params · 105M MACs"


@pytest.mark.parametrize(
    "hostile",
    [
        '"',
        "\\",
        "\\N",
        '\\"',
        "<b>bold</b>",
        "<",
        "&lt;",
        "&amp;",
        "a|b{c}",
        "日本語 é ü",
        "]>",
        "--",
    ],
)
@pytest.mark.parametrize("place", ["label", "name", "callee"])
def test_hostile_names_are_shown_as_they_are(hostile: str, place: str) -> None:
    network = archc.loads(BRANCHES)
    module = network.modules["one"]
    text = f"x{hostile}y"
    if place == "label":
        module.label = text
    elif place == "callee":
        module.callee = text
    else:
        network = dataclasses.replace(network, name=text)
    assert any(text in shown for shown in texts(draw(network)))


def test_control_characters_are_replaced() -> None:
    network = archc.loads(BRANCHES)
    network.modules["one"].label = "a\x00b\x1bc\nd"
    assert any("a\ufffdb\ufffdc\ufffdd" in text for text in texts(draw(network)))


BRANCHES = """
block pair(width) {
    concat {
        conv 1x1 width
        conv 1x1 width, conv 3x3 width pad=1
        maxpool 3x3/1 pad=1, conv 1x1 width
    }
}
network branches {
    input image: 32x32x3
    one: pair 8
    two: pair 8
    three: pair 8
    avgpool global, fc 10, softmax
}
"""

RESIDUAL = """
block residual(width) {
    add { conv 3x3 width pad=1, relu; identity }
    relu
}
network residual_net {
    input image: 32x32x16
    stage: residual 16 * 7
}
"""


SHARED = """
block head(width) {
    hidden: conv 3x3 width pad=1
    scores: conv 1x1 3
}
network detector {
    input image: 32x32x8
    share common = head 8
    body: conv 3x3 8 pad=1
    output fine: common
    from body, maxpool 2x2/2
    output coarse: common
}
"""


def test_labels_inside_of_blocks_and_shared_weights_are_said() -> None:
    network = archc.loads(SHARED)
    shown = [" ".join(text.split()) for text in texts(draw(network, depth=2))]
    assert shown.count("hidden conv 3×3, 8") == shown.count("scores conv 1×1, 3") == 2
    assert sum(text.startswith("shared weights") for text in shown) == 2
    closed = [" ".join(text.split()) for text in texts(draw(network, depth=1))]
    assert {"fine head 8", "coarse head 8"} <= set(closed)
    assert sum(text.startswith("shared weights") for text in closed) == 1


# ---------------------------------------------------------------- folding


def test_resnet50_folds_its_identical_bottlenecks() -> None:
    network = archc.load("specs/resnet.arch", "resnet50")
    found = [(c.callee, c.count) for c in clusters(network, depth=99) if c.callee]
    assert sorted(found) == [
        ("bottleneck 128", 3),
        ("bottleneck 128 stride=2", 1),
        ("bottleneck 256", 5),
        ("bottleneck 256 stride=2", 1),
        ("bottleneck 512", 2),
        ("bottleneck 512 stride=2", 1),
        ("bottleneck 64", 1),  # with the projection
        ("bottleneck 64", 2),
    ]
    # what is in a closed line says the same
    (conv4,) = (box for box in boxes(network) if box.title == "conv[4]")
    assert conv4.rows == ["bottleneck 256 stride=2", "bottleneck 256  ×5"]


def test_an_identity_is_an_edge_and_a_folded_chain_reads_itself_only_once() -> None:
    network = archc.loads(RESIDUAL)
    view = plan.view(network, 99)
    (cluster,) = view.root.parts
    assert isinstance(cluster, Cluster)
    assert (cluster.title, cluster.callee, cluster.count) == ("stage", "residual 16", 7)
    assert [row for box in boxes(network, 99) for row in box.rows] == [
        "conv 3×3, 16 · relu",
        "add · relu",
    ]
    joined = next(box for box in cluster.boxes() if box.family == "merging")
    into = [edge.source.role for edge in view.edges if edge.target is joined]
    assert into == ["layers", "wire"]


def test_dense_blocks_that_grow_fold_and_say_so() -> None:
    network = archc.load("specs/densenet.arch", "densenet121")
    growing = [cluster.count for cluster in clusters(network) if cluster.grows]
    assert sorted(growing) == [6, 12, 16, 24]
    assert any("×24, growing (the first is shown)" in text for text in texts(draw(network)))


def test_the_first_block_of_a_kind_is_opened_as_an_example() -> None:
    network = archc.load("specs/googlenet.arch", "googlenet")
    opened = {cluster.title for cluster in clusters(network)}
    assert opened == {"inception3a", "aux1"}
    closed = {box.title for box in boxes(network) if box.family == "block"}
    inceptions = {f"inception{name}" for name in ("3b", "4a", "4b", "4c", "4d", "4e")}
    assert closed == {*inceptions, "inception5a", "inception5b", "aux2"}


def test_branches_of_the_spec_stand_from_left_to_right() -> None:
    svg = str(draw(archc.loads(BRANCHES), depth=1))
    assert "conv 1×1" not in svg
    svg = str(draw(archc.load("specs/googlenet.arch", "googlenet")))
    places = [
        float(match.group(1))
        for match in re.finditer(r'<text[^>]* x="([-.\d]+)"[^>]*>([^<]*)</text>', svg)
        if match.group(2) in ("conv 1×1, 64 · relu", "conv 1×1, 96 · relu", "conv 1×1, 16 · relu")
    ]
    assert len(places) == 3
    assert places == sorted(places)


# ---------------------------------------------------------------- depth and direction


def test_depth_opens_and_closes_blocks() -> None:
    network = archc.load("specs/googlenet.arch", "googlenet_inference")
    (whole,) = boxes(network, 0)
    assert whole.params == network.params
    assert whole.macs == network.macs
    closed = boxes(network, 1)
    assert sum(box.family == "block" for box in closed) == 9
    opened = boxes(network, 2)
    assert sum(box.family == "block" for box in opened) == 0
    assert sum(box.rows == ["concat"] for box in opened) == 9
    for shown in (closed, opened):
        assert sum(box.params for box in shown) == network.params  # type: ignore[misc]
    assert not clusters(network, 1)
    assert len([c for c in clusters(network, 2) if c.title.startswith("inception")]) == 9


def test_direction() -> None:
    network = archc.load("specs/vgg16.arch")
    assert "rankdir=TB" in str(draw(network, "dot"))
    assert "rankdir=LR" in str(draw(network, "dot", direction="LR"))

    def size(svg: str) -> tuple[float, ...]:
        match = re.search(r'<svg width="(\d+)pt" height="(\d+)pt"', svg)
        assert match
        return tuple(map(float, match.groups()))

    wide, high = size(str(draw(network, direction="LR")))
    assert wide > high
    wide, high = size(str(draw(network)))
    assert wide < high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "gif"}, "format is one of svg, png, pdf, dot, but this is `gif`"),
        ({"direction": "UP"}, "direction is one of TB, BT, LR, RL, but this is `UP`"),
        ({"depth": -1}, "a depth is an integer from 0, but this is -1"),
    ],
)
def test_wrong_options_are_diagnostics(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError) as raised:
        draw(archc.loads(RESIDUAL), **options)  # type: ignore[arg-type]
    assert message in str(raised.value)


def test_an_unknown_option_of_the_backend_is_a_diagnostic() -> None:
    with pytest.raises(SpecError) as raised:
        backend.write(archc.loads(RESIDUAL), ".svg", deepth=1)
    assert raised.value.diagnostics[0].help == "did you mean `depth`?"


# ---------------------------------------------------------------- size


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_can_be_read(path: Path) -> None:
    for network, svg in drawn(path):
        assert plan.view(network, None).count() <= plan.READABLE
        height = re.search(r'height="(\d+)pt"', svg)
        assert height
        assert int(height.group(1)) < 2200  # points


@pytest.mark.parametrize("depth", [None, 1])
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_fits_on_a_page(path: Path, depth: int | None) -> None:
    for network, svg in drawn(path, depth):
        size = re.search(r'<svg width="(\d+)pt" height="(\d+)pt"', svg)
        assert size
        width, height = map(int, size.groups())
        assert width < 1500
        assert width < 950 or width < 3 * height, (network.name, width, height)


def test_the_size_is_estimated_before_the_layout() -> None:
    for name in ("alexnet", "inception_v4", "segnet"):
        network = archc.load(f"specs/{name}.arch", name)
        size = re.search(r'<svg width="(\d+)pt" height="(\d+)pt"', str(draw(network)))
        assert size
        width, height = map(int, size.groups())
        estimate = size_of(diagram.view(network, None))
        assert 0.5 * width < estimate.width < 1.5 * width
        assert 0.8 * height < estimate.height < 1.2 * height


def test_a_pyramid_reads_from_the_top_down() -> None:
    network = archc.load("specs/mask_rcnn.arch", "mask_rcnn")
    view = diagram.view(network, 1)
    pairs = [(id(edge.source), id(edge.target)) for edge in view.edges]
    assert len(pairs) == len(set(pairs))
    (rpn,) = (box for box in view.root.boxes() if box.title == "rpn")
    (rois,) = (box for box in view.root.boxes() if box.title == "rois")
    (into,) = (edge for edge in view.edges if (edge.source, edge.target) == (rpn, rois))
    assert words.edge_lines(into) == ["H/4×W/4×3", "… 10 values", "H/64×W/64×12"]
    indexed = next(box for box in view.outputs if len(box.rows) == 2)
    assert words.end_lines(indexed) == [
        "output scores[2] … scores[6]",
        "deltas[2] … deltas[6]",
    ]


def test_heads_beside_each_other_are_one_box_where_all_are_too_many() -> None:
    network = archc.load("specs/ssd.arch", "ssd300")
    view = diagram.view(network, 1)
    (heads,) = (box for box in view.root.boxes() if box.beside)
    assert (heads.title, heads.count) == ("head[0] … head[5]", 6)
    assert heads.rows == ["head 21 …"]
    parts = [network.modules[f"head.{i}"] for i in range(6)]
    assert heads.params == sum(layer.params for part in parts for layer in part.layers())  # type: ignore[misc]
    assert "in all" in words.lines(heads)[-1]
    readers = {edge.target.title: len(edge.shapes) for edge in view.edges if edge.source is heads}
    assert readers == {"offsets": 6, "scores": 6, "places": 6}
    into = [edge for edge in view.edges if edge.target is heads]
    assert {edge.source.title for edge in into} == {
        "base",
        "scaled",
        "extra[0]",
        "extra[1]",
        "extra[2]",
        "extra[3]",
    }


PYRAMID = """
network pyramid {{
    input image: HxWx3
    for i in range({count}) {{
        level[i]: from image, conv 3x3 64 same, relu
    }}
    output all: concat {{ for i in range({count}) {{ from level[i] }} }}
}}
"""


def test_names_and_short_lists_stay_whole_in_narrow_boxes() -> None:
    def lines(spec: str, variant: str, depth: int) -> set[str]:
        return set(texts(draw(archc.load(spec, variant), depth=depth, direction="LR")))

    assert {"backbone=", "resnet50_v1_5"} <= lines("specs/mask_rcnn.arch", "mask_rcnn", 1)
    assert {"[3, 4, 6, 3]", "strided=3×3"} <= lines("specs/fpn.arch", "fpn", 1)
    assert "table=(table)" in lines("specs/lenet5.arch", "lenet5", 0)


@pytest.mark.parametrize(("count", "folded"), [(3, False), (12, True)])
def test_few_parts_beside_each_other_stay_apart(count: int, folded: bool) -> None:
    network = archc.loads(PYRAMID.format(count=count))
    view = diagram.view(network, 1)
    found = [box for box in view.root.boxes() if box.title.startswith("level")]
    assert len(found) == (1 if folded else count)
    assert sum(box.params for box in found) == network.params  # type: ignore[misc]


def test_counts_that_are_formulas_are_rounded_and_not_cut() -> None:
    network = archc.load("specs/fcn.arch", "fcn8s")
    assert words.title(network) == ("fcn8s · 134M params · ≈ 425K·H·W + 66.5M·(H + W) + 12.7G MACs")
    assert "…" not in "".join(texts(draw(network)))
    assert words.title(archc.load("specs/segnet.arch")) == "segnet · 29.4M params · 616K·H·W MACs"
    for height, width in ((500, 500), (1000, 300)):
        formula = network.macs
        assert formula is not None and not isinstance(formula, int)
        polynomial, changed = smooth(formula) or ({}, False)
        assert changed
        about = sum(
            float(c) * prod({"H": height, "W": width}[name] for name in monomial)
            for monomial, c in polynomial.items()
        )
        assert about == pytest.approx(evaluate(formula, {"H": height, "W": width}), rel=0.1)


def test_many_labelled_lines_fold_to_their_range() -> None:
    network = archc.loads(
        """
        network n {
            input image: 8x8x16
            for i in range(500) { step[i]: conv 3x3 16 pad=1, relu }
        }
        """
    )
    (box,) = boxes(network)
    assert (box.title, box.count) == ("step[0] … step[499]", 500)


def test_what_cannot_fold_loses_its_middle() -> None:
    network = archc.loads(
        """
        network n {
            input image: 8x8x16
            for i in range(10000) { step[i]: conv 1x1 ((i * i) % 97 + 1), relu }
        }
        """
    )
    with within(20):
        shown = boxes(network)
    assert 40 < len(shown) <= plan.READABLE
    rest = [box for box in shown if box.role == "rest"]
    assert len(rest) == 1
    assert sum(box.params * box.count for box in shown) == network.params  # type: ignore[misc]
    text = "\n".join(texts(draw(network)))
    assert "step[0]" in text
    assert "step[9999]" in text
    assert f"… {20_000 - 2 * (len(shown) - 1):,} more layers …" in text


def test_a_depth_that_asks_for_too_much_is_refused() -> None:
    network = archc.loads(
        """
        network n {
            input image: 8x8x16
            for i in range(6000) { step[i]: conv 1x1 ((i * i) % 97 + 1) }
        }
        """
    )
    with pytest.raises(SpecError, match="more than 5,000 boxes"):
        draw(network, depth=1)


# ---------------------------------------------------------------- sameness


def test_the_dot_is_the_same_whatever_the_hash_seed() -> None:
    program = (
        "import archc, sys; n = archc.load('specs/googlenet.arch', 'googlenet');"
        "sys.stdout.write(n.draw('dot'))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
    assert found.pop().decode() == draw(archc.load("specs/googlenet.arch", "googlenet"), "dot")


def test_the_svg_is_the_same_each_time() -> None:
    network = archc.load("specs/resnet.arch", "resnet50")
    assert draw(network) == draw(network)


def test_drawing_imports_no_torch() -> None:
    program = (
        "import archc, sys; archc.load('specs/vgg16.arch').draw();"
        "assert 'torch' not in sys.modules; assert 'networkx' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
