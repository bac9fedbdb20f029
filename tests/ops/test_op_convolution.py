"""Convolutions: what inference says equals what torch does."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from op_torch import attempt, ends, inferred, pad_sides, reached, run, seen, trained
from torch import Tensor, nn

from archc.dims import evaluate, symbol
from archc.ops.base import ArgumentError, Op, ShapeError, Weights
from archc.ops.convolution import Conv

C3 = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)


def twin(op: Conv, shape: tuple[int, ...], device: str = "meta") -> nn.Sequential:
    """torch's convolution, after a padding layer of its own: nothing of torch's `same` is used."""
    conv = nn.Conv2d(
        shape[-1],
        op.width,
        op.kernel,
        op.stride,
        0,
        op.dilation,
        op.groups,
        op.bias,
        device=device,
    )

    class Pad(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return pad_sides(op.padding(shape))(x)

    return nn.Sequential(Pad(), conv)


pairs = st.tuples(st.integers(1, 5), st.integers(1, 5))
pads = (
    st.sampled_from(["same", "half"])
    | st.tuples(st.integers(0, 3), st.integers(0, 3))
    | st.tuples(*[st.integers(0, 3)] * 4)
)


@st.composite
def convs(draw: st.DrawFn) -> tuple[Conv, tuple[int, int, int]]:
    groups = draw(st.integers(1, 3))
    op = Conv(
        kernel=draw(pairs),
        width=groups * draw(st.integers(1, 3)),
        stride=draw(pairs),
        pad=draw(pads),
        dilation=draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        groups=groups,
        bias=draw(st.booleans()),
    )
    size = st.integers(1, 16)
    return op, (draw(size), draw(size), groups * draw(st.integers(1, 3)))


@given(convs())
@settings(max_examples=200, deadline=None)
def test_shape_parameters_and_macs_are_torchs(case: tuple[Conv, tuple[int, int, int]]) -> None:
    op, shape = case
    module = twin(op, shape)
    expected = attempt(module, shape)
    assert inferred(op, shape) == expected
    if expected is None:
        return
    assert op.weights(shape).trainable == trained(module)
    cost = op.cost(shape)
    assert cost is not None
    assert cost.macs == run(module, shape)[1]
    assert cost.bias_adds == (expected[0] * expected[1] * expected[2] if op.bias else 0)


@given(convs())
@settings(max_examples=60, deadline=None)
def test_reach_is_what_a_gradient_finds(case: tuple[Conv, tuple[int, int, int]]) -> None:
    op, shape = case
    assume(inferred(op, shape) is not None)
    module = twin(op, shape, "cpu")
    nn.init.ones_(module[1].weight)  # type: ignore[arg-type]
    for found, said, dilation in zip(
        seen(module, shape), reached(op, shape), op.dilation, strict=True
    ):
        for positions, (first, last) in zip(found, said, strict=True):
            assert positions == set() or set(range(first, last + 1)) >= positions
            if dilation == 1 and positions:
                assert ends(positions) == (first, last)


@given(convs(), st.integers(8, 40), st.integers(8, 40))
@settings(max_examples=60, deadline=None)
def test_formulas_are_the_numbers(
    case: tuple[Conv, tuple[int, int, int]], height: int, width: int
) -> None:
    op, (_, _, channels) = case
    number = (height, width, channels)
    assume(inferred(op, number) is not None)
    h, w = symbol("H"), symbol("W")
    formula = (h, w, channels)
    bound = {"H": height, "W": width}
    assert tuple(evaluate(d, bound) for d in op.shape(formula)) == op.shape(number)
    cost, expected = op.cost(formula), op.cost(number)
    assert cost is not None
    assert expected is not None
    assert evaluate(cost.macs, bound) == expected.macs
    for sides, known in zip(op.padding(formula), op.padding(number), strict=True):
        assert tuple(evaluate(s, bound) for s in sides) == known


def test_lenet5_c3_connects_60_of_96_pairs() -> None:
    op = Conv((5, 5), 16, connections=C3)
    shape = (14, 14, 6)
    assert op.shape(shape) == (10, 10, 16)
    assert op.weights(shape) == Weights(weights=60 * 25, biases=16, masked=36 * 25)
    assert op.weights(shape).trainable == 1516
    cost = op.cost(shape)
    assert cost is not None
    assert cost.macs + cost.bias_adds == 151_600  # "connections", LeCun et al. 1998, II.B


def test_regions_multiply_the_cost_and_not_the_weights() -> None:
    op, regions = Conv((3, 3), 8, pad="same"), symbol("R")
    one, many = op.cost((7, 7, 4)), op.cost((regions, 7, 7, 4))
    assert op.shape((regions, 7, 7, 4)) == (regions, 7, 7, 8)
    assert one is not None
    assert many is not None
    assert evaluate(many.macs, {"R": 300}) == 300 * one.macs
    assert op.weights((regions, 7, 7, 4)) == op.weights((7, 7, 4))


def test_same_is_tensorflows() -> None:
    op = Conv((3, 3), 1, (2, 2), pad="same")
    assert op.padding((224, 224, 3)) == ((0, 1), (0, 1))
    assert op.padding((225, 225, 3)) == ((1, 1), (1, 1))
    assert Conv((2, 2), 1, pad="same").padding((5, 5, 3)) == ((0, 1), (0, 1))


def test_a_window_that_does_not_fit_shows_the_formula_with_its_numbers() -> None:
    with pytest.raises(ShapeError) as caught:
        Conv((7, 3), 16, (2, 2), pad=(1, 1)).shape((4, 9, 3))
    error = caught.value
    assert error.message == (
        "the window of `conv` does not fit: it spans 7 along the height, but 4x9x3 arrives, "
        "whose height is 4 padded to 6"
    )
    assert error.formula == "height: ⌊(in + 2p − k)/s⌋ + 1 = ⌊(4 + 2·1 − 7)/2⌋ + 1 = 0"
    with pytest.raises(ShapeError, match="along the width") as caught:
        Conv((1, 5), 16, pad=(0, 0, 1, 0)).shape((4, 3, 3))
    assert caught.value.formula == "width: ⌊(in + 2p − k)/s⌋ + 1 = ⌊(3 + 1 + 0 − 5)/1⌋ + 1 = 0"


@pytest.mark.parametrize(
    ("op", "shape", "message"),
    [
        (
            Conv((3, 3), 8),
            (4096,),
            "`conv` takes a map HxWxC or RxHxWxC, but 4096 arrives, which has 1 axis",
        ),
        (
            Conv((3, 3), 8, groups=4),
            (9, 9, 6),
            "`conv` has 4 groups, which do not divide the 6 channels of 9x9x6",
        ),
        (
            Conv((1, 1), 1, connections=((0, 3),)),
            (9, 9, 3),
            "`connections` names input channel 3 (counted from 0), but 9x9x3 arrives, "
            "which has 3 channels",
        ),
    ],
)
def test_what_does_not_fit(op: Op, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        op.shape(shape)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("arguments", "argument", "message"),
    [
        ({"groups": 3}, "groups", "3 groups do not divide the width 8"),
        ({"connections": ((0,),)}, "connections", "has 1 rows, but the width is 8"),
        ({"connections": ((0,),) * 7 + ((),)}, "connections", "row 7 of `connections` must name"),
        ({"connections": ((0, 0),) * 8}, "connections", "and none twice"),
        ({"connections": ((0,),) * 8, "groups": 2}, "groups", "exclude each other"),
        ({"pad": (1, 2, 3)}, "pad", "`pad` cannot be"),
    ],
)
def test_arguments_that_contradict(
    arguments: dict[str, object], argument: str, message: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        Conv((3, 3), 8, **arguments)  # type: ignore[arg-type]
    assert caught.value.argument == argument
    assert message in caught.value.message


def test_torch_runs_the_connection_table_as_a_mask() -> None:
    """The count of connected weights is that of the non-zero entries of a dense kernel's mask."""
    mask = torch.zeros(16, 6, 5, 5)
    for out, row in enumerate(C3):
        mask[out, list(row)] = 1
    assert Conv((5, 5), 16, connections=C3).weights((14, 14, 6)).weights == int(mask.sum())
