"""Rows of the layers that make boxes of what a detector's heads say: boxes are (N, R, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from archc.ops import detection
from archc_backends.onnx.graph import Site
from archc_backends.onnx.table import rows

LOWEST = -3.4e38
"""The score of what is out of the question; a threshold above it leaves it out."""

NONE_BELOW = -3e38
LOG_MOST = 4.135166556742356  # ln(1000/16)


def _pairs(values: Sequence[tuple[float, float]], scale: float = 1.0) -> list[list[float]]:
    """Widths and heights, to a thousandth of a position."""
    return [[scale * round(float(side), 3) for side in pair] for pair in values]


# ---------------------------------------------------------------- grids


def _number(site: Site, size: str) -> str:
    return site.op("Cast", size, to="float32")


def _line(site: Site, like: str, axis: int) -> str:
    """0, 1, 2 ... along an axis of a map, as real numbers."""
    count = site.op("Squeeze", site.shape(like, axis, axis + 1))
    return _number(site, site.op("Range", site.whole(0), count, site.whole(1)))


def _grid(site: Site, like: str, x: str, y: str) -> str:
    """x and y of each position of a map: (H, W, 1, 2)."""
    size = site.shape(like, 2, 4)
    x = site.op("Expand", site.unsqueeze(x, 0), size)
    y = site.op("Expand", site.unsqueeze(y, 1), size)
    pair = site.op("Concat", site.unsqueeze(x, 2), site.unsqueeze(y, 2), axis=2)
    return site.unsqueeze(pair, 2)


def _cells(site: Site, like: str) -> str:
    """The column and the row of each position: (H, W, 1, 2)."""
    return _grid(site, like, _line(site, like, 3), _line(site, like, 2))


def _anchors(site: Site, like: str, stride: float, shapes: list[list[float]]) -> str:
    """The boxes of each width and height at each position, position by position: (R, 4)."""
    x, y = (
        site.op(
            "Mul",
            site.op("Add", _line(site, like, axis), site.floats(0.5)),
            site.floats(float(stride)),
        )
        for axis in (3, 2)
    )
    centre = _grid(site, like, x, y)
    half = site.floats([[side / 2 for side in pair] for pair in shapes])
    return site.reshape(_corners(site, centre, half), -1, 4)


def _corners(site: Site, centre: str, half: str) -> str:
    low, high = site.op("Sub", centre, half), site.op("Add", centre, half)
    return site.op("Concat", low, high, axis=-1)


def _part(site: Site, value: str, start: int, end: int) -> str:
    """A part of the last axis."""
    return site.cut(value, -1, start, end)


def _decoded(site: Site, boxes: str, deltas: str) -> str:
    """Boxes moved by deltas of their size, and scaled by the exponentials of others."""
    low = _part(site, boxes, 0, 2)
    size = site.op("Sub", _part(site, boxes, 2, 4), low)
    middle = site.op("Add", low, site.op("Div", size, site.floats(2.0)))
    centre = site.op("Add", middle, site.op("Mul", _part(site, deltas, 0, 2), size))
    growth = site.op("Exp", site.op("Min", _part(site, deltas, 2, 4), site.floats(LOG_MOST)))
    half = site.op("Div", site.op("Mul", size, growth), site.floats(2.0))
    return _corners(site, centre, half)


def _clipped(site: Site, boxes: str, size: str) -> str:
    """What of the boxes lies in an image of a height and width."""
    width, height = (site.op("Slice", size, *map(site.ints, (i, i + 1, 0))) for i in (1, 0))
    most = _number(site, site.vector(width, height, width, height))
    return site.op("Min", site.op("Max", boxes, site.floats(0.0)), most)


def _has_area(site: Site, boxes: str) -> str:
    sides = site.op("Sub", _part(site, boxes, 2, 4), _part(site, boxes, 0, 2))
    area = site.op("ReduceProd", sides, site.ints(-1), keepdims=0)
    return site.op("Greater", area, site.floats(0.0))


def _best(site: Site, scores: str, before: int) -> tuple[str, str]:
    """The best scores of each image, and where they stand: (N, n) each."""
    count = site.op("Min", site.shape(scores, 1, 2), site.ints(before))
    best, places = site.ops("TopK", 2, scores, count, axis=1)
    return best, places


def _taken(site: Site, values: str, places: str) -> str:
    """Rows (N, n, C) of (N, R, C), each image's own."""
    return site.op("GatherND", values, site.unsqueeze(places, 2), batch_dims=1)


