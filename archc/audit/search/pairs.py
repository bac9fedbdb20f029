"""Two changes that make digits come out together: the second makes up what the first leaves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, fsum

from archc.audit.search import surprise
from archc.audit.search.candidates import Candidate, Candidates, compatible
from archc.audit.search.items import Item
from archc.audit.search.prices import ACCEPTED, DOCUMENT, KINDS, PAIR
from archc.audit.search.readings import Binary, Times
from archc.audit.search.scopes import Scope
from archc.audit.search.ways import Change, Number


def pairs(candidates: Candidates, worth: Mapping[Item, float]) -> Iterator[Candidate]:
    """Two changes that make a live claim's digits come out, at every scope.

    ``worth`` are the claims' surprises. What only one of two changes alters it explains by itself:
    pairs that cost too much to be accepted for what both alter are not looked for.
    """
    prices = [(scope, _prices(candidates, scope)) for scope in candidates.scopes]
    seen: set[frozenset[Change]] = set()
    for item in candidates.live:
        join = _Join(candidates, item, worth)
        for pair in join.pairs():
            if frozenset(pair) in seen:
                continue
            if candidates.pool.ways.fit(item, (*candidates.way[item], *pair)) is None:
                continue
            seen.add(frozenset(pair))
            for scope, price in prices:
                if item in scope.items and all(change in price for change in pair):
                    bits = price[pair[0]] + price[pair[1]] + scope.bits + PAIR
                    yield Candidate(pair, scope, surprise.bits(bits))


def _prices(candidates: Candidates, scope: Scope) -> dict[Change, float]:
    """Bits of each change's kind and value in a scope."""
    found: dict[Change, float] = {}
    for kind, classes in candidates.classes(scope).items():
        bits = surprise.bits(KINDS[kind] + surprise.of_count(len(classes)))
        found.update((changes[0], bits) for changes in classes.values())
    return found


@dataclass(frozen=True, slots=True)
class _Single:
    """A change with the number that it gives, and its place among all."""

    number: Number
    order: int
    change: Change


@dataclass(eq=False)
class _Bucket:
    """Changes of one kind that reach the same claims, by number."""

    kind: str
    items: frozenset[Item]
    singles: list[_Single]
    least: float  # bits of the kind and of the value, at least

    @cached_property
    def numbers(self) -> list[Number]:
        return [single.number for single in self.singles]

    @property
    def first(self) -> Change:
        return self.singles[0].change

    def between(self, low: Number, high: Number) -> Iterator[_Single]:
        start, end = bisect_left(self.numbers, low), bisect_right(self.numbers, high)
        return iter(self.singles[start:end])


class _Join:
    """The changes that alter one claim, sorted by what they make of it."""

    def __init__(self, candidates: Candidates, item: Item, worth: Mapping[Item, float]) -> None:
        self.item, self.worth, self.pool = item, worth, candidates.pool
        self.alone = frozenset((item,))
        self.accepted: dict[bool, tuple[Number, Number]] = {}
        before = candidates.pool.ways.predict(item, candidates.way[item])
        assert before is not None
        self.number: Number = before.value
        self.binary = before.binary
        found: dict[tuple[str, frozenset[Item]], list[_Single]] = {}
        for order, (change, effect) in enumerate(candidates.effects[item].items()):
            reach = frozenset(candidates.reach[change])
            found.setdefault((change.kind, reach), []).append(_Single(effect.value, order, change))
        cells: dict[str, set[object]] = {}
        for change, effect in candidates.effects[item].items():
            cells.setdefault(change.kind, set()).add(effect.cell)
        self.buckets = [
            _Bucket(
                kind,
                items,
                sorted(singles, key=lambda s: (s.number, s.order)),
                KINDS[kind] + surprise.of_count(len(cells[kind])),
            )
            for (kind, items), singles in found.items()
        ]

    def pairs(self) -> Iterator[tuple[Change, Change]]:
        for n, first in enumerate(self.buckets):
            for second in self.buckets[n:]:
                if first.least + second.least + PAIR + DOCUMENT > self._most(first, second):
                    continue
                if not compatible((first.first,), second.singles[-1].change):
                    continue
                for pair in self._joined(first, second):
                    if not self.pool.count(self.item):
                        return
                    yield pair

    def _most(self, first: _Bucket, second: _Bucket) -> float:
        """Bits that two changes may cost at most."""
        if self.alone in (first.items, second.items):
            return self.worth[self.item] - ACCEPTED
        return fsum(self.worth[i] for i in first.items & second.items) - ACCEPTED

    def _joined(self, first: _Bucket, second: _Bucket) -> Iterator[tuple[Change, Change]]:
        if first.first.structural or second.first.structural:
            return self._structural(first, second)
        if isinstance(first.first, Binary | Times):
            return self._scaled(first, second)
        if isinstance(second.first, Binary | Times):
            return self._scaled(second, first)
        return self._added(first, second)

    def _structural(self, first: _Bucket, second: _Bucket) -> Iterator[tuple[Change, Change]]:
        """Another network, read otherwise: the readings are few, so each is tried."""
        if second.first.structural:
            first, second = second, first
        if second.kind in ("terms", "binary", "times"):
            for a in first.singles:
                for b in second.singles:
                    yield a.change, b.change

    def _scaled(self, scaling: _Bucket, added: _Bucket) -> Iterator[tuple[Change, Change]]:
        """A ratio, and the change that leaves what it makes up."""
        for scale in scaling.singles:
            change = scale.change
            ratio = change.factor if isinstance(change, Times) else Fraction(1)
            low, high = self._accepted(self.binary or isinstance(change, Binary))
            for single in added.between(low / ratio, high / ratio):
                yield single.change, change

    def _added(self, first: _Bucket, second: _Bucket) -> Iterator[tuple[Change, Change]]:
        """A difference, and the change that makes it up."""
        low, high = self._accepted(self.binary)
        for single in first.singles:
            left = single.number - self.number
            for other in second.between(low - left, high - left):
                if first is not second or other.order > single.order:
                    yield single.change, other.change

    def _accepted(self, binary: bool) -> tuple[Number, Number]:
        """The numbers that the printed digits accept where all of them count."""
        if binary not in self.accepted:
            interval = self.item.strict(binary)
            self.accepted[binary] = interval.low, interval.high
            if isinstance(self.number, int):  # so are most others: no fraction need be compared
                self.accepted[binary] = ceil(interval.low), floor(interval.high)
        return self.accepted[binary]
