"""A report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from archc.audit.report import Case, Report
from archc.audit.reports.fold import Families, Fold, by_section, fold
from archc.audit.reports.options import Options
from archc.audit.reports.scoreboard import COLUMNS, Row, Scoreboard, added, scoreboard
from archc.audit.reports.summary import summary_line
from archc.audit.reports.words import (
    Standing,
    is_placed,
    needs_attention,
    printable,
    quantity_of,
    reason,
    standing,
    word,
)
from archc.terminal import columns, left, right, shortened, wrapped

_COLOURS = {"good": "32", "known": "33", "bad": "31", "quiet": "2", "title": "1"}
_STYLES: Mapping[Standing, str] = {
    "disputed": "bad",
    "erratum": "known",
    "if": "good",
    "holds": "good",
    "unknown": "known",
}

NARROWEST = 60

ROOM = 28
"""Columns that a document's name needs beside the scoreboard's numbers."""


def to_text(report: Report, options: Options | None = None) -> str:
    """The claims by what they speak of and document, then one line that sums up.

    Not ``full``: the scoreboard, and of the claims those that need attention.
    """
    options = options or Options()
    families = Families(report)
    folds = fold(report, families)
    writer = _Writer(options)
    parts: list[str] = []
    if options.full:
        parts += writer.sections(folds)
    elif report.cases:
        board = scoreboard(report, options.fail_on, families)
        parts += writer.board(board, families)
        parts += writer.attention(folds, families)
        parts += writer.without_spec(board.systems)
    if options.full and report.left_out:
        parts += writer.left_out(scoreboard(report, options.fail_on, families).left_out)
    parts.append(writer.last(report))
    return "\n".join(parts) + "\n"


class _Writer:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.paint = _Paint(options.colour)
        self.width = max(options.width, NARROWEST)

    def sections(self, folds: Iterable[Fold]) -> Iterator[str]:
        """Claims, those of one family in columns of the same width."""
        for _, of_family in groupby(folds, lambda one: one.family):
            members = list(of_family)
            rows = _Rows([one.case for one in members], self)
            for (about, document), inner in by_section(members).items():
                name = printable(about)
                head = self.wrap(printable(f"{name}: {document}"), indent="  ")
                if head[0].startswith(name):
                    head[0] = self.paint(name, "title") + head[0].removeprefix(name)
                lines = [line for one in inner for line in rows.row(one)]
                yield "\n".join([*head, *lines]) + "\n"

    def attention(self, folds: Sequence[Fold], families: Families) -> Iterator[str]:
        """What fails, what does not hold, and what cannot be evaluated though there is a spec."""
        listed = [
            one
            for one in folds
            if needs_attention(one.case, self.options.fail_on)
            and families.knows(one.case.claim.network)
        ]
        rest = sum(len(one.cases) for one in folds) - sum(len(one.cases) for one in listed)
        if listed:
            yield self.paint("What needs attention", "title") + (
                f" ({rest:,} more claims: --verbose)\n" if rest else "\n"
            )
        yield from self.sections(listed)

    def without_spec(self, systems: Sequence[Row]) -> Iterator[str]:
        if not systems:
            return
        total = added("", systems).total
        names = ", ".join(printable(row.name) for row in systems)
        claims = "1 claim speaks" if total == 1 else f"{total:,} claims speak"
        yield "\n".join(self.wrap(f"{claims} of systems without a spec: {names}")) + "\n"

    def left_out(self, reasons: Mapping[str, int]) -> Iterator[str]:
        total = sum(reasons.values())
        listed = "; ".join(f"{count:,} {printable(reason)}" for reason, count in reasons.items())
        if total:
            what = "printed number is" if total == 1 else "printed numbers are"
            text = f"{total:,} {what} left out of the ledgers: {listed}"
            yield "\n".join(self.wrap(text)) + "\n"

    def last(self, report: Report) -> str:
        """The line that sums up; more than one where the terminal is narrow."""
        errors = len(self.options.errors)
        text = summary_line(report, self.options.fail_on, errors)
        before, semicolon, result = text.rpartition("; ")
        if not semicolon:
            return result
        style = "good" if report.ok(self.options.fail_on) and not errors else "bad"
        together = result.replace(" ", "\xa0")  # not broken in two
        lines = "\n".join(self.wrap(f"{before}; {together}"))
        return lines.removesuffix(together) + self.paint(result, style)

    def wrap(self, text: str, indent: str = "") -> list[str]:
        return wrapped(text, self.width, indent)

    # ------------------------------------------------------------ the scoreboard

    def board(self, board: Scoreboard, families: Families) -> Iterator[str]:
        """A table: documents and networks down, verdicts across; a family is one row."""
        networks: list[Row] = []
        of_family: dict[str, list[Row]] = {}
        for row in board.networks:
            of_family.setdefault(families.family(row.name), []).append(row)
        for name, rows in of_family.items():
            alone = len(rows) == 1
            networks.append(rows[0] if alone else added(f"{name}, {len(rows)} variants", rows))
        if board.systems:
            count = len(board.systems)
            name = "1 system without a spec" if count == 1 else f"{count} systems without a spec"
            networks.append(added(name, board.systems))
        names = [row.name for row in (*board.documents, *networks)]
        table = _Table(board, self, max(map(columns, names), default=0))
        lines = [*table.head(), *table.block("documents", board.documents)]
        lines += [*table.block("networks", networks), table.rule(), table.row(board.total)]
        yield "\n".join(line.rstrip() for line in lines) + "\n"
        yield from self.left_out(board.left_out)


class _Table:
    """The scoreboard's columns; those in which there is nothing are left out."""

    def __init__(self, board: Scoreboard, writer: _Writer, longest: int) -> None:
        self.columns = board.columns()
        self.fails = bool(board.total.fails)
        self.paint = writer.paint
        self.heads = [("", "claims"), *(COLUMNS[c] for c in self.columns)]
        self.heads += [("", "fail")] if self.fails else []
        self.widths = [max(len(a), len(b), 5) + 1 for a, b in self.heads]
        room = writer.width - sum(self.widths)
        self.above = room < min(ROOM, longest)  # a name has a line of its own
        self.first = 2 if self.above else min(room, longest + 2)

    def head(self) -> list[str]:
        return [
            " " * self.first + "".join(f"{h[i]:>{w}}" for h, w in self._heads()) for i in range(2)
        ]

    def _heads(self) -> Iterator[tuple[tuple[str, str], int]]:
        return zip(self.heads, self.widths, strict=True)

    def rule(self) -> str:
        return "─" * (self.first + sum(self.widths))

    def block(self, title: str, rows: Iterable[Row]) -> list[str]:
        return [self.paint(title, "title"), *(self.row(row, "  ") for row in rows)]

    def row(self, row: Row, indent: str = "") -> str:
        name = indent + printable(row.name)
        over = ""
        if self.above:
            over, name = shortened(name, self.first + sum(self.widths)) + "\n", ""
        name = shortened(name, self.first)
        counts = [row.total, *(row.counts[c] for c in self.columns)]
        cells = [f"{n:>{w},}" if n else " " * w for n, w in zip(counts, self.widths, strict=False)]
        if self.fails:
            cell = f"{row.fails or '':>{self.widths[-1]}}"
            cells.append(self.paint(cell, "bad") if row.fails else cell)
        return over + left(name, self.first) + "".join(cells)


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour and text else text


