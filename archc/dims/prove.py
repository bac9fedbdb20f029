"""Deciding comparisons of sizes for every value that their symbols can have.

Three provers, each cheap to fail: bounds of the difference; the same with assumptions (formulas
known to be at least 0) added to cancel what is in the way; and, where floors or mod stand in the
way, a case for each remainder of the symbols, in which the floors disappear, and a case for each
argument of a maximum or minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm, prod
from typing import Literal, TypeAlias

from archc.dims.bind import atoms_of, replace, replace_atoms
from archc.dims.expr import Dim, Expr, Floor, Symbol
from archc.dims.extremes import Extreme
from archc.dims.terms import ONE, DimError, Terms, add, lower

Comparison: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
Assumptions: TypeAlias = "tuple[Expr, ...]"

MAX_CASES = 512  # remainders
MAX_EXTREMES = 32  # choices of arguments of all maxima and minima together
MAX_STEPS = 3  # assumptions combined in one proof
MAX_WORK = 20_000  # parts of formulas looked at in one proof


def decide(op: str, a: Dim, b: Dim, known: Assumptions = ()) -> bool | None:
    """Whether ``a op b`` holds: True or False for all values of the symbols, None if not known."""
    if isinstance(a, int) and isinstance(b, int):
        return _CONCRETE[op](a, b)
    if op in ("==", "!="):
        equal = _equal(a - b, known)
        return equal if op == "==" or equal is None else not equal
    low, high = (a, b) if op in ("<", "<=") else (b, a)
    slack = high - low - (1 if op in ("<", ">") else 0)
    if nonnegative(slack, known):
        return True
    return False if nonnegative(-slack - 1, known) else None


_CONCRETE: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def proves_equal(a: Dim, b: Dim) -> bool | None:
    """Whether a == b: for all values of the symbols, for none (False), or not known (None)."""
    return decide("==", a, b)


def proves_less(a: Dim, b: Dim) -> bool | None:
    """Whether a < b: for all values of the symbols, for none (False), or not known (None)."""
    return decide("<", a, b)


def at_least(a: Dim, n: int) -> bool | None:
    """Whether a >= n: for all values of the symbols, for none (False), or not known (None)."""
    return decide(">=", a, n)


def _equal(difference: Dim, known: Assumptions) -> bool | None:
    if isinstance(difference, int):
        return difference == 0
    if nonnegative(difference - 1, known) or nonnegative(-difference - 1, known):
        return False
    if nonnegative(difference, known) and nonnegative(-difference, known):
        return True
    if _never_zero(difference):
        return False
    if difference.size <= MAX_WORK // MAX_CASES:
        cases = list(remainders(difference, known))
        if cases and all(_differs(d, k) for d, k in cases):
            return False
    return None


def _differs(difference: Dim, known: Assumptions) -> bool:
    if isinstance(difference, int):
        return difference != 0
    return (
        _never_zero(difference)
        or nonnegative(difference - 1, known)
        or nonnegative(-difference - 1, known)
    )


def _never_zero(difference: Expr) -> bool:
    """Whether the constant is no multiple of what divides all the rest: 2*H - 2*W + 1."""
    common = gcd(*(c for m, c in difference.terms.items() if m))
    return difference.terms.get(ONE, 0) % common != 0


def nonnegative(a: Dim, known: Assumptions = ()) -> bool:
    """Whether a >= 0 can be proved, given that each of ``known`` is at least 0."""
    if isinstance(a, int):
        return a >= 0
    return _nonnegative(a, known)


class _Budget:
    """What a proof may still look at: where nothing is left, there is no proof."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, work: int) -> bool:
        self.left -= work
        return self.left >= 0


