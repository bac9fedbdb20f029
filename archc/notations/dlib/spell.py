"""Arguments and sizes as expressions of the language."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, cast

from archc.diagnostics import Source, Span
from archc.dims import Dim, to_text
from archc.language import syntax as s
from archc.language.parser import parse_expression
from archc.notations.dlib.numbers import Number, Whole, expression, literal, name
from archc.ops.base import Argument


def written(argument: Argument, value: Any, fields: dict[str, Any], span: Span) -> list[s.Argument]:
    if argument.window == "kernel" and argument.name == "kernel":
        return _window(value, fields["stride"], span)
    for word, meaning in argument.words.items():
        if type(meaning) is type(value) and meaning == value:
            return [name(span, word)]
    if argument.kind in ("size", "pad", "shape"):
        written = _sizes(value, span)
    elif isinstance(value, float):
        written = literal(span, value)
    else:
        written = expression(span, value)
    return [written if argument.positional else s.Keyword(span, argument.name, written)]


def _window(kernel: tuple[Any, Any], stride: tuple[Number, Number], span: Span) -> list[s.Argument]:
    """``3x3/2``, ``[K, K] stride=S``."""
    size = _pair(kernel, span)
    whole = any(isinstance(item, Whole) for item in kernel)
    given: s.Argument = s.Keyword(span, "kernel", size) if whole else size
    one, other = stride
    if one == 1 and other == 1:
        return [given]
    step = expression(span, one) if one == other else _pair(stride, span)
    if isinstance(size, s.SizeLiteral) and not isinstance(step, s.ListLiteral):
        return [s.WindowLiteral(span, size, step)]
    return [given, s.Keyword(span, "stride", step)]


def _pair(pair: tuple[Any, ...], span: Span) -> s.SizeLiteral | s.ListLiteral:
    if all(type(item) is int and item >= 0 for item in pair):
        return s.SizeLiteral(span, tuple(pair))
    return s.ListLiteral(span, tuple(_size(item, span) for item in pair))


def _size(item: Any, span: Span) -> s.Expression:
    if isinstance(item, Whole):
        parts = (s.Part(span, "it", None), s.Part(span, str(item), None))
        return s.Reference(span, parts)
    return expression(span, item)


def _sizes(value: tuple[Any, ...], span: Span) -> s.Expression:
    """Of a padding or a factor: one number where both are the same."""
    if len(value) == 2 and value[0] == value[1]:
        return expression(span, value[0])
    if len(value) == 4:
        return s.ListLiteral(span, tuple(_size(item, span) for item in value))
    return _pair(value, span)


def spelled(size: Dim, span: Span) -> s.Expression:
    """A size as an expression of the language."""
    placed: s.Expression = _placed(parse_expression(Source("", to_text(size))), span)
    return placed


def _placed(node: s.Node, span: Span) -> Any:
    """The expression with all that is in it at a place of another text; a quotient rounded down as
    ``//``, which formulas take."""
    if isinstance(node, s.Function) and node.name.simple == "floor":
        (inner,) = node.arguments
        if isinstance(inner, s.Binary) and inner.operator == "/":
            return s.Binary(span, "//", _placed(inner.left, span), _placed(inner.right, span))
    changed: dict[str, Any] = {"span": span}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, s.Node):
            changed[each.name] = _placed(value, span)
        elif isinstance(value, tuple):
            changed[each.name] = tuple(_item(item, span) for item in cast("tuple[Any]", value))
    return replace(node, **changed)


def _item(item: Any, span: Span) -> Any:
    return _placed(item, span) if isinstance(item, s.Node) else item


def padding(span: Span, tall: str, wide: str) -> s.If:
    """``if it.height < tall or it.width < wide { pad [0, tall - it.height, ...] }``."""

    def it(axis: str) -> s.Expression:
        return s.Reference(span, (s.Part(span, "it", None), s.Part(span, axis, None)))

    pairs = [(it("height"), name(span, tall)), (it("width"), name(span, wide))]
    low, narrow = (s.Binary(span, "<", have, want) for have, want in pairs)
    down, right = (s.Binary(span, "-", want, have) for have, want in pairs)
    zero = literal(span, 0)
    by = s.ListLiteral(span, (zero, down, zero, right))
    line = s.Chain(span, None, (s.Call(span, name(span, "pad"), (by,)),), None)
    return s.If(span, s.Binary(span, "or", low, narrow), s.Body(span, (line,), True), None)
