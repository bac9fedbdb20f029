"""Keras's layers as archc's, with Keras's defaults, and what Keras never notices."""

from __future__ import annotations

from typing import Any

from archc.diagnostics import did_you_mean
from archc.notations.listing.use import Use, shown
from archc.notations.listing.values import Library, Unknown, items_of, numbers_of
from archc.ops.base import shape_text

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "leaky_relu": ("leaky", {"slope": 0.2}),
    "elu": ("elu", {}),
    "selu": ("selu", {}),
    "gelu": ("gelu", {}),
    "silu": ("silu", {}),
    "swish": ("silu", {}),
    "sigmoid": ("sigmoid", {}),
    "tanh": ("tanh", {}),
    "softplus": ("softplus", {}),
    "softsign": ("softsign", {}),
    "softmax": ("softmax", {}),
    "log_softmax": ("logsoftmax", {}),
}
"""Keras's activations by name (its leaky_relu falls with 0.2)."""


def activate(use: Use, name: str = "activation") -> None:
    """The layer that an ``activation=`` argument stands for."""
    value = use.value(name)
    if value is None:
        return
    if isinstance(value, Library):
        value = value.path.rpartition(".")[2]
    if value == "linear":
        return
    if not isinstance(value, str) or value not in ACTIVATIONS:
        help = did_you_mean(value, ACTIVATIONS) if isinstance(value, str) else None
        use.fail("unknown-layer", f"no activation {shown(value)}", name, help)
    op, given = ACTIVATIONS[value]
    use.apply(op, **given)


def padding(use: Use) -> Any:
    value = use.value("padding")
    if not isinstance(value, str) or value.lower() not in ("valid", "same"):
        use.fail("argument", f"Keras's padding is 'valid' or 'same', not {shown(value)}", "padding")
    return "same" if value.lower() == "same" else (0, 0)


def minimum_rank(use: Use) -> None:
    if use.given.get("data_format") == "channels_first":
        use.fail("unsupported", "archc reads Keras's maps with channels last", "data_format")
    if use.rank is not None and use.rank < 3 and use.shape is not None:
        sizes = ", ".join(["None", *map(str, use.shape)])
        use.reader.says.error(
            use.span(),
            "Keras would refuse this: ValueError: Input is incompatible with the layer: expected "
            f"min_ndim=4, found ndim={len(use.shape) + 1}. Full shape received: ({sizes})",
            labels=use.origin(),
        )


def conv(use: Use) -> None:
    use.guess("channels", None)
    minimum_rank(use)
    use.apply(
        "conv",
        kernel=use.pair("kernel_size"),
        width=use.count("filters"),
        stride=use.pair("strides"),
        pad=padding(use),
        dilation=use.pair("dilation_rate"),
        groups=use.count("groups"),
        bias=use.flag("use_bias"),
    )
    activate(use)


def depthwise(use: Use) -> None:
    minimum_rank(use)
    use.apply(
        "depthwise",
        kernel=use.pair("kernel_size"),
        multiplier=use.count("depth_multiplier"),
        stride=use.pair("strides"),
        pad=padding(use),
        dilation=use.pair("dilation_rate"),
        bias=use.flag("use_bias"),
    )
    activate(use)


def separable(use: Use) -> None:
    """Depthwise without a bias, then 1x1 with one."""
    minimum_rank(use)
    use.apply(
        "depthwise",
        kernel=use.pair("kernel_size"),
        multiplier=use.count("depth_multiplier"),
        stride=use.pair("strides"),
        pad=padding(use),
        dilation=use.pair("dilation_rate"),
        bias=False,
    )
    use.apply("conv", kernel=(1, 1), width=use.count("filters"), bias=use.flag("use_bias"))
    activate(use)


def transpose(use: Use) -> None:
    use.only("output_padding", None)
    use.apply(
        "deconv",
        kernel=use.pair("kernel_size"),
        width=use.count("filters"),
        stride=use.pair("strides"),
        pad=padding(use),
        dilation=use.pair("dilation_rate"),
        bias=use.flag("use_bias"),
    )
    activate(use)