# ---------------------------------------------------------------- suppression


def _suppressed(
    site: Site, boxes: str, scores: str, overlap: float, threshold: float, keep: int
) -> str:
    """Image, class and box of what non-maximum suppression leaves of boxes (N, n, 4) and scores
    (N, K, n): (m, 3)."""
    count = site.ints(keep) if keep else site.shape(boxes, 1, 2)
    limits = (site.floats((overlap,)), site.floats((threshold,)))
    return site.op("NonMaxSuppression", boxes, scores, count, *limits)


def _ranked(site: Site, images: str, ranks: str, values: str, batch: str, keep: int) -> str:
    """Rows (m, C) of images (m), the best first by their ranks (m), as (N, keep, C), or (keep 0)
    as many as the image with the most has; filled up with zeros."""
    total = site.shape(ranks, 0, 1)
    _, order = site.ops("TopK", 2, ranks, total, axis=0)
    images, values = (site.op("Gather", one, order, axis=0) for one in (images, values))
    numbers = site.op("Range", site.whole(0), site.op("Squeeze", batch), site.whole(1))
    own = site.op("Equal", site.unsqueeze(images, 1), site.unsqueeze(numbers, 0))
    own = site.op("Cast", own, to="int64")
    counted = site.op("CumSum", own, site.whole(0))
    place = site.op("GatherElements", counted, site.unsqueeze(images, 1), axis=1)
    place = site.op("Sub", place, site.ints(1))
    target = site.op("Concat", site.unsqueeze(images, 1), place, axis=1)
    if keep:
        stays = site.op("Less", site.op("Squeeze", place, site.ints(1)), site.whole(keep))
        target = site.op("Compress", target, stays, axis=0)
        values = site.op("Compress", values, stays, axis=0)
        count = site.ints(keep)
    else:
        each = site.op("ReduceSum", own, site.ints(0), keepdims=0)
        count = site.op("ReduceMax", each, site.ints(0), keepdims=1)
    zeros = site.op("ConstantOfShape", site.vector(batch, count, site.shape(values, 1, 2)))
    return site.op("ScatterND", zeros, target, values)


def _column(site: Site, table: str, number: int) -> str:
    return site.op("Gather", table, site.whole(number), axis=1)


# ---------------------------------------------------------------- proposals


@rows.row(detection.Propose)
def _propose(site: Site) -> str:
    op = cast(detection.Propose, site.layer.op)
    site.limit(op.anchors, "anchors at a position")
    levels = list(op.main(site.inputs))
    deltas = op.role("deltas", site.inputs)
    levels += [] if deltas is None else [deltas]
    image = op.role("image", site.inputs)
    if image is None:
        size = site.op("Mul", site.shape(levels[0], 2, 4), site.ints(op.stride))
    else:
        size = site.shape(image, 2, 4)
    found: list[tuple[str, str, str]] = []
    for number, (scores, moves) in enumerate(zip(levels[::2], levels[1::2], strict=True)):
        shapes = op.levels(*site.layer.input_shapes)[number]
        two = shapes[0][2] == 2 * op.anchors
        found.append(_level(site, op, scores, moves, size, 2**number, two))
    images, ranks, boxes = (
        parts[0] if len(parts) == 1 else site.op("Concat", *parts, axis=0)
        for parts in zip(*found, strict=True)
    )
    batch = site.shape(levels[0], 0, 1)
    return _ranked(site, images, ranks, boxes, batch, op.keep or 0)


