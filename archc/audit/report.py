"""A report as text for people and as JSON for machines."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import groupby
from typing import Any

from archc.audit.check import BECAME_TRUE, Case, Report
from archc.audit.verdicts import CONTRADICTS, HOLDS, Verdict

SCHEMA = 1

Paint = Callable[[str, str], str]
"""A text in one of the report's styles."""

WIDTH = 100

WORDS: Mapping[Verdict, str] = {
    "exact": "exact",
    "rounds": "rounds",
    "truncates": "truncates",
    "convention": "holds if",
    "variant": "holds if",
    "contradicted_explained": "does not hold",
    "contradicted": "does not hold",
    "unreadable": "unreadable",
    "not_evaluable": "cannot be evaluated",
}
_COLOURS = {"good": "32", "known": "33", "bad": "31", "quiet": "2", "title": "1"}


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain data; ``schema`` says which version of it."""
    return {
        "schema": SCHEMA,
        "claims": [
            {
                "document": case.claim.document,
                "where": case.claim.where,
                "network": case.claim.network,
                "subject": case.claim.subject,
                "quantity": case.claim.quantity,
                "printed": case.claim.printed,
                "computed": case.computed,
                "verdict": case.verdict,
                "erratum": case.claim.erratum,
                "explanation": case.explanation,
            }
            for case in report.cases
        ],
        "summary": dict(report.summary),
    }


def to_text(
    report: Report, *, colour: bool = False, fail_on: Collection[str] = (), width: int = WIDTH
) -> str:
    """A table a network and document, each number with its verdict, then one line that sums up."""
    paint = _Paint(colour)
    parts: list[str] = []
    for network, of_network in groupby(report.cases, lambda case: case.claim.network):
        cases = list(of_network)
        rows = _Rows(cases, paint, fail_on, width)
        for document, group in groupby(cases, lambda case: case.claim.document):
            name = _one_line(network)
            head = textwrap.wrap(_one_line(f"{name}: {document}"), width, subsequent_indent="  ")
            head[0] = paint(name, "title") + head[0].removeprefix(name)
            parts.append("\n".join([*head, *rows.of(group)]) + "\n")
    parts.append(summary_line(report, fail_on, paint))
    return "\n".join(parts) + "\n"


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour and text else text


class _Rows:
    """The rows of one network's claims, in columns that fit them."""

    LIMITS = (24, 20, 20, 17)  # of subject, quantity, printed, computed; with the verdict 100

    def __init__(
        self, cases: list[Case], paint: _Paint, fail_on: Collection[str], width: int
    ) -> None:
        self.paint, self.fail_on, self.width = paint, fail_on, width
        cells = [_cells(case) for case in cases]
        self.columns = [
            max(len(row[i]) for row in cells if len(row[i]) <= limit or i == 3)
            if any(len(row[i]) <= limit for row in cells)
            else limit
            for i, limit in enumerate(self.LIMITS)
        ]

    def of(self, cases: Iterable[Case]) -> list[str]:
        return [line for case in cases for line in self.row(case)]

    def row(self, case: Case) -> list[str]:
        subject, quantity, printed, computed = _cells(case)
        a, b, c, d = self.columns
        lines: list[str] = []
        if len(subject) > a:  # a long path has a line of its own
            lines.append(f"  {subject}")
            subject = ""
        below = [f'printed: "{case.claim.printed}"'] if len(printed) > c else []
        if below:
            printed = printed[: c - 3] + "..."
        cells = f"  {subject:<{a}}  {quantity:<{b}}  {printed:>{c}}  {computed:>{d}}  "
        word, style = _verdict(case, self.fail_on)
        note = f" ({case.explanation})" if case.explanation else ""
        if len(cells) + len(word) + len(note) > self.width:
            below.append(case.explanation)
            note = ""
        lines.append(cells + self.paint(word + note, style))
        if case.claim.erratum is not None:
            below.append(f"erratum: {case.claim.erratum}")
        if case.fails(self.fail_on):
            below.append(f"at {case.claim.at}")
        return lines + [line for text in below for line in self.beside(text)]

    def beside(self, text: str) -> list[str]:
        lines = textwrap.wrap(_one_line(text), max(20, self.width - 6), break_on_hyphens=False)
        return [self.paint(f"      {line}", "quiet") for line in lines]


def _cells(case: Case) -> tuple[str, str, str, str]:
    claim = case.claim
    quantity = " ".join((claim.quantity, *claim.flags))
    return _one_line(claim.subject), quantity, _one_line(claim.printed), case.shown or "-"


def _one_line(text: str) -> str:
    """Without what would move a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _verdict(case: Case, fail_on: Collection[str]) -> tuple[str, str]:
    word = WORDS[case.verdict]
    if case.claim.erratum is not None:
        if case.verdict in BECAME_TRUE:
            return f"{word}: no longer an erratum", "bad"
        if case.verdict in CONTRADICTS:
            word = "known erratum"
    if case.fails(fail_on):
        return word, "bad"
    return word, "good" if case.verdict in HOLDS else "known"


def summary_line(
    report: Report, fail_on: Collection[str] = (), paint: Paint = lambda text, style: text
) -> str:
    """``23 claims: 15 exact, 5 round, 2 known errata; all hold.``"""
    total = len(report.cases)
    if not total:
        return "no claims" if not report.diagnostics else "no claims could be read"
    known = sum(c.claim.erratum is not None and c.verdict in CONTRADICTS for c in report.cases)
    counts = [
        f"{_count(report, verdicts)} {word}"
        for word, verdicts in _SUMMED
        if _count(report, verdicts)
    ]
    against = _count(report, tuple(CONTRADICTS)) - known
    if known:
        counts.append(f"{known} known {'erratum' if known == 1 else 'errata'}")
    if against:
        counts.append(f"{against} contradicted")
    failures = len(report.failures(fail_on))
    wrong = len(report.diagnostics)
    if failures or wrong:
        result = f"{failures} {'fails' if failures == 1 else 'fail'}"
        if wrong:
            result += f", {wrong} cannot be read"
    else:
        result = "none fails"
    claims = "1 claim" if total == 1 else f"{total} claims"
    return f"{claims}: {', '.join(counts)}; " + paint(
        result, "bad" if failures or wrong else "good"
    )


_SUMMED: tuple[tuple[str, tuple[Verdict, ...]], ...] = (
    ("exact", ("exact",)),
    ("rounded", ("rounds",)),
    ("truncated", ("truncates",)),
    ("under a convention", ("convention",)),
    ("for a variant", ("variant",)),
    ("unreadable", ("unreadable",)),
    ("not evaluable", ("not_evaluable",)),
)


def _count(report: Report, verdicts: Iterable[Verdict]) -> int:
    return sum(report.summary.get(verdict, 0) for verdict in verdicts)
