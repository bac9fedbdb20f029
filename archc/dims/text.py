"""Formulas as text: as papers write them, and as Python source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import lcm

from archc.dims.terms import Atom, Terms, add

Spelled = dict[tuple[tuple[str, int], ...], Fraction]
"""A polynomial whose atoms are texts and whose coefficients are rational."""


class Writer:
    """Spells polynomials. ``python``: as Python source, where ``names`` spell the symbols."""

    def __init__(self, python: bool = False, names: Mapping[str, str] | None = None) -> None:
        self.python = python
        self.names = names or {}
        self.times, self.power = (" * ", " ** ") if python else ("*", "^")
        self.over = " // " if python else "/"

    def symbol(self, name: str) -> str:
        return self.names.get(name, name)

    def polynomial(self, terms: Terms) -> str:
        """The sum; over one denominator where the single terms need not be integers.

        What was taken out of a floor goes back where that reads shorter: of a multiple of 16,
        5*H/16 + floor(H/48) is floor(H/3).
        """
        text = self._plain(terms)
        merged = _into_floor(terms)
        if merged is None:
            return text
        other = self.floor(*merged)
        return other if len(other) < len(text) else text

    def _plain(self, terms: Terms) -> str:
        spelled, whole = self._spell(terms)
        return self._sum(spelled) if whole else self._quotient(spelled, 1)

    def floor(self, terms: Terms, k: int) -> str:
        """floor(terms / k)."""
        text = self._quotient(self._spell(terms)[0], k)
        return text if self.python else f"floor({text})"

    def floor_symbolic(self, numerator: str, denominator: str) -> str:
        """floor of one formula over another, both as text."""
        sides = (t if t.isalnum() else f"({t})" for t in (numerator, denominator))
        text = self.over.join(sides)
        return text if self.python else f"floor({text})"

    def call(self, function: str, arguments: list[str]) -> str:
        return f"{function}({', '.join(arguments)})"

    def _quotient(self, spelled: Spelled, k: int) -> str:
        denominator = lcm(*(c.denominator for c in spelled.values()))
        text = self._sum({m: c * denominator for m, c in spelled.items()})
        k *= denominator
        if k == 1:
            return text
        single = len(spelled) == 1 and not text.startswith("-")
        return f"{text}{self.over}{k}" if single else f"({text}){self.over}{k}"

    def _spell(self, terms: Terms) -> tuple[Spelled, bool]:
        """The polynomial in the symbols as a reader knows them, and whether each term is whole."""
        whole = True
        total: Spelled = {}
        for monomial, coefficient in terms.items():
            product: Spelled = {(): Fraction(coefficient)}
            for atom, power in monomial:
                factor = self._factor(atom)
                whole = whole and len(factor) == 1
                for _ in range(power):
                    product = _multiply(product, factor)
            for key, value in product.items():
                total[key] = total.get(key, Fraction(0)) + value
        return {m: c for m, c in total.items() if c}, whole

    def _factor(self, atom: Atom) -> Spelled:
        from_symbol: Callable[[], tuple[str, int, int]] | None = getattr(atom, "spelling", None)
        if from_symbol is None:
            return {((atom.spell(self), 1),): Fraction(1)}
        name, modulus, residue = from_symbol()
        factor: Spelled = {((self.symbol(name), 1),): Fraction(1, modulus)}
        if residue:
            factor[()] = Fraction(-residue, modulus)
        return factor

    def _sum(self, spelled: Spelled) -> str:
        items = sorted(spelled.items(), key=_reading_order)
        if items and items[0][1] < 0:  # `3 - H` reads better than `-H + 3`
            items.sort(key=lambda item: item[1] < 0)
        text = ""
        for monomial, coefficient in items:
            term = self._term(monomial, abs(coefficient))
            if not text:
                text = term if coefficient > 0 else self._negative(term)
            else:
                text += (" + " if coefficient > 0 else " - ") + term
        return text or "0"

    def _negative(self, term: str) -> str:
        return f"-({term})" if self.python and "//" in term else f"-{term}"

    def _term(self, monomial: tuple[tuple[str, int], ...], coefficient: Fraction) -> str:
        over = coefficient.denominator
        single = len(monomial) == 1 and monomial[0][1] == 1 and coefficient == 1
        factors = [
            self._powered(text if single else self._guarded(text), power)
            for text, power in monomial
        ]
        if coefficient.numerator != 1 or not factors:
            factors.insert(0, str(coefficient.numerator))
        text = self.times.join(factors)
        return text if over == 1 else f"{text}{self.over}{over}"

    def _guarded(self, text: str) -> str:
        """Python's `//` has the rank of `*`, so a floor in a product needs parentheses."""
        return f"({text})" if self.python and not text.isidentifier() else text

    def _powered(self, text: str, power: int) -> str:
        return text if power == 1 else f"{text}{self.power}{power}"


def _into_floor(terms: Terms) -> tuple[Terms, int] | None:
    """(q, k) where the polynomial is floor(q/k): for a single floor beside symbols known modulo
    something, which read as fractions."""
    floors = [
        (monomial, relaxed)
        for monomial in terms
        if len(monomial) == 1 and (relaxed := monomial[0][0].relaxed()) is not None
    ]
    if len(floors) != 1 or terms[floors[0][0]] != 1 or floors[0][0][0][1] != 1:
        return None
    ((monomial, (inner, k)),) = floors
    others = {m: c for m, c in terms.items() if m != monomial}
    if not any(getattr(atom, "modulus", 1) > 1 for m in others for atom, _ in m):
        return None
    return add(inner, others, k), k


def _multiply(left: Spelled, right: Spelled) -> Spelled:
    product: Spelled = {}
    for a, x in left.items():
        for b, y in right.items():
            powers = dict(a)
            for text, power in b:
                powers[text] = powers.get(text, 0) + power
            key = tuple(sorted(powers.items(), key=_factor_order))
            product[key] = product.get(key, Fraction(0)) + x * y
    return product


def _factor_order(item: tuple[str, int]) -> tuple[bool, str]:
    return not item[0].isidentifier(), item[0]


def _reading_order(item: tuple[tuple[tuple[str, int], ...], Fraction]) -> tuple[object, ...]:
    monomial = item[0]
    degree = sum(power for _, power in monomial)
    return -degree, tuple((_factor_order(factor), -factor[1]) for factor in monomial)
