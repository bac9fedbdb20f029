"""Fully connected layers, normalisation and activations: counts as torch's modules have them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from op_torch import papers, run, trained, zeros
from torch import nn

from archc.dims import evaluate, symbol
from archc.ops.activation import (
    ELU,
    GELU,
    SELU,
    Activation,
    HardTanh,
    Leaky,
    LogSoftmax,
    Maxout,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from archc.ops.base import ArgumentError, Cost, Op, ShapeError, Weights
from archc.ops.dense import FC, RBF
from archc.ops.normalization import LCN, LRN, BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from archc.ops.regularization import Dropout

sizes = st.integers(1, 12)
T, R = symbol("T"), symbol("R")


@given(st.tuples(sizes, sizes, sizes), st.integers(1, 50), st.booleans())
@settings(max_examples=40, deadline=None)
def test_fc_takes_a_whole_map(shape: tuple[int, int, int], width: int, bias: bool) -> None:
    op = FC(width, bias)
    values = shape[0] * shape[1] * shape[2]
    module = nn.Sequential(nn.Flatten(), nn.Linear(values, width, bias, device="meta"))
    out, macs = run(module, shape)
    assert op.shape(shape) == out == (width,)
    assert op.weights(shape).trainable == trained(module)
    assert op.cost(shape) == Cost(macs=macs, bias_adds=width if bias else 0)


@given(sizes, sizes, st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_fc_takes_the_last_axis_of_a_sequence(steps: int, features: int, width: int) -> None:
    op, shape = FC(width, False), (steps, features)
    out, macs = run(nn.Linear(features, width, False, device="meta"), shape)
    assert op.shape(shape) == out
    assert op.cost(shape) == Cost(macs=macs)
    cost = op.cost((T, features))
    assert op.shape((T, features)) == (T, width)
    assert cost is not None
    assert evaluate(cost.macs, {"T": steps}) == macs


def test_fc_keeps_the_regions_apart() -> None:
    op = FC(4096)
    assert op.shape((R, 7, 7, 512)) == (R, 4096)
    assert op.weights((R, 7, 7, 512)).trainable == 7 * 7 * 512 * 4096 + 4096
    assert op.shape((R, 4096)) == (R, 4096)
    with pytest.raises(ShapeError, match="`fc` takes C, TxC, HxWxC or RxHxWxC"):
        op.shape((2, 3, 4, 5, 6))


def test_alexnet_fc6() -> None:
    assert FC(4096).weights((6, 6, 256)).trainable == 37_752_832


def test_rbf_is_fixed() -> None:
    op = RBF(10)
    assert op.shape((84,)) == (10,)
    assert op.weights((84,)) == Weights(fixed=840)
    assert op.weights((84,)).trainable == 0
    assert op.cost((84,)) == Cost(macs=840, additions=840)


def statistics(module: nn.Module) -> int:
    """Stored values that are not trained, but for torch's counter of batches."""
    return sum(b.numel() for n, b in module.named_buffers() if "num_batches" not in n)


MAP, VECTOR, SEQUENCE = (6, 5, 12), (12,), (7, 12)


