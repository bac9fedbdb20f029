"""A text's declarations: ``using`` and ``typedef``, integer constants, networks as variables.

All other C++ is skipped. A text that is one expression and nothing else, as slides print it, is a
network too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from archc.diagnostics import Diagnostic, Source, Span, SpecError, did_you_mean, fail
from archc.notations.dlib.brackets import (
    balance,
    check_order,
    explain,
    repaired,
)
from archc.notations.dlib.expression import parse
from archc.notations.dlib.tokens import Token, tokens
from archc.notations.dlib.tree import Alias, Argument, Class, Parameter, Use

MAX_DECLARATIONS = 20_000

_ENDS = {"using", "template", "typedef", "struct", "class", "namespace", "return", "static"}
"""Words that begin a declaration: before them the last one has ended, semicolon or not."""

_INTEGERS = {"int", "long", "unsigned", "signed", "short", "size_t", "auto", "char", "bool"}
_CONSTANT = {"const", "constexpr"}


@dataclass
class Declarations:
    aliases: list[Alias] = field(default_factory=list["Alias"])
    constants: dict[str, Argument] = field(default_factory=dict[str, "Argument"])
    classes: dict[str, Class] = field(default_factory=dict[str, "Class"])
    remarks: list[Diagnostic] = field(default_factory=list["Diagnostic"])


def declarations(source: Source, known: Callable[[str], bool], repair: bool) -> Declarations:
    """What a text declares. ``known`` says of a name whether it is one of dlib's templates.

    With ``repair`` brackets that do not match are read as they most likely were, else they are a
    SpecError.
    """
    return _Scanner(source, known, repair).scan()


class _Scanner:
    def __init__(self, source: Source, known: Callable[[str], bool], repair: bool) -> None:
        self.source = source
        self.tokens = tokens(source)
        self.known = known
        self.repair = repair
        self.found = Declarations()
        self.names: set[str] = set()
        self.variables: list[int] = []  # where a network may begin that is a variable's type
        self.at: int = 0
        self.place: int = 0  # how many declarations stand above
        self.within = False  # a class template

    def scan(self) -> Declarations:
        while self.at < len(self.tokens):
            start = self.at
            self.statement(self.tokens[self.at])
            if self.at == start:
                self.at += 1
        if not any(self.known_in(a.body) for a in self.found.aliases if not a.templated):
            for start in self.variables:  # no network has a name of its own
                self.at = start
                self.bare()
        return self.found

    def statement(self, token: Token) -> None:
        if token.kind != "name":
            return
        if token.text == "template" and self.text(1) == "<":
            self.template()
        elif token.text == "using":
            self.using(None, self.at)
        elif token.text == "typedef":
            self.typedef()
        elif token.text in _CONSTANT:
            self.constant()
        elif self.text(1) == "<" and self.at == 0:
            self.bare()
        elif self.text(1) == "<" and self.starts(token) and not self.within:
            self.variables.append(self.at)
            self.at = max(self.upto(), self.at + 1)

    def starts(self, token: Token) -> bool:
        """Whether a variable's type begins here: a statement, with a template of dlib."""
        known = self.known(token.text) or token.text in self.names
        return known and self.tokens[self.at - 1].text in (";", "{", "}")

    def text(self, ahead: int) -> str:
        at = self.at + ahead
        return self.tokens[at].text if at < len(self.tokens) else ""

    # ------------------------------------------------------------ the kinds of declarations

    def template(self) -> None:
        """``template <...> using NAME = ...``; of other templates the head is skipped."""
        start = self.at
        end = self.closing(self.at + 1)
        if end is None:
            head = self.tokens[start]
            fail("syntax", head.span, "the `<` behind this `template` is not closed")
        if end + 1 < len(self.tokens) and self.tokens[end + 1].text == "using":
            inner = self.tokens[start + 2 : end]
            self.at = end + 1
            self.using(inner, start)
        elif self.tokens[end + 1 : end + 2] and self.tokens[end + 1].text in ("struct", "class"):
            self.at = end + 2
            if not self.within:
                self.class_template(self.tokens[start + 2 : end])
        else:
            self.at = end + 1

    def class_template(self, inner: list[Token]) -> None:
        """The aliases and constants in ``struct def { ... };``; ``inner`` are its parameters."""
        name = self.tokens[self.at] if self.at < len(self.tokens) else None
        last = self.upto()
        if name is None or name.kind != "name" or last >= len(self.tokens):
            return
        if self.tokens[last].text != "{":
            return  # declared, and defined elsewhere
        head = [token.text for token in self.tokens[self.at + 1 : last]]
        refused = (
            "it has specialisations" if "<" in head[:1] or name.text in self.found.classes else ""
        )
        try:
            parameters = self.parameters(inner)
        except SpecError as error:
            parameters, refused = (), refused or error.diagnostics[0].message
        place = self.next(name.span)
        outer, self.found = self.found, Declarations(remarks=self.found.remarks)
        self.at, self.within = last + 1, True
        self.names.add(name.text)
        self.members()
        self.within = False
        outer, self.found = self.found, outer
        members: dict[str, tuple[Alias, ...]] = {}
        for alias in outer.aliases:
            members[alias.name] = (*members.get(alias.name, ()), alias)
        self.found.classes[name.text] = Class(
            name.text,
            name.span,
            parameters,
            members,
            outer.constants,
            place,
            refused,
            bases=":" in head,
        )

    def members(self) -> None:
        """What stands up to the `}` of a class; what has braces of its own is passed over."""
        depth = 0
        while self.at < len(self.tokens):
            text, start = self.text(0), self.at
            if text == "}" and not depth:
                return
            depth += (text == "{") - (text == "}")
            if not depth:
                self.statement(self.tokens[self.at])
            self.at = max(self.at, start + 1)

    def next(self, span: Span) -> int:
        """The place of a declaration."""
        self.place += 1
        if self.place > MAX_DECLARATIONS:
            fail("too-large", span, "too many declarations")
        return self.place - 1

    def closing(self, opening: int) -> int | None:
        depth = 0
        for i in range(opening, len(self.tokens)):
            text = self.tokens[i].text
            depth += (text == "<") - (text == ">")
            if depth == 0:
                return i
            if text in (";", "{", "}", "using"):
                return None
        return None

    def using(self, inner: list[Token] | None, start: int) -> None:
        """``inner`` are the tokens of a template's parameters, None where it is no template."""
        self.at += 1
        name = self.tokens[self.at] if self.at < len(self.tokens) else None
        if name is None or name.kind != "name" or self.text(1) != "=":
            return  # `using namespace dlib;`
        self.at += 2
        body = self.expression(self.tokens[start])
        if body is None:
            return
        try:
            parameters = () if inner is None else self.parameters(inner)
        except SpecError:
            if self.known_in(body):
                raise
            return  # a template of something else
        self.add(start, name.text, name.span, parameters, body, inner is not None)

    def typedef(self) -> None:
        start = self.at
        self.at += 1
        last = self.upto()
        inner = self.tokens[self.at : last]
        if len(inner) < 2 or inner[-1].kind != "name" or not self.relevant(inner):
            return
        name = inner[-1]
        body = self.balanced(inner[:-1], last)
        self.at = last
        self.add(start, name.text, name.span, (), body, False)

    def constant(self) -> None:
        """``constexpr int N = 5;``."""
        at = self.at
        words: set[str] = set()
        while at < len(self.tokens) and self.tokens[at].text in {*_CONSTANT, *_INTEGERS, "static"}:
            words.add(self.tokens[at].text)
            at += 1
        if not words & _INTEGERS or at + 1 >= len(self.tokens):
            return
        name = self.tokens[at]
        if name.kind != "name" or self.tokens[at + 1].text != "=":
            return
        self.at = at + 2
        last = self.upto()
        inner = self.tokens[self.at : last]
        if inner and all(t.kind != "text" and t.text not in "<>{}[]" for t in inner):
            try:
                self.found.constants[name.text] = parse(inner, inner[-1].span)
            except SpecError:
                return  # not of integers: what would need it says that it is unknown

    def bare(self) -> None:
        """An expression that stands alone, or is a variable's type: ``fc<10, ...> net;``."""
        start = self.at
        last = self.upto()
        inner = self.tokens[start:last]
        name = stem = re.sub(r"^[\W\d_]+", "", Path(self.source.name).stem)
        span = inner[0].span
        at = _variable(inner)
        if at is not None:
            name, span, inner = inner[at].text, inner[at].span, inner[:at]
        ends = last < len(self.tokens) or name == stem
        body = self.balanced(inner, last if ends else -1)
        self.at = last
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            name = "net"
        self.add(start, name, span, (), body, False)

    # ------------------------------------------------------------ what they have in common

    def upto(self) -> int:
        """Where a declaration that begins here ends: at a semicolon, or before the next."""
        for i in range(self.at, len(self.tokens)):
            token = self.tokens[i]
            if token.text in (";", "{", "}", "="):
                return i
            ends = token.kind == "name" and token.text in _ENDS and not token.member
            if ends and i > self.at:  # the member: `def<BN>::template backbone`
                return i
        return len(self.tokens)

    def relevant(self, inner: list[Token]) -> bool:
        """Whether a declaration speaks of networks: it names a template of dlib, or one above."""
        return any(t.kind == "name" and (self.known(t.text) or t.text in self.names) for t in inner)

    def known_in(self, body: Argument) -> bool:
        """Whether a type's outermost template is one of dlib, or one above."""
        head = body.of or body if isinstance(body, Use) else None
        return head is not None and (self.known(head.name) or head.name in self.names)

    def expression(self, head: Token) -> Argument | None:
        """The type up to the semicolon; None where it does not concern networks."""
        last = self.upto()
        inner = self.tokens[self.at : last]
        if not self.relevant(inner):
            if not inner and last >= len(self.tokens):
                fail("syntax", head.span, "nothing follows this declaration's `=`")
            self.at = last
            return _plain(inner)
        body = self.balanced(inner, last)
        self.at = last
        return body

    def balanced(self, inner: list[Token], last: int) -> Argument:
        """The type that tokens spell; ``last`` is where their semicolon is, if there is one."""
        bare = inner[0].span.start == self.tokens[0].span.start and last == len(self.tokens)
        ends = bare or (0 <= last < len(self.tokens) and self.tokens[last].text in (";", "="))
        check_order(inner)
        fixed, edits = balance(inner, ends)
        end = (fixed or inner)[-1].span
        if not edits:
            return parse(fixed, end)
        if not self.repair:
            raise SpecError([explain(edits, fixed, _is_sound(fixed, end))])
        self.found.remarks.append(repaired(edits, fixed))
        return parse(fixed, end)

    def add(
        self,
        start: int,
        name: str,
        span: Span,
        parameters: tuple[Parameter, ...],
        body: Argument,
        templated: bool,
    ) -> None:
        whole = self.tokens[start].span.to(body.span)
        order, place = len(self.found.aliases), self.next(whole)
        alias = Alias(whole, name, span, parameters, body, place, order, templated)
        self.found.aliases.append(alias)
        self.names.add(name)

    # ------------------------------------------------------------ parameters

    def parameters(self, inner: list[Token]) -> tuple[Parameter, ...]:
        """``int N, template <typename> class BN, typename SUBNET``."""
        parts: list[list[Token]] = [[]]
        depth = 0
        for token in inner:
            depth += (token.text == "<") - (token.text == ">")
            if token.text == "," and depth == 0:
                parts.append([])
            else:
                parts[-1].append(token)
        found = tuple(_parameter(part, i) for i, part in enumerate(parts) if part)
        names = [p.name for p in found]
        for i, parameter in enumerate(found):
            if parameter.name in names[:i]:
                fail("duplicate-name", parameter.span, f"two parameters `{parameter.name}`")
        return found


