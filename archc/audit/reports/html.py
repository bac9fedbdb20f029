"""A report as one HTML page that needs nothing else: no network, no server.

The scoreboard is plain HTML; the claims are JSON, which the page's own script lists, searches and
filters. Whatever a document or spec says reaches the page escaped, and a content security policy
allows no script but the page's own and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from archc.audit.report import Report
from archc.audit.reports.fold import Families, Fold, fold
from archc.audit.reports.options import Options
from archc.audit.reports.scoreboard import COLUMNS, Column, Row, Scoreboard, column, scoreboard
from archc.audit.reports.summary import summary_line
from archc.audit.reports.svg import compact
from archc.audit.reports.words import (
    became_true,
    needs_attention,
    place_of,
    quantity_of,
    reason,
    source_of,
    standing,
    word,
)
from archc.diagnostics import Diagnostic, SpecError
from archc.graph.network import Network

FILTERS: Mapping[Column, str] = {
    "exact": "holds",
    "rounds": "holds as rounded",
    "truncates": "holds as truncated",
    "if": "holds if …",
    "erratum": "known erratum",
    "explained": "does not hold; most likely …",
    "unexplained": "does not hold; unexplained",
    "unreadable": "unreadable",
    "not_evaluable": "cannot be evaluated",
}


def to_html(report: Report, options: Options | None = None) -> str:
    options = options or Options()
    families = Families(report)
    board = scoreboard(report, options.fail_on, families)
    script = _file("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'",
        "style": _file("page.css"),
        "summary": escape(summary_line(report, options.fail_on, len(options.errors))),
        "errors": "\n".join(_errors([*options.errors, *report.diagnostics])),
        "documents": "\n".join(_table("document", [*board.documents], board)),
        "networks": "\n".join(_table("network", [*board.networks, *board.systems], board)),
        "left_out": "\n".join(_left_out(board)),
        "verdicts": "\n".join(_verdicts(board)),
        "data": _json(_data(report, families, board, options)),
        "diagrams": "\n".join(_diagrams(report, families, board)),
        "script": script,
    }
    # In one pass: what a part brings along is never taken for a place.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html"))


def _file(name: str) -> str:
    return (files("archc.audit.reports") / name).read_text(encoding="utf-8")


# ---------------------------------------------------------------- tables


def _table(what: str, rows: Sequence[Row], board: Scoreboard) -> Iterator[str]:
    """A row a document or network; what fails stands first, where no screen is too narrow."""
    columns = board.columns()
    heads = [what, "claims", *(["fail"] if board.total.fails else []), *map(_head, columns)]
    cells = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    yield f"<table><caption>By {what}</caption><thead><tr>{cells}</tr></thead><tbody>"
    for row in rows:
        yield _row(row, {what: row.name}, board)
    yield f"</tbody><tfoot>{_row(board.total, {}, board)}</tfoot></table>"


def _row(row: Row, filters: Mapping[str, str], board: Scoreboard) -> str:
    cells = [_cell(row.total, filters)]
    if board.total.fails:
        cells.append(_cell(row.fails, {**filters, "verdict": "fails"}, "fails"))
    cells += [_cell(row.counts[c], {**filters, "verdict": c}, c) for c in board.columns()]
    return f'<tr><th scope="row">{escape(row.name)}</th>{"".join(cells)}</tr>'


def _head(column: Column) -> str:
    first, second = COLUMNS[column]
    return first[:-1] + second if first.endswith("-") else f"{first} {second}".strip()


def _cell(count: int, filters: Mapping[str, str], style: str = "") -> str:
    """A number that leads to the claims it counts."""
    if not count:
        return "<td></td>"
    mark = f' class="c-{style}"' if style else ""
    return f'<td{mark}><a href="#{escape(urlencode(filters))}">{count:,}</a></td>'


def _verdicts(board: Scoreboard) -> Iterator[str]:
    """The choices of the page's filter."""
    if board.total.fails:
        yield '<option value="fails">fails the check</option>'
    yield '<option value="attention">needs attention</option>'
    for one in board.columns():
        yield f'<option value="{one}">{escape(FILTERS[one])}</option>'


def _left_out(board: Scoreboard) -> Iterator[str]:
    if board.left_out:
        total = sum(board.left_out.values())
        what = "printed number is" if total == 1 else "printed numbers are"
        yield f"<details><summary>{total:,} {what} left out of the ledgers</summary>"
        yield "<ul>"
        for why, count in board.left_out.items():
            yield f"<li>{count:,}: {escape(why)}</li>"
        yield "</ul></details>"


def _errors(errors: Iterable[Diagnostic]) -> Iterator[str]:
    from archc.diagnostics.render import render

    for diagnostic in errors:
        yield f'<pre class="error">{escape(render(diagnostic))}</pre>'


# ---------------------------------------------------------------- data


def _data(
    report: Report, families: Families, board: Scoreboard, options: Options
) -> dict[str, Any]:
    documents = [row.name for row in board.documents]
    networks = [row.name for row in (*board.networks, *board.systems)]
    places = {name: i for i, name in enumerate(networks)}
    of_document = {name: i for i, name in enumerate(documents)}
    return {
        "documents": documents,
        "networks": networks,
        "claims": [_claim(one, of_document, places, options) for one in fold(report, families)],
    }


def _claim(
    one: Fold, documents: Mapping[str, int], networks: Mapping[str, int], options: Options
) -> dict[str, Any]:
    """Keys of one letter: there may be thousands of claims. Those without a value are left out."""
    case, claim = one.case, one.case.claim
    found: dict[str, Any] = {
        "d": documents[source_of(claim)],
        "n": [networks[name] for name in one.networks],
        "f": one.about if one.about != one.networks[0] else "",
        "s": claim.subject,
        "k": quantity_of(claim),
        "t": claim.printed,
        "c": case.shown,
        "v": column(case),
        "g": standing(case),
        "w": word(case),
        "e": reason(case),
        "r": claim.erratum or "",
        "p": place_of(claim),
        "q": claim.quote,
        "i": claim.id,
        "a": claim.at,
        "m": len(one.cases) if len(one.cases) != len(one.networks) else 0,
        "x": int(case.fails(options.fail_on)),
        "y": int(needs_attention(case, options.fail_on) or became_true(case)),
    }
    return {key: value for key, value in found.items() if value not in ("", 0) or key == "d"}


def _json(data: Any) -> str:
    """JSON inside of a script element: nothing in it ends the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# ---------------------------------------------------------------- diagrams


def _diagrams(report: Report, families: Families, board: Scoreboard) -> Iterator[str]:
    """Each network's diagram in a template: shown when someone asks for the network."""
    for i, row in enumerate(board.networks):
        svg = _diagram(families.networks[row.name], report)
        if svg:
            yield f'<template id="diagram-{i}">{svg}</template>'


def _diagram(network: Network, report: Report) -> str:
    """The network with its audit as an SVG element, or nothing where it cannot be drawn."""
    from archc import registry
    from archc.audit.marks import marks

    backend: Any = registry.load("archc.backends", "graphviz")
    try:
        svg: str = backend.write(network, ".svg", audit=marks(report.cases, network))
    except SpecError:
        return ""
    return compact(svg, f"Diagram of {network.name}")
