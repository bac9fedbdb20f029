"""PyTorch's convolution, dense layers and pooling as archc's, and what PyTorch would refuse.

A row gives the parameters as torch.nn has them. The functions of torch.nn.functional share the
writers (``torch_functions``).
"""

from __future__ import annotations

from typing import Any

from archc.dims import DimError, evaluate, to_text
from archc.notations.listing.trace import channels_first, values_of
from archc.notations.listing.use import Use, known, shown
from archc.notations.listing.values import items_of
from archc.ops.base import Shape, shape_text

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
    notes: tuple[str, ...] = (
        f"flattened, {formula} values would arrive; `in_features` is {declared}",
    )
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
