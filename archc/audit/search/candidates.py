"""Every change that could explain something in a document, with its bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import islice
from math import fsum
from typing import Any

from archc.audit.search import surprise
from archc.audit.search.items import Fit, Group, Item
from archc.audit.search.layers import edits
from archc.audit.search.named import named
from archc.audit.search.prices import (
    AMBIGUOUS,
    CITED,
    KINDS,
    MOST_CANDIDATES,
    MOST_TOGETHER,
    OF_LAYERS,
)
from archc.audit.search.readings import readings
from archc.audit.search.scopes import Scope, scopes
from archc.audit.search.variants import Family, bindings, cited
from archc.audit.search.ways import Change, Changes, Edit, Ways


@dataclass(frozen=True)
class Candidate:
    """Changes in a scope. ``close`` are changes with the same effect that cost hardly more."""

    changes: Changes
    scope: Scope
    bits: float
    close: Changes = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes make of a claim's number: how it is printed at the claim's precision, and how
    the printed digits accept it."""

    value: Any
    cell: Any
    fit: Fit | None


Effects = Mapping[Change, Effect]


class Pool:
    """The changes that there are for a group's open claims, and what each makes of each claim."""

    def __init__(
        self,
        group: Group,
        family: Family,
        ways: Ways,
        items: Sequence[Item],
        cited_alone: bool = False,
    ) -> None:
        self.group, self.family, self.ways = group, family, ways
        self._general: list[Change] = list(cited(family))
        self._edits: dict[tuple[Any, ...], Edit] = {}
        self._asked: dict[Any, list[Edit]] = {}
        self._own: dict[Item, list[Edit]] = {}
        self._bindings: list[Change] = []
        if not cited_alone:
            self._general.extend(readings(group))
            self._general.extend(named(group))
            self._own = {item: self._of(item) for item in items}
            self._bindings = list(bindings(family))
        self._effects: dict[tuple[Item, Changes], Effects] = {}
        self.tried: dict[Item, int] = {}
        self.all = 0
        self.full: set[Item] = set()  # claims whose search a limit cut short

    def _of(self, item: Item) -> list[Edit]:
        """A claim's edits; two claims that could have the same edit share it."""
        asked = item.subject.name, item.measured, item.kind, item.flags
        found = self._asked.get(asked)
        if found is None:
            found = self._asked[asked] = []
            for edit in islice(edits(item, self.ways), MOST_CANDIDATES):  # no more are tried
                key = type(edit), *(getattr(edit, field.name) for field in fields(edit))
                found.append(self._edits.setdefault(key, edit))
        return found

    def effects(self, item: Item, way: Changes) -> Effects:
        """The changes that alter a claim's number on top of others, with what comes out.

        A change that leaves it in its printed interval is dropped.
        """
        key = item, way
        if key not in self._effects:
            self._effects[key] = dict(self._altering(item, way))
        return self._effects[key]

    def _altering(self, item: Item, way: Changes) -> Iterator[tuple[Change, Effect]]:
        before = self.ways.predict(item, way)
        if before is None:
            return
        cell = item.cell(before.value, before.binary)
        for change in (*self._general, *self._own.get(item, ()), *self._bindings):
            if not compatible(way, change):
                continue
            if not self.count(item):
                return
            after = self.ways.predict(item, (*way, change))
            if after is None:
                continue
            its = item.cell(after.value, after.binary)
            if its != cell:
                yield change, Effect(after.value, its, item.fit(after.value, after.binary))

    def count(self, item: Item) -> bool:
        """Count one candidate of a claim; False beyond the limits."""
        self.tried[item] = self.tried.get(item, 0) + 1
        self.all += 1
        if self.tried[item] > MOST_CANDIDATES or self.all > MOST_TOGETHER:
            self.full.add(item)
            return False
        return True


def _preferred(change: Change, scope: Scope, prices: Mapping[str, float]) -> tuple[float, bool]:
    """Which of changes that cannot be told apart is meant: the cheapest; and what one cell alone
    leaves out is a slip there, no way of counting."""
    return prices[change.kind], change.kind == "terms" and scope.level in ("row", "cell")


def breaks(ways: Ways, item: Item, way: Changes, changes: Changes) -> bool:
    """Whether a claim that holds, or is explained, no longer does under further changes."""
    if ways.fit(item, way) is None or ways.fit(item, (*way, *changes)) is not None:
        return False
    placed = ways.predict(item, (*way, *changes)) is not None
    return placed or any(change.structural for change in changes)  # else it has no place there


def compatible(changes: Changes, change: Change) -> bool:
    """Whether a change can join others: one structural one, one of most kinds."""
    if change in changes:
        return False
    if change.structural and any(c.structural for c in changes):
        return False
    if change.instead_of and any(c.instead_of == change.instead_of for c in changes):
        return False
    return not (change.once and any(type(c) is type(change) for c in changes))


