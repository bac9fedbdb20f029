"""Sizes in those of another value: what the inputs of a sum are padded to, for images of any size.

dlib gives a sum the larger of each size. Where the image's size is not known as the text is read,
the larger one is a formula in the sizes of the value at which the ways of the inputs part.
"""

from __future__ import annotations

from collections.abc import Callable

from archc.dims import dim_max, proves_equal, symbol
from archc.notations.dlib.graphs import Node, Target
from archc.notations.dlib.program import Block
from archc.notations.dlib.shapes import shape_of
from archc.notations.dlib.structure import dominators
from archc.ops.base import Shape


class Sizes:
    """``inner`` says what a block makes of a shape."""

    def __init__(self, nodes: list[Node], inner: Callable[[Block, Shape], Shape | None]) -> None:
        self.nodes = nodes
        self.inner = inner
        self.known: dict[int, Shape | None] = {}

    def target(self, sources: tuple[int, ...]) -> Target | None:
        """The largest height and width of the sources; None where they follow from other values."""
        start = dominators([*(n.inputs for n in self.nodes), sources])[-1]
        arrives = self.nodes[start].shape
        if arrives is None or len(arrives) != 3:
            return None
        self.known = {start: (symbol("it.height"), symbol("it.width"), arrives[2])}
        for node in range(start + 1, len(self.nodes)):
            self.known[node] = self.shape(self.nodes[node])
        shapes = [self.known[source] for source in sources]
        found = [shape for shape in shapes if shape is not None and len(shape) == 3]
        if len(found) < len(shapes):
            return None
        height, width = (dim_max(*(shape[axis] for shape in found)) for axis in (0, 1))
        short = tuple(
            not (proves_equal(shape[0], height) and proves_equal(shape[1], width))
            for shape in found
        )
        return Target(height, width, short)

    def shape(self, node: Node) -> Shape | None:
        arrive = [self.known.get(source) for source in node.inputs]
        given = [shape for shape in arrive if shape is not None]
        if len(given) < len(arrive) or not given:
            return None
        if node.kind == "widen":
            return (*given[0][:-1], node.width)
        made = node.concrete or node.made
        if made is not None:
            return shape_of(made, *given)
        return self.inner(node.step, given[0]) if isinstance(node.step, Block) else None
