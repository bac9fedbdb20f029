"""torch's functions and a tensor's methods as archc's layers: ``F.relu(x)``, ``x.view(-1, 4)``."""

from __future__ import annotations

from typing import Any

from archc.dims import Expr, to_text
from archc.notations.listing import torch_layers as layers
from archc.notations.listing import torch_others as others
from archc.notations.listing.torch_table import row
from archc.notations.listing.trace import values_of
from archc.notations.listing.use import Row, Use, known, shown
from archc.notations.listing.values import Size, Unknown, items_of, numbers_of
from archc.ops.base import shape_text


def functional_dropout(use: Use) -> None:
    others.dropout(use)


def functional_pad(use: Use) -> None:
    use.only("mode", "constant")
    if use.value("value") not in (None, 0, 0.0):
        use.fail("unsupported", "archc pads with zeros", "value")
    sides = numbers_of(use.value("pad")) or []
    if len(sides) == 4:
        left, right, top, bottom = sides
        if any(sides):
            use.apply("pad", by=(top, bottom, left, right))
    elif len(sides) == 6 and not any(sides[:5]) and use.shape is not None:
        if sides[5]:
            use.apply("widen", width=use.shape[-1] + sides[5])
    else:
        what = shown(use.value("pad"))
        use.fail("unsupported", f"archc has no padding by {what}", "pad")


def pool_mean(use: Use) -> None:
    """``x.mean([2, 3])``: the average of each map."""
    axes = use.value("dim")
    items = sorted(numbers_of(axes, -3) or [])
    spatial = items in ([2, 3], [-2, -1])
    if not spatial or use.rank not in (3, None):
        use.fail(
            "unsupported",
            f"archc has no mean over {shown(axes)} here; [2, 3] is the average of each map",
            "dim",
        )
    use.apply("avgpool", adaptive=(1, 1))
    if not use.flag("keepdim"):
        use.apply("flatten")


def squeeze(use: Use) -> None:
    if use.shape is not None and use.shape[:-1] != (1, 1):
        if len(use.shape) == 1:
            return
        use.fail(
            "unsupported",
            f"`{use.name}` of {shape_text(use.shape)}: archc squeezes 1x1 maps to a vector",
        )
    use.apply("flatten")


def reshape(use: Use, sizes: list[Any]) -> None:
    """``x.view(-1, 400)``, ``x.reshape(b, c, 1, 1)``: a vector, or a vector as a 1x1 map."""
    if len(sizes) == 1:
        only = sizes[0]
        sizes = list(only.items) if isinstance(only, Size) else items_of(only) or sizes
    for size in sizes:
        if isinstance(size, Unknown) and size is not sizes[0]:
            use.fail(size.reason.code, size.reason.message)
    if len(sizes) < 2:
        use.fail(
            "framework",
            "the batch would be flattened too, and PyTorch would never notice",
            None,
            "`x.view(x.size(0), -1)` keeps it",
        )
    if use.shape is None:
        use.apply("flatten")
        return
    rest = sizes[1:]
    if len(rest) == 1:
        to_vector(use, rest[0])
        return
    if (
        all(isinstance(s, int) for s in rest[1:])
        and all(s == 1 for s in rest[1:])
        and len(rest) == 3
    ):
        count = values_of(use.shape)
        if rest[0] in (-1, count):
            use.apply("reshape", to=(1, 1, count))
            return
    arrives = (use.shape[-1], *use.shape[:-1]) if len(use.shape) == 3 else use.shape
    if tuple(rest) == tuple(arrives):
        return
    if len(rest) == 3 and len(use.shape) == 1 and all(isinstance(s, int) and s > 0 for s in rest):
        channels, height, width = rest
        use.apply("reshape", to=(height, width, channels))
        return
    use.fail("unsupported", f"archc has no `{use.name}` of {shape_text(use.shape)} to these sizes")


def to_vector(use: Use, size: Any) -> None:
    assert use.shape is not None
    count = values_of(use.shape)
    if isinstance(size, int | Expr) and size != -1:
        if known(count) is None or known(size) is None:
            use.reader.demands.append((count, size))
        elif count != size:
            regroup = ""
            if (
                isinstance(size, int)
                and isinstance(count, int)
                and size
                and (count % size == 0 or size % count == 0)
            ):
                regroup = (
                    " for a batch of 1; for some batches it would regroup the values of several "
                    "examples, and never notice"
                )
            formula = f"{' · '.join(map(to_text, use.shape))} = {count}"
            use.error(
                f"RuntimeError: shape '[-1, {size}]' is invalid for input of size {count}{regroup}",
                notes=(f"{formula} values arrive, not {size}",),
            )
    if use.rank != 1:
        use.apply("flatten")


