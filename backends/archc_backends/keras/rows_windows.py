"""Rows of the layers with windows: convolution and pooling, with every way of padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from archc.backend import unsupported
from archc.graph.network import Layer
from archc.ops import convolution, depthwise, pooling, transposed
from archc_backends.keras.code import REQUIRED, Call, Either, Value, layer
from archc_backends.keras.table import Piece, Pieces, around, channels, rank, rows, square

Sides = tuple[tuple[int, int], tuple[int, int]]

NONE: Sides = ((0, 0), (0, 0))

EITHER = Either("valid", "same")
"""The padding of a window that needs none and of which `same` adds none."""


def keras_same(size: int, span: int, stride: int) -> tuple[int, int]:
    """What Keras' `same` adds before and after an axis: the extra at the end."""
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def sides(node: Layer, *, ceil: bool = False) -> Sides | None:
    """Positions added around, with what the last windows of `ceil` reach beyond; None where that
    depends on the input's size."""
    op: Any = node.op
    found: list[tuple[int, int]] = []
    for axis, (before, after) in enumerate(op.padding(*node.input_shapes)):
        arrives, leaves = node.input_shapes[0][axis], node.shape[axis]
        span, stride = op.span[axis], op.stride[axis]
        if not isinstance(before, int) or not isinstance(after, int):
            return None
        if ceil and isinstance(arrives, int) and isinstance(leaves, int):
            after = max(after, (leaves - 1) * stride + span - arrives - before)
        elif ceil and span >= after + stride:
            after += stride - 1  # rounds up, as ⌊(a + s − 1)/s⌋ does
        elif ceil:
            return None
        found.append((before, after))
    return found[0], found[1]


def is_same(node: Layer, added: Sides | None) -> bool:
    """Whether Keras' `same` adds just this around what arrives."""
    op: Any = node.op
    if op.pad == "same":
        return True
    if added is None:
        return False
    for axis, one in enumerate(added):
        size, span, stride = node.input_shapes[0][axis], op.span[axis], op.stride[axis]
        if not isinstance(size, int):
            if stride > 1:
                return False
            size = 0  # at a stride of 1 any size gets as much
        if keras_same(size, span, stride) != one:
            return False
    return True


def _ahead(node: Layer) -> tuple[Value, Pieces]:
    """A convolution's padding: Keras' word for it, and the layer that pads where it has none."""
    added = sides(node)
    if added == NONE:
        return EITHER if is_same(node, NONE) else "valid", ()
    if is_same(node, added):
        return "same", ()
    if added is None:
        unsupported("keras", node, "needs numbers for a padding that differs between the sides")
    return "valid", (Piece("pad", layer("layers.ZeroPadding2D", ("padding", around(added)))),)


def _dilated(node: Layer, stride: Sequence[int], dilation: Sequence[int]) -> None:
    if max(stride) > 1 and max(dilation) > 1:
        unsupported("keras", node, "cannot convolve with both a stride and a dilation")


@rows.row(convolution.Conv)
def _conv(node: Layer) -> Pieces:
    op = cast(convolution.Conv, node.op)
    rank(node, 3)
    channels(node)
    _dilated(node, op.stride, op.dilation)
    padding, ahead = _ahead(node)
    if op.connections is not None:
        call = layer(
            "ConnectedConv2D",
            ("connections", op.connections),
            ("kernel_size", square(op.kernel)),
            strides=(square(op.stride), 1),
            padding=(padding, "valid"),
            dilation_rate=(square(op.dilation), 1),
            use_bias=(op.bias, True),
        )
    else:
        call = layer(
            "layers.Conv2D",
            ("filters", op.width),
            ("kernel_size", square(op.kernel)),
            strides=(square(op.stride), 1),
            padding=(padding, "valid"),
            dilation_rate=(square(op.dilation), 1),
            groups=(op.groups, 1),
            use_bias=(op.bias, True),
        )
    return (*ahead, Piece("", call))


@rows.row(depthwise.Depthwise)
def _depthwise(node: Layer) -> Pieces:
    op = cast(depthwise.Depthwise, node.op)
    rank(node, 3)
    channels(node)
    _dilated(node, op.stride, op.dilation)
    padding, ahead = _ahead(_grouped(node, op))
    call = layer(
        "layers.DepthwiseConv2D",
        ("kernel_size", square(op.kernel)),
        strides=(square(op.stride), 1),
        padding=(padding, "valid"),
        depth_multiplier=(op.multiplier, 1),
        dilation_rate=(square(op.dilation), 1),
        use_bias=(op.bias, True),
    )
    return (*ahead, Piece("", call))


def _grouped(node: Layer, op: depthwise.Depthwise) -> Layer:
    return replace(node, op=op.grouped(*node.input_shapes))


