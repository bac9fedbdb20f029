"""A report as Markdown for a pull request: what fails first, the rest folded away.

GitHub's flavour. Whatever a document or spec says is escaped: it formats nothing, mentions nobody
and links nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

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
    writer = _Writer()
    writer.add(_head(report, options, bool(fails)))
    writer.add(_board(board))
    errors = [*options.errors, *report.diagnostics]
    writer.errors(errors)
    writer.section("Fails", fails, open=True)
    writer.section("Known errata", known)
    writer.section("Not settled", unsettled)
    writer.section("Everything else", fine)
    writer.add(_left_out(board))
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


def _board(board: Scoreboard) -> list[str]:
    """By document, then by network folded away."""
    if not board.total.total:
        return []
    networks = [*board.networks]
    if board.systems:
        networks.append(added(f"systems without a spec ({len(board.systems)})", board.systems))
    return [
        *_rows("document", [*board.documents, board.total], board),
        "",
        "<details><summary>By network</summary>",
        "",
        *_rows("network", networks, board),
        "",
        "</details>",
        "",
    ]


def _rows(title: str, rows: Iterable[Row], board: Scoreboard) -> Iterator[str]:
    columns = board.columns()
    fails = bool(board.total.fails)
    heads = [title, "claims", *(_words(*COLUMNS[c]) for c in columns), *(["fail"] * fails)]
    yield "| " + " | ".join(heads) + " |"
    yield "|---|" + "---:|" * (len(heads) - 1)
    for row in rows:
        counts = [row.total, *(row.counts[c] for c in columns), *([row.fails] * fails)]
        yield f"| {escape(row.name)} | " + " | ".join(f"{n:,}" if n else "" for n in counts) + " |"


def _words(first: str, second: str) -> str:
    return first[:-1] + second if first.endswith("-") else f"{first} {second}".strip()


def _left_out(board: Scoreboard) -> list[str]:
    if not board.left_out:
        return []
    listed = "; ".join(f"{count:,} {escape(reason)}" for reason, count in board.left_out.items())
    return [f"Left out of the ledgers: {listed}.", ""]


class _Writer:
    """Adds lines while there is room for them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.length = 0

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.lines.append(line)
            self.length += len(line) + 1

    def errors(self, errors: Sequence[Diagnostic]) -> None:
        from archc.diagnostics.render import render

        if not errors:
            return
        self.add(["#### Cannot be read", ""])
        texts = [f"- {code(render(d).splitlines()[0])}" for d in errors]
        self._list(texts, lambda n: f"- … and {n:,} more")
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

    def _list(self, lines: Sequence[str], more: Callable[[int], str]) -> None:
        for i, line in enumerate(lines):
            if self.length + len(line) > LONGEST:
                self.add([more(len(lines) - i)])
                return
            self.add([line])

    def text(self) -> str:
        return "\n".join(self.lines).rstrip("\n") + "\n"


def _claim(one: Fold) -> str:
    claim, case = one.case.claim, one.case
    about = f"{escape(one.about)}<br>{code(claim.subject)} {escape(quantity_of(claim))}"
    said = escape(sentence(case))
    if claim.erratum is not None:
        said += f"<br>erratum: {escape(claim.erratum)}"
    place = escape(", ".join(filter(None, (source_of(claim), place_of(claim)))))
    quote = f"<br>“{escape(claim.quote)}”" if claim.quote else ""
    where = f"{place}{quote}<br>{code(claim.at)}"
    computed = escape(case.shown) or "–"
    return f"| {about} | {escape(claim.printed)} | {computed} | {said} | {where} |"
