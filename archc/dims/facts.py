"""What is known of the symbols of a network's inputs, from its `where` constraints.

What speaks of one symbol alone (a remainder, a bound, a value) goes into the symbol, and an
equation between symbols into a substitution, so that sizes simplify; what is left, such as
``H >= W``, stays as formulas known to be at least 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from archc.dims.bind import atoms_of, replace
from archc.dims.expr import Dim, Expr, Floor, Symbol, make
from archc.dims.prove import MAX_CASES, decide, nonnegative, period
from archc.dims.terms import ONE, Atom, Monomial, monomial_key

MAX_ROUNDS = 24
"""Rounds of drawing conclusions from one constraint for another."""


class Facts:
    """Constraints on symbols, in the form in which sizes are simplified and compared by them."""

    __slots__ = ("_substitution", "_unequal", "known")

    def __init__(self) -> None:
        self._substitution: dict[Symbol, Dim] = {}
        self.known: tuple[Expr, ...] = ()
        """Formulas that are at least 0."""
        self._unequal: frozenset[Dim] = frozenset()

    @staticmethod
    def from_comparisons(comparisons: Sequence[tuple[str, Dim, Dim]]) -> Facts:
        """The facts that all of the comparisons (``==  !=  <  <=  >  >=``) hold.

        Raises ValueError where they are seen to contradict each other or what is known of the
        symbols. (That no contradiction is seen does not mean that there is none.)
        """
        facts = Facts()
        _Solver(facts, comparisons).solve()
        return facts

    def refine(self, a: Dim) -> Dim:
        """The size, simplified by what is known."""
        if isinstance(a, int) or not self._substitution:
            return a
        return replace(a, self._substitution.get)

    def decide(self, op: str, a: Dim, b: Dim) -> bool | None:
        """Whether ``a op b``: for all sizes within the facts True, for none False, else None."""
        if isinstance(a, int) and isinstance(b, int):
            return decide(op, a, b)
        a, b = self.refine(a), self.refine(b)
        decided = decide(op, a, b, self.known)
        if decided is None and op in ("==", "!=") and a - b in self._unequal:
            return op == "!="
        return decided

    def add_substitution(self, symbol: Symbol, value: Dim) -> None:
        """From now on ``symbol`` is ``value``."""

        assert symbol not in self._substitution
        for name, old in self._substitution.items():
            self._substitution[name] = replace(old, {symbol: value}.get)
        self._substitution[symbol] = value

    def keep(self, known: Sequence[Expr], unequal: Sequence[Dim]) -> None:
        """Take in what cannot be put into the symbols."""
        self.known = tuple(known)
        self._unequal = frozenset(unequal) | frozenset(-a for a in unequal)


class _Solver:
    """Puts comparisons into symbols until nothing changes."""

    def __init__(self, facts: Facts, comparisons: Sequence[tuple[str, Dim, Dim]]) -> None:
        self.facts = facts
        self.pending: list[tuple[str, Dim]] = [_normal(op, a, b) for op, a, b in comparisons]
        self.changed = True

    def solve(self) -> None:
        for _ in range(MAX_ROUNDS):
            if not self.changed:
                break
            self.changed = False
            pending, self.pending = self.pending, []
            for op, difference in pending:
                self._constrain(op, difference)
        self._finish()

    def _finish(self) -> None:
        known: list[Expr] = []
        unequal: list[Dim] = []
        for op, written in self.pending:
            difference = self.facts.refine(written)
            if isinstance(difference, int):
                _check(op, difference)
            elif op == "!=":
                unequal.append(difference)
            else:
                negative = -difference if op == "==" else 0
                known += [d for d in (difference, negative) if isinstance(d, Expr)]
        for fact in known:
            if nonnegative(-fact - 1, tuple(known)):
                raise ValueError("the constraints contradict each other")
        if any(decide("==", d, 0, tuple(known)) for d in unequal):
            raise ValueError("the constraints contradict each other")
        self.facts.keep(known, unequal)

    def _constrain(self, op: str, difference: Dim) -> None:
        """Draw conclusions from ``difference op 0``; keep it unless they say all of it."""
        difference = self.facts.refine(difference)
        if isinstance(difference, int):
            _check(op, difference)
        elif not (self._congruence(op, difference) or self._linear(op, difference)):
            self.pending.append((op, difference))

    def _substitute(self, symbol: Symbol, value: Dim) -> None:
        self.facts.add_substitution(symbol, value)
        self.changed = True

    def _restrict(self, s: Symbol, low: int | None, high: int | None) -> None:
        low = s.low if low is None else low if s.low is None else max(low, s.low)
        high = s.high if high is None else high if s.high is None else min(high, s.high)
        if (low, high) != (s.low, s.high):
            self._substitute(s, _atom(s, 1, 0, low, high))

    def _divide(self, s: Symbol, modulus: int, residue: int) -> None:
        """s is ``residue`` modulo ``modulus``."""
        if modulus == 1:
            return
        low = None if s.low is None else -((residue - s.low) // modulus)
        high = None if s.high is None else (s.high - residue) // modulus
        self._substitute(s, _atom(s, modulus, residue, low, high))

    def _congruence(self, op: str, difference: Expr) -> bool:
        """``S % k == r``, and whatever else depends only on a remainder of one symbol."""
        symbols = [x for x in atoms_of(difference) if isinstance(x, Symbol)]
        if len(symbols) != 1:
            return False
        (s,) = symbols
        if op == "==" and (solved := _remainder(difference, s)) is not None:
            self._divide(s, *solved)
            return True
        p = period(difference, s)
        if not 1 < p <= MAX_CASES:
            return False
        allowed: list[int] = []
        for remainder, value in _by_remainder(difference, s, p):
            decided = decide({"==": "==", "!=": "!="}.get(op, ">="), value, 0)
            if decided is None:
                return False
            if decided:
                allowed.append(remainder)
        modulus = _single_class(allowed, p)
        if modulus:
            self._divide(s, modulus, allowed[0] % modulus)
        return bool(modulus)

    def _linear(self, op: str, difference: Expr) -> bool:
        """Bounds and values of the symbols; whether they say all that the constraint does."""
        items = [(m, c) for m, c in difference.terms.items() if m]
        rest = difference.terms.get(ONE, 0)
        if op == "!=" or any(len(m) != 1 or m[0][1] != 1 for m, _ in items):
            return False
        if len(items) == 1:
            return self._single(op, items[0][0][0][0], items[0][1], rest)
        if op == "==":
            return self._equation(difference)
        for monomial, coefficient in items:
            atom = monomial[0][0]
            if isinstance(atom, Symbol):  # coefficient * s >= -others >= -(others' greatest)
                others = difference - Expr({monomial: coefficient})
                most = others if isinstance(others, int) else others.high
                if most is not None:
                    self._bound(atom, coefficient, -most)
        return False

    def _bound(self, s: Symbol, coefficient: int, least: int) -> None:
        """``coefficient * s >= least``"""
        if coefficient > 0:
            self._restrict(s, -(-least // coefficient), None)
        else:
            self._restrict(s, None, -least // -coefficient)

    def _single(self, op: str, atom: Atom, coefficient: int, rest: int) -> bool:
        """``coefficient * atom + rest op 0``"""
        if op == "==" and rest % coefficient:
            raise ValueError("the constraints leave no value")
        if isinstance(atom, Symbol):
            if op == "==":
                value = -rest // coefficient
                self._restrict(atom, value, value)
            else:
                self._bound(atom, coefficient, -rest)
            return True
        if isinstance(atom, Floor) and isinstance(k := atom.denominator, int):
            if op == "==":
                value = -rest // coefficient
                self._constrain(">=", atom.numerator - k * value)
                self._constrain(">=", k * value + k - 1 - atom.numerator)
            elif coefficient > 0:
                self._constrain(">=", atom.numerator - k * -(rest // coefficient))
            else:
                self._constrain(">=", k * (rest // -coefficient) + k - 1 - atom.numerator)
            return True
        return False

    def _equation(self, difference: Expr) -> bool:
        """Solve for a symbol with coefficient 1 after division; else find remainders."""
        common = gcd(*(c for m, c in difference.terms.items() if m))
        rest = difference.terms.get(ONE, 0)
        if rest % common:
            raise ValueError("the constraints leave no value")
        terms = {m: c // common for m, c in difference.terms.items()}
        # The last symbol goes: of a square image's H == W, H is left.
        for monomial, coefficient in sorted(terms.items(), key=_last_first, reverse=True):
            atom = monomial[0][0] if monomial else None
            if not isinstance(atom, Symbol):
                continue
            others = make({m: -c for m, c in terms.items() if m != monomial})
            if isinstance(others, int) or atom in atoms_of(others):
                continue
            if abs(coefficient) == 1:
                value = others * coefficient
                for side in (
                    value - atom.low if atom.low is not None else 0,
                    atom.high - value if atom.high is not None else 0,
                ):
                    self.pending.append((">=", side))
                self._substitute(atom, value)
                return True
            step = gcd(*(c for m, c in others.terms.items() if m))
            if step > 1 and gcd(coefficient, step) == 1:
                residue = others.terms.get(ONE, 0) * pow(coefficient, -1, step) % step
                self._divide(atom, step, residue)
                self.pending.append(("==", difference))
                return True
        return False


def _last_first(item: tuple[Monomial, int]) -> tuple[bool, tuple[object, ...]]:
    return abs(item[1]) == 1, monomial_key(item[0])


def _normal(op: str, a: Dim, b: Dim) -> tuple[str, Dim]:
    """The comparison as ``difference op 0``, where op is ``==``, ``!=`` or ``>=``."""
    if op in ("==", "!="):
        return op, a - b
    low, high = (a, b) if op in ("<", "<=") else (b, a)
    return ">=", high - low - (1 if op in ("<", ">") else 0)


def _check(op: str, difference: int) -> None:
    if not decide(op, difference, 0):
        raise ValueError("the constraints contradict each other")


def _atom(s: Symbol, modulus: int, residue: int, low: int | None, high: int | None) -> Dim:
    """s as modulus*t + residue, where t is the same symbol of the spec, better known."""
    if low is not None and high is not None and low >= high:
        if low > high:
            raise ValueError(f"the constraints leave no value of {s.name}")
        return modulus * low + residue
    t = Symbol(s.name, s.modulus * modulus, s.modulus * residue + s.residue, low, high)
    return make({((t, 1),): modulus, ONE: residue})


def _remainder(difference: Expr, s: Symbol) -> tuple[int, int] | None:
    """(k, r) where ``difference == 0`` says that s is r modulo k: m*((a*s + b) mod k) - c."""
    floors = [
        (m[0][0], c)
        for m, c in difference.terms.items()
        if len(m) == 1 and isinstance(m[0][0], Floor) and m[0][1] == 1
    ]
    if len(floors) != 1:
        return None
    floor, coefficient = floors[0]
    assert isinstance(floor, Floor)
    k, inner = floor.denominator, floor.numerator
    if not isinstance(k, int) or not isinstance(inner, Expr) or coefficient % k:
        return None
    scale = -(coefficient // k)
    constant = difference - scale * (inner - k * Expr({((floor, 1),): 1}))
    if not isinstance(constant, int):
        return None
    slope = inner.terms.get(((s, 1),), 0)
    if set(inner.terms) - {ONE, ((s, 1),)}:
        return None
    if constant % scale or not 0 <= -constant // scale < k:
        raise ValueError(f"the constraints leave no value of {s.name}")
    wanted = (-constant // scale - inner.terms.get(ONE, 0)) % k
    common = gcd(slope, k)
    if wanted % common:
        raise ValueError(f"the constraints leave no value of {s.name}")
    k //= common
    return k, wanted // common * pow(slope // common, -1, k) % k


def _by_remainder(difference: Expr, s: Symbol, p: int) -> list[tuple[int, Dim]]:
    """The formula where s = p*t + r, for each r."""
    result: list[tuple[int, Dim]] = []
    for r in range(p):
        t = Symbol(s.name, s.modulus * p, s.modulus * r + s.residue, None, None)
        value = make({((t, 1),): p, ONE: r})
        result.append((r, replace(difference, {s: value}.get)))
    return result


def _single_class(allowed: list[int], p: int) -> int:
    """m where ``allowed``, of 0..p-1, is just one remainder modulo m (1: all); 0 for none such."""
    if not allowed:
        raise ValueError("the constraints leave no value")
    modulus = p // len(allowed)
    whole = p % len(allowed) == 0
    return modulus if whole and len({r % modulus for r in allowed}) == 1 else 0
