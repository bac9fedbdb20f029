"""Markdown for a pull request: order, folding, size, and texts that would be markup."""

from __future__ import annotations

import re
from dataclasses import replace

import report_samples as samples

from archc.audit.report import Report
from archc.audit.reports import Options, render
from archc.audit.reports.markdown import LONGEST, code, escape
from archc.diagnostics import Diagnostic


def markdown(report: Report, options: Options | None = None) -> str:
    return render(report, "markdown", options)


def test_summary_first_then_failures_then_the_rest_folded() -> None:
    text = markdown(samples.sample())
    marks = [
        "### ❌ archc check",
        "| document | claims |",
        "<details><summary>By network</summary>",
        "#### Fails: 4 claims",
        "<details><summary>Known errata: 2 claims</summary>",
        "<details><summary>Not settled: 1 claim</summary>",
        "<details><summary>Everything else: 10 claims</summary>",
        "Left out of the ledgers: 7 prose.",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert text.count("<details>") == text.count("</details>") == 4


def test_every_claim_is_there() -> None:
    rows = [line for line in markdown(samples.sample()).splitlines() if line.startswith("| ")]
    shown = "\n".join(rows)
    for case in samples.sample().cases:
        assert case.claim.printed in shown
        assert case.shown in shown


def test_every_table_has_as_many_cells_in_each_row() -> None:
    for report in (samples.sample(), samples.hostile()):
        width = 0
        for line in markdown(report).splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not (width and cells) or cells == width, line
            width = cells


def test_what_a_stranger_writes_is_text() -> None:
    text = markdown(samples.hostile())
    assert "@everyone" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "://" not in text
    tags = set(re.findall(r"<[^>]*>?", text))
    assert tags <= {"<details>", "</details>", "<summary>", "</summary>", "<br>"}


def test_escaping() -> None:
    assert escape("a|b_c*d`e`") == r"a\|b\_c\*d\`e\`"
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert code("a|b") == r"a\|b"
    assert code("a\nb") == "`a?b`"


def test_all_is_well() -> None:
    fine = tuple(c for c in samples.sample().cases if c.verdict == "exact" and not c.fails())
    text = markdown(Report(fine))
    assert text.startswith("### ✅ archc check\n")
    assert "Fails" not in text
    errors = (Diagnostic("import", "no such `file`"),)
    assert markdown(Report(fine), Options(errors=errors)).startswith("### ❌")


def test_it_is_no_longer_than_a_comment_may_be() -> None:
    case = samples.sample().cases[0]
    cases = tuple(
        replace(case, claim=replace(case.claim, printed=str(i), span=None)) for i in range(5000)
    )
    text = markdown(Report(cases))
    assert LONGEST * 0.9 < len(text) < 65_536
    more = re.search(r"… and ([\d,]+) more", text)
    assert more
    listed = len(re.findall(r"^\| small of net<br>", text, re.MULTILINE))
    assert listed + int(more[1].replace(",", "")) == 5000
