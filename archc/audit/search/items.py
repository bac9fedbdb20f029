"""Claims as the search sees them: what is printed and computed, in which table, column and row."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

from archc.audit.kind import Kind, NumberKind
from archc.audit.printed import Interval, Printed, Unreadable, intervals, read
from archc.audit.search import surprise
from archc.audit.subject import Measured, Subject
from archc.audit.verdicts import HOLDS, judge

if TYPE_CHECKING:
    from archc.audit.claim import Claim
    from archc.audit.report import Case
    from archc.language import syntax

State = Literal["open", "cut", "held"]
"""Contradicted; holds if digits are cut off; holds."""


@dataclass(frozen=True, slots=True)
class Fit:
    """That a number is what is printed: read with which digits, rounded or cut off."""

    interval: Interval
    cut: bool


@dataclass(eq=False)
class Item:
    """A claim with its place in its document.

    ``printed`` is None where no number with a precision is claimed: a shape, an argument, a bound.
    Such a claim can only break. ``number`` is what the spec computes.
    """

    position: int
    claim: Claim
    kind: Kind
    subject: Subject
    value: Any
    state: State
    printed: Printed | None = None

    def __post_init__(self) -> None:
        self._tried: dict[tuple[Any, bool], Fit | None] = {}
        self._windows: dict[bool, tuple[float, float]] = {}
        self._strict: dict[bool, Interval] = {}

    @cached_property
    def flags(self) -> frozenset[str]:
        return frozenset(self.claim.flags)

    @property
    def binary(self) -> bool:
        return "binary" in self.flags

    @property
    def measured(self) -> Measured:
        return self.subject.measured

    @property
    def number(self) -> Fraction:
        return Fraction(self.value)

    @cached_property
    def table(self) -> str:
        claim = self.claim
        return "" if claim.where == claim.at else place(claim.where)

    @property
    def column(self) -> tuple[str, str]:
        return self.table, self.claim.quantity

    @property
    def row(self) -> tuple[str, str, tuple[str, ...]]:
        return self.table, self.claim.network, self.claim.keys

    @property
    def said(self) -> tuple[Any, ...]:
        """The same for a number that is printed again."""
        claim = self.claim
        return claim.network, claim.keys, claim.quantity, claim.flags, claim.text

    @property
    def result(self) -> str:
        """The printed number itself, where arithmetic stands before it."""
        return self.claim.text.split("=")[-1].strip()

    @property
    def written(self) -> tuple[Any, ...]:
        """The same for one claim that is made about several networks."""
        span = self.claim.span
        return (span.source.name, span.start, span.end) if span else (self.position,)

    # ------------------------------------------------------------ comparison

    def fit(self, value: Any, binary: bool) -> Fit | None:
        """How the printed digits accept a value, None where they do not."""
        if self.printed is None:
            same = self._judged(value)
            return Fit(Interval(Fraction(0), Fraction(0), 0), False) if same else None
        low, high = self._window(binary)
        if not low <= value <= high:
            return None  # a quick way out of most of the search
        key = value, binary
        if key not in self._tried:
            self._tried[key] = self._fit(value, binary)
        return self._tried[key]

    def _judged(self, value: Any) -> bool:
        return self.kind.judge(value, self.claim.text, self.flags).verdict in HOLDS

    def _fit(self, value: int | Fraction, binary: bool) -> Fit | None:
        assert self.printed is not None
        verdict = judge(value, self.printed, binary=binary).verdict
        if verdict not in HOLDS:
            return None
        readings = list(intervals(self.printed.number, binary))
        if verdict == "exact" or not readings:
            return Fit(surprise.strictest(self.printed.number, binary), False)
        cut = verdict == "truncates"
        accepts = Interval.truncates if cut else Interval.rounds
        return Fit(next(r for r in readings if accepts(r, value)), cut)

    def cell(self, value: Any, binary: bool) -> Any:
        """Equal for values that are printed alike at this claim's precision."""
        if self.printed is None:
            return value
        unit = self.strict(binary).unit
        return (2 * value * unit.denominator + unit.numerator) // (2 * unit.numerator), binary

    def strict(self, binary: bool) -> Interval:
        """What the digits accept when all of them count."""
        assert self.printed is not None
        if binary not in self._strict:
            self._strict[binary] = surprise.strictest(self.printed.number, binary)
        return self._strict[binary]

    def _window(self, binary: bool) -> tuple[float, float]:
        """Bounds that no reading of the digits goes beyond."""
        assert self.printed is not None
        if binary not in self._windows:
            number = self.printed.number.scaled(binary)
            unit = max(number.ulp * 10**number.zeros, Fraction(1))
            self._windows[binary] = float(number.value - unit), float(number.value + unit)
        return self._windows[binary]

    # ------------------------------------------------------------ surprise

    def bits(self, fit: Fit | None = None) -> float:
        """Surprise of the printed digits, as far as they are read, if nothing explains them."""
        if self.printed is None:
            return self._bits_of_sizes
        amount = surprise.of_interval(fit.interval if fit else self.strict(self.binary))
        return amount if self._slip is None else min(amount, self._slip)

    def bits_of_two(self) -> float:
        """Surprise that two changes at once can take away: none of a small multiple's."""
        amount = self.bits()
        return amount if self._multiple is None else min(amount, self._multiple)

    @cached_property
    def _multiple(self) -> float | None:
        if self.printed is None or self.state == "held":
            return None
        return surprise.of_multiple(self.number, self.printed.number, self.binary)

    @cached_property
    def _slip(self) -> float | None:
        assert self.printed is not None
        if self.state == "held":
            return None
        return surprise.of_slip(self.number, self.printed.number, self.binary)

    @cached_property
    def _bits_of_sizes(self) -> float:
        numbers = {int(n) for n in re.findall(r"\d{1,9}", self.claim.text)}
        return surprise.bits(sum(surprise.of_integer(n) for n in numbers)) or 1.0


