"""A report in one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from archc.audit.report import Report
from archc.audit.reports.words import is_erratum
from archc.audit.verdicts import CONTRADICTS, Verdict


def summary_line(report: Report, fail_on: Collection[str] = (), errors: int = 0) -> str:
    """``23 claims: 15 exact, 5 round, 2 known errata; none fails``.

    ``errors`` are those beside the report's own: whoever reads this line alone is to know that
    something was not checked at all.
    """
    total = len(report.cases)
    beside = "" if not errors else "1 error" if errors == 1 else f"{errors:,} errors"
    if not total:
        said = "no claims" if not report.diagnostics else "no claims could be read"
        return f"{said}; {beside}" if beside else said
    known = sum(is_erratum(case) for case in report.cases)
    counts = [
        f"{_count(report, verdicts):,} {word}"
        for word, verdicts in _SUMMED
        if _count(report, verdicts)
    ]
    against = _count(report, tuple(CONTRADICTS)) - known
    if known:
        counts.append(f"{known:,} known {'erratum' if known == 1 else 'errata'}")
    if against:
        counts.append(f"{against:,} contradicted")
    failures = len(report.failures(fail_on))
    wrong = len(report.diagnostics)
    if failures or wrong:
        result = f"{failures:,} {'fails' if failures == 1 else 'fail'}"
        if wrong:
            result += f", {wrong:,} cannot be read"
    else:
        result = "none fails"
    if beside:
        result += f", {beside}"
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
