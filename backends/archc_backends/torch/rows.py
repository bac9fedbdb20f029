"""Rows of the layers without windows.

Layouts: C is (N, C) in torch, TxC is (N, T, C), HxWxC is (N, C, H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from archc.graph.network import Layer
from archc.ops import activation, dense, merging, normalization, regularization, reshaping
from archc_backends.torch.spelling import Call, Value, layer
from archc_backends.torch.table import Row, channel_dim, channels, joins, rank, rows, size, square


def constant(name: str, **options: tuple[Value, Value]) -> Row:
    return lambda _: layer(name, **options)


for _op, _name in {
    activation.ReLU: "nn.ReLU",
    activation.ReLU6: "nn.ReLU6",
    activation.SELU: "nn.SELU",
    activation.SiLU: "nn.SiLU",
    activation.Sigmoid: "nn.Sigmoid",
    activation.HardTanh: "nn.Hardtanh",
    activation.Softplus: "nn.Softplus",
    activation.Softsign: "nn.Softsign",
    merging.Identity: "nn.Identity",
}.items():
    rows.set(_op, constant(_name))


@rows.row(activation.Tanh)
def _tanh(node: Layer) -> Call:
    op = cast(activation.Tanh, node.op)
    if op.amplitude == op.slope == 1:
        return layer("nn.Tanh")
    return layer("ScaledTanh", ("amplitude", op.amplitude), ("slope", op.slope))


@rows.row(activation.Leaky)
def _leaky(node: Layer) -> Call:
    return layer("nn.LeakyReLU", ("negative_slope", cast(activation.Leaky, node.op).slope))


@rows.row(activation.PReLU)
def _prelu(node: Layer) -> Call:
    op = cast(activation.PReLU, node.op)
    if not op.shared:
        rank(node, 1, 3)
    count = 1 if op.shared else channels(node)
    return layer("nn.PReLU", ("num_parameters", count), init=(float(op.initial), 0.25))


@rows.row(activation.ELU)
def _elu(node: Layer) -> Call:
    return layer("nn.ELU", alpha=(float(cast(activation.ELU, node.op).alpha), 1.0))


@rows.row(activation.GELU)
def _gelu(node: Layer) -> Call:
    return layer("nn.GELU", approximate=(cast(activation.GELU, node.op).approximate, "none"))


@rows.row(activation.Softmax, activation.LogSoftmax)
def _softmax(node: Layer) -> Call:
    name = "nn.LogSoftmax" if isinstance(node.op, activation.LogSoftmax) else "nn.Softmax"
    return layer(name, dim=(channel_dim(node.shape), None))


@rows.row(activation.Maxout)
def _maxout(node: Layer) -> Call:
    pieces = cast(activation.Maxout, node.op).pieces
    return layer("Maxout", ("pieces", pieces), dim=(channel_dim(node.shape), 1))


@rows.row(regularization.Dropout)
def _dropout(node: Layer) -> Call:
    return layer("nn.Dropout", ("p", float(cast(regularization.Dropout, node.op).p)))


@rows.row(dense.FC)
def _fc(node: Layer) -> Call:
    op, shape = cast(dense.FC, node.op), node.input_shapes[0]
    axes = rank(node, 1, 2, 3, 4)
    features = dense.features(op.name, shape)[1] if axes != 2 else shape[-1]
    return layer(
        "FullyConnected" if axes > 2 else "nn.Linear",
        ("in_features", size(node, features, "the values read")),
        ("out_features", op.width),
        bias=(op.bias, True),
    )


@rows.row(dense.RBF)
def _rbf(node: Layer) -> Call:
    op = cast(dense.RBF, node.op)
    rank(node, 1, 3)
    features = dense.features(op.name, node.input_shapes[0])[1]
    return layer(
        "RBF",
        ("in_features", size(node, features, "the values read")),
        ("out_features", op.width),
    )


@rows.row(reshaping.Flatten)
def _flatten(node: Layer) -> Call:
    axes = len(node.input_shapes[0])
    return layer("nn.Flatten", start_dim=(2 if axes == 4 else 1, 1))


@rows.row(reshaping.Upsample)
def _upsample(node: Layer) -> Call:
    op = cast(reshaping.Upsample, node.op)
    rank(node, 3)
    return layer("nn.Upsample", scale_factor=(square(op.factor), None), mode=(op.mode, "nearest"))


@rows.row(reshaping.Rescale)
def _rescale(node: Layer) -> Call:
    op = cast(reshaping.Rescale, node.op)
    return layer("Rescale", ("scale", op.scale), offset=(float(op.offset), 0.0))


@rows.row(reshaping.ZeroPad)
def _pad(node: Layer) -> Call:
    op = cast(reshaping.ZeroPad, node.op)
    rank(node, 3)
    (top, bottom), (left, right) = op.padding(*node.input_shapes)
    return layer("nn.ZeroPad2d", ("padding", square((left, right, top, bottom))))


@rows.row(reshaping.Widen)
def _widen(node: Layer) -> Call:
    op = cast(reshaping.Widen, node.op)
    axes = rank(node, 1, 2, 3)
    zeros = op.width - channels(node)
    return layer("Widen", ("zeros", zeros), dim=(-3 if axes == 3 else -1, -3))


def _ten_digits(value: float) -> float:
    return float(f"{value:.10g}")


@rows.row(normalization.LRN)
def _lrn(node: Layer) -> Call:
    """torch divides alpha by the size; the layer's alpha is the paper's unless `mean`."""
    op = cast(normalization.LRN, node.op)
    rank(node, 3)
    alpha = op.alpha if op.mean else _ten_digits(op.alpha * op.size)
    return layer(
        "nn.LocalResponseNorm",
        ("size", op.size),
        alpha=(float(alpha), 1e-4),
        beta=(float(op.beta), 0.75),
        k=(float(op.k), 1.0),
    )


def _partly(call: Call, scale: bool, shift: bool) -> Call:
    """A normalisation without its scale or its shift."""
    for wanted, parameter in ((scale, "weight"), (shift, "bias")):
        if not wanted:
            call = layer("without", ("norm", call), ("parameter", parameter))
    return call


@rows.row(normalization.BatchNorm)
def _bn(node: Layer) -> Call:
    op = cast(normalization.BatchNorm, node.op)
    name = {1: "nn.BatchNorm1d", 2: "StepNorm", 3: "nn.BatchNorm2d"}[rank(node, 1, 2, 3)]
    neither = not op.scale and not op.shift
    call = layer(
        name,
        ("num_features", channels(node)),
        eps=(float(op.eps), 1e-5),
        momentum=(float(op.momentum), 0.1),
        affine=(not neither, True),
    )
    return call if neither else _partly(call, op.scale, op.shift)


@rows.row(normalization.LayerNorm)
def _ln(node: Layer) -> Call:
    op = cast(normalization.LayerNorm, node.op)
    axes = rank(node, 1, 2, 3)
    shape = [size(node, s, "a size that it normalises") for s in op.normalized(*node.input_shapes)]
    neither = not op.scale and not op.shift
    call = layer(
        "ChannelNorm" if axes == 3 and not op.whole else "nn.LayerNorm",
        ("normalized_shape", shape[0] if len(shape) == 1 else (shape[2], shape[0], shape[1])),
        eps=(float(op.eps), 1e-5),
        elementwise_affine=(not neither, True),
    )
    return call if neither else _partly(call, op.scale, op.shift)


@rows.row(normalization.GroupNorm)
def _groupnorm(node: Layer) -> Call:
    op = cast(normalization.GroupNorm, node.op)
    rank(node, 3)
    neither = not op.scale and not op.shift
    call = layer(
        "nn.GroupNorm",
        ("num_groups", op.groups),
        ("num_channels", channels(node)),
        eps=(float(op.eps), 1e-5),
        affine=(not neither, True),
    )
    return call if neither else _partly(call, op.scale, op.shift)


@rows.row(normalization.InstanceNorm)
def _instancenorm(node: Layer) -> Call:
    op = cast(normalization.InstanceNorm, node.op)
    rank(node, 3)
    return layer(
        "nn.InstanceNorm2d",
        ("num_features", channels(node)),
        eps=(float(op.eps), 1e-5),
        affine=(op.affine, False),
    )


@rows.row(normalization.LCN)
def _lcn(node: Layer) -> Call:
    rank(node, 3)
    op = cast(normalization.LCN, node.op)
    return layer("LocalContrastNorm", ("channels", channels(node)), ("size", op.size))


# ---------------------------------------------------------------- merges


@rows.row(merging.Add)
def _add(_: Layer) -> Call:
    return layer("Add")


@joins.row(merging.Add)
def _join_add(_: Layer, values: Sequence[str]) -> str:
    return " + ".join(values)


def _spreads(node: Layer) -> bool:
    return len({len(shape) for shape in node.input_shapes}) > 1


@rows.row(merging.Mul)
def _mul(node: Layer) -> Call:
    return layer("Gate" if _spreads(node) else "Mul")


@joins.row(merging.Mul)
def _join_mul(node: Layer, values: Sequence[str]) -> str:
    return f"gated([{', '.join(values)}])" if _spreads(node) else " * ".join(values)


def _axis(node: Layer) -> int:
    op = cast(merging.Concat, node.op)
    if op.axis in ("time", "rows"):
        return 1
    shape = node.shape
    order = {"channels": channel_dim(shape), "height": len(shape) - 1, "width": len(shape)}
    return order[op.axis]


@rows.row(merging.Concat)
def _concat(node: Layer) -> Call:
    return layer("Concat", dim=(_axis(node), 1))


@joins.row(merging.Concat)
def _join_concat(node: Layer, values: Sequence[str]) -> str:
    if cast(merging.Concat, node.op).axis == "time" and _spreads(node):
        values = [
            f"steps({value})" if len(shape) == 1 else value
            for value, shape in zip(values, node.input_shapes, strict=True)
        ]
    return f"torch.cat([{', '.join(values)}], dim={_axis(node)})"
