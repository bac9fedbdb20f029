"""The greatest and the least of several sizes."""

from __future__ import annotations

from collections.abc import Iterator

from archc.dims.expr import Dim, Expr, bounds, depth_of, key_of, make, size_of, terms_of
from archc.dims.terms import ONE, Atom
from archc.dims.text import Writer


class Extreme(Atom):
    """The greatest of the arguments, or (``greatest`` False) the least."""

    __slots__ = ("arguments", "greatest")

    def __init__(self, greatest: bool, arguments: tuple[Dim, ...]) -> None:
        choose = max if greatest else min
        lows, highs = zip(*(bounds(a) for a in arguments), strict=True)
        known_lows = [low for low in lows if low is not None]
        known_highs = [high for high in highs if high is not None]
        # A maximum is at least each argument's low, and at most the largest high if all are known.
        low = choose(known_lows) if known_lows and (greatest or None not in lows) else None
        high = choose(known_highs) if known_highs and (not greatest or None not in highs) else None
        size = 1 + sum(size_of(a) for a in arguments)
        depth = 1 + max(depth_of(a) for a in arguments)
        key = (2, greatest, tuple(key_of(a) for a in arguments))
        super().__init__(key, low, high, size, depth)
        self.arguments = arguments
        self.greatest = greatest

    def spell(self, writer: Writer) -> str:
        texts = [writer.polynomial(terms_of(a)) for a in self.arguments]
        return writer.call("max" if self.greatest else "min", texts)


def dim_max(*arguments: Dim) -> Dim:
    """The greatest of the arguments."""
    return _extreme(True, arguments)


def dim_min(*arguments: Dim) -> Dim:
    """The least of the arguments."""
    return _extreme(False, arguments)


def _extreme(greatest: bool, arguments: tuple[Dim, ...]) -> Dim:
    kept: list[Dim] = []
    for new in _flattened(greatest, arguments):
        if any(_beaten(greatest, new, old) for old in kept):
            continue
        kept = [old for old in kept if not _beaten(greatest, old, new)]
        kept.append(new)
    if len(kept) == 1:
        return kept[0]
    shared = _shared(kept)
    kept = sorted((a - shared for a in kept), key=key_of, reverse=True)
    # without what is shared an argument may be a greatest of some itself
    if shared != 0 and any(_inner(greatest, a) for a in kept):
        return shared + _extreme(greatest, tuple(kept))
    return shared + Expr({((Extreme(greatest, tuple(kept)), 1),): 1})


def _flattened(greatest: bool, arguments: tuple[Dim, ...]) -> Iterator[Dim]:
    """The arguments, and in the place of a greatest of some, plus a number, those plus it."""
    for a in arguments:
        inner = _inner(greatest, a)
        if inner is None:
            yield a
        else:
            added = terms_of(a).get(ONE, 0)
            yield from (argument + added for argument in inner.arguments)


def _inner(greatest: bool, a: Dim) -> Extreme | None:
    """The greatest (or least) that an argument is, but for a number that is added."""
    symbolic = [term for term in terms_of(a).items() if term[0] != ONE]
    match symbolic:
        case [(((Extreme() as atom, 1),), 1)] if atom.greatest == greatest:
            return atom
        case _:
            return None


def _beaten(greatest: bool, one: Dim, other: Dim) -> bool:
    """Whether ``one`` never decides, since ``other`` is always as good."""
    low = bounds(other - one if greatest else one - other)[0]
    return low is not None and low >= 0


def _shared(arguments: list[Dim]) -> Dim:
    """What all arguments have in common: it comes out of a maximum, so that one form is left."""
    first, *others = (terms_of(a) for a in arguments)
    common = {m: c for m, c in first.items() if m and all(o.get(m) == c for o in others)}
    least = min(terms_of(a).get(ONE, 0) for a in arguments)
    return make({**common, ONE: least})
