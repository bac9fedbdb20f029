"""Every verdict on what the five documents print, as a file: a change in any shows as a diff.

``pytest tests/audit/test_scoreboard.py --update`` writes what archc says now; review the diff.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from archc.audit.check import check
from archc.audit.ledger import Ledger, read_ledger
from archc.audit.report import Case, Report
from archc.audit.verdicts import VERDICTS

PUBLISHED = Path(__file__).parents[2] / "specs" / "published"
GOLDEN = Path(__file__).parent / "golden" / "scoreboard.txt"


@cache
def ledgers() -> tuple[Ledger, ...]:
    return tuple(read_ledger(path) for path in sorted(PUBLISHED.glob("*.yaml")))


@cache
def report() -> Report:
    return check([], ledgers=ledgers())


def line(case: Case) -> str:
    claim = case.claim
    part = f"{claim.network}: {claim.subject}" + (f" to {claim.to.subject}" if claim.to else "")
    shown = case.shown or "-"
    known = "  (erratum)" if claim.erratum is not None else ""
    said = f"{claim.id:28} {part}, {claim.quantity}: {claim.printed!r} = {shown}"
    return f"{said}  {case.verdict}{known}"


def scoreboard() -> str:
    found = report()
    lines: list[str] = []
    for ledger in ledgers():
        cases = [case for case in found.cases if case.claim.document == ledger.document]
        counts = Counter(case.verdict for case in cases)
        lines += [f"# {ledger.document}", ""]
        lines += [f"# {counts[verdict]:4} {verdict}" for verdict in VERDICTS if counts[verdict]]
        lines += [f"# {left.count:4} left out: {left.reason}" for left in ledger.left_out]
        lines += ["", *map(line, cases), ""]
    return "\n".join(lines)


def test_scoreboard(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update"):
        GOLDEN.write_text(scoreboard(), encoding="utf-8")
    written = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert scoreboard().splitlines() == written, "review, then run with --update"


def test_nothing_fails() -> None:
    assert report().diagnostics == ()
    assert [line(case) for case in report().failures()] == []


def test_every_claim_can_be_named() -> None:
    """By an id of its own; it has a place and, where the document prints one, a quote."""
    claims = [entry.claim for ledger in ledgers() for entry in ledger.entries]
    assert len({claim.id for claim in claims}) == len(claims) > 1000
    assert all(claim.id and claim.where and claim.quote for claim in claims)
    assert max(len(claim.quote) for claim in claims) <= 90


def test_a_quote_says_the_number() -> None:
    """Of what is printed every number stands in the words that are quoted, none is ours."""
    claims = [entry.claim for ledger in ledgers() for entry in ledger.entries]
    printed = [c for c in claims if c.read is None and not c.implied and not c.damaged]
    assert len(printed) > 700
    for claim in printed:
        assert _numbers(claim.printed) <= _numbers(claim.quote), claim.id


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def test_all_numbers_are_claimed_or_left_out() -> None:
    """The documents' 1,131 numbers: each is claimed, perhaps in parts (.a, .b), or left out."""
    ids = {entry.claim.id.partition(".")[0] for ledger in ledgers() for entry in ledger.entries}
    left_out = sum(left.count for ledger in ledgers() for left in ledger.left_out)
    assert len(ids) + left_out == 1131


def test_what_the_search_must_find() -> None:
    verdicts = {case.claim.id: case for case in report().cases}
    found = {
        "d002-084": "biases",
        "d002-093": "sum of the printed rows",
        "004-alex-n1": "55",
        "003-goog-conv2-params": "1024",
        "003-goog-linear-params": "1024",
        "003-resnet34-flops": "shortcut",
        "d001-123": "1024",
    }
    for id, words in found.items():
        assert verdicts[id].verdict in ("convention", "variant", "contradicted_explained"), id
        assert words in verdicts[id].explanation, (id, verdicts[id].explanation)
