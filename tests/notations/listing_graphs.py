"""Whether two networks are the same graph: what differs between them, layer by layer, in words."""

from __future__ import annotations

import dataclasses
from collections import Counter
from difflib import SequenceMatcher
from typing import Any

from archc.graph.network import Layer, Network
from archc.ops.base import shape_text

SILENT = {"identity", "flatten"}
"""Layers that change no value: a spec may leave them out (`fc` reads a whole map)."""


def seen(layer: Layer) -> str:
    """A layer in words: its name and arguments, its padding as numbers, what it makes."""
    op = layer.op
    given: dict[str, Any] = {f.name: getattr(op, f.name) for f in dataclasses.fields(op)}
    if hasattr(op, "padding") and "pad" in given and given.get("adaptive") is None:
        given["pad"] = op.padding(*layer.input_shapes)
    arguments = " ".join(f"{name}={value}" for name, value in given.items())
    return f"{op.name} {arguments} -> {shape_text(layer.shape)}".replace("  ", " ")


def graph(network: Network) -> tuple[list[Layer], list[tuple[int, ...]]]:
    """The layers that count, and of each the numbers of those that it reads, from -1 for inputs."""
    aliases: dict[str, str] = {}
    numbers = {value.name: -1 - n for n, value in enumerate(network.inputs)}
    layers: list[Layer] = []
    reads: list[tuple[int, ...]] = []
    for layer in network.layers:
        sources = [aliases.get(path, path) for path in layer.inputs]
        if layer.op.name in SILENT:
            aliases[layer.path] = sources[0]
            continue
        numbers[layer.path] = len(layers)
        layers.append(layer)
        reads.append(tuple(numbers[source] for source in sources))
    return layers, reads


def differences(one: Network, other: Network) -> Counter[str]:
    """What differs: ``-layer`` is in the first alone, ``+layer`` in the second alone. Empty where
    the layers, their arguments, their shapes and what each reads are the same."""
    first, reads = graph(one)
    second, others = graph(other)
    ours, theirs = [seen(layer) for layer in first], [seen(layer) for layer in second]
    found: Counter[str] = Counter()
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            found.update(f"-{text}" for text in ours[i1:i2])
            found.update(f"+{text}" for text in theirs[j1:j2])
    if not found:
        if reads != others:
            found["the layers are the same, but not what they read"] += 1
        if one.params != other.params or one.weights.statistics != other.weights.statistics:
            found["the parameters differ"] += 1
    return found


def short(found: Counter[str]) -> Counter[str]:
    """Differences by the name of the layer alone: ``-dropout``."""
    names: Counter[str] = Counter()
    for text, count in found.items():
        names[text.split(" ")[0]] += count
    return names
