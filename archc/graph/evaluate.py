"""The value of an expression. Bounded: no integer, list or result in a spec grows without limit."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from archc.diagnostics import Span, did_you_mean, fail
from archc.dims import Expr, ceil_div, dim_max, dim_min, floor_div, to_text
from archc.graph.scope import CONSTANTS, Frame, Scope
from archc.graph.values import Element, LayerValue, Poison, Signal, Size, Window, kind_of
from archc.language import syntax
from archc.registry import has_layer, layer_names

MAX_INTEGER = 2**63
MAX_ITEMS = 200_000

Value = Any
It = Signal | Poison | None

_ATTRIBUTES = ("channels", "height", "width", "length", "rank")
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Evaluator:
    """Evaluates expressions in a scope, a frame (labels, symbols) and with a value ``it``."""

    __slots__ = ("frame", "it", "scope")

    def __init__(self, scope: Scope, frame: Frame | None, it: It = None) -> None:
        self.scope = scope
        self.frame = frame
        self.it = it

    def evaluate(self, e: syntax.Expression) -> Value:
        method = _EVALUATE[type(e)]
        return method(self, e)

    # ------------------------------------------------------------ leaves

    def number(self, e: syntax.Number) -> Value:
        return bounded(e.value, e.span)

    def text(self, e: syntax.Text) -> Value:
        return e.value

    def size(self, e: syntax.SizeLiteral) -> Size:
        return Size(i if isinstance(i, int) else self.letter(i, e.span) for i in e.items)

    def letter(self, name: str, span: Span) -> Value:
        if self.scope.has(name):
            value = self.scope.find(name)
            if isinstance(value, bool) or not isinstance(value, int | Expr):
                fail("wrong-kind", span, f"`{name}` is {kind_of(value)}, not a size")
            return value
        symbol = self.symbol(name)
        if symbol is None:
            fail(
                "unknown-name",
                span,
                f"`{name}` is neither a parameter of the network nor a size of its inputs",
                help="write a size of a name in brackets: `[height, width, channels]`",
            )
        return symbol

    def symbol(self, name: str) -> Value:
        frame = self.frame
        if frame is None:
            return None
        found = frame.symbols.get(name)
        if found is None and frame.network is not None:
            found = frame.network.symbols.get(name)
        return found

    def window(self, e: syntax.WindowLiteral) -> Window:
        kernel = self.size(e.kernel)
        stride = self.evaluate(e.stride)
        if isinstance(stride, int) and not isinstance(stride, bool):
            return Window(kernel, Size([stride] * len(kernel)))
        if isinstance(stride, tuple) and stride and all(type(s) is int for s in stride):
            return Window(kernel, Size(stride))
        fail("wrong-kind", e.stride.span, f"a stride is a number, but this is {kind_of(stride)}")

    def items(self, e: syntax.ListLiteral) -> tuple[Value, ...]:
        result = tuple(self.evaluate(item) for item in e.items)
        if count_items(result) > MAX_ITEMS:
            fail("too-large", e.span, f"a list of more than {MAX_ITEMS:,} items")
        return result

    def group(self, e: syntax.Group) -> Value:
        return self.evaluate(e.inner)

    # ------------------------------------------------------------ names

    def reference(self, e: syntax.Reference) -> Value:
        first = e.parts[0]
        if first.name == "it" and first.index is None:
            return self.attribute(e)
        name = e.simple
        if name is not None:
            value = self.name(name)
            if value is not None:
                return value
            self.unknown(name, e.span)
        return self.path(e)

    def name(self, name: str) -> Value:
        """The value of a bare name, or None."""
        try:
            return self.scope.find(name)
        except KeyError:
            pass
        if self.frame is not None:
            element = self.frame.labels.get(name)
            if element is not None:
                return element
        symbol = self.symbol(name)
        if symbol is not None:
            return symbol
        return LayerValue(name) if has_layer(name) else None

    def unknown(self, name: str, span: Span) -> None:
        from archc.graph.names import unknown_name_help

        message, help = unknown_name_help(name, span, self)
        fail("unknown-name", span, message, help=help)

    def path(self, e: syntax.Reference) -> Value:
        from archc.graph.names import resolve

        return resolve(e, self)

    def attribute(self, e: syntax.Reference) -> Value:
        if len(e.parts) == 1:
            fail(
                "wrong-kind",
                e.span,
                "`it` is the value arriving here; a size of it is `it.channels`, `it.height` or `it.width`",
            )
        name = e.parts[1].name
        if len(e.parts) > 2 or e.parts[1].index is not None or name not in _ATTRIBUTES:
            help = did_you_mean(name, _ATTRIBUTES) or "it has " + ", ".join(_ATTRIBUTES)
            fail("unknown-name", e.span, f"`it` has no `{name}`", help=help)
        it = self.it
        if it is None:
            fail("flow", e.span, "no value arrives here that `it` could be")
        if isinstance(it, Poison):
            raise it.error
        shape = it.shape
        if name == "rank":
            return len(shape)
        if name == "channels" and shape:
            return shape[-1]
        if name in ("height", "width") and len(shape) >= 3:
            return shape[-3 if name == "height" else -2]
        if name == "length" and len(shape) == 2:
            return shape[0]
        fail("value", e.span, f"`it` is {shape_text(shape)} here and has no {name}")

    # ------------------------------------------------------------ operators

    def unary(self, e: syntax.Unary) -> Value:
        value = self.evaluate(e.operand)
        if e.operator == "not":
            return not truth(value, e.operand.span)
        if isinstance(value, bool) or not isinstance(value, int | float | Expr):
            fail("wrong-kind", e.span, f"`-` takes a number, but this is {kind_of(value)}")
        return -value

    def binary(self, e: syntax.Binary) -> Value:
        op = e.operator
        if op == "and":
            return truth(self.evaluate(e.left), e.left.span) and truth(
                self.evaluate(e.right), e.right.span
            )
        if op == "or":
            return truth(self.evaluate(e.left), e.left.span) or truth(
                self.evaluate(e.right), e.right.span
            )
        left, right = self.evaluate(e.left), self.evaluate(e.right)
        if op in _COMPARISONS:
            return self.compare(e, left, right)
        for side, value in ((e.left, left), (e.right, right)):
            if isinstance(value, bool) or not isinstance(value, int | float | Expr):
                fail("wrong-kind", side.span, f"`{op}` takes numbers, but this is {kind_of(value)}")
        return arithmetic(op, left, right, e.span)

    def compare(self, e: syntax.Binary, left: Value, right: Value) -> bool:
        op = e.operator
        if isinstance(left, Expr) or isinstance(right, Expr):
            decided = None
            if isinstance(left, int | Expr) and isinstance(right, int | Expr):
                facts = self.facts()
                decided = decide(op, left, right, facts)
            if decided is None:
                fail(
                    "undecidable",
                    e.span,
                    f"`{to_text_of(left)} {op} {to_text_of(right)}` cannot be decided as the spec compiles",
                    help="give the size a number, or a `where` constraint that decides it",
                )
            return decided
        if op not in ("==", "!="):
            for side, value in ((e.left, left), (e.right, right)):
                if isinstance(value, bool) or not isinstance(value, int | float):
                    message = f"`{op}` compares numbers, but this is {kind_of(value)}"
                    fail("wrong-kind", side.span, message)
        return bool(_COMPARISONS[op](left, right))

    def facts(self) -> Any:
        frame = self.frame
        if frame is None:
            return None
        return (frame.network or frame).facts

    def conditional(self, e: syntax.Conditional) -> Value:
        condition = truth(self.evaluate(e.condition), e.condition.span)
        return self.evaluate(e.then if condition else e.otherwise)

    def function(self, e: syntax.Function) -> Value:
        name = e.name.simple
        function = FUNCTIONS.get(name or "")
        if function is None:
            help = did_you_mean(e.name.text, FUNCTIONS) or "there are " + ", ".join(FUNCTIONS)
            fail("unknown-name", e.name.span, f"unknown function `{e.name.text}`", help=help)
        arguments = [self.evaluate(a) for a in e.arguments]
        return function(arguments, e.span)


_EVALUATE: dict[type[syntax.Expression], Callable[[Evaluator, Any], Value]] = {
    syntax.Number: Evaluator.number,
    syntax.Text: Evaluator.text,
    syntax.SizeLiteral: Evaluator.size,
    syntax.WindowLiteral: Evaluator.window,
    syntax.ListLiteral: Evaluator.items,
    syntax.Group: Evaluator.group,
    syntax.Reference: Evaluator.reference,
    syntax.Unary: Evaluator.unary,
    syntax.Binary: Evaluator.binary,
    syntax.Conditional: Evaluator.conditional,
    syntax.Function: Evaluator.function,
}


# ---------------------------------------------------------------- arithmetic


def arithmetic(op: str, left: Any, right: Any, span: Span) -> Value:
    """``left op right`` for numbers and formulas."""
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
                result = floor_div(left, right)
            case "%":
                result = left % right
            case _:
                result = power(left, right, span)
    except ZeroDivisionError:
        fail("value", span, "division by zero")
    except (OverflowError, ValueError, ArithmeticError, TypeError) as error:
        fail("value", span, f"`{to_text_of(left)} {op} {to_text_of(right)}`: {error}")
    return bounded(result, span)


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
        return bool(_COMPARISONS[op](left, right))
    from archc.dims import Facts

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
    if len(result) > MAX_ITEMS:
        fail("too-large", span, f"a list of more than {MAX_ITEMS:,} items")
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

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "Element",
    "Evaluator",
    "ceil_div",
    "decide",
    "layer_names",
    "shape_text",
]
