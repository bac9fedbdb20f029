"""Which box hands which values to which: the edges of a diagram."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archc.diagram.model import Box, Edge
from archc.graph.network import Layer, Network, NetworkInput
from archc.graph.structure import Structure
from archc.ops.base import Shape


@dataclass(slots=True)
class Places:
    """Where the layers are drawn; a place is a layer's number in the order they run.

    ``owner`` is the box of a place, ``first`` the same place in the copy that is drawn, where a
    copy is not; ``copy`` says which of the copies that stand side by side a place is in.
    """

    owner: dict[int, Box] = field(default_factory=dict[int, Box])
    first: dict[int, int] = field(default_factory=dict[int, int])
    copy: dict[int, int] = field(default_factory=dict[int, int])

    def drawn(self, place: int) -> int:
        """The place that stands for this one in the diagram."""
        while place in self.first:
            place = self.first[place]
        return place

    def original(self, place: int) -> int:
        """The same place in the first of copies that stand side by side."""
        while place in self.copy:
            place = self.first[place]
        return place

    def box(self, place: int) -> Box | None:
        return self.owner.get(self.drawn(place))


class Wiring:
    """The values that go between boxes, each once, those of two boxes together."""

    def __init__(
        self,
        network: Network,
        exact: Structure,
        layers: Sequence[Layer],
        places: Places,
        inputs: dict[str, Box],
    ) -> None:
        self.network = network
        self.exact = exact
        self.layers = layers
        self.places = places
        self.inputs = inputs

    def edges(self, outputs: Sequence[tuple[Box, str]]) -> list[Edge]:
        """The edges, in the order of their readers; ``outputs`` are boxes and what they read."""
        values: dict[tuple[int, int], dict[int, Shape]] = {}
        ends: dict[tuple[int, int], tuple[Box, Box]] = {}
        for target, paths in [*self._readers(), *((box, (path,)) for box, path in outputs)]:
            for path in paths:
                source, value, shape = self.source(path)
                if source is not target:
                    key = (id(source), id(target))
                    ends[key] = (source, target)
                    values.setdefault(key, {})[value] = shape
        return [Edge(*ends[key], tuple(found.values())) for key, found in values.items()]

    def _readers(self) -> Iterator[tuple[Box, tuple[str, ...]]]:
        """Boxes with what each of their layers reads from outside its own copy."""
        places = self.places
        for place, layer in enumerate(self.layers):
            original = places.original(place)
            if original not in places.owner or original in places.first:
                continue
            own = places.copy.get(place)
            paths = layer.inputs
            if own is not None:
                paths = tuple(p for p in paths if places.copy.get(self.exact.place(p)) != own)
            yield places.owner[original], paths

    def source(self, path: str) -> tuple[Box, int, Shape]:
        """The box that a value comes from, which value it is, and its shape."""
        place = value = self.exact.place(path)
        shape = self.layers[place].shape if place >= 0 else self._input(place).shape
        while place >= 0:
            place = self.places.drawn(place)
            if place in self.places.owner:
                return self.places.owner[place], value, shape
            (before,) = self.layers[place].inputs  # a wire
            place = value = self.exact.place(before)
        return self.inputs[self._input(place).name], place, shape

    def _input(self, place: int) -> NetworkInput:
        return self.network.inputs[-place - 1]
