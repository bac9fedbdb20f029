"""Diagnostics for people (the source line with carets) and for programs (JSON).

The only place that knows colour. Whatever a spec's author wrote is made printable first: a control
character never reaches the terminal.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from archc.diagnostics.diagnostic import Diagnostic
from archc.diagnostics.source import Source, Span
from archc.terminal import columns

MAX_WIDTH = 110
"""Columns of a source line that are shown; of a longer one, the part around the caret."""

_STYLES = {
    "error": "1;31",
    "remark": "1;33",
    "bold": "1",
    "gutter": "34",
    "label": "36",
    "help": "1;32",
}


def render(diagnostic: Diagnostic, colour: bool = False) -> str:
    """The diagnostic as lines of text, without a line end after the last.

    It begins ``FILE:LINE:COLUMN: error[CODE]: message`` (without the place where there is none;
    ``remark`` for ``error`` in a remark);
    the source line with a caret, other places, notes and help follow.
    """
    paint = _Paint(colour)
    place = f"{_printable(str(diagnostic.span))}: " if diagnostic.span else ""
    severity = diagnostic.severity
    head = paint(severity, f"{severity}[{diagnostic.code}]")
    lines = [f"{place}{head}: {paint('bold', _printable(diagnostic.message))}"]
    marks = _marks(diagnostic)
    width = max((len(str(mark.line)) for mark in marks), default=1)
    gutter = " " * width
    if marks:
        lines.append(paint("gutter", f"{gutter} |"))
        lines += _snippets(marks, width, paint)
    for note in diagnostic.notes:
        lines.append(f"{gutter} {paint('gutter', '=')} note: {_printable(note)}")
    if diagnostic.help:
        lines.append(
            f"{gutter} {paint('gutter', '=')} {paint('help', 'help')}: "
            f"{_printable(diagnostic.help)}"
        )
    return "\n".join(lines)


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The diagnostic as plain data; lines and columns count from 1, ends are exclusive."""
    return {
        "code": diagnostic.code,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "caret": diagnostic.caret,
        "labels": [{"text": label.text, **_place(label.span)} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
    }


def _place(span: Span | None) -> dict[str, str | int | None]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


# ---------------------------------------------------------------- source lines


@dataclass(frozen=True, slots=True)
class _Mark:
    """What to show below a source line: from ``start`` to ``end`` of it, and a few words."""

    source: Source
    line: int
    start: int
    end: int
    text: str
    primary: bool


def _marks(diagnostic: Diagnostic) -> list[_Mark]:
    """The diagnostic's places, the main one first."""
    places = [(label.span, label.text, False) for label in diagnostic.labels]
    if diagnostic.span:
        places.insert(0, (diagnostic.span, diagnostic.caret, True))
    return [_mark(span, text, primary) for span, text, primary in places]


def _mark(span: Span, text: str, primary: bool) -> _Mark:
    line, column = span.source.position(span.start)
    start = column - 1
    room = len(span.source.line(line))
    end = min(start + span.end - span.start, room)
    return _Mark(span.source, line, start, max(end, start + 1), text, primary)


def _snippets(marks: list[_Mark], width: int, paint: _Paint) -> list[str]:
    """Each source line once, with its marks below it, the main mark's line first."""
    lines: list[str] = []
    shown: _Mark | None = None
    groups: dict[tuple[Source, int], list[_Mark]] = {}
    for mark in marks:
        groups.setdefault((mark.source, mark.line), []).append(mark)
    for (source, number), group in groups.items():
        if shown and shown.source is not source:
            arrow = paint("gutter", f"{' ' * width} -->")
            lines.append(f"{arrow} {_printable(source.name)}:{number}:{group[0].start + 1}")
        elif shown and abs(shown.line - number) > 1:
            lines.append(paint("gutter", f"{' ' * width} :"))
        shown = group[0]
        lines += _snippet(source.line(number), number, group, width, paint)
    return lines


def _snippet(text: str, number: int, marks: list[_Mark], width: int, paint: _Paint) -> list[str]:
    first, last = _window(text, marks[0])
    before, after = ("…" if first else ""), ("…" if last < len(text) else "")
    bar = paint("gutter", f"{number:>{width}} |")
    lines = [f"{bar} {before}{_printable(text[first:last])}{after}".rstrip()]
    bar = paint("gutter", f"{' ' * width} |")
    for mark in sorted(marks, key=lambda m: (not m.primary, -m.start)):
        start, end = max(mark.start, first), max(min(mark.end, last), mark.start + 1)
        if start > last:
            continue
        indent = " " * (len(before) + _columns(text[first:start]))
        under = ("^" if mark.primary else "-") * max(1, _columns(text[start:end]))
        words = f"{under} {_printable(mark.text)}".rstrip()
        lines.append(f"{bar} {indent}{paint('error' if mark.primary else 'label', words)}")
    return lines


def _window(text: str, mark: _Mark) -> tuple[int, int]:
    """Which part of a line to show: all, or what is around the mark."""
    if len(text) <= MAX_WIDTH:
        return 0, len(text)
    first = max(0, min(mark.start - MAX_WIDTH // 3, len(text) - MAX_WIDTH))
    return first, min(len(text), first + MAX_WIDTH)


# ---------------------------------------------------------------- characters


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour else text


def _printable(text: str) -> str:
    """Tabs as four spaces; what a terminal would obey or cannot show, as U+FFFD."""
    return "".join(map(_character, text))


def _character(character: str) -> str:
    if character == "\t":
        return "    "
    return (
        "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character
    )


def _columns(text: str) -> int:
    """How many columns a terminal gives the text as it is printed."""
    return columns(_printable(text))
