"""PyTorch's modules as archc's layers, with PyTorch's defaults, and what PyTorch would refuse.

A row gives the parameters as torch.nn has them. The functions of torch.nn.functional share the
writers (``torch_functions``).
"""

from __future__ import annotations

from typing import Any

from archc.dims import DimError, evaluate, to_text
from archc.notations.listing.trace import channels_first, values_of
from archc.notations.listing.use import Row, Use, known, shown, signature
from archc.notations.listing.values import items_of, numbers_of
from archc.ops.base import Shape, shape_text

IGNORED = frozenset(("device", "dtype", "inplace"))


# ---------------------------------------------------------------- convolution


def torch_pad(use: Use, name: str = "padding") -> Any:
    """PyTorch's padding: a number, two, or `same` and `valid`."""
    value = use.value(name)
    if isinstance(value, str):
        if value not in ("same", "valid"):
            use.fail("argument", f"`{name}` is a number, 'same' or 'valid', not '{value}'", name)
        if value == "same" and use.pair("stride") != (1, 1):
            said = "ValueError: padding='same' is not supported for strided convolutions"
            use.fail("framework", f"PyTorch would refuse this: {said}", name)
        return (0, 0) if value == "valid" else "same"
    return use.pair(name, 0)


def conv(use: Use) -> None:
    lazy = "in_channels" not in use.given
    declared = None if lazy else use.count("in_channels")
    width, groups = use.count("out_channels"), use.count("groups")
    kernel = use.pair("kernel_size")
    use.only("padding_mode", "zeros")
    use.guess("channels", declared)
    arrives = use.shape[-1] if use.rank == 3 and use.shape else None
    if use.rank is not None and use.rank < 3 and use.shape is not None:
        said = (
            "RuntimeError: Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input "
            f"of size: {channels_first(use.shape)}"
        )
        use.reader.says.error(use.span(), f"PyTorch would refuse this: {said}", labels=use.origin())
    if known(arrives) is not None and known(declared) is not None and arrives != declared:
        assert use.shape is not None and isinstance(declared, int)
        each = declared // groups if isinstance(groups, int) else declared
        weight = f"[{shown(width)}, {each}, {kernel[0]}, {kernel[1]}]"
        use.error(
            f"RuntimeError: Given groups={groups}, weight of size {weight}, expected "
            f"input{channels_first(use.shape)} to have {declared} channels, but got "
            f"{arrives} channels instead",
            "in_channels",
        )
    for name, size in (("in_channels", declared), ("out_channels", width)):
        if isinstance(size, int) and isinstance(groups, int) and size % groups:
            use.fail(
                "framework",
                f"PyTorch would refuse this: ValueError: {name} must be divisible by groups",
                "groups",
            )
    use.apply(
        "conv",
        kernel=kernel,
        width=width,
        stride=use.pair("stride"),
        pad=torch_pad(use),
        dilation=use.pair("dilation"),
        groups=groups,
        bias=use.flag("bias"),
    )


def conv_transpose(use: Use) -> None:
    declared = use.count("in_channels")
    use.only("padding_mode", "zeros")
    use.guess("channels", declared)
    arrives = use.shape[-1] if use.rank == 3 and use.shape else None
    if known(arrives) is not None and known(declared) is not None and arrives != declared:
        assert use.shape is not None
        kernel, groups = use.pair("kernel_size"), use.count("groups")
        width = use.count("out_channels")
        each = width // groups if isinstance(width, int) and isinstance(groups, int) else width
        use.error(
            f"RuntimeError: Given transposed={groups}, weight of size [{declared}, {shown(each)}, "
            f"{kernel[0]}, {kernel[1]}], expected input{channels_first(use.shape)} to have "
            f"{declared} channels, but got {arrives} channels instead",
            "in_channels",
        )
    use.apply(
        "deconv",
        kernel=use.pair("kernel_size"),
        width=use.count("out_channels"),
        stride=use.pair("stride"),
        pad=use.pair("padding", 0),
        outpad=use.pair("output_padding", 0),
        dilation=use.pair("dilation"),
        groups=use.count("groups"),
        bias=use.flag("bias"),
    )


