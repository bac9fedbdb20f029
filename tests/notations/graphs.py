"""What it means that two networks are the same, whatever their layers are called."""

from __future__ import annotations

from typing import Any

from archc.graph.network import Network


def graph(network: Network) -> tuple[Any, ...]:
    """Inputs, and each layer with what it reads, by place, and its shape; then the outputs."""
    places = {value.name: -1 - n for n, value in enumerate(network.inputs)}
    places |= {layer.path: n for n, layer in enumerate(network.layers)}
    layers = tuple(
        (layer.op, tuple(places[path] for path in layer.inputs), layer.shape, shares(layer, places))
        for layer in network.layers
    )
    outputs = tuple(sorted(places[output.path] for output in network.outputs))
    return tuple(value.shape for value in network.inputs), layers, outputs


def shares(layer: Any, places: dict[str, int]) -> int | None:
    """Whose weights a layer uses, by place."""
    return None if layer.shares is None else places.get(layer.shares)
