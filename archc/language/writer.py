"""The one canonical form of a spec: `archc fmt`, and what programs that make trees write.

A statement a line, four spaces, ``->`` and table bars below one another within a paragraph,
comments where they stand, at most one empty line, long lines broken after commas. A body stands on
one line only if it was written so and fits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeVar

from archc.diagnostics import Source
from archc.language import syntax as s
from archc.language.builder import unbraced
from archc.language.comments import Comments
from archc.language.layout import GAP, INDENT, Braces, Layout, Line, align
from archc.language.parser import parse
from archc.language.pieces import assertion, is_short, pieces
from archc.language.spelling import keyword_value, path, quote

MAX_INLINE = 1000
"""Characters of a source beyond which a body in braces is not tried on one line."""

_N = TypeVar("_N", bound=s.Node)


def format(source: Source) -> str:
    """The text in its canonical form; formatting that again changes nothing.

    Raises :class:`archc.diagnostics.SpecError` where the text is not a spec.
    """
    return _Writer(source).file(parse(source))


def write(file: s.File) -> str:
    """A tree that a program made, as text. :func:`archc.language.parser.parse` reads it back.

    Raises ValueError for a tree that no text is read into.
    """
    return _Writer(None).file(file)


def normalise(node: _N) -> _N:
    """The tree without what only spelling decides: parentheses, braces around a repeated layer.

    Two texts mean the same where these trees are equal; those of a text and of its canonical form
    always are.
    """
    normal: _N = _normalise(node)
    return normal


def _normalise(value: Any) -> Any:
    if isinstance(value, tuple):
        # What a tuple found in an untyped field holds is unknown, and does not matter here.
        return tuple(map(_normalise, value))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, s.Group):
        return _normalise(value.inner)
    if not isinstance(value, s.Node):
        return value
    if isinstance(value, s.Repeat):
        value = dataclasses.replace(value, step=unbraced(value.step))
    names = (f.name for f in dataclasses.fields(value))
    return type(value)(**{name: _normalise(getattr(value, name)) for name in names})


@s.node
class _Cells(s.Node):
    """A line of a table of configurations, spelled."""

    cells: tuple[str, ...]


class _Writer:
    """Writes one file. Without a source there are no comments and no line ends to keep."""

    def __init__(self, source: Source | None) -> None:
        self.end = len(source.text) if source else 0
        self.comments = Comments(source) if source else None

    def file(self, file: s.File) -> str:
        lines = self._sequence(file.items, (0, self.end), 0)
        return "".join(f"{line.render()}\n" for line in lines)

    def _sequence(
        self,
        items: Sequence[s.Node],
        within: tuple[int, int],
        indent: int,
        opener: Line | None = None,
        merge: bool = False,
    ) -> list[Line]:
        """Items one below another, with the comments and the empty lines between them.

        ``opener`` is the line of the opening brace, which keeps the comment behind it.
        """
        lines: list[Line] = []
        at, end = within
        starts = [*(item.span.start for item in items), end]
        if opener:
            at = self._trailing(opener, at, starts[0])
        for number, item in enumerate(items):
            at = self._alone(lines, at, item.span.start, indent)
            if lines and self._apart(items[number - 1] if number else None, item, at):
                lines.append(Line(indent, ""))
            own = self._item(item, indent, merge)
            lines += self._homeless(item, indent)
            lines += own
            at = self._trailing(own[-1], item.span.end, starts[number + 1])
        self._alone(lines, at, end, indent)
        return align(lines)

    def _item(self, item: s.Node, indent: int, merge: bool) -> list[Line]:
        match item:
            case _Cells(cells=(alone,)):
                return [Line(indent, alone)]
            case _Cells():
                return [Line(indent, "", cells=item.cells)]
            case s.Row():
                cells = tuple("" if cell is None else keyword_value(cell) for cell in item.cells)
                return [Line(indent, "", cells=cells)]
            case s.Variants():
                opening = f"variants {path(item.network)} "
                opening += f"{quote(item.source)} {{" if item.source is not None else "{"
                columns = s.Row(item.columns[0].span.to(item.columns[-1].span), item.columns)
                within = (item.network.span.end, item.span.end)
                return self._braced(opening, (columns, *item.rows), within, indent)
            case s.Configurations():
                return self._configurations(item, indent)
            case s.Published():
                opening = f"published {quote(item.source)} {{"
                within = (item.span.start, item.span.end)
                return self._braced(opening, item.claims, within, indent)
            case _:
                asserted = assertion(item)
                room = len(GAP) + len(asserted) if asserted else 0
                layout = Layout(self.comments, self._body, self._flat_body)
                lines = layout.lay(pieces(item, merge), indent, room)
                lines[-1].assertion = asserted
                return lines

    def _braced(
        self, opening: str, items: Sequence[s.Node], within: tuple[int, int], indent: int
    ) -> list[Line]:
        opener = Line(indent, opening)
        inner = self._sequence(items, within, indent + INDENT, opener)
        return [opener, *inner, Line(indent, "}")]

    def _configurations(self, item: s.Configurations, indent: int) -> list[Line]:
        """The table: the columns' names, their weight layers where it counts them, its rows."""
        from archc.language.configurations import printed  # few specs have such a table

        opener = Line(indent, "configurations {")
        rows = [_Cells(span, cells) for span, cells in printed(item)]
        inner = self._sequence(rows, (item.span.start, item.span.end), indent + INDENT, opener)
        return [opener, *inner, Line(indent, "}")]

    def _body(self, piece: Braces, indent: int, opener: Line) -> list[Line]:
        within = (piece.body.span.start, piece.body.span.end)
        return self._sequence(piece.body.statements, within, indent, opener, piece.merge)

    def _flat_body(self, piece: Braces) -> str | None:
        """A body on one line, if it may stand on one."""
        body = piece.body
        if self.comments and self.comments.between(body.span.start, body.span.end):
            return None
        if not body.statements:
            return "{ }"
        if not body.inline or body.span.end - body.span.start > MAX_INLINE:
            return None
        layout = Layout(None, self._body, self._flat_body)
        parts: list[str] = []
        for statement in body.statements:
            if isinstance(statement, s.Published | s.Variants | s.Configurations):
                return None
            flat = layout.flat(pieces(statement, piece.merge))
            if flat is None:
                return None
            asserted = assertion(statement)
            parts.append(f"{flat} {asserted}" if asserted else flat)
        return f"{{ {'; '.join(parts)} }}"

    # ------------------------------------------------------------ comments and empty lines

    def _alone(self, lines: list[Line], start: int, end: int, indent: int) -> int:
        """The comments there on lines of their own. Where the last of them ends."""
        if self.comments is None:
            return start
        for comment in self.comments.take(start, end):
            if lines and self.comments.blank_between(start, comment.start):
                lines.append(Line(indent, ""))
            lines.append(Line(indent, "", comment=comment.text))
            start = comment.end
        return start

    def _trailing(self, line: Line, start: int, end: int) -> int:
        """The comment behind what ends at ``start``, kept behind it. Where it ends."""
        comment = self.comments.take_trailing(start, end) if self.comments else None
        if comment is None:
            return start
        line.comment = comment.text
        return comment.end

    def _homeless(self, item: s.Node, indent: int) -> list[Line]:
        """Comments within a statement, where none can stand in the canonical form."""
        left = self.comments.take(item.span.start, item.span.end) if self.comments else []
        return [Line(indent, "", comment=comment.text) for comment in left]

    def _apart(self, previous: s.Node | None, item: s.Node, at: int) -> bool:
        """Whether an empty line stands before the item."""
        if self.comments:
            return self.comments.blank_between(at, item.span.start)
        if previous is None:
            return False
        if isinstance(item, s.Published | s.Variants | s.Network | s.Block | s.Configurations):
            return True
        if isinstance(previous, s.Input | s.Network | s.Block | s.Variants):
            return not isinstance(item, s.Input)
        return is_short(previous) != is_short(item)
