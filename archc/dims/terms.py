"""Polynomials as dictionaries, and what can be said about their least and greatest values.

A polynomial is a mapping from monomials to coefficients; a monomial is a tuple of (atom, power)
in a fixed order, ``()`` for the constant. Atoms (:mod:`archc.dims.expr`) stand for integers, and
know bounds of what they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any, TypeAlias

Number: TypeAlias = "int | Fraction"
Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"
Terms: TypeAlias = "Mapping[Monomial, Number]"

ONE: Monomial = ()
MAX_TERMS = 256
MAX_SIZE = 4000
MAX_DEPTH = 40
MAX_COEFFICIENT = 10**30
MAX_DEGREE = 32


class DimError(ValueError):
    """A size cannot be computed: it is too large, undefined, or contradicts what is known."""


class Atom:
    """Something that stands for an integer and is not taken apart further.

    ``key`` identifies and orders atoms; ``low`` and ``high`` bound the integer (None: unbounded);
    ``size`` counts the nodes of its formula, ``depth`` those that stand within each other.
    """

    __slots__ = ("_hash", "depth", "high", "key", "low", "size")

    def __init__(
        self, key: tuple[Any, ...], low: int | None, high: int | None, size: int, depth: int
    ) -> None:
        self.key = key
        self.low = low
        self.high = high
        self.size = size
        self.depth = depth
        self._hash = hash(key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Atom) or self._hash != other._hash:
            return False
        return bool(self.key == other.key)

    def relaxed(self) -> tuple[Terms, int] | None:
        """For floor(p/k): p and k. The atom is then (p - m)/k with 0 <= m < k."""
        return None

    def spell(self, writer: Any) -> str:
        """The atom as text; ``writer`` is a :class:`archc.dims.text.Writer`."""
        raise NotImplementedError


def _order(item: tuple[Atom, int]) -> tuple[Any, ...]:
    return item[0].key


def monomial_key(monomial: Monomial) -> tuple[Any, ...]:
    """Orders monomials, the same in every run."""
    return sum(power for _, power in monomial), tuple((a.key, power) for a, power in monomial)


def merge(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials."""
    if not left:
        return right
    if not right:
        return left
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(powers.items(), key=_order))


def add(left: Terms, right: Terms, scale: Number = 1) -> dict[Monomial, Number]:
    """``left + scale * right``, without the terms that cancel."""
    total = dict(left)
    for monomial, coefficient in right.items():
        new = total.get(monomial, 0) + scale * coefficient
        if new:
            total[monomial] = new
        else:
            total.pop(monomial, None)
    return total


def multiply(left: Terms, right: Terms) -> dict[Monomial, Number]:
    """The product. Raises DimError where it has too many terms."""
    if len(left) * len(right) > MAX_TERMS * 16:
        raise DimError(f"a formula of a size would have more than {MAX_TERMS} terms")
    product: dict[Monomial, Number] = {}
    for a, x in left.items():
        for b, y in right.items():
            monomial = merge(a, b)
            product[monomial] = product.get(monomial, 0) + x * y
    return {m: c for m, c in product.items() if c}


def lower(terms: Terms) -> int | None:
    """An integer that the polynomial's value is never below, or None where none is known."""
    direct = _lower(terms)
    relaxed = _relax(terms)
    if relaxed is None:
        return direct
    other = _lower(relaxed)
    if direct is None or other is None:
        return other if direct is None else direct
    return max(direct, other)


def upper(terms: Terms) -> int | None:
    """An integer that the polynomial's value is never above, or None where none is known."""
    bound = lower({m: -c for m, c in terms.items()})
    return None if bound is None else -bound


def _relax(terms: Terms) -> Terms | None:
    """A polynomial without plain floors that is nowhere above this one; None if it has none.

    Floors of one formula then cancel against the formula: H - 2*floor(H/2) is at least 0.
    """
    changed = False
    for _ in range(8):
        found = [
            (monomial, relaxed)
            for monomial in terms
            if len(monomial) == 1
            and monomial[0][1] == 1
            and (relaxed := monomial[0][0].relaxed()) is not None
        ]
        if not found:
            break
        changed = True
        for monomial, (inner, k) in found:
            coefficient = Fraction(terms.get(monomial, 0))  # an earlier one may have changed it
            terms = add(terms, {monomial: -coefficient})
            terms = add(terms, inner, coefficient / k)
            if coefficient > 0:
                terms = add(terms, {ONE: -coefficient * (k - 1) / k})
    return terms if changed else None


def _lower(terms: Terms) -> int | None:
    """Interval arithmetic, around each atom's least value (else its greatest)."""
    if any(len(m) > 1 or (m and m[0][1] > 1) for m in terms):
        return _lower_shifted(terms)
    total: Number = 0
    for monomial, coefficient in terms.items():
        if not monomial:
            total += coefficient
            continue
        atom = monomial[0][0]
        extreme = atom.low if coefficient > 0 else atom.high
        if extreme is None:
            return None
        total += coefficient * extreme
    return ceil(total)


def _lower_shifted(terms: Terms) -> int | None:
    """Each atom is its low plus something >= 0: then only negative coefficients can hurt."""
    shifted: dict[Monomial, Number] = {}
    for monomial, coefficient in terms.items():
        product: Terms = {ONE: coefficient}
        for atom, power in monomial:
            if atom.low is not None:
                factor: Terms = {((atom, 1),): 1, ONE: atom.low} if atom.low else {((atom, 1),): 1}
            elif atom.high is not None:
                factor = {((atom, 1),): -1, ONE: atom.high}
            else:
                return None
            for _ in range(power):
                product = multiply(product, factor)
        shifted = add(shifted, product)
    total: Number = 0
    for monomial, coefficient in shifted.items():
        if not monomial or coefficient < 0:
            reach = _reach(monomial)
            if reach is None:
                return None
            total += coefficient * reach
    return ceil(total)


def _reach(monomial: Monomial) -> int | None:
    """The greatest value of a product of atoms, each counted from its low."""
    product = 1
    for atom, power in monomial:
        if atom.low is None or atom.high is None:
            return None
        product *= (atom.high - atom.low) ** power
    return product
