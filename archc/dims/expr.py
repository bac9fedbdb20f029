"""Formulas for sizes, in one normal form: integer polynomials over symbols, floors, max and min.

A symbol S that is known to be r modulo m is kept as m*s + r, where s is the atom. So every
coefficient is an integer, and what divides S comes out of floors by itself. ``p mod k`` is
``p - k*floor(p/k)``. Of a floor, all whole multiples of the divisor are taken out, common factors
are cancelled, and nested floors are merged: floor(floor(p/a)/b) = floor(p/(a*b)).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import gcd
from typing import Any, TypeAlias, cast

from archc.dims.terms import (
    MAX_COEFFICIENT,
    MAX_DEGREE,
    MAX_DEPTH,
    MAX_SIZE,
    MAX_TERMS,
    ONE,
    Atom,
    DimError,
    Monomial,
    Terms,
    add,
    lower,
    monomial_key,
    multiply,
    upper,
)
from archc.dims.text import Writer


class Expr:
    """A size that is not a number yet. Immutable; ``==`` compares normal forms.

    Arithmetic gives an ``int`` where the symbols cancel. There is no ``<``: whether one size is
    below another may depend on the symbols (:func:`archc.dims.proves_less`).
    """

    __slots__ = ("_bounds", "_hash", "_key", "depth", "size", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        if len(terms) > MAX_TERMS:
            raise DimError(f"a formula of a size would have more than {MAX_TERMS} terms")
        self.terms = terms
        self.size = self.depth = 0
        for monomial, coefficient in terms.items():
            for atom, _ in monomial:
                self.size += atom.size
                self.depth = max(self.depth, atom.depth)
            self.size += 1
            if abs(coefficient) > MAX_COEFFICIENT:
                raise DimError("a number in the formula of a size would exceed 10^30")
            if sum(power for _, power in monomial) > MAX_DEGREE:
                raise DimError(f"the formula of a size would have a power above {MAX_DEGREE}")
        if self.size > MAX_SIZE or self.depth > MAX_DEPTH:
            raise DimError(
                f"the formula of a size would be too long (more than {MAX_SIZE} parts, or more than"
                f" {MAX_DEPTH} within each other);"
                " constraints such as `where H % 32 == 0` keep it short"
            )
        self._bounds: tuple[int | None, int | None] | None = None
        self._hash: int | None = None
        self._key: tuple[Any, ...] | None = None

    @property
    def low(self) -> int | None:
        """The size is never below it (None: unbounded)."""
        return self.bounds[0]

    @property
    def high(self) -> int | None:
        """The size is never above it (None: unbounded)."""
        return self.bounds[1]

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        if self._bounds is None:
            self._bounds = lower(self.terms), upper(self.terms)
        return self._bounds

    @property
    def key(self) -> tuple[Any, ...]:
        """Orders formulas, the same in every run."""
        if self._key is None:
            self._key = tuple(sorted((monomial_key(m), c) for m, c in self.terms.items()))
        return self._key

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Expr) and self.terms == other.terms)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __str__(self) -> str:
        return Writer().polynomial(self.terms)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __add__(self, other: Dim) -> Dim:
        return make(add(self.terms, terms_of(other)))

    __radd__ = __add__

    def __sub__(self, other: Dim) -> Dim:
        return make(add(self.terms, terms_of(other), -1))

    def __rsub__(self, other: Dim) -> Dim:
        return make(add(terms_of(other), self.terms, -1))

    def __neg__(self) -> Dim:
        return make({m: -c for m, c in self.terms.items()})

    def __pos__(self) -> Dim:
        return self

    def __mul__(self, other: Dim) -> Dim:
        return make(multiply(self.terms, terms_of(other)))

    __rmul__ = __mul__

    def __pow__(self, power: int) -> Dim:
        if power < 0:
            raise DimError("a size cannot have a negative power")
        if power > MAX_DEGREE:
            raise DimError(f"the formula of a size would have a power above {MAX_DEGREE}")
        result: Dim = 1
        for _ in range(power):
            result = result * self
        return result

    def __floordiv__(self, other: Dim) -> Dim:
        return floor_div(self, other)

    def __rfloordiv__(self, other: Dim) -> Dim:
        return floor_div(other, self)

    def __mod__(self, other: Dim) -> Dim:
        return self - other * floor_div(self, other)

    def __rmod__(self, other: Dim) -> Dim:
        return other - self * floor_div(other, self)


Dim: TypeAlias = "int | Expr"


class Symbol(Atom):
    """The s of a symbol S = modulus*s + residue, with the bounds of s."""

    __slots__ = ("modulus", "name", "residue")

    def __init__(
        self, name: str, modulus: int, residue: int, low: int | None, high: int | None
    ) -> None:
        bounds = (low is None, low or 0, high is None, high or 0)
        super().__init__((0, name, modulus, residue, bounds), low, high, 1, 1)
        self.name = name
        self.modulus = modulus
        self.residue = residue

    def spelling(self) -> tuple[str, int, int]:
        """Its letter, modulus and residue; ``to_text`` looks for this method by its name."""
        return self.name, self.modulus, self.residue

    def spell(self, writer: Writer) -> str:
        return writer.symbol(self.name)


class Floor(Atom):
    """floor(numerator / denominator), the denominator at least 1."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Dim, denominator: Dim) -> None:
        low, high = _quotient_bounds(numerator, denominator)
        size = 1 + size_of(numerator) + size_of(denominator)
        depth = 1 + max(depth_of(numerator), depth_of(denominator))
        super().__init__((1, key_of(numerator), key_of(denominator)), low, high, size, depth)
        self.numerator = numerator
        self.denominator = denominator

    def relaxed(self) -> tuple[Terms, int] | None:
        if isinstance(self.denominator, int) and isinstance(self.numerator, Expr):
            return self.numerator.terms, self.denominator
        return None

    def spell(self, writer: Writer) -> str:
        if isinstance(self.denominator, int):
            return writer.floor(terms_of(self.numerator), self.denominator)
        return writer.floor_symbolic(
            writer.polynomial(terms_of(self.numerator)), writer.polynomial(self.denominator.terms)
        )


