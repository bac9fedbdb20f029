"""The lines of a forward: a body's steps as statements, with as few variables as they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from archc_backends.shared.source import identifier
from archc_backends.torch.body import Body, Step
from archc_backends.torch.names import TAKEN_IN_FILE, unique
from archc_backends.torch.spelling import WIDTH

INDENT = " " * 8


@dataclass(slots=True)
class Lines:
    """The statements of a forward, and the variable or expression that each value has.

    ``names`` are the variables that certain values get; ``comments`` stand beside values.
    """

    body: Body
    taken: Set[str] = frozenset()  # names that variables must not have
    comments: Mapping[int, str] = field(default_factory=dict[int, str])
    names: Mapping[int, str] = field(default_factory=dict[int, str])
    lines: list[str] = field(default_factory=list[str])
    source: dict[int, str] = field(default_factory=dict[int, str])
    _variables: set[str] = field(default_factory=set[str])
    _reads: Counter[int] = field(default_factory=Counter[int])
    _left: Counter[int] = field(default_factory=Counter[int])  # reads still to come
    _holds: int = -1  # the value that the variable x has

    def __post_init__(self) -> None:
        body = self.body
        self._variables |= {*TAKEN_IN_FILE, "self", *self.taken, *body.inputs}
        self._variables |= set(self.names.values())
        self._reads = Counter(value for step in body.steps for value in step.inputs)
        self._left = Counter(self._reads)
        for number, name in enumerate(body.inputs):
            self.source[number] = name
            if name == "x":
                self._holds = number

    def write(self, steps: Sequence[Step], wanted: Set[int], indent: str = INDENT) -> None:
        """Statements for these steps; ``wanted`` are values that are read after them."""
        inlined = self._inlined(steps, wanted)
        for position, step in enumerate(steps):
            following = steps[position + 1] if position + 1 < len(steps) else None
            expression = self.call(step)
            self._left.subtract(step.inputs)
            if step.loop:
                self._loop(step, following, wanted, indent)
                continue
            if position in inlined or (
                self._goes_on(step, following, wanted) and _fits(expression, following)
            ):
                self.source[step.outputs[0]] = expression
                continue
            names = [
                self._variable(value, hint, following, wanted if len(step.outputs) == 1 else None)
                for value, hint in zip(step.outputs, step.hints, strict=True)
            ]
            line = f"{indent}{', '.join(names)} = {expression}"
            self.lines += _long(line + self._comment(step, len(line)), expression)
            for value, name in zip(step.outputs, names, strict=True):
                self.source[value] = name
                if name == "x":
                    self._holds = value

    def _loop(self, step: Step, following: Step | None, wanted: Set[int], indent: str) -> None:
        """A loop over lists of layers that run in turn."""
        (value,), (source,) = step.outputs, step.inputs
        if self.source[source] == "x" and self._left[source] <= 0 and source not in wanted:
            name = "x"
        else:
            name = self._variable(value, step.hints[0], following, wanted)
            self.lines.append(f"{indent}{name} = {self.source[source]}")
        layers = [unique(identifier(part), self._variables) for part in step.loop]
        call = name
        for layer in layers:
            call = f"{layer}({call})"
        line = f"{indent}for {', '.join(layers)} in zip({step.function}):"
        self.lines += [line + self._comment(step, len(line)), f"{indent}    {name} = {call}"]
        self.source[value] = name
        if name == "x":
            self._holds = value

    def call(self, step: Step) -> str:
        """A step's expression."""
        inputs = [self.source[value] for value in step.inputs]
        if step.join:
            joined = step.join.format(*inputs)
            return f"{step.function}({joined})" if step.function else joined
        return f"{step.function}({', '.join(inputs)})"

    def _inlined(self, steps: Sequence[Step], wanted: Set[int]) -> set[int]:
        """Branches that are best written inside the merge that follows them all."""
        if not steps or not steps[-1].join or len(steps) < 2:
            return set()
        given = [value for step in steps[:-1] for value in step.outputs]
        alone = all(self._reads[value] == 1 and value not in wanted for value in given)
        if not alone or not set(given) <= set(steps[-1].inputs):
            return set()
        length = sum(len(self.call(step)) for step in steps[:-1])
        return set(range(len(steps) - 1)) if length + 30 < WIDTH else set()

    def _next(self, value: int, following: Step | None, wanted: Set[int]) -> bool:
        """Whether the following step reads a value, once, and nothing else does."""
        return (
            following is not None
            and following.inputs.count(value) == 1
            and self._reads[value] == 1
            and value not in wanted
        )

    def _goes_on(self, step: Step, following: Step | None, wanted: Set[int]) -> bool:
        """Whether a step's value is best written inside the next step's call."""
        if len(step.outputs) != 1 or not self._next(step.outputs[0], following, wanted):
            return False
        return following is not None and following.light

    def _variable(
        self, value: int, hint: str, following: Step | None, wanted: Set[int] | None
    ) -> str:
        """``x`` for a value that only the next step reads, else a name of its own (as for each of
        several values: ``wanted`` is None)."""
        if value in self.names:
            return self.names[value]
        if wanted is not None:
            free = self._left[self._holds] <= 0 and self._holds not in wanted
            last = following is None and {value} == wanted
            if free and (last or self._next(value, following, wanted)):
                return "x"
        name = unique(identifier(hint), self._variables | {"x"})
        self._variables.add(name)
        return name

    def _comment(self, step: Step, used: int) -> str:
        text = self.comments.get(step.outputs[0], "")
        return f"  # {text}" if text and used + len(text) + 4 <= WIDTH else ""


def _fits(expression: str, following: Step | None) -> bool:
    extra = len(following.function) if following is not None else 0
    return len(expression) + extra + 20 < WIDTH


def _long(line: str, expression: str) -> list[str]:
    """The line, with a call's arguments on lines of their own where it is too long."""
    if len(line) <= WIDTH or not expression.endswith(")") or "(" not in expression:
        return [line]
    opening, _, rest = line.partition("(")
    inner = rest.rsplit(")", 1)[0]
    depth = len(line) - len(line.lstrip())
    return [f"{opening}(", f"{' ' * (depth + 4)}{inner}", f"{' ' * depth})"]


def forward(body: Body, taken: Set[str]) -> list[str]:
    """The method of a block's class."""
    inputs = "".join(f", {name}: Tensor" for name in body.inputs)
    many = len(body.returns) > 1
    kind = f"tuple[{', '.join(['Tensor'] * len(body.returns))}]" if many else "Tensor"
    head = [f"    def forward(self{inputs}) -> {kind}:"]
    lines = Lines(body, taken)
    lines.write(body.steps, set(body.returns))
    returns = ", ".join(lines.source[value] for value in body.returns)
    return head + returned(lines.lines, returns)


def returned(lines: list[str], returns: str) -> list[str]:
    """The lines and the return; what was just assigned is returned as it is."""
    if lines and lines[-1].startswith(f"{INDENT}{returns} = "):
        return [*lines[:-1], f"{INDENT}return {lines[-1].partition(' = ')[2]}"]
    return [*lines, f"{INDENT}return {returns}"]
