"""A report in one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from archc.audit.report import Report
from archc.audit.reports.words import is_erratum
from archc.audit.verdicts import CONTRADICTS, Verdict


def summary_line(report: Report, fail_on: Collection[str] = ()) -> str:
    """``23 claims: 15 exact, 5 round, 2 known errata; none fails``."""
    total = len(report.cases)
    if not total:
        return "no claims" if not report.diagnostics else "no claims could be read"
    known = sum(is_erratum(case) for case in report.cases)
    counts = [
        f"{_count(report, verdicts):,} {word}"
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
    claims = "1 claim" if total == 1 else f"{total:,} claims"
    return f"{claims}: {', '.join(counts)}; {result}"


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
