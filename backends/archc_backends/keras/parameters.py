"""What differs between the uses of a block, as parameters of its function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archc.graph.network import Module
from archc_backends.keras.code import Either, Name, Value
from archc_backends.keras.names import RESERVED, unique
from archc_backends.shared.source import identifier


@dataclass(frozen=True, slots=True)
class Parameter:
    """``values`` has what each use gives; one that the spec's block has not, or has a default for,
    is given by name."""

    name: str
    values: tuple[Value, ...]
    keyword: bool


def parameters(
    modules: Sequence[Module], uses: Sequence[Sequence[Value]], names: Sequence[str]
) -> tuple[list[Value], list[Parameter]]:
    """The constants of a body with parameters for those that differ, and these parameters.

    ``uses`` has the constants of each use, ``names`` what each is the argument of. A parameter is
    the block's own where that has the value, or the value is a multiple or a fraction of it.
    """
    own = _arguments(modules)
    found: dict[str, Parameter] = {}
    made: dict[tuple[object, ...], str] = {}
    values: list[Value] = []
    for number, name in enumerate(names):
        column = _settled(tuple(use[number] for use in uses))
        if all(_same(value, column[0]) for value in column):
            values.append(column[0])
            continue
        expression = _expression(column, own)
        if expression is not None:
            parameter, text = expression
            found.setdefault(parameter.name, parameter)
        else:
            key = tuple((type(value), value) for value in column)
            if key not in made:
                made[key] = unique(identifier(name), {*made.values(), *own, *RESERVED, "x"})
            text = made[key]
            found.setdefault(text, Parameter(text, column, keyword=True))
        values.append(Name(text))
    order = [*own, *made.values()]
    chosen = [found[name] for name in order if name in found]
    return values, sorted(chosen, key=lambda parameter: parameter.keyword)


def _settled(column: tuple[Value, ...]) -> tuple[Value, ...]:
    """Where some uses could have either of two values, what the others have."""
    fixed = {value for value in column if isinstance(value, str)}
    open_ = {value for value in column if isinstance(value, Either)}
    if len(fixed) != 1 or len(open_) != 1 or len(fixed | open_) < 2:
        return column
    (value,), (either,) = fixed, open_
    if value not in (either.value, either.other):
        return column
    return tuple(value if isinstance(one, Either | str) else one for one in column)


def _same(a: Value, b: Value) -> bool:
    return type(a) is type(b) and a == b


def _arguments(modules: Sequence[Module]) -> dict[str, Parameter]:
    """The block's own parameters that hold numbers or sizes, as functions can have them."""
    definition = modules[0].definition
    known = {p.name: p.default is None for p in definition.parameters or ()} if definition else {}
    found: dict[str, Parameter] = {}
    for name in modules[0].arguments:
        if identifier(name) != name or name in RESERVED or name == "x":
            continue
        column = tuple(_plain(module.arguments.get(name)) for module in modules)
        if all(value is not None for value in column):
            found[name] = Parameter(name, column, keyword=not known.get(name, False))
    return found


def _plain(value: Any) -> Value:
    """A value of the language as Keras takes it: one number for a square size."""
    items: Any = value
    if isinstance(value, tuple):
        if not items or not all(type(item) is int for item in items):
            return None
        return items[0] if all(item == items[0] for item in items) else tuple(items)
    return value if isinstance(value, bool | int | float | str) else None


def _expression(
    column: tuple[Value, ...], own: dict[str, Parameter]
) -> tuple[Parameter, str] | None:
    """A parameter and the expression in it that gives a column of values."""
    for parameter in own.values():
        if all(map(_same, column, parameter.values)):
            return parameter, parameter.name
    numbers = [value for value in column if type(value) is int and value > 0]
    if len(numbers) < len(column):
        return None
    for parameter in own.values():
        given = [value for value in parameter.values if type(value) is int and value > 0]
        if len(given) < len(column) or len(set(given)) == 1:
            continue
        pairs = list(zip(numbers, given, strict=True))
        times, over = numbers[0] // given[0], given[0] // numbers[0]
        if times > 1 and all(number == times * one for number, one in pairs):
            return parameter, f"{times} * {parameter.name}"
        if over > 1 and all(one == over * number for number, one in pairs):
            return parameter, f"{parameter.name} // {over}"
    return None