# ---------------------------------------------------------------- dense


def linear(use: Use) -> None:
    width = use.count("out_features")
    declared = use.count("in_features") if use.given.get("in_features") is not None else None
    use.guess("features", declared)
    if use.rank is not None and use.rank >= 3:
        unflattened(use, declared, width)
    elif use.shape is not None:
        arrives = use.shape[-1]
        rows = use.shape[0] if len(use.shape) == 2 else 1
        demand(use, arrives, declared, width, rows)
    use.apply("fc", width=width, bias=use.flag("bias"))


def demand(use: Use, arrives: Any, declared: Any, width: Any, rows: Any) -> None:
    """The values that arrive are those that the matrix takes."""
    if declared is None:
        return
    if known(arrives) is None or known(declared) is None:
        use.reader.demands.append((arrives, declared))
        return
    if arrives == declared:
        return
    before = use.node.inputs[0].shape if use.node.op in ("flatten", "reshape") else None
    notes = (
        () if before is None else (f"{' · '.join(map(to_text, before))} = {arrives} values arrive",)
    )
    use.error(
        f"RuntimeError: mat1 and mat2 shapes cannot be multiplied ({to_text(rows)}x{arrives} and "
        f"{declared}x{to_text(width)})",
        "in_features",
        notes=notes,
        help=f"`in_features` is {arrives} here, or a layer above is not what it should be",
    )


def unflattened(use: Use, declared: Any, width: Any) -> None:
    """A map arrives at a Linear: PyTorch multiplies its last axis, the width."""
    assert use.shape is not None
    height, across, channels = use.shape[-3:]
    count = values_of(use.shape)
    rows = to_text(channels * height)
    text = shape_text(use.shape)
    help = "put `nn.Flatten()` in front of it"
    if declared is None or (known(across) is not None and across == declared):
        use.reader.says.error(
            use.span(),
            f"`nn.Flatten()` is missing: {text} arrives, and PyTorch would multiply the last axis "
            f"alone, the width of {to_text(across)}, and never notice",
            labels=use.origin(),
            help=help,
        )
        return
    said = "RuntimeError: mat1 and mat2 shapes cannot be multiplied"
    message = f"`nn.Flatten()` is missing: {text} arrives, and PyTorch would say: {said}"
    formula = f"{' · '.join(map(to_text, use.shape))} = {to_text(count)}"
    notes = (f"flattened, {formula} values would arrive; `in_features` is {declared}",)
    if known(count) is None:
        use.reader.demands.append((count, declared))
        notes = _at_224(use.shape, declared, width)
    else:
        message += f" ({rows}x{to_text(across)} and {declared}x{to_text(width)})"
    use.reader.says.error(use.span(), message, labels=use.origin(), notes=notes, help=help)


def _at_224(shape: Shape, declared: Any, width: Any) -> tuple[str, ...]:
    """What PyTorch would say for the usual size, where the listing gives none."""
    try:
        height, across, channels = (evaluate(size, {"H": 224, "W": 224}) for size in shape)
    except DimError:
        return ()
    return (
        f"for images of 224x224, {height}x{across}x{channels} arrives: "
        f"({channels * height}x{across} and {declared}x{to_text(width)}); flattened, "
        f"{height * across * channels} values, not {declared}",
    )


# ---------------------------------------------------------------- pooling


def max_pool(use: Use) -> None:
    pooling(use, "maxpool")


def avg_pool(use: Use) -> None:
    use.only("divisor_override", None)
    padded = use.pair("padding", 0) != (0, 0)
    counted = {} if use.flag("count_include_pad") or not padded else {"padding_counts": False}
    pooling(use, "avgpool", **counted)


def pooling(use: Use, op: str, **more: Any) -> None:
    kernel = use.pair("kernel_size")
    stride = kernel if use.value("stride") is None else use.pair("stride")
    dilation = use.pair("dilation") if "dilation" in use.given else (1, 1)
    if "return_indices" in use.given:
        use.only("return_indices", False)
    if dilation != (1, 1):
        more["dilation"] = dilation
    use.apply(
        op,
        kernel=kernel,
        stride=stride,
        pad=use.pair("padding", 0),
        ceil=use.flag("ceil_mode"),
        **more,
    )


