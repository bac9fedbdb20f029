"""Which parts of a network are the same: signatures of its tree, and runs of equal siblings.

Two parts have equal signatures where their layers, arguments, shapes and wiring are equal; names
and paths do not count. A run of siblings folds to its first copy and a count where each copy
reads the one before it in the same way, and nothing else reads a copy but the last. Summaries,
diagrams and generated code draw one copy and write ×N.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from archc.graph.network import Layer, Module, Network

Node: TypeAlias = "Module | Layer"

LONGEST_PERIOD = 8
"""Runs of (conv, bn, relu, ...) are looked for up to this many siblings a copy."""


@dataclass(frozen=True, slots=True)
class Run:
    """``count`` copies of the same siblings, one copy after another.

    ``nodes`` are the first copy (one node, or several such as conv and relu); ``members`` all
    copies in order, ``nodes`` among them.
    """

    nodes: tuple[Node, ...]
    count: int
    members: tuple[Node, ...]

    @property
    def node(self) -> Node:
        return self.nodes[0]

    def copies(self) -> Iterator[tuple[Node, ...]]:
        """Each copy's nodes."""
        period = len(self.nodes)
        for start in range(0, len(self.members), period):
            yield self.members[start : start + period]


class Structure:
    """The signatures of a network's tree, computed once, in time linear in its layers.

    With ``shapes`` false two parts are equal whatever the sizes that arrive, as the layers of a
    dense block are; with ``arguments`` false also whatever the layers' arguments are, as all
    inception modules are, and of whether it has weights of its own.
    """

    def __init__(self, network: Network, *, shapes: bool = True, arguments: bool = True) -> None:
        self._shapes = shapes
        self._arguments = arguments
        self._labels = network.labels
        self._ids: dict[Hashable, int] = {}
        self.start: dict[Node, int] = {}
        """A layer's place in the order they run; a module's first layer's place."""
        self.end: dict[Node, int] = {}
        self._signatures: dict[Node, int] = {}
        # What a node reads from outside itself: a place times two, and one more where it is
        # weights that it reads (a shared use), not a value.
        self.reads: dict[Node, tuple[int, ...]] = {}
        self.reach: dict[Node, int] = {}  # the last place that reads one of its values

        modules = self._number(network.root)
        self._places = {layer.path: self.start[layer] for layer in network.layers}
        for number, value in enumerate(network.inputs):
            self._places.setdefault(value.name, -number - 1)
        self._find_readers(network)
        for layer in network.layers:
            self._sign_layer(layer)
        for module in reversed(modules):  # preorder reversed: children come first
            self._sign_module(module)

    def signature(self, node: Node) -> int:
        """Equal for two nodes of this network that are the same; never compare across networks."""
        return self._signatures[node]

    def place(self, path: str) -> int:
        """A layer's place in the order they run; negative for an input of the network."""
        return self._places[path]

    def label(self, node: Node) -> str | None:
        """The label that the spec gives a node, as it is written there; None for none."""
        if isinstance(node, Module):
            return node.label
        if not node.name:  # the layer of a merge
            return node.parent.label
        stem, _, index = node.name.rpartition(".")
        if not (stem and index.isdecimal()):
            stem, index = node.name, ""
        if node.path not in self._labels and stem.rstrip("_") == node.op.name:
            return None
        return f"{stem}[{index}]" if index else stem

    # ------------------------------------------------------------ signatures

    def _number(self, root: Module) -> list[Module]:
        modules: list[Module] = []
        stack: list[Node] = [root]
        place = 0
        while stack:
            node = stack.pop()
            self.start[node] = place
            if isinstance(node, Layer):
                place += 1
                self.end[node] = place
            else:
                modules.append(node)
                stack.extend(reversed(node.children))
        for module in reversed(modules):
            children = module.children
            self.end[module] = self.end[children[-1]] if children else self.start[module]
        return modules

    def _find_readers(self, network: Network) -> None:
        reach = [-1] * len(network.layers)
        for layer in network.layers:
            reader = self.start[layer]
            paths = (*layer.inputs, layer.shares) if layer.shares else layer.inputs
            for path in paths:
                place = self._places[path]
                if place >= 0 and reach[place] < reader:
                    reach[place] = reader
        for output in network.outputs:
            place = self._places[output.path]
            if place >= 0:
                reach[place] = len(network.layers)
        for layer in network.layers:
            self.reach[layer] = reach[self.start[layer]]

    def _sign_layer(self, layer: Layer) -> None:
        slots: dict[int, int] = {}
        for path in layer.inputs:
            slots.setdefault(self._places[path] * 2, len(slots))
        wiring = tuple(slots[self._places[path] * 2] for path in layer.inputs)
        if layer.shares and self._arguments:
            slots.setdefault(self._places[layer.shares] * 2 + 1, len(slots))
        sizes = (layer.input_shapes, layer.shape) if self._shapes else ()
        op = layer.op if self._arguments else type(layer.op)
        owner = layer.shares is None or not self._arguments
        key = ("layer", op, wiring, owner, sizes)
        self.reads[layer] = tuple(slots)
        self._signatures[layer] = self._ids.setdefault(key, len(self._ids))

    def _sign_module(self, module: Module) -> None:
        start = self.start[module]
        slots: dict[int, int] = {}
        parts: list[Hashable] = []
        reach = -1
        for child in module.children:
            wiring = [
                code - 2 * start if code >= 2 * start else -1 - slots.setdefault(code, len(slots))
                for code in self.reads[child]
            ]
            parts.append((self._signatures[child], *wiring))
            reach = max(reach, self.reach[child])
        key = (module.kind, module.callee, *parts)
        self.reads[module] = tuple(slots)
        self.reach[module] = reach
        self._signatures[module] = self._ids.setdefault(key, len(self._ids))

    # ------------------------------------------------------------ runs

    def fold(self, children: Sequence[Node], *, labels: bool = True) -> list[Run]:
        """The siblings as runs, in order; every one that repeats nothing is a run of itself.

        ``children`` are consecutive siblings. With ``labels`` false a node that the spec labels
        stays by itself.
        """
        return list(self.runs(children, labels=labels))

    def runs(self, children: Sequence[Node], *, labels: bool = True) -> Iterator[Run]:
        """As :meth:`fold`, one run at a time, for those who may stop early."""
        return _Folder(self, children, labels).runs()


