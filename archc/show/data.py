"""The summary of a network as plain data, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc import spelling
from archc.dims import Dim, to_text
from archc.graph.network import Layer, Network
from archc.ops.base import Shape
from archc.show.totals import shapes_of, vector

if TYPE_CHECKING:
    from archc.graph.fields import Extent, Fields

SCHEMA = 1
"""The version of the JSON; a key may be added within one version, never changed."""


def to_json(network: Network) -> dict[str, Any]:
    """The summary as plain data: shapes channel first without the batch axis.

    A size is an integer or, symbolic, a formula as a string; a count is an integer, a formula as
    a string, or None where unknown. ``params`` is what a framework would train; ``weights`` and
    ``cost`` are by kind, kinds of which there are none left out, ``cost`` without the layers that
    are ``unknown``. A receptive field is by input: its height and width, not clipped.
    """
    from archc.graph.fields import fields

    shapes = shapes_of(network)
    known = fields(network)
    return {
        "schema": SCHEMA,
        "network": network.name,
        "inputs": {i.name: _sizes(i.shape) for i in network.inputs},
        "outputs": {o.name: _sizes(shapes[o.path]) for o in network.outputs},
        "params": plain(network.params),
        "macs": plain(network.macs),
        "unknown": list(network.unknown),
        "weights": {name: plain(count) for name, count in vector(network.weights)},
        "cost": {name: plain(count) for name, count in vector(network.cost)},
        "layers": [_layer(layer, known[layer.path]) for layer in network.layers],
    }


def _layer(layer: Layer, fields: Fields) -> dict[str, Any]:
    return {
        "path": layer.path,
        "op": layer.op.name,
        "input": [_sizes(shape) for shape in layer.input_shapes],
        "output": _sizes(layer.shape),
        "params": plain(layer.params),
        "macs": plain(layer.macs),
        "receptive_field": {
            name: {
                "kind": [axis.kind for axis in (field.height, field.width)],
                "size": [plain(axis.size) for axis in (field.height, field.width)],
                "stride": [_stride(axis) for axis in (field.height, field.width)],
                "offset": [plain(axis.offset) for axis in (field.height, field.width)],
            }
            for name, field in fields.items()
        },
        **({"shares": layer.shares} if layer.shares else {}),
    }


def _stride(extent: Extent) -> int | str | None:
    """A fraction, after up-sampling, as a string: ``1/2``."""
    if extent.kind != "exact":
        return None
    return extent.stride if isinstance(extent.stride, int) else str(extent.stride)


def _sizes(shape: Shape) -> list[int | str]:
    return [s if isinstance(s, int) else to_text(s) for s in spelling.channels_first(shape)]


def plain(count: Dim | None) -> int | str | None:
    return count if count is None or isinstance(count, int) else to_text(count)
