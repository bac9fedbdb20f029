"""Rows of the layers that cut or rearrange what arrives, and of what Keras cannot do."""

from __future__ import annotations

from typing import cast

from archc.backend import unsupported
from archc.dims import Dim
from archc.graph.network import Layer
from archc.ops import arranging, detection, regions, reshaping, resizing, transposed
from archc.ops.base import Op, Shape
from archc_backends.keras.code import REQUIRED, Call, Value, layer
from archc_backends.keras.table import Piece, Pieces, around, channels, rank, rows, size, square

FIRST = {3: (3, 1, 2), 4: (1, 4, 2, 3)}
"""What Permute takes to put the channels of maps first, by the number of axes."""

LAST = {3: (2, 3, 1), 4: (1, 3, 4, 2)}
"""And last again."""


def permute(dims: tuple[int, ...], part: str = "permute") -> Piece:
    return Piece(part, layer("layers.Permute", ("dims", dims)))


@rows.row(reshaping.Flatten)
def _flatten(node: Layer) -> Call:
    """The backend puts the channels first before it, where an order of values is asked for."""
    shape = node.input_shapes[0]
    if len(shape) == 4:
        values = size(node, node.shape[-1], "the values of a region")
        return layer("layers.Reshape", ("target_shape", (-1, values)))
    return layer("layers.Flatten")


@rows.row(arranging.Reshape)
def _reshape(node: Layer) -> Call:
    to = cast(arranging.Reshape, node.op).to
    return layer("layers.Reshape", ("target_shape", _numbers(node, to)))


def _numbers(node: Layer, shape: Shape) -> tuple[int, ...]:
    numbers = tuple(one if isinstance(one, int) else -1 for one in shape)
    if numbers.count(-1) > 1:
        unsupported("keras", node, "needs numbers for all but one size of a shape")
    return numbers


def in_order(node: Layer) -> Pieces:
    """A reshaping of values in torch's order, channels first."""
    op = cast(arranging.Reshape, node.op)
    axes, to = len(node.input_shapes[0]), _numbers(node, op.to)
    wanted = (*to[:-3], to[-1], *to[-3:-1]) if len(to) > 2 else to
    before = (permute(FIRST[axes], "first"),) if axes > 2 else ()
    reshaped = Piece("", layer("layers.Reshape", ("target_shape", wanted)))
    after = (permute(LAST[len(to)], "last"),) if len(to) > 2 else ()
    return (*before, reshaped, *after)


@rows.row(reshaping.Upsample)
def _upsample(node: Layer) -> Call:
    op = cast(reshaping.Upsample, node.op)
    rank(node, 3)
    return layer(
        "layers.UpSampling2D", ("size", square(op.factor)), interpolation=(op.mode, "nearest")
    )


@rows.row(reshaping.Rescale)
def _rescale(node: Layer) -> Call:
    op = cast(reshaping.Rescale, node.op)
    return layer("layers.Rescaling", ("scale", float(op.scale)), offset=(float(op.offset), 0.0))


@rows.row(reshaping.ZeroPad)
def _pad(node: Layer) -> Call:
    op = cast(reshaping.ZeroPad, node.op)
    rank(node, 3)
    return layer("layers.ZeroPadding2D", ("padding", around(op.padding(*node.input_shapes))))


@rows.row(reshaping.Widen)
def _widen(node: Layer) -> Call:
    op = cast(reshaping.Widen, node.op)
    return layer("Widen", ("zeros", op.width - channels(node)))


@rows.row(resizing.Crop)
def _crop(node: Layer) -> Call:
    op = cast(resizing.Crop, node.op)
    rank(node, 3)
    if op.size is None:
        offset: Value = None if op.centered else (op.offset or (0, 0))
        return layer("CropLike", offset=(offset, None))
    what = "what is cut off"
    cut: list[tuple[int, int]] = []
    for start, wanted, arrives in zip(
        op.start(*node.input_shapes), op.size, node.input_shapes[0], strict=False
    ):
        before = size(node, start, what)
        cut.append((before, size(node, arrives, what) - before - wanted))
    return layer("layers.Cropping2D", ("cropping", around(cut)))


@rows.row(resizing.Reorg)
def _reorg(node: Layer) -> Call:
    op = cast(resizing.Reorg, node.op)
    rank(node, 3)
    channels(node)
    return layer("DarknetReorg" if op.order == "darknet" else "SpaceToDepth", ("block", op.block))


@rows.row(resizing.SPP)
def _spp(node: Layer) -> Call:
    rank(node, 3)
    channels(node)
    levels = cast(resizing.SPP, node.op).sides
    return layer("SpatialPyramidPooling", ("levels", levels))


@rows.row(resizing.Transform)
def _transform(node: Layer) -> Call:
    channels(node)
    return layer("SpatialTransform", size=(cast(resizing.Transform, node.op).size, None))


@rows.row(arranging.Rows)
def _rows(node: Layer) -> Call:
    """Channels last are rows already, position by position."""
    return layer("layers.Reshape", ("target_shape", (-1, cast(arranging.Rows, node.op).width)))


@rows.row(arranging.Expand)
def _expand(node: Layer) -> Call:
    count = cast(arranging.Expand, node.op).count
    return layer("ExpandLike") if count is None else layer("layers.RepeatVector", ("n", count))


@rows.row(arranging.Sum, arranging.Mean)
def _sum(node: Layer) -> Call:
    op = cast(arranging.Sum, node.op)
    return layer(
        "Mean" if isinstance(op, arranging.Mean) else "Sum",
        axis=(1 + op.position(node.input_shapes[0]), REQUIRED),
        keepdims=(op.axis != "time", False),
    )


# ---------------------------------------------------------------- what Keras cannot do

REASONS: dict[type[Op], str] = {
    transposed.Unpool: "has no pooling that says where it found its maxima, which `unpool` needs",
    regions.RoIPool: "has no pooling of regions of interest",
    regions.RoIAlign: "has no pooling of regions of interest",
    detection.Propose: "has no boxes: no decoding, clipping or suppression of them",
    detection.Detect: "has no boxes: no decoding, clipping or suppression of them",
    detection.NMS: "has no non-maximum suppression",
    detection.Priors: "has no prior boxes",
    detection.Yolo: "has no decoding of boxes",
}


@rows.row(*REASONS)
def _cannot(node: Layer) -> Call:
    unsupported("keras", node, REASONS[type(node.op)])


def shape_of(shape: Shape) -> tuple[Dim | None, ...]:
    """A shape as Keras has it, without the batch: None for a formula."""
    return tuple(one if isinstance(one, int) else None for one in shape)
