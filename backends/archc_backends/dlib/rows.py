"""Rows of the layers without windows, and what dlib has nothing for.

dlib's tensors are N x k x nr x nc: a map HxWxC is k=C, nr=H, nc=W, a vector C is k=C, nr=nc=1.
"""

from __future__ import annotations

from fractions import Fraction
from math import isclose
from typing import cast

from archc.dims import proves_equal
from archc.graph.network import Layer
from archc.ops import (
    activation,
    arranging,
    dense,
    depthwise,
    detection,
    merging,
    normalization,
    pooling,
    recurrent,
    regions,
    regularization,
    reshaping,
    resizing,
    transposed,
)
from archc.ops.base import Op, Shape, product
from archc_backends.dlib import windows
from archc_backends.dlib.table import LARGEST, REFUSED, CannotError, Join, Row, Template, rows

__all__ = ["rows", "windows"]


def constant(name: str) -> Row:
    return lambda _: Template(name)


for _op, _name in {
    activation.ReLU: "relu",
    activation.ReLU6: "clipped_relu",
    activation.Sigmoid: "sig",
    activation.SiLU: "silu",
    activation.Softmax: "softmax",
}.items():
    rows.set(_op, constant(_name))


@rows.row(merging.Identity, reshaping.Flatten, reshaping.Widen)
def _nothing(_: Layer) -> None:
    """Layers that the templates around them stand for: the plan says where that holds."""


def fraction(value: float) -> tuple[int, int]:
    """A number as the integers of a fraction, exact in single precision. Raises CannotError."""
    near = Fraction(value).limit_denominator(1_000_000)
    if abs(near.numerator) > LARGEST or not isclose(near, value, rel_tol=1e-9):
        raise CannotError(f"takes numbers as fractions of integers, and {value} is none of small")
    return near.numerator, near.denominator


@rows.row(activation.Tanh)
def _tanh(layer: Layer) -> Template:
    op = cast(activation.Tanh, layer.op)
    if op.amplitude != 1 or op.slope != 1:
        raise CannotError("has no tanh with an amplitude or slope of its own")
    return Template("htan")


@rows.row(activation.Leaky)
def _leaky(layer: Layer) -> Template:
    slope = cast(activation.Leaky, layer.op).slope
    if slope == 0.01:
        return Template("leaky_relu")
    return Template("leaky_relu_slope", fraction(slope))


@rows.row(activation.ELU)
def _elu(layer: Layer) -> Template:
    alpha = cast(activation.ELU, layer.op).alpha
    return Template("elu") if alpha == 1 else Template("elu_alpha", fraction(alpha))


@rows.row(activation.GELU)
def _gelu(layer: Layer) -> Template:
    if cast(activation.GELU, layer.op).approximate != "none":
        raise CannotError("has the exact GELU alone, not its approximation by tanh")
    return Template("gelu")


@rows.row(activation.PReLU)
def _prelu(layer: Layer) -> Template:
    op = cast(activation.PReLU, layer.op)
    if not op.shared and product(layer.shape[-1:]) != 1:
        raise CannotError(
            "has one slope a PReLU, not one a channel", "`shared=true` gives the layer one slope"
        )
    if op.initial != 0.25:
        raise CannotError("begins the slope of a PReLU with 0.25")
    return Template("prelu")


@rows.row(regularization.Dropout)
def _dropout(layer: Layer) -> Template:
    p = cast(regularization.Dropout, layer.op).p
    if p == 0.5:
        return Template("dropout")
    percent = Fraction(str(p)) * 100
    if percent.denominator != 1:
        raise CannotError(f"takes the rate of dropout in whole percent, and {p} is none")
    return Template("dropout_rate", (int(percent),))


@rows.row(reshaping.Rescale)
def _rescale(layer: Layer) -> Template:
    op = cast(reshaping.Rescale, layer.op)
    if op.offset:
        raise CannotError("has no layer that adds a fixed number")
    return Template("multiply_by", fraction(op.scale))


@rows.row(dense.FC)
def _fc(layer: Layer) -> Template:
    op = cast(dense.FC, layer.op)
    if len(layer.input_shapes[0]) not in (1, 3):
        raise CannotError("has fully connected layers over a whole image alone, none a step")
    return Template("fc" if op.bias else "fc_no_bias", (op.width,))


