"""A listing as a spec's tree: its networks found, traced, and written as lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, Source, Span, SpecError
from archc.dims import Expr, symbols_of
from archc.language import syntax as s
from archc.notations.listing import emit, spell
from archc.notations.listing.blocks import Blocks, find
from archc.notations.listing.sizes import Traced, Tracer
from archc.notations.listing.text import Text, parse, parse_repaired
from archc.notations.listing.trace import Node
from archc.ops.base import Shape

if TYPE_CHECKING:
    from archc.graph.network import Network

PYTHON_FRAMES = 20_000
"""The listing's nesting is bounded, but a level of it takes several of Python's frames."""


def read(source: Source) -> s.File:
    """The tree of a listing. Raises SpecError: where the text is not Python, where what a network
    needs is not known, where its framework would refuse it."""
    found: s.File = _guarded(lambda: _Reading(parse(source)).file(strict=True))
    return found


def repair(source: Source) -> s.File:
    """As :func:`read`, of a damaged text; what the framework would refuse is a remark."""
    found: s.File = _guarded(lambda: _Reading(parse_repaired(source)).file(strict=False))
    return found


def review(source: Source, network: Network) -> Iterable[Diagnostic]:
    """What only the sizes tell of a network read from the listing: what its framework would refuse
    (raised as SpecError), or never notice."""
    known = [value.shape for value in network.inputs]
    if any(isinstance(size, Expr) for shape in known for size in shape):
        return []
    found: list[Diagnostic] = _guarded(
        lambda: _Reading(_parsed(source)).review(network.name, known, network.parameters)
    )
    return found


def _parsed(source: Source) -> Text:
    try:
        return parse(source)
    except SpecError:
        return parse_repaired(source)


def _guarded(work: Any) -> Any:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, PYTHON_FRAMES))
    try:
        return work()
    finally:
        sys.setrecursionlimit(before)


class _Reading(Tracer):
    # ------------------------------------------------------------ the three uses

    def file(self, strict: bool) -> s.File:
        networks = self.networks()
        if strict and self.says.errors:
            raise SpecError(self.says.errors[:8])
        remarks = [*self.text.remarks, *self.says.remarks]
        remarks += [replace(d, severity="remark") for d in self.says.errors]
        return self.write(networks, remarks)

    def review(self, name: str, known: list[Shape], parameters: Any) -> list[Diagnostic]:
        self.sizes = known
        self.bound = {k: v for k, v in parameters.items() if isinstance(v, int)}
        self.networks(name)
        if self.says.errors:
            raise SpecError([*self.says.errors[:8], *self.says.remarks])
        return self.says.remarks

    # ------------------------------------------------------------ writing

    def write(self, networks: list[Traced], remarks: list[Diagnostic]) -> s.File:
        for network in networks:
            emit.check_closed(network.nodes, network.entries)
            emit.check_shared(network.nodes)
        taken = {network.name for network in networks}
        blocks = find([network.nodes for network in networks], taken)
        items: list[s.Statement] = []
        for block in blocks.blocks:
            writer = emit.Writer(blocks, block)
            group = block.group
            body = emit.definition(writer, [group.entry], group.nodes, [("", group.result)], group)
            span = group.result.span
            parameters = tuple(s.Parameter(span, p, None) for p in block.parameters)
            items.append(s.Block(span, block.name, parameters, s.Body(span, tuple(body))))
        items += [self.network(network, blocks) for network in networks]
        span = Span(self.text.source, 0, len(self.text.source.text))
        return s.File(span, tuple(items), tuple(remarks))

    def network(self, network: Traced, blocks: Blocks) -> s.Network:
        writer = emit.Writer(blocks, None)
        heads: list[s.Statement] = []
        for entry in network.entries:
            name = self.entry_name(entry, len(network.entries))
            writer.labels[id(entry)] = name
            writer.taken.add(name)
            shape = self.spelled(entry, network)
            heads.append(s.Input(entry.span, name, shape, where(entry, network.multiple)))
        body = emit.definition(writer, network.entries, network.nodes, network.results, None)
        parameters = [
            s.Parameter(
                network.span, name, None if value is None else spell.number(network.span, value)
            )
            for name, value in self.all_parameters(network)
        ]
        statements = (*heads, *body)
        return s.Network(
            network.span, network.name, tuple(parameters), s.Body(network.span, statements)
        )

    def all_parameters(self, network: Traced) -> list[tuple[str, int | None]]:
        """The network's own, and the symbols that its layers are made with."""
        found = dict(network.parameters)
        entries = [size for entry in network.entries for size in entry.shape or ()]
        used = _symbols(entries)
        letters = {name for name in used if len(name) == 1 and name.isupper()}
        stack = list(network.nodes)
        while stack:
            node = stack.pop()
            if node.group is not None:
                stack.extend(node.group.nodes)
            used |= _symbols(node.arguments.values())
        for name in used:
            if name not in letters:
                found.setdefault(name, None)
        return list(found.items())

    def entry_name(self, entry: Node, count: int) -> str:
        label = entry.label or entry.hint or ""
        if count > 1 or (label and label not in ("x", "X", "inputs", "input", "img", "input_")):
            return spell.identifier(label or "image")
        rank = len(entry.shape) if entry.shape is not None else 3
        return {1: "values", 2: "sequence"}.get(rank, "image")

    def spelled(self, entry: Node, network: Traced) -> s.Expression:
        shape: Any = entry.shape
        if network.parameters:
            name = spell.reference(entry.span, network.parameters[0][0])
            rest = tuple(spell.expression(entry.span, size) for size in shape[2:])
            return s.ListLiteral(entry.span, (name, name, *rest))
        if len(shape) == 1:
            return spell.expression(entry.span, shape[0])
        return spell.sizes(entry.span, tuple(shape))


def _symbols(values: Iterable[Any]) -> dict[str, None]:
    """The names in sizes, in order."""
    return dict.fromkeys(n for v in values if isinstance(v, Expr) for n in sorted(symbols_of(v)))


def where(entry: Node, number: int) -> s.Expression | None:
    """The constraint that says so."""
    names = [
        n
        for n in "HW"
        if any(n in symbols_of(d) for d in (entry.shape or ())[:2] if isinstance(d, Expr))
    ]
    if number == 1 or not names:
        return None
    span, found = entry.span, None
    for name in names:
        rest = s.Binary(span, "%", spell.reference(span, name), spell.number(span, number))
        even = s.Binary(span, "==", rest, spell.number(span, 0))
        found = even if found is None else s.Binary(span, "and", found, even)
    return found
