"""The graph of a network or of a block: nodes in an order in which each follows what it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from archc.diagnostics import Span
from archc.dims import Dim
from archc.notations.dlib.layers import Made
from archc.notations.dlib.program import Block, Input, Loss, Repeat
from archc.ops.base import Shape

NodeKind = Literal["arrives", "made", "fixed", "merge", "block", "repeat", "widen"]


@dataclass(frozen=True, slots=True)
class Target:
    """A height and a width in the sizes of what arrives where the ways of a sum's inputs part
    (``it.height``, ``it.width``); ``short`` says of each input whether it may be smaller."""

    height: Dim
    width: Dim
    short: tuple[bool, ...]


@dataclass(slots=True)
class Node:
    """``made`` is the layer, ``fixed`` says that it follows from shapes alone; a ``block`` or
    ``repeat`` has its step; ``width`` is what a ``widen`` gives. ``concrete`` is the layer with the
    numbers of this use. ``target`` is what a sum gives, where that is no number."""

    kind: NodeKind
    inputs: tuple[int, ...]
    shape: Shape | None
    span: Span
    named: Span
    made: Made | None = None
    step: Block | Repeat | None = None
    width: int = 0
    concrete: Made | None = None
    target: Target | None = None


@dataclass(slots=True)
class Inside:
    """A tag that stands within an alias which is one step here."""

    order: int


@dataclass
class Graph:
    """``names`` are the tags of nodes, ``tags`` what is found by its number at the end, ``size``
    the number of its layers with those of its blocks, repeated ones as often as they are."""

    nodes: list[Node]
    final: int = 0
    names: dict[int, str] = field(default_factory=dict[int, str])
    tags: dict[int, int | Inside] = field(default_factory=dict[int, "int | Inside"])
    input: Input | None = None
    loss: Loss | None = None
    outputs: tuple[int, ...] = ()
    size: int = 0

    @property
    def pattern(self) -> tuple[Any, ...]:
        """What must be the same wherever one block is to stand for this."""
        return tuple(
            (n.kind, n.inputs, n.made if n.kind == "fixed" else None, n.target) for n in self.nodes
        )


@dataclass
class Instance:
    """A use of an alias: the numbers it was given, and the graph that came of it."""

    numbers: dict[str, int | None]
    graph: Graph
