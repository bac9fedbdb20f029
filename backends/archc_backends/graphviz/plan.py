"""Which blocks of a network a diagram opens, so that it can be read."""

from __future__ import annotations

from contextlib import suppress

from archc.diagnostics import fail
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Structure
from archc_backends.graphviz.model import Plan, TooManyBoxes, View
from archc_backends.graphviz.view import Viewer

OPEN = 24
"""All blocks are opened where that takes no more boxes."""

READABLE = 64
"""No diagram has more boxes, unless a depth is asked for."""

MOST = 5000
"""A diagram of more boxes is refused: its layout would take minutes."""


def view(network: Network, depth: int | None) -> View:
    """The network as a diagram shows it.

    With a ``depth``: that many levels of blocks and labelled lines are open (0: the network is one
    box). Without one, the most telling of these that can be read: everything open; the first
    block of each kind open, as an example of the others; everything closed; the middle left out.
    Raises SpecError (``too-large``) where an explicit depth asks for more than can be laid out.
    """
    exact = Structure(network)
    if depth is not None:
        return _at_depth(network, exact, depth)
    alike = Structure(network, shapes=False)
    examples = _examples(network, Structure(network, shapes=False, arguments=False))

    def everything(module: Module, level: int) -> bool:
        return not _plain_line(module)

    def some(module: Module, level: int) -> bool:
        return module in examples

    def nothing(module: Module, level: int) -> bool:
        return level == 0

    plans = (
        Plan(everything, limit=OPEN),
        Plan(everything, alike=True, limit=OPEN),
        Plan(some, limit=READABLE),
        Plan(some, alike=True, limit=READABLE),
        Plan(nothing, limit=READABLE),
        Plan(nothing, alike=True, labelled=True, limit=READABLE),
    )
    for plan in plans:
        with suppress(TooManyBoxes):
            return Viewer(network, exact, alike if plan.alike else exact, plan).build()
    last = Plan(nothing, alike=True, labelled=True, limit=READABLE, elide=True)
    return Viewer(network, exact, alike, last).build()


def _at_depth(network: Network, exact: Structure, depth: int) -> View:
    plan = Plan(lambda _, level: level < depth, limit=MOST)
    try:
        return Viewer(network, exact, exact, plan).build()
    except TooManyBoxes:
        fail(
            "too-large",
            None,
            f"at depth {depth} the diagram of `{network.name}` has more than {MOST:,} boxes, "
            "and cannot be laid out",
            help="a smaller depth; without one, as much is opened as can be read",
        )


def _plain_line(module: Module) -> bool:
    """A line of layers alone: it reads best as one box."""
    return module.kind == "line" and all(isinstance(child, Layer) for child in module.children)


def _examples(network: Network, kinds: Structure) -> set[Module]:
    """The first block of each kind, and everything it stands in."""
    opened = {network.root}
    seen: set[int] = set()
    stack = [network.root]
    while stack:
        module = stack.pop()
        if module.kind in ("block", "network") and module is not network.root:
            kind = kinds.signature(module)
            if kind in seen:
                continue
            seen.add(kind)
            above: Module | None = module
            while above is not None and above not in opened:
                opened.add(above)
                above = above.parent
        stack.extend(child for child in reversed(module.children) if isinstance(child, Module))
    return opened
