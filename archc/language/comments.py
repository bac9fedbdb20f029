"""Where the comments of a text stand, and which of them the writer has not yet written."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from archc.diagnostics import Source

_COMMENT = re.compile(r'"[^"\n]*"|#[^\n]*')


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: from its ``#`` at ``start`` to the line's end. ``alone`` on its line or not."""

    start: int
    end: int
    text: str
    alone: bool


class Comments:
    """The comments of a text, taken one after another as the writer comes to them."""

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self.all = [self._comment(m) for m in _COMMENT.finditer(source.text) if m[0][0] == "#"]
        self.starts = [comment.start for comment in self.all]
        self.taken: set[int] = set()

    def _comment(self, match: re.Match[str]) -> Comment:
        line = self.text.rfind("\n", 0, match.start()) + 1
        before = self.text[line : match.start()].strip(" \t\ufeff")
        text = match.group().rstrip()
        return Comment(match.start(), match.start() + len(text), text, not before)

    def _left(self, start: int, end: int) -> list[int]:
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return [at for at in range(first, last) if at not in self.taken]

    def between(self, start: int, end: int) -> bool:
        """Whether a comment that is not taken yet stands there."""
        return bool(self._left(start, end))

    def take(self, start: int, end: int) -> list[Comment]:
        """The comments there, each of which is handed out once."""
        left = self._left(start, end)
        self.taken.update(left)
        return [self.all[at] for at in left]

    def take_trailing(self, end: int, limit: int) -> Comment | None:
        """The comment behind what ends there, in the same line, before ``limit``."""
        line_end = self.text.find("\n", end)
        limit = min(limit, line_end if line_end >= 0 else len(self.text))
        found = self.take(end, limit)
        return found[0] if found else None

    def blank_between(self, start: int, end: int) -> bool:
        """Whether there is an empty line."""
        return self.text.count("\n", start, end) > 1
