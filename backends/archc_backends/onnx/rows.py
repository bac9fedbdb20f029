"""Rows of the layers without windows.

Layouts: C is (N, C) in ONNX, TxC is (N, T, C), HxWxC is (N, C, H, W), RxHxWxC (N, R, C, H, W).
"""

from __future__ import annotations

from typing import Any, cast

from archc.ops import activation, dense, merging, normalization, regularization
from archc_backends.onnx.graph import ONES, ZEROS, Site, Start
from archc_backends.onnx.table import Row, channel_axis, rows


def node(name: str, **attributes: Any) -> Row:
    return lambda site: site.op(name, site.x, **attributes)


for _op, _name in {
    activation.ReLU: "Relu",
    activation.SELU: "Selu",
    activation.Sigmoid: "Sigmoid",
    activation.Softplus: "Softplus",
    activation.Softsign: "Softsign",
    merging.Identity: "Identity",
}.items():
    rows.set(_op, node(_name))


# ---------------------------------------------------------------- activations


@rows.row(activation.ReLU6)
def _relu6(site: Site) -> str:
    return site.op("Clip", site.x, site.floats(0.0), site.floats(6.0))


@rows.row(activation.HardTanh)
def _hardtanh(site: Site) -> str:
    return site.op("Clip", site.x, site.floats(-1.0), site.floats(1.0))


@rows.row(activation.SiLU)
def _silu(site: Site) -> str:
    """ONNX's own Swish has no implementation in onnxruntime yet."""
    return site.op("Mul", site.x, site.op("Sigmoid", site.x))


@rows.row(activation.Tanh)
def _tanh(site: Site) -> str:
    op = cast(activation.Tanh, site.layer.op)
    x = site.x if op.slope == 1 else site.op("Mul", site.x, site.floats(float(op.slope)))
    y = site.op("Tanh", x)
    return y if op.amplitude == 1 else site.op("Mul", y, site.floats(float(op.amplitude)))


@rows.row(activation.Leaky)
def _leaky(site: Site) -> str:
    slope = float(cast(activation.Leaky, site.layer.op).slope)
    return site.op("LeakyRelu", site.x, alpha=slope)


@rows.row(activation.PReLU)
def _prelu(site: Site) -> str:
    op = cast(activation.PReLU, site.layer.op)
    start = Start("constant", float(op.initial))
    if op.shared:
        return site.op("PRelu", site.x, site.weight("weight", (1,), start, plain=False))
    axes = site.expect(1, 3)
    slope = site.weight("weight", (site.channels,), start, plain=False)
    return site.op("PRelu", site.x, slope if axes == 1 else site.unsqueeze(slope, 1, 2))


@rows.row(activation.ELU)
def _elu(site: Site) -> str:
    return site.op("Elu", site.x, alpha=float(cast(activation.ELU, site.layer.op).alpha))


@rows.row(activation.GELU)
def _gelu(site: Site) -> str:
    return site.op("Gelu", site.x, approximate=cast(activation.GELU, site.layer.op).approximate)


@rows.row(activation.Softmax, activation.LogSoftmax)
def _softmax(site: Site) -> str:
    name = "LogSoftmax" if isinstance(site.layer.op, activation.LogSoftmax) else "Softmax"
    return site.op(name, site.x, axis=channel_axis(site.layer.shape))


