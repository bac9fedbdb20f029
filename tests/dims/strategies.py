"""Random formulas, each with a plain Python function that computes the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from archc.dims import Dim, DimError, dim_max, dim_min, symbol

Values = dict[str, int]


@dataclass(frozen=True)
class Known:
    """A symbol with what is known of it."""

    name: str
    least: int
    modulus: int
    residue: int
    most: int | None

    @property
    def dim(self) -> Dim:
        return symbol(
            self.name,
            least=self.least,
            multiple_of=self.modulus,
            most=self.most,
            residue=self.residue,
        )

    def values(self) -> st.SearchStrategy[int]:
        """Values that the symbol can have."""
        first = self.least + (self.residue - self.least) % self.modulus
        last = first + 40 * self.modulus if self.most is None else self.most
        return st.integers(0, (last - first) // self.modulus).map(
            lambda i: first + i * self.modulus
        )


@st.composite
def known_symbols(draw: st.DrawFn, names: str = "HWT") -> tuple[Known, ...]:
    result: list[Known] = []
    for name in names:
        least = draw(st.integers(0, 9))
        modulus = draw(st.sampled_from([1, 1, 1, 2, 3, 4, 8, 32]))
        residue = draw(st.integers(0, modulus - 1))
        most = draw(st.none() | st.integers(0, 100).map(lambda i, n=least, m=modulus: n + m + i))
        result.append(Known(name, least, modulus, residue, most))
    return tuple(result)


@dataclass(frozen=True)
class Formula:
    """A size, and the same by Python's own arithmetic; ``text`` says how it was built."""

    dim: Dim
    compute: Callable[[Values], int]
    text: str


def _binary(
    op: str, dim: Callable[[Dim, Dim], Dim], number: Callable[[int, int], int]
) -> Callable[[tuple[Formula, Formula]], Formula | None]:
    def build(pair: tuple[Formula, Formula]) -> Formula | None:
        a, b = pair
        try:
            result = dim(a.dim, b.dim)
        except DimError:
            return None
        text = f"({a.text} {op} {b.text})" if len(op) < 3 else f"{op}({a.text}, {b.text})"
        return Formula(result, lambda v: number(a.compute(v), b.compute(v)), text)

    return build


def formulas(symbols: tuple[Known, ...]) -> st.SearchStrategy[Formula]:
    """Sums, differences, products, floor division and mod by numbers, max and min."""

    def atom(known: Known) -> Formula:
        return Formula(known.dim, lambda v: v[known.name], known.name)

    def number(n: int) -> Formula:
        return Formula(n, lambda v: n, str(n))

    leaves = st.sampled_from([atom(s) for s in symbols]) | st.integers(-7, 7).map(number)
    divisors = st.integers(1, 9).map(number)

    def extend(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
        pairs, divisions = st.tuples(inner, inner), st.tuples(inner, divisors)
        built = st.one_of(
            pairs.map(_binary("+", lambda a, b: a + b, lambda a, b: a + b)),
            pairs.map(_binary("-", lambda a, b: a - b, lambda a, b: a - b)),
            st.tuples(inner, leaves).map(_binary("*", lambda a, b: a * b, lambda a, b: a * b)),
            divisions.map(_binary("//", lambda a, b: a // b, lambda a, b: a // b)),
            divisions.map(_binary("//", lambda a, b: a // b, lambda a, b: a // b)),
            divisions.map(_binary("%", lambda a, b: a % b, lambda a, b: a % b)),
            pairs.map(_binary("max", dim_max, max)),
            pairs.map(_binary("min", dim_min, min)),
        )
        return built.filter(lambda f: f is not None)

    return st.recursive(leaves, extend, max_leaves=8)
