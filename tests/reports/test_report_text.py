"""Reports as text: the words, folding, the scoreboard, what needs attention, widths."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
import report_samples as samples

from archc.audit.report import Report
from archc.audit.reports import Options
from archc.audit.reports.fold import fold
from archc.audit.reports.scoreboard import COLUMNS, scoreboard
from archc.audit.reports.text import to_text
from archc.audit.reports.words import place_of, sentence, source_of
from archc.audit.verdicts import VERDICTS
from archc.diagnostics import Diagnostic

SHORT = Options(full=False)


def test_the_sample_has_every_verdict() -> None:
    assert set(samples.sample().summary) == set(VERDICTS)


def test_each_verdict_in_honest_words() -> None:
    said = {case.claim.id: sentence(case) for case in samples.sample().cases if case.claim.id}
    assert said == {
        "a1": "holds as rounded",
        "a2": "holds as truncated",
        "a3": "holds if: weights alone",
        "a4": "does not hold; unexplained; nearest: 896, 8 times 112",
        "a5": "does not hold; most likely: one bias is left out: 112 - 1",
        "a6": "unreadable: read as l4S0",
        "a7": "holds if: of a network that is wider",
        "a8": "known erratum",
    }


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("printed: five layers, read: '5'", "does not hold; read as 5; unexplained"),
        ("printed: (of the table), implied: '5'", "does not hold; 5 is implied; unexplained"),
        ("printed: three layers, read: '2'", "holds"),
    ],
)
def test_a_number_that_is_not_printed_is_said_where_it_does_not_hold(
    printed: str, said: str
) -> None:
    entry = f"{{variant: small, where: Table 2, quantity: weight_layers, {printed}}}"
    ledger = f"document: Ours\nclaims:\n  - {entry}\n"
    found = samples.report_on(samples.FAMILY, ledger, samples.SYSTEM)
    (case,) = (case for case in found.cases if case.claim.quantity == "weight_layers")
    assert sentence(case) == said


def test_every_claim_of_one_spec_is_listed() -> None:
    assert (
        to_text(samples.sample())
        == """\
net in both variants: a paper, Table 1
  image  shape          8x8x3  8x8x3  holds
  fc1    shape             10     10  holds

small of net: a paper, Table 1
  conv1  params           112    112  holds
  fc1    params          1450  1,450  no longer an erratum (holds)
      erratum: an old slip
      at net.arch:10

large of net: a paper, Table 1
  conv1  params           112    224  does not hold (unexplained)
      at net.arch:8
  fc1    params          1450  2,890  known erratum
      erratum: an old slip

small of net: Our paper
  conv1  params         0.11K    112  holds as rounded
  total  params          1.5K  1,562  holds as truncated
  conv1  params nobias    108    108  holds if (weights alone)
  conv1  params           999    112  does not hold (unexplained; nearest: 896, 8 times 112)
      Table 2
      at ours.yaml:9
  conv1  params           111    112  does not hold (most likely: one bias is left out: 112 - 1)
      Table 2
      at ours.yaml:10
  fc1    params          l4S0  1,450  unreadable (read as l4S0)
  conv1  params           120    112  holds if (of a network that is wider)
  conv1  params           500    112  known erratum
      erratum: they say so

OtherNet: Our paper
  total  params  5M  -  cannot be evaluated (no spec)

7 printed numbers are left out of the ledgers: 7 prose

17 claims: 6 exact, 1 rounded, 1 truncated, 1 under a convention, 1 for a variant, 1 unreadable, 1
not evaluable, 2 known errata, 3 contradicted; 4 fail
"""
    )


BOARD = """\
                                            as trun- holds  known likely   unex- unread-   not
                          claims holds rounded cated    if errata  cause plained    able eval.  fail
documents
  a paper                      8     5                          2              1                   2
  Our paper                    9             1     1     2      1      1       1       1     1     2
networks
  net, 2 variants             16     5       1     1     2      3      1       2       1           4
  1 system without a spec      1                                                             1
────────────────────────────────────────────────────────────────────────────────────────────────────
all                           17     5       1     1     2      3      1       2       1     1     4

7 printed numbers are left out of the ledgers: 7 prose

What needs attention (11 more claims: --verbose)

small of net: a paper, Table 1
  fc1    params  1450  1,450  no longer an erratum (holds)
      erratum: an old slip
      at net.arch:10

large of net: a paper, Table 1
  conv1  params   112    224  does not hold (unexplained)
      at net.arch:8
  fc1    params  1450  2,890  known erratum
      erratum: an old slip

