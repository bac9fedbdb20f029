"""Pooling: what inference says equals what torch does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from op_torch import attempt, ends, inferred, pad_sides, reached, seen
from torch import Tensor
from torch.nn import functional as F

from archc.dims import evaluate, symbol
from archc.ops.base import ArgumentError, Cost, ShapeError, Weights
from archc.ops.pooling import AvgPool, MaxPool, MinPool, Pool, Subsample


def run_twin(op: Pool, shape: tuple[int, int, int], x: Tensor) -> Tensor:
    """torch's pooling."""
    if op.adaptive is not None:
        pool = F.adaptive_avg_pool2d if isinstance(op, AvgPool) else F.adaptive_max_pool2d
        return pool(x, op.adaptive)
    assert op.kernel is not None
    (top, _), (left, _) = op.padding(shape)
    padding: tuple[int, int] = (top, left)  # type: ignore[assignment]
    # what torch's own padding takes is limited (half of the kernel without the holes), but its
    # rule for `ceil` needs it
    if not op.ceil or op.pad == "same":
        x = pad_sides(op.padding(shape))(x)
        padding = (0, 0)
    ceil = op.ceil and op.pad != "same"
    if isinstance(op, MaxPool):
        return F.max_pool2d(x, op.kernel, op.stride, padding, op.dilation, ceil)
    return F.avg_pool2d(x, op.kernel, op.stride, padding, ceil)


sizes = st.tuples(st.integers(1, 5), st.integers(1, 5))


