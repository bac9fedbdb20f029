"""Rows of layers that make maps larger, cut or rearrange them."""

from __future__ import annotations

from typing import cast

from archc.dims import proves_equal
from archc.ops import arranging, reshaping, resizing, transposed
from archc_backends.onnx.graph import Site
from archc_backends.onnx.rows_windows import adaptive, padded
from archc_backends.onnx.table import channel_axis, rows, torch_order


@rows.row(reshaping.Flatten)
def _flatten(site: Site) -> str:
    if site.rank == 4:
        return site.reshape(site.x, 0, 0, -1)
    return site.op("Flatten", site.x, axis=1)


@rows.row(reshaping.Upsample)
def _upsample(site: Site) -> str:
    op = cast(reshaping.Upsample, site.layer.op)
    site.expect(3)
    scales = site.floats((1.0, 1.0, *map(float, op.factor)))
    if op.mode == "nearest":
        return site.op(
            "Resize",
            site.x,
            "",
            scales,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
    return site.op("Resize", site.x, "", scales, mode="linear")


@rows.row(reshaping.Rescale)
def _rescale(site: Site) -> str:
    op = cast(reshaping.Rescale, site.layer.op)
    y = site.op("Mul", site.x, site.floats(float(op.scale)))
    return site.op("Add", y, site.floats(float(op.offset))) if op.offset else y


@rows.row(reshaping.ZeroPad)
def _pad(site: Site) -> str:
    op = cast(reshaping.ZeroPad, site.layer.op)
    site.expect(3)
    (top, bottom), (left, right) = op.padding(*site.layer.input_shapes)
    return padded(site, site.x, (top, left, bottom, right))


@rows.row(reshaping.Widen)
def _widen(site: Site) -> str:
    op = cast(reshaping.Widen, site.layer.op)
    axes = site.expect(1, 2, 3) + 1
    zeros = op.width - site.channels
    ends = [0] * axes
    ends[channel_axis(site.layer.shape)] = zeros
    return site.op("Pad", site.x, site.ints(*[0] * axes, *ends))


@rows.row(resizing.Crop)
def _crop(site: Site) -> str:
    op = cast(resizing.Crop, site.layer.op)
    axes = site.ints(site.rank - 1, site.rank)
    wanted = _wanted(site, op)
    if op.centered:
        size = site.shape(site.x, site.rank - 1, site.rank + 1)
        start = site.op("Div", site.op("Sub", size, wanted), site.ints(2))
    else:
        start = site.ints(*(op.offset or (0, 0)))
    return site.op("Slice", site.x, start, site.op("Add", start, wanted), axes)


def _wanted(site: Site, op: resizing.Crop) -> str:
    """The height and width to keep."""
    if op.size is not None:
        return site.ints(*op.size)
    like = op.role("like", site.inputs) or ""
    rank = len(op.role("like", site.layer.input_shapes) or ())
    return site.shape(like, rank - 1, rank + 1)


@rows.row(resizing.Reorg)
def _reorg(site: Site) -> str:
    op = cast(resizing.Reorg, site.layer.op)
    site.expect(3)
    if op.order == "plain":
        return site.op("SpaceToDepth", site.x, blocksize=op.block)
    # Darknet's: fewer and larger maps are reorganised, and read as more and smaller ones.
    area, block = op.block * op.block, site.ints(op.block)
    size = site.shape(site.x, 2, 4)
    channels = site.channels // area
    larger = site.reshape(site.x, 0, channels, site.op("Mul", size, block))
    stacked = site.op("SpaceToDepth", larger, blocksize=op.block)
    return site.reshape(stacked, 0, site.channels * area, site.op("Div", size, block))


@rows.row(resizing.SPP)
def _spp(site: Site) -> str:
    op = cast(resizing.SPP, site.layer.op)
    site.expect(3)
    site.limit(max(op.sides), "bins along an axis")
    levels = [
        site.op("Flatten", adaptive(site, site.x, (side, side), "Max"), axis=1) for side in op.sides
    ]
    return levels[0] if len(levels) == 1 else site.op("Concat", *levels, axis=1)


@rows.row(resizing.Transform)
def _transform(site: Site) -> str:
    op = cast(resizing.Transform, site.layer.op)
    x, by = site.inputs
    matrix = site.reshape(by, -1, 2, 3)
    size = site.shape(x) if op.size is None else site.vector(site.shape(x, 0, 2), *op.size)
    grid = site.op("AffineGrid", matrix, size, align_corners=0)
    return site.op("GridSample", x, grid, mode="linear", padding_mode="zeros", align_corners=0)


# ---------------------------------------------------------------- unpooling


@rows.row(transposed.Unpool)
def _unpool(site: Site) -> str:
    """Values where the pooling found them.

    ONNX counts indices over the whole batch; where the map is not as large as what was pooled,
    they are counted anew, within a map, as torch has them.
    """
    op, network = cast(transposed.Unpool, site.layer.op), site.graph.network
    site.expect(3)
    path = op.role("indices", site.layer.inputs) or ""
    indices = site.graph.values[f"{path}:indices"]
    pooled = network.by_path[path]
    size = _unpooled(site, op)
    shape = site.vector(site.shape(site.x, 0, 2), size)
    pairs = zip(pooled.input_shapes[0][-3:-1], site.layer.shape[-3:-1], strict=True)
    if all(proves_equal(a, b) for a, b in pairs):
        pad = (0, 0) if isinstance(op.pad, str) else op.pad
        return site.op(
            "MaxUnpool",
            site.x,
            indices,
            shape,
            kernel_shape=list(op.kernel),
            strides=list(op.stride),
            pads=list(pad * 2),
        )
    source = site.shape(site.graph.values[pooled.inputs[0]], 2, 4)
    places = site.op("Mod", indices, site.op("ReduceProd", source, keepdims=0))
    area = site.op("ReduceProd", size, keepdims=1)
    zeros = site.op("ConstantOfShape", site.vector(site.shape(site.x, 0, 2), area))
    places, values = site.reshape(places, 0, 0, -1), site.reshape(site.x, 0, 0, -1)
    flat = site.op("ScatterElements", zeros, places, values, axis=2)
    return site.op("Reshape", flat, shape)


def _unpooled(site: Site, op: transposed.Unpool) -> str:
    """Height and width of the map."""
    like = op.role("like", site.inputs)
    if like is not None:
        return site.shape(like, 2, 4)
    numbers = [size for size in site.layer.shape[-3:-1] if isinstance(size, int)]
    if len(numbers) == 2:
        return site.ints(*numbers)
    pad = (0, 0) if isinstance(op.pad, str) else op.pad
    last = site.op("Sub", site.shape(site.x, 2, 4), site.ints(1))
    more = (k - 2 * p for k, p in zip(op.kernel, pad, strict=True))
    return site.op("Add", site.op("Mul", last, site.ints(*op.stride)), site.ints(*more))


# ---------------------------------------------------------------- arranging


@rows.row(arranging.Reshape)
def _reshape(site: Site) -> str:
    shape = torch_order(cast(arranging.Reshape, site.layer.op).to)
    sizes = [one if isinstance(one, int) else -1 for one in shape]
    if sizes.count(-1) > 1:
        site.refuse("needs numbers for all but one size of a shape")
    return site.reshape(site.x, 0, *sizes)


@rows.row(arranging.Rows)
def _rows(site: Site) -> str:
    width = cast(arranging.Rows, site.layer.op).width
    return site.reshape(site.transpose(site.x, 0, 2, 3, 1), 0, -1, width)


@rows.row(arranging.Expand)
def _expand(site: Site) -> str:
    op = cast(arranging.Expand, site.layer.op)
    if op.count is not None:
        return site.op("Expand", site.unsqueeze(site.x, 1), site.ints(1, op.count, 1))
    like = op.role("like", site.inputs) or ""
    rank = len(op.role("like", site.layer.input_shapes) or ())
    if rank <= 2:
        shape = site.vector(1, site.shape(like, 1, 2), 1)
        return site.op("Expand", site.unsqueeze(site.x, 1), shape)
    if rank == 4:
        site.refuse("spreads a vector over a sequence or a map, not over maps of regions")
    return site.op("Expand", site.unsqueeze(site.x, 2, 3), site.vector(1, 1, site.shape(like, 2)))


@rows.row(arranging.Sum, arranging.Mean)
def _sum(site: Site) -> str:
    op, shape = cast(arranging.Sum, site.layer.op), site.layer.input_shapes[0]
    axes = {"channels": channel_axis(shape), "height": len(shape) - 1, "width": len(shape)}
    name = "ReduceMean" if isinstance(op, arranging.Mean) else "ReduceSum"
    axis = site.ints(axes.get(op.axis, 1))
    return site.op(name, site.x, axis, keepdims=int(op.axis != "time"))