def dense(use: Use) -> None:
    width, bias = use.count("units"), use.flag("use_bias")
    use.guess("features", None)
    if use.rank == 3 and use.shape is not None:
        text = shape_text(use.shape)
        use.remark(
            f"{text} arrives, and Keras applies `Dense` to its last axis, at each position alone: "
            "it never notices that `Flatten()` is missing; read as the 1x1 convolution that it is",
            labels=use.origin(),
            help="put `Flatten()` in front of it, if a vector was meant",
        )
        use.apply("conv", kernel=(1, 1), width=width, bias=bias)
    else:
        use.apply("fc", width=width, bias=bias)
    activate(use)


def pooling(op: str) -> Any:
    def write(use: Use) -> None:
        minimum_rank(use)
        size = use.pair("pool_size")
        stride = size if use.value("strides") is None else use.pair("strides")
        use.apply(op, kernel=size, stride=stride, pad=padding(use))

    return write


def whole(op: str) -> Any:
    def write(use: Use) -> None:
        minimum_rank(use)
        use.apply(op, adaptive=(1, 1))
        if not use.flag("keepdims"):
            use.apply("flatten")

    return write


def batch_norm(use: Use) -> None:
    channels_last(use, "axis")
    momentum = use.number("momentum")
    use.apply(
        "bn",
        eps=use.number("epsilon"),
        momentum=round(1 - momentum, 12),
        scale=use.flag("scale"),
        shift=use.flag("center"),
    )


def layer_norm(use: Use) -> None:
    channels_last(use, "axis")
    use.apply("ln", eps=use.number("epsilon"), scale=use.flag("scale"), shift=use.flag("center"))


def group_norm(use: Use) -> None:
    channels_last(use, "axis")
    groups = use.value("groups")
    given = {"eps": use.number("epsilon"), "scale": use.flag("scale"), "shift": use.flag("center")}
    if groups == -1:
        if not (given["scale"] and given["shift"]) and (given["scale"] or given["shift"]):
            use.fail("unsupported", "archc's `instancenorm` has both scale and shift, or neither")
        use.apply("instancenorm", eps=given["eps"], affine=bool(given["scale"]))
        return
    use.apply("groupnorm", groups=use.count("groups"), **given)


def channels_last(use: Use, name: str) -> None:
    axis = use.value(name)
    items = items_of(axis) or [axis]
    last = len(use.shape) if use.shape is not None else None
    if len(items) != 1 or items[0] not in (-1, last):
        use.fail("unsupported", f"archc's axis is the channels', the last, not {shown(axis)}", name)


def concatenate(use: Use) -> None:
    axis, rank = use.value("axis"), use.rank
    if rank is None or axis in (-1, rank):
        use.apply("concat")
    elif rank == 3 and axis in (1, 2, -2, -3):
        use.apply("concat", axis="height" if axis in (1, -3) else "width")
    elif rank == 2 and axis in (1, -2):
        use.apply("concat", axis="time")
    elif axis == 0:
        use.fail(
            "framework",
            "the tensors would be joined along the batch, and Keras would never notice",
            "axis",
            "`axis=-1` is the channels",
        )
    else:
        use.fail("unsupported", f"archc has no `{use.name}` along {shown(axis)}", "axis")


def activation(use: Use) -> None:
    activate(use)


def relu(use: Use) -> None:
    most, slope = use.value("max_value"), use.number("negative_slope")
    use.only("threshold", 0, 0.0)
    if most is None:
        use.apply("relu") if not slope else use.apply("leaky", slope=slope)
    elif most == 6 and not slope:
        use.apply("relu6")
    else:
        use.fail("unsupported", f"archc has no ReLU up to {shown(most)}", "max_value")


def leaky(use: Use) -> None:
    name = "alpha" if use.given.get("alpha") is not None else "negative_slope"
    use.apply("leaky", slope=use.number(name))


