"""Sizes of tensors: integers, or formulas in the symbols of a network's inputs (H, W, T ...)."""

from archc.dims.algebra import (
    Dim,
    Expr,
    Symbol,
    at_least,
    ceil_div,
    dim_max,
    dim_min,
    evaluate,
    floor_div,
    is_concrete,
    proves_equal,
    proves_less,
    symbol,
    to_text,
)

__all__ = [
    "Dim",
    "Expr",
    "Symbol",
    "at_least",
    "ceil_div",
    "dim_max",
    "dim_min",
    "evaluate",
    "floor_div",
    "is_concrete",
    "proves_equal",
    "proves_less",
    "symbol",
    "to_text",
]
