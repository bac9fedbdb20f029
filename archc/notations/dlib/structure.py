"""A graph of values to lines as a person writes them: chains, and merges with their branches.

dlib names earlier values by tags. Where the values between a tag and the layer that reads it are
read by nothing else, they are that merge's branches; elsewhere the value becomes a labelled line,
and is taken up by ``from``.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_NESTING = 2
"""Merges within branches of merges; what is deeper stands on lines of its own."""


NOTHING = -1


@dataclass(slots=True)
class Link:
    """A node as a step of a chain; a merge has the chains of its branches."""

    node: int
    branches: list[Chain] | None = None


@dataclass(slots=True)
class Chain:
    """Steps in order. ``start`` is the labelled node that it goes on from; None: what arrives;
    NOTHING: its first step is a merge whose branches all start at labels."""

    links: list[Link] = field(default_factory=list["Link"])
    start: int | None = None


@dataclass(slots=True)
class Line:
    """A chain of a body; ``node`` is the value that it ends with, ``labelled`` if it has a name."""

    node: int
    chain: Chain
    labelled: bool


def lines(inputs: list[tuple[int, ...]], final: int, wanted: set[int]) -> list[Line]:
    """The lines of a body.

    Node i reads the nodes ``inputs[i]``, all before it; node 0 is what arrives. ``final`` is the
    value of the last line, ``wanted`` are nodes that have to have a label.
    """
    return _Structure(inputs, final, wanted).lines()


class _Structure:
    def __init__(self, inputs: list[tuple[int, ...]], final: int, wanted: set[int]) -> None:
        self.inputs = inputs
        self.final = final
        self.labelled: set[int] = set()
        self.waiting: list[int] = []
        for node in {*wanted, final}:
            heapq.heappush(self.waiting, -node)
        self.labelled |= wanted
        self.readers = [0] * len(inputs)
        for sources in inputs:
            for source in sources:
                self.readers[source] += 1
        self.dominators = dominators(inputs)

    def lines(self) -> list[Line]:
        found: dict[int, Line] = {}
        while self.waiting:
            end = -heapq.heappop(self.waiting)
            if end not in found:
                found[end] = Line(end, self.chain(end, None, 0), True)
        for line in found.values():
            line.labelled = line.node in self.labelled
            if line.chain.start is None and line.node and 0 in self.labelled:
                line.chain.start = 0
        return [found[end] for end in sorted(found)]

    def label(self, node: int) -> None:
        if node not in self.labelled:
            self.labelled.add(node)
            heapq.heappush(self.waiting, -node)

    def chain(self, end: int, arrives: int | None, depth: int) -> Chain:
        """The steps to a node from ``arrives``: the start of its merge, or for a line of the body
        (None) what arrives there. It stops at a labelled node, and labels one that others read."""
        links: list[Link] = []
        at, arrived = end, 1
        while at != (arrives or 0):
            inside = at != end or arrives is not None
            if inside and self.readers[at] != arrived:
                self.label(at)
            sources = self.inputs[at]
            if inside and depth >= MAX_NESTING and len(sources) > 1:
                self.label(at)
            if inside and at in self.labelled:
                return Chain(links[::-1], at)
            if len(sources) == 1:
                links.append(Link(at))
                arrived, at = 1, sources[0]
            else:
                start = self.dominators[at]
                branches = [self.chain(source, start, depth + 1) for source in sources]
                links.append(Link(at, branches))
                arrived, at = _arrivals(branches), start
                if not arrived:
                    return Chain(links[::-1], NOTHING)
        if arrives is None and end and self.readers[0] != arrived:
            self.label(0)
        return Chain(links[::-1])


def _arrivals(branches: list[Chain]) -> int:
    """How often branches read what arrives at their merge."""
    total = 0
    for branch in branches:
        if branch.start is not None:
            continue
        first = branch.links[0] if branch.links else None
        total += _arrivals(first.branches) if first and first.branches is not None else 1
    return total


def dominators(inputs: Sequence[tuple[int, ...]]) -> list[int]:
    """For each node the nearest that every way to it from node 0 goes through."""
    found = [0] * len(inputs)
    depth = [0] * len(inputs)
    for node in range(1, len(inputs)):
        nearest = inputs[node][0]
        for other in inputs[node][1:]:
            while nearest != other:
                if depth[nearest] < depth[other]:
                    nearest, other = other, nearest
                nearest = found[nearest]
        found[node], depth[node] = nearest, depth[nearest] + 1
    return found