def prelu(use: Use) -> None:
    axes = use.value("shared_axes")
    shared = sorted(numbers_of(axes, 1) or [])
    if use.rank == 3 and shared != [1, 2]:
        use.fail(
            "unsupported",
            "Keras's `PReLU` has a slope a value but for `shared_axes=[1, 2]`; archc's a channel",
        )
    use.apply("prelu", initial=0)


def dropout(use: Use) -> None:
    rate = use.number("rate")
    if not 0 <= rate <= 1:
        said = (
            "ValueError: Invalid value received for argument `rate`. Expected a float value "
            f"between 0 and 1. Received: rate={rate}"
        )
        use.fail("framework", f"Keras would refuse this: {said}", "rate")
    if use.name == "SpatialDropout2D":
        use.remark(
            "`SpatialDropout2D` drops whole maps, archc's `dropout` single values: the same "
            "outside training"
        )
    use.apply("dropout", p=rate)


def flatten(use: Use) -> None:
    if use.rank == 2 and use.node.op == "" and not use.node.inputs and use.shape is not None:
        use.node.shape = (*use.shape, 1)  # a picture without an axis for its one channel
    if use.rank != 1:
        use.apply("flatten")


def rescaling(use: Use) -> None:
    use.apply("rescale", scale=use.number("scale"), offset=use.number("offset"))


def resizing(use: Use) -> None:
    size = (use.count("height"), use.count("width"))
    shape = use.shape
    if shape is not None and len(shape) == 3 and shape[:2] == size:
        return
    entry = use.node.op == "" and not use.node.inputs and use.node.group is None
    if not entry or shape is None or len(shape) != 3:
        use.fail(
            "unsupported", "archc has no layer that resizes a map; only at the input is it read"
        )
    use.node.shape = (*size, shape[-1])
    use.remark(
        f"the images are resized to {size[0]}x{size[1]} before all else: that is the network's "
        "input here"
    )


def augmentation(use: Use) -> None:
    use.remark(f"`{use.name}` acts in training alone, and is left out")


def zero_padding(use: Use) -> None:
    sides = items_of(use.value("padding")) or []
    pairs = [numbers_of(side) for side in sides]
    if len(pairs) == 2 and all(pair is not None and len(pair) == 2 for pair in pairs):
        use.apply("pad", by=tuple(n for pair in pairs for n in pair or ()))
    else:
        use.apply("pad", by=use.pair("padding", 0))


def upsampling(use: Use) -> None:
    mode = use.value("interpolation")
    if mode not in ("nearest", "bilinear"):
        use.fail(
            "unsupported", f"archc has no upsampling with interpolation='{mode}'", "interpolation"
        )
    use.apply("upsample", factor=use.pair("size"), mode=mode)


def reshape(use: Use) -> None:
    value = use.value("target_shape")
    sizes = tuple(items_of(value) or [value])
    if any(isinstance(s, Unknown) for s in sizes) or not all(isinstance(s, int) for s in sizes):
        use.fail("unsupported", f"archc has no `Reshape` to {shown(value)}", "target_shape")
    at_input = use.node.op == "" and not use.node.inputs and use.node.group is None
    if at_input and len(sizes) == 3 and use.shape is not None and sizes == (*use.shape, 1):
        use.node.shape = sizes
        return
    if len(sizes) == 1:
        flatten(use)
        return
    if use.shape is None or len(use.shape) == 1 or sizes != use.shape:
        if use.shape is not None and -1 in sizes:
            use.fail("unsupported", "archc's `reshape` has all sizes", "target_shape")
        if len(sizes) == 3 and (sizes[:2] == (1, 1) or sizes[2] == 1):
            use.apply("reshape", to=sizes)  # the order of values is the same in both layouts
            return
        use.fail(
            "unsupported",
            "Keras fills a map position by position, archc's `reshape` channel by channel",
            "target_shape",
        )


def embedding(use: Use) -> None:
    use.guess("words", None)
    use.apply("embed", vocabulary=use.count("input_dim"), width=use.count("output_dim"))


def merge(op: str) -> Any:
    def write(use: Use) -> None:
        use.apply(op)

    return write
