"""Python expressions as data, and how they are written.

A row of the backend spells a layer as a :class:`Call`, such as ``layers.Conv2D(64, 7)``. Kept as
data until the end, the calls of several uses of a block can be compared, and what differs made
a parameter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

from archc_backends.shared.source import text

WIDTH = 100
"""No line of generated source is longer, where it can be broken."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or an expression in variables, as source text."""

    text: str


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

    @property
    def written(self) -> bool:
        if isinstance(self.default, Required):
            return True
        value = self.value.value if isinstance(self.value, Either) else self.value
        return value != self.default or type(value) is not type(self.default)


@dataclass(frozen=True, slots=True)
class Call:
    """``function(args)``.

    ``helper`` is the source of the class, where neither Keras nor archc brings it and the generated
    file must: that of a layer from another distribution.
    """

    function: str
    args: tuple[Arg, ...] = ()
    helper: str | None = None

    def given(self, *args: Arg) -> Call:
        """The call with further arguments."""
        return replace(self, args=(*self.args, *args))


@dataclass(frozen=True, slots=True)
class Either:
    """A value in whose place ``other`` would do as well: a function takes what its other uses
    have."""

    value: str
    other: str


Value: TypeAlias = "bool | int | float | str | tuple[Value, ...] | Name | Either | Call | None"


def layer(
    function: str, *required: tuple[str, Value], **optional: tuple[Value, Value | Required]
) -> Call:
    """A layer's constructor: required arguments by position (each with its name), optional ones by
    name, each with its value and Keras' default."""
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


def render(value: Value, indent: int = 0, used: int = 0) -> str:
    """An expression as source text, broken over lines where it is too long.

    ``indent`` is that of the line it stands in, ``used`` how many characters stand around it there.
    """
    flat = _flat(value)
    if indent + used + len(flat) <= WIDTH:
        return flat
    inside = indent + 4
    match value:
        case Call():
            opening, closing = f"{value.function}(", ")"
            within = flat[len(opening) : -1]
            if within and inside + len(within) <= WIDTH:
                return f"{opening}\n{' ' * inside}{within}\n{' ' * indent}{closing}"
            parts = [_argument(arg, inside) for arg in value.args if arg.written]
        case tuple():
            opening, closing = "(", ")"
            parts = [render(item, inside, 1) for item in value]
        case _:
            return flat
    if not parts:
        return flat
    lines = "\n".join(f"{' ' * inside}{part}," for part in parts)
    return f"{opening}\n{lines}\n{' ' * indent}{closing}"


def _argument(arg: Arg, indent: int) -> str:
    if arg.keyword:
        return f"{arg.name}={render(arg.value, indent, len(arg.name) + 2)}"
    return render(arg.value, indent, 1)


def _flat(value: Value) -> str:
    match value:
        case Name():
            return value.text
        case Call():
            args = [
                f"{arg.name}={_flat(arg.value)}" if arg.keyword else _flat(arg.value)
                for arg in value.args
                if arg.written
            ]
            return f"{value.function}({', '.join(args)})"
        case tuple():
            inner = ", ".join(map(_flat, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case str():
            return text(value)
        case Either():
            return text(value.value)
        case _:
            return number(value)


def number(value: bool | int | float | None) -> str:
    """A constant as source text: 1/255 as the division that it is."""
    if not isinstance(value, float):
        return repr(value)
    if not math.isfinite(value):
        return f'float("{value}")'
    plain = repr(value)
    if len(plain) > 8 and 1e-6 < abs(value) < 1 and 1 / round(1 / value) == value:
        return f"{'-' if value < 0 else ''}1 / {abs(round(1 / value))}"
    mantissa, _, exponent = plain.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else plain
