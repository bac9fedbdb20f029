"""How layers, shapes and counts are spelled for people, in summaries and diagrams."""

from __future__ import annotations

import re
from typing import Any

from archc.dims import Dim, Expr, to_text
from archc.graph.network import Module
from archc.language import syntax
from archc.ops.base import Argument, Op, Shape, Size, Window

LONGEST = 48
"""A formula or an argument is cut to so many characters where a line has to stay readable."""


def shorten(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def exact(count: Dim | None) -> str:
    """``34,944``, a formula, or ``unknown``."""
    if count is None:
        return "unknown"
    return f"{count:,}" if isinstance(count, int) else to_text(count)


_UNITS = (("", 1), ("K", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12), ("P", 10**15))


def short(count: Dim | None) -> str:
    """Three significant digits: ``34.9K``, ``138M``, ``1.58G``; a formula cut short."""
    if count is None:
        return "?"
    if not isinstance(count, int):
        return shorten(floors(to_text(count)).replace("*", "·"))
    if count < 1000:
        return str(count)
    # What rounds to 1000 of one unit is 1 of the next.
    unit, scale = next((u for u in _UNITS[1:] if count < 999.5 * u[1]), _UNITS[-1])
    value = count / scale
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}{unit}"


def shape(sizes: Shape, *, chw: bool = False, times: str = "×") -> str:
    """``55×55×96``; a longer formula in parentheses: ``(3·H·W/64)×84``."""
    texts = [to_text(size) for size in (channels_first(sizes) if chw else sizes)]
    if times == "×":  # for people alone; with "x" it is the language's text
        texts = [floors(text).replace("*", "·") for text in texts]
    if len(texts) > 1:
        texts = [text if _plain(text) else f"({text})" for text in texts]
    return times.join(texts)


def floors(text: str) -> str:
    """A formula with ⌊H/2⌋ for ``floor(H/2)``, as papers print it."""
    closing: list[str] = []
    result: list[str] = []
    for piece in re.split(r"(floor\(|ceil\(|\(|\))", text):
        if piece in ("floor(", "ceil("):
            closing.append("⌋" if piece == "floor(" else "⌉")
            piece = "⌊" if piece == "floor(" else "⌈"
        elif piece == "(":
            closing.append(")")
        elif piece == ")":
            piece = closing.pop()
        result.append(piece)
    return "".join(result)


def _plain(text: str) -> bool:
    inside = text[1:-1] if text[:1] + text[-1:] in ("⌊⌋", "⌈⌉") else text
    return all(c.isalnum() or c in "_/" for c in inside) or (
        inside is not text and not set("⌊⌋⌈⌉") & set(inside)
    )


def channels_first(sizes: Shape) -> Shape:
    """``(H, W, C)`` as ``(C, H, W)``, and so for more leading axes; others as they are."""
    if len(sizes) < 3:
        return sizes
    *lead, height, width, channels = sizes
    return (*lead, channels, height, width)


# ---------------------------------------------------------------- layers


_TOLD = ("count", "integer", "size", "choice")
"""Kinds of argument that a diagram has room for."""


def arguments(op: Op, *, full: bool = True, times: str = "x", between: str = " ") -> str:
    """A layer's arguments as a spec writes them: ``11x11/4 96 groups=2``.

    Arguments that have their default's value are left out; without ``full`` so are numbers,
    flags, tables and paddings, which a diagram has no room for.
    """
    window = ""
    positional: list[str] = []
    keywords: list[str] = []
    for argument in type(op).arguments():
        value: Any = getattr(op, argument.name)
        if argument.window == "kernel":
            window = "" if value is None else _size(value, times)
        elif argument.window == "stride":
            if window and value != (1, 1):
                window += f"/{_size(value, times, square=True)}"
        elif argument.kind == "tensor":
            continue  # an input by its number, which nobody wrote
        elif argument.positional:
            if value is not None:
                positional.append(_value(argument, value, times))
        elif value != argument.default and (full or argument.kind in _TOLD):
            keywords.append(_keyword(argument, value, times))
    return between.join(filter(None, [window, *positional, *keywords]))


def _keyword(argument: Argument, value: Any, times: str) -> str:
    for word, meaning in argument.words.items():
        if meaning == value and type(meaning) is type(value):
            return word
    return f"{argument.name}={_value(argument, value, times)}"


def _value(argument: Argument, value: Any, times: str) -> str:
    if argument.kind == "size":
        return _size(value, times, square=argument.window is None)
    if argument.kind == "pad" and not isinstance(value, str):
        return _pad(value, times)
    if argument.kind == "table":
        return "(table)"
    if isinstance(value, float):
        return f"{value:g}"
    return value_text(value, times)


def _pad(value: tuple[int, ...], times: str) -> str:
    return _size(value, times, square=True) if len(value) == 2 else value_text(value)


def _size(value: tuple[int, ...], times: str, *, square: bool = False) -> str:
    if square and len(set(value)) == 1:
        return str(value[0])
    return times.join(map(str, value))


def value_text(value: Any, times: str = "x") -> str:
    """A value of the language, in a few characters."""
    items: Any = value
    match value:
        case bool():
            return "true" if value else "false"
        case Size():
            return times.join(map(to_text, value))
        case Window():
            return str(value).replace("x", times)
        case Expr():
            return to_text(value)
        case tuple():
            return "[" + ", ".join(value_text(item, times) for item in items) + "]"
        case int() | float() | str():
            return str(value)
        case _:  # a block, a layer, a network or a tensor given as an argument
            name = getattr(value, "name", None)
            return name if isinstance(name, str) else "…"


def layer(op: Op) -> str:
    """``conv 11x11/4 96``."""
    return f"{op.name} {arguments(op)}".rstrip()


def call(module: Module, *, times: str = "x") -> str:
    """How a block, network or group was called: ``inception 64 96 128 16 32 32``.

    Parameters that a spec must give stand by order, others as ``name=value`` unless their
    default, where it is written as a number or a word, says the same.
    """
    name = module.callee or module.kind
    parameters = {} if module.definition is None else _defaults(module.definition)
    positional: list[str] = []
    keywords: list[str] = []
    for key, value in module.arguments.items():
        text = "(table)" if _is_table(value) else shorten(value_text(value, times))
        default = parameters.get(key)
        if key in parameters and default is None:
            positional.append(text)
        elif default != shorten(value_text(value)):
            keywords.append(f"{key}={text}")
    return " ".join([name, *positional, *keywords])


def _is_table(value: Any) -> bool:
    items: Any = value
    tuples = isinstance(value, tuple) and all(isinstance(item, tuple) for item in items)
    return tuples and len(items) > 2


def _defaults(definition: syntax.Block | syntax.Network) -> dict[str, str | None]:
    return {
        p.name: None if p.default is None else p.default.span.text for p in definition.parameters
    }
