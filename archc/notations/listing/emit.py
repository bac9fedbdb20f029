"""A traced network as lines of a spec: chains, labels, merges with their branches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from archc.diagnostics import Diagnostic, Span, SpecError
from archc.language import syntax as s
from archc.notations.listing import spell
from archc.notations.listing.blocks import (
    Block,
    Blocks,
    Parameter,
    body_of,
    every,
    outside,
    weighted,
)
from archc.notations.listing.lines import SHORT, Lines
from archc.notations.listing.plan import Branch, Plan, plan
from archc.notations.listing.trace import Group, Node
from archc.ops.base import Op
from archc.registry import layer


class Writer:
    """Writes the bodies of one definition: a network's or a block's, with one namespace."""

    def __init__(self, blocks: Blocks, definition: Block | None) -> None:
        self.blocks = blocks
        self.values: Mapping[tuple[int, str], Parameter] = definition.values if definition else {}
        self.labels: dict[int, str] = {}
        self.taken: set[str] = set(definition.parameters) if definition else set()
        self.shared: dict[tuple[int, int], str] = {}

    # ------------------------------------------------------------ names

    def free(self, name: str) -> str:
        base = spell.identifier(name)
        found, number = base, 1
        while found in self.taken:
            number += 1
            found = f"{base}_{number}"
        self.taken.add(found)
        return found

    def label(self, node: Node) -> str:
        """The label of a value that a line reads."""
        if id(node) not in self.labels:
            self.labels[id(node)] = self.free(node.label or node.hint or node.op or "value")
        return self.labels[id(node)]

    # ------------------------------------------------------------ bodies

    def share(self, nodes: Sequence[Node]) -> list[s.Statement]:
        """Lines for the modules that are used more than once, and have weights."""
        uses: dict[tuple[int, int], list[Node]] = {}
        _owned(nodes, uses)
        found: list[s.Statement] = []
        for key, same in uses.items():
            if len(same) < 2:
                continue
            first = same[0]
            name = self.free(first.label or first.op or "shared")
            step = self.step(first)
            self.shared[key] = name
            found.append(s.Share(first.span, name, (step,)))
            for node in same:
                node.label = None
        return found

    def body(
        self, entries: Sequence[Node], nodes: Sequence[Node], results: Sequence[tuple[str, Node]]
    ) -> list[s.Statement]:
        """The lines of a body; ``results`` are its outputs with their names."""
        planned = plan(nodes, [node for _, node in results])
        needed = self._needed(entries, planned, results)
        names = {id(node): name for name, node in results}
        if len(results) > 1:
            for name, node in results:
                if id(node) not in planned.outputs and node.label is None:
                    self.labels.setdefault(id(node), self.free(name))
        lines = Lines(self.label, self.labels)
        if len(entries) == 1 and id(entries[0]) in needed and id(entries[0]) not in self.labels:
            span = entries[0].span
            keep = s.Call(span, spell.reference(span, "identity"), ())
            label = spell.reference(span, self.label(entries[0]))
            lines.statements.append(s.Chain(span, label, (keep,), None))
        flow: Node | None = entries[0] if len(entries) == 1 else None
        for node in planned.main:
            if id(node) in planned.outputs:
                lines.close()
                lines.statements.append(self._output(node, planned, names[id(node)], flow))
                continue
            source = planned.sources[id(node)]
            if source is not flow:
                lines.close()
                lines.start(s.From(node.span, spell.reference(node.span, self.label(source))))
            lines.add(node, self._step(node, planned), id(node) in needed)
            flow = node
        lines.close()
        if len(results) > 1:
            for _, node in results:
                if id(node) not in planned.outputs and (
                    node is not flow or planned.uses[id(node)] > 1
                ):
                    label = spell.reference(node.span, self.label(node))
                    lines.statements.append(s.Output(node.span, label, (), None))
        return lines.statements

    def _needed(
        self, entries: Sequence[Node], planned: Plan, results: Sequence[tuple[str, Node]]
    ) -> set[int]:
        """The values that lines read by their names."""
        needed: set[int] = set()
        flow: Node | None = entries[0] if len(entries) == 1 else None
        for node in planned.main:
            output = planned.outputs.get(id(node))
            source = output.start if output is not None else planned.sources[id(node)]
            if source is not flow:
                needed.add(id(source))
            if output is None:
                flow = node
        for branches, fork in ((b, planned.sources[key]) for key, b in planned.branches.items()):
            needed.update(id(b.start) for b in branches if b.start is not fork)
        if len(results) > 1:
            needed.update(id(n) for _, n in results if id(n) not in planned.outputs)
        return needed

    def _output(self, node: Node, planned: Plan, name: str, flow: Node | None) -> s.Statement:
        branch = planned.outputs[id(node)]
        last = node.follows or node
        if last.label == name:
            last.label = None  # the line has it
        inner, steps = self._line(branch.chain, planned)
        if branch.start is not flow:
            source = s.From(node.span, spell.reference(node.span, self.label(branch.start)))
            steps = (source, *steps)
        label = inner.simple if inner is not None and inner.simple else self.free(name)
        return s.Output(node.span, spell.reference(node.span, label), steps, None)

    def _step(self, node: Node, planned: Plan) -> s.Call | s.Braces:
        branches = planned.branches.get(id(node))
        if branches is None:
            return self.step(node)
        fork = planned.sources[id(node)]
        lines: list[s.Statement] = []
        for branch in branches:
            lines.append(self._branch(node, branch, fork, planned))
        body = s.Body(node.span, tuple(lines), inline=False)
        name = spell.reference(node.span, node.op)
        return s.Call(node.span, name, self.arguments(node), body)

    def _branch(self, merge: Node, branch: Branch, fork: Node, planned: Plan) -> s.Statement:
        span = branch.chain[-1].span if branch.chain else merge.span
        label, steps = self._line(branch.chain, planned)
        if branch.start is not fork:
            steps = (s.From(span, spell.reference(span, self.label(branch.start))), *steps)
        if not steps:
            steps = (s.Call(span, spell.reference(span, "identity"), ()),)
        return s.Chain(span, label, steps, None)

    def _line(
        self, chain: Sequence[Node], planned: Plan
    ) -> tuple[s.Reference | None, tuple[s.Step, ...]]:
        """A chain as one line: its label if it has one, and its steps, in braces if many."""
        if not chain:
            return None, ()
        lines = Lines(self.label, self.labels)
        for node in chain:
            lines.add(node, self._step(node, planned), False)
        lines.close()
        found = [line for line in lines.statements if isinstance(line, s.Chain)]
        if len(found) == 1:
            return found[0].label, found[0].steps
        if not lines.labelled and len(chain) <= SHORT:
            return None, tuple(step for line in found for step in line.steps)
        span = chain[0].span
        return None, (s.Braces(span, s.Body(span, tuple(lines.statements))),)

    # ------------------------------------------------------------ steps

    def step(self, node: Node) -> s.Call | s.Braces:
        """One value as one step: a layer, a block, a group in braces, what is shared."""
        name = self.shared.get((id(node.owner), node.part)) if node.owner is not None else None
        if name is not None and weighted(node):
            return s.Call(node.span, spell.reference(node.span, name), ())
        if node.group is None:
            return s.Call(node.span, spell.reference(node.span, node.op), self.arguments(node))
        if id(node) in self.blocks.uses:
            block, _ = self.blocks.uses[id(node)]
            return s.Call(node.span, spell.reference(node.span, block.name), self.arguments(node))
        inner = self.body([node.group.entry], body_of(node.group), [("", node.group.result)])
        return s.Braces(node.span, s.Body(node.span, tuple(inner)))

    def arguments(self, node: Node) -> tuple[s.Argument, ...]:
        span = node.span
        given = {
            key: _parameter(span, parameter)
            for (owner, key), parameter in self.values.items()
            if owner == id(node)
        }
        if node.group is None:
            op: type[Op] = layer(node.op)
            return spell.arguments(op, node.arguments, span, given)
        _, values = self.blocks.uses[id(node)]
        return tuple(given.get(str(n)) or _value(span, v) for n, v in enumerate(values))


def _parameter(span: Span, parameter: Parameter) -> s.Expression:
    name = spell.reference(span, parameter.name)
    if parameter.factor == 1:
        return name
    return s.Group(span, s.Binary(span, "*", spell.number(span, parameter.factor), name))


def _value(span: Span, value: Any) -> s.Argument:
    found = spell.expression(span, value)
    return s.Group(span, found) if isinstance(found, s.Unary) else found


def _owned(nodes: Sequence[Node], uses: dict[tuple[int, int], list[Node]]) -> None:
    """The uses of each module with weights in a body. Within a group that is used twice there is
    nothing to share any more: the group is."""
    own = [n for n in nodes if n.owner is not None and weighted(n)]
    counts = Counter(id(n.owner) for n in own if n.group is not None)
    for node in own:
        uses.setdefault((id(node.owner), node.part), []).append(node)
    for node in nodes:
        if node.group is not None and node.group.callee is None and counts[id(node.owner)] < 2:
            _owned(body_of(node.group), uses)


def check_shared(nodes: Sequence[Node]) -> None:
    """Raise SpecError where weights are shared between bodies that are blocks of their own, which
    the language's `share` does not reach."""
    seen: dict[tuple[int, int], int] = {}
    stack: list[tuple[Sequence[Node], int]] = [(nodes, 0)]
    number = 0
    while stack:
        body, place = stack.pop()
        for node in body:
            key = (id(node.owner), node.part)
            if node.owner is not None and weighted(node):
                again = key in seen
                if seen.setdefault(key, place) != place:
                    message = "weights are shared between a class or function and another place"
                    raise SpecError([Diagnostic("unsupported", message, node.span)])
                if again:
                    continue  # the first use has all that is inside
            if node.group is not None:
                number += 1
                stack.append((body_of(node.group), number if node.group.callee else place))


def check_closed(nodes: Sequence[Node], entries: Sequence[Node]) -> None:
    """Raise SpecError where a node reads what is inside another's group."""
    inside = {id(node) for node in nodes} | {id(entry) for entry in entries}
    for node in nodes:
        for given in node.inputs:
            if id(given) not in inside:
                raise SpecError([outside(given)])


def definition(
    writer: Writer,
    entries: Sequence[Node],
    nodes: Sequence[Node],
    results: Sequence[tuple[str, Node]],
    group: Group | None,
) -> list[s.Statement]:
    """The lines of a network or a block, what it shares first."""
    own = list(nodes) if group is None else body_of(group)
    plain = [n for n in every(own) if n.owner is not None and not weighted(n)]
    often = Counter(id(n.owner) for n in plain if n.follows is None)
    for node in plain:
        if often[id(node.owner)] > 1:
            node.label = None  # one pooling of the listing, used again and again
    return [*writer.share(own), *writer.body(entries, own, results)]
