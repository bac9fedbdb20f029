"""What a diagram is made of: boxes in clusters, and the edges between the boxes.

A :class:`Plan` says which blocks are open; ``plan.py`` chooses one, ``view.py`` carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from archc.dims import Dim
from archc.graph.network import Layer, Module
from archc.ops.base import Shape

if TYPE_CHECKING:
    from archc.audit.marks import Mark

Role = Literal["layers", "block", "input", "output", "rest", "wire"]
"""A wire is a bend in an edge: where an identity shortcut passes beside the other branch."""


@dataclass(slots=True, eq=False)
class Box:
    """``rows`` are the layers or the block in it, or the names of outputs; ``content`` the layers
    themselves, of one copy; ``count`` how many copies it stands for."""

    role: Role
    family: str
    title: str
    rows: list[str]
    params: Dim = 0
    macs: Dim | None = 0
    layers: int = 0
    shares: bool = False  # weights that another box owns
    count: int = 1
    grows: bool = False  # the copies differ in their sizes; the first's are shown
    beside: bool = False  # the copies stand side by side; the costs are those of all
    content: list[Layer] = field(default_factory=list[Layer])
    names: list[str] = field(default_factory=list[str])  # what a box without room for it hides
    marks: list[Mark] = field(default_factory=list["Mark"])

    def boxes(self) -> Iterator[Box]:
        """Itself, as of a part."""
        yield self


@dataclass(slots=True, eq=False)
class Cluster:
    """An open block: its parts in the order they run."""

    title: str
    callee: str
    count: int
    parts: list[Box | Cluster]
    grows: bool = False  # the copies differ in their sizes; the first's are shown
    beside: bool = False  # the copies stand side by side
    marks: list[Mark] = field(default_factory=list["Mark"])

    def boxes(self) -> Iterator[Box]:
        for part in self.parts:
            yield from part.boxes()

    def clusters(self) -> Iterator[Cluster]:
        """Every frame in it, the inner ones first."""
        for part in self.parts:
            if isinstance(part, Cluster):
                yield from part.clusters()
                yield part


@dataclass(frozen=True, slots=True)
class Edge:
    """All values that one box hands to another, by their shapes: one, unless several leave it."""

    source: Box
    target: Box
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is shown.

    ``opened`` says of a block, or of a labelled line, whether its parts are shown, given how many
    blocks and lines it stands in. With ``alike`` repeated parts fold whose sizes differ; with
    ``labelled`` those that have labels fold too, with ``beside`` parts of one label that stand side
    by side (a head on each level of a pyramid). ``limit`` is how many boxes there may be; with
    ``elide`` the middle of a longer network is left out.
    """

    opened: Callable[[Module, int], bool]
    alike: bool = False
    labelled: bool = False
    beside: bool = False
    limit: int | None = None
    elide: bool = False


class TooManyBoxes(Exception):
    """The plan shows more boxes than its limit."""


@dataclass(slots=True, eq=False)
class View:
    """``home`` says which box shows a layer, by its path; ``audited`` that the boxes are marked."""

    root: Cluster
    edges: list[Edge]
    inputs: list[Box]
    outputs: list[Box]
    rows: list[list[Box]]  # the first boxes of branches, to stand side by side
    home: Callable[[str], Box | None]
    audited: bool = False

    def arrows(self) -> list[Edge]:
        """The edges where wires are not boxes: what goes past other branches is one edge."""
        into = {id(edge.target): edge for edge in self.edges if edge.target.role == "wire"}
        found: list[Edge] = []
        for edge in self.edges:
            source = edge.source
            while source.role == "wire":
                source = into[id(source)].source
            if edge.target.role != "wire":
                found.append(Edge(source, edge.target, edge.shapes))
        return found

    def boxes(self) -> list[Box]:
        """All boxes in the order they run, without the wires."""
        inner = [box for box in self.root.boxes() if box.role != "wire"]
        return [*self.inputs, *inner, *self.outputs]

    def count(self) -> int:
        return len(self.boxes())
