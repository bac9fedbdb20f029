"""Counts of a network's layers as the columns of a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from archc import spelling
from archc.dims import Dim
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention


class Column:
    """A count for each layer in order, as running totals: sums of any nodes are differences."""

    def __init__(self, head: str, counts: Iterable[Dim | None], once: bool) -> None:
        self.head = head
        self.once = once  # a shared use counts nothing
        self.totals: list[Dim] = [0]
        self.unknown = [0]
        for count in counts:
            self.totals.append(self.totals[-1] if count is None else self.totals[-1] + count)
            self.unknown.append(self.unknown[-1] + (count is None))

    def total(self) -> str:
        """Of all layers."""
        return cell_text(None if self.unknown[-1] else self.totals[-1])

    def cell(self, start: int, end: int, shared: bool) -> str:
        if shared and self.once:
            return "shared"
        if self.unknown[end] != self.unknown[start]:
            return cell_text(None)
        return cell_text(self.totals[end] - self.totals[start])


def own_columns(network: Network) -> list[Column]:
    layers = list(network.root.layers())
    return [
        Column("parameters", (layer.params for layer in layers), once=True),
        Column("MACs", (layer.macs for layer in layers), once=False),
    ]


def columns_of(convention: Convention, network: Network) -> list[Column]:
    layers = list(network.root.layers())
    columns: list[Column] = []
    for table in convention.tables:
        counts = table.count(network, plain=False).by_layer
        columns.append(Column(table.label, (counts[n.path] for n in layers), table.once))
    return columns


def cell_text(count: Dim | None) -> str:
    """A count in a cell: nothing for 0."""
    return "" if isinstance(count, int) and count == 0 else spelling.exact(count)