@pytest.mark.parametrize(
    ("op", "module", "shape"),
    [
        (BatchNorm(), nn.BatchNorm2d(12), MAP),
        (BatchNorm(), nn.BatchNorm1d(12), VECTOR),
        (BatchNorm(scale=False, shift=False), nn.BatchNorm2d(12, affine=False), MAP),
        (LayerNorm(), nn.LayerNorm(12), VECTOR),
        (LayerNorm(), nn.LayerNorm(12), SEQUENCE),
        (LayerNorm(shift=False), nn.LayerNorm(12, bias=False), VECTOR),
        (LayerNorm(whole=True), nn.LayerNorm((12, 6, 5)), MAP),
        (LayerNorm(whole=True), nn.LayerNorm(12), SEQUENCE),
        (GroupNorm(4), nn.GroupNorm(4, 12), MAP),
        (InstanceNorm(), nn.InstanceNorm2d(12), MAP),
        (InstanceNorm(affine=True), nn.InstanceNorm2d(12, affine=True), MAP),
        (LRN(5), nn.LocalResponseNorm(5), MAP),
        (Dropout(0.5), nn.Dropout(0.5), VECTOR),
        (PReLU(), nn.PReLU(12), MAP),
        (PReLU(shared=True), nn.PReLU(), MAP),
        (Softmax(), nn.Softmax(1), MAP),
        (LogSoftmax(), nn.LogSoftmax(1), VECTOR),
        (ReLU(), nn.ReLU(), SEQUENCE),
        (ReLU6(), nn.ReLU6(), MAP),
        (Leaky(0.1), nn.LeakyReLU(0.1), MAP),
        (ELU(), nn.ELU(), MAP),
        (SELU(), nn.SELU(), MAP),
        (GELU(), nn.GELU(), MAP),
        (SiLU(), nn.SiLU(), MAP),
        (Sigmoid(), nn.Sigmoid(), MAP),
        (Tanh(), nn.Tanh(), MAP),
        (HardTanh(), nn.Hardtanh(), MAP),
        (Softplus(), nn.Softplus(), MAP),
        (Softsign(), nn.Softsign(), MAP),
    ],
    ids=repr,
)
def test_shape_and_stored_values_are_torchs(op: Op, module: nn.Module, shape: Any) -> None:
    out = module.eval()(zeros(shape, "cpu") + 1)
    assert op.shape(shape) == papers(out)
    weights = op.weights(shape)
    assert weights.trainable == trained(module)
    assert weights.statistics == statistics(module)


def torch_operations(function: Any) -> list[str]:
    """What torch calls, by tracing the formula of a documentation string."""
    graph = torch.fx.symbolic_trace(function).graph
    return [str(n.target.__name__) for n in graph.nodes if n.op == "call_function"]


# Each formula as its layer's docstring has it; an operation of torch's counts as one of ours.
KINDS = {
    "add": "additions",
    "sub": "additions",
    "mul": "multiplications",
    "truediv": "divisions",
    "exp": "exponentials",
    "log": "powers",
    "maximum": "comparisons",
    "minimum": "comparisons",
    "where": "comparisons",
}
FREE = {"neg", "abs"}
one, six = torch.tensor(1.0), torch.tensor(6.0)
FORMULAS: list[tuple[Activation, Any]] = [
    (ReLU(), lambda x: torch.maximum(x, one)),
    (ReLU6(), lambda x: torch.minimum(torch.maximum(x, one), six)),
    (HardTanh(), lambda x: torch.minimum(torch.maximum(x, -one), one)),
    (Sigmoid(), lambda x: 1 / (1 + torch.exp(-x))),
    (Tanh(), lambda x: 2 / (1 + torch.exp(-2 * x)) - 1),
    (Tanh(1.7159, 2 / 3), lambda x: 1.7159 * (2 / (1 + torch.exp(-4 / 3 * x)) - 1)),
    (Leaky(0.1), lambda x: torch.where(x, x, 0.1 * x)),
    (PReLU(), lambda x: torch.where(x, x, 0.25 * x)),
    (ELU(1.5), lambda x: torch.where(x, x, 1.5 * (torch.exp(x) - 1))),
    (SELU(), lambda x: 1.0507 * torch.where(x, x, 1.6733 * (torch.exp(x) - 1))),
    (SiLU(), lambda x: x * (1 / (1 + torch.exp(-x)))),
    (Softplus(), lambda x: torch.log(1 + torch.exp(x))),
    (Softsign(), lambda x: x / (1 + torch.abs(x))),
]


@pytest.mark.parametrize(("op", "formula"), FORMULAS, ids=[str(op) for op, _ in FORMULAS])
def test_the_cost_is_that_of_the_formula(op: Activation, formula: Any) -> None:
    counted = Cost()
    for name in torch_operations(formula):
        if name not in FREE:
            counted += Cost(**{KINDS[name]: 1})
    assert op.cost((1,)) == counted
    assert op.cost((2, 3, 5)) == counted.times(30)


