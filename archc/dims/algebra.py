"""STUB: being written."""
from __future__ import annotations
from typing import Any, TypeAlias


class Expr:
    __slots__ = ()


class Symbol(Expr):
    __slots__ = ()


Dim: TypeAlias = "int | Expr"


def symbol(name: str, *, least: int = 1, multiple_of: int = 1) -> Any:
    raise NotImplementedError


def floor_div(a: Any, b: Any) -> Any:
    return a // b


def ceil_div(a: Any, b: Any) -> Any:
    return -(-a // b)


def dim_max(*a: Any) -> Any:
    return max(a)


def dim_min(*a: Any) -> Any:
    return min(a)


def at_least(a: Any, n: int) -> bool | None:
    return a >= n


def proves_equal(a: Any, b: Any) -> bool | None:
    return a == b


def proves_less(a: Any, b: Any) -> bool | None:
    return a < b


def evaluate(a: Any, bindings: Any) -> int:
    return a


def is_concrete(a: Any) -> bool:
    return isinstance(a, int)


def to_text(a: Any) -> str:
    return str(a)