class Candidates:
    """The changes that alter something for ``live`` claims, on top of ``way``, those accepted."""

    def __init__(self, pool: Pool, live: Sequence[Item], way: Mapping[Item, Changes]) -> None:
        self.pool, self.live, self.way = pool, live, way
        self.scopes = scopes(pool.group, live)
        self.effects = {item: pool.effects(item, way[item]) for item in live}
        self._classes: dict[Scope, dict[str, dict[Any, Changes]]] = {}
        self._members: dict[Scope, list[Item]] = {}

    def members(self, scope: Scope) -> list[Item]:
        """The live claims in a scope, in the document's order."""
        found = self._members.get(scope)
        if found is None:
            here = sorted(scope.items & self.effects.keys(), key=lambda item: item.position)
            found = self._members[scope] = here
        return found

    @cached_property
    def singles(self) -> list[Candidate]:
        """All single changes; of those with equal effects in a scope the first of their kind."""
        claims = Scope("claims", 0.0, frozenset(self.live))
        found: list[Candidate] = list(self._in_scope(claims, cited_ones=True))
        for scope in self.scopes:
            found.extend(self._in_scope(scope, cited_ones=False))
        return found

    def _in_scope(self, scope: Scope, cited_ones: bool) -> Iterator[Candidate]:
        for kind, classes in self.classes(scope).items():
            if (kind == CITED) is cited_ones:
                bits = surprise.bits(KINDS[kind] + surprise.of_count(len(classes)) + scope.bits)
                for meant, *close in classes.values():
                    yield Candidate((meant,), scope, bits, tuple(close))

    def classes(self, scope: Scope) -> dict[str, dict[Any, Changes]]:
        """By kind, the changes in a scope that can be told apart: the cheapest of those that
        cannot, and those that cost hardly more."""
        found = self._classes.get(scope)
        if found is None:
            found = self._classes[scope] = self._told_apart(scope)
        return found

    def _told_apart(self, scope: Scope) -> dict[str, dict[Any, Changes]]:
        altered: dict[Change, list[tuple[Item, Any]]] = {}
        for item in self.members(scope):
            for change, effect in self.effects[item].items():
                altered.setdefault(change, []).append((item, effect.cell))
        alike: dict[Any, list[Change]] = {}
        for change, cells in altered.items():
            alike.setdefault(tuple(cells), []).append(change)
        counts = Counter(change.kind for change in altered)
        bits = {kind: KINDS[kind] + surprise.of_count(count) for kind, count in counts.items()}
        prices = {**KINDS, **{kind: bits[kind] for kind in OF_LAYERS if kind in bits}}
        found: dict[str, dict[Any, Changes]] = {}
        for key, changes in alike.items():
            changes.sort(key=lambda change: _preferred(change, scope, prices))  # stable
            meant = self._breaking_least(scope, changes, prices)
            most = bits[meant[0].kind] + AMBIGUOUS
            close = (change for change in meant[1:] if bits[change.kind] <= most)
            found.setdefault(meant[0].kind, {})[key] = (meant[0], *close)
        return found

    def _breaking_least(
        self, scope: Scope, changes: Sequence[Change], prices: Mapping[str, float]
    ) -> Changes:
        """Of changes that make the same of the live claims those that cost least, counting the
        scope's other claims that they break: where twice of each open row would break those that
        hold, another parameter of the network may not."""
        if all(isinstance(change, Edit) for change in changes):
            return tuple(changes)  # edits of one layer reach the same claims
        first = (self.effects[item].get(changes[0]) for item in self.members(scope))
        if len(changes) == 1 or not any(effect and effect.fit for effect in first):
            return tuple(changes)  # they explain nothing
        broken = {change: self._broken(scope, change) for change in changes}
        cost = {c: surprise.bits(prices[c.kind] + fsum(broken[c].values())) for c in changes}
        meant = min(changes, key=lambda change: cost[change])  # the first of the cheapest
        others = (c for c in changes if c is not meant and broken[c].keys() == broken[meant].keys())
        return meant, *others

    def _broken(self, scope: Scope, change: Change) -> dict[Item, float]:
        """The claims of a scope, not live, that a change breaks, each with its surprise."""
        if scope.level == "claims":
            return {}
        others = sorted(scope.items - self.effects.keys(), key=lambda item: item.position)
        ways, way = self.pool.ways, self.way
        return {i: i.bits() for i in others if breaks(ways, i, way[i], (change,))}

    @cached_property
    def reach(self) -> dict[Change, list[Item]]:
        """The live claims whose numbers a change alters."""
        found: dict[Change, list[Item]] = {}
        for item in self.live:
            for change in self.effects[item]:
                found.setdefault(change, []).append(item)
        return found

    def gained(self, candidate: Candidate) -> dict[Item, Fit]:
        """The claims whose digits come out."""
        found: dict[Item, Fit] = {}
        reached = (item for change in candidate.changes for item in self.reach[change])
        for item in dict.fromkeys(reached):
            if item not in candidate.scope.items:
                continue
            fit = self._fit(item, candidate.changes)
            if fit is not None:
                found[item] = fit
        return found

    def _fit(self, item: Item, changes: Changes) -> Fit | None:
        if len(changes) == 1:
            effect = self.effects[item].get(changes[0])
            return effect.fit if effect else None
        return self.pool.ways.fit(item, (*self.way[item], *changes))