def adaptive(op: str) -> Any:
    def write(use: Use) -> None:
        size = use.value("output_size")
        items = items_of(size) or [size, size]
        if None in items:
            use.fail(
                "unsupported",
                "an adaptive pooling that keeps an axis is no layer of archc",
                "output_size",
            )
        use.apply(op, adaptive=use.pair("output_size"))

    return write


# ---------------------------------------------------------------- normalization


def batch_norm(use: Use) -> None:
    declared = use.count("num_features") if use.given.get("num_features") is not None else None
    use.guess("any", declared)
    arrives = use.shape[-1] if use.shape else None
    if known(arrives) is not None and known(declared) is not None and arrives != declared:
        said = f"RuntimeError: running_mean should contain {arrives} elements not {declared}"
        use.error(said, "num_features")
    if not use.flag("track_running_stats"):
        use.remark(
            "without running statistics in PyTorch; archc counts them apart from parameters",
            "track_running_stats",
        )
    affine = use.flag("affine")
    momentum = use.value("momentum")
    given: dict[str, Any] = {"eps": use.number("eps"), "scale": affine, "shift": affine}
    if momentum is not None:
        given["momentum"] = use.number("momentum")
    use.apply("bn", **given)


def layer_norm(use: Use) -> None:
    declared = use.value("normalized_shape")
    sizes = tuple(items_of(declared) or [declared])
    affine = use.flag("elementwise_affine")
    whole = len(sizes) > 1
    if use.shape is not None:
        expected = (use.shape[-1], *use.shape[:-1]) if len(use.shape) == 3 else use.shape
        if (whole and len(sizes) != len(expected)) or (not whole and len(expected) == 3):
            use.fail(
                "unsupported",
                f"archc has no `{use.name}` over these axes of {shape_text(use.shape)}",
                "normalized_shape",
            )
        arrives = expected if whole else (expected[-1],)
        if all(isinstance(a, int) for a in arrives) and tuple(arrives) != sizes:
            wanted = f"[*, {', '.join(map(str, sizes))}]"
            use.error(
                f"RuntimeError: Given normalized_shape={list(sizes)}, expected input with shape "
                f"{wanted}, but got input of size{channels_first(use.shape)}",
                "normalized_shape",
            )
    given: dict[str, Any] = {"eps": use.number("eps"), "scale": affine}
    given["shift"] = affine and use.flag("bias")
    use.apply("ln", **given, **({"whole": True} if whole else {}))


def group_norm(use: Use) -> None:
    affine = use.flag("affine")
    declared = use.count("num_channels")
    arrives = use.shape[-1] if use.shape else None
    if known(arrives) is not None and arrives != declared:
        use.error(
            f"RuntimeError: Expected weight to be a vector of size equal to the number of channels "
            f"in input, but got {arrives} channels and {declared} weights",
            "num_channels",
        )
    use.apply(
        "groupnorm",
        groups=use.count("num_groups"),
        eps=use.number("eps"),
        scale=affine,
        shift=affine,
    )


def instance_norm(use: Use) -> None:
    use.only("track_running_stats", False)
    use.apply("instancenorm", eps=use.number("eps"), affine=use.flag("affine"))


def lrn(use: Use) -> None:
    use.apply(
        "lrn",
        size=use.count("size"),
        alpha=use.number("alpha"),
        beta=use.number("beta"),
        k=use.number("k"),
        mean=True,
    )


# ---------------------------------------------------------------- the rest


def plain(op: str, **fixed: Any) -> Any:
    """A layer without arguments of its own."""

    def write(use: Use) -> None:
        use.apply(op, **fixed)

    return write


def numbers(op: str, **names: str) -> Any:
    """A layer whose arguments are numbers: archc's name, then the framework's."""

    def write(use: Use) -> None:
        use.apply(op, **{ours: use.number(theirs) for ours, theirs in names.items()})

    return write


