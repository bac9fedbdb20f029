"""Operators of a listing on numbers, sizes, lists, texts and tensors."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from archc.dims import DimError, Expr
from archc.notations.listing.values import (
    BATCH,
    Class,
    Expanded,
    Library,
    Tensor,
    Unknown,
    items_of,
)

if TYPE_CHECKING:
    from archc.notations.listing.evaluate import Evaluator

MAX_LENGTH = 100_000

_NUMBERS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_PLAIN = (int, float, str, list, tuple, dict, type(None))


def operate(reader: Evaluator, node: ast.AST, op: ast.operator, left: Any, right: Any) -> Any:
    """``left op right``; an Unknown where it is not known or too large."""
    if isinstance(op, ast.Mult):
        left = left.tensor if isinstance(left, Expanded) else left
        right = right.tensor if isinstance(right, Expanded) else right
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return on_tensors(reader, node, op, left, right)
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    if isinstance(left, str) or isinstance(right, str):
        return _texts(reader, node, op, left, right)
    if isinstance(left, list | tuple) or isinstance(right, list | tuple):
        return _lists(reader, node, op, left, right)
    numbers = isinstance(left, int | float | Expr) and isinstance(right, int | float | Expr)
    if not numbers:
        return reader.unknown(node, f"`{reader.source(node)}` is not known")
    return _numbers(reader, node, op, left, right)


def _numbers(reader: Evaluator, node: ast.AST, op: ast.operator, left: Any, right: Any) -> Any:
    try:
        if isinstance(op, ast.Pow):
            if isinstance(left, Expr) and right == 2:
                return left * left
            if (
                isinstance(left, Expr)
                or isinstance(right, Expr)
                or abs(right) > 64
                or abs(left) > 1e6
            ):
                return reader.unknown(node, f"`{reader.source(node)}` is too large, or not known")
            value = left**right
        elif (
            isinstance(op, ast.LShift | ast.RShift)
            and isinstance(left, int)
            and isinstance(right, int)
        ):
            if not 0 <= right <= 64:
                return reader.unknown(node, f"`{reader.source(node)}` is too large")
            value = left << right if isinstance(op, ast.LShift) else left >> right
        elif type(op) in _NUMBERS:
            value = _NUMBERS[type(op)](left, right)
        else:
            return reader.unknown(node, f"`{reader.source(node)}` is not known")
    except (ArithmeticError, ValueError, TypeError, DimError) as error:
        return reader.unknown(node, f"`{reader.source(node)}`: {error}")
    if isinstance(value, complex):
        return reader.unknown(node, f"`{reader.source(node)}` is no real number")
    return reader.number(value, node)


def _texts(reader: Evaluator, node: ast.AST, op: ast.operator, left: Any, right: Any) -> Any:
    both = isinstance(op, ast.Add) and isinstance(left, str) and isinstance(right, str)
    if both and len(left) + len(right) < MAX_LENGTH:
        return left + right
    simple = (
        isinstance(op, ast.Mod) and isinstance(left, str) and isinstance(right, int | str | tuple)
    )
    if simple and re.fullmatch(r"(?:[^%]|%[ds])*", left):
        try:
            return left % right
        except (TypeError, ValueError):
            pass
    return reader.unknown(node, f"`{reader.source(node)}` is not known")


def _lists(reader: Evaluator, node: ast.AST, op: ast.operator, left: Any, right: Any) -> Any:
    first, second = items_of(left), items_of(right)
    made: list[Any] | None = None
    if isinstance(op, ast.Add) and first is not None and second is not None:
        made = first + second if len(first) + len(second) <= MAX_LENGTH else None
    elif isinstance(op, ast.Mult):
        many, count = (first, right) if first is not None else (second or [], left)
        if isinstance(count, int) and len(many) * max(count, 0) <= MAX_LENGTH:
            made = many * count
    if made is None:
        return reader.unknown(node, f"`{reader.source(node)}` is not known, or too long")
    return tuple(made) if isinstance(left, tuple) or isinstance(right, tuple) else made


def on_tensors(reader: Evaluator, node: ast.AST, op: ast.operator, left: Any, right: Any) -> Any:
    """``x + y``, ``x * gate``, ``x / 255``: layers as others."""
    span = reader.text.span(node)
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        merge = "add" if isinstance(op, ast.Add) else "mul" if isinstance(op, ast.Mult) else None
        if merge is None:
            return reader.unknown(
                node, f"no layer does `{reader.source(node)}`", code="unsupported"
            )
        found = reader.trace.apply(merge, {}, (left.node, right.node), span, reader.framework)
        return Tensor(found)
    tensor, number = (left, right) if isinstance(left, Tensor) else (right, left)
    if isinstance(number, Unknown):
        return number
    if not isinstance(number, int | float) or isinstance(number, bool):
        return reader.unknown(node, f"no layer does `{reader.source(node)}`", code="unsupported")
    scale, offset = 1.0, 0.0
    if isinstance(op, ast.Add):
        offset = number
    elif isinstance(op, ast.Mult):
        scale = number
    elif isinstance(op, ast.Sub):
        scale, offset = (1.0, -number) if tensor is left else (-1.0, number)
    elif isinstance(op, ast.Div) and tensor is left and number:
        scale = 1 / number
    else:
        return reader.unknown(node, f"no layer does `{reader.source(node)}`", code="unsupported")
    if not (abs(scale) < 1e30 and abs(offset) < 1e30):
        return reader.unknown(node, "the number is too large", code="unsupported")
    given = {"scale": scale, "offset": offset}
    return Tensor(reader.trace.apply("rescale", given, (tensor.node,), span, reader.framework))


def compare(op: ast.cmpop, left: Any, right: Any) -> bool | None:
    """Whether a comparison holds; None where that is not known."""
    if isinstance(op, ast.Is | ast.IsNot):
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return None
        same = left is right or (isinstance(left, bool) and left == right)
        same = same or (isinstance(left, Library | Class) and left == right)
        return same is isinstance(op, ast.Is)
    if isinstance(op, ast.In | ast.NotIn):
        if not isinstance(right, list | tuple | dict | str) or not isinstance(
            left, int | float | str | tuple
        ):
            return None
        if isinstance(right, str) and not isinstance(left, str):
            return None
        items: Any = cast("Any", right)
        if not isinstance(right, str) and any(
            not isinstance(i, int | float | str | tuple) for i in items
        ):
            return None
        return (left in items) is isinstance(op, ast.In)
    if (
        left is BATCH
        or right is BATCH
        or not isinstance(left, _PLAIN)
        or not isinstance(right, _PLAIN)
    ):
        if (
            isinstance(op, ast.Eq | ast.NotEq)
            and isinstance(left, Library | Class)
            and isinstance(right, Library | Class)
        ):
            return (left == right) is isinstance(op, ast.Eq)
        return None
    try:
        return bool(_COMPARISONS[type(op)](left, right))
    except (TypeError, RecursionError):
        return None
