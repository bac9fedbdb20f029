"""Numbers that follow from others that are printed: sums of rows, parameters times positions.

Such a number has little surprise of its own: only what the rounding of the others leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, prod

from archc.audit.arithmetic import Quantity
from archc.audit.printed import Unreadable, intervals, read_sizes
from archc.audit.search import surprise
from archc.audit.search.items import Group, Item

MOST_TERMS = 12
"""Rows of a sum that are written out."""


@dataclass(frozen=True)
class Derivation:
    """How a printed number follows from others. ``open_values`` are how many numbers their rounding
    allows at its precision. ``sources`` are the claims that print the others."""

    kind: str
    text: str
    open_values: int
    sources: tuple[Item, ...]

    @property
    def bits(self) -> float:
        """Surprise that is left once it is known that the number is derived."""
        return surprise.bits(surprise.DERIVED + surprise.of_count(self.open_values))


def derivations(group: Group) -> dict[Item, Derivation]:
    """The group's numbers that others imply, each by the way that leaves least open."""
    found: dict[Item, Derivation] = {}
    for item in group.items:
        if item.printed is None:
            continue
        ways = list(_ways(item, group))
        if ways:
            found[item] = min(ways, key=lambda d: d.bits)
    return found


def _ways(item: Item, group: Group) -> Iterator[Derivation]:
    if item.subject.is_total:
        yield from _sum(item, group)
    if item.claim.quantity in ("macs", "ops"):
        yield from _positions(item, group)
    if item.claim.quantity in ("activations", "neurons"):
        yield from _product(item, group)


def again(group: Group) -> dict[Item, Item]:
    """Numbers that the document prints again, with where it prints them first; and what a claim
    about a whole family says of its second network."""
    first: dict[object, Item] = {}
    found: dict[Item, Item] = {}
    for item in group.items:
        same = (item.said, item.written)
        earlier = next((first[key] for key in same if key in first), None)
        if earlier is not None:
            found[item] = earlier
        for key in same:
            first.setdefault(key, item)
    return found


# ---------------------------------------------------------------- sums


def _sum(item: Item, group: Group) -> Iterator[Derivation]:
    """A total as the sum of the rows of its column."""
    rows = group.terms(item)
    if len(rows) < 2:
        return
    printed = [_range(row) for row in rows]
    low, high = sum(p[0] for p in printed), sum(p[1] for p in printed)
    count = _open(item, Fraction(low), Fraction(high))
    if count is None:
        return
    texts = [row.result for row in rows]
    if len(texts) > MOST_TERMS:
        texts = [*texts[: MOST_TERMS - 2], "…", texts[-1]]
    terms = " + ".join(texts)
    text = f"{item.result} is the sum of the printed rows: {terms}"
    yield Derivation("sum", text, count, tuple(rows))


# ---------------------------------------------------------------- products


def _positions(item: Item, group: Group) -> Iterator[Derivation]:
    """Operations as the row's printed parameters at each of its positions."""
    value = item.subject.value
    if value is None or item.subject.is_total:
        return
    shape = item.measured.shape_of(value)
    positions = [n for n in shape[:-1] if isinstance(n, int)]
    if len(positions) != len(shape) - 1 or prod(positions) < 2:
        return
    for other in group.rows[item.row]:
        if other.claim.quantity != "params" or other.printed is None:
            continue
        for binary in (False, True):
            low, high = _range(other, binary)
            count = _open(item, low * prod(positions), high * prod(positions))
            if count is not None:
                sizes = "·".join(map(str, positions))
                text = f"{item.result} is {other.result} × {sizes}"
                text += ", the printed parameters at each position"
                yield Derivation("positions", text, count, (other,))
                break


def _product(item: Item, group: Group) -> Iterator[Derivation]:
    """A number of values as the product of the shape that is printed for the same part."""
    for other in group.rows[item.row]:
        if other.claim.quantity != "shape":
            continue
        sizes = _printed_sizes(other)
        if len(sizes) > 1 and item.fit(Fraction(prod(sizes)), item.binary):
            shape = "·".join(map(str, sizes))
            text = f"{item.result} = {shape}, the shape that is printed for it"
            yield Derivation("product", text, 1, (other,))
            return


def _printed_sizes(item: Item) -> Sequence[int]:
    try:
        sizes = read_sizes(item.claim.text)
    except Unreadable:
        return ()
    return [s for s in sizes if isinstance(s, int)] if all(map(_whole, sizes)) else ()


def _whole(size: object) -> bool:
    return isinstance(size, int)


# ---------------------------------------------------------------- intervals


def _range(item: Item, binary: bool | None = None) -> tuple[Fraction, Fraction]:
    """The numbers that a printed row may stand for; a whole number printed in full is itself."""
    assert item.printed is not None
    number: Quantity = item.printed.number
    interval = surprise.strictest(number, item.binary if binary is None else binary)
    if interval.unit == 1:
        return interval.value, interval.value
    return interval.low, interval.high


def _open(item: Item, low: Fraction, high: Fraction) -> int | None:
    """How many numbers of the claim's precision lie in a range; None where its own does not."""
    assert item.printed is not None
    for interval in intervals(item.printed.number, item.binary):
        if interval.low <= high and low < interval.high:
            return max(1, ceil((high - low) / interval.unit))
    return None