@rows.row(normalization.BatchNorm)
def _bn(layer: Layer) -> Template:
    op = cast(normalization.BatchNorm, layer.op)
    if not op.scale or not op.shift:
        raise CannotError("has no batch normalisation without its scale or its shift")
    if len(layer.shape) not in (1, 3):
        raise CannotError("normalises maps and vectors, not steps or regions")
    return Template("bn_con" if len(layer.shape) == 3 else "bn_fc")


@rows.row(normalization.LayerNorm)
def _ln(layer: Layer) -> Template:
    op = cast(normalization.LayerNorm, layer.op)
    if not op.scale or not op.shift:
        raise CannotError("has no layer normalisation without its scale or its shift")
    if len(layer.shape) != 1:
        raise CannotError(
            "normalises layers of maps in another way from version to version (of vectors in one)"
        )
    return Template("layer_norm")


@rows.row(resizing.Reorg)
def _reorg(layer: Layer) -> Template:
    op = cast(resizing.Reorg, layer.op)
    if op.order != "plain":
        raise CannotError("does not put the channels in Darknet's order")
    if op.block == 2:
        return Template("reorg")
    return Template("add_layer", (f"reorg_<{op.block},{op.block}>",))


# ---------------------------------------------------------------- merges


@rows.row(merging.Add)
def _add(_: Layer) -> Join:
    return Join("add_prev")


@rows.row(merging.Mul)
def _mul(layer: Layer) -> Join:
    """``mult_prev`` of equal shapes, ``scale`` where a value a channel gates a map."""
    shapes = layer.input_shapes
    if all(_same(shape, layer.shape) for shape in shapes):
        return Join("mult_prev")
    spread = [shape for shape in shapes if not _same(shape, layer.shape)]
    gates: list[Shape] = [(layer.shape[-1],), (1, 1, layer.shape[-1])]
    if len(shapes) != 2 or len(spread) != 1 or not any(_same(spread[0], gate) for gate in gates):
        raise CannotError("multiplies values of one shape, or a map by one value a channel")
    return Join("scale")


def _same(one: Shape, other: Shape) -> bool:
    equal = (proves_equal(a, b) for a, b in zip(one, other, strict=False))
    return len(one) == len(other) and all(equal)


@rows.row(merging.Concat)
def _concat(layer: Layer) -> Join:
    if cast(merging.Concat, layer.op).axis != "channels":
        raise CannotError("joins along the channels alone")
    return Join("concat")


# ---------------------------------------------------------------- what dlib has nothing for


def _refuse(reason: str, *ops: type[Op], help: str | None = None) -> None:
    for op in ops:
        REFUSED[op] = (reason, help)


_refuse("has no local response normalisation", normalization.LRN)
_refuse("has no local contrast normalisation", normalization.LCN)
_refuse(
    "has no group or instance normalisation", normalization.GroupNorm, normalization.InstanceNorm
)
_refuse("has no normalisation by length with a trained scale", normalization.L2Norm)
_refuse("has no recurrent layers", recurrent.LSTM, recurrent.GRU)
_refuse("has no table of word vectors", recurrent.Embed)
_refuse(windows.NO_GROUPS, depthwise.Depthwise)
_refuse("has no pooling by minimum", pooling.MinPool)
_refuse("has no pooling with trained coefficients", pooling.Subsample)
_refuse("has no unpooling", transposed.Unpool)
_refuse("has no spatial pyramid pooling", resizing.SPP)
_refuse("has no layers of regions", regions.RoIPool, regions.RoIAlign)
_refuse(
    "has no layers of boxes",
    detection.Propose,
    detection.Detect,
    detection.NMS,
    detection.Priors,
    detection.Yolo,
)
_refuse("has no radial basis functions", dense.RBF)
_refuse("has no maxout", activation.Maxout)
_refuse(
    "has no such activation",
    activation.SELU,
    activation.Softplus,
    activation.Softsign,
    activation.HardTanh,
    activation.LogSoftmax,
)
_refuse("has no layer that selects an input", merging.Select)
_refuse("has no layer of zeros around a map", reshaping.ZeroPad, help="pad the layer that follows")
_refuse(
    "enlarges maps by interpolation with their corners aligned, which gives other values",
    reshaping.Upsample,
)
_refuse("has no layer that crops to a size", resizing.Crop)
_refuse("has no spatial transformer", resizing.Transform)
_refuse(
    "has no layer that arranges values anew",
    arranging.Reshape,
    arranging.Rows,
    arranging.Expand,
    arranging.Sum,
    arranging.Mean,
)
