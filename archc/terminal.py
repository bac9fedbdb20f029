"""Text in a terminal's columns: a character of East Asian scripts or an emoji takes two of them."""

from __future__ import annotations

import re
import textwrap
from unicodedata import category, east_asian_width

_SECOND = "\0"
"""Stands for a wide character's second column while columns are counted; no text has it."""

_PIECES = re.compile(f".{_SECOND}|[^{_SECOND}]+?(?=.{_SECOND}|$)")
"""Wide characters each, and what stands between them."""


def columns(text: str) -> int:
    """How many columns the text takes."""
    if text.isascii():  # nearly always
        return len(text)
    return sum(0 if category(c) in ("Mn", "Me") else 2 if _is_wide(c) else 1 for c in text)


def left(text: str, width: int) -> str:
    """The text flush left in so many columns."""
    return text + " " * (width - columns(text))


def right(text: str, width: int) -> str:
    """The text flush right in so many columns."""
    return " " * (width - columns(text)) + text


def begin(text: str, width: int) -> str:
    """As much of the text as fits into so many columns."""
    while columns(text) > width:
        text = text[:width] if len(text) > width else text[:-1]
    return text


def shortened(text: str, width: int) -> str:
    """The text, or its beginning and dots, in at most so many columns."""
    return text if columns(text) <= width else begin(text, width - 3) + "..."


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """The text in lines of at most so many columns, all but the first indented."""
    wrapper = _Wrapper(width, subsequent_indent=indent, break_on_hyphens=False)
    doubled = "".join(c + _SECOND if _is_wide(c) else c for c in text)
    return [line.replace(_SECOND, "") for line in wrapper.wrap(doubled)]


class _Wrapper(textwrap.TextWrapper):
    """Breaks lines at blanks, and beside wide characters where blanks are far between."""

    def _split(self, text: str) -> list[str]:
        return [piece for chunk in super()._split(text) for piece in self._pieces(chunk)]

    def _pieces(self, chunk: str) -> list[str]:
        if len(chunk) <= self.width // 2 or _SECOND not in chunk:
            return [chunk]
        return _PIECES.findall(chunk)


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "WF"
