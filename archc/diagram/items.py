"""Layers gathered into boxes, and the rows of text that say what is in a box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc import spelling
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Structure

FOLLOWERS = frozenset({"activation", "normalization", "regularization"})
"""Families of layers that are written into the box of the layer they follow."""

MOST_ROWS = 6
"""A closed box lists so many of its layers or blocks; of more the first and the last."""


@dataclass(slots=True)
class Item:
    """A stretch of layers that makes one box: perhaps leading ones, the main one, followers."""

    layers: list[Layer]
    main: Layer | None

    def row(self) -> str:
        """``conv 11×11/4, 96 · relu``."""
        texts: list[str] = []
        for one in self.layers:
            arguments = spelling.arguments(one.op, full=False, times="×", between=", ")
            texts.append(f"{one.op.name} {arguments}".rstrip())
        return " · ".join(texts)


class Gatherer:
    """Knows which layers of a network may share a box."""

    def __init__(self, network: Network, exact: Structure, layers: Sequence[Layer]) -> None:
        self.exact = exact
        self.readers = [0] * len(layers)
        for layer in layers:
            for path in set(layer.inputs):
                self._read(path)
        for output in network.outputs:
            self._read(output.path)

    def _read(self, path: str) -> None:
        place = self.exact.place(path)
        if place >= 0:
            self.readers[place] += 1

    def items(self, stretch: Sequence[Layer]) -> Iterator[Item]:
        """Gather layers into boxes: what follows a layer, and nothing else reads it, joins it."""
        item: Item | None = None
        for layer in stretch:
            if is_wire(layer) and not self.exact.label(layer):
                continue
            main = None if follows(layer) else layer
            if item is None:
                item = Item([layer], main)
            elif (main is None or item.main is None) and self._continues(item.layers[-1], layer):
                item.layers.append(layer)
                item.main = item.main or main
            else:
                yield item
                item = Item([layer], main)
        if item is not None:
            yield item

    def _continues(self, before: Layer, layer: Layer) -> bool:
        place = self.exact.start[before]
        alone = layer.inputs == (before.path,) and self.readers[place] == 1
        return alone and not self.exact.label(layer)

    def rows(self, module: Module) -> list[str]:
        """What a closed box says of the parts of a line."""
        return _fold(list(self._rows(module)))

    def _rows(self, module: Module) -> Iterator[str]:
        stretch: list[Layer] = []
        for child in module.children:
            if isinstance(child, Layer):
                stretch.append(child)
                continue
            yield from (item.row() for item in self.items(stretch))
            stretch.clear()
            if child.kind in ("line", "branch", "group"):
                yield from self._rows(child)
            elif child.kind == "merge":
                branches = sum(isinstance(c, Module) for c in child.children)
                yield f"{child.callee} of {branches}"
            else:
                yield spelling.call(child, times="×")
        yield from (item.row() for item in self.items(stretch))


def follows(layer: Layer) -> bool:
    """Whether it is written into the box of the layer before it."""
    return layer.op.family in FOLLOWERS or layer.op.name == "flatten" or is_wire(layer)


def is_wire(layer: Layer) -> bool:
    return layer.op.name == "identity"


def weight(layer: Layer) -> int:
    """How much a layer says of what its line does."""
    if follows(layer):
        return -1
    return layer.params if isinstance(layer.params, int) else 1


def transparent(module: Module) -> bool:
    """A block, group or branch without a label that comes to one box, or to none."""
    if module.label is not None:
        return False
    if module.kind in ("branch", "group"):
        return True
    if module.kind == "line":
        return False
    main = 0
    for child in module.children:
        if isinstance(child, Module):
            if child.kind == "merge" or not transparent(child):
                return False
            main += sum(1 for one in child.layers() if not follows(one))
        else:
            main += not follows(child)
        if main > 1:
            return False
    return True


def _fold(rows: list[str]) -> list[str]:
    """Equal rows after one another as one with ×N; the middle of a long list left out."""
    folded: list[tuple[str, int]] = []
    for row in rows:
        if folded and folded[-1][0] == row:
            folded[-1] = (row, folded[-1][1] + 1)
        else:
            folded.append((row, 1))
    texts = [row if count == 1 else f"{row}  ×{count}" for row, count in folded]
    if len(texts) <= MOST_ROWS:
        return texts
    left_out = len(texts) - (MOST_ROWS - 1)
    return [*texts[: MOST_ROWS - 2], f"… {left_out} more", texts[-1]]
