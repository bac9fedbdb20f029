"""Numbers for symbolic sizes, to try a network with."""

from __future__ import annotations

from collections.abc import Mapping

from archc.diagnostics import fail
from archc.dims import DimError, evaluate, symbols_of
from archc.graph.network import Layer, Network
from archc.ops.base import Shape
from archc.ops.detection import NMS, Detect, Propose

SIZES = (224, 256, 192, 320, 384, 512, 640, 96, 64, 32, 28, 27, 16, 8, 7, 5, 3, 2, 1)
"""Numbers tried for symbolic sizes; each symbol begins one further, so that they differ."""

ANY = 16
"""Stands for a count until a layer has been seen to give it."""


def counts(network: Network) -> dict[str, int]:
    """A number for each symbol that a layer brings in."""
    return {
        name: ANY
        for layer in network.layers
        if counted(layer)
        for name in symbols_of(layer.shape[0])
    }


def counted(layer: Layer) -> bool:
    """Whether how many boxes a layer gives is in the data."""
    return isinstance(layer.op, Propose | Detect | NMS) and layer.op.keep is None


def bind(network: Network) -> dict[str, int]:
    """Numbers for the symbols of the inputs, such that every layer has a size.

    Raises SpecError where none of those tried will do.
    """
    names = sorted({s for value in network.inputs for d in value.shape for s in symbols_of(d)})
    for turn in range(len(SIZES)):
        found = {name: SIZES[(turn + number) % len(SIZES)] for number, name in enumerate(names)}
        found |= counts(network)
        if _fits(network, found):
            return found
    for size in SIZES:
        found = dict.fromkeys(names, size) | counts(network)
        if _fits(network, found):
            return found
    span = network.inputs[0].span if network.inputs else None
    fail("unsupported", span, "no numbers were found for the sizes of the inputs to try it with")


def _fits(network: Network, bindings: Mapping[str, int]) -> bool:
    try:
        for value in network.inputs:
            numbers(value.shape, bindings)
        return all(size > 0 for layer in network.layers for size in numbers(layer.shape, bindings))
    except DimError:
        return False


def numbers(shape: Shape, bindings: Mapping[str, int]) -> tuple[int, ...]:
    """The shape with numbers for its symbols."""
    return tuple(evaluate(size, bindings) for size in shape)