small of net: Our paper
  conv1  params   999    112  does not hold (unexplained; nearest: 896, 8 times 112)
      Table 2
      at ours.yaml:9
  conv1  params   111    112  does not hold (most likely: one bias is left out: 112 - 1)
      Table 2
      at ours.yaml:10
  conv1  params   500    112  known erratum
      erratum: they say so
      Table 2

1 claim speaks of systems without a spec: OtherNet

17 claims: 6 exact, 1 rounded, 1 truncated, 1 under a convention, 1 for a variant, 1 unreadable, 1
not evaluable, 2 known errata, 3 contradicted; 4 fail
"""


def test_of_many_specs_the_scoreboard_and_what_needs_attention() -> None:
    assert to_text(samples.sample(), SHORT) == BOARD


def test_rows_of_the_scoreboard_add_up() -> None:
    board = scoreboard(samples.sample())
    for rows in (board.documents, (*board.networks, *board.systems)):
        for column in COLUMNS:
            assert sum(row.counts[column] for row in rows) == board.total.counts[column]
        assert sum(row.total for row in rows) == board.total.total == len(samples.sample().cases)
        assert sum(row.fails for row in rows) == len(samples.sample().failures())


def test_verbose_quotes_each_claim() -> None:
    quiet, verbose = (to_text(samples.sample(), Options(quotes=q)) for q in (False, True))
    assert "“0.11K parameters”" not in quiet
    assert "Table 2: “0.11K parameters”" in verbose


def test_variants_that_agree_are_one_line_and_none_is_lost() -> None:
    folds = fold(samples.sample())
    assert sum(len(one.cases) for one in folds) == len(samples.sample().cases)
    about = {(one.case.claim.subject, one.case.claim.printed): one.about for one in folds}
    assert about["image", "8x8x3"] == "net in both variants"
    assert [one.about for one in folds if one.case.claim.printed == "112"] == [
        "small of net",
        "large of net",
    ]


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("report", [samples.sample, samples.hostile])
def test_fits_the_terminal(report: object, full: bool, width: int) -> None:
    assert callable(report)
    text = to_text(report(), Options(full=full, quotes=True, width=width))
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text


CHINESE = "卷积神经网络的参数量与计算量" * 6
HANGUL = "AlexNet의 첫 번째 층 크기는 이미지에서 나온다 " * 4


def terminal_columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("text", [CHINESE, HANGUL], ids=["chinese", "hangul"])
def test_wide_characters_take_two_columns(text: str, width: int) -> None:
    cases = tuple(
        replace(c, claim=replace(c.claim, document=text, quote=text, printed=text[:n], span=None))
        for n, c in enumerate(samples.sample().cases, 3)
    )
    for full in (True, False):
        written = to_text(Report(cases), Options(full=full, quotes=True, width=width))
        assert max(map(terminal_columns, written.splitlines())) <= width
        assert "".join(text.split()) in "".join(written.split())  # nothing is lost at a line's end


def test_a_wide_name_shifts_no_number() -> None:
    fine = [c for c in samples.sample().cases if c.verdict == "exact" and not c.fails()]
    wide = [replace(c, claim=replace(c.claim, document=CHINESE)) for c in fine]
    lines = to_text(Report((*fine, *wide)), SHORT).splitlines()
    rows = lines[lines.index("documents") + 1 : lines.index("networks")]
    assert len(rows) == 2
    assert len(set(map(terminal_columns, rows))) == 1, rows


def test_colours_say_what_fails() -> None:
    text = to_text(samples.sample(), Options(colour=True))
    painted = re.findall(r"\x1b\[31m([^\x1b]*)", text)
    assert [p for p in painted if p.startswith("does not hold")]
    assert "no longer an erratum (holds)" in painted
    assert painted[-1] == "4 fail"


def test_a_place_follows_the_document_in_specs_and_stands_apart_in_ledgers() -> None:
    found = {(source_of(c.claim), place_of(c.claim)) for c in samples.sample().cases}
    assert found == {
        ("a paper", "Table 1"),
        ("Our paper", "Table 2"),
        ("Our paper", "Section 3"),
    }


def test_the_last_line_knows_of_what_did_not_compile() -> None:
    wrong = [Diagnostic("shape", "it does not fit")] * 2
    assert to_text(Report(()), Options(errors=wrong)) == "no claims; 2 errors\n"
    before = to_text(samples.sample(), SHORT).splitlines()[-1]
    after = to_text(samples.sample(), replace(SHORT, errors=wrong[:1], colour=True))
    assert after.endswith(f"\033[31m{before.rpartition('; ')[2]}, 1 error\033[0m\n"), after[-200:]


def test_nothing_to_report() -> None:
    for options in (Options(), SHORT):
        assert to_text(Report(()), options) == "no claims\n"