@rows.row(transposed.Deconv)
def _deconv(node: Layer) -> Pieces:
    """Keras' `valid` gives in·s + max(k − s, 0) positions; what is too much is cropped."""
    op = cast(transposed.Deconv, node.op)
    rank(node, 3)
    channels(node)
    _dilated(node, op.stride, op.dilation)
    if op.groups != 1:
        unsupported("keras", node, "has no transposed convolution in groups")
    same = valid = True
    cut: list[tuple[int, int]] = []
    for (before, after), span, stride in zip(op.cut(), op.span, op.stride, strict=True):
        whole = max(span - stride, 0)
        after += max(stride - span, 0)
        if before < 0 or after < 0:
            unsupported("keras", node, "cannot add positions after a transposed convolution")
        valid = valid and before == after == 0
        same = same and (before, after) == (whole // 2, whole - whole // 2)
        cut.append((before, after))
    call = layer(
        "layers.Conv2DTranspose",
        ("filters", op.width),
        ("kernel_size", square(op.kernel)),
        strides=(square(op.stride), 1),
        padding=("same" if same and not valid else "valid", "valid"),
        dilation_rate=(square(op.dilation), 1),
        use_bias=(op.bias, True),
    )
    if same or valid:
        return (Piece("", call),)
    crop = layer("layers.Cropping2D", ("cropping", around(cut)))
    return Piece("", call), Piece("crop", crop)


# ---------------------------------------------------------------- pooling


def _window(op: pooling.Pool) -> tuple[tuple[str, Any], tuple[Any, Any]]:
    """The window, and the stride, which is the window's size unless told otherwise."""
    kernel = op.kernel or (1, 1)
    return ("pool_size", square(kernel)), (square(op.stride), square(kernel))


def _adaptive(node: Layer, op: pooling.Pool, kind: str) -> Call:
    assert op.adaptive is not None
    if op.adaptive == (1, 1):
        return layer(f"layers.Global{kind}Pooling2D", keepdims=(True, False))
    parts: list[int] = []
    for size, out in zip(node.input_shapes[0], op.adaptive, strict=False):
        if isinstance(size, int) and size % out == 0:
            parts.append(size // out)
    if len(parts) == 2:
        return layer(f"layers.{kind}Pooling2D", ("pool_size", square(parts)))
    if not all(isinstance(size, int) for size in node.input_shapes[0][:2]):
        unsupported("keras", node, "needs numbers for the height and width of adaptive pooling")
    return layer(f"layers.Adaptive{kind}Pooling2D", ("output_size", square(op.adaptive)))


@rows.row(pooling.MaxPool)
def _maxpool(node: Layer) -> Call:
    op = cast(pooling.MaxPool, node.op)
    rank(node, 3)
    if op.dilation != (1, 1):
        unsupported("keras", node, "has no pooling with a dilation")
    if op.adaptive is not None:
        return _adaptive(node, op, "Max")
    window, strides = _window(op)
    added = sides(node, ceil=op.ceil and op.pad != "same")
    if added == NONE:
        return layer("layers.MaxPooling2D", window, strides=strides)
    if is_same(node, added):
        return layer("layers.MaxPooling2D", window, strides=strides, padding=("same", "valid"))
    if added is None:
        unsupported("keras", node, "needs numbers for a padding that differs between the sides")
    return layer("PaddedMaxPooling2D", window, ("pad", added), strides=(strides[0], REQUIRED))


@rows.row(pooling.MinPool)
def _minpool(node: Layer) -> Call:
    """The largest value of what arrives with its sign changed, with its sign changed."""
    return layer("Negated", ("layer", _maxpool(node)))


@rows.row(pooling.AvgPool)
def _avgpool(node: Layer) -> Call | Pieces:
    """Padding that counts is a layer of zeros before it. Of padding that does not, Keras' `same`
    is right on all its backends where both sides have the same (on torch, Keras 3.15 repeats
    the edge where they differ)."""
    op = cast(pooling.AvgPool, node.op)
    rank(node, 3)
    if op.adaptive is not None:
        return _adaptive(node, op, "Average")
    window, strides = _window(op)
    added = sides(node, ceil=op.ceil and op.pad != "same")
    if added == NONE:
        return layer("layers.AveragePooling2D", window, strides=strides)
    if added is None:
        unsupported("keras", node, "needs numbers for the padding of an average")
    given = sides(node)
    if op.counts_padding and added == given:
        pad = layer("layers.ZeroPadding2D", ("padding", around(added)))
        return Piece("pad", pad), Piece(
            "", layer("layers.AveragePooling2D", window, strides=strides)
        )
    even = all(before == after for before, after in added)
    if not op.counts_padding and even and is_same(node, added):
        return layer("layers.AveragePooling2D", window, strides=strides, padding=("same", "valid"))
    return layer(
        "PaddedAveragePooling2D",
        window,
        ("pad", added),
        strides=(strides[0], REQUIRED),
        counted=(given if op.counts_padding else NONE, NONE),
    )


@rows.row(pooling.Subsample)
def _subsample(node: Layer) -> Call:
    op = cast(pooling.Subsample, node.op)
    rank(node, 3)
    channels(node)
    return layer(
        "Subsampling2D",
        ("pool_size", square(op.kernel)),
        strides=(square(op.stride), square(op.kernel)),
    )
