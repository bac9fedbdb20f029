"""PyTorch's normalization, activations and other layers as archc's."""

from __future__ import annotations

from typing import Any

from archc.notations.listing.trace import channels_first
from archc.notations.listing.use import Use, known, shown
from archc.notations.listing.values import items_of, numbers_of
from archc.ops.base import shape_text

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
    declared = use.count("num_features")
    use.guess("any", declared)
    arrives = use.shape[-1] if use.shape else None
    if use.flag("affine") and known(arrives) is not None and arrives != declared:
        use.error(
            f"ValueError: expected input's size at dim=1 to match num_features ({declared}), but "
            f"got: {arrives}.",
            "num_features",
        )
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
