"""What a convention is: tables from what a layer is to how often each of its kinds is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias
from weakref import WeakKeyDictionary

from archc.audit.conventions.classes import PLAIN
from archc.audit.conventions.seen import Seen, seen, seen_alone
from archc.audit.conventions.weightings import Weighting, weigh
from archc.dims import Dim

if TYPE_CHECKING:
    from archc.graph.network import Layer, Network

Rule: TypeAlias = "Callable[[Seen], Dim | None]"
"""Counts a layer; None: nobody can say."""


@dataclass(frozen=True, slots=True)
class Row:
    """How layers of one class are counted: by ``count``, which ``words`` say, as ``source`` does.

    ``source`` is a file and a function of the tool, or a page. ``note`` says where and why that is
    not what such a layer does, with the issue in which the tool's users found it.
    """

    count: Rule
    words: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """A network's count. ``total`` is None where some layer's is not known: those are ``unknown``.

    ``by_layer`` has every layer's own, by its path; None where it is not known.
    """

    total: Dim | None
    by_layer: Mapping[str, Dim | None]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Table:
    """One number that a convention gives, from the class of each layer to its row.

    ``label`` is what the tool calls it. ``by`` says what rows go by: the ``class`` of the layer in
    the generated module, or what the ``layer`` is in specs. Where ``once``, a further use of
    shared weights counts nothing (parameters), else each use counts. Where ``idle``, what
    ``forward`` does not run outside training counts too. Classes without a row have ``otherwise``;
    without that either, their count is not known. Of operations ``unit`` is how many of them a
    multiply-accumulate is.
    """

    label: str
    rows: Mapping[str, Row]
    by: Literal["class", "layer"] = "class"
    once: bool = False
    idle: bool = False
    otherwise: Row | None = None
    unit: int = 1
    _counts: WeakKeyDictionary[Network, dict[bool, Count]] = field(
        default_factory=WeakKeyDictionary["Network", "dict[bool, Count]"], repr=False
    )

    def row(self, one: Seen) -> Row | None:
        return self.rows.get(one.name, self.otherwise)

    def of(self, one: Seen) -> Dim | None:
        """A layer's count; None where it is not known."""
        if (self.once and one.layer.shares) or not (one.runs or self.idle):
            return 0
        row = self.row(one)
        return None if row is None else row.count(one)

    def seen(self, network: Network, plain: bool = True) -> Iterable[Seen]:
        """Its layers, by their classes in the generated module, where ``plain`` by torch's own."""
        if self.by == "layer":
            return (Seen(layer, type(layer.op).name) for layer in network.layers)
        found = seen(network)
        return (replace(o, name=PLAIN.get(o.name, o.name)) for o in found) if plain else found

    def count(self, network: Network, plain: bool = True) -> Count:
        """A network's, added up once."""
        known = self._counts.setdefault(network, {})
        if plain not in known:
            known[plain] = self._count(self.seen(network, plain))
        return known[plain]

    def _count(self, layers: Iterable[Seen]) -> Count:
        counts = {one.layer.path: self.of(one) for one in layers}
        unknown = tuple(path for path, count in counts.items() if count is None)
        total: Dim = 0
        for count in counts.values():
            total = total if count is None else total + count
        return Count(None if unknown else total, MappingProxyType(counts), unknown)

    def of_layer(self, layer: Layer) -> Dim | None:
        """A layer's, by itself, run, as torch's own class."""
        if self.by == "layer":
            return self.of(Seen(layer, type(layer.op).name))
        one = seen_alone(layer)
        return self.of(replace(one, name=PLAIN.get(one.name, one.name)))


@dataclass(frozen=True, eq=False)
class Convention:
    """A named way of counting: a document's, a framework's, a tool's.

    ``title`` is the tool and the version whose numbers these are, ``source`` where it says how it
    counts, ``words`` what an explanation says of a number that holds so. ``ops`` counts one
    forward pass of one example outside training. A convention that gives no such number has None.
    ``also`` are further numbers that the tool prints beside.
    """

    name: str
    title: str
    source: str
    words: str
    params_table: Table | None
    ops_table: Table | None
    also: tuple[Table, ...] = ()

    def params(self, network: Network, *, plain: bool = True) -> Count | None:
        """The parameters that it counts.

        Of a network in torch's own classes, as the tool's users have them; where not ``plain``,
        of the module that archc generates, with the classes that it brings along.
        """
        return None if self.params_table is None else self.params_table.count(network, plain)

    def ops(self, network: Network, *, plain: bool = True) -> Count | None:
        """The operations that it counts, as :meth:`params`."""
        return None if self.ops_table is None else self.ops_table.count(network, plain)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every number that it gives."""
        return (*(t for t in (self.params_table, self.ops_table) if t is not None), *self.also)

    def layer_params(self, layer: Layer) -> Dim | None:
        """Of a layer by itself; None where that is not known, or no number is given."""
        return None if self.params_table is None else self.params_table.of_layer(layer)

    def layer_ops(self, layer: Layer) -> Dim | None:
        """As :meth:`layer_params`, its operations."""
        return None if self.ops_table is None else self.ops_table.of_layer(layer)


# ---------------------------------------------------------------- rules


def stored(by: Weighting) -> Callable[[Seen], Dim]:
    """Weights by a weighting of their kinds."""
    return lambda one: weigh(one.weights, by)


def nothing(one: Seen) -> Dim:
    return 0


def unknown(one: Seen) -> None:
    return None


def each_read(times: int) -> Rule:
    """So many for each value that arrives."""
    return lambda one: times * one.read


def each_given(times: int) -> Rule:
    """So many for each value of the output."""
    return lambda one: times * one.given


def multiply_accumulates(times: int = 1, bias: int = 0) -> Rule:
    """So many for each multiply-accumulate, and for each addition of a bias."""
    return lambda one: times * one.macs + bias * one.bias_adds


def rows(*groups: tuple[Iterable[str], Row]) -> dict[str, Row]:
    """A table of the rows of groups of classes; a later group overrides an earlier one."""
    return {name: row for names, row in groups for name in names}