def _level(
    site: Site, op: detection.Propose, scores: str, moves: str, size: str, scale: int, two: bool
) -> tuple[str, str, str]:
    """Images, logits and boxes that are left of a level."""
    count = op.anchors
    if two:  # of "no object", then of "object"
        there = site.cut(scores, 1, count, 2 * count)
        scores = site.op("Sub", there, site.cut(scores, 1, 0, count))
    anchors = _anchors(site, scores, scale * op.stride, _pairs(op.shapes(), scale))
    logits = site.reshape(site.transpose(scores, 0, 2, 3, 1), 0, -1)
    each = site.reshape(moves, 0, count, 4, site.shape(moves, 2, 4))
    each = site.reshape(site.transpose(each, 0, 3, 4, 1, 2), 0, -1, 4)
    logits, places = _best(site, logits, op.before)
    start = site.op("Gather", anchors, places, axis=0)
    boxes = _clipped(site, _decoded(site, start, _taken(site, each, places)), size)
    ranks = site.op("Where", _has_area(site, boxes), logits, site.floats(LOWEST))
    left = _suppressed(site, boxes, site.unsqueeze(ranks, 1), op.overlap, NONE_BELOW, op.keep or 0)
    images, place = _column(site, left, 0), _column(site, left, 2)
    both = site.op("Concat", site.unsqueeze(images, 1), site.unsqueeze(place, 1), axis=1)
    return images, site.op("GatherND", logits, both), site.op("GatherND", boxes, both)


# ---------------------------------------------------------------- detections


def _detections(
    site: Site,
    op: detection.Detect | detection.NMS,
    boxes: str,
    scores: str,
    first: int,
) -> str:
    """Rows of four sides, a score and a class, of boxes (N, R, K, 4) and scores (N, R, K)."""
    classes = site.op("Squeeze", site.shape(scores, 2, 3))
    best, places = _best(site, site.op("Flatten", scores, axis=1), op.before)
    labels = site.op("Mod", places, classes)
    boxes = _taken(site, site.reshape(boxes, 0, -1, 4), places)
    ranks = site.op("Where", _has_area(site, boxes), best, site.floats(LOWEST))
    numbers = site.op("Range", site.whole(0), classes, site.whole(1))
    own = site.op("Equal", site.unsqueeze(labels, 1), site.unsqueeze(numbers, 1))
    apart = site.op("Where", own, site.unsqueeze(ranks, 1), site.floats(LOWEST))
    left = _suppressed(site, boxes, apart, op.overlap, op.threshold, op.keep or 0)
    images, label = _column(site, left, 0), _column(site, left, 1)
    both = site.op(
        "Concat", site.unsqueeze(images, 1), site.unsqueeze(_column(site, left, 2), 1), axis=1
    )
    score = site.op("GatherND", best, both)
    if first:
        label = site.op("Add", label, site.whole(first))
    columns = [
        site.op("GatherND", boxes, both),
        site.unsqueeze(score, 1),
        site.unsqueeze(_number(site, label), 1),
    ]
    values = site.op("Concat", *columns, axis=1)
    return _ranked(site, images, score, values, site.shape(scores, 0, 1), op.keep or 0)


@rows.row(detection.NMS)
def _nms(site: Site) -> str:
    op = cast(detection.NMS, site.layer.op)
    scores = _part(site, site.x, 4, site.channels)
    boxes = _each_class(site, site.unsqueeze(_part(site, site.x, 0, 4), 2), scores)
    return _detections(site, op, boxes, scores, 0)


def _each_class(site: Site, boxes: str, scores: str) -> str:
    """Boxes (N, R, 1 or K, 4) as (N, R, K, 4)."""
    return site.op("Expand", boxes, site.vector(site.shape(scores), 4))


