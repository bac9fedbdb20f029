"""The value of an expression. Bounded: no integer, list or result in a spec grows without limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from archc.diagnostics import Span, did_you_mean, fail
from archc.dims import Expr
from archc.graph.arithmetic import (
    COMPARISONS,
    FUNCTIONS,
    MAX_ITEMS,
    Value,
    arithmetic,
    bounded,
    count_items,
    decide,
    effort,
    shape_text,
    to_text_of,
    truth,
)
from archc.graph.names import resolve, unknown_name_help
from archc.graph.values import (
    Frame,
    LayerValue,
    Poison,
    Scope,
    Signal,
    kind_of,
    list_of,
)
from archc.graph.work import spend
from archc.language import syntax
from archc.ops.base import Size, Window
from archc.registry import has_layer

It = Signal | Poison | None

_ATTRIBUTES = ("channels", "height", "width", "length", "rank")


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
        strides = list_of(stride)
        if strides and all(type(s) is int for s in strides):
            return Window(kernel, Size(strides))
        fail("wrong-kind", e.stride.span, f"a stride is a number, but this is {kind_of(stride)}")

    def items(self, e: syntax.ListLiteral) -> tuple[Value, ...]:
        spend(len(e.items), e.span)
        result = tuple(self.evaluate(item) for item in e.items)
        spend(sum(len(list_of(item) or ()) for item in result), e.span)  # each is counted
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

    def unknown(self, name: str, span: Span) -> NoReturn:
        message, help = unknown_name_help(name, span, self)
        fail("unknown-name", span, message, help=help)

    def path(self, e: syntax.Reference) -> Value:
        return resolve(e, self)

    def attribute(self, e: syntax.Reference) -> Value:
        if len(e.parts) == 1:
            fail(
                "wrong-kind",
                e.span,
                "`it` is the value arriving here; its sizes are `it.channels`, `it.height` and "
                "`it.width`",
            )
        part = e.parts[-1]
        name = part.name
        if len(e.parts) > 2 or part.index is not None or name not in _ATTRIBUTES:
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
        spend(effort(left, right), e.span)
        if op in COMPARISONS:
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
                    f"`{to_text_of(left)} {op} {to_text_of(right)}` cannot be decided as the spec "
                    "compiles",
                    help="give the size a number, or a `where` constraint that decides it",
                )
            return decided
        if op not in ("==", "!="):
            for side, value in ((e.left, left), (e.right, right)):
                if isinstance(value, bool) or not isinstance(value, int | float):
                    message = f"`{op}` compares numbers, but this is {kind_of(value)}"
                    fail("wrong-kind", side.span, message)
        return bool(COMPARISONS[op](left, right))

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
        spend(len(e.arguments), e.span)
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
