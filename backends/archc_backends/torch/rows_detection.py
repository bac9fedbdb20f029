"""Rows of the layers of detectors. Boxes are (N, R, 4), regions' maps (N, R, C, H, W)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from archc.graph.network import Layer
from archc.ops import detection, regions
from archc_backends.torch.spelling import Call, Items, Value, layer, render
from archc_backends.torch.table import joins, rows


def _pairs(values: Sequence[tuple[float, float]]) -> Items:
    return Items(tuple((_short(a), _short(b)) for a, b in values))


def _short(value: float) -> float:
    """A length in pixels, to a thousandth."""
    return round(float(value), 3)


@rows.row(regions.RoIPool)
def _roipool(node: Layer) -> Call:
    op = cast(regions.RoIPool, node.op)
    return layer("RoIPool", ("size", op.size), ("scale", float(op.scale)))


@rows.row(regions.RoIAlign)
def _roialign(node: Layer) -> Call:
    op = cast(regions.RoIAlign, node.op)
    return layer(
        "RoIAlign",
        ("size", op.size),
        ("scale", op.scales(*node.input_shapes)[0]),
        sampling=(op.sampling, 2),
        aligned=(op.aligned, False),
    )


@joins.row(regions.RoIAlign)
def _join_roialign(node: Layer, values: Sequence[str]) -> str:
    op = cast(regions.RoIAlign, node.op)
    scales = list(op.scales(*node.input_shapes))
    maps = ", ".join(op.main(values))
    return (
        f"roi_align([{maps}], {op.role('boxes', values)}, {list(op.size)}, {scales}, "
        f"{op.sampling}, {op.aligned}, {op.level})"
    )


@rows.row(detection.Propose)
def _propose(node: Layer) -> Call:
    op = cast(detection.Propose, node.op)
    return layer(
        "Propose",
        ("shapes", _pairs(op.shapes())),
        ("stride", op.stride),
        keep=(op.keep or 0, 0),
        before=(op.before, 6000),
        overlap=(float(op.overlap), 0.7),
    )


@joins.row(detection.Propose)
def _join_propose(node: Layer, values: Sequence[str]) -> str:
    op = cast(detection.Propose, node.op)
    levels = op.main(values)
    scores, deltas = ", ".join(levels[::2]), ", ".join(levels[1::2])
    return (
        f"proposals([{scores}], [{deltas}], {op.role('image', values)}, "
        f"{render(_pairs(op.shapes()))}, {op.stride}, {op.keep or 0}, {op.before}, "
        f"{float(op.overlap)})"
    )


@rows.row(detection.Detect)
def _detect(node: Layer) -> Call:
    op = cast(detection.Detect, node.op)
    deviations: tuple[Value, ...] = tuple(map(float, op.deviations))
    return layer(
        "Detect",
        ("keep", op.keep or 0),
        ("threshold", float(op.threshold)),
        ("overlap", float(op.overlap)),
        before=(op.before, 1000),
        deviations=(deviations, (0.1, 0.1, 0.2, 0.2)),
        background=(op.background, True),
    )


@rows.row(detection.NMS)
def _nms(node: Layer) -> Call:
    op = cast(detection.NMS, node.op)
    return layer(
        "NMS",
        ("keep", op.keep or 0),
        ("threshold", float(op.threshold)),
        ("overlap", float(op.overlap)),
        before=(op.before, 1000),
    )


@rows.row(detection.Priors)
def _priors(node: Layer) -> Call:
    op = cast(detection.Priors, node.op)
    return layer("Priors", ("shapes", _pairs(op.shapes())), ("stride", op.stride))


@rows.row(detection.Yolo)
def _yolo(node: Layer) -> Call:
    op = cast(detection.Yolo, node.op)
    if op.version == "v1":
        sizes: tuple[tuple[str, Value], ...] = (("boxes", op.boxes), ("classes", op.classes))
        return layer("YoloV1", *sizes, ("stride", op.stride))
    return layer(
        "Yolo",
        ("anchors", _pairs(op.sizes())),
        ("classes", op.classes),
        ("stride", op.stride),
        exclusive=(op.version == "v2", False),
    )