@rows.row(activation.Maxout)
def _maxout(site: Site) -> str:
    """The largest of each run, made an axis of its own."""
    pieces = cast(activation.Maxout, site.layer.op).pieces
    axis = channel_axis(site.layer.shape)
    rest = [site.shape(site.x, axis + 1)] if site.rank > 2 else []
    runs = site.reshape(site.x, *[0] * axis, site.channels // pieces, pieces, *rest)
    return site.op("ReduceMax", runs, site.ints(axis + 1), keepdims=0)


@rows.row(regularization.Dropout)
def _dropout(site: Site) -> str:
    """The identity, as ONNX has it outside training."""
    ratio = site.floats(float(cast(regularization.Dropout, site.layer.op).p))
    return site.op("Dropout", site.x, ratio)


# ---------------------------------------------------------------- dense


@rows.row(dense.FC)
def _fc(site: Site) -> str:
    op, shape = cast(dense.FC, site.layer.op), site.layer.input_shapes[0]
    axes = site.expect(1, 2, 3, 4)
    read = dense.features(op.name, shape)[1] if axes != 2 else shape[-1]
    features = site.number(read, "the values read")
    start = Start("uniform", features**-0.5)
    weight = site.weight("weight", (op.width, features), start)
    bias = [site.weight("bias", (op.width,), start)] if op.bias else []
    if axes in (1, 3):
        x = site.x if axes == 1 else site.op("Flatten", site.x, axis=1)
        return site.op("Gemm", x, weight, *bias, transB=1)
    x = site.x if axes == 2 else site.reshape(site.x, 0, 0, features)
    product = site.op("MatMul", x, site.transpose(weight, 1, 0))
    return site.op("Add", product, *bias) if bias else product


@rows.row(dense.RBF)
def _rbf(site: Site) -> str:
    op = cast(dense.RBF, site.layer.op)
    axes = site.expect(1, 3)
    read = dense.features(op.name, site.layer.input_shapes[0])[1]
    features = site.number(read, "the values read")
    targets = site.weight("targets", (op.width, features), Start("signs"))
    x = site.x if axes == 1 else site.op("Flatten", site.x, axis=1)
    difference = site.op("Sub", site.unsqueeze(x, 1), targets)
    return site.op("ReduceSumSquare", difference, site.ints(-1), keepdims=0)


# ---------------------------------------------------------------- normalisation


@rows.row(normalization.LRN)
def _lrn(site: Site) -> str:
    """ONNX divides alpha by the size; the layer's alpha is the paper's unless `mean`."""
    op = cast(normalization.LRN, site.layer.op)
    site.expect(3)
    alpha, beta, k = float(op.alpha), float(op.beta), float(op.k)
    if op.size % 2:
        alpha = alpha if op.mean else alpha * op.size
        return site.op("LRN", site.x, size=op.size, alpha=alpha, beta=beta, bias=k)
    # Of an even size ONNX reads one channel more after, torch one more before.
    squares = site.unsqueeze(site.op("Mul", site.x, site.x), 1)
    mean = site.op(
        "AveragePool",
        squares,
        kernel_shape=[op.size, 1, 1],
        pads=[op.size // 2, 0, 0, (op.size - 1) // 2, 0, 0],
        count_include_pad=1,
    )
    mean = site.op("Squeeze", mean, site.ints(1))
    weight = alpha if op.mean else alpha * op.size
    total = site.op("Add", site.op("Mul", mean, site.floats(weight)), site.floats(k))
    return site.op("Div", site.x, site.op("Pow", total, site.floats(beta)))


def _affine(site: Site, shape: tuple[int, ...], scale: bool, shift: bool) -> tuple[str, str]:
    """Scale and shift of a normalisation; where it has none, ones and zeros."""
    # torch's module without one of the two is made by a function, so regions have it inside.
    plain = isinstance(site.layer.op, normalization.BatchNorm) and scale == shift
    return (
        site.weight("weight", shape, ONES, plain=plain) if scale else _constant(site, shape, 1.0),
        site.weight("bias", shape, ZEROS, plain=plain) if shift else _constant(site, shape, 0.0),
    )


def _constant(site: Site, shape: tuple[int, ...], value: float) -> str:
    return site.op("Expand", site.floats(value), site.ints(*shape))


@rows.row(normalization.BatchNorm)
def _bn(site: Site) -> str:
    op = cast(normalization.BatchNorm, site.layer.op)
    axes = site.expect(1, 2, 3)
    shape, plain = (site.channels,), op.scale == op.shift
    given = (
        *_affine(site, shape, op.scale, op.shift),
        site.weight("running_mean", shape, ZEROS, plain=plain),
        site.weight("running_var", shape, ONES, plain=plain),
    )
    x = site.transpose(site.x, 0, 2, 1) if axes == 2 else site.x
    momentum = 1 - float(op.momentum)  # ONNX's is the weight of what was
    y = site.op("BatchNormalization", x, *given, epsilon=float(op.eps), momentum=momentum)
    return site.transpose(y, 0, 2, 1) if axes == 2 else y


@rows.row(normalization.LayerNorm)
def _ln(site: Site) -> str:
    op = cast(normalization.LayerNorm, site.layer.op)
    axes = site.expect(1, 2, 3)
    sizes = [
        site.number(s, "a size that it normalises") for s in op.normalized(*site.layer.input_shapes)
    ]
    shape = (sizes[0],) if len(sizes) == 1 else (sizes[2], sizes[0], sizes[1])
    scale, shift = _affine(site, shape, op.scale, op.shift)
    inputs = [scale, shift] if op.shift else [scale]
    channels_apart = axes == 3 and not op.whole
    x = site.transpose(site.x, 0, 2, 3, 1) if channels_apart else site.x
    y = site.op("LayerNormalization", x, *inputs, axis=-len(shape), epsilon=float(op.eps))
    return site.transpose(y, 0, 3, 1, 2) if channels_apart else y


@rows.row(normalization.GroupNorm)
def _groupnorm(site: Site) -> str:
    op = cast(normalization.GroupNorm, site.layer.op)
    site.expect(3)
    given = _affine(site, (site.channels,), op.scale, op.shift)
    return site.op(
        "GroupNormalization", site.x, *given, num_groups=op.groups, epsilon=float(op.eps)
    )


@rows.row(normalization.InstanceNorm)
def _instancenorm(site: Site) -> str:
    op = cast(normalization.InstanceNorm, site.layer.op)
    site.expect(3)
    given = _affine(site, (site.channels,), op.affine, op.affine)
    return site.op("InstanceNormalization", site.x, *given, epsilon=float(op.eps))


@rows.row(normalization.LCN)
def _lcn(site: Site) -> str:
    op = cast(normalization.LCN, site.layer.op)
    site.expect(3)
    pads = [op.size // 2] * 4
    site.limit(op.size, "positions of a window")
    bell = site.graph.constant(_bell(op.size, site.channels), "float32", "bell")
    window = site.op("Expand", bell, site.ints(1, site.channels, op.size, op.size))
    mean = site.op("Conv", site.x, window, pads=pads)
    x = site.op("Sub", site.x, mean)
    variance = site.op("Conv", site.op("Mul", x, x), window, pads=pads)
    deviation = site.op("Sqrt", variance)
    least = site.op("ReduceMean", deviation, site.ints(2, 3), keepdims=1)
    return site.op("Div", x, site.op("Max", deviation, least))


def _bell(size: int, channels: int) -> Any:
    """A Gaussian window over all channels, its values adding up to 1."""
    from math import exp

    line = [exp(-0.5 * ((i - (size - 1) / 2) / (size / 4)) ** 2) for i in range(size)]
    total = sum(line) ** 2 * channels
    plane = tuple(tuple(a * b / total for b in line) for a in line)
    return ((plane,),)


@rows.row(normalization.L2Norm)
def _l2norm(site: Site) -> str:
    op = cast(normalization.L2Norm, site.layer.op)
    axes = site.expect(1, 2, 3)
    start = Start("constant", float(op.initial))
    scale = site.weight("weight", (site.channels,), start, plain=False)
    axis = channel_axis(site.layer.input_shapes[0])
    length = site.op("ReduceL2", site.x, site.ints(axis), keepdims=1)
    unit = site.op("Div", site.x, site.op("Max", length, site.floats(float(op.eps))))
    return site.op("Mul", unit, site.unsqueeze(scale, 1, 2) if axes == 3 else scale)


# ---------------------------------------------------------------- merges


@rows.row(merging.Add)
def _add(site: Site) -> str:
    return site.op("Add" if len(site.inputs) == 2 else "Sum", *site.inputs)


@rows.row(merging.Mul)
def _mul(site: Site) -> str:
    """Vectors are spread over the positions of maps."""
    shapes = site.layer.input_shapes
    most = max(map(len, shapes))
    values = [
        _lifted(site, value, len(shape), most)
        for value, shape in zip(site.inputs, shapes, strict=True)
    ]
    product = values[0]
    for value in values[1:]:
        product = site.op("Mul", product, value)
    return product


def _lifted(site: Site, value: str, axes: int, most: int) -> str:
    """A vector C, or RxC beside RxHxWxC, with axes of 1 put in."""
    if axes == most or axes > 2:
        return value
    if axes == 2:
        return site.unsqueeze(value, 3, 4)
    return site.unsqueeze(value, *{2: (1,), 3: (2, 3), 4: (1, 3, 4)}[most])


@rows.row(merging.Concat)
def _concat(site: Site) -> str:
    op, shape = cast(merging.Concat, site.layer.op), site.layer.shape
    values = list(site.inputs)
    if op.axis == "time":
        values = [
            site.unsqueeze(value, 1) if len(s) == 1 else value
            for value, s in zip(values, site.layer.input_shapes, strict=True)
        ]
    axis = {"channels": channel_axis(shape), "height": len(shape) - 1, "width": len(shape)}
    return site.op("Concat", *values, axis=axis.get(op.axis, 1))


@rows.row(merging.Select)
def _select(site: Site) -> str:
    """The sum of the branches, each times its value of the command."""
    *branches, command = site.inputs
    axes = len(site.layer.input_shapes[0])
    total = ""
    for number, branch in enumerate(branches):
        weight = site.cut(command, 1, number, number + 1)
        if axes > 1:
            weight = site.unsqueeze(weight, *range(2, axes + 1))
        part = site.op("Mul", weight, branch)
        total = site.op("Add", total, part) if total else part
    return total
