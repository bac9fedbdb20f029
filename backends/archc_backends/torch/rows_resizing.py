"""Rows of transposed convolution, unpooling, and layers that cut or rearrange what arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from archc.backend import unsupported
from archc.graph.network import Layer
from archc.ops import arranging, depthwise, merging, normalization, resizing, transposed
from archc_backends.torch.spelling import REQUIRED, Call, Value, layer
from archc_backends.torch.table import channel_dim, channels, joins, rank, rows, square


@rows.row(depthwise.Depthwise)
def _depthwise(node: Layer) -> Call:
    conv = cast(depthwise.Depthwise, node.op).grouped(*node.input_shapes)
    return rows.of(grouped := replace(node, op=conv))(grouped)


@rows.row(transposed.Deconv)
def _deconv(node: Layer) -> Call:
    op = cast(transposed.Deconv, node.op)
    rank(node, 3)
    sizes = (
        ("in_channels", cast(Value, channels(node))),
        ("out_channels", cast(Value, op.width)),
        ("kernel_size", square(op.kernel)),
    )
    cut = op.cut()
    padding = tuple(before for before, _ in cut)
    more = tuple(before - after for before, after in cut)  # torch adds at the end
    limits = map(max, op.stride, op.dilation)
    if all(0 <= m < most for m, most in zip(more, limits, strict=True)):
        return layer(
            "nn.ConvTranspose2d",
            *sizes,
            stride=(square(op.stride), 1),
            padding=(square(padding), 0),
            output_padding=(square(more), 0),
            groups=(op.groups, 1),
            bias=(op.bias, True),
            dilation=(square(op.dilation), 1),
        )
    (top, bottom), (left, right) = cut
    return layer(
        "CroppedConvTranspose2d",
        *sizes,
        cut=((left, right, top, bottom), REQUIRED),
        stride=(square(op.stride), 1),
        dilation=(square(op.dilation), 1),
        groups=(op.groups, 1),
        bias=(op.bias, True),
    )


@rows.row(transposed.Unpool)
def _unpool(node: Layer) -> Call:
    op = cast(transposed.Unpool, node.op)
    rank(node, 3)
    return layer(
        "Unpool",
        ("kernel_size", square(op.kernel)),
        stride=(square(op.stride), 1),
        padding=(square((0, 0) if isinstance(op.pad, str) else op.pad), 0),
    )


@rows.row(resizing.Crop)
def _crop(node: Layer) -> Call:
    op = cast(resizing.Crop, node.op)
    offset: Value = None if op.centered else (op.offset or (0, 0))
    if op.size is None:
        return layer("CropLike", offset=(offset, None))
    return layer("Crop", ("size", op.size), offset=(offset, None))


@rows.row(resizing.Reorg)
def _reorg(node: Layer) -> Call:
    op = cast(resizing.Reorg, node.op)
    rank(node, 3)
    return layer("DarknetReorg" if op.order == "darknet" else "Reorg", ("block", op.block))


@rows.row(resizing.SPP)
def _spp(node: Layer) -> Call:
    rank(node, 3)
    return layer("SpatialPyramidPool", ("levels", cast(resizing.SPP, node.op).sides))


@rows.row(resizing.Transform)
def _transform(node: Layer) -> Call:
    return layer("SpatialTransform", size=(cast(resizing.Transform, node.op).size, None))


@rows.row(arranging.Reshape)
def _reshape(node: Layer) -> Call:
    to = cast(arranging.Reshape, node.op).to
    shape = (*to[:-3], to[-1], *to[-3:-1]) if len(to) >= 3 else to
    numbers = tuple(one if isinstance(one, int) else -1 for one in shape)
    if numbers.count(-1) > 1:
        unsupported("torch", node, "needs numbers for all but one size of a shape")
    if len(node.input_shapes[0]) == 1 and -1 not in numbers:
        return layer("nn.Unflatten", ("dim", 1), ("unflattened_size", numbers))
    return layer("Reshape", ("shape", numbers))


@rows.row(arranging.Rows)
def _rows(node: Layer) -> Call:
    return layer("Rows", ("width", cast(arranging.Rows, node.op).width))


@rows.row(arranging.Expand)
def _expand(node: Layer) -> Call:
    count = cast(arranging.Expand, node.op).count
    return layer("ExpandLike") if count is None else layer("Expand", ("count", count))


@rows.row(arranging.Sum, arranging.Mean)
def _sum(node: Layer) -> Call:
    op = cast(arranging.Sum, node.op)
    shape = node.input_shapes[0]
    order = {
        "time": 1,
        "channels": channel_dim(shape),
        "height": len(shape) - 1,
        "width": len(shape),
    }
    name = "Mean" if isinstance(op, arranging.Mean) else "Sum"
    return layer(name, ("dim", order[op.axis]), keepdim=(op.axis != "time", True))


@rows.row(normalization.L2Norm)
def _l2norm(node: Layer) -> Call:
    op = cast(normalization.L2Norm, node.op)
    return layer(
        "L2Norm",
        ("channels", channels(node)),
        initial=(float(op.initial), 20.0),
        eps=(float(op.eps), 1e-10),
        dim=(channel_dim(node.input_shapes[0]), 1),
    )


@joins.row(merging.Select)
def _join_select(_: Layer, values: Sequence[str]) -> str:
    return f"selected([{', '.join(values[:-1])}], {values[-1]})"
