"""Text to syntax tree: Lark's LALR parser over arch.lark, building nodes as it reads."""

from __future__ import annotations

import re
import threading
from typing import Any

from lark import UnexpectedInput

from archc.collector import without_collection
from archc.diagnostics import Source, Span, fail
from archc.language import syntax
from archc.language.builder import Builder
from archc.language.cache import load_or_build
from archc.language.tokens import Tokens

MAX_SOURCE = 2_000_000
"""Bytes of UTF-8 that a source may have."""

# Control characters, lone surrogates, and the marks that make text read otherwise than it is.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    "|\r(?!\n)"
)


class _Reader:
    """The parser, its builder and its view of the tokens. One text at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tokens = Tokens()
        self.builder = Builder()
        self.lark: Any = None  # Lark's own annotations are partial

    def read(self, source: Source, start: str) -> Any:
        check_text(source)
        with self.lock:
            if self.lark is None:
                self.lark = load_or_build(transformer=self.builder, postlex=self.tokens)
            self.tokens.start(source)
            self.builder.start(source)
            try:
                with without_collection():
                    return self.lark.parse(source.text, start=start)
            except UnexpectedInput as error:
                from archc.language.errors import explain  # a sound spec needs none of it

                explain(error, source, self.tokens)


_reader = _Reader()


def parse(source: Source) -> syntax.File:
    """The syntax tree of a spec.

    Raises :class:`archc.diagnostics.SpecError` with one diagnostic, of code ``syntax``,
    ``too-large`` or ``variant``, where the text is not a spec.
    """
    tree = _reader.read(source, "file")
    assert isinstance(tree, syntax.File)
    return tree


def parse_expression(source: Source) -> syntax.Expression:
    """One expression, as the value of ``--set name=value``. Raises as :func:`parse` does."""
    tree = _reader.read(source, "expression")
    assert isinstance(tree, syntax.Expression)
    return tree


def parse_argument(source: Source) -> syntax.Argument:
    """One argument of a call, as it stands in a chain (``3x3/2``, ``pad=1``, ``(4 * width)``).
    Raises as :func:`parse` does."""
    tree = _reader.read(source, "lone_argument")
    assert isinstance(tree, syntax.Expression | syntax.Keyword)
    return tree


def check_text(source: Source) -> None:
    """Raise where a text is too large, or has a character that no spec may have."""
    text = source.text
    if len(text) > MAX_SOURCE or (
        4 * len(text) > MAX_SOURCE and len(text.encode("utf-8", "surrogatepass")) > MAX_SOURCE
    ):
        fail("too-large", Span(source, 0, 0), "no source is larger than 2 MB")
    _check_characters(source)


def _check_characters(source: Source) -> None:
    """Raise where the text has a character that no spec may have, not even in a comment."""
    match = _FORBIDDEN.search(source.text)
    if match:
        code = ord(match.group())
        fail(
            "syntax",
            Span(source, match.start(), match.end()),
            f"the character U+{code:04X} cannot stand in a spec",
            help="end lines with a line feed" if match.group() == "\r" else None,
        )
