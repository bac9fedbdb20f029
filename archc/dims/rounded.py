"""Formulas rounded for people: coefficients to three digits, floors as plain quotients."""

from __future__ import annotations

from fractions import Fraction

from archc.dims.expr import Expr, Symbol
from archc.dims.terms import Atom, Terms

Monomial = tuple[str, ...]
"""The symbols of a product, in order, with repetition: ``("H", "W")``; () for the constant."""

Polynomial = dict[Monomial, Fraction]


def smooth(formula: Expr) -> tuple[Polynomial, bool] | None:
    """The formula as a polynomial in its symbols, every floor(p/k) taken as p/k.

    The flag says whether that changed it: the polynomial is then what the formula comes to for
    large sizes. None where there are maxima, minima or quotients of formulas.
    """
    found = _Smooth()
    try:
        total = found.polynomial(formula.terms)
    except _NoPolynomialError:
        return None
    return {m: c for m, c in total.items() if c}, found.changed


class _NoPolynomialError(Exception):
    pass


class _Smooth:
    def __init__(self) -> None:
        self.changed = False

    def polynomial(self, terms: Terms) -> Polynomial:
        total: Polynomial = {}
        for monomial, coefficient in terms.items():
            product: Polynomial = {(): Fraction(coefficient)}
            for atom, power in monomial:
                factor = self._atom(atom)
                for _ in range(power):
                    product = _times(product, factor)
            for key, value in product.items():
                total[key] = total.get(key, Fraction(0)) + value
        return total

    def _atom(self, atom: Atom) -> Polynomial:
        if isinstance(atom, Symbol):
            scale = Fraction(1, atom.modulus)
            return {(atom.name,): scale, (): -atom.residue * scale}
        quotient = atom.relaxed()
        if quotient is None:
            raise _NoPolynomialError
        self.changed = True
        numerator, denominator = quotient
        return {m: c / denominator for m, c in self.polynomial(numerator).items()}


def _times(left: Polynomial, right: Polynomial) -> Polynomial:
    product: Polynomial = {}
    for m, a in left.items():
        for n, b in right.items():
            key = tuple(sorted(m + n))
            product[key] = product.get(key, Fraction(0)) + a * b
    return product
