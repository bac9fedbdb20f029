"""The JSON and its schema agree; the contract's keys come first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import report_samples as samples

from archc.audit.report import Report
from archc.audit.reports import Options, render
from archc.audit.verdicts import VERDICTS
from archc.diagnostics import Diagnostic, Source, Span

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "check.schema.json").read_text())
WRONG = [
    Diagnostic("claim", "cannot be read", Span(Source("x.arch", "abc"), 0, 1), help="read it"),
    Diagnostic("import", "no such file"),
]


def printed(report: Report, **options: Any) -> Any:
    return json.loads(render(report, "json", Options(**options)))


REPORTS = {
    "every verdict": printed(samples.sample()),
    "hostile": printed(samples.hostile()),
    "errors": printed(samples.sample(), errors=WRONG),
    "nothing": printed(Report(())),
}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert tuple(SCHEMA["$defs"]["verdict"]["enum"]) == VERDICTS


@pytest.mark.parametrize("data", REPORTS.values(), ids=REPORTS)
def test_what_is_printed_is_valid(data: Any) -> None:
    jsonschema.validate(data, SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("data", REPORTS.values(), ids=REPORTS)
def test_the_schema_knows_every_key(data: Any) -> None:
    claim, error = SCHEMA["$defs"]["claim"], SCHEMA["$defs"]["error"]
    assert set(data) <= set(SCHEMA["properties"])
    for one in data["claims"]:
        assert list(one)[: len(claim["required"])] == claim["required"]
        assert set(one) == set(claim["properties"])
    for one in data.get("errors", ()):
        assert set(one) == set(error["properties"])


@pytest.mark.parametrize(
    ("key", "value"),
    [("verdict", "right"), ("printed", 5), ("computed", []), ("erratum", False), ("fails", None)],
)
def test_the_schema_refuses_what_is_wrong(key: str, value: Any) -> None:
    data = printed(samples.sample())
    data["claims"][0][key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA, jsonschema.Draft202012Validator)


def test_what_fails_is_what_the_exit_status_says() -> None:
    for fail_on in ((), ("rounds", "erratum")):
        data = printed(samples.sample(), fail_on=fail_on)
        failing = sum(one["fails"] for one in data["claims"])
        assert failing == len(samples.sample().failures(fail_on)) > 0
    assert "errors" not in REPORTS["every verdict"]
    assert [one["code"] for one in REPORTS["errors"]["errors"]] == ["claim", "import"]
