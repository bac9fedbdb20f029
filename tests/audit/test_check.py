"""Errata, exit status, explanations, and how a report reads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from archc.audit.check import check
from archc.audit.explain import Explanation
from archc.audit.report import Case, Report
from archc.audit.reports import Options
from archc.audit.reports.json import to_json
from archc.audit.reports.text import to_text
from archc.audit.verdicts import VERDICTS
from archc.graph.compile import compile_network
from archc.pipeline import family, read_text

NET = """
network net {{
    input image: 8x8x3
    conv1: conv 3x3 4
    published "a paper" {{
        {claims}
    }}
}}
"""
PARAMS = 112


def checked(*claims: str) -> Report:
    text = NET.format(claims="\n        ".join(claims))
    return check([compile_network(value) for value in family(read_text(text, "net.arch"))])


@pytest.mark.parametrize(
    ("claim", "verdict", "fails"),
    [
        ('conv1 params "112"', "exact", False),
        ('conv1 params "0.11K"', "rounds", False),
        ('conv1 params "113"', "contradicted", True),
        ('conv1 params "113" erratum "a slip"', "contradicted", False),
        ('conv1 params "112" erratum "a slip"', "exact", True),
        ('conv1 params "0.11K" erratum "a slip"', "rounds", True),
        ('conv1 params "1l2"', "unreadable", False),
        (f'conv1 params "{"1" * 20}"', "contradicted", True),
        (f'conv1 params "{"1" * 99}K"', "unreadable", False),
        ('conv1 params "10^2*10^2*10^2"', "contradicted", True),
        ('conv1 params "1l2" erratum "damaged"', "unreadable", False),
    ],
)
def test_what_fails(claim: str, verdict: str, fails: bool) -> None:
    report = checked(claim)
    (case,) = report.cases
    assert case.verdict == verdict
    assert case.fails() == fails
    assert report.exit_status() == int(fails)


def test_an_erratum_covers_its_line_alone() -> None:
    report = checked('conv1 params "113", macs "3" erratum "both are slips"', 'conv1 params "114"')
    assert [case.fails() for case in report.cases] == [False, False, True]


@pytest.mark.parametrize(
    ("claim", "fail_on"),
    [
        ('conv1 params "0.11K"', "rounds"),
        ('conv1 params "1l2"', "unreadable"),
        ('conv1 params "113" erratum "a slip"', "erratum"),
    ],
)
def test_fail_on_chooses_more(claim: str, fail_on: str) -> None:
    report = checked(claim)
    assert report.exit_status() == 0
    assert report.exit_status((fail_on,)) == 1


def test_no_claims_is_no_failure() -> None:
    report = check([])
    assert report.exit_status() == 0
    assert to_text(report) == "no claims\n"


def test_json_is_the_contracts() -> None:
    data = to_json(checked('conv1 params "112", shape "6x6x4"', 'conv1 params "1" erratum "why"'))
    assert json.loads(json.dumps(data)) == data
    first, second, third = data.pop("claims")
    assert data == {"schema": 1, "summary": {"exact": 2, "contradicted": 1}, "left_out": []}
    promised = {
        "document": "a paper",
        "where": "net.arch:6",
        "network": "net",
        "subject": "conv1",
        "quantity": "params",
        "printed": "112",
        "computed": 112,
        "verdict": "exact",
        "erratum": None,
        "explanation": "",
    }
    added = {
        "id": "",
        "place": "",
        "quote": "",
        "read": None,
        "flags": [],
        "shown": "112",
        "at": "net.arch:6",
        "fails": False,
    }
    assert first == promised | added
    shape = {"quantity": "shape", "printed": "6x6x4", "computed": "6x6x4", "shown": "6x6x4"}
    assert second == first | shape
    wrong = {"where": "net.arch:7", "printed": "1", "verdict": "contradicted", "erratum": "why"}
    assert third.pop("explanation").startswith("unexplained")
    del first["explanation"]
    assert third == first | wrong | {"at": "net.arch:7"}


def test_text_for_people() -> None:
    report = checked(
        'conv1 params "112", shape "6×6×4"',
        'conv1 params "100" erratum "leaves out what it should not"',
        'conv1 macs "4000"',
        'conv1 params "113"',
        'conv1 params "1l2"',
    )
    assert (
        to_text(report)
        == """\
net: a paper
  conv1  params    112    112  holds
  conv1  shape   6×6×4  6x6x4  holds
  conv1  params    100    112  no longer an erratum (holds as rounded; read to 1 digit)
      erratum: leaves out what it should not
      at net.arch:7
  conv1  macs     4000  3,888  holds as rounded (read to 1 digit)
  conv1  params    113    112  does not hold (unexplained)
      at net.arch:9
  conv1  params    1l2    112  unreadable (`l` is not a unit that is known)

6 claims: 2 exact, 2 rounded, 1 unreadable, 1 contradicted; 2 fail
"""
    )


def test_text_fits_100_columns_whatever_is_claimed() -> None:
    long = "9" * 60
    report = checked(
        f'conv1 params "{long}" nobias nonorm binary half',
        f'conv1 activations "{long}" erratum "{"very long reason " * 20}"',
    )
    assert max(map(len, to_text(report).splitlines())) <= 100
    assert "\x1b" not in to_text(report)
    assert "\x1b[31m" in to_text(report, Options(colour=True))


def test_what_is_printed_cannot_move_the_cursor() -> None:
    (case,) = checked('conv1 params "112"').cases
    nasty = "\x1b[2J112"  # a spec cannot hold it, a ledger can
    claim = replace(case.claim, printed=nasty, document=nasty, erratum=nasty, network=nasty)
    assert "\x1b" not in to_text(Report((replace(case, claim=claim),)))


def test_the_step_that_explains_takes_all_cases_and_changes_verdicts() -> None:
    def explain(cases: Sequence[Case]) -> Mapping[int, Explanation]:
        return {
            i: Explanation("convention", "without biases")
            for i, case in enumerate(cases)
            if case.verdict == "contradicted" and case.value == PARAMS
        }

    text = NET.format(claims='conv1 params "112"\n        conv1 params "108"')
    networks = [compile_network(value) for value in family(read_text(text))]
    report = check(networks, explain)
    assert [case.verdict for case in report.cases] == ["exact", "convention"]
    assert report.exit_status() == 0
    assert to_json(report)["claims"][1]["explanation"] == "without biases"
    assert "holds if (without biases)" in to_text(report)


def test_the_verdicts_are_the_contracts() -> None:
    assert VERDICTS == (
        "exact",
        "rounds",
        "truncates",
        "convention",
        "variant",
        "contradicted_explained",
        "contradicted",
        "unreadable",
        "not_evaluable",
    )


def test_a_check_imports_neither_torch_nor_yaml() -> None:
    text = NET.format(claims='conv1 params "112"')
    code = (
        "import sys\n"
        "from archc.audit.check import check\n"
        "from archc.audit.reports.text import to_text\n"
        "from archc.graph.compile import compile_network\n"
        "from archc.pipeline import family, read_text\n"
        f"text = {text!r}\n"
        "print(to_text(check([compile_network(v) for v in family(read_text(text))])))\n"
        "assert not {'torch', 'yaml', 'difflib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
