"""JUnit XML: what CI servers read, whatever the texts are."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import report_samples as samples

from archc.audit.report import Report
from archc.audit.reports import Options, render
from archc.diagnostics import Diagnostic

# What Jenkins' xunit plugin takes (its junit-10.xsd): attributes, those in capitals required, and
# the elements that may stand in one.
ATTRIBUTES = {
    "testsuites": "name time tests failures errors",
    "testsuite": "NAME TESTS FAILURES ERRORS group time skipped timestamp hostname id package",
    "testcase": "NAME time classname group",
    "failure": "type message",
    "error": "type message",
    "skipped": "type message",
    "system-out": "",
}
INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}
WRONG = (Diagnostic("import", "there is no file `a\x01b`"),)


def written(report: Report, options: Options | None = None) -> ET.Element:
    return ET.fromstring(render(report, "junit", options))


def assert_valid(root: ET.Element) -> None:
    assert root.tag == "testsuites"
    for element in root.iter():
        known = ATTRIBUTES[element.tag].split()
        assert set(element.attrib) <= {name.lower() for name in known}, element.tag
        assert {name.lower() for name in known if name.isupper()} <= set(element.attrib)
        assert {child.tag for child in element} <= INSIDE.get(element.tag, set())


@pytest.mark.parametrize("report", [samples.sample(), samples.hostile(), Report(())])
@pytest.mark.parametrize("errors", [(), WRONG])
def test_it_is_valid_and_counts_right(report: Report, errors: tuple[Diagnostic, ...]) -> None:
    root = written(report, Options(errors=errors))
    assert_valid(root)
    for suite in root:
        assert int(suite.get("tests", -1)) == len(suite.findall("testcase"))
        for what, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(what, -1)) == len(suite.findall(f"testcase/{tag}"))
    assert int(root.get("tests", -1)) == len(report.cases) + len(errors)
    assert int(root.get("failures", -1)) == len(report.failures())
    assert int(root.get("errors", -1)) == len(errors)


def test_a_suite_a_document_and_a_case_a_claim() -> None:
    root = written(samples.sample())
    assert [suite.get("name") for suite in root] == ["a paper", "Our paper"]
    outcome = {
        case.get("name"): [child.tag for child in case] + [c.get("type") for c in case]
        for case in root.iter("testcase")
        if case.get("classname") in ("small", "OtherNet")
    }
    passed, failed, skipped = ["system-out", None], ["failure"], ["skipped"]
    assert outcome == {
        'image shape "8x8x3" (Table 1)': passed,
        'conv1 params "112" (Table 1)': passed,
        'fc1 shape "10" (Table 1)': passed,
        'fc1 params "1450" (Table 1)': [*failed, "erratum"],
        'conv1 params "0.11K" (Table 2)': passed,
        'total params "1.5K" (Table 2)': passed,
        'conv1 params nobias "108" (Table 2)': passed,
        'conv1 params "999" (Table 2)': [*failed, "contradicted"],
        'conv1 params "111" (Table 2)': [*failed, "contradicted_explained"],
        'fc1 params "l4S0" (Table 2)': [*skipped, "unreadable"],
        'conv1 params "120" (Table 2)': passed,
        'conv1 params "500" (Table 2)': [*skipped, "system-out", "erratum", None],
        'total params "5M" (Section 3)': [*skipped, "not_evaluable"],
    }


def test_a_failure_says_why_and_where() -> None:
    failure = next(f for f in written(samples.sample()).iter("failure") if "999" in str(f.attrib))
    assert failure.get("message") == (
        'printed "999", computed 112: does not hold; unexplained; nearest: 896, 8 times 112'
    )
    assert failure.text is not None
    assert failure.text.splitlines() == ["Our paper, Table 2", "at ours.yaml:9"]


def test_fail_on_makes_failures() -> None:
    strict = Options(fail_on=("unreadable", "erratum"))
    assert len(list(written(samples.sample(), strict).iter("failure"))) == 4 + 1 + 2


def test_characters_that_xml_has_not() -> None:
    case = samples.sample().cases[0]
    claim = replace(case.claim, printed="\x00\x1b[2J\ud800\ufffe\N{GRINNING FACE}")
    root = written(Report((replace(case, claim=claim),)))
    name = next(root.iter("testcase")).get("name")
    assert name is not None
    assert "\N{GRINNING FACE}" in name
    assert "\x1b" not in name