_LINES = re.compile(r"\b(?:lines?|rows?|ll?\.)\s*\d+(?:\s*(?:[-–,]|to|and)\s*\d+)*", re.IGNORECASE)
_EDGES = " ,;:"


def place(where: str) -> str:
    """The table that a place in a document names: without its lines."""
    return re.sub(r"\(\s*\)|\s+", " ", _LINES.sub("", where)).strip(_EDGES)


# ---------------------------------------------------------------- from cases


def item_of(position: int, case: Case) -> Item | None:
    """A case as an item; None for one that says nothing about a number's surprise."""
    claim, kind, subject = case.claim, case.kind, case.subject
    if kind is None or subject is None or case.value is None:
        return None
    if claim.implied or claim.to is not None or claim.bindings:
        return None
    if case.verdict == "contradicted":
        state: State = "open"
    elif case.verdict == "truncates":
        state = "cut"
    elif case.verdict in HOLDS:
        state = "held"
    else:
        return None
    return Item(position, claim, kind, subject, case.value, state, _printed(case))


def _printed(case: Case) -> Printed | None:
    kind = case.kind
    if not isinstance(kind, NumberKind) or type(kind).judge is not NumberKind.judge:
        return None
    if not isinstance(case.value, int | Fraction):
        return None
    try:
        printed = read(case.claim.text, kind.in_bytes)
    except Unreadable:
        return None
    return printed if printed.relation in ("=", "~") and printed.number.value > 0 else None


@dataclass(eq=False)
class Group:
    """What one document says about one family of networks, in the document's order."""

    document: str
    family: syntax.Network | None
    items: tuple[Item, ...]

    @property
    def open(self) -> list[Item]:
        return [i for i in self.items if i.state == "open" and i.printed is not None]

    @property
    def cut(self) -> list[Item]:
        return [i for i in self.items if i.state == "cut" and i.printed is not None]

    @cached_property
    def networks(self) -> tuple[Measured, ...]:
        return tuple(dict.fromkeys(item.measured for item in self.items))

    @cached_property
    def columns(self) -> Mapping[tuple[str, str], Sequence[Item]]:
        """Items of a column in the document's order."""
        found: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            found.setdefault(item.column, []).append(item)
        return found

    @cached_property
    def rows(self) -> Mapping[tuple[str, str, tuple[str, ...]], Sequence[Item]]:
        """Items of a row in the document's order."""
        found: dict[tuple[str, str, tuple[str, ...]], list[Item]] = {}
        for item in self.items:
            found.setdefault(item.row, []).append(item)
        return found

    def terms(self, total: Item) -> Sequence[Item]:
        """The rows of a total's column, each part of the network once."""
        return self._terms.get(_total(total), ())

    @cached_property
    def _terms(self) -> Mapping[_Total, Sequence[Item]]:
        found: dict[_Total, dict[tuple[str, ...], Item]] = {}
        for row in self.items:
            if row.printed is not None and not row.subject.is_total:
                found.setdefault(_total(row), {}).setdefault(row.claim.keys, row)
        return {
            total: [r for k, r in rows.items() if not any(k[:n] in rows for n in range(1, len(k)))]
            for total, rows in found.items()
        }


_Total = tuple[tuple[str, str], str, frozenset[str]]


def _total(item: Item) -> _Total:
    """The same for numbers that may be summed: of a column, a network and a way of counting."""
    return item.column, item.claim.network, item.flags


def _family(item: Item) -> tuple[str, str]:
    """The same for one network of a spec, however often its file was read."""
    definition = item.measured.network.definition
    return (_file(definition.span.source.name), definition.name) if definition else ("", "")


@cache
def _file(name: str) -> str:
    """A file by one name, from whatever folder it was named."""
    return os.path.realpath(name)


def groups(cases: Iterable[Case]) -> list[Group]:
    """The claims by document and family, in the order they stand."""
    found: dict[tuple[str, Any], list[Item]] = {}
    for position, case in enumerate(cases):
        item = item_of(position, case)
        if item is not None:
            found.setdefault((item.claim.document, _family(item)), []).append(item)
    return [
        Group(document, items[0].measured.network.definition, tuple(items))
        for (document, _), items in found.items()
    ]