def cat(use: Use) -> None:
    dim = use.value("dim")
    rank = use.rank
    if dim in (1,) or (rank == 3 and dim == -3) or (rank == 1 and dim == -1):
        if rank == 2:
            use.apply("concat", axis="time")
        else:
            use.apply("concat")
    elif rank == 2 and dim in (2, -1):
        use.apply("concat")
    elif rank == 3 and dim in (2, -2):
        use.apply("concat", axis="height")
    elif rank == 3 and dim in (3, -1):
        use.apply("concat", axis="width")
    elif dim == 0:
        use.fail(
            "framework",
            "the tensors would be joined along the batch, and PyTorch would never notice",
            "dim",
            "`dim=1` is the channels",
        )
    elif rank is None:
        use.apply("concat")
    else:
        use.fail("unsupported", f"archc has no `{use.name}` along {shown(dim)}", "dim")


def merge(op: str) -> Any:
    def write(use: Use) -> None:
        if "alpha" in use.given:
            use.only("alpha", 1)
        use.apply(op)

    return write


def keep(use: Use) -> None:
    """What changes no value: ``x.contiguous()``."""
    return


_POOL = "kernel_size stride=None padding=0"

FUNCTIONS: dict[str, Row] = {
    "relu": row("inplace=False", others.plain("relu")),
    "relu_": row("", others.plain("relu")),
    "relu6": row("inplace=False", others.plain("relu6")),
    "leaky_relu": row(
        "negative_slope=0.01 inplace=False", others.numbers("leaky", slope="negative_slope")
    ),
    "elu": row("alpha=1.0 inplace=False", others.numbers("elu", alpha="alpha")),
    "selu": row("inplace=False", others.plain("selu")),
    "gelu": row("approximate='none'", others.gelu),
    "silu": row("inplace=False", others.plain("silu")),
    "sigmoid": row("", others.plain("sigmoid")),
    "tanh": row("", others.plain("tanh")),
    "softsign": row("", others.plain("softsign")),
    "softmax": row("dim=None", others.softmax("softmax"), "_stacklevel"),
    "log_softmax": row("dim=None", others.softmax("logsoftmax"), "_stacklevel"),
    "dropout": row("p=0.5 training=True inplace=False", functional_dropout),
    "dropout2d": row("p=0.5 training=True inplace=False", others.dropout_channels),
    "max_pool2d": row(f"{_POOL} dilation=1 ceil_mode=False return_indices=False", layers.max_pool),
    "avg_pool2d": row(
        f"{_POOL} ceil_mode=False count_include_pad=True divisor_override=None", layers.avg_pool
    ),
    "adaptive_avg_pool2d": row("output_size", layers.adaptive("avgpool")),
    "adaptive_max_pool2d": row("output_size", layers.adaptive("maxpool"), "return_indices"),
    "interpolate": row(
        "size=None scale_factor=None mode='nearest' align_corners=None",
        others.upsample,
        "recompute_scale_factor",
        "antialias",
    ),
    "pad": row("pad mode='constant' value=None", functional_pad),
    "local_response_norm": row("size alpha=0.0001 beta=0.75 k=1.0", others.lrn),
    "flatten": row("start_dim=0 end_dim=-1", others.flatten),
    "mean": row("dim=None keepdim=False", pool_mean),
    "squeeze": row("dim=None", squeeze),
}
"""Of one tensor, the first argument or the tensor whose method it is."""

MERGES: dict[str, Row] = {
    "cat": row("dim=0", cat, "axis"),
    "concat": row("dim=0", cat),
    "concatenate": row("dim=0", cat),
    "add": row("alpha=1", merge("add")),
    "mul": row("", merge("mul")),
    "multiply": row("", merge("mul")),
}
"""Of several tensors: a list of them, or two."""

KEPT = frozenset(
    [
        "contiguous",
        "to",
        "cuda",
        "cpu",
        "float",
        "double",
        "half",
        "clone",
        "detach",
        "requires_grad_",
        "type_as",
        "retain_grad",
    ]
)
"""Methods of a tensor that change no value."""

RESHAPES = frozenset(("view", "reshape"))

NAMED_AS_METHODS = frozenset(
    ["relu", "relu_", "sigmoid", "tanh", "softmax", "log_softmax", "flatten", "mean", "squeeze"]
)
