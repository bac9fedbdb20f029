"""What it means that two networks are the same, whatever their layers are called."""

from __future__ import annotations

import dataclasses
from typing import Any

from archc.graph.network import Layer, Network
from archc.ops.base import Op
from archc.ops.convolution import Conv


def graph(network: Network, *, measured: bool = False) -> tuple[Any, ...]:
    """Inputs, and each layer with what it reads, by place, and its shape; then the outputs.

    ``measured``: paddings of convolutions are what they come to (`same` may be `pad=1`).
    """
    places = {value.name: -1 - n for n, value in enumerate(network.inputs)}
    places |= {layer.path: n for n, layer in enumerate(network.layers)}
    layers = tuple(
        (
            measure(layer) if measured else layer.op,
            tuple(places[path] for path in layer.inputs),
            layer.shape,
            shares(layer, places),
        )
        for layer in network.layers
    )
    outputs = tuple(sorted(places[output.path] for output in network.outputs))
    return tuple(value.shape for value in network.inputs), layers, outputs


def measure(layer: Layer) -> Op:
    """The layer's op with its padding in numbers: top, bottom, left, right."""
    if not isinstance(layer.op, Conv):
        return layer.op
    rows, columns = layer.op.padding(*layer.input_shapes)
    return dataclasses.replace(layer.op, pad=(*rows, *columns))


def shares(layer: Any, places: dict[str, int]) -> int | None:
    """Whose weights a layer uses, by place."""
    return None if layer.shares is None else places.get(layer.shares)
