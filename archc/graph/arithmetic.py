"""Operators and functions of the language on numbers, sizes and lists, within bounds."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from archc.diagnostics import Span, fail
from archc.dims import Expr, Facts, dim_max, dim_min, floor_div, to_text
from archc.graph.values import kind_of, list_of
from archc.graph.work import GLANCE, spend

MAX_INTEGER = 2**63
MAX_ITEMS = 200_000

Value = Any
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def arithmetic(op: str, left: Any, right: Any, span: Span) -> Value:
    """``left op right`` for numbers and formulas."""
    if {type(left), type(right)} & {float} and any(isinstance(v, Expr) for v in (left, right)):
        message = f"`{op}` of a formula takes integers: {to_text_of(left)} {op} {to_text_of(right)}"
        fail("value", span, message)
    try:
        match op:
            case "+":
                result = left + right
            case "-":
                result = left - right
            case "*":
                result = left * right
            case "/":
                result = divide(left, right)
            case "//":
                result = floor(left, right)
            case "%":
                result = left % right
            case _:
                result = power(left, right, span)
    except ZeroDivisionError:
        fail("value", span, "division by zero")
    except (OverflowError, ValueError, ArithmeticError, TypeError) as error:
        fail("value", span, f"`{to_text_of(left)} {op} {to_text_of(right)}`: {error}")
    return bounded(result, span)


def floor(left: Any, right: Any) -> Value:
    """Floor division, of floats as well."""
    if isinstance(left, float) or isinstance(right, float):
        return left // right
    return floor_div(left, right)


def divide(left: Any, right: Any) -> Value:
    """True division; whole where it comes out even, so that sizes may be halved with ``/``."""
    if isinstance(left, Expr) or isinstance(right, Expr):
        if isinstance(right, int) and right > 0 and left % right == 0:
            return floor_div(left, right)
        raise ValueError("a formula is divided with `//`")
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


def power(left: Any, right: Any, span: Span) -> Value:
    if isinstance(right, Expr):
        raise ValueError("an exponent is a number")
    if isinstance(left, int | Expr) and isinstance(right, int) and right >= 0:
        if right > 64 and left not in (0, 1, -1):
            fail("too-large", span, f"the exponent {right} is too large")
        return left**right
    result = left**right
    if isinstance(result, complex):
        raise ValueError("a root of a negative number")
    return result


def effort(left: Any, right: Any) -> int:
    """The operations that an operator takes: more than one for lists and for formulas."""
    items, others = list_of(left), list_of(right)
    if items and others:
        return 1 + min(len(items), len(others)) // GLANCE
    return 1 + size_of(left) * size_of(right) // 2  # a product's, part by part


def size_of(value: Any) -> int:
    return value.size if isinstance(value, Expr) else 1


def bounded(value: Any, span: Span) -> Value:
    if isinstance(value, int) and not -MAX_INTEGER < value < MAX_INTEGER:
        fail("too-large", span, "an integer in a spec stays below 2^63")
    if isinstance(value, float) and not math.isfinite(value):
        fail("value", span, "the result is not a finite number")
    return value


def truth(value: Any, span: Span) -> bool:
    if isinstance(value, bool):
        return value
    fail("wrong-kind", span, f"a condition is true or false, but this is {kind_of(value)}")


def decide(op: str, left: Any, right: Any, facts: Any) -> bool | None:
    """A comparison of sizes; None where it holds for some sizes and not for others."""
    if isinstance(left, int) and isinstance(right, int):
        return bool(COMPARISONS[op](left, right))
    return (facts or Facts.from_comparisons([])).decide(op, left, right)


def count_items(value: Any) -> int:
    """Items of nested lists together, counted no further than the limit."""
    total, stack = 0, [value]
    while stack and total <= MAX_ITEMS:
        top = stack.pop()
        if isinstance(top, tuple):
            total += len(top)  # pyright: ignore[reportUnknownArgumentType]
            stack.extend(item for item in top if isinstance(item, tuple))  # pyright: ignore
    return total


def to_text_of(value: Any) -> str:
    return to_text(value) if isinstance(value, int | Expr) else kind_of(value)


def shape_text(shape: tuple[Any, ...]) -> str:
    """``55x55x96``, as the papers and the language write a shape."""
    texts = [to_text(s) for s in shape]
    if all(t.isalnum() for t in texts):
        return "x".join(texts)
    return "[" + ", ".join(texts) + "]"


# ---------------------------------------------------------------- functions


def _numbers(name: str, values: list[Any], span: Span) -> list[Any]:
    if len(values) == 1 and isinstance(values[0], tuple):
        values = list(values[0])  # pyright: ignore[reportUnknownArgumentType]
    spend(sum(map(size_of, values)), span)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float | Expr):
            fail("wrong-kind", span, f"`{name}` takes numbers, but this is {kind_of(value)}")
    if not values:
        fail("value", span, f"`{name}` of nothing")
    return values


def _min(values: list[Any], span: Span) -> Value:
    numbers = _numbers("min", values, span)
    return dim_min(*numbers) if any(isinstance(n, Expr) for n in numbers) else min(numbers)


def _max(values: list[Any], span: Span) -> Value:
    numbers = _numbers("max", values, span)
    return dim_max(*numbers) if any(isinstance(n, Expr) for n in numbers) else max(numbers)


def _len(values: list[Any], span: Span) -> int:
    if len(values) != 1 or not isinstance(values[0], tuple):
        fail("wrong-kind", span, "`len` takes one list")
    return len(values[0])  # pyright: ignore[reportUnknownArgumentType]


def _range(values: list[Any], span: Span) -> tuple[int, ...]:
    if not 1 <= len(values) <= 3 or any(type(v) is not int for v in values):
        fail("wrong-kind", span, "`range` takes one to three integers: range(n), range(a, b)")
    if len(values) == 3 and values[2] == 0:
        fail("value", span, "`range` with a step of 0")
    result = range(*values)
    if result[MAX_ITEMS:]:  # `len` refuses more than a machine word of them
        fail("too-large", span, f"a list of more than {MAX_ITEMS:,} items")
    spend(len(result), span)
    return tuple(result)


def _whole(name: str, function: Callable[[Any], int]) -> Callable[[list[Any], Span], Value]:
    def rounded(values: list[Any], span: Span) -> Value:
        if len(values) != 1:
            fail("value", span, f"`{name}` takes one number")
        (value,) = _numbers(name, values, span)
        return value if isinstance(value, Expr) else bounded(function(value), span)

    return rounded


def _half_up(value: float) -> int:
    """To the nearest integer, halves up, as papers round (Python rounds halves to even)."""
    return math.floor(value + 0.5)


FUNCTIONS: dict[str, Callable[[list[Any], Span], Value]] = {
    "min": _min,
    "max": _max,
    "len": _len,
    "range": _range,
    "floor": _whole("floor", math.floor),
    "ceil": _whole("ceil", math.ceil),
    "round": _whole("round", _half_up),
}
