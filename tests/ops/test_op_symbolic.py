"""Every layer over sizes that are formulas: what it says, evaluated, is what it says of numbers."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.dims import evaluate, symbol
from archc.ops.activation import (
    ELU,
    GELU,
    SELU,
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
from archc.ops.arranging import Expand, Mean, Reshape, Rows, Sum
from archc.ops.base import Cost, Op, Shape, Weights
from archc.ops.convolution import Conv
from archc.ops.dense import FC, RBF
from archc.ops.depthwise import Depthwise
from archc.ops.detection import NMS, Detect, Priors, Propose, Yolo
from archc.ops.merging import Add, Concat, Identity, Mul, Select
from archc.ops.normalization import (
    LCN,
    LRN,
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    L2Norm,
    LayerNorm,
)
from archc.ops.pooling import AvgPool, MaxPool, MinPool, Subsample
from archc.ops.recurrent import GRU, LSTM, Embed
from archc.ops.regions import RoIAlign, RoIPool
from archc.ops.regularization import Dropout
from archc.ops.reshaping import Flatten, Rescale, Upsample, Widen, ZeroPad
from archc.ops.resizing import SPP, Crop, Reorg, Transform
from archc.ops.table import BUILTIN
from archc.ops.transposed import Deconv, Unpool

H, W, R, T = (symbol(name) for name in "HWRT")
IMAGE, REGIONS, STEPS = (H, W, 12), (R, 7, 7, 12), (T, 12)

CASES: list[tuple[Op, tuple[Shape, ...]]] = [
    (Conv((7, 7), 8, (2, 2), "half"), (IMAGE,)),
    (Conv((3, 3), 8, (2, 2), "same", groups=4), (IMAGE,)),
    (Conv((3, 3), 8), (REGIONS,)),
    (MaxPool((3, 3), (2, 2), ceil=True), (IMAGE,)),
    (MaxPool((2, 2), (3, 3), (1, 1), ceil=True), (IMAGE,)),
    (MinPool((2, 2), (2, 2), "same"), (IMAGE,)),
    (AvgPool(adaptive=(1, 1)), (IMAGE,)),
    (AvgPool((3, 3), (2, 2), (1, 0)), (IMAGE,)),
    (Subsample((2, 2), (2, 2)), (IMAGE,)),
    (FC(10), (IMAGE,)),
    (FC(10, False), (STEPS,)),
    (FC(10), (REGIONS,)),
    (RBF(10), ((12,),)),
    (RBF(10), (IMAGE,)),
    (LRN(5), (IMAGE,)),
    (BatchNorm(), (IMAGE,)),
    (BatchNorm(shift=False), (STEPS,)),
    (LayerNorm(), (STEPS,)),
    (LayerNorm(whole=True), (IMAGE,)),
    (LayerNorm(whole=True), (REGIONS,)),
    (GroupNorm(4), (IMAGE,)),
    (InstanceNorm(affine=True), (REGIONS,)),
    (LCN(5), (IMAGE,)),
    *((op, (IMAGE,)) for op in (ReLU(), ReLU6(), Leaky(), PReLU(), ELU(), SELU(), GELU(), SiLU())),
    *((op, (STEPS,)) for op in (Sigmoid(), Tanh(), HardTanh(), Softplus(), Softsign())),
    *((op, (IMAGE,)) for op in (Softmax(), LogSoftmax(), Maxout(3), Dropout(), Identity())),
    (Concat(), (IMAGE, (H, W, 4))),
    (Concat("time"), ((12,), STEPS)),
    (Concat("height"), (IMAGE, (2 * H, W, 12))),
    (Add(), (IMAGE, IMAGE, IMAGE)),
    (Mul(), (IMAGE, (12,))),
    (Mul(), (REGIONS, (R, 12))),
    (Flatten(), (IMAGE,)),
    (Flatten(), (REGIONS,)),
    (Reshape((4, 3, 2)), ((24,),)),
    (Upsample((2, 3)), (IMAGE,)),
    (Upsample((2, 2), "bilinear"), (REGIONS,)),
    (Rescale(0.5, 1), (IMAGE,)),
    (ZeroPad((1, 2, 3, 4)), (IMAGE,)),
    (Widen(24), (IMAGE,)),
    (Depthwise((3, 3), 2, (2, 2), "same"), (IMAGE,)),
    (Deconv((4, 4), 6, (2, 2), (1, 1)), (IMAGE,)),
    (Deconv((3, 3), 6, (2, 2), "same", groups=2), (IMAGE,)),
    (Deconv((2, 2), 6, (3, 3), "half", (1, 1), bias=False), (REGIONS,)),
    (Unpool((2, 2), 1, (2, 2)), (IMAGE, IMAGE)),
    (Unpool((2, 2), 1, (2, 2), like=2), (IMAGE, IMAGE, (2 * H + 1, 2 * W, 3))),
    (SPP((4, 2, 1)), (IMAGE,)),
    (SPP((6, 3, 2, 1)), (REGIONS,)),
    (L2Norm(), (IMAGE,)),
    (Select(1), (IMAGE, IMAGE, (2,))),
    (Crop((5, 4), offset=(1, 2)), (IMAGE,)),
    (Crop(like=1, centered=True), ((2 * H, 3 * W, 5), IMAGE)),
    (Reorg(), ((2 * H, 2 * W, 12),)),
    (Reorg(3, "darknet"), ((3 * H, 3 * W, 18),)),
    (Transform(1, (9, 9)), (IMAGE, (6,))),
    (Rows(4), (IMAGE,)),
    (Expand(5), ((12,),)),
    (Expand(like=1), ((12,), (H, W, 3))),
    (Expand(like=1), ((12,), (T,))),
    (Sum("height"), (IMAGE,)),
    (Sum(), (STEPS,)),
    (Mean("channels"), (IMAGE,)),
    (Embed(1000, 12), ((T,),)),
    (LSTM(8, 2, bidirectional=True), (STEPS,)),
    (GRU(8, last=True), (STEPS,)),
    (RoIPool((7, 7), 1), (IMAGE, (R, 4))),
    (RoIAlign((7, 7), 1), (IMAGE, (R, 4))),
    (RoIAlign((7, 7), 1), (IMAGE, (2 * H, 2 * W, 12), (R, 4))),
    (Propose(1, 300), ((H, W, 18), (H, W, 36))),
    (Propose(None, 300, sizes=(32,)), ((H, W, 3), (H, W, 12), (T, T, 6), (T, T, 12))),
    (Detect(1, 2, 100), ((R, 21), (R, 4), (R, 84))),
    (Detect(1, 2, 100, image=3), ((R, 21), (R, 4), (R, 4), (H, W, 3))),
    (NMS(100), ((R, 25),)),
    (Priors(30, 8, 60), (IMAGE,)),
    (Yolo(anchors=(10, 13, 16, 30, 33, 23)), ((H, W, 255),)),
    (Yolo("v2", 20, (10, 13)), ((H, W, 25),)),
    (Yolo("v1", 20), ((H, W, 30),)),
]


def test_every_layer_is_here() -> None:
    assert {op.name for op, _ in CASES} == set(BUILTIN)


def bind(value: Any, sizes: dict[str, int]) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return tuple(bind(one, sizes) for one in value)
    if isinstance(value, Weights | Cost):
        return {f.name: evaluate(getattr(value, f.name), sizes) for f in fields(value)}
    return evaluate(value, sizes)


size = st.integers(7, 60)


@pytest.mark.parametrize(
    ("op", "shapes"), CASES, ids=[f"{n}-{op.name}" for n, (op, _) in enumerate(CASES)]
)
@given(st.fixed_dictionaries({"H": size, "W": size, "R": size, "T": size}))
@settings(max_examples=15, deadline=None)
def test_formulas_are_the_numbers(op: Op, shapes: tuple[Shape, ...], sizes: dict[str, int]) -> None:
    numbers = bind(shapes, sizes)
    assert bind(op.shape(*shapes), sizes) == op.shape(*numbers)
    assert bind(op.weights(*shapes), sizes) == bind(op.weights(*numbers), sizes)
    assert bind(op.cost(*shapes), sizes) == bind(op.cost(*numbers), sizes)
    if len(numbers[0]) > 2:
        reach, known = op.reach(*shapes), op.reach(*numbers)
        if isinstance(reach, str) or isinstance(known, str):
            assert reach == known
        else:
            for one, expected in zip(reach, known, strict=True):
                assert (one.size, one.stride, one.zoom) == (
                    expected.size,
                    expected.stride,
                    expected.zoom,
                )
                assert bind(one.offset, sizes) == expected.offset
