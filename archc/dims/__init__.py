"""Sizes of tensors: integers, or formulas in the symbols of a network's inputs (H, W, T ...)."""

from archc.dims.bind import evaluate, substitute, symbols_of, to_python, to_text
from archc.dims.expr import (
    Dim,
    Expr,
    Symbol,
    ceil_div,
    exact_div,
    floor_div,
    is_concrete,
    symbol,
)
from archc.dims.extremes import dim_max, dim_min
from archc.dims.facts import Facts
from archc.dims.prove import at_least, decide, proves_equal, proves_less
from archc.dims.terms import DimError

__all__ = [
    "Dim",
    "DimError",
    "Expr",
    "Facts",
    "Symbol",
    "at_least",
    "ceil_div",
    "decide",
    "dim_max",
    "dim_min",
    "evaluate",
    "exact_div",
    "floor_div",
    "is_concrete",
    "proves_equal",
    "proves_less",
    "substitute",
    "symbol",
    "symbols_of",
    "to_python",
    "to_text",
]
