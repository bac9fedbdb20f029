"""Weights under other names than the network's: which of them are the same, and which look so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from archc.graph.network import Layer, Network
from archc_backends.onnx.graph import Weight

if TYPE_CHECKING:
    import numpy as np

    Arrays = Mapping[str, np.ndarray[Any, Any]]

_NUMBERED = re.compile(r"(?:(?P<trunk>.*?)\.)??(?P<numbers>\d+(?:\.\d+)*)\.(?P<leaf>[^.]+)")
"""A weight of an ``nn.Sequential``: where that stands, the layer's numbers in it, and the rest."""


def without_wrapper(arrays: Arrays, weights: Mapping[str, Weight]) -> Arrays:
    """The arrays without the name of a module that holds the whole network (``module.``, as
    ``nn.DataParallel`` calls it), if what is left are names of the network or of a Sequential."""
    found = arrays
    while names := list(found):
        first, dot, _ = names[0].partition(".")
        prefix = first + dot
        if not dot or not all(name.startswith(prefix) for name in names):
            break
        if any(name.startswith(prefix) for name in weights):
            break  # the network's own
        found = {name.removeprefix(prefix): array for name, array in found.items()}
        if any(name in weights for name in found) or _is_numbered(found):
            return found
    return arrays


def _is_numbered(names: Iterable[str]) -> bool:
    parts = [_NUMBERED.fullmatch(name) for name in names]
    return all(part is not None and not part["trunk"] for part in parts)


def by_numbers(
    arrays: Arrays, weights: Mapping[str, Weight], network: Network
) -> dict[str, str] | str:
    """The network's name for each name that it does not have, where all are a Sequential's.

    A Sequential runs its layers by their numbers, so that they are those of a chain in its order,
    if each has the weights of its counterpart, in the same shapes. Where they do not fit, what
    does not, in words; nothing where other names are among them.
    """
    given: dict[str, dict[tuple[int, ...], dict[str, str]]] = {}
    for name in arrays:
        if name in weights:
            continue
        parts = _NUMBERED.fullmatch(name)
        if parts is None:
            return {}
        number = tuple(map(int, parts["numbers"].split(".")))
        layers = given.setdefault(parts["trunk"] or "", {})
        layers.setdefault(number, {})[parts["leaf"]] = name
    found: dict[str, str] = {}
    for trunk, layers in given.items():
        below = f"{trunk}." if trunk else ""
        if not _is_chain([layer for layer in network.layers if layer.path.startswith(below)]):
            return {}
        own = _layers(below, weights, set(arrays))
        if len(own) != len(layers):
            what = f"`{trunk}`" if trunk else "the Sequential"
            return f"{what} has {len(layers)} layers with weights, and the network {len(own)}"
        for wanted, (_, there) in zip(own, sorted(layers.items()), strict=True):
            if differs := _difference(wanted, there, arrays, weights):
                return differs
            found |= {there[leaf]: wanted[leaf] for leaf in wanted}
    return found


def _layers(below: str, weights: Mapping[str, Weight], there: set[str]) -> list[dict[str, str]]:
    """The weights' names, by what they end in, of each layer below a path, but for those that are
    there."""
    found: dict[str, dict[str, str]] = {}
    for name in weights:
        if name.startswith(below) and name not in there:
            stem, _, leaf = name.rpartition(".")
            found.setdefault(stem, {})[leaf] = name
    return list(found.values())


def _difference(
    wanted: dict[str, str], there: dict[str, str], arrays: Arrays, weights: Mapping[str, Weight]
) -> str:
    """How a layer of the network differs from one of a Sequential; "" where it does not."""
    if wanted.keys() != there.keys():
        theirs, ours = (" and ".join(f"`{n}`" for n in names.values()) for names in (there, wanted))
        return f"in order, {theirs} would be {ours}"
    for leaf, name in wanted.items():
        given, shape = arrays[there[leaf]].shape, weights[name].shape
        if given != shape:
            return (
                f"in order, `{there[leaf]}` would be `{name}`: {sizes(given)}, not {sizes(shape)}"
            )
    return ""


def sizes(shape: Iterable[int]) -> str:
    """A weight's shape in words: ``64x3x3x3``."""
    return "x".join(map(str, shape)) or "a single number"


def _is_chain(layers: list[Layer]) -> bool:
    return bool(layers) and all(
        list(layer.inputs) == [before.path] for before, layer in pairwise(layers)
    )


def in_order(arrays: Arrays, weights: Mapping[str, Weight]) -> list[tuple[str, str]]:
    """Each array's name with the network's at its place, where there are as many of both, each of
    the shape of the other, and no name of the one is among the other's; else nothing."""
    pairs = list(zip(arrays, weights, strict=False))
    if len(arrays) != len(weights) or any(name in weights for name in arrays):
        return []
    if any(arrays[name].shape != weights[own].shape for name, own in pairs):
        return []
    return pairs