class _Folder:
    def __init__(self, structure: Structure, children: Sequence[Node], labels: bool) -> None:
        self.children = children
        self.signatures = [
            structure.signature(c) if labels or structure.label(c) is None else -1 - i
            for i, c in enumerate(children)
        ]
        self.starts = [structure.start[c] for c in children]
        self.ends = [structure.end[c] for c in children]
        self.reads = [structure.reads[c] for c in children]
        self.reach = [structure.reach[c] for c in children]
        self.begin = 2 * self.starts[0] if children else 0
        self.finish = 2 * self.ends[-1] if children else 0

    def runs(self) -> Iterator[Run]:
        i = 0
        while i < len(self.children):
            start, period, count = self._best(i)
            for lone in range(i, start):
                yield self._run(lone, 1, 1)
            yield self._run(start, period, count)
            i = start + period * count

    def _run(self, start: int, period: int, count: int) -> Run:
        nodes = tuple(self.children[start : start + period])
        return Run(nodes, count, tuple(self.children[start : start + period * count]))

    def _best(self, i: int) -> tuple[int, int, int]:
        """Start, period and count of the run to take at ``i``: the one that saves most."""
        best = (i, 1, 1)
        rest = len(self.children) - i
        for period in range(1, min(LONGEST_PERIOD, rest // 2) + 1):
            if best[1] * best[2] == rest:
                break  # a longer period saves less
            count = self._count(i, period)
            if period * (count - 1) > best[1] * (best[2] - 1):
                best = (i, period, count)
        _, period, count = best
        # relu, conv, relu, conv reads better as conv, relu with the first relu by itself.
        if count > 1 and _follows(self.children[i]):
            for start in range(i + 1, i + period):
                if not _follows(self.children[start]) and self._count(start, period) == count:
                    return start, period, count
        return best

    def _count(self, i: int, period: int) -> int:
        copies = 1
        start = i
        while start + 2 * period <= len(self.children):
            first = i if copies == 1 else None
            after = self.ends[start + 2 * period - 1]
            for k in range(start, start + period):
                # Nothing but the next copy may read this one, if another follows.
                if not self._same(k, period, first) or self.reach[k] >= after:
                    return copies
            copies += 1
            start += period
        return copies

    def _same(self, k: int, period: int, first: int | None) -> bool:
        """Whether sibling ``k + period`` is sibling ``k`` again, one copy later.

        ``first`` is where the run starts, if ``k`` is in its first copy: that copy may read what
        comes before the run where the next one reads the copy before it.
        """
        later = k + period
        if self.signatures[k] != self.signatures[later]:
            return False
        for old, new in zip(self.reads[k], self.reads[later], strict=True):
            if old == new and not (first is not None and self._sibling(new) >= first):
                continue  # both read one and the same thing before the run
            sibling = self._sibling(new)
            if sibling < 0 or later - sibling > period or new & 1:
                return False
            if first is not None and self._sibling(old) < first <= sibling:
                continue  # the run's way in
            before = self._sibling(old)
            if before != sibling - period or self._from_end(old) != self._from_end(new):
                return False
        return True

    def _sibling(self, code: int) -> int:
        """Which of the siblings it is that is read; -1: something outside of them."""
        if not self.begin <= code < self.finish:
            return -1
        return bisect_right(self.starts, code >> 1) - 1

    def _from_end(self, code: int) -> int:
        return 2 * self.ends[self._sibling(code)] - code


_FOLLOWERS = frozenset({"activation", "normalization", "dropout", "regularization"})


def _follows(node: Node) -> bool:
    return isinstance(node, Layer) and node.op.family in _FOLLOWERS