def softmax(op: str) -> Any:
    def write(use: Use) -> None:
        dim = use.value("dim")
        rank = use.rank
        if dim is not None and rank is not None:
            # Of a map PyTorch's axes are batch, channels, height, width: archc's last is number 1.
            good = {1: (1, -1), 2: (2, -1), 3: (1, -3)}.get(rank, (-1,))
            if dim not in good:
                what = "the batch" if dim in (0, -rank - 1) else "an axis that is not the channels'"
                use.reader.says.error(
                    use.span("dim"),
                    f"`{use.name}` over {what} (`dim={shown(dim)}`): PyTorch would never notice, "
                    "and archc has no layer for it",
                    help=f"`dim={good[0]}` is over the channels",
                )
        use.apply(op)

    return write


def dropout(use: Use) -> None:
    p = use.number("p")
    if not 0 <= p <= 1:
        use.fail(
            "framework",
            "PyTorch would refuse this: ValueError: dropout probability has to be between 0 and 1, "
            f"but got {p}",
            "p",
        )
    use.apply("dropout", p=p)


def dropout_channels(use: Use) -> None:
    if use.rank == 1:
        use.remark(
            f'`{use.name}` drops whole maps, but a vector arrives: PyTorch warns ("dropout2d: '
            "Received a 2-D input to dropout2d, which is deprecated and will result in an error "
            'in a future release") and drops single values',
            help="`nn.Dropout` is meant",
        )
    elif use.rank is not None:
        use.remark(
            f"`{use.name}` drops whole maps, archc's `dropout` single values: the same outside "
            "training"
        )
    dropout(use)


def flatten(use: Use) -> None:
    start, end = use.value("start_dim"), use.value("end_dim")
    if (
        start == 0
        and end in (-1, None)
        and use.reader.framework == "torch"
        and use.name != "nn.Flatten"
    ):
        use.fail(
            "framework",
            "the batch would be flattened too, and PyTorch would never notice",
            "start_dim",
            "`start_dim=1` keeps it",
        )
    whole = end == -1 or (use.rank is not None and end == use.rank)
    if start != 1 or not whole:
        use.fail("unsupported", "archc flattens all axes but the batch's", "start_dim")
    if use.rank != 1:
        use.apply("flatten")


def identity(use: Use) -> None:
    return


