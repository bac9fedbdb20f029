"""Rows of the layers without windows."""

from __future__ import annotations

from typing import cast

from archc.backend import unsupported
from archc.graph.network import Layer
from archc.ops import (
    activation,
    convolution,
    dense,
    depthwise,
    merging,
    normalization,
    recurrent,
    regularization,
    transposed,
)
from archc_backends.keras.code import REQUIRED, Call, Value, layer
from archc_backends.keras.table import Piece, Pieces, Row, channels, rank, rows, size

BY_NAME = {
    activation.ReLU: "relu",
    activation.ReLU6: "relu6",
    activation.SELU: "selu",
    activation.SiLU: "silu",
    activation.Sigmoid: "sigmoid",
    activation.HardTanh: "hard_tanh",
    activation.Softplus: "softplus",
    activation.Softsign: "softsign",
    activation.Softmax: "softmax",
    activation.LogSoftmax: "log_softmax",
    activation.Tanh: "tanh",
    activation.ELU: "elu",
    activation.GELU: "gelu",
}
"""Activations that Keras knows by a name, with the arguments that their defaults are."""

FUSING = (convolution.Conv, depthwise.Depthwise, transposed.Deconv, dense.FC)
"""Layers that take an activation as an argument."""


def activation_name(node: Layer) -> str | None:
    """What Keras calls an activation, where a name says all of it."""
    op = node.op
    if any(getattr(op, argument.name) != argument.default for argument in op.arguments()):
        return None
    return BY_NAME.get(type(op))  # type: ignore[arg-type]  # other layers are no keys


def constant(name: str) -> Row:
    return lambda _: layer("layers.Activation", ("activation", name))


for _op, _name in BY_NAME.items():
    rows.set(_op, constant(_name))


@rows.row(activation.ReLU)
def _relu(_: Layer) -> Call:
    return layer("layers.ReLU")


@rows.row(activation.Softmax)
def _softmax(_: Layer) -> Call:
    return layer("layers.Softmax")


@rows.row(activation.Tanh)
def _tanh(node: Layer) -> Call:
    op = cast(activation.Tanh, node.op)
    if op.amplitude == op.slope == 1:
        return layer("layers.Activation", ("activation", "tanh"))
    return layer("ScaledTanh", ("amplitude", float(op.amplitude)), ("slope", float(op.slope)))


@rows.row(activation.Leaky)
def _leaky(node: Layer) -> Call:
    slope = float(cast(activation.Leaky, node.op).slope)
    return layer("layers.LeakyReLU", negative_slope=(slope, REQUIRED))


@rows.row(activation.PReLU)
def _prelu(node: Layer) -> Call:
    op = cast(activation.PReLU, node.op)
    axes = len(node.input_shapes[0])
    shared: Value = tuple(range(1, axes + 1)) if op.shared else tuple(range(1, axes)) or None
    initial = layer("keras.initializers.Constant", ("value", float(op.initial)))
    return layer("layers.PReLU", ("alpha_initializer", initial), shared_axes=(shared, None))


@rows.row(activation.ELU)
def _elu(node: Layer) -> Call:
    return layer("layers.ELU", alpha=(float(cast(activation.ELU, node.op).alpha), 1.0))


@rows.row(activation.GELU)
def _gelu(node: Layer) -> Call:
    if cast(activation.GELU, node.op).approximate == "tanh":
        return layer("TanhGELU")
    return layer("layers.Activation", ("activation", "gelu"))


@rows.row(activation.Maxout)
def _maxout(node: Layer) -> Call:
    return layer("Maxout", ("pieces", cast(activation.Maxout, node.op).pieces))


@rows.row(regularization.Dropout)
def _dropout(node: Layer) -> Call:
    return layer("layers.Dropout", ("rate", float(cast(regularization.Dropout, node.op).p)))


def flattened(node: Layer) -> Pieces:
    """The layer that makes vectors of maps, for a layer that reads vectors."""
    shape = node.input_shapes[0]
    if len(shape) < 3:
        return ()
    values = size(node, dense.features(node.op.name, shape)[1], "the values read")
    if len(shape) == 3:
        return (Piece("flatten", layer("layers.Flatten")),)
    return (Piece("flatten", layer("layers.Reshape", ("target_shape", (-1, values)))),)


@rows.row(dense.FC)
def _fc(node: Layer) -> Pieces:
    op = cast(dense.FC, node.op)
    rank(node, 1, 2, 3, 4)
    size(node, dense.features(op.name, node.input_shapes[0])[1], "the values read")
    call = layer("layers.Dense", ("units", op.width), use_bias=(op.bias, True))
    return (*flattened(node), Piece("", call))


@rows.row(dense.RBF)
def _rbf(node: Layer) -> Pieces:
    op = cast(dense.RBF, node.op)
    rank(node, 1, 3)
    size(node, dense.features(op.name, node.input_shapes[0])[1], "the values read")
    return (*flattened(node), Piece("", layer("RBF", ("units", op.width))))


