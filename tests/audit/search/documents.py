"""Specs with claims, as texts, checked with the search."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from archc import pipeline
from archc.audit.check import check
from archc.audit.ledger import read_ledger
from archc.audit.report import Case, Report
from archc.audit.specs import Specs
from archc.graph.compile import compile_network

SPECS = Path(__file__).parents[3] / "specs"


def checked(text: str) -> dict[tuple[str, str, str], Case]:
    """The cases of a spec's text by subject, quantity and what is printed."""
    spec = pipeline.read_text(text)
    report = check([compile_network(value) for value in pipeline.family(spec)])
    assert not report.diagnostics
    return {(c.claim.subject, c.claim.quantity, c.claim.printed): c for c in report.cases}


@cache
def ledger(name: str) -> Report:
    """A document of the zoo."""
    found = check([], ledgers=[read_ledger(SPECS / "published" / f"{name}.yaml")], specs=Specs())
    assert not found.diagnostics
    return found


def case(name: str, network: str, subject: str, quantity: str, printed: str) -> Case:
    """The first claim of a document that prints a number."""
    wanted = (network, subject, quantity)
    for found in ledger(name).cases:
        claim = found.claim
        if (claim.network, claim.subject, claim.quantity) == wanted and printed in claim.text:
            return found
    raise LookupError(f"{name} has no {wanted} that prints {printed}")
