"""Rows of the pooling of regions: maps (N, C, H, W) and boxes (N, R, 4) to (N, R, C, h, w)."""

from __future__ import annotations

from typing import cast

from archc.ops import regions
from archc_backends.onnx.graph import Site
from archc_backends.onnx.table import rows


def _boxes(site: Site, op: regions.RoIPool | regions.RoIAlign) -> str:
    """The boxes of all images, (N·R, 4)."""
    boxes = op.role("boxes", site.inputs) or ""
    if op.role("boxes", [shape[-1] for shape in site.layer.input_shapes]) != 4:
        boxes = site.cut(boxes, 2, 0, 4)
    return site.reshape(boxes, -1, 4)


def _images(site: Site, boxes: str) -> str:
    """The number of the image that each box is of."""
    count = site.op("Squeeze", site.shape(boxes, 0, 1))
    images = site.op("Range", site.whole(0), count, site.whole(1))
    each = site.op("Expand", site.unsqueeze(images, 1), site.shape(boxes, 0, 2))
    return site.reshape(each, -1)


def _per_region(site: Site, values: str, boxes: str, size: tuple[int, int]) -> str:
    """(N·R, C, h, w) as (N, R, C, h, w)."""
    return site.reshape(values, site.shape(boxes, 0, 2), site.channels, *size)


@rows.row(regions.RoIAlign)
def _roialign(site: Site) -> str:
    op = cast(regions.RoIAlign, site.layer.op)
    given = op.role("boxes", site.inputs) or ""
    boxes, images = _boxes(site, op), _images(site, given)
    scales = op.scales(*site.layer.input_shapes)
    mode = "half_pixel" if op.aligned else "output_half_pixel"
    pooled = [
        site.op(
            "RoiAlign",
            one,
            boxes,
            images,
            mode="avg",
            output_height=op.size[0],
            output_width=op.size[1],
            sampling_ratio=op.sampling,
            spatial_scale=scale,
            coordinate_transformation_mode=mode,
        )
        for one, scale in zip(op.main(site.inputs), scales, strict=True)
    ]
    total = pooled[0]
    if len(pooled) > 1:
        side = _side(site, boxes)
        for step, other in enumerate(pooled[1:], 1):
            # a level begins where ⌊4 + log2(√(w·h)/224)⌋ reaches it
            least = site.floats(2.0 ** (op.level + step - 4))
            higher = site.op("GreaterOrEqual", side, least)
            total = site.op("Where", site.unsqueeze(higher, 1, 2, 3), other, total)
    return _per_region(site, total, given, op.size)


def _side(site: Site, boxes: str) -> str:
    """√(w·h)/224 of each box."""
    size = site.op("Sub", site.cut(boxes, 1, 2, 4), site.cut(boxes, 1, 0, 2))
    area = site.op("ReduceProd", site.op("Max", size, site.floats(0.0)), site.ints(1), keepdims=0)
    return site.op("Div", site.op("Sqrt", area), site.floats(224.0))


@rows.row(regions.RoIPool)
def _roipool(site: Site) -> str:
    """Box by box, its bins in whole numbers: ONNX's own MaxRoiPool computes them in fractions,
    which differ by a position at some sizes, and has no implementation in onnxruntime at this
    opset."""
    op = cast(regions.RoIPool, site.layer.op)
    given = op.role("boxes", site.inputs) or ""
    site.limit(max(op.size), "bins along an axis")
    # A box more, left out at the end, so that there is one: a Scan over none fails.
    boxes = site.op("Concat", _boxes(site, op), site.floats(((0.0,) * 4,)), axis=0)
    images = site.op("Concat", _images(site, given), site.ints(0), axis=0)
    scaled = site.op("Mul", boxes, site.floats(float(op.scale)))
    whole = site.op("Floor", site.op("Add", scaled, site.floats(0.5)))
    corners = site.op("Cast", whole, to="int64")
    size = site.shape(site.x, 2, 4)
    bins = [
        _bins(site, corners, axis, count, site.op("Slice", size, *_one(site, 1 - axis)))
        for axis, count in ((1, op.size[0]), (0, op.size[1]))
    ]
    (top, bottom, tall), (left, right, wide) = bins
    full = site.op("And", site.unsqueeze(tall, 2), site.unsqueeze(wide, 1))
    with site.scan(images, top, bottom, left, right, full) as body:
        image, *edges, within = body.arriving
        one = site.op("Gather", site.x, image, axis=0)
        for axis, (start, end) in enumerate((edges[:2], edges[2:]), 1):
            one = _largest(site, one, axis, start, end, op.size[axis - 1])
        best = site.op("Where", site.unsqueeze(within, 0), one, site.floats(0.0))
        body.give(best)
    every = site.op("Slice", body.result, site.ints(0), site.ints(-1), site.ints(0))
    return _per_region(site, every, given, op.size)


def _one(site: Site, place: int) -> tuple[str, str, str]:
    return site.ints(place), site.ints(place + 1), site.ints(0)


def _bins(site: Site, corners: str, axis: int, count: int, size: str) -> tuple[str, str, str]:
    """Where bins start and end along an axis (0 the width, 1 the height), clipped to the map and
    made to hold a position, and whether they held one: each (boxes, count)."""
    first, last = site.cut(corners, 1, axis, axis + 1), site.cut(corners, 1, axis + 2, axis + 3)
    extent = site.op("Add", site.op("Sub", last, first), site.ints(1))
    extent = site.op("Max", extent, site.ints(1))
    n = site.ints(count)
    starts = site.op("Mul", site.ints(*range(count)), extent)
    ends = site.op("Mul", site.ints(*range(1, count + 1)), extent)
    start = site.op("Add", first, site.op("Div", starts, n))
    end = site.op("Add", first, site.op("Div", site.op("Add", ends, site.ints(count - 1)), n))
    zero = site.ints(0)
    start = site.op("Min", site.op("Max", start, zero), size)
    end = site.op("Min", site.op("Max", end, zero), size)
    full = site.op("Greater", end, start)
    start = site.op("Min", start, site.op("Sub", size, site.ints(1)))
    return start, site.op("Max", end, site.op("Add", start, site.ints(1))), full


def _largest(site: Site, one: str, axis: int, start: str, end: str, count: int) -> str:
    """The largest values of each bin along an axis of a map (C, H, W)."""
    found: list[str] = []
    for i in range(count):
        bounds = (site.op("Slice", edge, *_one(site, i)) for edge in (start, end))
        part = site.op("Slice", one, *bounds, site.ints(axis))
        found.append(site.op("ReduceMax", part, site.ints(axis), keepdims=1))
    return found[0] if count == 1 else site.op("Concat", *found, axis=axis)
