"""Values of a listing as expressions of the language, and names as it can have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from archc.diagnostics import Source, Span
from archc.dims import Expr, to_text
from archc.language import syntax as s
from archc.language.parser import parse_expression
from archc.notations.listing.values import items_of
from archc.ops.base import Argument, Op

RESERVED = frozenset(
    [
        "import",
        "network",
        "block",
        "variants",
        "published",
        "input",
        "output",
        "default",
        "let",
        "share",
        "for",
        "in",
        "if",
        "else",
        "from",
        "where",
        "and",
        "or",
        "not",
        "as",
        "erratum",
        "true",
        "false",
        "it",
    ]
)
OCCUPIED = frozenset(["linear", "min", "max", "len", "range", "floor", "ceil", "round"])
"""Words that no parameter may be called by, though labels may."""

_SIZE_LIKE = re.compile(r"(?:\d+|[A-Z])(?:x(?:\d+|[A-Z]))+\Z")


def identifier(name: str) -> str:
    """A name that the language can read, as close to the listing's as may be."""
    text = re.sub(r"[^A-Za-z0-9_]", "_", name)[:60] or "_"
    if text[0].isdigit():
        text = f"_{text}"
    if text in RESERVED or _SIZE_LIKE.match(text) or text in ("H", "W", "C", "T", "N"):
        text += "_"
    return text


def reference(span: Span, name: str) -> s.Reference:
    return s.Reference(span, (s.Part(span, name, None),))


def number(span: Span, value: int | float) -> s.Expression:
    if value < 0:
        return s.Unary(span, "-", number(span, -value))
    if isinstance(value, float) and value.is_integer() and value < 2**40:
        value = int(value)
    return s.Number(span, value, repr(value))


def flag(span: Span, value: bool) -> s.Expression:
    return reference(span, "true" if value else "false")


def sizes(span: Span, value: tuple[Any, ...]) -> s.Expression:
    """``3x3``; a list where a formula is among them."""
    letters = all((isinstance(v, int) and v >= 0) or _is_letter(v) for v in value)
    if letters:
        return s.SizeLiteral(span, tuple(v if isinstance(v, int) else to_text(v) for v in value))
    return s.ListLiteral(span, tuple(expression(span, v) for v in value))


def _is_letter(value: Any) -> bool:
    text = to_text(value) if isinstance(value, Expr) else ""
    return len(text) == 1 and text.isupper()


def expression(span: Span, value: Any) -> s.Expression:
    """A value: a number, a size, a flag, a word, a formula."""
    match value:
        case bool():
            return flag(span, value)
        case int() | float():
            return number(span, value)
        case tuple():
            return _several(span, items_of(value) or [])
        case Expr():
            return formula(span, value)
        case _:
            return s.Text(span, str(value))


def _several(span: Span, items: list[Any]) -> s.Expression:
    """``3`` for the same on both axes, ``3x1``, or a list: four sides, formulas."""
    if len(items) == 2 and items[0] == items[1]:
        return expression(span, items[0])
    if len(items) == 4 or not all(isinstance(v, int) for v in items):
        return s.ListLiteral(span, tuple(expression(span, v) for v in items))
    return sizes(span, tuple(items))


def formula(span: Span, value: Expr) -> s.Expression:
    """A formula of the network's parameters, as the language writes it."""
    text = to_text(value)
    if text.isidentifier():
        return reference(span, text)
    return s.Group(span, parse_expression(Source("formula", text)))


def arguments(
    op: type[Op], values: Mapping[str, Any], span: Span, parameters: Mapping[str, s.Expression]
) -> tuple[s.Argument, ...]:
    """What a call of a layer says: the window, bare values, flags, then the rest by name; what is
    the layer's default is left out. ``parameters`` stand in place of values."""
    found: list[s.Argument] = []
    known = {a.name: a for a in op.arguments()}
    windowed = "kernel" in known
    if windowed and values.get("kernel") is not None:
        found += _window(values, span, parameters)
    for name, argument in known.items():
        if name in parameters and not (windowed and argument.window):
            bare = argument.positional and name not in ("levels",)
            value = parameters[name]
            found.append(value if bare else s.Keyword(span, name, value))
            continue
        if (windowed and argument.window) or name not in values:
            continue
        value = values[name]
        if value == argument.default and type(value) is type(argument.default):
            continue
        if argument.required or value != argument.default:
            found.append(_argument(argument, value, span))
    return tuple(found)


def _window(
    values: Mapping[str, Any], span: Span, parameters: Mapping[str, s.Expression]
) -> list[s.Argument]:
    kernel, stride = values["kernel"], values.get("stride", (1, 1))
    stepped = "stride" in parameters or stride != (1, 1)
    step = parameters.get("stride") or expression(span, stride)
    if "kernel" in parameters:
        named: list[s.Argument] = [s.Keyword(span, "kernel", parameters["kernel"])]
        return [*named, s.Keyword(span, "stride", step)] if stepped else named
    size = s.SizeLiteral(span, tuple(kernel))
    return [s.WindowLiteral(span, size, step)] if stepped else [size]


def _argument(argument: Argument, value: Any, span: Span) -> s.Argument:
    for word, meaning in argument.words.items():
        if type(meaning) is type(value) and meaning == value:
            return reference(span, word)
    if argument.kind == "shape":
        shown: s.Expression = sizes(span, value)
    elif argument.name == "scale" and isinstance(value, float) and 0 < value < 1:
        shown = _fraction(span, value)
    elif argument.kind == "choice":
        shown = s.Text(span, str(value))
    else:
        shown = expression(span, value)
    negative = isinstance(shown, s.Unary)
    if argument.positional and not negative:
        return shown
    return s.Keyword(span, argument.name, shown)


def _fraction(span: Span, value: float) -> s.Expression:
    """``(1 / 255)`` for what it is."""
    whole = round(1 / value)
    if whole > 2**40 or 1 / whole != value:
        return number(span, value)
    return s.Group(span, s.Binary(span, "/", number(span, 1), number(span, whole)))


__all__ = ["RESERVED", "arguments", "expression", "identifier", "number", "reference", "sizes"]
