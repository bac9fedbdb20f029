"""What a check finds, as data: a case for each claim, and the report of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archc import registry
from archc.audit.claim import Claim
from archc.audit.kind import Kind
from archc.audit.subject import Subject
from archc.audit.verdicts import CONTRADICTS, VERDICTS, Verdict
from archc.diagnostics import Diagnostic
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.entries import LeftOut

BECAME_TRUE: frozenset[Verdict] = frozenset(("exact", "rounds", "truncates"))
"""Verdicts under which an erratum's number holds as it is claimed."""


DAMAGED = "damaged"
"""The flag of a number that is legible and yet not what the document had: misread by a machine."""


@dataclass(frozen=True, slots=True)
class Case:
    """A claim with what the spec computes for it, and the verdict.

    ``computed`` is for machines (None where nothing could be computed), ``shown`` for people.
    ``value`` is the quantity itself, for the search that explains.
    """

    claim: Claim
    verdict: Verdict
    computed: int | float | str | None = None
    shown: str = ""
    explanation: str = ""
    value: Any = field(default=None, repr=False)
    kind: Kind | None = field(default=None, repr=False)
    subject: Subject | None = field(default=None, repr=False)

    def fails(self, fail_on: Collection[str] = ()) -> bool:
        """Whether a check fails for it.

        A contradiction fails without an erratum; an erratum fails when its number holds after all.
        ``fail_on`` names more verdicts, or ``erratum`` for known errata too.
        """
        if self.claim.erratum is not None:
            return self.verdict in BECAME_TRUE or "erratum" in fail_on
        return self.verdict in CONTRADICTS or self.verdict in fail_on


FAIL_ON: tuple[str, ...] = (*VERDICTS, "erratum")
"""What ``--fail-on`` may name."""


@dataclass(frozen=True)
class Report:
    """What a check found.

    ``diagnostics`` are claims that cannot be read at all. ``left_out`` are printed numbers that the
    ledgers name and do not claim, with the reason.
    """

    cases: tuple[Case, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    networks: tuple[Network, ...] = field(default=(), repr=False)
    left_out: tuple[LeftOut, ...] = ()

    @cached_property
    def summary(self) -> dict[Verdict, int]:
        """How many claims have each verdict; verdicts that none has are left out."""
        counted = Counter(case.verdict for case in self.cases)
        return {verdict: counted[verdict] for verdict in VERDICTS if counted[verdict]}

    def __str__(self) -> str:
        return str(registry.load("archc.reports", "text")(self))

    def failures(self, fail_on: Collection[str] = ()) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.fails(fail_on))

    def ok(self, fail_on: Collection[str] = ()) -> bool:
        return not self.diagnostics and not self.failures(fail_on)

    def exit_status(self, fail_on: Collection[str] = ()) -> int:
        """0: what is claimed holds, or is known not to; 1: a claim fails or cannot be read."""
        return 0 if self.ok(fail_on) else 1