def test_every_elementwise_activation_has_its_formula_checked() -> None:
    import archc.ops.activation as module

    unchecked = {Softmax, LogSoftmax, GELU}  # GELU's cost is unknown, the others' are below
    kinds = {
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Activation) and value is not Activation
    }
    assert kinds - unchecked == {type(op) for op, _ in FORMULAS}


def test_costs_over_channels() -> None:
    assert Softmax().cost((1000,)) == Cost(exponentials=1000, additions=999, divisions=1000)
    assert Softmax().cost((4, 4, 21)) == Cost(exponentials=336, additions=16 * 20, divisions=336)
    assert LogSoftmax().cost((10,)) == Cost(exponentials=10, additions=9 + 10, powers=1)


def test_an_unknown_cost_is_none() -> None:
    assert GELU().cost((10,)) is None


def test_maxout() -> None:
    assert Maxout(3).shape((5, 5, 12)) == (5, 5, 4)
    assert Maxout(3).cost((12,)) == Cost(comparisons=8)
    with pytest.raises(ShapeError, match="3 pieces, which do not divide the 10 channels of 10"):
        Maxout(3).shape((10,))
    with pytest.raises(ArgumentError, match="at least 2"):
        Maxout(1)


def test_the_parts_of_a_normalisation_are_counted_apart() -> None:
    assert BatchNorm().weights((9, 9, 64)) == Weights(scales=64, shifts=64, statistics=128)
    assert BatchNorm().cost((2, 3, 4)) == Cost(
        additions=2 * 24 + 4, multiplications=24, divisions=24, powers=4
    )
    assert LayerNorm().cost((10,)) == Cost(
        additions=9 + 10 + 9 + 1 + 10, multiplications=20, divisions=12, powers=1
    )
    assert LayerNorm(scale=False, shift=False).cost((3, 10)) == Cost(
        additions=3 * 29, multiplications=30, divisions=36, powers=3
    )
    assert GroupNorm(2).cost((2, 2, 8)) == Cost(
        additions=4 * 32 - 2, multiplications=64, divisions=36, powers=2
    )
    assert LRN(5).cost((1, 1, 10)) == Cost(
        multiplications=60, additions=50, powers=10, divisions=10
    )


def test_reach_of_what_reads_the_whole_map() -> None:
    for op in (LayerNorm(whole=True), GroupNorm(4), InstanceNorm(), LCN(), FC(10)):
        assert op.reach(MAP) == "whole"
    for near in (LayerNorm(), BatchNorm(), LRN(), Softmax(), FC(10)):
        shape = SEQUENCE if isinstance(near, FC) else MAP
        assert near.reach(shape) != "whole"


@pytest.mark.parametrize(
    ("op", "shape", "message"),
    [
        (GroupNorm(5), MAP, "`groupnorm` has 5 groups, which do not divide the 12 channels"),
        (GroupNorm(2), VECTOR, "`groupnorm` takes a map HxWxC or RxHxWxC"),
        (InstanceNorm(), VECTOR, "`instancenorm` takes a map"),
        (LCN(), VECTOR, "`lcn` takes a map"),
    ],
)
def test_what_does_not_fit(op: Op, shape: Any, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        op.shape(shape)
    assert message in caught.value.message


@pytest.mark.parametrize("p", [-0.1, 1, 1.5])
def test_dropout_takes_a_probability(p: float) -> None:
    with pytest.raises(ArgumentError, match="a probability from 0 to below 1"):
        Dropout(p)


def test_lcn_has_a_centre() -> None:
    with pytest.raises(ArgumentError, match="4 is not odd"):
        LCN(4)
    cost = LCN(9).cost((8, 8, 3))
    assert cost is not None
    assert cost.macs == 2 * 81 * 192
