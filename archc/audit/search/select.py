"""Which changes explain more than they cost, chosen one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import fsum
from typing import Literal

from archc.audit.search import surprise
from archc.audit.search.candidates import Candidate, Candidates, Pool, breaks
from archc.audit.search.derived import Derivation, again, derivations
from archc.audit.search.items import Fit, Group, Item
from archc.audit.search.pairs import pairs
from archc.audit.search.prices import ACCEPTED, AMBIGUOUS, CELL, CITED, KINDS, MOST_CLAIMS, NEAR
from archc.audit.search.variants import Family
from archc.audit.search.ways import Change, Changes, Ways


@dataclass(frozen=True)
class Scored:
    """A candidate with what it gains: ``score`` is that less its bits."""

    candidate: Candidate
    gained: frozenset[Item]
    score: float

    @property
    def key(self) -> tuple[float, float]:
        """Best first."""
        return -self.score, self.candidate.bits


@dataclass(frozen=True)
class Found:
    """What was found about one claim. ``rivals`` explain it about as well."""

    item: Item
    way: Changes = ()
    status: Literal["found", "weak", "derived", "variant", "nothing"] = "nothing"
    score: float = 0.0
    rivals: tuple[Changes, ...] = ()
    derivation: Derivation | None = None
    nearest: Changes = ()


@dataclass
class Selection:
    """The changes that are accepted for a group, and what each claim becomes."""

    group: Group
    ways: Ways = field(default_factory=Ways)

    def __post_init__(self) -> None:
        self.family = Family(self.group)
        self.derived = derivations(self.group)
        self.again = again(self.group)
        self.way: dict[Item, Changes] = dict.fromkeys(self.group.items, ())
        self.found: dict[Item, Found] = {}

    @cached_property
    def open(self) -> list[Item]:
        """What is to be explained, each printed number once."""
        once = [item for item in self.group.open if item not in self.again]
        return once[:MOST_CLAIMS]

    @cached_property
    def left_out(self) -> list[Item]:
        """Claims beyond the limit."""
        once = [item for item in self.group.open if item not in self.again]
        return once[MOST_CLAIMS:]

    @property
    def live(self) -> list[Item]:
        return [item for item in self.open if item not in self.found]

    @cached_property
    def pool(self) -> Pool:
        return Pool(self.group, self.family, self.ways, self.open)

    @cached_property
    def cell(self) -> float:
        """Bits that name one claim among those that were open."""
        return surprise.bits(CELL + surprise.of_count(len(self.open)))

    def limited(self, item: Item) -> bool:
        """Whether a limit cut the search for a claim short."""
        return self.family.full or item in self.pool.full or item in self.left_out

    # ------------------------------------------------------------ choosing

    def run(self) -> list[Found]:
        while self.live:
            candidates = Candidates(self.pool, self.live, self.way)
            scored = self._scored(candidates)
            if not scored or scored[0].score < ACCEPTED:
                self._rest(candidates, scored)
                break
            self._accept_all(scored)
        for item in self.left_out:
            self.found[item] = Found(item)
        self._said_again()
        self._variants_of_cut()
        return [self.found[item] for item in self.group.items if item in self.found]

    def _scored(self, candidates: Candidates) -> list[Scored]:
        """Candidates that gain something, best first; two changes only where one is not enough."""
        scored = sorted(self._worthy(candidates, candidates.singles), key=lambda s: s.key)
        if not scored or scored[0].score < ACCEPTED:
            worth = {i: min(self.worth(i), i.bits_of_two()) for i in candidates.live}
            scored.extend(self._worthy(candidates, pairs(candidates, worth)))
            scored.sort(key=lambda s: s.key)
        return scored

    def _worthy(self, candidates: Candidates, some: Iterable[Candidate]) -> Iterator[Scored]:
        for candidate in some:
            scored = self.score(candidate, candidates.gained(candidate))
            if scored is not None and scored.score > 0:
                yield scored

    def score(self, candidate: Candidate, gained: Mapping[Item, Fit]) -> Scored | None:
        """The surprise of the claims gained, less the change, less that of claims that break."""
        total = fsum(self.worth(item, fit) for item, fit in gained.items()) - candidate.bits
        if len(candidate.changes) > 1:
            total -= fsum(max(0.0, self.worth(i, f) - i.bits_of_two()) for i, f in gained.items())
        if total <= 0:
            return None
        if candidate.scope.level != "claims":
            others = candidate.scope.items - gained.keys()
            total -= fsum(self._loss(item, candidate.changes) for item in others)
        return Scored(candidate, frozenset(gained), surprise.bits(total))

    def worth(self, item: Item, fit: Fit | None = None) -> float:
        """The surprise of a claim that an explanation takes away."""
        if item in self.again:
            return 0.0
        bits = item.bits(fit)
        derived = self.derived.get(item)
        if derived is not None:
            bits = min(bits, derived.bits)
        if fit is not None and fit.cut:
            bits -= KINDS["cut"] + self.cell
        return max(0.0, bits)

    def _loss(self, item: Item, changes: Changes) -> float:
        """What breaks where a claim held, or was explained already."""
        way = self.way[item]
        before, after = self.ways.fit(item, way), self.ways.fit(item, (*way, *changes))
        if before is not None and after is not None:
            return max(0.0, self.worth(item, before) - self.worth(item, after))
        return self.worth(item, before) if breaks(self.ways, item, way, changes) else 0.0

    def _accept_all(self, scored: list[Scored]) -> None:
        """The best, and those after it that reach none of the claims that it reaches."""
        touched: set[Item] = set()
        for position, one in enumerate(scored):
            if one.score < ACCEPTED:
                break
            if touched.isdisjoint(one.candidate.scope.items):
                touched |= one.candidate.scope.items
                self._accept(one, scored[position:])

    def _accept(self, best: Scored, scored: list[Scored]) -> None:
        rivals = self._rivals(best, scored)
        for item in sorted(best.gained, key=lambda i: i.position):
            found = self._explained(item, best, rivals, "found")
            self.found[item] = self._uncut(found)
        for item in best.candidate.scope.items:
            way = (*self.way[item], *best.candidate.changes)
            if best.candidate.scope.level == "claims" and item not in best.gained:
                continue
            if self.ways.predict(item, way) is not None:
                self.way[item] = way
                self._now_rounds(item, best)

    def _explained(
        self,
        item: Item,
        best: Scored,
        rivals: Mapping[Item, tuple[Changes, ...]],
        status: Literal["found", "weak"],
    ) -> Found:
        before = self.way[item]
        return Found(
            item,
            (*before, *best.candidate.changes),
            status,
            best.score,
            tuple((*before, *changes) for changes in rivals.get(item, ())),
            self.derived.get(item),
        )

    def _now_rounds(self, item: Item, best: Scored) -> None:
        """A number that held if digits are cut off holds as its column does, if so it rounds."""
        fit = self.ways.fit(item, self.way[item]) if item.state == "cut" else None
        if fit is not None and not fit.cut:
            self.found[item] = Found(item, self.way[item], "found", best.score)

    def _uncut(self, found: Found) -> Found:
        """A number that comes out only with digits cut off, beside a reading that rounds to it and
        costs no more."""
        item, way = found.item, found.way
        fit = self.ways.fit(item, way)
        if fit is None or not fit.cut:
            return found
        counted: dict[object, Change] = {}
        for change, effect in self.pool.effects(item, way).items():
            if change.kind == "terms":
                counted.setdefault(effect.cell, change)
        for change in counted.values():
            other = self.ways.fit(item, (*way, change))
            price = KINDS[change.kind] + surprise.of_count(len(counted))
            if other is not None and not other.cut and price <= KINDS["cut"] + AMBIGUOUS:
                return replace(found, way=(*way, change), rivals=(way, *found.rivals))
        return found

    def _rivals(self, best: Scored, scored: list[Scored]) -> dict[Item, tuple[Changes, ...]]:
        """Other explanations of the same claims that are nearly as short."""
        known = {best.candidate.changes}
        close: list[Changes] = [(change,) for change in best.candidate.close]
        found = [changes for changes in close if not self._same_numbers(best, changes)]
        for other in scored[1:]:
            changes = other.candidate.changes
            if other.score < best.score - AMBIGUOUS:
                break
            if changes not in known and other.gained == best.gained:
                known.add(changes)
                if not self._same_numbers(best, changes):
                    found.append(changes)
        return {item: tuple(found[:2]) for item in best.gained}

    def _same_numbers(self, best: Scored, changes: Changes) -> bool:
        return all(
            self.ways.predict(i, (*self.way[i], *changes))
            == self.ways.predict(i, (*self.way[i], *best.candidate.changes))
            for i in best.gained
        )

    # ------------------------------------------------------------ what is left

    def _rest(self, candidates: Candidates, scored: list[Scored]) -> None:
        """Claims that nothing explains: those that others imply, weak ones, the nearest."""
        for item in self.live:
            derived = self.derived.get(item)
            if derived is not None:
                score = surprise.bits(item.bits() - derived.bits)
                if score >= ACCEPTED:
                    self.found[item] = Found(
                        item, self.way[item], "derived", score, derivation=derived
                    )
                    continue
            weak = next((s for s in scored if item in s.gained), None)
            if weak is not None:
                rivals = self._rivals(weak, scored[scored.index(weak) :])
                self.found[item] = self._explained(item, weak, rivals, "weak")
            else:
                nearest = self._nearest(item, candidates)
                self.found[item] = Found(item, self.way[item], derivation=derived, nearest=nearest)

    def _nearest(self, item: Item, candidates: Candidates) -> Changes:
        """The single reading or variant whose number comes nearest, if it comes near, and nearer
        than the number as it is read."""
        assert item.printed is not None
        number = item.printed.number

        def off(changes: Changes) -> float:
            prediction = self.ways.predict(item, changes)
            if prediction is None or prediction.value <= 0:
                return float("inf")
            ratio = prediction.value / number.scaled(prediction.binary).value
            return round(float(max(ratio, 1 / ratio)), 9)

        best: Changes = ()
        least = min(off(self.way[item]), float(NEAR))
        for change in candidates.effects[item]:
            if change.kind in NAMED:
                distance = off((*self.way[item], change))
                if distance < least:
                    best, least = (*self.way[item], change), distance
        return best

    def _said_again(self) -> None:
        """Numbers that are printed again, and claims about further networks, follow the first."""
        for item in self.group.open:
            first = self.found.get(self.again[item]) if item in self.again else None
            if first is None:
                continue
            if self.way[item] and self.ways.fit(item, self.way[item]):
                self.found[item] = replace(first, item=item, way=self.way[item], status="found")
            elif first.status in ("found", "weak") and not self.ways.fit(item, first.way):
                self.found[item] = Found(item, self.way[item])
            else:
                self.found[item] = replace(first, item=item)

    def _variants_of_cut(self) -> None:
        """A number that holds only if digits are cut off, and rounds in a declared variant."""
        cut = [item for item in self.group.cut if not self.way[item]]
        if not cut:
            return
        pool = Pool(self.group, self.family, self.ways, cut, cited_alone=True)
        candidates = Candidates(pool, cut, self.way)
        price = surprise.bits(KINDS["cut"] + CELL + surprise.of_count(len(cut)))
        for candidate in candidates.singles:
            if candidate.changes[0].kind != CITED or candidate.bits >= price:
                continue
            for item, fit in candidates.gained(candidate).items():
                if not fit.cut and item not in self.found:
                    self.found[item] = Found(
                        item,
                        candidate.changes,
                        "variant",
                        surprise.bits(price - candidate.bits),
                        rivals=((),),
                    )


NAMED = (CITED, "terms", "binary", "times", "parameter", "convention")
"""Kinds of changes that are worth naming though the digits do not come out."""
