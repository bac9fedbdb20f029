"""What all tests share: under .ci/run a skip is a failure; reports of tests stand at the end."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

# Two workers on two cores: a torch that takes all cores in each makes both slow.
os.environ.setdefault("OMP_NUM_THREADS", "1")

STRICT = os.environ.get("ARCHC_CI") == "1"
"""Set by .ci/run, whose machine has every tool: there a skipped test is a test that is missing."""

SUMMARY = "summary"
"""The property (pytest's ``record_property``) whose text is printed when all tests have run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "write what archc says now into the literate tests; review the diff"
    parser.addoption("--update", action="store_true", help=text)


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure with ARCHC_CI=1: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, text in getattr(report, "user_properties", ()):
                if name == SUMMARY:
                    terminalreporter.write_line(str(text))