def symbol(
    name: str, *, least: int = 1, multiple_of: int = 1, most: int | None = None, residue: int = 0
) -> Dim:
    """The size called ``name``, of which it is known that it is at least ``least``, at most
    ``most``, and a multiple of ``multiple_of`` (plus ``residue``).

    An ``int`` where only one value is left. Raises DimError where none is.
    """
    if multiple_of < 1:
        raise DimError(f"{name} cannot be a multiple of {multiple_of}")
    residue %= multiple_of
    low = -((residue - least) // multiple_of)
    high = None if most is None else (most - residue) // multiple_of
    if high is not None and high <= low:
        if high < low:
            raise DimError(f"no value of {name} is left")
        return multiple_of * low + residue
    return make({((Symbol(name, multiple_of, residue, low, high), 1),): multiple_of, ONE: residue})


def floor_div(a: Dim, b: Dim) -> Dim:
    """floor(a / b). Raises DimError where b may be 0."""
    if isinstance(b, int):
        if b == 0:
            raise DimError("a size is divided by 0")
        if isinstance(a, int):
            return a // b
        return _floor(a, b) if b > 0 else _floor_any(-a, -b)
    if b.low is not None and b.low >= 1:
        return _floor_symbolic(a, b)
    if b.high is not None and b.high <= -1:
        return floor_div(-a, -b)
    raise DimError(f"a size is divided by {b}, which may be 0")


def ceil_div(a: Dim, b: Dim) -> Dim:
    """ceil(a / b), for a positive b. Raises DimError where b may be 0."""
    return floor_div(a + b - 1, b)


def exact_div(a: Dim, b: Dim) -> Dim:
    """a / b. Raises DimError where it is not known to be an integer."""
    quotient = floor_div(a, b)
    if quotient * b != a:
        raise DimError(f"{a}/{b} is not known to be an integer")
    return quotient


def is_concrete(a: Dim) -> bool:
    """Whether the size is a number."""
    return isinstance(a, int)


def bounds(a: Dim) -> tuple[int | None, int | None]:
    """Least and greatest possible value, as far as known (None: unbounded)."""
    return (a, a) if isinstance(a, int) else a.bounds


def terms_of(a: Dim) -> Mapping[Monomial, int]:
    """The size as a polynomial."""
    if isinstance(a, int):
        return {ONE: a} if a else {}
    return a.terms


def key_of(a: Dim) -> tuple[Any, ...]:
    """Orders sizes, the same in every run."""
    if isinstance(a, int):
        return () if a == 0 else ((monomial_key(ONE), a),)
    return a.key


def size_of(a: Dim) -> int:
    """How many parts its formula has."""
    return 1 if isinstance(a, int) else a.size


def depth_of(a: Dim) -> int:
    """How many floors, maxima and minima stand within each other."""
    return 0 if isinstance(a, int) else a.depth


def make(terms: Terms) -> Dim:
    """The size with these terms, whose coefficients are integers."""
    integers = cast("dict[Monomial, int]", {m: c for m, c in terms.items() if c})
    if not integers:
        return 0
    if len(integers) == 1 and ONE in integers:
        return integers[ONE]
    return Expr(integers)


def _floor_any(a: Dim, k: int) -> Dim:
    return a // k if isinstance(a, int) else _floor(a, k)


@lru_cache(maxsize=4096)
def _floor(a: Expr, k: int) -> Dim:
    """floor(a / k) in normal form, k at least 1."""
    if k == 1:
        return a
    uneven = [c for m, c in a.terms.items() if m and c % k]
    if uneven and all(c < 0 for c in uneven):  # floor(-p/k) = -ceil(p/k)
        return -_floor_any(-a + (k - 1), k)
    whole = {m: c // k for m, c in a.terms.items()}
    rest = {m: c % k for m, c in a.terms.items() if c % k}
    common = gcd(k, *(c for m, c in rest.items() if m))
    if common > 1:
        rest = {m: c // common for m, c in rest.items()}
        k //= common
    remainder = make(rest)
    if k == 1 or isinstance(remainder, int):
        return make(whole) + (remainder if k == 1 else 0)
    low, high = remainder.low, remainder.high
    if low is not None and high is not None and low // k == high // k:
        return make(whole) + low // k
    inner = [m[0][0] for m, c in rest.items() if c == 1 and len(m) == 1 and m[0][1] == 1]
    floors = [f for f in inner if isinstance(f, Floor) and isinstance(f.denominator, int)]
    if len(floors) == 1:
        merged, d = floors[0], cast("int", floors[0].denominator)
        others = remainder - Expr({((merged, 1),): 1})
        return make(whole) + _floor_any(merged.numerator + others * d, k * d)
    return make(whole) + Expr({((Floor(remainder, k), 1),): 1})


def _floor_symbolic(a: Dim, b: Expr) -> Dim:
    """floor(a / b) for a positive formula b: long division by its leading term, while it goes."""
    lead, scale = max(b.terms.items(), key=lambda item: monomial_key(item[0]))
    quotient: Dim = 0
    rest = a
    for _ in range(MAX_TERMS):
        step = next(
            (
                {q: c // scale}
                for m, c in terms_of(rest).items()
                if c % scale == 0 and (q := _divide(m, lead)) is not None
            ),
            None,
        )
        if step is None:
            break
        quotient = quotient + make(step)
        rest = rest - make(step) * b
    low = bounds(rest)[0]
    slack = bounds(b - rest)[0]
    if low is not None and low >= 0 and slack is not None and slack >= 1:
        return quotient
    if len(b.terms) > 1 and isinstance(rest, Expr):  # not a whole division: keep it as it was
        quotient, rest = 0, a
    return quotient + Expr({((Floor(rest, b), 1),): 1})


def _divide(m: Monomial, by: Monomial) -> Monomial | None:
    powers = dict(m)
    for atom, power in by:
        left = powers.get(atom, 0) - power
        if left < 0:
            return None
        powers[atom] = left
    return tuple((atom, power) for atom, power in powers.items() if power)


def _quotient_bounds(a: Dim, b: Dim) -> tuple[int | None, int | None]:
    (low, high), (least, most) = bounds(a), bounds(b)
    assert least is not None and least >= 1
    if low is not None:
        low = low // least if low < 0 else (0 if most is None else low // most)
    if high is not None:
        high = high // least if high >= 0 else (-1 if most is None else high // most)
    return low, high