def upsample(use: Use) -> None:
    mode = use.value("mode")
    if mode not in ("nearest", "bilinear") or use.value("align_corners"):
        what = f"mode='{mode}'" if mode not in ("nearest", "bilinear") else "align_corners=True"
        use.fail("unsupported", f"archc has no upsampling with {what}", "mode")
    factor = use.value("scale_factor")
    size = use.value("size")
    if factor is None and size is not None and use.shape is not None and len(use.shape) == 3:
        wanted = use.pair("size")
        have = use.shape[:2]
        if not all(isinstance(h, int) and w % h == 0 for h, w in zip(have, wanted, strict=True)):
            use.fail("unsupported", "archc enlarges a map by whole factors", "size")
        factor = tuple(w // h for h, w in zip(have, wanted, strict=True) if isinstance(h, int))
    items = items_of(factor) or [factor, factor]
    whole = [
        int(f) if isinstance(f, float) and f.is_integer() and abs(f) < 1e6 else f for f in items
    ]
    if len(whole) != 2 or not all(isinstance(f, int) and f >= 1 for f in whole):
        use.fail("unsupported", "archc enlarges a map by whole factors", "scale_factor")
    use.apply("upsample", factor=tuple(whole), mode=mode)


def zero_pad(use: Use) -> None:
    sides = numbers_of(use.value("padding"))
    if sides is None or len(sides) != 4:
        use.apply("pad", by=use.pair("padding", 0))
        return
    left, right, top, bottom = sides
    use.apply("pad", by=(top, bottom, left, right))


def embedding(use: Use) -> None:
    use.guess("words", None)
    use.apply("embed", vocabulary=use.count("num_embeddings"), width=use.count("embedding_dim"))


def gelu(use: Use) -> None:
    use.only("approximate", "none", "tanh")
    use.apply("gelu", approximate=use.value("approximate"))


def prelu(use: Use) -> None:
    count = use.count("num_parameters")
    arrives = use.shape[-1] if use.shape else None
    if count != 1 and known(arrives) is not None and count != arrives:
        use.error(
            "RuntimeError: Mismatch of parameter numbers and input channel size. Found parameter "
            f"numbers = {count} and channel size = {arrives}.",
            "num_parameters",
        )
    use.apply("prelu", shared=count == 1, initial=use.number("init"))


def row(text: str, write: Any, *ignored: str) -> Row:
    return Row(signature(text), write, IGNORED | frozenset(ignored))


_CONV = (
    "out_channels kernel_size stride=1 padding=0 dilation=1 groups=1 bias=True padding_mode='zeros'"
)
_NORM = "eps=1e-05 momentum=0.1 affine=True track_running_stats=True"

LAYERS: dict[str, Row] = {
    "Conv2d": row(f"in_channels {_CONV}", conv),
    "LazyConv2d": row(_CONV, conv),
    "ConvTranspose2d": row(
        "in_channels out_channels kernel_size stride=1 padding=0 output_padding=0 groups=1 "
        "bias=True dilation=1 padding_mode='zeros'",
        conv_transpose,
    ),
    "Linear": row("in_features out_features bias=True", linear),
    "LazyLinear": row("out_features bias=True", linear),
    "MaxPool2d": row(
        "kernel_size stride=None padding=0 dilation=1 return_indices=False ceil_mode=False",
        max_pool,
    ),
    "AvgPool2d": row(
        "kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True "
        "divisor_override=None",
        avg_pool,
    ),
    "AdaptiveAvgPool2d": row("output_size", adaptive("avgpool")),
    "AdaptiveMaxPool2d": row("output_size", adaptive("maxpool"), "return_indices"),
    "BatchNorm1d": row(f"num_features {_NORM}", batch_norm),
    "BatchNorm2d": row(f"num_features {_NORM}", batch_norm),
    "LazyBatchNorm1d": row(_NORM, batch_norm),
    "LazyBatchNorm2d": row(_NORM, batch_norm),
    "LayerNorm": row("normalized_shape eps=1e-05 elementwise_affine=True bias=True", layer_norm),
    "GroupNorm": row("num_groups num_channels eps=1e-05 affine=True", group_norm),
    "InstanceNorm2d": row(
        "num_features eps=1e-05 momentum=0.1 affine=False track_running_stats=False", instance_norm
    ),
    "LocalResponseNorm": row("size alpha=0.0001 beta=0.75 k=1.0", lrn),
    "ReLU": row("inplace=False", plain("relu")),
    "ReLU6": row("inplace=False", plain("relu6")),
    "LeakyReLU": row("negative_slope=0.01 inplace=False", numbers("leaky", slope="negative_slope")),
    "PReLU": row("num_parameters=1 init=0.25", prelu),
    "ELU": row("alpha=1.0 inplace=False", numbers("elu", alpha="alpha")),
    "SELU": row("inplace=False", plain("selu")),
    "GELU": row("approximate='none'", gelu),
    "SiLU": row("inplace=False", plain("silu")),
    "Sigmoid": row("", plain("sigmoid")),
    "Tanh": row("", plain("tanh")),
    "Softsign": row("", plain("softsign")),
    "Softmax": row("dim=None", softmax("softmax")),
    "LogSoftmax": row("dim=None", softmax("logsoftmax")),
    "Softmax2d": row("", plain("softmax")),
    "Dropout": row("p=0.5 inplace=False", dropout),
    "Dropout1d": row("p=0.5 inplace=False", dropout_channels),
    "Dropout2d": row("p=0.5 inplace=False", dropout_channels),
    "Flatten": row("start_dim=1 end_dim=-1", flatten),
    "Identity": row("", identity),
    "Upsample": row(
        "size=None scale_factor=None mode='nearest' align_corners=None",
        upsample,
        "recompute_scale_factor",
    ),
    "ZeroPad2d": row("padding", zero_pad),
    "Embedding": row("num_embeddings embedding_dim", embedding, "padding_idx", "max_norm"),
}
