"""What several uses of one block have in common, and what differs: the class's parameters."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from archc_backends.shared.source import identifier
from archc_backends.torch.names import TAKEN_IN_FILE, unique
from archc_backends.torch.spelling import REQUIRED, Arg, Call, Entries, Items, Name, Value

INPUTS = frozenset({"in_channels", "in_features", "num_features", "channels", "normalized_shape"})
"""Arguments that say how many channels arrive."""

FACTORS = range(2, 17)


def skeleton(value: Value) -> Hashable:
    """What has to be equal for two expressions to be made of one template: all but constants, and
    which class a block's use is written with."""
    match value:
        case Call():
            if value.block:
                return ("block", value.block)
            return (value.function, tuple((arg.name, skeleton(arg.value)) for arg in value.args))
        case Items():
            return tuple(map(skeleton, value.items))
        case Entries():
            return tuple((key, skeleton(item)) for key, item in value.entries)
        case _:
            return "constant"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a generated class, and its value in each use."""

    name: str
    annotation: str
    values: tuple[Value, ...]


@dataclass(slots=True)
class Unifier:
    """Makes the template of several uses. ``arguments`` are, for each use, named values that a
    difference may be named after, the likeliest first."""

    arguments: Sequence[Mapping[str, Value]]
    taken: set[str]
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    _known: dict[Hashable, str] = field(default_factory=dict[Hashable, str])
    _given: dict[Hashable, str] = field(default_factory=dict[Hashable, str])

    def unify(self, values: Sequence[Value], role: str) -> Value:
        """One expression for all uses: constants that differ become parameters."""
        first = values[0]
        if all(_same(value, first) for value in values):
            return first
        if isinstance(first, Items):
            lists = [value.items for value in values if isinstance(value, Items)]
            return Items(
                tuple(
                    self.unify(column, _role(column, role)) for column in zip(*lists, strict=True)
                )
            )
        if isinstance(first, Entries):
            entries = [value.entries for value in values if isinstance(value, Entries)]
            return Entries(
                tuple(
                    (column[0][0], self.unify([item for _, item in column], column[0][0]))
                    for column in zip(*entries, strict=True)
                )
            )
        if isinstance(first, Call):
            calls = [value for value in values if isinstance(value, Call)]
            if all(call.function == first.function for call in calls):
                return self._call(calls)
        return Name(self._name(values, role))

    def _call(self, calls: Sequence[Call]) -> Call:
        first = calls[0]
        args = tuple(
            Arg(
                column[0].name,
                self.unify([arg.value for arg in column], _role_of(column[0])),
                column[0].default if _agree([arg.default for arg in column]) else REQUIRED,
                column[0].keyword,
            )
            for column in zip(*(call.args for call in calls), strict=True)
        )
        return Call(first.function, args, first.block, first.helper)

    def _name(self, values: Sequence[Value], role: str) -> str:
        """The source text that has these values in the uses: an argument's name, what was found for
        them before, a multiple of an argument, or a new parameter."""
        key = tuple(map(_typed, values))
        names = list(self.arguments[0])
        others = [name for name in names if name != "in_channels"]
        if role in INPUTS:
            # What an inner layer reads is rather what one before it gives than what arrives.
            found = self._given.get(key) or self._equal(names, values) or self._known.get(key)
        else:
            found = self._equal(others, values) or self._known.get(key)
        found = (
            found
            or self._multiple(others, values)
            or self._equal(names, values)
            or self._multiple(names, values)
            or self._parameter(identifier(role), values)
        )
        self._known.setdefault(key, found)
        if role not in INPUTS:
            self._given.setdefault(key, found)
        return found

    def _column(self, name: str) -> list[Value]:
        return [arguments.get(name) for arguments in self.arguments]

    def _equal(self, names: Sequence[str], values: Sequence[Value]) -> str | None:
        for name in names:
            if all(_same(a, b) for a, b in zip(self._column(name), values, strict=True)):
                return self._parameter(name, values)
        return None

    def _multiple(self, names: Sequence[str], values: Sequence[Value]) -> str | None:
        for name in names:
            expression = _multiple(self._column(name), values)
            if expression is not None:
                return expression.format(self._parameter(name, self._column(name)))
        return None

    def _parameter(self, name: str, values: Sequence[Value]) -> str:
        name = identifier(name)  # a block's parameter may be a word of Python's
        bare = name.rstrip("_0123456789")
        for parameter in self.parameters:
            if parameter.values == tuple(values) and parameter.name.rstrip("_0123456789") == bare:
                return parameter.name
        free = unique(f"{name}_" if name in TAKEN_IN_FILE else name, self.taken)
        self.taken.add(free)
        self.parameters.append(Parameter(free, _annotation(values), tuple(values)))
        return free


def _multiple(column: Sequence[Value], values: Sequence[Value]) -> str | None:
    """``4 * {}`` or ``{} // 2``, where that gives the values from an argument's."""
    pairs = [
        (a, b)
        for a, b in zip(column, values, strict=True)
        if type(a) is int and type(b) is int and a > 0
    ]
    if len(pairs) != len(values):
        return None
    for factor in FACTORS:
        if all(b == factor * a for a, b in pairs):
            return f"{factor} * {{}}"
        if all(b == a // factor for a, b in pairs):
            return f"{{}} // {factor}"
    return None


def _role(column: Sequence[Value], role: str) -> str:
    first = column[0]
    return first.block.split("@")[0] if isinstance(first, Call) and first.block else role


def _role_of(arg: Arg) -> str:
    """What a difference in an argument would be called: the argument's own name."""
    if isinstance(arg.value, Call) and arg.value.block and not arg.keyword:
        return arg.value.block.split("@")[0]
    return arg.name if not arg.name.isdigit() else "layer"


def _agree(defaults: Sequence[object]) -> bool:
    return all(default == defaults[0] for default in defaults)


def _typed(value: Value) -> Hashable:
    return (type(value), value)


def _same(a: Value, b: Value) -> bool:
    return a is b or (type(a) is type(b) and a == b)


def _annotation(values: Sequence[Value]) -> str:
    kinds = sorted({_kind(value) for value in values})
    return "float" if kinds == ["float", "int"] else " | ".join(kinds)


def _kind(value: Value) -> str:
    if isinstance(value, Call):
        return "nn.Module"
    if isinstance(value, tuple):
        inner = ", ".join(map(_kind, value))
        return f"tuple[{inner}]"
    return "None" if value is None else type(value).__name__
