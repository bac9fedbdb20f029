"""A traced network as lines of a spec: chains, labels, merges with their branches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archc.diagnostics import Diagnostic, Span, SpecError
from archc.language import syntax as s
from archc.notations.listing import spell
from archc.notations.listing.blocks import Block, Blocks, Parameter, body_of, every, outside
from archc.notations.listing.trace import Group, Node
from archc.ops.base import Op
from archc.registry import has_layer, layer

STARTERS = frozenset(
    ["conv", "depthwise", "deconv", "fc", "embed", "lstm", "gru", "concat", "add", "mul"]
)
"""Layers that begin a line; what follows them stands on it."""

MERGES = frozenset(("add", "concat", "mul", ""))
"""What ends its line: layers with a body, blocks and groups."""

SECONDS = frozenset(["maxpool", "avgpool", "flatten", "upsample", "reshape", "pad"])
"""Layers that begin a line where one of those above stands on this one."""

SHORT = 4
"""Steps that a labelled group may have to stand on its label's line."""


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
        lines = _Lines(self)
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
        lines = _Lines(self)
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


def weighted(node: Node) -> bool:
    """Whether a value's layer, or one of its group, stores anything."""
    if node.group is not None:
        return any(weighted(inner) for inner in body_of(node.group))
    return node.op in WEIGHTED


WEIGHTED = frozenset(
    [
        "conv",
        "depthwise",
        "deconv",
        "fc",
        "bn",
        "ln",
        "groupnorm",
        "instancenorm",
        "prelu",
        "embed",
        "lstm",
        "gru",
    ]
)


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
            stored = node.owner is not None and weighted(node)
            if stored and seen.setdefault(key, place) != place:
                message = "weights are shared between a class or function and another place"
                raise SpecError([Diagnostic("unsupported", message, node.span)])
            if node.group is not None:
                number += 1
                again = node.owner is not None and key in seen and seen[key] == -1
                if not again:
                    stack.append((body_of(node.group), number if node.group.callee else place))


class _Lines:
    """Collects steps into lines: a label's own, then one for each layer with weights."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.statements: list[s.Statement] = []
        self.steps: list[s.Step] = []
        self.ops: list[str] = []
        self.label: s.Reference | None = None
        self.labelled = False
        self.owner: Node | None = None  # the labelled node that the line is of

    def start(self, source: s.From) -> None:
        self.steps = [source]

    def add(self, node: Node, step: s.Call | s.Braces, named: bool) -> None:
        part = node.follows is not None and node.follows is self.owner
        if not part and self._breaks(node):
            self.close()
        if node.label is not None or named:
            if part and self.label is not None and self.label.simple is not None:
                self.writer.labels[id(node)] = self.label.simple
            name = self.writer.label(node)
            if self.ops and node.label is not None:
                self.close()
            self.label = spell.reference(node.span, name)
            self.labelled = True
        self.steps += self._spread(step)
        self.ops.append(node.op)
        if not part:
            self.owner = node
        if named:
            self.close()

    def _breaks(self, node: Node) -> bool:
        if not self.ops:
            return False
        if self.label is not None or node.label is not None:
            return True
        if node.op in STARTERS or node.group is not None or MERGES.intersection(self.ops):
            return True
        return node.op in SECONDS and bool(STARTERS.intersection(self.ops))

    def _spread(self, step: s.Call | s.Braces) -> list[s.Step]:
        """A short group on its label's line stands there without braces."""
        if not isinstance(step, s.Braces) or self.label is None:
            return [step]
        lines = step.body.statements
        plain = [line for line in lines if isinstance(line, s.Chain) and line.label is None]
        steps = [each for line in plain for each in line.steps]
        whole = len(plain) == len(lines) and not any(isinstance(e, s.From) for e in steps)
        called = all(isinstance(e, s.Call | s.Repeat) for e in steps)
        alike = len({_name(e) for e in steps}) == 1
        return steps if whole and called and (alike or len(steps) <= SHORT) else [step]

    def close(self) -> None:
        if self.ops:
            steps = tuple(_repeated(self.steps))
            first, last = steps[0].span, steps[-1].span
            span = first if first.start <= last.start else last
            line = s.Chain(span, self.label, steps, None)
            previous = self.statements[-1] if self.statements else None
            if self.label is None and isinstance(previous, s.Chain) and _joins(previous, line):
                both = tuple(_repeated([*previous.steps, *steps]))
                self.statements[-1] = s.Chain(previous.span, None, both, None)
            else:
                self.statements.append(line)
        self.steps, self.ops, self.label, self.owner = [], [], None, None


def _name(step: s.Step) -> str:
    call = step.step if isinstance(step, s.Repeat) else step
    return call.name.parts[0].name if isinstance(call, s.Call) else ""


def _joins(previous: s.Chain, line: s.Chain) -> bool:
    """Whether a line repeats the block of the line before it."""
    if previous.label is not None or len(previous.steps) != 1 or len(line.steps) != 1:
        return False
    before = previous.steps[0]
    step = before.step if isinstance(before, s.Repeat) else before
    return step == line.steps[0] and isinstance(step, s.Call) and _is_block(step)


def _is_block(call: s.Call) -> bool:
    return call.body is None and not has_layer(_name(call))


def _repeated(steps: Sequence[s.Step]) -> list[s.Step]:
    """Uses of a block that follow one another and are alike, as ``block 64 * 3``."""
    found: list[s.Step] = []
    for step in steps:
        last = found[-1] if found else None
        one = last.step if isinstance(last, s.Repeat) else last
        if isinstance(step, s.Call) and _is_block(step) and one == step and isinstance(one, s.Call):
            count = (
                last.count.value
                if isinstance(last, s.Repeat) and isinstance(last.count, s.Number)
                else 1
            )
            number = s.Number(step.span, int(count) + 1, str(int(count) + 1))
            found[-1] = s.Repeat(one.span, one, number)
        else:
            found.append(step)
    return found


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