@st.composite
def pools(draw: st.DrawFn) -> tuple[Pool, tuple[int, int, int]]:
    shape = (draw(st.integers(1, 16)), draw(st.integers(1, 16)), draw(st.integers(1, 3)))
    kind: type[Pool] = draw(st.sampled_from([MaxPool, MinPool, AvgPool]))
    if draw(st.integers(0, 4)) == 0:
        return kind(adaptive=draw(sizes)), shape
    kernel = draw(sizes)
    symmetric = st.tuples(*(st.integers(0, k // 2) for k in kernel))
    rest = {}
    if kind is not AvgPool:
        rest["dilation"] = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    pad = draw(st.sampled_from(["same", "half"]) | symmetric)
    op = kind(kernel, draw(sizes), pad, draw(st.booleans()), **rest)
    return op, shape


@given(pools())
@settings(max_examples=300, deadline=None)
def test_shape_is_torchs(case: tuple[Pool, tuple[int, int, int]]) -> None:
    op, shape = case
    if op.ceil and op.pad == "half" and isinstance(op, MaxPool):
        assume(op.dilation == (1, 1))  # see the limit above
    assert inferred(op, shape) == attempt(lambda x: run_twin(op, shape, x), shape)


@given(pools())
@settings(max_examples=60, deadline=None)
def test_reach_is_what_a_gradient_finds(case: tuple[Pool, tuple[int, int, int]]) -> None:
    """An average has a gradient for all it reads; the maximum's windows are the same."""
    op, shape = case
    op = AvgPool(op.kernel, op.stride, op.pad, op.ceil, op.adaptive)
    assume(inferred(op, shape) is not None)
    found = seen(lambda x: run_twin(op, shape, x), shape)
    if op.reach(shape) == "irregular":
        lengths = [{len(positions) for positions in axis} for axis in found]
        overlap = [sum(map(len, axis)) > size for axis, size in zip(found, shape, strict=False)]
        assert any(len(one) > 1 for one in lengths) or any(overlap)
        return
    for axis, said in zip(found, reached(op, shape), strict=True):
        assert [ends(positions) for positions in axis] == said


@given(pools(), st.integers(10, 40), st.integers(10, 40))
@settings(max_examples=60, deadline=None)
def test_formulas_are_the_numbers(
    case: tuple[Pool, tuple[int, int, int]], height: int, width: int
) -> None:
    op, (_, _, channels) = case
    bound = {"H": height, "W": width}
    formula = op.shape((symbol("H"), symbol("W"), channels))
    assert tuple(evaluate(d, bound) for d in formula) == op.shape((height, width, channels))


def test_ceil_leaves_out_a_window_that_starts_in_the_padding_at_the_end() -> None:
    # torch.nn.MaxPool2d(2, 2, padding=1, ceil_mode=True) on 5 positions: not 4
    assert MaxPool((2, 2), (2, 2), (1, 1), ceil=True).shape((5, 5, 1)) == (3, 3, 1)
    assert MaxPool((3, 3), (2, 2), ceil=True).shape((112, 112, 64)) == (56, 56, 64)
    assert MaxPool((3, 3), (2, 2)).shape((112, 112, 64)) == (55, 55, 64)


def test_costs() -> None:
    assert MaxPool((3, 3), (2, 2)).cost((55, 55, 96)) == Cost(comparisons=27 * 27 * 96 * 8)
    assert AvgPool((2, 2), (2, 2)).cost((4, 4, 5)) == Cost(additions=60, divisions=20)
    assert AvgPool(adaptive=(1, 1)).cost((7, 7, 512)) == Cost(additions=512 * 48, divisions=512)
    # 5 positions to 3 windows: [0, 2), [1, 4), [3, 5)
    assert MaxPool(adaptive=(3, 1)).cost((5, 1, 1)) == Cost(comparisons=(2 + 3 + 2) - 3)
    height = symbol("H")
    whole = AvgPool(adaptive=(1, 1)).cost((height, 4, 8))
    assert whole is not None
    assert evaluate(whole.additions, {"H": 6}) == (24 - 1) * 8


def test_an_adaptive_window_over_an_unknown_size_has_an_unknown_cost() -> None:
    assert AvgPool(adaptive=(6, 6)).cost((symbol("H"), 12, 8)) is None
    assert MaxPool(adaptive=(6, 6)).cost((symbol("H"), 12, 8)) is None


def test_padding_counts_with_pad_and_not_with_same() -> None:
    assert AvgPool((3, 3), pad="half").counts_padding
    assert not AvgPool((3, 3), pad="same").counts_padding
    assert not AvgPool((3, 3), pad="half", padding_counts=False).counts_padding
    assert AvgPool((3, 3), pad="same", padding_counts=True).counts_padding


@given(sizes, sizes, st.integers(5, 12), st.integers(5, 12), st.integers(1, 4))
def test_subsample_is_a_pool_with_two_weights_a_channel(
    kernel: tuple[int, int], stride: tuple[int, int], height: int, width: int, channels: int
) -> None:
    op, shape = Subsample(kernel, stride), (height, width, channels)
    assert op.shape(shape) == MaxPool(kernel, stride).shape(shape)
    assert op.weights(shape) == Weights(weights=channels, biases=channels)
    assert op.reach(shape) == MaxPool(kernel, stride).reach(shape)


def test_lenet5_s2() -> None:
    op = Subsample((2, 2), (2, 2))
    assert op.shape((28, 28, 6)) == (14, 14, 6)
    assert op.weights((28, 28, 6)).trainable == 12
    cost = op.cost((28, 28, 6))
    assert cost is not None
    # "connections", LeCun et al. 1998, II.B: four inputs and the bias of each output
    assert cost.additions + cost.multiplications + cost.bias_adds == 5880


def test_a_window_that_does_not_fit() -> None:
    with pytest.raises(ShapeError) as caught:
        AvgPool((7, 7), ceil=True).shape((5, 9, 4))
    assert caught.value.formula == "height: ⌈(in + 2p − k)/s⌉ + 1 = ⌈(5 + 2·0 − 7)/1⌉ + 1 = -1"
    with pytest.raises(ShapeError, match="takes a map HxWxC or RxHxWxC, but 10 arrives"):
        MaxPool(adaptive=(1, 1)).shape((10,))


@pytest.mark.parametrize(
    ("arguments", "argument", "message"),
    [
        ({}, None, "a window such as 3x3/2 is needed, or `global`, or `adaptive=6x6`"),
        ({"kernel": (2, 2), "adaptive": (1, 1)}, "kernel", "exclude each other"),
        ({"stride": (2, 2), "adaptive": (1, 1)}, "stride", "exclude each other"),
        ({"pad": "same", "adaptive": (1, 1)}, "pad", "`pad` and `adaptive` (`global`) exclude"),
        ({"ceil": True, "adaptive": (1, 1)}, "ceil", "exclude each other"),
        ({"dilation": (2, 2), "adaptive": (1, 1)}, "dilation", "exclude each other"),
        ({"kernel": (2, 2), "pad": (2, 0)}, "pad", "padding 2 is more than half of the window's"),
        ({"kernel": (2, 3), "pad": (1, 1, 1, 2)}, "pad", "more than half of the window's width 3"),
    ],
)
def test_arguments_that_contradict(
    arguments: dict[str, object], argument: str | None, message: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        MaxPool(**arguments)  # type: ignore[arg-type]
    assert caught.value.argument == argument
    assert message in caught.value.message
