"""Where the parser stopped, for those who say why: :mod:`archc.language.mistakes`."""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token

from archc.diagnostics import Source, Span
from archc.language.tokens import OPENING, span_of

KEYWORDS = {
    word.upper(): word
    for word in (
        *("import", "network", "block", "variants", "published", "input", "output", "default"),
        *("let", "share", "for", "in", "if", "else", "from", "where", "and", "or", "not"),
    )
}
"""The words that cannot be names, by token."""

_STEP_STARTS = frozenset(("COMMA", "COLON", "EQUAL", "SHARE", "DEFAULT"))


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the parser stopped: at ``token``, where one of ``accepts`` could stand.

    ``statement`` are the tokens before it since the last line end or brace, ``open`` the brackets
    that are not closed.
    """

    source: Source
    token: Token
    accepts: set[str]
    statement: tuple[Token, ...]
    open: tuple[Token, ...]

    @property
    def previous(self) -> Token | None:
        return self.statement[-1] if self.statement else None

    @property
    def first(self) -> str | None:
        """The kind of the statement's first token."""
        return self.statement[0].type if self.statement else None

    @property
    def step(self) -> tuple[Token, ...]:
        """The tokens of the layer being read, without the comma after it."""
        tokens = list(self.statement)
        if tokens and tokens[-1].type == "COMMA":
            tokens.pop()
        depth, start = 0, len(tokens)
        for token in reversed(tokens):
            if token.type in ("RPAR", "RSQB"):
                depth += 1
            elif token.type in OPENING:
                depth -= 1
            elif depth == 0 and token.type in _STEP_STARTS and not self._is_keyword(tokens, start):
                break
            start -= 1
        return tuple(tokens[start:])

    def _is_keyword(self, tokens: list[Token], start: int) -> bool:
        """Whether the token before ``start`` is the ``=`` of an argument."""
        return tokens[start - 1].type == "EQUAL" and self.first not in ("SHARE", "LET")

    def text(self, tokens: tuple[Token, ...]) -> str:
        """What was written from the first of these tokens to the last."""
        if not tokens:
            return ""
        start, end = span_of(self.source, tokens[0]).start, span_of(self.source, tokens[-1]).end
        return " ".join(self.source.text[start:end].split())


@dataclass(frozen=True, slots=True)
class Mistake:
    """What to say; ``span`` where the token's own place is not the one to point at."""

    message: str
    help: str | None = None
    caret: str = ""
    span: Span | None = None
