"""Receptive fields: known ones, and against what perturbed pixels of linear torch networks move.

The twins are linear with positive weights (average pooling for maximum pooling, no activations),
so that every connection shows: a row of the input reaches an output exactly if a forward pass of
that row alone is not zero there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from helpers import Builder, Identity
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from torch import Tensor

import archc
from archc.dims import Dim, decide, evaluate
from archc.graph.fields import Extent, Phase, fields
from archc.graph.network import Layer, Network
from archc.ops import convolution, dense, merging, pooling, reshaping
from tests.drawing import draw_until

# ---------------------------------------------------------------- linear twins


def window_sum(
    x: Tensor, layer: Layer, kernel: Any, stride: Any, dilation: Any, groups: int, width: int
) -> Tensor:
    """A convolution with weights of 1; the padding is archc's, on the right as far as is read."""
    op: Any = layer.op
    (top, _), (left, _) = op.padding(*layer.input_shapes)
    height, across = layer.shape[-3:-1]
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    bottom = (height - 1) * stride[0] + spans[0] - x.shape[2] - top
    right = (across - 1) * stride[1] + spans[1] - x.shape[3] - left
    padded = F.pad(x, (left, right, top, bottom))  # negative: what no window reads is cut off
    weight = torch.ones(width, x.shape[1] // groups, *kernel, dtype=x.dtype)
    return F.conv2d(padded, weight, stride=stride, dilation=dilation, groups=groups)


def forward(layer: Layer, inputs: list[Tensor]) -> Tensor:
    op, x = layer.op, inputs[0]
    match op:
        case convolution.Conv():
            return window_sum(x, layer, op.kernel, op.stride, op.dilation, op.groups, op.width)
        case pooling.Pool() if op.adaptive is not None:
            return F.adaptive_avg_pool2d(x, op.adaptive)
        case pooling.Pool():
            return window_sum(x, layer, op.kernel, op.stride, (1, 1), x.shape[1], x.shape[1])
        case reshaping.Upsample():
            return F.interpolate(x, scale_factor=op.factor, mode=op.mode)
        case reshaping.ZeroPad():
            (top, bottom), (left, right) = op.padding(*layer.input_shapes)
            return F.pad(x, (left, right, top, bottom))
        case merging.Concat():
            return torch.cat(inputs, dim={"channels": 1, "height": 2, "width": 3}[op.axis])
        case merging.Add() | merging.Mul():  # a sum shows what a product depends on, too
            return sum((value for value in inputs[1:]), inputs[0])
        case dense.FC():
            weight = torch.ones(op.width, x[0].numel(), dtype=x.dtype)
            return (x.flatten(1) @ weight.T)[:, :, None, None]
        case _:
            return x


def moved(network: Network, axis: int) -> Mapping[str, Tensor]:
    """For each tensor a matrix: whether input row p (column p, for axis 1) moves output row i."""
    (value,) = network.inputs
    height, width, channels = value.shape
    assert isinstance(height, int) and isinstance(width, int)
    n = (height, width)[axis]
    x = torch.zeros(n, channels, height, width, dtype=torch.float64)
    for p in range(n):
        x.select(2 + axis, p)[p] = 1
    tensors = {value.name: x}
    found: dict[str, Tensor] = {}
    for layer in network.layers:
        # Scaled, so that deep networks neither overflow nor vanish.
        y = forward(layer, [tensors[path] for path in layer.inputs])
        assert list(y.shape[1:]) == (
            [layer.shape[-1], *layer.shape[:-1]]
            if len(layer.shape) == 3
            else [layer.shape[0], 1, 1]
        )
        if not y.any():  # the taps of a dilated window all fall on padding
            reject()
        tensors[layer.path] = y = y / y.abs().max()
        found[layer.path] = y.sum(dim=(1, 3 - axis)) > 1e-9
    return found


def check(network: Network) -> set[str]:
    """Compare every tensor's field with what moves it; the kinds of extents that were seen."""
    known = fields(network)
    kinds: set[str] = set()
    (value,) = network.inputs
    for axis in (0, 1):
        n = value.shape[axis]
        assert isinstance(n, int)
        for path, matrix in moved(network, axis).items():
            field = known[path][value.name]
            extent = (field.height, field.width)[axis]
            kinds.add(extent.kind)
            for i in range(matrix.shape[1]):
                compare(extent, i, matrix[:, i].nonzero().flatten().tolist(), n, (path, axis, i))
    return kinds


def compare(extent: Extent, i: int, positions: list[int], n: int, where: Any) -> None:
    if extent.kind == "irregular":
        return
    span = extent.at(i)
    if span is None:
        assert not positions, where
        return
    first, last = span
    assert isinstance(first, int) and isinstance(last, int)
    if extent.kind == "exact" and first >= 0 and last < n:
        assert (positions[0], positions[-1]) == (first, last), where
    elif positions:
        assert max(first, 0) <= positions[0] and positions[-1] <= min(last, n - 1), where


# ---------------------------------------------------------------- known networks


@pytest.mark.parametrize(
    ("spec", "settings", "path", "size", "stride"),
    [
        # Layer by layer: the size grows by (k - 1) times the product of the strides before.
        ("specs/vgg.arch:D", {}, "conv.5", 196, 16),
        ("specs/vgg.arch:D", {}, "pool.5", 212, 32),
        ("specs/alexnet.arch", {}, "pool5", 195, 32),
        # He et al. 2015 stride in a stage's first 1x1: 7, pooled to 11; the 3x3 windows add 6*4,
        # then 8*8, 12*16 and 6*32: 483, the figure of Araujo, Norris and Sim 2019 for ResNet-50.
        ("specs/resnet.arch:resnet50", {}, "conv.5", 483, 32),
        # In a stage's 3x3, that window is read at the stride before: 3 windows count half.
        ("specs/resnet.arch:resnet50", {"strided": (3, 3)}, "conv.5", 427, 32),
    ],
)
def test_known_networks(spec: str, settings: Any, path: str, size: int, stride: int) -> None:
    network = archc.load(spec, **settings)
    found = fields(network)[network.labels.get(path, path)]["image"]
    assert found.size == (size, size)
    assert found.height.stride == stride
    assert found.height.kind == "exact"


def test_fully_connected_layers_read_the_whole_image() -> None:
    """As the convolution 7x7 that FCN makes of it: 212 + 6*32 (Long et al. 2015)."""
    network = archc.load("specs/vgg.arch:D")
    found = fields(network)["fc6.fc"]["image"].height
    assert (found.kind, found.size, found.stride, found.offset) == ("whole", 404, 0, -90)


# ---------------------------------------------------------------- random networks


def one_of(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


@st.composite
def windows(draw: st.DrawFn) -> str:
    kernel = f"{draw(st.integers(1, 5))}x{draw(st.integers(1, 5))}"
    stride = draw(one_of("", "", "/2", "/3", "/4", "/2x1", "/1x3"))
    return kernel + stride


CONVS = st.tuples(
    windows(),
    one_of("", "pad", "same", "pad=1x2", "pad=[0, 1, 2, 0]"),
    one_of("", "", "dilation=2", "dilation=1x3", "groups=2"),
).map(lambda p: f"conv {p[0]} 4 {p[1]} {p[2]}")
POOLS = st.tuples(windows(), one_of("", "pad", "same"), one_of("", "ceil")).map(
    lambda p: f"avgpool {p[0]} {p[1]} {p[2] if p[1] != 'same' else ''}"
)
OTHERS = one_of(
    "upsample 2",
    "upsample 3",
    "upsample 2 bilinear",
    "upsample 3x2 bilinear",
    "pad 2",
    "avgpool adaptive=4x3",
    "avgpool 3x3/2 ceil",
    "lrn 5",
    "conv 1x1/3 4",
)
MERGES = one_of(
    "concat { conv 3x3 2 same; conv 5x5 1 same; avgpool 3x3 same, conv 1x1 1 }",
    "add { conv 3x3/2 4 same, conv 3x3 4 same; conv 1x1/2 4 same }",
    "add { conv 3x3 4 same; identity }",
    "add { conv 1x1/3 4 same, conv 5x5 4 same; avgpool 3x3/3 same }",
    "add { upsample 2, conv 3x3 4 same; upsample 2 bilinear }",
    "add { upsample 2, avgpool 2x2/2; conv 3x3 4 same }",
    "mul { identity; avgpool global, conv 1x1 4 }",
    "concat axis=height { identity; conv 3x3 4 same }",
)


KINDS = "conv avgpool upsample concat add mul identity pad lrn exact whole irregular"
"""Layers and extents that must have been drawn for the test to count."""


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Networks of a few lines."""
    lines = draw(st.lists(st.one_of(CONVS, CONVS, POOLS, OTHERS, MERGES), min_size=1, max_size=5))
    assume(sum("upsample" in line for line in lines) < 3)
    height, width = draw(st.integers(9, 30)), draw(st.integers(9, 30))
    text = "\n    ".join([f"input image: {height}x{width}x4", *lines])
    return f"network random {{\n    {text}\n}}\n"


def compiled(text: str) -> Network:
    """The network, unless a window does not fit, or a branch another."""
    try:
        return archc.loads(text)
    except archc.SpecError as error:
        assume(not {d.code for d in error.diagnostics} <= {"shape", "argument"})
        raise


def test_fields_are_what_perturbed_pixels_move() -> None:
    drawn: Counter[str] = Counter()

    @given(specs())
    @settings(max_examples=120, deadline=None)
    def holds(text: str) -> None:
        network = compiled(text)
        drawn.update(layer.op.name for layer in network.layers)
        drawn.update(check(network))

    wanted = set(KINDS.split())
    # One round may leave out a kind by chance, hardly so many.
    draw_until(lambda: wanted <= drawn.keys(), holds, rounds=12)
    print(dict(drawn.most_common()))
    assert wanted <= drawn.keys(), drawn


@pytest.mark.parametrize(
    ("lines", "kind", "phases"),
    [
        ("upsample 2", "exact", 2),
        ("upsample 2 bilinear", "exact", 2),
        ("upsample 4 bilinear, conv 3x3/2 4 same", "exact", 2),
        ("upsample 4, avgpool 4x4/4", "exact", 1),
        ("conv 3x3/2 4, upsample 3, conv 3x3/2 4", "exact", 3),
        ("add { upsample 2; upsample 2 bilinear }", "exact", 2),
        ("add { upsample 2, upsample 3; upsample 3, upsample 2 bilinear }", "exact", 6),
        ("avgpool global, upsample 3", "whole", 1),
        ("mul { conv 3x3 4 same; avgpool global }", "whole", 1),
        ("mul { conv 3x3 4 same; conv 12x12 4 }", "whole", 1),
        ("mul { conv 3x3 4 same; conv 3x3/8 4, conv 2x2 4 }", "irregular", 0),
        ("avgpool adaptive=4x6", "exact", 1),
        ("avgpool adaptive=5x5", "irregular", 0),
        ("avgpool adaptive=5x5, fc 7", "whole", 1),
        ("concat axis=width { identity; conv 3x3 4 same }", "irregular", 0),
        ("conv 3x3/2 4 same, avgpool global", "whole", 1),
        ("add { conv 1x1/2 4 same; avgpool adaptive=6x6 }", "exact", 1),
        ("add { conv 12x12 4; avgpool global }", "whole", 1),
        ("fc 12, fc 3", "whole", 1),
    ],
)
def test_kinds_of_extents(lines: str, kind: str, phases: int) -> None:
    network = archc.loads(f"network n {{\n    input image: 12x12x4\n    {lines}\n}}\n")
    path = network.layers[-1].path
    found = fields(network)[path]["image"].width
    assert (found.kind, len(found.phases)) == (kind, phases)
    check(network)
    if kind == "whole":
        assert moved(network, 1)[path].all()


def test_upsampling_phase_by_phase() -> None:
    network = archc.loads("network n { input image: 12x12x4; upsample 2 bilinear }")
    extent = fields(network)[network.layers[-1].path]["image"].height
    assert extent == Extent("exact", 1, (Phase(-1, 0), Phase(0, 1)))
    assert (extent.size, extent.stride, extent.offset) == (2, Fraction(1, 2), -1)
    assert [extent.at(i) for i in range(4)] == [(-1, 0), (0, 1), (0, 1), (1, 2)]


def test_branches_of_different_strides_are_irregular() -> None:
    """A 2x2 map of a 4x4 image by a stride of 2, and by a stride of 3: no formula holds both."""
    network = archc.loads("network n { input image: 4x4x1; add { conv 2x2/2 1; conv 1x1/3 1 } }")
    extent = fields(network)["add"]["image"].height
    assert (extent.kind, extent.size, extent.stride, extent.offset) == ("irregular",) + (None,) * 3
    assert extent.at(0) is None


def test_several_inputs() -> None:
    network = archc.loads(
        """
        network n {
            input left: 8x8x4
            input right: 8x8x4
            input code: 16
            a: from left, conv 3x3 4 same
            b: add { from a; from right, conv 5x5 4 same }
            output c: mul { from b; from code, fc 4 }
            output d: from code, fc 2
        }
        """
    )
    found = fields(network)
    assert {name: f.size for name, f in found["b"].items()} == {"left": (3, 3), "right": (5, 5)}
    assert set(found[network.labels["c"]]) == {"left", "right"}
    assert found[network.labels["d"]] == {}


# ---------------------------------------------------------------- symbolic sizes


def test_symbolic_sizes() -> None:
    network = archc.loads(
        """
        network n {
            input image: HxWx3
            a: conv 7x7/2 8 pad=3
            b: conv 3x3/2 8 same
            c: avgpool global
        }
        """
    )
    found = fields(network)
    assert found["a"]["image"].size == (7, 7)
    b = found["b"]["image"].height
    assert (b.kind, b.size, b.stride) == ("exact", 11, 4)
    assert symbolic_values(b.offset, 2) == concrete_offsets("b")
    c = found["c"]["image"].width
    assert c.kind == "whole"
    assert decide(">=", c.phases[0].last, evaluate(1, {})) is not False  # type: ignore[union-attr]


def symbolic_values(offset: Dim | None, stride: int) -> list[int]:
    assert offset is not None
    return [evaluate(offset, {"H": h}) for h in range(20, 30)]


def concrete_offsets(path: str) -> list[int]:
    offsets: list[int] = []
    for h in range(20, 30):
        network = archc.loads(
            f"""
            network n {{
                input image: {h}x20x3
                a: conv 7x7/2 8 pad=3
                b: conv 3x3/2 8 same
            }}
            """
        )
        offset = fields(network)[path]["image"].height.offset
        assert isinstance(offset, int)
        offsets.append(offset)
    return offsets


# ---------------------------------------------------------------- size


def test_time_is_linear_in_the_layers() -> None:
    """100,000 layers in a few seconds."""

    def seconds(n: int) -> float:
        b = Builder(image=(32, 32, 3))
        for _ in range(n):
            b(Identity())
        network = b.network()
        start = time.process_time()
        fields(network)
        return time.process_time() - start

    small = min(seconds(2_000) for _ in range(3))
    assert seconds(100_000) < 5 * 50 * small + 0.5  # quadratic would be 50 * 50
