"""The lines of a forward: a body's steps as statements, with as few variables as they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from archc_backends.torch.body import Body, Step, rhythm
from archc_backends.torch.names import TAKEN_IN_FILE, identifier, unique
from archc_backends.torch.spelling import WIDTH

INDENT = " " * 8


@dataclass(slots=True)
class Lines:
    """The statements of a forward, and the variable or expression that each value has."""

    body: Body
    taken: Set[str] = frozenset()  # names that variables must not have
    comments: Mapping[int, str] = field(default_factory=dict[int, str])  # of values
    lines: list[str] = field(default_factory=list[str])
    source: dict[int, str] = field(default_factory=dict[int, str])
    _variables: set[str] = field(default_factory=set[str])
    _reads: Counter[int] = field(default_factory=Counter[int])

    def __post_init__(self) -> None:
        body = self.body
        self._variables |= {*TAKEN_IN_FILE, "self", *self.taken, *body.inputs}
        self._reads = Counter(value for step in body.steps for value in step.inputs)
        for number, name in enumerate(body.inputs):
            self.source[number] = name

    def write(self, steps: Sequence[Step], wanted: Set[int], indent: str = INDENT) -> None:
        """Statements for these steps; ``wanted`` are values that are read after them."""
        for position, step in enumerate(steps):
            following = steps[position + 1] if position + 1 < len(steps) else None
            expression = self._call(step)
            if self._goes_on(step, following, wanted) and self._fits(expression, following):
                self.source[step.outputs[0]] = expression
                continue
            names = [self._variable(value, step, following, wanted) for value in step.outputs]
            line = f"{indent}{', '.join(names)} = {expression}"
            self.lines += _long(line + self._comment(step, len(line)), expression)
            for value, name in zip(step.outputs, names, strict=True):
                self.source[value] = name

    def _call(self, step: Step) -> str:
        inputs = [self.source[value] for value in step.inputs]
        if step.join:
            return step.join.format(*inputs)
        return f"{step.function}({', '.join(inputs)})"

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
        return following is not None and (following.light or bool(following.join and step.join))

    def _fits(self, expression: str, following: Step | None) -> bool:
        extra = len(following.function) if following is not None else 0
        return len(expression) + extra + 20 < WIDTH

    def _variable(
        self, value: int, step: Step, following: Step | None, wanted: Set[int]
    ) -> str:
        """``x`` for a value that only the next step reads, else a name of its own."""
        if len(step.outputs) == 1 and self._next(value, following, wanted):
            return "x"
        if len(step.outputs) == 1 and value == max(wanted, default=-1) and following is None:
            return "x"
        name = unique(identifier(step.hint), self._variables | {"x"})
        self._variables.add(name)
        return name

    def _comment(self, step: Step, used: int) -> str:
        text = self.comments.get(step.outputs[0], "")
        return f"  # {text}" if text and used + len(text) + 4 <= WIDTH else ""


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
    rhythm = loop(body)
    if rhythm:
        return head + rhythm
    lines = Lines(body, taken)
    lines.write(body.steps, set(body.returns))
    returns = ", ".join(lines.source[value] for value in body.returns)
    return head + returned(lines.lines, returns)


def returned(lines: list[str], returns: str) -> list[str]:
    """The lines and the return; what was just assigned is returned as it is."""
    if lines and lines[-1].startswith(f"{INDENT}{returns} = "):
        return [*lines[:-1], f"{INDENT}return {lines[-1].partition(' = ')[2]}"]
    return [*lines, f"{INDENT}return {returns}"]


def loop(body: Body) -> list[str]:
    """A loop over lists of layers that run in turn: conv, relu, conv, relu."""
    names = rhythm(body)
    if not names:
        return []
    variables = [unique(identifier(name), TAKEN_IN_FILE) for name in names]
    call = "x"
    for variable in variables:
        call = f"{variable}({call})"
    lists = ", ".join(f"self.{name}" for name in names)
    return [
        f"{INDENT}for {', '.join(variables)} in zip({lists}):",
        f"{INDENT}    x = {call}",
        f"{INDENT}return x",
    ]