@lru_cache(maxsize=4096)
def _nonnegative(a: Expr, known: Assumptions) -> bool:
    try:
        budget = _Budget()
        if _by_assumptions(a.terms, known, MAX_STEPS, budget):
            return True
        extremes = [x for x in atoms_of(a) if isinstance(x, Extreme)]
        if extremes:
            cases = prod(len(x.arguments) for x in extremes)
            return cases <= MAX_EXTREMES and _by_arguments(a, extremes[0], known)
        proved = 0
        for d, facts in remainders(a, known):
            terms = {ONE: d} if isinstance(d, int) else d.terms
            if not budget.spend(a.size) or not _by_assumptions(terms, facts, MAX_STEPS, budget):
                return False
            proved += 1
        return proved > 0
    except DimError:  # a formula of the proof grew too large: then there is no proof
        return False


def _by_assumptions(terms: Terms, known: Assumptions, steps: int, budget: _Budget) -> bool:
    bound = lower(terms)
    if bound is not None and bound >= 0:
        return True
    if steps == 0:
        return False
    for fact in known:
        for monomial, coefficient in fact.terms.items():
            mine = terms.get(monomial, 0)
            if monomial and mine * coefficient > 0:
                if not budget.spend(len(terms) + len(fact.terms)):
                    return False
                scale = Fraction(mine) / coefficient
                less = add(terms, fact.terms, -scale)
                if _by_assumptions(less, known, steps - 1, budget):
                    return True
    return False


def _by_arguments(a: Expr, extreme: Extreme, known: Assumptions) -> bool:
    """A maximum is one of its arguments, and at least each of them."""
    monomial = ((extreme, 1),)
    coefficient = a.terms.get(monomial, 0)
    others = [x for x in a.terms if x != monomial]
    alone = not any(x == extreme for m in others for x in atoms_of(Expr({m: 1})))

    def without(argument: Dim) -> Dim:
        return replace_atoms(a, lambda atom: argument if atom == extreme else None)

    proofs = (nonnegative(without(argument), known) for argument in extreme.arguments)
    if alone and coefficient and (coefficient > 0) == extreme.greatest:
        return any(proofs)
    return all(proofs)


def remainders(a: Expr, known: Assumptions) -> Iterator[tuple[Dim, Assumptions]]:
    """The formula for every remainder of its symbols, without floors; nothing if too many cases."""
    periods = {s: period(a, s) for s in atoms_of(a) if isinstance(s, Symbol)}
    periods = {s: p for s, p in periods.items() if p != 1}
    cases = 1
    for p in periods.values():
        cases *= p
        if not 1 < cases <= MAX_CASES:
            return
    if not periods:
        return
    symbols = list(periods)
    for index in range(cases):
        chosen: dict[Symbol, Dim | None] = {}
        for s in symbols:
            index, remainder = divmod(index, periods[s])
            chosen[s] = _part(s, periods[s], remainder)
        if any(value is None for value in chosen.values()):
            continue  # the symbol's bounds leave no such value
        facts = [replace(fact, chosen.get) for fact in known]
        if any(isinstance(f, int) and f < 0 for f in facts):
            continue  # what is known leaves no such value
        yield (
            replace(a, chosen.get),
            tuple(f for f in facts if isinstance(f, Expr)),
        )


def _part(s: Symbol, period: int, remainder: int) -> Dim | None:
    """s = period*t + remainder, with t as a new symbol."""
    low = None if s.low is None else -((remainder - s.low) // period)
    high = None if s.high is None else (s.high - remainder) // period
    if low is not None and high is not None and low >= high:
        return period * low + remainder if low == high else None
    name = f"{s.name}%{s.modulus}"
    return Expr({((Symbol(name, period, remainder, low, high), 1),): period}) + remainder


def period(a: Dim, s: Symbol) -> int:
    """A number such that all floors of the formula vanish where s is fixed modulo it.

    0 where there is none: a floor of something that is not linear in its symbols.
    """
    result = 1
    for atom in atoms_of(a):
        if isinstance(atom, Floor) and any(x == s for x in atoms_of(atom.numerator)):
            if not isinstance(atom.denominator, int):
                return 0
            result = lcm(result, atom.denominator * period(atom.numerator, s))
        if result > MAX_CASES:
            return MAX_CASES + 1
    return result
