"""Transposed convolution, unpooling, and layers that cut and rearrange, against slow references."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from live import body, exported, live, same_with_gradient
from op_torch import ends, papers, reached, run, seen, trained
from torch import Tensor, nn
from torch.nn import functional as F

import archc
from archc import SpecError
from archc.ops.base import ArgumentError, ShapeError
from archc.ops.depthwise import Depthwise
from archc.ops.resizing import SPP
from archc.ops.transposed import Deconv

# ---------------------------------------------------------------- transposed convolution

pairs = st.tuples(st.integers(1, 5), st.integers(1, 5))


@st.composite
def deconvs(draw: st.DrawFn) -> tuple[Deconv, tuple[int, int, int]]:
    groups = draw(st.integers(1, 3))
    stride, dilation = draw(pairs), draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    more = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    op = Deconv(
        kernel=draw(pairs),
        width=groups * draw(st.integers(1, 3)),
        stride=stride,
        pad=draw(pairs | st.just("half")),
        outpad=more,
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
    )
    size = st.integers(1, 9)
    return op, (draw(size), draw(size), groups * draw(st.integers(1, 3)))


def twin(op: Deconv, channels: int, device: str = "meta") -> nn.ConvTranspose2d:
    half = tuple(span // 2 for span in op.span)
    return nn.ConvTranspose2d(
        channels,
        op.width,
        op.kernel,
        op.stride,
        half if op.pad == "half" else op.pad,  # type: ignore[arg-type]
        op.outpad,  # type: ignore[arg-type]
        op.groups,
        op.bias,
        op.dilation,
        device=device,
    )


@given(deconvs())
@settings(max_examples=150, deadline=None)
def test_shape_parameters_and_macs_are_torchs(case: tuple[Deconv, tuple[int, int, int]]) -> None:
    op, shape = case
    module = twin(op, shape[-1])
    try:
        expected = papers(module(torch.zeros(1, shape[2], *shape[:2], device="meta")))
    except RuntimeError:
        expected = (0,)
    if 0 in expected:
        with pytest.raises(ShapeError):
            op.shape(shape)
        return
    assert op.shape(shape) == expected
    assert op.weights(shape).trainable == trained(module)
    cost = op.cost(shape)
    assert cost is not None
    assert cost.bias_adds == (math.prod(expected) if op.bias else 0)
    # torch's counter reads a group's kernel as if it saw all channels
    if op.groups == 1:
        assert cost.macs == run(module, shape)[1]


@given(deconvs())
@settings(max_examples=40, deadline=None)
def test_reach_is_what_a_gradient_finds(case: tuple[Deconv, tuple[int, int, int]]) -> None:
    op, shape = case
    module = twin(op, shape[-1], "cpu")
    nn.init.ones_(module.weight)
    try:
        op.shape(shape)
    except ShapeError:
        assume(False)
    for found, said, dilation in zip(
        seen(module, shape), reached(op, shape), op.dilation, strict=True
    ):
        for positions, (first, last) in zip(found, said, strict=True):
            assert set(range(first, last + 1)) >= positions
            if dilation == 1 and positions:
                assert ends(positions) == (first, last)


def scattered(x: Tensor, weight: Tensor, stride: tuple[int, int]) -> Tensor:
    """Each input value adds its multiple of the kernel, windows a stride apart."""
    _, channels, height, width = x.shape
    tall, wide = weight.shape[-2:]
    size = ((height - 1) * stride[0] + tall, (width - 1) * stride[1] + wide)
    rows = x.new_zeros(x.size(0), weight.size(1), *size)
    for i in range(height):
        for j in range(width):
            for c in range(channels):
                top, left = i * stride[0], j * stride[1]
                part = x[:, c, i, j, None, None, None] * weight[c]
                around = (left, size[1] - left - wide, top, size[0] - top - tall)
                rows = rows + F.pad(part, around)
    return rows


@pytest.mark.parametrize(
    ("words", "cut"),
    [
        ("4x4/2 3", (0, 0, 0, 0)),
        ("4x4/2 3 pad=1", (1, 1, 1, 1)),
        ("3x2/2x3 3 outpad=1x2", (0, -2, 0, -1)),
        ("3x3/2 3 pad=1 outpad=1", (1, 0, 1, 0)),
        ("5x4/2 3 same", (1, 1, 1, 2)),  # of 3 positions too many the odd one at the end
        ("3x3/2 3 same", (0, 1, 0, 1)),
        ("2x2/3 3 same", (0, -1, 0, -1)),
        ("4x4/2 3 pad=[3, 0, 1, 2]", (1, 2, 3, 0)),
        ("4x4/2 3 pad", (2, 2, 2, 2)),
    ],
)
def test_deconv_scatters(words: str, cut: tuple[int, int, int, int]) -> None:
    network, module = live(body(f"deconv {words} nobias", "x: HxWx2"))
    op: Any = network.layers[0].op
    weight = next(module.parameters()).detach()
    torch.manual_seed(0)
    x = torch.randn(2, 2, 5, 4).double()

    def reference(x: Tensor) -> Tensor:
        left, right, top, bottom = cut
        return F.pad(scattered(x, weight, op.stride), (-left, -right, -top, -bottom))

    same_with_gradient(module, reference, x)
    exported(module, x)
    if op.pad == "same":
        assert module(x).shape[2:] == (5 * op.stride[0], 4 * op.stride[1])


def test_deconv_is_the_gradient_of_conv() -> None:
    """`same` too: of the convolution that TensorFlow's padding makes of the larger map."""
    for words in ("4x4/2 3 pad=1", "3x3/2 3 same", "5x5/3 3 same"):
        network, module = live(body(f"deconv {words} nobias", "x: 5x4x2"))
        _, conv = live(body(f"conv {words.replace(' 3 ', ' 2 ')} nobias", "y: HxWx3"))
        weight = next(module.parameters())
        with torch.no_grad():
            next(conv.parameters()).copy_(weight)
        size: Any = network.layers[0].shape
        y = torch.randn(1, 3, *size[:2]).double().requires_grad_()
        torch.manual_seed(0)
        x = torch.randn(1, 2, 5, 4).double()
        (expected,) = torch.autograd.grad(conv(y), y, x)
        torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("4x4/2 3 outpad=2", "fewer than 2"),
        ("4x4/2 3 same outpad=1", "`outpad` and `same` exclude each other"),
        ("2x2 3 pad=9", "nothing is left"),
        ("4x4/2 3 groups=2", "2 groups do not divide the width 3"),
        ("4x4/2 4 groups=4", "do not divide the 2 channels"),
    ],
)
def test_a_wrong_deconv(words: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        archc.loads(body(f"deconv {words}", "x: 5x4x2"))
    assert message in str(caught.value)


# ---------------------------------------------------------------- depthwise


@pytest.mark.parametrize(
    ("words", "of_one"),
    [
        ("3x3", "3x3 1"),
        ("3x3/2 same", "3x3/2 1 same"),
        ("3x2 pad=1 multiplier=3 nobias", "3x2 3 pad=1 nobias"),
    ],
)
def test_depthwise_convolves_each_channel(words: str, of_one: str) -> None:
    network, module = live(body(f"depthwise {words}", "x: 7x8x4"))
    op = network.layers[0].op
    assert isinstance(op, Depthwise)
    _, one = live(body(f"conv {of_one}", "x: 7x8x1"))
    torch.manual_seed(0)
    x = torch.randn(2, 4, 7, 8).double()
    weights = list(module.parameters())
    parts = []
    for channel in range(4):
        with torch.no_grad():
            for mine, whole in zip(one.parameters(), weights, strict=True):
                mine.copy_(whole.chunk(4)[channel])
        parts.append(one(x[:, channel : channel + 1]))
    torch.testing.assert_close(module(x), torch.cat(parts, dim=1))
    assert network.params == trained(module)


# ---------------------------------------------------------------- unpooling


def unpooled(pooling: dict[str, Any], size: tuple[int, int]) -> Callable[[Tensor, Tensor], Tensor]:
    """Each value where the maximum of its window stood, found by looking at every position."""
    kernel, stride = pooling["kernel"], pooling["stride"]

    def reference(values: Tensor, before: Tensor) -> Tensor:
        examples = []
        for value, image in zip(values, before, strict=True):
            planes = []
            for plane, pixels in zip(value, image, strict=True):
                total = plane.new_zeros(size)
                for i in range(plane.size(0)):
                    for j in range(plane.size(1)):
                        places = [
                            (y, x)
                            for y in range(i * stride, min(i * stride + kernel, image.size(1)))
                            for x in range(j * stride, min(j * stride + kernel, image.size(2)))
                        ]
                        y, x = max(places, key=lambda p: float(pixels[p]))
                        one = F.pad(
                            plane[i, j].reshape(1, 1), (x, size[1] - x - 1, y, size[0] - y - 1)
                        )
                        total = total + one
                planes.append(total)
            examples.append(torch.stack(planes))
        return torch.stack(examples)

    return reference


@pytest.mark.parametrize("labelled", [True, False])
def test_unpooling_undoes_max_pooling(labelled: bool) -> None:
    lines = "from image, relu\npool1: maxpool 2x2/2"
    if labelled:
        lines = "pool1: from image, relu, maxpool 2x2/2"
    network, module = live(
        body(f"{lines}\nfrom values, unpool 2x2/2 indices=pool1", "image: 6x8x2", "values: 3x4x2")
    )
    assert network.layers[-1].shape == (6, 8, 2)
    torch.manual_seed(0)
    image, values = torch.rand(2, 2, 6, 8).double(), torch.randn(2, 2, 3, 4).double()
    reference = unpooled({"kernel": 2, "stride": 2}, (6, 8))
    same_with_gradient(lambda v, i: module(i, v), reference, values, image)
    exported(module, image, values)


def test_unpooling_to_the_size_that_was_pooled() -> None:
    """Odd sizes, rounded up by the pooling: SegNet's maps of 45 and 23 positions."""
    lines = "from image\npool: maxpool 2x2/2 ceil\nunpool 2x2/2 indices=pool like=image, conv 1x1 1"
    network, module = live(body(lines, "image: HxWx2"))
    torch.manual_seed(0)
    image = torch.rand(2, 2, 5, 7).double()
    found = F.max_pool2d(image, 2, ceil_mode=True, return_indices=True)
    values = unpooled({"kernel": 2, "stride": 2}, (5, 7))(found[0], image)
    torch.testing.assert_close(module(image), module.conv(values))
    assert network.layers[1].shape == network.inputs[0].shape


SEGNET = """
block down(width) { conv 3x3 width same, bn, relu }

network small {
    input image: HxWx3 where H % 4 == 0 and W % 4 == 0

    pool[1]: down 4, maxpool 2x2/2
    pool[2]: down 6 * 2, maxpool 2x2/2
    unpool 2x2/2 indices=pool[2], down 4
    up: unpool 2x2/2 indices=pool[1], conv 3x3 5 same             -> HxWx5
}
"""


def test_an_encoder_and_a_decoder() -> None:
    _, module = live(SEGNET)
    module.train()
    x = torch.randn(2, 3, 16, 12).double()
    module(x).square().sum().backward()
    assert all(p.grad is not None for p in module.parameters())
    exported(module.eval(), x)


def test_indices_are_a_poolings() -> None:
    with pytest.raises(SpecError, match="`indices` of `unpool` is the output of `maxpool`"):
        archc.loads(body("pool: avgpool 2x2/2\nunpool 2x2/2 indices=pool", "x: 8x8x1"))
    with pytest.raises(SpecError, match="an input of the network"):
        archc.loads(body("maxpool 2x2/2\nunpool 2x2/2 indices=x", "x: 8x8x1"))
    with pytest.raises(SpecError, match="and the pooling gave 4x4x1"):
        archc.loads(body("pool: maxpool 2x2/2\nconv 1x1 3, unpool 2x2/2 indices=pool", "x: 8x8x1"))


# ---------------------------------------------------------------- pyramid pooling


def pyramid(x: Tensor, levels: list[int]) -> Tensor:
    """He et al. 2014, Appendix A: bin (i, j) of n x n is [⌊(i-1)/n·h⌋, ⌈i/n·h⌉], counted from 1."""
    parts = []
    for n in levels:
        bins = []
        for i in range(1, n + 1):
            for j in range(1, n + 1):
                rows = range((i - 1) * x.size(2) // n, math.ceil(i * x.size(2) / n))
                columns = range((j - 1) * x.size(3) // n, math.ceil(j * x.size(3) / n))
                bins.append(torch.stack([x[:, :, r, c] for r in rows for c in columns]).amax(0))
        parts.append(torch.stack(bins, dim=-1).flatten(1))
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("size", [(13, 13), (10, 7), (3, 2)])
@pytest.mark.parametrize("levels", [[4, 2, 1], [6, 3, 2, 1], [1]])
def test_spatial_pyramid_pooling(size: tuple[int, int], levels: list[int]) -> None:
    network, module = live(body(f"spp {levels}", "x: HxWx3"), scripts=False)
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size).double()
    same_with_gradient(module, lambda x: pyramid(x, levels), x)
    assert network.layers[0].shape == (sum(n * n for n in levels) * 3,)


@pytest.mark.parametrize("bins", [3, 2, 1])
def test_the_papers_windows_are_these_bins_on_its_maps(bins: int) -> None:
    """Section 2.3: windows of ⌈13/n⌉ at a stride of ⌊13/n⌋."""
    x = torch.randn(1, 2, 13, 13)
    windows = F.max_pool2d(x, math.ceil(13 / bins), 13 // bins)
    assert torch.equal(pyramid(x, [bins]), windows.flatten(1))
    assert SPP((4, 2, 1)).shape((13, 13, 256)) == (21 * 256,)


# ---------------------------------------------------------------- cut and rearranged


def test_crop() -> None:
    torch.manual_seed(0)
    x, like = torch.randn(1, 2, 9, 8).double(), torch.zeros(1, 3, 5, 4).double()
    for words, expected in {
        "like=small offset=2x3": x[:, :, 2:7, 3:7],
        "like=small": x[:, :, :5, :4],
        "like=small center": x[:, :, 2:7, 2:6],
    }.items():
        text = body(f"from x, crop {words}", "x: HxWx2", "small: 5x4x3")
        _, module = live(text)
        assert torch.equal(module(x, like), expected)
        exported(module, x, like)
    _, module = live(body("crop 3x2 center", "x: 9x8x2"))
    assert torch.equal(module(x), x[:, :, 3:6, 3:5])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "either a size"),
        ("4x4 like=x", "either a size"),
        ("4x4 offset=3", "keeps 4 of the height from 3 on, but 6x7x2 arrives, whose height is 6"),
        ("7x7 center", "keeps 7 of the height"),
        ("4x4 offset=1 center", "exclude each other"),
        ("4x4 offset=[1, 2, 3, 4]", "one number, or a height and a width"),
    ],
)
def test_a_wrong_crop(words: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        archc.loads(body(f"crop {words}", "x: 6x7x2"))
    assert message in str(caught.value)


def test_reorganisation_stacks_squares() -> None:
    _, module = live(body("reorg 2", "x: 4x6x3"))
    x = torch.randn(2, 3, 4, 6).double()
    found = module(x)
    for dy in range(2):
        for dx in range(2):
            place = 3 * (2 * dy + dx)
            assert torch.equal(found[:, place : place + 3], x[:, :, dy::2, dx::2])
    with pytest.raises(SpecError, match="not known to be a multiple of 2"):
        archc.loads(body("reorg 2", "x: HxWx3"))
    assert archc.loads(body("reorg 2", "x: HxWx3 where H % 2 == 0 and W % 2 == 0"))


def test_reorganisation_in_darknets_order() -> None:
    """Its loops (src/blas.c, reorg_cpu), which run over the input's sizes as if they were the
    output's."""
    batch, channels, height, width, stride = 2, 8, 4, 6, 2
    x = torch.randn(batch, channels, height, width).double()
    flat, out = x.flatten(), torch.zeros(x.numel()).double()
    few = channels // stride**2
    for b in range(batch):
        for k in range(channels):
            for j in range(height):
                for i in range(width):
                    to = i + width * (j + height * (k + channels * b))
                    column = i * stride + (k // few) % stride
                    row = j * stride + (k // few) // stride
                    source = column + width * stride * (row + height * stride * (k % few + few * b))
                    out[to] = flat[source]
    _, module = live(body("reorg 2 darknet", "x: 4x6x8"))
    expected = out.reshape(batch, channels * 4, height // 2, width // 2)
    assert torch.equal(module(x), expected)


def test_a_spatial_transformer_samples_where_the_matrix_says() -> None:
    text = "from x, transform 5x6 by=theta"
    _, module = live(body(text, "x: 4x7x2", "theta: 6"))
    torch.manual_seed(0)
    x, theta = torch.randn(2, 2, 4, 7).double(), torch.randn(2, 6).double()

    def reference(x: Tensor, theta: Tensor) -> Tensor:
        examples = []
        for image, matrix in zip(x, theta.reshape(2, 2, 3), strict=True):
            rows = []
            for i in range(5):
                row = []
                for j in range(6):
                    place = [(2 * j + 1) / 6 - 1, (2 * i + 1) / 5 - 1, 1.0]
                    at = torch.tensor(place, dtype=matrix.dtype)
                    u, v = matrix @ at
                    column, line = ((u + 1) * 7 - 1) / 2, ((v + 1) * 4 - 1) / 2
                    value = image.new_zeros(2)
                    for y in range(4):
                        for c in range(7):
                            weight = (1 - (line - y).abs()).clamp(min=0) * (
                                1 - (column - c).abs()
                            ).clamp(min=0)
                            value = value + weight * image[:, y, c]
                    row.append(value)
                rows.append(torch.stack(row, dim=-1))
            examples.append(torch.stack(rows, dim=-2))
        return torch.stack(examples)

    same_with_gradient(module, reference, x, theta)
    same_with_gradient(lambda t, x: module(x, t), lambda t, x: reference(x, t), theta, x)
    exported(module, x, theta)


def test_the_identity_transforms_nothing() -> None:
    _, module = live(body("from x, transform by=theta", "x: 4x7x2", "theta: 6"))
    x = torch.randn(1, 2, 4, 7).double()
    torch.testing.assert_close(module(x, torch.tensor([[1.0, 0, 0, 0, 1, 0]]).double()), x)


def test_a_projection() -> None:
    """DCGAN: a vector becomes a map of 4x4 with many channels."""
    network, module = live(body("fc 96, reshape 4x4x6, deconv 4x4/2 3 pad=1, tanh", "z: 10"))
    assert network.layers[1].shape == (4, 4, 6)
    z = torch.randn(2, 10).double()
    assert module(z).shape == (2, 3, 8, 8)
    torch.testing.assert_close(module.reshape(module.fc(z)), module.fc(z).reshape(2, 6, 4, 4))
    exported(module, z)
    with pytest.raises(SpecError, match="takes 100 values, but 96 arrives, which has 96"):
        archc.loads(body("fc 96, reshape 10x10", "z: 10"))


def test_rows_of_anchors() -> None:
    network, module = live(body("rows 4, softmax", "x: HxWx8"))
    x = torch.randn(2, 8, 3, 5).double()
    found = module.rows(x)
    for i in range(3):
        for j in range(5):
            for a in range(2):
                assert torch.equal(found[:, 2 * (5 * i + j) + a], x[:, 4 * a : 4 * a + 4, i, j])
    assert str(network.layers[0].shape[0]) == "2*H*W"


def test_sums_and_means() -> None:
    x = torch.randn(2, 3, 4, 5).double()
    for axis, dim in {"channels": 1, "height": 2, "width": 3}.items():
        _, total = live(body(f"sum axis={axis}", "x: 4x5x3"))
        _, mean = live(body(f"mean axis={axis}", "x: 4x5x3"))
        torch.testing.assert_close(total(x), x.sum(dim, keepdim=True))
        torch.testing.assert_close(mean(x), x.mean(dim, keepdim=True))
    _, mean = live(body("mean", "x: Tx5"))
    torch.testing.assert_close(mean(x[:, 0]), x[:, 0].mean(1))
    with pytest.raises(SpecError, match="8x8x3 has no such axis"):
        archc.loads(body("sum axis=time", "x: 8x8x3"))


def test_a_scaled_length() -> None:
    network, module = live(body("l2norm 10", "x: HxWx4"))
    x = torch.randn(2, 4, 3, 3).double()
    x[0, :, 1, 1] = 0  # a length of 0 has a gradient too
    x.requires_grad_()
    found = module(x)
    lengths = found.norm(dim=1)
    torch.testing.assert_close(lengths[1], torch.full((3, 3), 10.0).double())
    found.sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert network.params == 4


def test_a_command_selects_a_branch() -> None:
    lines = "from x, select by=command {\n fc 2\n fc 2\n fc 2\n }"
    network, module = live(body(lines, "x: 5", "command: 3"))
    x = torch.randn(3, 5).double()
    found = module(x, torch.eye(3).double())
    branches = [branch(x) for branch in module.select]
    torch.testing.assert_close(found, torch.stack([branches[k][k] for k in range(3)]))
    assert network.macs == 3 * 10
    exported(module, x, torch.eye(3).double())
    with pytest.raises(SpecError, match="a vector of 3 values, one for each input, but 4 arrives"):
        archc.loads(body(lines, "x: 5", "command: 4"))


def test_class_activation_maps_share_the_classifiers_weights() -> None:
    """Zhou et al. 2016: the map is what the classifier says at each position before averaging."""
    text = """
network cam(classes = 4) {
    input image: HxWx3

    features: conv 3x3 6 same, relu
    share score = conv 1x1 classes nobias
    output map: from features, score
    output class: from features, avgpool global, score, flatten
}
"""
    network, module = live(text)
    assert network.params == 6 * 27 + 6 + 24
    found = module(torch.randn(2, 3, 5, 7).double())
    torch.testing.assert_close(found.map.mean((2, 3)), found.class_)


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (lambda: SPP((0.5,)), "integers from 1"),
        (lambda: Deconv((3, 3), 4, outpad=(1, 2, 3, 4)), "one number"),
    ],
)
def test_wrong_arguments(op: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        op()
