"""The table of the ONNX backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from archc.backend import Rows
from archc.graph.network import Layer
from archc.ops import (
    convolution,
    depthwise,
    normalization,
    pooling,
    reshaping,
    resizing,
    transposed,
)
from archc.ops.activation import PReLU
from archc.ops.base import Shape
from archc_backends.onnx.graph import Site

Row: TypeAlias = Callable[[Site], str]
"""Adds a layer's nodes; gives the name of the value that is its output."""

rows: Rows[Row] = Rows("onnx")

EACH = (
    convolution.Conv,
    depthwise.Depthwise,
    transposed.Deconv,
    pooling.Pool,
    pooling.Subsample,
    normalization.BatchNorm,
    normalization.LRN,
    normalization.GroupNorm,
    normalization.InstanceNorm,
    normalization.LayerNorm,
    normalization.LCN,
    normalization.L2Norm,
    reshaping.Upsample,
    reshaping.ZeroPad,
    reshaping.Widen,
    resizing.SPP,
    resizing.Reorg,
    PReLU,
)
"""Layers of which ONNX takes a batch of maps: regions are made part of the batch."""


def write_layer(site: Site) -> str:
    """Add the nodes of a layer, by its row; the value that it gives."""
    layer = site.layer
    row = rows.of(layer)
    if len(layer.input_shapes[0]) != 4 or not isinstance(layer.op, EACH):
        return row(site)
    arrives, leaves = layer.input_shapes[0], layer.shape
    within = replace(
        layer,
        input_shapes=tuple(shape[1:] for shape in layer.input_shapes),
        shape=leaves[1:],
    )
    one = Site(site.graph, within, [_joined(site, value) for value in site.inputs], inside=True)
    given = row(one)
    sizes = torch_order(leaves[1:])
    if isinstance(arrives[0], int) and all(isinstance(size, int) for size in sizes):
        return site.reshape(given, -1, arrives[0], *(s for s in sizes if isinstance(s, int)))
    return site.reshape(given, site.shape(site.x, 0, 2), site.shape(given, 1))


def _joined(site: Site, value: str) -> str:
    """Regions as part of the batch."""
    sizes = torch_order(site.layer.input_shapes[0])[1:]
    if all(isinstance(size, int) for size in sizes):
        return site.reshape(value, -1, *(size for size in sizes if isinstance(size, int)))
    return site.reshape(value, -1, site.shape(value, 2))


def torch_order(shape: Shape) -> Shape:
    """A shape as torch and ONNX have it, the batch left out: channels before height and width."""
    return (*shape[:-3], shape[-1], *shape[-3:-1]) if len(shape) >= 3 else shape


def channel_axis(shape: Shape) -> int:
    """Where ONNX has the channels, the batch axis counted."""
    return {1: 1, 2: 2, 3: 1, 4: 2}[len(shape)]


def as_op(layer: Layer, op: object) -> Layer:
    """The layer as one of another kind."""
    return replace(layer, op=op)  # type: ignore[arg-type]  # an Op, of whatever kind


__all__ = ["Row", "as_op", "channel_axis", "rows", "torch_order", "write_layer"]
