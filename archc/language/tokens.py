"""Between lexer and parser: which line ends separate, what brackets open, how deep it nests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from lark import Token

from archc.diagnostics import Source, Span, fail

MAX_NESTING = 100
"""No syntax tree is higher, so that no walk over one meets Python's recursion limit."""

OPENING = {"LPAR": ")", "CALL": ")", "LSQB": "]", "INDEX": "]", "LBRACE": "}"}
CLOSING = {"RPAR", "RSQB", "RBRACE"}
ARITHMETIC = frozenset(("PLUS", "MINUS", "STAR", "SLASH", "DIVIDE", "POWER"))
OPERATORS = ARITHMETIC | {"COMPARE", "AND", "OR", "NOT", "IF", "ELSE"}
_NAMES = frozenset(("NAME", "AS", "ERRATUM"))
_OPERAND_ENDS = frozenset(("INT", "FLOAT", "SIZE", "STRING", "RPAR", "RSQB", *_NAMES))
_OPERAND_STARTS = frozenset(("INT", "FLOAT", "SIZE", "STRING", "LPAR", "LSQB", *_NAMES))
_SEPARATORS = frozenset(("NL", "COMMA", "BAR"))


class Tokens:
    """Lark's postlex step: what the parser sees of one text, and where it has come to.

    ``statement`` holds the tokens since the last line end or brace, ``open`` the brackets that
    are not closed yet: error messages look there.
    """

    always_accept: ClassVar[tuple[str, ...]] = (
        "SEMICOLON",
        "BAD_NUMBER",
        "BAD_STRING",
        "BAD_OPERATOR",
    )

    def __init__(self) -> None:
        self.source = Source("", "")
        self.statement: list[Token] = []
        self.open: list[Token] = []

    def start(self, source: Source) -> None:
        self.source = source
        self.statement = []
        self.open = []

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens with line ends that separate nothing dropped, and brackets told apart."""
        height = _Height(self)
        line_end: Token | None = None
        previous: Token | None = None
        for token in stream:
            if token.type in ("NL", "SEMICOLON"):
                if previous is None or previous.type == "LBRACE":
                    continue
                if not self._continues(previous):
                    line_end = line_end or token
                    continue
                if token.type == "NL":
                    continue
            if line_end is not None:
                if token.type not in ("RBRACE", "ELSE"):
                    separator = Token.new_borrow_pos("NL", line_end, line_end)
                    height.see(separator, None)
                    yield separator
                    self.statement = []
                line_end = None
            token = _bracket(token, previous)
            height.see(token, previous)
            yield token
            self._advance(token)
            previous = token

    def _continues(self, previous: Token) -> bool:
        """Whether a line end after this token, or inside these brackets, separates nothing."""
        if previous.type == "COMMA":
            return True
        return bool(self.open) and self.open[-1].type != "LBRACE"

    def _advance(self, token: Token) -> None:
        """Called when the parser has taken the token."""
        self.statement.append(token)
        if token.type in OPENING:
            self.open.append(token)
        elif token.type in CLOSING and self.open:
            self.open.pop()
        if token.type in ("LBRACE", "RBRACE"):
            self.statement = []


def _bracket(token: Token, previous: Token | None) -> Token:
    """``(`` and ``[`` become CALL and INDEX where they follow a name without a space."""
    if (
        token.type in ("LPAR", "LSQB")
        and previous is not None
        and previous.type in _NAMES
        and previous.end_pos == token.start_pos
    ):
        return Token.new_borrow_pos("CALL" if token.type == "LPAR" else "INDEX", token, token)
    return token


class _Height:
    """An upper bound on the height of the tree that is being read, in constant time a token.

    ``current`` belongs to the statement, argument or list item being read, ``highest`` to those
    before it within the same brackets; ``outer`` sums what stands around these brackets.
    """

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.current = self.highest = self.outer = 0
        self.stack: list[tuple[int, int]] = []

    def see(self, token: Token, previous: Token | None) -> None:
        kind = token.type
        if kind in OPENING:
            if kind in _OPERAND_STARTS:
                self._next_operand(previous)
            self.stack.append((self.current, self.highest))
            self.outer += self.current + 1
            self.current = self.highest = 0
        elif kind in CLOSING:
            if self.stack:
                inner = max(self.current, self.highest) + 1
                self.current, self.highest = self.stack.pop()
                self.outer -= self.current + 1
                self.current += inner
        elif kind in OPERATORS:
            self.current += 1
        elif kind in _SEPARATORS:
            self._next()
        elif kind in _OPERAND_STARTS:
            self._next_operand(previous)
        if self.outer + self.current > MAX_NESTING:
            self._too_deep(token)

    def _next(self) -> None:
        self.highest = max(self.highest, self.current)
        self.current = 0

    def _next_operand(self, previous: Token | None) -> None:
        """Two values side by side are two arguments: neither is inside the other."""
        if previous is not None and previous.type in _OPERAND_ENDS:
            self._next()

    def _too_deep(self, token: Token) -> None:
        fail(
            "too-large",
            span_of(self.tokens.source, token),
            f"this nests deeper than {MAX_NESTING} levels of brackets and operators",
            caret="too deep",
            help="give the inner parts names with `let` or `block`",
        )


def span_of(source: Source, token: Token) -> Span:
    """Where a token stands."""
    start = token.start_pos or 0
    return Span(source, start, token.end_pos or start)