# ---------------------------------------------------------------- normalisation


@rows.row(normalization.LRN)
def _lrn(node: Layer) -> Call:
    """The class takes the paper's alpha; with `mean` it is divided by the size."""
    op = cast(normalization.LRN, node.op)
    alpha = float(f"{op.alpha / op.size:.10g}") if op.mean else float(op.alpha)
    return layer(
        "LocalResponseNormalization",
        size=(op.size, REQUIRED),
        alpha=(alpha, REQUIRED),
        beta=(float(op.beta), REQUIRED),
        k=(float(op.k), REQUIRED),
    )


@rows.row(normalization.BatchNorm)
def _bn(node: Layer) -> Call:
    """Keras' momentum is the weight of the old average, archc's (and torch's) of the new batch."""
    op = cast(normalization.BatchNorm, node.op)
    channels(node)
    return layer(
        "layers.BatchNormalization",
        momentum=(float(f"{1 - op.momentum:.10g}"), 0.99),
        epsilon=(float(op.eps), 1e-3),
        center=(op.shift, True),
        scale=(op.scale, True),
    )


@rows.row(normalization.LayerNorm)
def _ln(node: Layer) -> Call:
    op = cast(normalization.LayerNorm, node.op)
    shape = op.normalized(*node.input_shapes)
    for one in shape:
        size(node, one, "a size that it normalises")
    return layer(
        "layers.LayerNormalization",
        axis=((-3, -2, -1) if len(shape) == 3 else -1, -1),
        epsilon=(float(op.eps), 1e-3),
        center=(op.shift, True),
        scale=(op.scale, True),
    )


@rows.row(normalization.GroupNorm)
def _groupnorm(node: Layer) -> Call:
    op = cast(normalization.GroupNorm, node.op)
    rank(node, 3)
    return layer(
        "layers.GroupNormalization",
        groups=(op.groups, 32),
        epsilon=(float(op.eps), 1e-3),
        center=(op.shift, True),
        scale=(op.scale, True),
    )


@rows.row(normalization.InstanceNorm)
def _instancenorm(node: Layer) -> Call:
    """A group of each channel."""
    op = cast(normalization.InstanceNorm, node.op)
    rank(node, 3)
    channels(node)
    return layer(
        "layers.GroupNormalization",
        groups=(-1, 32),
        epsilon=(float(op.eps), 1e-3),
        center=(op.affine, True),
        scale=(op.affine, True),
    )


@rows.row(normalization.LCN)
def _lcn(node: Layer) -> Call:
    rank(node, 3)
    channels(node)
    return layer("LocalContrastNormalization", ("size", cast(normalization.LCN, node.op).size))


@rows.row(normalization.L2Norm)
def _l2norm(node: Layer) -> Call:
    op = cast(normalization.L2Norm, node.op)
    channels(node)
    initial, epsilon = (float(op.initial), 20.0), (float(op.eps), 1e-10)
    return layer("L2Normalization", initial=initial, epsilon=epsilon)


# ---------------------------------------------------------------- merges


@rows.row(merging.Add)
def _add(_: Layer) -> Call:
    return layer("layers.Add")


@rows.row(merging.Mul)
def _mul(node: Layer) -> Call:
    """Keras puts axes of 1 after the batch, which is where a gate's are wanted."""
    ranks = {len(shape) for shape in node.input_shapes}
    if 2 in ranks and len(ranks) > 1:
        unsupported("keras", node, "cannot spread values of regions over their maps")
    return layer("layers.Multiply")


@rows.row(merging.Concat)
def _concat(node: Layer) -> Call:
    op = cast(merging.Concat, node.op)
    if len({len(shape) for shape in node.input_shapes}) > 1:
        return layer("JoinSteps")
    axis = 1 + op.position(node.input_shapes[0])
    last = axis == len(node.input_shapes[0])
    return layer("layers.Concatenate", axis=(-1 if last else axis, -1))


@rows.row(merging.Select)
def _select(_: Layer) -> Call:
    return layer("Select")


# ---------------------------------------------------------------- sequences


@rows.row(recurrent.Embed)
def _embed(node: Layer) -> Call:
    op = cast(recurrent.Embed, node.op)
    return layer("layers.Embedding", ("input_dim", op.vocabulary), ("output_dim", op.width))


@rows.row(recurrent.LSTM, recurrent.GRU)
def _recurrent(node: Layer) -> Pieces:
    """One Keras layer a layer; the last has the name."""
    op = cast(recurrent.Recurrent, node.op)
    channels(node)
    name = "layers.LSTM" if isinstance(op, recurrent.LSTM) else "layers.GRU"
    made: list[Piece] = []
    for number in range(op.layers):
        last = number == op.layers - 1
        steps = not (op.last and last)
        call = layer(name, ("units", op.width), return_sequences=(steps, False))
        if op.bidirectional:
            call = layer("layers.Bidirectional", ("layer", call))
        made.append(Piece("" if last else str(number), call))
    return tuple(made)