def _parameter(part: list[Token], position: int) -> Parameter:
    unnamed = f"#{position}"
    span = part[0].span.to(part[-1].span)
    default: Argument | None = None
    texts = [t.text for t in part]
    if "=" in texts:
        at = texts.index("=")
        value, part = part[at + 1 :], part[:at]
        if not value:
            fail("syntax", span, "nothing follows the `=`")
        default = parse(value, value[-1].span)
    words = [t for t in part if t.kind == "name"]
    if any(t.text == "..." for t in part):
        fail("unsupported", span, "a pack of template parameters cannot be read")
    if not words:
        fail("syntax", span, "a template's parameter has a kind and a name: `typename SUBNET`")
    first, last = words[0].text, words[-1].text
    if first == "template":
        name = last if last not in ("class", "typename") else unnamed
        return Parameter(span, name, "template", default)
    if first in ("typename", "class"):
        return Parameter(span, last if len(words) > 1 else unnamed, "type", default)
    if first not in _INTEGERS | _CONSTANT and not first.endswith("_t"):
        message = f"a template's parameter is of a kind: `int {first}`, `typename {first}`"
        fail("syntax", span, message, help=did_you_mean(first, ("typename", "class", "template")))
    name = last if len(words) > 1 and last not in _INTEGERS else unnamed
    return Parameter(span, name, "integer", default)


def _variable(inner: list[Token]) -> int | None:
    """Where a variable's name stands behind its type: ``fc<10, ...> net(options)``."""
    for i, (before, token) in enumerate(pairwise(inner), 1):
        named = token.kind == "name" and not token.member
        behind = inner[i + 1].text if i + 1 < len(inner) else "("
        if i > 1 and named and behind == "(" and (before.text == ">" or before.member):
            return i
    return None


def _is_sound(tokens: list[Token], end: Span) -> bool:
    try:
        parse(tokens, end)
    except SpecError:
        return False
    return True


def _plain(inner: list[Token]) -> Argument | None:
    """A type that names no template of dlib (``matrix<rgb_pixel>``), where it can be read."""
    if not inner or inner[0].kind != "name":
        return None
    fixed, edits = balance(inner, True)
    if edits:
        return None
    try:
        return parse(fixed, fixed[-1].span)
    except SpecError:
        return None