@rows.row(detection.Detect)
def _detect(site: Site) -> str:
    op = cast(detection.Detect, site.layer.op)
    scores = site.x
    boxes = site.unsqueeze(op.role("boxes", site.inputs) or "", 2)
    there = _has_area(site, boxes)
    deltas = op.role("deltas", site.inputs)
    if deltas is not None:
        moves = site.reshape(deltas, site.shape(scores, 0, 2), -1, 4)
        moves = site.op("Mul", moves, site.floats(tuple(map(float, op.deviations))))
        boxes = _decoded(site, boxes, moves)
    image = op.role("image", site.inputs)
    if image is not None:
        boxes = _clipped(site, boxes, site.shape(image, 2, 4))
    # What fills up proposals has no area, and is no object of any class.
    scores = site.op("Where", there, scores, site.floats(-1.0))
    boxes = _each_class(site, boxes, scores)
    first, classes = int(op.background), site.channels
    if first:
        scores = site.cut(scores, 2, first, classes)
        boxes = site.cut(boxes, 2, first, classes)
    return _detections(site, op, boxes, scores, first)


# ---------------------------------------------------------------- boxes of a map


@rows.row(detection.Priors)
def _priors(site: Site) -> str:
    op = cast(detection.Priors, site.layer.op)
    boxes = _anchors(site, site.x, op.stride, _pairs(op.shapes()))
    shape = site.vector(site.shape(site.x, 0, 1), 1, 1)
    return site.op("Expand", site.unsqueeze(boxes, 0), shape)


@rows.row(detection.Yolo)
def _yolo(site: Site) -> str:
    op = cast(detection.Yolo, site.layer.op)
    if op.version == "v1":
        return _yolo_v1(site, op)
    count, last = op.count, 5 + op.classes
    stride, size = site.floats(float(op.stride)), site.shape(site.x, 2, 4)
    said = site.reshape(site.x, 0, count, last, size)
    said = site.transpose(said, 0, 3, 4, 1, 2)
    offset = site.op("Sigmoid", _part(site, said, 0, 2))
    centre = site.op("Mul", site.op("Add", offset, _cells(site, site.x)), stride)
    sizes = site.op("Mul", site.op("Exp", _part(site, said, 2, 4)), site.floats(_pairs(op.sizes())))
    half = site.op("Div", sizes, site.floats(2.0))
    classes = _part(site, said, 5, last)
    exclusive = op.version == "v2"
    classes = site.op("Softmax", classes, axis=-1) if exclusive else site.op("Sigmoid", classes)
    scores = site.op("Mul", site.op("Sigmoid", _part(site, said, 4, 5)), classes)
    return _rows(site, centre, half, scores, 4 + op.classes)


def _rows(site: Site, centre: str, half: str, scores: str, width: int) -> str:
    """Boxes and scores of all positions as rows (N, R, width)."""
    every = site.op("Concat", _corners(site, centre, half), scores, axis=-1)
    return site.reshape(every, 0, -1, width)


def _yolo_v1(site: Site, op: detection.Yolo) -> str:
    count, stride = op.boxes, site.floats(float(op.stride))
    x = site.transpose(site.x, 0, 2, 3, 1)
    said = _part(site, x, 0, 5 * count)
    said = site.reshape(said, 0, 0, 0, count, 5)
    classes = site.unsqueeze(_part(site, x, 5 * count, 5 * count + op.classes), 3)
    place = site.op("Add", _part(site, said, 0, 2), _cells(site, site.x))
    centre = site.op("Mul", place, stride)
    height, width = (site.shape(site.x, axis, axis + 1) for axis in (2, 3))
    image = site.op("Mul", _number(site, site.vector(width, height)), stride)
    root = _part(site, said, 2, 4)
    whole = site.op("Mul", site.op("Mul", root, root), image)
    half = site.op("Div", whole, site.floats(2.0))
    scores = site.op("Mul", _part(site, said, 4, 5), classes)
    return _rows(site, centre, half, scores, 4 + op.classes)
