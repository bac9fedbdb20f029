"""The totals of a network, in words."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator

from archc import spelling
from archc.dims import Dim
from archc.graph.network import Network
from archc.ops.base import Cost, Shape, Weights

_STORED = {
    "statistics": "running statistics, stored but not trained",
    "fixed": "fixed values, not trained",
    "masked": "connections masked out, not stored",
}


def foot(network: Network) -> list[str]:
    weights, cost = network.weights, network.cost
    stored = {name: count for name, count in vector(weights) if name not in _STORED}
    detail = f" ({_listed(stored)})" if len(stored) > 1 else ""
    lines = [f"parameters {spelling.exact(network.params)}{detail}"]
    for name, count in vector(weights):
        if name in _STORED:
            lines.append(f"{_STORED[name]}: {spelling.exact(count)}")
    lines.append(f"multiply-accumulates {spelling.exact(network.macs)}")
    if network.unknown:
        lines[-1] += f" (known: {spelling.exact(cost.macs)})"
        lines.append(f"unknown: {', '.join(network.unknown)}")
    others = {name.replace("_", " "): n for name, n in vector(cost) if name != "macs"}
    if others:
        lines.append(f"other operations: {_listed(others)}")
    if all(isinstance(count, int) for count in (network.params, *others.values())):
        return lines
    return [part for line in lines for part in _wrapped(line)]


def _wrapped(line: str) -> list[str]:
    """A line of formulas on several lines."""
    return textwrap.wrap(
        line, 100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _listed(counts: dict[str, Dim]) -> str:
    return ", ".join(f"{name} {spelling.exact(count)}" for name, count in counts.items())


def vector(vector: Weights | Cost) -> Iterator[tuple[str, Dim]]:
    """The kinds that there are, with their counts."""
    for field in dataclasses.fields(vector):
        count = getattr(vector, field.name)
        if not (isinstance(count, int) and count == 0):
            yield field.name, count


def shapes_of(network: Network) -> dict[str, Shape]:
    """The shapes of all values, by path."""
    shapes = {i.name: i.shape for i in network.inputs}
    return shapes | {layer.path: layer.shape for layer in network.layers}
