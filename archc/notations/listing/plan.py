"""How the values of a body become lines: which stand within a merge, which on lines of their
own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from archc.notations.listing.trace import Node


@dataclass(eq=False)
class Branch:
    """What leads to a merge: a chain from ``start`` on."""

    start: Node
    chain: list[Node]


@dataclass(eq=False)
class Plan:
    """How the nodes of one body become lines: which stand within which merge or output, and where
    each of the others goes on from."""

    main: list[Node]
    branches: dict[int, list[Branch]] = field(default_factory=dict[int, "list[Branch]"])
    sources: dict[int, Node] = field(default_factory=dict[int, Node])
    outputs: dict[int, Branch] = field(default_factory=dict[int, Branch])  # by their last node
    uses: Counter[int] = field(default_factory=Counter[int])


def plan(nodes: Sequence[Node], results: Sequence[Node]) -> Plan:
    """Chains that one merge alone reads become its branches, one within another."""
    uses = Counter(id(given) for node in nodes for given in node.inputs)
    uses.update(id(result) for result in results)
    inside = {id(node) for node in nodes}
    made = Plan([], uses=uses)
    drawn: dict[int, int] = {}  # how often a node's lines read what it goes on from
    absorbed: set[int] = set()

    def back(end: Node) -> Branch:
        chain: list[Node] = []
        here = end
        expected = 1
        while id(here) in inside and uses[id(here)] == expected and id(here) not in absorbed:
            chain.insert(0, here)
            absorbed.add(id(here))
            expected = drawn[id(here)]
            here = made.sources[id(here)]
        return Branch(here, chain)

    extra = {id(r) for r in results} - {id(_last(nodes, results))}
    for node in nodes:
        if len(node.inputs) == 1:
            made.sources[id(node)], drawn[id(node)] = node.inputs[0], 1
        else:
            branches = [back(given) for given in node.inputs]
            starts = Counter(id(b.start) for b in branches)
            fork = next(b.start for b in branches if starts[id(b.start)] == max(starts.values()))
            made.branches[id(node)] = branches
            made.sources[id(node)] = fork
            drawn[id(node)] = sum(
                drawn[id(b.chain[0])] if b.chain else 1 for b in branches if b.start is fork
            )
    for node in nodes:
        if id(node) in extra and id(node) not in absorbed and uses[id(node)] == 1:
            made.outputs[id(node)] = back(node)
    made.main = [n for n in nodes if id(n) not in absorbed or id(n) in made.outputs]
    return made


def _last(nodes: Sequence[Node], results: Sequence[Node]) -> Node:
    places = {id(node): number for number, node in enumerate(nodes)}
    return max(results, key=lambda r: places.get(id(r), -1))
