"""Where in a document a change holds: everywhere, in a table, a column, a row or a single cell."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from archc.audit.search import surprise
from archc.audit.search.items import Group, Item
from archc.audit.search.prices import CELL, COLUMN, DOCUMENT, TABLE

Level = Literal["document", "table", "column", "row", "cell", "claims"]


@dataclass(frozen=True)
class Scope:
    """``items`` are all claims there; ``bits`` say which scope of all it is."""

    level: Level
    bits: float
    items: frozenset[Item]


def scopes(group: Group, live: Iterable[Item]) -> list[Scope]:
    """The scopes in which something is left to explain, cheapest first.

    Of scopes with the same claims the cheapest stands for all.
    """
    live = list(live)
    found: dict[frozenset[Item], Scope] = {}
    for scope in _all(group, live):
        known = found.get(scope.items)
        if known is None or scope.bits < known.bits:
            found[scope.items] = scope
    return sorted(found.values(), key=lambda scope: scope.bits)


def _all(group: Group, live: list[Item]) -> Iterator[Scope]:
    yield Scope("document", DOCUMENT, frozenset(group.items))
    tables = _sets(group, live, lambda item: item.table)
    yield from _scopes("table", TABLE, tables, len(tables))
    columns = _sets(group, live, lambda item: item.column)
    yield from _scopes("column", COLUMN, columns, len(columns))
    rows = [
        row for row in _sets(group, live, lambda item: item.row) if sum(i in row for i in live) > 1
    ]
    cells = [frozenset((item,)) for item in live]
    count = len(rows) + len(cells)
    yield from _scopes("row", CELL, rows, count)
    yield from _scopes("cell", CELL, cells, count)


def _scopes(
    level: Level, base: float, sets: Iterable[frozenset[Item]], count: int
) -> Iterator[Scope]:
    bits = surprise.bits(base + surprise.of_count(count))
    for items in sets:
        yield Scope(level, bits, items)


def _sets(group: Group, live: list[Item], key: Callable[[Item], Hashable]) -> list[frozenset[Item]]:
    """The claims with a live one's key, a set for each key in the document's order."""
    wanted = dict.fromkeys(key(item) for item in live)
    found: dict[Hashable, list[Item]] = {k: [] for k in wanted}
    for item in group.items:
        if key(item) in found:
            found[key(item)].append(item)
    return [frozenset(items) for items in found.values()]