# ---------------------------------------------------------------- rows


class _Rows:
    """The rows of some claims, in columns that fit them."""

    def __init__(self, cases: Sequence[Case], writer: _Writer) -> None:
        self.paint, self.width = writer.paint, writer.width
        self.options = writer.options
        room = self.width - 30  # the margins, and the longest verdict
        limits = [room * share // 70 for share in (20, 20, 15, 15)]
        cells = [_cells(case) for case in cases]
        widths = [[columns(row[i]) for row in cells] for i in range(len(limits))]
        self.columns = [_column(found, n) for found, n in zip(widths, limits, strict=True)]

    def row(self, one: Fold) -> list[str]:
        case = one.case
        subject, quantity, printed, computed = _cells(case)
        a, b, c, d = self.columns
        lines: list[str] = []
        below: list[str] = []
        if columns(subject) > a or columns(quantity) > b:  # long ones have a line of their own
            lines.append(shortened(f"  {subject}  {quantity}", self.width))
            subject = quantity = ""
        if columns(printed) > c:
            below.append(f'printed: "{printable(case.claim.printed)}"')
            printed = shortened(printed, c)
        if columns(computed) > d:
            below.append(f"computed: {computed}")
            computed = shortened(computed, d)
        texts = (left(subject, a), left(quantity, b), right(printed, c), right(computed, d))
        cells = f"  {'  '.join(texts)}  "
        verdict, why = word(case), printable(reason(case))
        style = "bad" if case.fails(self.options.fail_on) else _STYLES[standing(case)]
        note = f" ({why})" if why else ""
        if why and (columns(cells + verdict + note) > self.width):
            below.append(why)
            note = ""
        lines.append(cells + self.paint(verdict + note, style))
        below += self.more(case)
        return lines + [line for text in below for line in self.beside(text)]

    def more(self, case: Case) -> Iterator[str]:
        claim = case.claim
        if claim.erratum is not None:
            yield f"erratum: {claim.erratum}"
        fails = case.fails(self.options.fail_on)
        place = claim.where if is_placed(claim) else ""  # else it stands in the head
        if (place or claim.quote) and (fails or not self.options.full or self.options.quotes):
            quote = f"“{claim.quote}”" if claim.quote else ""
            yield ": ".join(filter(None, (place, quote)))
        if fails:
            yield f"at {claim.at}"

    def beside(self, text: str) -> list[str]:
        lines = wrapped(printable(text), max(20, self.width - 6))
        return [self.paint(f"      {line}", "quiet") for line in lines]


def _column(lengths: Sequence[int], limit: int) -> int:
    """As wide as the longest cell that fits; some room for the beginning of one that does not."""
    fitting = max((n for n in lengths if n <= limit), default=0)
    return fitting if fitting == max(lengths) else max(fitting, min(limit, 12))


def _cells(case: Case) -> tuple[str, str, str, str]:
    claim = case.claim
    printed = printable(claim.printed)
    return printable(claim.subject), printable(quantity_of(claim)), printed, case.shown or "-"
