"""Each layer's module computes what the layer's documentation says, number by number."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from reference import compiled, example, live, one_layer, scripted
from torch import Tensor, nn
from torch.nn import functional as F

from archc.diagnostics import SpecError
from archc_backends.torch import backend


def run(layer: str, shape: str = "9x10x4", head: str = "") -> tuple[Tensor, Tensor, nn.Module]:
    """Input, output and module of a network of one layer, outside training."""
    network = one_layer(layer, shape, head)
    torch.manual_seed(1)
    module = live(network).eval()
    (x,) = example(network)
    with torch.no_grad():
        return x, module(x), module.one


def windows(
    x: Tensor,
    kernel: tuple[int, int],
    stride: int,
    sides: tuple[int, int, int, int],
    out: tuple[int, int],
    pick: Callable[[Tensor], Tensor],
) -> Tensor:
    """Windows written out: ``pick`` gets each window's values that lie inside the map (N, C, n).

    ``sides`` are top, left, and how far zeros of the padding count (rows, columns): they are the
    values between the map and the padding's end.
    """
    top, left, rows, columns = sides
    result = torch.empty(*x.shape[:2], *out)
    for i in range(out[0]):
        for j in range(out[1]):
            values = []
            for a in range(i * stride - top, i * stride - top + kernel[0]):
                for b in range(j * stride - left, j * stride - left + kernel[1]):
                    if 0 <= a < x.shape[2] and 0 <= b < x.shape[3]:
                        values.append(x[:, :, a, b])
                    elif -rows <= a < x.shape[2] + rows and -columns <= b < x.shape[3] + columns:
                        values.append(torch.zeros(x.shape[:2]))
            result[:, :, i, j] = pick(torch.stack(values, dim=-1))
    return result


def largest(values: Tensor) -> Tensor:
    return values.amax(-1)


def smallest(values: Tensor) -> Tensor:
    return values.amin(-1)


def mean(values: Tensor) -> Tensor:
    return values.mean(-1)


NEVER = (0, 0)

POOLS = [
    # layer, kernel, stride, (top, left), zeros counted, output, what is picked
    ("maxpool 3x3/2", (3, 3), 2, (0, 0), NEVER, (4, 4), largest),
    ("maxpool 3x3/2 ceil", (3, 3), 2, (0, 0), NEVER, (4, 5), largest),
    ("maxpool 3x3/2 pad", (3, 3), 2, (1, 1), NEVER, (5, 5), largest),
    ("maxpool 3x3/2 same", (3, 3), 2, (1, 0), NEVER, (5, 5), largest),
    ("maxpool 2x2/1 same", (2, 2), 1, (0, 0), NEVER, (9, 10), largest),
    ("minpool 3x3/2 same", (3, 3), 2, (1, 0), NEVER, (5, 5), smallest),
    ("minpool 2x2/2", (2, 2), 2, (0, 0), NEVER, (4, 5), smallest),
    ("avgpool 3x3/2", (3, 3), 2, (0, 0), NEVER, (4, 4), mean),
    ("avgpool 3x3/2 pad", (3, 3), 2, (1, 1), (1, 1), (5, 5), mean),
    ("avgpool 3x3/2 pad excludepad", (3, 3), 2, (1, 1), NEVER, (5, 5), mean),
    ("avgpool 3x3/2 same", (3, 3), 2, (1, 0), NEVER, (5, 5), mean),
    ("avgpool 3x3/1 same", (3, 3), 1, (1, 1), NEVER, (9, 10), mean),
    ("avgpool 2x2/2 ceil", (2, 2), 2, (0, 0), NEVER, (5, 5), mean),
]


@pytest.mark.parametrize("shape", ["9x10x4", "HxWx4"])
@pytest.mark.parametrize(
    ("layer", "kernel", "stride", "before", "counted", "out", "pick"),
    POOLS,
    ids=lambda v: getattr(v, "__name__", str(v)),
)
def test_pooling_window_by_window(
    shape: str,
    layer: str,
    kernel: tuple[int, int],
    stride: int,
    before: tuple[int, int],
    counted: tuple[int, int],
    out: tuple[int, int],
    pick: Callable[[Tensor], Tensor],
) -> None:
    module = live(one_layer(layer, shape)).eval()
    x = torch.randn(2, 4, 9, 10)
    expected = windows(x, kernel, stride, (*before, *counted), out, pick)
    torch.testing.assert_close(module(x), expected)


def test_padding_that_differs_between_sides_with_ceil() -> None:
    x, y, _ = run("maxpool 3x3/2 pad=[1, 0, 0, 1] ceil", "8x8x2")
    padded = F.pad(x, (0, 1, 1, 0), value=-math.inf)
    torch.testing.assert_close(y, F.max_pool2d(padded, 3, 2, ceil_mode=True)[:, :, :4, :4])
    x, y, _ = run("avgpool 3x3/2 pad=[1, 0, 0, 1]", "8x8x2")
    torch.testing.assert_close(y, F.avg_pool2d(F.pad(x, (0, 1, 1, 0)), 3, 2))


@pytest.mark.parametrize("size", [8, 9, 10, 11])
@pytest.mark.parametrize("kernel", [2, 3, 5])
@pytest.mark.parametrize("shape", ["{n}x{n}x3", "HxWx3"])
def test_same_is_tensorflows(size: int, kernel: int, shape: str) -> None:
    """TensorFlow's rule, from its documentation: pad = max((⌈n/s⌉ − 1)s + k − n, 0), the smaller
    half before."""
    network = one_layer(f"conv {kernel}x{kernel}/2 4 same", shape.format(n=size))
    module = live(network)
    x = torch.randn(1, 3, size, size)
    out = -(-size // 2)
    total = max((out - 1) * 2 + kernel - size, 0)
    sides = (total // 2, total - total // 2)
    expected = F.conv2d(F.pad(x, sides * 2), module.one.weight, module.one.bias, 2)
    torch.testing.assert_close(module(x), expected)
    assert expected.shape[-1] == out


def test_even_window_of_stride_1_has_its_extra_at_the_end() -> None:
    x, y, it = run("conv 2x2 3 same")
    torch.testing.assert_close(y, F.conv2d(F.pad(x, (0, 1, 0, 1)), it.weight, it.bias))


def test_dilation_groups_and_strides() -> None:
    x, y, it = run("conv 3x2/2x1 8 pad=2x1 dilation=2x1 groups=2 nobias")
    torch.testing.assert_close(y, F.conv2d(x, it.weight, None, (2, 1), (2, 1), (2, 1), 2))


TABLE = "let table = [[0, 1], [2], [1, 3], [0, 1, 2, 3], [3]]"


def test_a_connection_table_is_a_masked_convolution() -> None:
    x, y, it = run("conv 3x3 5 connections=table", head=TABLE)
    dense = torch.zeros(5, 4, 3, 3)
    pairs = [(0, 0), (0, 1), (1, 2), (2, 1), (2, 3), (3, 0), (3, 1), (3, 2), (3, 3), (4, 3)]
    for kernel, (row, column) in zip(it.weight, pairs, strict=True):
        dense[row, column] = kernel
    torch.testing.assert_close(y, F.conv2d(x, dense, it.bias))
    assert sum(p.numel() for p in it.parameters()) == 9 * len(pairs) + 5


def test_subsample() -> None:
    x, y, it = run("subsample 2x2/2")
    with torch.no_grad():
        it.weight.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        it.bias.copy_(torch.tensor([0.5, -1.0, 2.0, 0.0]))
    y = it(x)
    total = sum(
        x[:, :, a : 8 + a : 2, b : 10 + b : 2][:, :, :4, :5] for a in (0, 1) for b in (0, 1)
    )
    expected = total * it.weight.view(4, 1, 1) + it.bias.view(4, 1, 1)
    torch.testing.assert_close(y, expected)


@pytest.mark.parametrize(("words", "divisor"), [("", 1), (" mean", 5)])
def test_lrn_is_the_papers_sum(words: str, divisor: int) -> None:
    x, y, _ = run(f"lrn 5 alpha=0.3 beta=0.6 k=1.5{words}", "3x3x7")
    for channel in range(7):
        near = x[:, max(0, channel - 2) : channel + 3]
        scale = (1.5 + 0.3 / divisor * (near**2).sum(1)) ** 0.6
        torch.testing.assert_close(y[:, channel], x[:, channel] / scale)


def test_lcn() -> None:
    x, y, _ = run("lcn 5", "6x7x3")
    place = torch.arange(5.0) - 2
    bell = torch.exp(-((place / 1.25) ** 2) / 2)
    window = bell[:, None] * bell[None, :]
    window = (window / window.sum() / 3).expand(1, 3, 5, 5)
    centred = x - F.conv2d(x, window, padding=2)
    sigma = F.conv2d(centred**2, window, padding=2).sqrt()
    floor = sigma.mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(y, centred / torch.maximum(sigma, floor))


def test_rbf_is_a_squared_distance_from_fixed_signs() -> None:
    x, y, it = run("rbf 3", "6x1x1")
    targets = it.targets
    expected = torch.stack([((x.flatten(1) - w) ** 2).sum(1) for w in targets], dim=1)
    torch.testing.assert_close(y, expected)
    assert set(targets.flatten().tolist()) == {-1.0, 1.0}
    assert not list(it.parameters())


@pytest.mark.parametrize("shape", ["4x5x6", "Tx6", "6"])
@pytest.mark.parametrize("words", ["", " noscale", " noshift", " noscale noshift"])
def test_layer_normalisation_at_each_position(shape: str, words: str) -> None:
    network = compiled(f"network n {{ input x: {shape}; one: ln{words} }}")
    module = live(network)
    (x,) = example(network)
    last = x.movedim(1, -1) if x.dim() == 4 else x
    expected = (last - last.mean(-1, keepdim=True)) / (
        last.var(-1, unbiased=False, keepdim=True) + 1e-5
    ).sqrt()
    expected = expected.movedim(-1, 1) if x.dim() == 4 else expected
    torch.testing.assert_close(module(x), expected)
    assert sum(p.numel() for p in module.parameters()) == network.params


def test_layer_normalisation_of_a_whole_map() -> None:
    x, y, it = run("ln whole", "4x5x6")
    torch.testing.assert_close(y, F.layer_norm(x, (6, 4, 5)))
    assert it.weight.shape == (6, 4, 5)


@pytest.mark.parametrize("shape", ["4x5x6", "Tx6", "6"])
@pytest.mark.parametrize("words", ["", " noscale", " noshift", " noscale noshift"])
def test_batch_normalisation_of_each_channel(shape: str, words: str) -> None:
    network = compiled(f"network n {{ input x: {shape}; one: bn eps=0.01{words} }}")
    module = live(network)
    (x,) = example(network)
    dims = {4: (0, 2, 3), 3: (0, 1), 2: (0,)}[x.dim()]
    spread = x - x.mean(dims, keepdim=True)
    expected = spread / (x.var(dims, unbiased=False, keepdim=True) + 0.01).sqrt()
    torch.testing.assert_close(module(x), expected, atol=1e-5, rtol=1e-4)
    assert sum(p.numel() for p in module.parameters()) == network.params
    torch.testing.assert_close(scripted(module)(x), module(x))


def test_group_and_instance_normalisation() -> None:
    x, y, _ = run("groupnorm 2 noshift")
    torch.testing.assert_close(y, F.group_norm(x, 2))
    x, y, it = run("instancenorm affine")
    torch.testing.assert_close(y, F.instance_norm(x))
    assert sum(p.numel() for p in it.parameters()) == 8


ACTIVATIONS: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("relu", lambda x: x.clamp(min=0)),
    ("relu6", lambda x: x.clamp(0, 6)),
    ("leaky 0.2", lambda x: torch.where(x >= 0, x, 0.2 * x)),
    ("prelu", lambda x: torch.where(x >= 0, x, 0.25 * x)),
    ("prelu shared initial=0.5", lambda x: torch.where(x >= 0, x, 0.5 * x)),
    ("elu 2", lambda x: torch.where(x >= 0, x, 2 * (x.exp() - 1))),
    ("selu", lambda x: 1.0507009873554805 * torch.where(x >= 0, x, 1.6732632423543772 * x.expm1())),
    ("gelu", lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))),
    (
        "gelu tanh",
        lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    ("silu", lambda x: x / (1 + torch.exp(-x))),
    ("sigmoid", lambda x: 1 / (1 + torch.exp(-x))),
    ("tanh", torch.tanh),
    ("tanh amplitude=1.7159 slope=(2 / 3)", lambda x: 1.7159 * torch.tanh(2 / 3 * x)),
    ("hardtanh", lambda x: x.clamp(-1, 1)),
    ("softplus", lambda x: torch.log1p(torch.exp(x))),
    ("softsign", lambda x: x / (1 + x.abs())),
    ("logsoftmax", lambda x: x - x.logsumexp(1, keepdim=True)),
    ("maxout 2", lambda x: torch.maximum(x[:, ::2], x[:, 1::2])),
    ("rescale (1 / 255)", lambda x: x / 255),
    ("rescale 2 3", lambda x: 2 * x + 3),
    ("widen 7", lambda x: torch.cat([x, torch.zeros(2, 3, *x.shape[2:])], dim=1)),
    ("pad [1, 2, 3, 4]", lambda x: F.pad(x, (3, 4, 1, 2))),
    ("upsample 2x3", lambda x: x.repeat_interleave(2, 2).repeat_interleave(3, 3)),
    ("flatten", lambda x: x.reshape(2, -1)),
    ("identity", lambda x: x),
    ("dropout 0.9", lambda x: x),
    ("avgpool global", lambda x: x.mean((2, 3), keepdim=True)),
    ("maxpool adaptive=3x5", lambda x: F.adaptive_max_pool2d(x, (3, 5))),
]


@pytest.mark.parametrize(("layer", "formula"), ACTIVATIONS, ids=[a[0] for a in ACTIVATIONS])
def test_formulas(layer: str, formula: Callable[[Tensor], Tensor]) -> None:
    x, y, _ = run(layer)
    torch.testing.assert_close(y, formula(x), atol=1e-5, rtol=1e-5)


def test_softmax_along_the_channels() -> None:
    network = compiled("network n { input x: 3x4x5; softmax; identity }")
    (x,) = example(network)
    torch.testing.assert_close(live(network)(x).sum(1), torch.ones(2, 3, 4))
    sequence = compiled("network n { input x: Tx5; softmax; identity }")
    (x,) = example(sequence)
    torch.testing.assert_close(live(sequence)(x).sum(-1), torch.ones(x.shape[:2]))


def test_fully_connected() -> None:
    x, y, it = run("fc 3")
    torch.testing.assert_close(y, x.flatten(1) @ it.weight.T + it.bias)
    network = compiled("network n { input x: Tx5; one: fc 3 nobias }")
    (x,) = example(network)
    module = live(network)
    torch.testing.assert_close(module(x), x @ module.one.weight.T)


def test_concat_along_other_axes() -> None:
    text = "network n {{ input x: 4x5x3; y: concat axis={0} {{ identity; conv 1x1 3 }} }}"
    for axis, dim in (("height", 2), ("width", 3)):
        network = compiled(text.format(axis))
        (x,) = example(network)
        module = live(network)
        branch = getattr(module.y, "1").conv(x)
        torch.testing.assert_close(module(x), torch.cat([x, branch], dim))


def test_a_vector_is_a_step_in_time() -> None:
    network = compiled(
        """network n {
            input picture: 5
            input words: Tx5
            y: concat axis=time { from picture; from words }
        }"""
    )
    first, rest = example(network)
    expected = torch.cat([first[:, None], rest], 1)
    torch.testing.assert_close(live(network)(first, rest), expected)


def test_what_torch_cannot_do_is_said_at_the_line_that_asks() -> None:
    network = compiled("network n {\n    input x: Tx8\n    lrn 5\n}")
    with pytest.raises(SpecError) as caught:
        backend.write(network)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "unsupported"
    assert diagnostic.span is not None and diagnostic.span.line == 3
    assert "`lrn` of 2 axes" in diagnostic.message
