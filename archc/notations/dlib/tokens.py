"""The tokens of C++ that declarations of networks are made of; comments and directives are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from archc.diagnostics import Source, Span, fail
from archc.language.parser import MAX_SOURCE

Kind = Literal["name", "integer", "text", "sign"]

_TOKEN = re.compile(
    r"""
    (?P<skip> \s+ | //[^\n]* | /\*(?s:.*?)(?:\*/|\Z) | \#(?:[^\n\\]|\\(?s:.))* | \\\n )
  | (?P<text> R"(?P<fence>[^()\s\\"]{0,16})\((?s:.*?)(?:\)(?P=fence)"|\Z)
            | "(?:[^"\n\\]|\\.)*"? | '(?:[^'\n\\]|\\.)'
            | (?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?[fFlL]? | \d+[eE][-+]?\d+ )
  | (?P<integer> (?:0[xX][0-9a-fA-F]+ | [0-9][0-9']*) [uUlLzZ]* (?!\w) )
  | (?P<name> (?:::\s*)? [A-Za-z_]\w* (?:\s*::\s*[A-Za-z_]\w*)* )
  | (?P<sign> \.\.\. | -> | << | <= | && | \|\| | == | . )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` of a qualified name is its last part: ``dlib::relu`` is ``relu``; but
    ``net_type::subnet_type`` is whole."""

    kind: Kind
    text: str
    span: Span

    @property
    def member(self) -> bool:
        """Whether it names a member of what stands before it: ``def<BN>::backbone``."""
        return self.kind == "name" and self.span.text.startswith("::")


def tokens(source: Source) -> list[Token]:
    """Raises SpecError (``too-large``) for a text of more than 2 MB."""
    text = source.text
    if len(text.encode("utf-8", "surrogatepass")) > MAX_SOURCE:
        fail("too-large", Span(source, 0, 0), "no source is larger than 2 MB")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # the last alternative takes any character
        at = match.end()
        for kind in ("name", "sign", "integer", "text"):
            if match[kind] is not None:
                shown = _unqualified(match[kind]) if kind == "name" else match[kind]
                found.append(Token(kind, shown, Span(source, match.start(), at)))
    return found


SUBNET_TYPE = "::subnet_type"
"""Behind a network's name: the network without its outermost layer."""


def _unqualified(name: str) -> str:
    parts = [part.strip() for part in name.split("::")]
    below = len(parts) > 1 and parts[-1] == SUBNET_TYPE[2:]
    return f"{parts[-2]}{SUBNET_TYPE}" if below else parts[-1]


def joined(tokens: list[Token]) -> str:
    """Tokens as one line of text, with a space only where two words would run into one."""
    parts: list[str] = []
    for token in tokens:
        words = parts and parts[-1][-1:].isalnum() and token.text[:1].isalnum()
        parts.append(f" {token.text}" if words else token.text)
    return "".join(parts)
