"""Other ways to read a number: terms counted or not, K as 1024, twice, a neighbouring row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar, Literal

from archc import registry
from archc.audit.claims.operations import CostKind
from archc.audit.kind import Kind, in_binary_units
from archc.audit.search.items import Group, Item
from archc.audit.search.ways import Change, Draft, Edit, Number, Prediction, Ways
from archc.audit.subject import Subject, spelled
from archc.audit.verdicts import Verdict, number_text
from archc.ops.base import Cost


@dataclass(frozen=True, eq=False)
class Flagged(Change):
    """A flag of the quantity: something counted or not."""

    kind: ClassVar[str] = "terms"
    verdict: ClassVar[Verdict] = "convention"
    once: ClassVar[bool] = False

    flag: str

    def alter(self, draft: Draft, ways: Ways) -> bool:
        if self.flag in draft.flags or self.flag not in draft.kind.flags:
            return False
        draft.flags |= {self.flag}
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"{difference(before, after)}: {FLAGS.get(self.flag, self.flag)}"


FLAGS = {
    "nobias": "biases left out",
    "onebias": "one bias a gate, not two",
    "nonorm": "normalisation left out",
    "withbias": "bias additions counted",
    "fused": "a multiply-accumulate counted once",
    "withinput": "the input counted",
    "every": "every layer counted, those in place too",
    "half": "one device's half",
}
"""What flags say, in the words of an explanation."""


@dataclass(frozen=True, eq=False)
class Counted(Change):
    """Another quantity than the one that the document names: all that is stored, weights alone."""

    kind: ClassVar[str] = "terms"
    verdict: ClassVar[Verdict] = "convention"

    quantity: str
    instead: str

    def alter(self, draft: Draft, ways: Ways) -> bool:
        if draft.item.claim.quantity != self.instead:
            return False
        other: Kind = registry.load("archc.claims", self.quantity)
        draft.kind, draft.flags = other, draft.flags & other.flags
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"{difference(before, after)}: {COUNTED[self.instead, self.quantity]}"


COUNTED = {
    ("params", "total"): "running statistics counted",
    ("params", "weights"): "kernels alone",
    ("activations", "neurons"): "outputs of weight layers alone",
    ("neurons", "activations"): "outputs of all layers",
    ("ops", "macs"): "multiply-accumulates",
    ("macs", "connections"): "a connection for each bias too",
}
"""Quantities that documents name by one word: (the word's, what is meant)."""


@dataclass(frozen=True, eq=False)
class Operations(Edit):
    """The operations of a family of layers counted beside the multiply-accumulates."""

    kind: ClassVar[str] = "terms"
    verdict: ClassVar[Verdict] = "convention"

    family: str

    def delta(self, draft: Draft, subject: Subject, ways: Ways) -> Number | None:
        if not isinstance(draft.kind, CostKind):
            return None
        counts = [
            operations(cost)
            for layer in subject.layers
            if type(layer.op).family == self.family
            and (cost := subject.measured.cost(layer)) is not None
        ]
        return sum(counts) if counts else None

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"{difference(before, after)}: operations of {self.family} counted"


def operations(cost: Cost) -> int:
    """All kinds of operations together; symbolic ones count nothing."""
    return sum(n for name in cost.__slots__ if isinstance(n := getattr(cost, name), int))


@dataclass(frozen=True, eq=False)
class Binary(Change):
    """K, M and G are powers of 1024."""

    kind: ClassVar[str] = "binary"
    verdict: ClassVar[Verdict] = "convention"

    def alter(self, draft: Draft, ways: Ways) -> bool:
        printed = draft.item.printed
        if printed is None or draft.binary or not printed.number.power or printed.number.binary:
            return False
        draft.binary = True
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"K = 1024: {shown(item, after)}"


@dataclass(frozen=True, eq=False)
class Times(Change):
    """Twice or half: a multiply-accumulate as two operations, values in half precision."""

    kind: ClassVar[str] = "times"
    instead_of: ClassVar[str] = "amount"
    verdict: ClassVar[Verdict] = "convention"

    factor: Fraction

    def alter(self, draft: Draft, ways: Ways) -> bool:
        if "half" not in draft.kind.flags:
            return False  # twice as many what? depths and arguments are no amounts
        draft.times *= self.factor
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        sign = f"{self.factor} ×" if self.factor > 1 else "half of"
        return f"{number(after)} is {sign} {number(before)}"


@dataclass(frozen=True, eq=False)
class Halved(Change):
    """The share of one of two devices."""

    kind: ClassVar[str] = "half"
    instead_of: ClassVar[str] = "amount"
    verdict: ClassVar[Verdict] = "convention"

    def alter(self, draft: Draft, ways: Ways) -> bool:
        if draft.item.printed is None or "half" not in draft.kind.flags or "half" in draft.flags:
            return False
        draft.times *= Fraction(1, 2)
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"{number(after)}: one of two devices' share of {number(before)}"


@dataclass(frozen=True, eq=False)
class Shifted(Change):
    """The number of the row above or below."""

    kind: ClassVar[str] = "shift"
    verdict: ClassVar[Verdict] = "contradicted_explained"

    rows: Mapping[Item, Item]
    by: Literal[-1, 1]

    def alter(self, draft: Draft, ways: Ways) -> bool:
        neighbour = self.rows.get(draft.item)
        if neighbour is None:
            return False
        draft.rows = (neighbour,)
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        neighbour = self.rows[item]
        where = "below" if self.by > 0 else "above"
        keys = neighbour.claim.keys
        name = neighbour.claim.network if neighbour.subject.is_total else spelled(".".join(keys))
        return f"{shown(item, after)} is of `{name}`, the row {where}"


def readings(group: Group) -> Iterator[Change]:
    """The ways to read a document's numbers otherwise that have a meaning in it."""
    flags = {f for i in group.items if i.printed is not None for f in i.kind.flags}
    yield from (Flagged(flag) for flag in FLAGS if flag in flags and flag != "half")
    quantities = {i.claim.quantity for i in group.items}
    yield from (Counted(q, instead) for instead, q in COUNTED if instead in quantities)
    families = {type(x.op).family for m in group.networks for x in m.network.layers}
    counted = ("normalization", "activation", "pooling", "merging")
    yield from (Operations(family) for family in counted if family in families)
    yield Binary()
    yield Times(Fraction(2))
    yield Times(Fraction(1, 2))
    yield Halved()
    yield Shifted(neighbours(group, 1), 1)
    yield Shifted(neighbours(group, -1), -1)


def neighbours(group: Group, by: int) -> Mapping[Item, Item]:
    """Each printed number with the one of the next row of its column, or of the one before.

    The rows are parts of one network, or networks.
    """
    found: dict[Item, Item] = {}
    for column in group.columns.values():
        printed = [i for i in column if i.printed is not None]
        parts = [i for i in printed if not i.subject.is_total]
        of_one = [(a, b) for a, b in pairwise(parts) if a.measured is b.measured]
        totals = [i for i in printed if i.subject.is_total]
        of_all = [(a, b) for a, b in pairwise(totals) if a.measured is not b.measured]
        for above, below in (*of_one, *of_all):
            found.update({above: below} if by > 0 else {below: above})
    return found


# ---------------------------------------------------------------- words


def number(prediction: Prediction) -> str:
    return number_text(prediction.value)


def shown(item: Item, prediction: Prediction) -> str:
    """A predicted number as its claim prints numbers: ``114,944 = 112.25K`` where K is 1024."""
    value = prediction.value
    if not isinstance(value, int | Fraction):
        return item.kind.text(value)
    text = number_text(value)
    if prediction.binary and item.printed is not None:
        unit = in_binary_units(value, item.printed.number)
        return f"{text} = {unit}" if unit else text
    return text


def difference(before: Prediction, after: Prediction) -> str:
    """``34,848 = 34,944 − 96``: how a number came from another."""
    delta = after.value - before.value
    sign = "+" if delta > 0 else "−"
    return f"{number(after)} = {number(before)} {sign} {number_text(abs(delta))}"
