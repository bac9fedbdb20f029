"""Markdown for a pull request: order, folding, size, and texts that would be markup."""

from __future__ import annotations

import re
from dataclasses import replace

import report_samples as samples

from archc.audit.entries import LeftOut
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


def test_one_long_text_hides_no_other_claim() -> None:
    fails = [c for c in samples.sample().cases if c.fails()]
    long = replace(fails[0], claim=replace(fails[0].claim, quote="a|b " * 30_000, span=None))
    text = markdown(Report((long, *fails[1:])))
    assert len(text) < 65_536
    for case in fails:
        assert f"`{case.claim.at}`" in text


def test_many_documents_and_errors_leave_room_for_what_fails() -> None:
    (case, *_) = (c for c in samples.sample().cases if c.fails())
    cases = tuple(
        replace(case, claim=replace(case.claim, network=f"net{i}", document=f"paper {i}"))
        for i in range(3000)
    )
    reasons = tuple(LeftOut("ours", f"reason {i} " + "x" * 600, 1) for i in range(300))
    errors = [Diagnostic("import", f"there is no file {i}") for i in range(3000)]
    text = markdown(Report(cases, left_out=reasons), Options(errors=errors))
    assert len(text) < 65_536
    head, fails = text.split("#### Fails: 3,000 claims")
    assert len(re.findall(r"^\| net\d+<br>", fails, re.MULTILINE)) > 50
    assert len(re.findall(r"^- `error.*no file", head, re.MULTILINE)) > 100
    assert len(re.findall(r"^\| … [\d,]+ more \|$", head, re.MULTILINE)) == 1
    assert "… and 280 more reasons" in fails
