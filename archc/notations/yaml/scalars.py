"""Scalars of a spec in YAML: expressions of the language, their errors at the line of the YAML."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, TypeVar

from archc.diagnostics import Diagnostic, Label, Source, Span, SpecError, did_you_mean, fail
from archc.language import syntax as s
from archc.language.parser import parse_expression
from archc.language.scene import KEYWORDS
from archc.notations.nodes import Items, Map, Node, Text

_T = TypeVar("_T")
_PLAIN = re.compile(r"(?![A-Z]x)[A-Za-z_][A-Za-z0-9_]*\Z")  # a name, and no size such as HxW
_KEYWORDS = frozenset(KEYWORDS.values())
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Scalars:
    """Reads nodes of YAML that are values, names and texts, and lists and maps of them."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def expression(self, node: Node | None, owner: Node) -> s.Expression:
        if node is None:
            fail("syntax", owner.span, "a value is missing here")
        if isinstance(node, Items):
            return s.ListLiteral(node.span, tuple(self.expression(i, node) for i in node.items))
        if isinstance(node, Map):
            fail("syntax", node.span, "a value is a scalar or a list, not a map")
        plain = _PLAIN.match(node.value) and node.value not in _KEYWORDS
        if plain and node.span.text == node.value:
            # Most scalars are names: the parser, which they need not, takes 0.1 ms each.
            return s.Reference(node.span, (s.Part(node.span, node.value, None),))
        return self.inner(node, parse_expression)

    def inner(self, node: Text, parse: Callable[[Source], _T]) -> _T:
        """A scalar read by the language's parser, its spans those of the YAML."""
        if node.empty:
            fail("syntax", node.span, "a value is missing here")
        text = self.source.text[node.span.start : node.span.end]
        quoted = text[1:-1] == node.value
        exact = text == node.value or quoted
        offset = node.span.start + (1 if quoted and text != node.value else 0)
        place = _Place(self.source, node.span, offset if exact else None)
        try:
            moved: _T = place.moved(parse(Source(self.source.name, node.value)))
            return moved
        except SpecError as error:
            raise SpecError([place.diagnostic(d) for d in error.diagnostics]) from None

    def null(self, node: Node | None) -> bool:
        """Nothing, as YAML writes it: no text at all, ``null`` or ``~``."""
        if not isinstance(node, Text) or node.value not in ("", "null", "~"):
            return False
        return self.source.text[node.span.start : node.span.end] == node.value

    def path(self, node: Node | None) -> s.Reference:
        value = self.expression(node, node) if isinstance(node, Text) else None
        if not isinstance(value, s.Reference):
            fail(
                "syntax",
                node.span if node else None,
                "a name or a path such as `conv[5]` stands here",
            )
        return value

    def text(self, node: Node | None) -> str:
        if not isinstance(node, Text):
            fail("syntax", node.span if node else None, "a text stands here")
        if '"' in node.value or "\n" in node.value:
            fail("syntax", node.span, "a text has no quote and no line end in it")
        return node.value

    def name(self, node: Node | None) -> str:
        return self.word(self.text(node), node.span if node else None)

    def word(self, name: str, span: Span | None) -> str:
        if not _NAME.match(name):
            fail("syntax", span, f"`{name[:40]}` is not a name: letters, digits and _")
        return name

    def list(self, node: Node | None) -> tuple[Node, ...]:
        if node is None:
            return ()
        return node.items if isinstance(node, Items) else (node,)

    def map(self, node: Node) -> Map:
        if not isinstance(node, Map):
            fail("syntax", node.span, "a map of keys and values stands here")
        return node


def bare(value: s.Expression) -> s.Expression:
    """An expression as an argument: in parentheses where a chain would ask for them."""
    if (
        isinstance(value, s.Binary)
        and value.operator == "/"
        and isinstance(value.left, s.SizeLiteral)
    ):
        return s.WindowLiteral(value.span, value.left, value.right)
    if isinstance(value, s.Unary) and isinstance(value.operand, s.Number) and value.operator == "-":
        return value
    if isinstance(value, s.Binary | s.Unary | s.Conditional | s.Function):
        return s.Group(value.span, value)
    return value


def hint(key: str, known: Any) -> str | None:
    return did_you_mean(key, known)


class _Place:
    """Where a scalar stands; ``offset`` is None where its text is not that of the YAML."""

    def __init__(self, source: Source, span: Span, offset: int | None) -> None:
        self.source = source
        self.span = span
        self.offset = offset

    def at(self, span: Span | None) -> Span:
        if span is None or self.offset is None:
            return self.span
        return Span(self.source, span.start + self.offset, span.end + self.offset)

    def moved(self, value: Any) -> Any:
        """The tree with its spans in the YAML."""
        if isinstance(value, Span):
            return self.at(value)
        if isinstance(value, tuple):
            return tuple(self.moved(item) for item in value)  # pyright: ignore
        if isinstance(value, s.Node):
            names = (f.name for f in dataclasses.fields(value))
            return type(value)(**{name: self.moved(getattr(value, name)) for name in names})
        return value

    def diagnostic(self, d: Diagnostic) -> Diagnostic:
        labels = tuple(Label(self.at(label.span), label.text) for label in d.labels)
        return dataclasses.replace(d, span=self.at(d.span), labels=labels)
