"""What ``archc show --count-as`` says below its table, and its JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from archc import spelling
from archc.audit.conventions.convention import Convention, Count
from archc.graph.network import Network
from archc.show.data import SCHEMA, plain

_LINK = re.compile(r"\[[^\]]*\]\(([^)]*)\)")


def foot(network: Network, convention: Convention) -> list[str]:
    """Totals as the convention has them, archc's own beside, and where and why they part."""
    lines = [f"as {convention.title} counts: {convention.source}"]
    unknown: dict[str, None] = {}
    for table in convention.tables:
        count = table.count(network, plain=False)
        lines.append(f"{table.label} {spelling.exact(count.total)}")
        unknown.update(dict.fromkeys(count.unknown))
    if unknown:
        lines.append(f"unknown: {', '.join(unknown)}")
    lines.append(
        f"archc's own: parameters {spelling.exact(network.params)}, "
        f"multiply-accumulates {spelling.exact(network.macs)}"
    )
    return [*lines, *(f"note: {note}" for note in notes(network, convention))]


def notes(network: Network, convention: Convention) -> Iterator[str]:
    """What the tool does otherwise than such layers do, of the classes that the network has."""
    told: set[str] = set()
    for table in convention.tables:
        for one in table.seen(network, plain=False):
            row = table.row(one)
            if row is None or not row.note or not (one.runs or table.idle):
                continue
            text = f"{one.name}: {row.words}: {unlinked(row.note)}"
            if text not in told:
                told.add(text)
                yield text


def unlinked(text: str) -> str:
    """Markdown's links as bare addresses: ``[#5](https://...)`` as ``https://...``."""
    return _LINK.sub(r"\1", text)


def to_json(network: Network, convention: Convention) -> dict[str, Any]:
    """The counts as plain data; a count is an integer, a formula as a string, None if unknown."""
    params, ops = convention.params(network, plain=False), convention.ops(network, plain=False)
    found = {t.label: t.count(network, plain=False) for t in convention.tables}
    return {
        "schema": SCHEMA,
        "network": network.name,
        "convention": {
            "name": convention.name,
            "title": convention.title,
            "source": convention.source,
        },
        "params": _total(params),
        "ops": _total(ops),
        "totals": {label: _total(count) for label, count in found.items()},
        "unknown": list(dict.fromkeys(p for count in found.values() for p in count.unknown)),
        "notes": list(notes(network, convention)),
        "layers": [
            {
                "path": layer.path,
                "op": layer.op.name,
                "params": _of(params, layer.path),
                "ops": _of(ops, layer.path),
            }
            for layer in network.layers
        ],
    }


def _total(count: Count | None) -> int | str | None:
    return None if count is None else plain(count.total)


def _of(count: Count | None, path: str) -> int | str | None:
    return None if count is None else plain(count.by_layer[path])
