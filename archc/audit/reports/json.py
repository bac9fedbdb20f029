"""A report as JSON for programs; docs/check.schema.json describes it."""

from __future__ import annotations

import json
from typing import Any

from archc.audit.report import Case, Report
from archc.audit.reports.options import Options
from archc.audit.reports.words import place_of

SCHEMA = 1
"""The version of the JSON; a key may be added within one version, never changed."""


def json_text(report: Report, options: Options | None = None) -> str:
    return json.dumps(to_json(report, options), indent=2, ensure_ascii=False) + "\n"


def to_json(report: Report, options: Options | None = None) -> dict[str, Any]:
    """The report as plain data.

    ``errors`` are diagnostics, of claims that cannot be read and of specs that do not compile;
    the key is there only where there are any.
    """
    options = options or Options()
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "claims": [_claim(case, options) for case in report.cases],
        "summary": dict(report.summary),
        "left_out": [
            {"document": one.document, "reason": one.reason, "count": one.count}
            for one in report.left_out
        ],
    }
    errors = [*options.errors, *report.diagnostics]
    if errors:
        from archc.diagnostics.render import to_json as diagnostic_json

        data["errors"] = [diagnostic_json(d) for d in errors]
    return data


def _claim(case: Case, options: Options) -> dict[str, Any]:
    claim = case.claim
    return {
        "document": claim.document,
        "where": claim.where,
        "network": claim.network,
        "subject": claim.subject,
        "quantity": claim.quantity,
        "printed": claim.printed,
        "computed": case.computed,
        "verdict": case.verdict,
        "erratum": claim.erratum,
        "explanation": case.explanation,
        "id": claim.id,
        "place": place_of(claim),
        "quote": claim.quote,
        "read": claim.read,
        "flags": list(claim.flags),
        "shown": case.shown,
        "at": claim.at,
        "fails": case.fails(options.fail_on),
    }
