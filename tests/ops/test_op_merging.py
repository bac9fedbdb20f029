"""Merges and layers that change a shape: shapes as torch's, disagreements in words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from op_torch import ends, papers, reached, run, seen, zeros
from torch.nn import functional as F

from archc.dims import symbol
from archc.ops.base import NO_COST, ArgumentError, Cost, Op, ShapeError
from archc.ops.merging import Add, Concat, Identity, Mul
from archc.ops.reshaping import Flatten, Rescale, Upsample, Widen, ZeroPad

H, T, R = symbol("H"), symbol("T"), symbol("R")
sizes = st.integers(1, 6)
AXES = {"channels": 1, "height": 2, "width": 3}


@given(st.lists(st.tuples(sizes, sizes, sizes), min_size=2, max_size=4), st.sampled_from([*AXES]))
@settings(max_examples=200, deadline=None)
def test_concat_is_torchs(shapes: list[tuple[int, int, int]], axis: Any) -> None:
    at = {"channels": 2, "height": 0, "width": 1}[axis]
    if sum(shapes[0]) % 2:  # half of the draws agree on the other axes
        shapes = [tuple(s[i] if i == at else shapes[0][i] for i in range(3)) for s in shapes]
    try:
        expected = papers(torch.cat([zeros(s) for s in shapes], AXES[axis]))
    except RuntimeError:
        with pytest.raises(ShapeError, match="the inputs of `concat` do not fit each other"):
            Concat(axis).shape(*shapes)
    else:
        assert Concat(axis).shape(*shapes) == expected


@given(st.lists(st.tuples(*[st.sampled_from([1, 1, 5])] * 3), min_size=2, max_size=3))
@settings(max_examples=100, deadline=None)
def test_mul_spreads_axes_of_one_and_add_does_not(shapes: list[tuple[int, int, int]]) -> None:
    product = zeros(shapes[0])
    for shape in shapes[1:]:
        product = product * zeros(shape)
    assert Mul().shape(*shapes) == papers(product)
    if len(set(shapes)) == 1:
        assert Add().shape(*shapes) == shapes[0]
    else:
        with pytest.raises(ShapeError):
            Add().shape(*shapes)


def test_mul_gates_a_map_by_a_vector() -> None:
    assert Mul().shape((56, 56, 256), (256,)) == (56, 56, 256)
    assert Mul().shape((256,), (56, 56, 256)) == (56, 56, 256)
    assert Mul().shape((R, 7, 7, 64), (R, 64)) == (R, 7, 7, 64)
    assert Mul().shape((R, 7, 7, 64), (64,)) == (R, 7, 7, 64)
    assert Mul().cost((4, 4, 8), (8,)) == Cost(multiplications=128)


def test_costs() -> None:
    assert Add().cost(*[(7, 7, 10)] * 3) == Cost(additions=2 * 490)
    assert Concat().cost((7, 7, 10), (7, 7, 20)) == NO_COST


def test_time() -> None:
    assert Concat("time").shape((512,), (T, 512)) == (T + 1, 512)
    assert Concat("time").shape((3, 8), (4, 8)) == (7, 8)
    assert Concat().shape((3, 8), (3, 4)) == (3, 12)
    assert Concat().shape((8,), (4,)) == (12,)


def test_symbolic_sizes_must_be_known_to_agree() -> None:
    even = 2 * H
    assert Add().shape((even, even, 8), (H + H, 2 * H, 8)) == (even, even, 8)
    with pytest.raises(ShapeError, match="are not known to be equal") as caught:
        Add().shape((H, 4, 8), (T, 4, 8))
    assert caught.value.help is not None
    assert "where H % 32 == 0" in caught.value.help


@pytest.mark.parametrize(
    ("op", "shapes", "message"),
    [
        (
            Add(),
            [(56, 56, 64), (56, 56, 256)],
            "the inputs of `add` do not fit each other: 56x56x64 and 56x56x256: 64 is not 256",
        ),
        (
            Concat(),
            [(28, 28, 64), (28, 28, 8), (14, 28, 64)],
            "the inputs of `concat` do not fit each other: 28x28x64, 28x28x8 and 14x28x64: "
            "28 is not 14, and `concat` joins the channels",
        ),
        (
            Mul(),
            [(28, 28, 64), (32,)],
            "the inputs of `mul` do not fit each other: 28x28x64 and 32: 64 is not 32, "
            "and only an axis of 1 is spread",
        ),
        (
            Add(),
            [(28, 28, 64), (64,)],
            "the inputs of `add` do not fit each other: 28x28x64 and 64: "
            "their numbers of axes differ",
        ),
        (Concat("height"), [(4, 8), (4, 8)], "`concat` along the height: 4x8 has no such axis"),
        (Concat("time"), [(4, 4, 8)] * 2, "`concat` along the time: 4x4x8 has no such axis"),
    ],
)
def test_disagreements_show_the_shapes(op: Op, shapes: Any, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        op.shape(*shapes)
    assert caught.value.message == message


def test_identity_and_flatten() -> None:
    assert Identity().shape((3, 4, 5)) == (3, 4, 5)
    assert Identity().cost((3, 4, 5)) == NO_COST
    assert Flatten().shape((6, 6, 256)) == (9216,)
    assert Flatten().shape((R, 7, 7, 512)) == (R, 25088)
    assert Flatten().shape((8,)) == (8,)
    assert Flatten().reach((6, 6, 256)) == "whole"
    assert Flatten().shape((H, H, 2)) == (2 * H * H,)


@given(
    st.tuples(sizes, sizes, sizes),
    st.tuples(sizes, sizes),
    st.sampled_from(["nearest", "bilinear"]),
)
@settings(max_examples=60, deadline=None)
def test_upsample_is_torchs(
    shape: tuple[int, int, int], factor: tuple[int, int], mode: Any
) -> None:
    op = Upsample(factor, mode)
    out, _ = run(lambda x: F.interpolate(x, scale_factor=factor, mode=mode), shape)
    assert op.shape(shape) == out


@given(
    st.tuples(st.integers(2, 6), st.integers(2, 6), st.just(1)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
)
@settings(max_examples=30, deadline=None)
def test_reach_of_upsampling(shape: tuple[int, int, int], factor: tuple[int, int]) -> None:
    nearest = Upsample(factor)
    found = seen(lambda x: F.interpolate(x, scale_factor=factor, mode="nearest"), shape)
    for axis, said in zip(found, reached(nearest, shape), strict=True):
        assert [ends(positions) for positions in axis] == said
    bilinear = Upsample(factor, "bilinear")
    # A third of a position is rounded, so that weights of 0 come out as about 1e-7.
    found = seen(lambda x: F.interpolate(x, scale_factor=factor, mode="bilinear"), shape, 1e-4)
    for axis, said in zip(found, reached(bilinear, shape), strict=True):
        assert [ends(positions) for positions in axis] == said


@given(st.tuples(sizes, sizes, sizes), st.tuples(*[st.integers(0, 3)] * 4))
@settings(max_examples=40, deadline=None)
def test_pad_is_torchs(shape: tuple[int, int, int], by: tuple[int, int, int, int]) -> None:
    assume(any(by))
    top, bottom, left, right = by
    op = ZeroPad(by)
    function = lambda x: F.pad(x, (left, right, top, bottom))  # noqa: E731
    assert op.shape(shape) == run(function, shape)[0]
    found = seen(function, shape)
    for axis, said in zip(found, reached(op, shape), strict=True):
        for positions, (first, last) in zip(axis, said, strict=True):
            assert positions == ({first} if first <= last and first == last else set()) or (
                not positions and last < first
            )
    with pytest.raises(ArgumentError, match="adds no zeros"):
        ZeroPad((0, 0))


def test_widen_only_adds_channels() -> None:
    assert Widen(64).shape((28, 28, 16)) == (28, 28, 64)
    assert Widen(64).shape((28, 28, 64)) == (28, 28, 64)
    assert Widen(64).weights((28, 28, 16)).trainable == 0
    with pytest.raises(ShapeError) as caught:
        Widen(64).shape((28, 28, 128))
    assert caught.value.message == "`widen` gives 64 channels, but 128 arrive"


def test_rescale() -> None:
    assert Rescale(1 / 255).cost((2, 2, 3)) == Cost(multiplications=12)
    assert Rescale(1 / 127.5, -1).cost((2, 2, 3)) == Cost(multiplications=12, additions=12)
    assert Upsample((2, 2), "bilinear").cost((2, 2, 3)) == Cost(interpolations=48)
    assert Upsample((2, 2)).cost((2, 2, 3)) == NO_COST
