"""Numbers in a template: integers, or expressions of the language in a block's parameters."""

from __future__ import annotations

from archc.diagnostics import Span
from archc.language import syntax as s

Number = int | s.Expression


def literal(span: Span, value: int | float) -> s.Expression:
    if value < 0:
        return s.Unary(span, "-", literal(span, -value))
    return s.Number(span, value, _digits(value))


def _digits(value: int | float) -> str:
    small = isinstance(value, float) and value < 1e-3
    return f"{value:.10f}".rstrip("0") if small else f"{value}"


def expression(span: Span, value: Number) -> s.Expression:
    return value if isinstance(value, s.Expression) else literal(span, value)


def name(span: Span, text: str) -> s.Reference:
    return s.Reference(span, (s.Part(span, text, None),))


def binary(operator: str, left: Number, right: Number, span: Span) -> s.Expression:
    return s.Binary(span, operator, expression(span, left), expression(span, right))


def half(kernel: Number, stride: Number) -> Number:
    """dlib's padding of a window along an axis: half of it at stride 1, else none."""
    if isinstance(stride, int):
        if stride != 1:
            return 0
        if isinstance(kernel, int):
            return kernel // 2
        return binary("//", kernel, 2, kernel.span)
    inside = half(kernel, 1)
    if is_zero(inside):
        return 0
    span = stride.span
    condition = binary("==", stride, 1, span)
    return s.Conditional(span, expression(span, inside), condition, literal(span, 0))


def is_zero(value: Number) -> bool:
    return isinstance(value, int) and value == 0


class Whole(str):
    """In place of a size: all of what arrives, along ``height`` or ``width``."""

    __slots__ = ()


def whole_or(kernel: Number, axis: str) -> Number | Whole:
    """A window of 0 is as large as what arrives."""
    return Whole(axis) if is_zero(kernel) else kernel
