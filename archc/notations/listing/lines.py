"""Steps collected into lines: a label's own, then one for each layer with weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archc.language import syntax as s
from archc.notations.listing import spell
from archc.notations.listing.trace import Node
from archc.registry import has_layer

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


class Lines:
    """Collects steps into lines: a label's own, then one for each layer with weights."""

    def __init__(self, label: Callable[[Node], str], labels: dict[int, str]) -> None:
        self.label_of = label
        self.labels = labels
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
                self.labels[id(node)] = self.label.simple
            name = self.label_of(node)
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
