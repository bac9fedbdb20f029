"""How many claims have which verdict, by document and by network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from archc.audit.report import Case, Report
from archc.audit.reports.fold import Families
from archc.audit.reports.words import became_true, is_erratum, source_of
from archc.audit.verdicts import Verdict

Column = Literal[
    "exact",
    "rounds",
    "truncates",
    "if",
    "erratum",
    "explained",
    "unexplained",
    "unreadable",
    "not_evaluable",
]

COLUMNS: Mapping[Column, tuple[str, str]] = {
    "exact": ("", "holds"),
    "rounds": ("as", "rounded"),
    "truncates": ("trun-", "cated"),
    "if": ("holds", "if"),
    "erratum": ("known", "errata"),
    "explained": ("likely", "cause"),
    "unexplained": ("unex-", "plained"),
    "unreadable": ("unread-", "able"),
    "not_evaluable": ("not", "eval."),
}
"""Each column's head, in two lines. The columns of a row add up to its claims."""

_COLUMN: Mapping[Verdict, Column] = {
    "exact": "exact",
    "rounds": "rounds",
    "truncates": "truncates",
    "convention": "if",
    "variant": "if",
    "contradicted_explained": "explained",
    "contradicted": "unexplained",
    "unreadable": "unreadable",
    "not_evaluable": "not_evaluable",
}


def column(case: Case) -> Column:
    return "erratum" if is_erratum(case) or became_true(case) else _COLUMN[case.verdict]


@dataclass(slots=True)
class Row:
    """Claims of one document or about one network."""

    name: str
    counts: Counter[Column] = field(default_factory=Counter[Column])
    fails: int = 0

    @property
    def total(self) -> int:
        return self.counts.total()

    def add(self, case: Case, fail_on: Collection[str]) -> None:
        self.counts[column(case)] += 1
        self.fails += case.fails(fail_on)


@dataclass(frozen=True)
class Scoreboard:
    """``systems`` are the networks that documents speak of and no spec says; ``left_out`` is how
    many printed numbers no ledger claims, by reason."""

    documents: tuple[Row, ...]
    networks: tuple[Row, ...]
    systems: tuple[Row, ...]
    total: Row
    left_out: Mapping[str, int]

    def columns(self) -> list[Column]:
        """The columns in which there is anything."""
        return [c for c in COLUMNS if self.total.counts[c]]


def scoreboard(
    report: Report, fail_on: Collection[str] = (), families: Families | None = None
) -> Scoreboard:
    families = families or Families(report)
    documents: dict[str, Row] = {}
    networks: dict[str, Row] = {}
    total = Row("all")
    for case in report.cases:
        name = source_of(case.claim)
        documents.setdefault(name, Row(name)).add(case, fail_on)
        name = case.claim.network
        networks.setdefault(name, Row(name)).add(case, fail_on)
        total.add(case, fail_on)
    left_out: Counter[str] = Counter()
    for one in report.left_out:
        left_out[one.reason] += one.count
    known = [row for row in networks.values() if families.knows(row.name)]
    systems = [row for row in networks.values() if not families.knows(row.name)]
    return Scoreboard(_sorted(documents.values()), tuple(known), _sorted(systems), total, left_out)


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.name)))


def added(name: str, rows: Iterable[Row]) -> Row:
    """Several rows as one."""
    result = Row(name)
    for row in rows:
        result.counts.update(row.counts)
        result.fails += row.fails
    return result
