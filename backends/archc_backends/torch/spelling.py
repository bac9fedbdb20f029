"""Python expressions as data: calls, lists and constants, and how they are written.

A row of the torch backend spells a layer as a :class:`Call`, such as ``nn.Conv2d(3, 64, 7)``. Kept
as data until the end, the calls of several uses of a block can be compared, and what differs made
a parameter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from archc_backends.shared.source import text

WIDTH = 100
"""No line of generated source is longer, where it can be broken."""

FEWEST_REPEATED = 3
"""From so many equal items on, a list is written as a comprehension."""


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, or an expression in parameters, as source text."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A dictionary with strings as keys."""

    entries: tuple[tuple[str, Value], ...]


class Required:
    """The default of an argument that has none."""


REQUIRED = Required()


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument of a call. It is left out where its value is the default."""

    name: str
    value: Value
    default: Value | Required = REQUIRED
    keyword: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """``function(args)``.

    ``block`` names the spec's block that the class ``function`` was made of: calls of one block
    may stand in each other's place. ``helper`` is the source of the class or function, where
    neither torch nor archc brings it and the generated file must.
    """

    function: str
    args: tuple[Arg, ...] = ()
    block: str = ""
    helper: str | None = None


Value: TypeAlias = (
    "bool | int | float | str | tuple[Value, ...] | Name | Items | Entries | Call | None"
)


def layer(
    function: str, *required: tuple[str, Value], **optional: tuple[Value, Value | Required]
) -> Call:
    """A call of a layer's class: required arguments by position (each with its name), optional ones
    by name, each with its value and its default."""
    return Call(
        function,
        (
            *(Arg(name, value) for name, value in required),
            *(
                Arg(name, value, default, keyword=True)
                for name, (value, default) in optional.items()
            ),
        ),
    )


def calls(value: Value) -> Iterator[Call]:
    """Every call in an expression, itself included."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, Call):
            yield value
            stack += [arg.value for arg in value.args]
        elif isinstance(value, Items):
            stack += value.items
        elif isinstance(value, Entries):
            stack += [item for _, item in value.entries]


def written(args: tuple[Arg, ...]) -> list[Arg]:
    """The arguments that are written: not those that have their default."""
    return [arg for arg in args if isinstance(arg.default, Required) or arg.value != arg.default]


def render(value: Value, indent: int = 0, used: int = 0) -> str:
    """An expression as source text, broken over lines where it is too long.

    ``indent`` is that of the line it stands in, ``used`` how many characters stand around it there.
    """
    flat = _flat(value)
    if indent + used + len(flat) <= WIDTH:
        return flat
    opening, parts, closing = _broken(value, indent + 4)
    if not parts:
        return flat
    inner = "\n".join(f"{' ' * (indent + 4)}{part}," for part in parts)
    return f"{opening}\n{inner}\n{' ' * indent}{closing}"


def _flat(value: Value) -> str:
    match value:
        case Name():
            return value.text
        case Items():
            return f"[{', '.join(_runs(value.items))}]"
        case Entries():
            return "{" + ", ".join(f"{text(k)}: {_flat(v)}" for k, v in value.entries) + "}"
        case Call():
            repeated = _repeated(value)
            if repeated:
                return "".join(repeated)
            return f"{value.function}({', '.join(_arguments(value))})"
        case tuple():
            inner = ", ".join(map(_flat, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case str():
            return text(value)
        case _:
            return number(value)


def _arguments(call: Call) -> list[str]:
    """A call's arguments on one line."""
    if call.function == "nn.Sequential":
        return _runs(tuple(arg.value for arg in call.args))
    return [
        f"{arg.name}={_flat(arg.value)}" if arg.keyword else _flat(arg.value)
        for arg in written(call.args)
    ]


def _broken(value: Value, indent: int) -> tuple[str, list[str], str]:
    """Opening, parts and closing of an expression that takes several lines."""
    match value:
        case Items():
            return "[", _runs(value.items, indent), "]"
        case Entries():
            return "{", [f"{text(k)}: {_item(v, indent)}" for k, v in value.entries], "}"
        case Call():
            repeated = _repeated(value)
            if repeated:
                return repeated[0], [], repeated[1]
            if value.function == "nn.Sequential":
                return (
                    "nn.Sequential(",
                    _runs(tuple(arg.value for arg in value.args), indent),
                    ")",
                )
            args = written(value.args)
            if len(args) == 1 and isinstance(args[0].value, Items | Entries | tuple):
                opening, parts, closing = _broken(args[0].value, indent)
                return f"{value.function}({opening}", parts, f"{closing})"
            parts = [
                f"{arg.name}={_item(arg.value, indent, len(arg.name) + 1)}"
                if arg.keyword
                else _item(arg.value, indent)
                for arg in args
            ]
            return f"{value.function}(", parts, ")"
        case tuple():
            return "(", [_item(item, indent) for item in value], ")"
        case _:
            return "", [], ""


def _item(value: Value, indent: int | None, used: int = 0) -> str:
    return _flat(value) if indent is None else render(value, indent, used + 1)


def _runs(items: tuple[Value, ...], indent: int | None = None) -> list[str]:
    """Items as text, a run of equal calls as a comprehension."""
    parts: list[str] = []
    for item, run in groupby(items):
        count = len(list(run))
        if count >= FEWEST_REPEATED and isinstance(item, Call):
            parts.append(_comprehension(item, count, indent))
        else:
            parts += [_item(item, indent)] * count
    return parts


def _comprehension(item: Call, count: int, indent: int | None) -> str:
    line = f"*({_flat(item)} for _ in range({count}))"
    if indent is None or indent + len(line) < WIDTH:
        return line
    inner = " " * (indent + 4)
    first = render(item, indent + 4)
    return f"*(\n{inner}{first}\n{inner}for _ in range({count})\n{' ' * indent})"


def _repeated(call: Call) -> tuple[str, str] | None:
    """``nn.ModuleList(layer for _ in range(n))``, where all of a list's items are equal."""
    if call.function != "nn.ModuleList" or len(call.args) != 1:
        return None
    items = call.args[0].value
    if not isinstance(items, Items) or len(items.items) < FEWEST_REPEATED:
        return None
    first = items.items[0]
    if not isinstance(first, Call) or any(item != first for item in items.items):
        return None
    return f"nn.ModuleList({_flat(first)} for _ in range({len(items.items)})", ")"


def number(value: bool | int | float | None) -> str:
    """A constant as source text."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)
