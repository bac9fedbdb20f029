"""Syntax errors in the language's words: what was seen, what was expected, what is right."""

from __future__ import annotations

import re
from typing import NoReturn

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from archc.diagnostics import Label, Source, Span, fail
from archc.language.tokens import Tokens, span_of

# Control characters, lone surrogates, and the marks that make text read otherwise than it is.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    "|\r(?!\n)"
)


def forbidden(source: Source) -> None:
    """Raise where the text has a character that no spec may have, not even in a comment."""
    match = _FORBIDDEN.search(source.text)
    if match:
        code = ord(match.group())
        fail(
            "syntax",
            Span(source, match.start(), match.end()),
            f"the character U+{code:04X} cannot stand in a spec",
        )


def explain(error: UnexpectedInput, source: Source, tokens: Tokens, start: str) -> NoReturn:
    """Raise the diagnostic of a text that the parser refuses."""
    labels = [Label(span_of(source, t), f"this `{t}` is not closed") for t in tokens.open[-1:]]
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        fail("syntax", Span(source, at, at + 1), f"`{source.text[at]}` has no meaning here")
    assert isinstance(error, UnexpectedToken)
    token: Token = error.token
    if token.type == "$END":
        end = len(source.text.rstrip())
        fail("syntax", Span(source, end, end), "the text ends too early", labels=labels)
    fail(
        "syntax",
        span_of(source, token),
        f"`{token}` was not expected here; expected {', '.join(sorted(error.accepts or ()))}",
        labels=labels,
    )
