"""A report as Markdown for a pull request: what fails first, the rest folded away.

GitHub's flavour. Whatever a document or spec says is escaped: it formats nothing, mentions nobody
and links nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from archc.audit.report import Report
from archc.audit.reports.fold import Families, Fold, fold
from archc.audit.reports.options import Options
from archc.audit.reports.scoreboard import COLUMNS, Row, Scoreboard, added, scoreboard
from archc.audit.reports.summary import summary_line
from archc.audit.reports.words import (
    is_erratum,
    needs_attention,
    place_of,
    quantity_of,
    sentence,
    source_of,
)
from archc.diagnostics import Diagnostic
from archc.markdown import code, escape

LONGEST = 60_000
"""Characters: a comment on GitHub has at most 65,536, and a bot adds its own."""

MOST_REASONS = 20
"""Reasons why numbers are left out of ledgers that are told."""

LONGEST_TEXT = 500
"""Characters of a quote, or whatever else a document says, that one claim may take."""


def to_markdown(report: Report, options: Options | None = None) -> str:
    """Summary, what fails, what needs attention, and every claim, the last two folded."""
    options = options or Options()
    families = Families(report)
    folds = fold(report, families)
    fails = [one for one in folds if one.case.fails(options.fail_on)]
    known = [one for one in folds if is_erratum(one.case) and one not in fails]
    named = {id(one) for one in (*fails, *known)}
    rest = [one for one in folds if id(one) not in named]
    unsettled = [one for one in rest if needs_attention(one.case)]
    fine = [one for one in rest if not needs_attention(one.case)]
    board = scoreboard(report, options.fail_on, families)
    left_out = _left_out(board)
    writer = _Writer(LONGEST - sum(map(len, left_out)))
    writer.add(_head(report, options, bool(fails)))
    writer.board(board)
    errors = [*options.errors, *report.diagnostics]
    writer.errors(errors)
    writer.section("Fails", fails, open=True)
    writer.section("Known errata", known)
    writer.section("Not settled", unsettled)
    writer.section("Everything else", fine)
    writer.add(left_out)
    return writer.text()


def _head(report: Report, options: Options, fails: bool) -> list[str]:
    wrong = fails or bool(options.errors) or bool(report.diagnostics)
    sign = "❌" if wrong else "✅"
    return [
        f"### {sign} archc check",
        "",
        escape(summary_line(report, options.fail_on, len(options.errors))),
        "",
    ]


def _table_head(title: str, board: Scoreboard) -> list[str]:
    fails = bool(board.total.fails)
    heads = [title, "claims", *(_words(*COLUMNS[c]) for c in board.columns()), *(["fail"] * fails)]
    return ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]


def _table_row(row: Row, board: Scoreboard) -> str:
    counts = [row.total, *(row.counts[c] for c in board.columns())]
    counts += [row.fails] if board.total.fails else []
    return f"| {_text(row.name)} | " + " | ".join(f"{n:,}" if n else "" for n in counts) + " |"


def _words(first: str, second: str) -> str:
    return first[:-1] + second if first.endswith("-") else f"{first} {second}".strip()


def _left_out(board: Scoreboard) -> list[str]:
    if not board.left_out:
        return []
    listed = [f"{count:,} {_text(reason)}" for reason, count in board.left_out.items()]
    more = len(listed) - MOST_REASONS
    listed[MOST_REASONS:] = [f"… and {more:,} more reasons"] if more > 0 else []
    return [f"Left out of the ledgers: {'; '.join(listed)}.", ""]


def _text(text: str) -> str:
    """What a document says, escaped, or its beginning."""
    return escape(_begin(text))


def _begin(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " …"


class _Writer:
    """Adds lines while there is room for them: as many characters."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.lines: list[str] = []
        self.length = 0

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.lines.append(line)
            self.length += len(line) + 1

    def board(self, board: Scoreboard) -> None:
        """By document, then by network folded away; in a third of the room."""
        if not board.total.total:
            return
        networks = [*board.networks]
        if board.systems:
            networks.append(added(f"systems without a spec ({len(board.systems)})", board.systems))
        self.add(_table_head("document", board))
        self._rows(board.documents, board, self.room // 6)
        self.add([_table_row(board.total, board), ""])
        self.add(["<details><summary>By network</summary>", "", *_table_head("network", board)])
        self._rows(networks, board, self.room // 3)
        self.add(["", "</details>", ""])

    def _rows(self, rows: Iterable[Row], board: Scoreboard, room: int) -> None:
        self._list([_table_row(row, board) for row in rows], lambda n: f"| … {n:,} more |", room)

    def errors(self, errors: Sequence[Diagnostic]) -> None:
        from archc.diagnostics.render import render

        if not errors:
            return
        self.add(["#### Cannot be read", ""])
        texts = [f"- {code(_begin(render(d).splitlines()[0]))}" for d in errors]
        self._list(texts, lambda n: f"- … and {n:,} more", self.room // 2)
        self.add([""])

    def section(self, title: str, folds: Sequence[Fold], open: bool = False) -> None:
        """A table of claims; folded away unless ``open``."""
        if not folds:
            return
        count = sum(len(one.cases) for one in folds)
        claims = "1 claim" if count == 1 else f"{count:,} claims"
        if open:
            self.add([f"#### {title}: {claims}", ""])
        else:
            self.add([f"<details><summary>{title}: {claims}</summary>", ""])
        self.add(["| claim | printed | computed | | where |", "|---|---:|---:|---|---|"])
        more = "| … and {} more: see the full report | | | | |"
        self._list([_claim(one) for one in folds], lambda n: more.format(f"{n:,}"))
        self.add(["", *([] if open else ["</details>", ""])])

    def _list(
        self, lines: Sequence[str], more: Callable[[int], str], room: int | None = None
    ) -> None:
        """As many lines as there is room for, and how many more there are."""
        for i, line in enumerate(lines):
            if self.length + len(line) > (room or self.room):
                self.add([more(len(lines) - i)])
                return
            self.add([line])

    def text(self) -> str:
        return "\n".join(self.lines).rstrip("\n") + "\n"


def _claim(one: Fold) -> str:
    claim, case = one.case.claim, one.case
    about = f"{_text(one.about)}<br>{code(_begin(claim.subject))} {_text(quantity_of(claim))}"
    said = _text(sentence(case))
    if claim.erratum is not None:
        said += f"<br>erratum: {_text(claim.erratum)}"
    place = _text(", ".join(filter(None, (source_of(claim), place_of(claim)))))
    quote = f"<br>“{_text(claim.quote)}”" if claim.quote else ""
    where = f"{place}{quote}<br>{code(_begin(claim.at))}"
    computed = _text(case.shown) or "–"
    return f"| {about} | {_text(claim.printed)} | {computed} | {said} | {where} |"
