"""Tokens to one type: templates in angle brackets, and arithmetic of integers.

A hand-written reader with a stack of its own in place of a grammar: networks are hundreds of
templates deep, stand among C++ that is not read, and what is wrong with their brackets is to be
explained, and repaired.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from archc.diagnostics import Span, fail
from archc.notations.dlib.tokens import Token
from archc.notations.dlib.tree import Argument, Arithmetic, Integer, Use

MAX_DEPTH = 1000
"""Templates within templates (g++ itself stops at 900)."""

MAX_PARENTHESES = 50
MAX_INTEGER = 2**40

_BUILTIN = {"unsigned", "signed", "long", "short", "int", "char", "float", "double", "bool"}
_SKIPPED = {"typename", "const", "class", "struct", "template"}
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2}


@dataclass(slots=True)
class _Frame:
    """An open bracket: what it belongs to, its arguments, and the operands read since."""

    head: Token | None
    bracket: str
    arguments: list[Argument] = field(default_factory=list["Argument"])
    operands: list[Argument] = field(default_factory=list["Argument"])
    operators: list[Token] = field(default_factory=list["Token"])
    signs: list[Token] = field(default_factory=list["Token"])
    wants: bool = True  # an operand comes next
    of: Use | None = None  # the class template that ``head`` is a member of

    def operand(self, value: Argument) -> None:
        while self.signs:
            sign = self.signs.pop()
            if sign.text == "-":
                zero = Integer(sign.span, 0)
                value = Arithmetic(sign.span.to(value.span), "-", zero, value)
        self.operands.append(value)
        self.wants = False

    def operator(self, token: Token) -> None:
        self._reduce(_PRECEDENCE[token.text])
        self.operators.append(token)
        self.wants = True

    def _reduce(self, least: int) -> None:
        while self.operators and _PRECEDENCE[self.operators[-1].text] >= least:
            sign = self.operators.pop()
            right, left = self.operands.pop(), self.operands.pop()
            self.operands.append(Arithmetic(left.span.to(right.span), sign.text, left, right))

    def finish(self) -> Argument:
        """The argument that the operands make."""
        self._reduce(0)
        return self.operands.pop()


def parse(tokens: list[Token], end: Span) -> Argument:
    """The type that balanced tokens spell; ``end`` is where they end. Raises SpecError."""
    return _Reader(tokens, end).read()


class _Reader:
    def __init__(self, tokens: list[Token], end: Span) -> None:
        self.tokens = tokens
        self.end = end
        self.at = 0
        self.frames = [_Frame(None, "")]

    def read(self) -> Argument:
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            frame = self.frames[-1]
            if frame.wants:
                self.operand(token, frame)
            else:
                self.after(token, frame)
        if len(self.frames) > 1:
            opened = self.frames[-1].head
            span = opened.span if opened else self.end
            fail("syntax", span, f"this `{self.frames[-1].bracket}` is not closed")
        if self.frames[0].wants:
            fail("syntax", self.end, "a template is expected here, and nothing follows")
        return self.frames[0].finish()

    def peek(self) -> str:
        following = self.tokens[self.at + 1 : self.at + 2]
        return following[0].text if following and following[0].kind == "sign" else ""

    # ------------------------------------------------------------ where an operand stands

    def operand(self, token: Token, frame: _Frame) -> None:
        if token.kind == "integer":
            frame.operand(Integer(token.span, _integer(token)))
        elif token.kind == "name":
            self.name(token, frame)
            return
        elif token.text == "(" and token.kind == "sign":
            self.push(token, "(")
        elif token.text in ("-", "+"):
            if len(frame.signs) >= MAX_PARENTHESES:
                fail("too-large", token.span, f"more than {MAX_PARENTHESES} signs in a row")
            frame.signs.append(token)
        elif token.text == ">" and frame.bracket == "<" and not frame.arguments:
            self.close(token, frame)
            return
        else:
            self.unexpected(token, frame)
        self.at += 1

    def name(self, token: Token, frame: _Frame) -> None:
        if token.text in _SKIPPED:
            self.at += 1
        elif self.peek() == "<":
            self.push(token, "<")
            self.at += 2
        elif token.text == "decltype":
            message = "`decltype` cannot be read: archc knows types, not the variables of a program"
            fail("unsupported", token.span, message)
        elif token.text in _BUILTIN:
            last = token
            while self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].text in _BUILTIN:
                self.at += 1
                last = self.tokens[self.at]
            span = token.span.to(last.span)
            frame.operand(Use(span, " ".join(span.text.split()), span, None))
            self.at += 1
        else:
            frame.operand(Use(token.span, token.text, token.span, None))
            self.at += 1

    def push(self, token: Token, bracket: str) -> None:
        if len(self.frames) > MAX_DEPTH:
            message = f"templates are nested more than {MAX_DEPTH:,} deep"
            fail("too-large", token.span, message)
        if bracket == "(" and sum(f.bracket == "(" for f in self.frames) >= MAX_PARENTHESES:
            fail("too-large", token.span, f"more than {MAX_PARENTHESES} parentheses in each other")
        self.frames.append(_Frame(token, bracket))

    # ------------------------------------------------------------ behind an operand

    def after(self, token: Token, frame: _Frame) -> None:
        if token.kind == "sign" and token.text in _PRECEDENCE:
            frame.operator(token)
        elif token.text == "," and frame.bracket == "<":
            frame.arguments.append(frame.finish())
            frame.wants = True
        elif token.text == ">" and frame.bracket == "<":
            frame.arguments.append(frame.finish())
            self.close(token, frame)
            return
        elif token.text == ")" and frame.bracket == "(":
            self.frames.pop()
            self.frames[-1].operand(frame.finish())
        elif token.member and isinstance(frame.operands[-1], Use):
            self.member(frame)
        else:
            self.unexpected(token, frame)
        self.at += 1

    def close(self, token: Token, frame: _Frame) -> None:
        head = frame.head
        assert head is not None
        self.frames.pop()
        self.frames[-1].operand(_use(frame.of, head, tuple(frame.arguments), token.span))
        self.at += 1

    def member(self, frame: _Frame) -> None:
        """``::backbone``, ``::template backbone<...>`` behind a class template."""
        of = frame.operands.pop()
        assert isinstance(of, Use)
        frame.wants = True
        if self.tokens[self.at].text == "template":
            self.at += 1
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token.kind != "name":
            fail(
                "syntax", token.span if token else self.end, "the name of a member is expected here"
            )
        if self.peek() == "<":
            self.push(token, "<")
            self.frames[-1].of = of
            self.at += 1
        else:
            frame.operand(_use(of, token, None, token.span))

    def unexpected(self, token: Token, frame: _Frame) -> None:
        shown = token.text if len(token.text) <= 30 else f"{token.text[:29]}…"
        if token.kind == "text":
            fail("syntax", token.span, f"`{shown}` is no integer and no template")
        if frame.wants and token.text in (",", ">"):
            of = f" of `{frame.head.text}`" if frame.head else ""
            fail("syntax", token.span, f"an argument{of} is missing before `{shown}`")
        expected = "`,` or `>`" if frame.bracket == "<" else "the end"
        if frame.wants:
            expected = "a template or an integer"
        fail("syntax", token.span, f"{expected} is expected here, but this is `{shown}`")


def _use(of: Use | None, head: Token, arguments: tuple[Argument, ...] | None, end: Span) -> Use:
    if of is None:
        return Use(head.span.to(end), head.text, head.span, arguments)
    return Use(of.span.to(end), f"::{head.text}", head.span, arguments, of)


def _integer(token: Token) -> int:
    digits = token.text.rstrip("uUlLzZ").replace("'", "")
    hexadecimal = digits[:2].lower() == "0x"
    if len(digits) <= 16:
        octal = digits.startswith("0") and digits.isdecimal() and not set(digits) & {"8", "9"}
        value = int(digits, 16 if hexadecimal else 8 if octal else 10)
        if value <= MAX_INTEGER:
            return value
    fail("too-large", token.span, "integers are at most 2^40")
