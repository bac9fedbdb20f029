"""From pieces to lines: what fits on a line, where a long one breaks, what is aligned.

A statement is a list of pieces: text, places after commas where the line may break, brackets whose
items may stand on lines of their own, and bodies in braces. Everything fits on one line or is
broken here; :mod:`archc.language.writer` says only what the pieces are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from archc.language import syntax as s
from archc.language.comments import Comment, Comments

WIDTH = 100
"""Columns of a line, where its content can be broken to fit."""
INDENT = 4
GAP = "  "
"""What stands before an aligned ``->`` and before a comment."""


@dataclass(frozen=True, slots=True)
class Break:
    """After a comma: a space, or a line end. ``start`` to ``end`` is the place in the source."""

    start: int
    end: int
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """Brackets around items with commas between: on one line, or a line or more for themselves."""

    opening: str
    items: tuple[tuple[Piece, ...], ...]
    spans: tuple[tuple[int, int], ...]
    closing: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Braces:
    """A body in braces. ``merge``: each of its lines is a branch, and must not be broken."""

    body: s.Body
    merge: bool


@dataclass(frozen=True, slots=True)
class Else:
    """Before an ``else``: a space behind a closing brace of its own line, else a line end."""

    start: int
    end: int


Piece = str | Break | Items | Braces | Else


@dataclass(slots=True)
class Line:
    """One line. ``assertion`` and ``cells`` are aligned with those of the lines around it."""

    indent: int
    text: str
    assertion: str | None = None
    comment: str | None = None
    cells: tuple[str, ...] | None = None
    done: bool = False  # aligned already, within a body of its own

    def render(self) -> str:
        text = " " * self.indent + self.text
        if self.comment:
            text += GAP + self.comment if self.text else self.comment
        return text.rstrip()


BodyLines = Callable[[Braces, int, Line], list[Line]]
FlatBody = Callable[[Braces], str | None]


@dataclass(slots=True)
class Layout:
    """Lays pieces out. ``comments`` is None for a tree that comes from no text."""

    comments: Comments | None
    body_lines: BodyLines
    flat_body: FlatBody
    lines: list[Line] = field(default_factory=list[Line])
    current: str = ""
    indent: int = 0

    def lay(self, pieces: tuple[Piece, ...], indent: int, room: int = 0) -> list[Line]:
        """The lines of a statement. ``room`` columns are kept free at the end of the last."""
        self.lines, self.current = [], ""
        self.indent = indent
        self._run(pieces, indent, room)
        self._end_line()
        return self.lines

    def _run(self, pieces: tuple[Piece, ...], indent: int, room: int) -> None:
        for at, piece in enumerate(pieces):
            rest = islice(pieces, at + 1, None)
            match piece:
                case str():
                    self.current += piece
                case Break():
                    self._break(piece, rest, indent, room)
                case Items():
                    self._items(piece, rest, indent, room)
                case Braces():
                    self._braces(piece, rest, indent, room)
                case Else():
                    self._else(piece, indent)

    def _break(self, piece: Break, rest: Iterator[Piece], indent: int, room: int) -> None:
        comments = self._take(piece.start, piece.end)
        if comments:
            self._end_line()
            self._write_comments(comments, indent + INDENT)
            self.indent = indent + INDENT
        elif piece.allowed and not self._fits(1 + self._unit(rest, room)):
            self._end_line()
            self.indent = indent + INDENT
        else:
            self.current += " "

    def _items(self, piece: Items, rest: Iterator[Piece], indent: int, room: int) -> None:
        flat = self.flat((piece,))
        wanted = self._has_comment(piece.start, piece.end) or self._written_apart(piece)
        if not piece.items or (
            not wanted and flat is not None and self._fits(len(flat) + self._unit(rest, room))
        ):
            self.current += flat or piece.opening + piece.closing
            return
        base = self.indent
        self.current += piece.opening
        self._end_line()
        self._spread(piece, base + INDENT)
        self.indent = base
        self.current = piece.closing

    def _spread(self, piece: Items, indent: int) -> None:
        """The items, as many on a line as fit, or as many as the text has on its lines."""
        apart = self._written_apart(piece)
        end = piece.start
        self.indent = indent
        for item, (start, stop) in zip(piece.items, piece.spans, strict=True):
            comments = self._take(end, start)
            if comments:
                self._end_line()
                self._write_comments(comments, indent)
            elif self.current:
                flat = self.flat(item)
                breaks = apart and self._newline(end, start)
                if breaks or flat is None or not self._fits(2 + len(flat)):
                    self._end_line()
                else:
                    self.current += " "
            self.indent = indent
            self._run(item, indent, 1)
            self.current += ","
            end = stop
        comments = self._take(end, piece.end)
        self._end_line()
        self._write_comments(comments, indent)

    def _braces(self, piece: Braces, rest: Iterator[Piece], indent: int, room: int) -> None:
        flat = self.flat_body(piece)
        if flat is not None and self._fits(len(flat) + self._unit(rest, room)):
            self.current += flat
            return
        base = self.indent
        self.current += "{"
        self._end_line()
        self.lines += self.body_lines(piece, base + INDENT, self.lines[-1])
        self.indent = base
        self.current = "}"

    def _else(self, piece: Else, indent: int) -> None:
        comments = self._take(piece.start, piece.end)
        if self.current == "}" and not comments:
            self.current += " "
            return
        self._end_line()
        self._write_comments(comments, indent)
        self.indent = indent

    # ------------------------------------------------------------ measuring

    def flat(self, pieces: tuple[Piece, ...]) -> str | None:
        """The pieces on one line, or None where a body must have lines of its own."""
        parts: list[str] = []
        for piece in pieces:
            match piece:
                case str():
                    parts.append(piece)
                case Break() | Else():
                    parts.append(" ")
                case Items():
                    items = [self.flat(item) for item in piece.items]
                    if None in items:
                        return None
                    parts.append(piece.opening + ", ".join(filter(None, items)) + piece.closing)
                case Braces():
                    flat = self.flat_body(piece)
                    if flat is None:
                        return None
                    parts.append(flat)
        return "".join(parts)

    def _unit(self, pieces: Iterator[Piece], room: int) -> int:
        """How many columns there are up to where the line may next break."""
        length = 0
        for piece in pieces:
            if isinstance(piece, Else) or (isinstance(piece, Break) and piece.allowed):
                return length
            flat = self.flat((piece,))
            if flat is None:
                return length + 1
            length += len(flat)
        return length + room

    def _fits(self, columns: int) -> bool:
        return self.indent + len(self.current) + columns <= WIDTH

    # ------------------------------------------------------------ the text it comes from

    def _newline(self, start: int, end: int) -> bool:
        return self.comments is not None and "\n" in self.comments.text[start:end]

    def _written_apart(self, piece: Items) -> bool:
        """Whether the text has a line end after the opening bracket: then it keeps its lines."""
        return bool(piece.spans) and self._newline(piece.start, piece.spans[0][0])

    def _has_comment(self, start: int, end: int) -> bool:
        return self.comments is not None and self.comments.between(start, end)

    def _take(self, start: int, end: int) -> list[Comment]:
        return self.comments.take(start, end) if self.comments else []

    def _write_comments(self, comments: list[Comment], indent: int) -> None:
        self.lines += comment_lines(comments, indent, self.lines)

    def _end_line(self) -> None:
        if self.current:
            self.lines.append(Line(self.indent, self.current.rstrip()))
        self.current = ""


def comment_lines(comments: list[Comment], indent: int, before: list[Line]) -> list[Line]:
    """Comments on lines of their own; one that follows something stays behind it."""
    lines: list[Line] = []
    for comment in comments:
        last = before[-1] if before and not lines else None
        if not comment.alone and last and last.comment is None:
            last.comment = comment.text
        else:
            lines.append(Line(indent, "", comment=comment.text))
    return lines


def align(lines: list[Line]) -> list[Line]:
    """The lines of one body, with ``->`` and bars below one another within each paragraph."""
    paragraph: list[Line] = []
    for line in lines:
        if line.text or line.comment or line.cells or line.done:
            paragraph.append(line)
        else:
            _align_paragraph(paragraph)
            paragraph = []
    _align_paragraph(paragraph)
    for line in lines:
        line.done = True
    return lines


def _align_paragraph(lines: list[Line]) -> None:
    lines = [line for line in lines if not line.done]
    rows = [line for line in lines if line.cells]
    widths = [max(map(len, column)) for column in zip(*(r.cells or () for r in rows), strict=True)]
    for row in rows:
        cells = zip(row.cells or (), widths, strict=True)
        # An empty last cell ends with its bar.
        row.text = " | ".join(cell.ljust(width) for cell, width in cells).rstrip()
    asserted = [line for line in lines if line.assertion]
    column = _assertion_column(asserted)
    for line in asserted:
        line.text = f"{line.text.ljust(column - line.indent)}{GAP}{line.assertion}"
        line.assertion = None


def _assertion_column(lines: list[Line]) -> int:
    """Where the longest line ends, of those that leave room for all of the shapes."""
    room = WIDTH - len(GAP) - max((len(line.assertion or "") for line in lines), default=0)
    ends = (line.indent + len(line.text) for line in lines)
    return max((end for end in ends if end <= room), default=0)
