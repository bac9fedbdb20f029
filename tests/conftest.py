"""What all tests share: under .ci/run a skip is a failure; reports of tests stand at the end."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
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


MEGABYTES = 2_500
"""From here on a worker gives memory back: modules that TorchScript, torch.export and Keras saw lie
in circles, which Python looks through ever more rarely, and two workers share one machine."""


def _resident() -> int:
    """Megabytes of this process that are in memory; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123  # read after every test
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except OSError:
        return 0


class _Memory:
    def __init__(self) -> None:
        self.limit = MEGABYTES

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        if _resident() < self.limit:
            return
        if "torch._dynamo" in sys.modules:
            sys.modules["torch._dynamo"].reset()
        gc.collect()
        if sys.platform == "linux":
            getattr(ctypes.CDLL(None), "malloc_trim", int)(0)
        self.limit = max(MEGABYTES, _resident() + 500)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Memory())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, text in getattr(report, "user_properties", ()):
                if name == SUMMARY:
                    terminalreporter.write_line(str(text))
