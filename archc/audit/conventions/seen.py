"""What a counting tool sees of a layer: its class in the generated module, sizes, vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from archc import registry
from archc.dims import Dim
from archc.ops.base import Cost, Weights, product

if TYPE_CHECKING:
    from archc.backend import Spelled
    from archc.graph.network import Layer, Network


@dataclass(frozen=True)
class Seen:
    """A layer as it is counted. ``name`` is its class in the generated module ("" where torch
    cannot write it), or what specs call it where a convention goes by that; ``runs`` says whether
    ``forward`` runs it outside training. A class that is handed each region's map on its own has
    in ``layer`` the sizes of one map, and is run on so many ``maps``: what is counted here counts
    them all."""

    layer: Layer
    name: str
    runs: bool = True
    maps: Dim = 1

    @cached_property
    def weights(self) -> Weights:
        return self.layer.weights

    @cached_property
    def cost(self) -> Cost | None:
        return self.layer.cost

    @property
    def macs(self) -> Dim:
        """Multiply-accumulates; none where the cost is unknown (of activation functions)."""
        return 0 if self.cost is None else self.cost.macs * self.maps

    @property
    def bias_adds(self) -> Dim:
        return 0 if self.cost is None else self.cost.bias_adds * self.maps

    @property
    def read(self) -> Dim:
        """Values of the first input."""
        return product(self.layer.input_shapes[0]) * self.maps

    @property
    def given(self) -> Dim:
        """Values of the output."""
        return product(self.layer.shape) * self.maps

    @property
    def positions(self) -> Dim:
        """Positions of the output: its values over its channels."""
        return product(self.layer.shape[:-1]) * self.maps

    @property
    def scaled(self) -> bool:
        """Whether a normalisation has its scale."""
        return bool(self.weights.scales != 0)

    @property
    def affine(self) -> bool:
        """Whether a normalisation has a scale or a shift."""
        return self.scaled or bool(self.weights.shifts != 0)

    def argument(self, name: str) -> Any:
        """An argument of the layer; None where it has none of the name."""
        return getattr(self.layer.op, name, None)


_seen: WeakKeyDictionary[Network, tuple[Seen, ...]] = WeakKeyDictionary()


def seen(network: Network) -> tuple[Seen, ...]:
    """Every layer as torch tools see it, in the order they run; worked out once a network."""
    found = _seen.get(network)
    if found is None:
        classes: Mapping[str, Spelled] = registry.load("archc.backends", "torch").spelled(network)
        found = tuple(_seen_as(layer, classes[layer.path]) for layer in network.layers)
        _seen[network] = found
    return found


def seen_alone(layer: Layer) -> Seen:
    """A layer by itself as torch tools see it."""
    return _seen_as(layer, registry.load("archc.backends", "torch").spelled_alone(layer))


def _seen_as(layer: Layer, spelled: Spelled) -> Seen:
    if not spelled.each:
        return Seen(layer, spelled.name, spelled.runs)
    return Seen(layer.of_one_map, spelled.name, spelled.runs, layer.shape[0])
