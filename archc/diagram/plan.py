"""Which blocks of a network a diagram opens, so that it can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from archc.diagnostics import fail
from archc.diagram import beside
from archc.diagram.items import Gatherer
from archc.diagram.model import Plan, TooManyBoxes, View
from archc.diagram.size import Size, estimate
from archc.diagram.view import Viewer
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Structure

OPEN = 24
"""All blocks are opened where that takes no more boxes."""

READABLE = 64
"""No diagram has more boxes, unless a depth is asked for."""

MOST = 5000
"""A diagram of more boxes is refused: its layout would take minutes."""

EXAMPLES = 8
"""Where not every kind of block can be shown open, at most so many are."""


def view(network: Network, depth: int | None) -> View:
    """The network as a diagram shows it.

    With a ``depth``: that many levels of blocks and labelled lines are open (0: the network is one
    box). Without one, the most telling of these that fits on a page: everything open; the first
    block of each kind open, as an example of the others; that of fewer kinds; everything closed;
    the middle left out. Either way parts of one label that stand side by side are drawn once
    where the diagram would be a strip or a tangle otherwise. Raises SpecError (``too-large``)
    where an explicit depth asks for more than can be laid out.
    """
    drawer = _Drawer(network)
    if depth is not None:
        return drawer.at_depth(depth)
    smallest: tuple[float, View] | None = None
    for plan in drawer.plans():
        with suppress(TooManyBoxes):
            found, size = drawer.build(plan)
            if size.excess <= 1 and size.legible:
                return found
            if smallest is None or size.excess < smallest[0]:
                smallest = size.excess, found
    if smallest is not None:
        return smallest[1]
    last = Plan(_nothing, alike=True, labelled=True, beside=True, limit=READABLE, elide=True)
    return drawer.viewer(last).build()


class _Drawer:
    """Builds views of one network; what plans share is found out once."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.exact = Structure(network)
        self.layers = list(network.root.layers())
        self.gatherer = Gatherer(network, self.exact, self.layers)

    @cached_property
    def alike(self) -> Structure:
        return Structure(self.network, shapes=False)

    @cached_property
    def kinds(self) -> Structure:
        return Structure(self.network, shapes=False, arguments=False)

    @cached_property
    def groups(self) -> bool:
        """Whether any parts stand side by side."""
        modules = self.network.modules.values()
        return any(
            group
            for module in modules
            for group, _ in beside.groups(module.children, self.exact, self.kinds)
        )

    def viewer(self, plan: Plan) -> Viewer:
        folding = self.alike if plan.alike else self.exact
        kinds = self.kinds if plan.beside and self.groups else None
        return Viewer(self.network, plan, self.exact, folding, kinds, self.layers, self.gatherer)

    def build(self, plan: Plan) -> tuple[View, Size]:
        """What the plan shows, with parts side by side as one where it is not legible otherwise.

        Raises TooManyBoxes.
        """
        plain = self._built(plan)
        if plain is not None and plain[1].legible and plain[1].excess <= 1:
            return plain
        folded = self._built(replace(plan, beside=True)) if self.groups else None
        if plain is not None and (folded is None or not _better(folded[1], plain[1])):
            return plain
        if folded is None:
            raise TooManyBoxes
        return folded

    def _built(self, plan: Plan) -> tuple[View, Size] | None:
        """None where the plan has too many boxes."""
        with suppress(TooManyBoxes):
            found = self.viewer(plan).build()
            return found, estimate(found)
        return None

    def at_depth(self, depth: int) -> View:
        try:
            return self.build(Plan(lambda _, level: level < depth, limit=MOST))[0]
        except TooManyBoxes:
            fail(
                "too-large",
                None,
                f"at depth {depth} the diagram of `{self.network.name}` has more than {MOST:,} "
                "boxes, and cannot be laid out",
                help="a smaller depth; without one, as much is opened as can be read",
            )

    def plans(self) -> Iterator[Plan]:
        """From the most that may be shown to the least."""
        yield Plan(_everything, limit=OPEN)
        yield Plan(_everything, alike=True, limit=OPEN)
        blocks = _examples(self.network, self.kinds)
        for number in dict.fromkeys((len(blocks), *range(min(len(blocks), EXAMPLES), 0, -1))):
            shown = _opened(self.network, blocks[:number])
            some = Plan(_among(shown), limit=READABLE)
            yield some
            yield replace(some, alike=True)
        yield Plan(_nothing, limit=READABLE)
        yield Plan(_nothing, alike=True, labelled=True, limit=READABLE)


def _better(one: Size, other: Size) -> bool:
    return (one.legible, -one.excess) > (other.legible, -other.excess)


def _everything(module: Module, level: int) -> bool:
    """All but lines of layers alone, which read best as one box."""
    return module.kind != "line" or not all(isinstance(child, Layer) for child in module.children)


def _nothing(module: Module, level: int) -> bool:
    return level == 0


def _among(shown: set[Module]) -> Callable[[Module, int], bool]:
    return lambda module, _: module in shown


def _examples(network: Network, kinds: Structure) -> list[Module]:
    """The first block of each kind, those first that make up most of the network."""
    first: dict[int, Module] = {}
    layers: dict[int, int] = {}
    stack = [network.root]
    while stack:
        module = stack.pop()
        if module.kind in ("block", "network") and module is not network.root:
            kind = kinds.signature(module)
            first.setdefault(kind, module)
            layers[kind] = layers.get(kind, 0) + kinds.end[module] - kinds.start[module]
        stack.extend(child for child in reversed(module.children) if isinstance(child, Module))
    return sorted(first.values(), key=lambda module: -layers[kinds.signature(module)])


def _opened(network: Network, blocks: list[Module]) -> set[Module]:
    """The blocks and everything they stand in."""
    opened = {network.root}
    for block in blocks:
        above: Module | None = block
        while above is not None and above not in opened:
            opened.add(above)
            above = above.parent
    return opened
