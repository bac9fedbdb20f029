"""The networks of a file beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archc import spelling
from archc.dims import Dim
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention, Count


@dataclass(frozen=True, slots=True)
class Family:
    """A row a network: its name, layers, and ``counts`` in text; ``notes`` say what is unknown."""

    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    counts: list[tuple[Dim | None, ...]]
    notes: list[str]


def family(networks: Sequence[Network], count_as: Convention | None = None) -> Family:
    """The networks with their totals; with ``count_as`` as a convention counts."""
    heads = ("parameters", "MACs") if count_as is None else [t.label for t in count_as.tables]
    rows: list[tuple[str, ...]] = []
    totals: list[tuple[Dim | None, ...]] = []
    notes: list[str] = []
    for network in networks:
        counts: tuple[Dim | None, ...] = (network.params, network.macs)
        unknown = network.unknown
        if count_as is not None:
            found = [table.count(network, plain=False) for table in count_as.tables]
            counts, unknown = tuple(count.total for count in found), _unknown(found)
        totals.append(counts)
        rows.append((network.name, f"{len(network.layers):,}", *map(spelling.exact, counts)))
        if unknown:
            notes.append(f"{network.name}: unknown: {', '.join(unknown)}")
    return Family(("variant", "layers", *heads), rows, totals, notes)


def _unknown(counts: Iterable[Count]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for count in counts for path in count.unknown))
