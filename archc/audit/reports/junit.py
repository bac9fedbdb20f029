"""A report as JUnit XML for continuous integration: a test suite a document, a test case a claim.

The dialect that Jenkins, GitLab and GitHub's actions read: what surefire writes, in the version of
Jenkins' xunit plugin. A claim that fails is a failure; one that says nothing (unreadable, not
evaluable) and a known erratum are skipped, as pytest does with expected failures; a spec or claim
that cannot be read is an error.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from archc.audit.report import Case, Report
from archc.audit.reports.options import Options
from archc.audit.reports.words import (
    is_erratum,
    place_of,
    quantity_of,
    sentence,
    source_of,
    standing,
)
from archc.diagnostics import Diagnostic


def to_junit(report: Report, options: Options | None = None) -> str:
    options = options or Options()
    documents: dict[str, list[Case]] = {}
    for case in report.cases:
        documents.setdefault(source_of(case.claim), []).append(case)
    root = ET.Element("testsuites", name="archc check")
    for document, cases in documents.items():
        suite = ET.SubElement(root, "testsuite", name=_text(document))
        for case in cases:
            _case(suite, case, options)
        _count(suite)
    errors = [*options.errors, *report.diagnostics]
    if errors:
        _errors(ET.SubElement(root, "testsuite", name="what cannot be read"), errors)
    for what in ("tests", "failures", "errors"):
        root.set(what, str(sum(int(suite.get(what, 0)) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _case(suite: ET.Element, case: Case, options: Options) -> None:
    claim = case.claim
    name = f'{claim.subject} {quantity_of(claim)} "{claim.printed}"'
    place = place_of(claim)
    if place:
        name += f" ({place})"
    element = ET.SubElement(suite, "testcase", classname=_text(claim.network), name=_text(name))
    message = _text(f'printed "{claim.printed}", computed {case.shown or "-"}: {sentence(case)}')
    if case.fails(options.fail_on):
        kind = "erratum" if claim.erratum is not None else case.verdict
        ET.SubElement(element, "failure", type=kind, message=message).text = _details(case)
    elif is_erratum(case):
        ET.SubElement(element, "skipped", type="erratum", message=_text(claim.erratum or ""))
        ET.SubElement(element, "system-out").text = f"{message}\n{_details(case)}"
    elif standing(case) == "unknown":
        ET.SubElement(element, "skipped", type=case.verdict, message=message)
    else:
        ET.SubElement(element, "system-out").text = message


def _details(case: Case) -> str:
    claim = case.claim
    document = ", ".join(filter(None, (source_of(claim), place_of(claim))))
    lines = [document]
    if claim.quote:
        lines.append(f"“{claim.quote}”")
    if claim.erratum is not None:
        lines.append(f"erratum: {claim.erratum}")
    lines.append(f"at {claim.at}")
    return _text("\n".join(lines))


def _errors(suite: ET.Element, errors: Iterable[Diagnostic]) -> None:
    from archc.diagnostics.render import render

    for diagnostic in errors:
        text = render(diagnostic)
        place = str(diagnostic.span) if diagnostic.span else "archc"
        name = f"{place}: {diagnostic.message}"
        element = ET.SubElement(suite, "testcase", classname="archc", name=_text(name))
        error = ET.SubElement(
            element, "error", type=diagnostic.code, message=_text(diagnostic.message)
        )
        error.text = _text(text)
    _count(suite)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for what, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(what, str(len(suite.findall(f"testcase/{tag}"))))


def _text(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(c if _allowed(ord(c)) else "�" for c in text)


def _allowed(code: int) -> bool:
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )
