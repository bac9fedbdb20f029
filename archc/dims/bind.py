"""Numbers or other sizes for the symbols of a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archc.dims.expr import Dim, Expr, Floor, Symbol, floor_div, make
from archc.dims.extremes import Extreme, dim_max, dim_min
from archc.dims.terms import Atom, DimError
from archc.dims.text import Writer


def evaluate(a: Dim, bindings: Mapping[str, int]) -> int:
    """The size where the symbols have these values.

    Raises DimError where a value is missing or is not one that the symbol can have.
    """
    if isinstance(a, int):
        return a
    result = substitute(a, bindings)
    if isinstance(result, int):
        return result
    raise DimError(f"no value is given for {', '.join(symbols_of(result))}")


def substitute(a: Dim, bindings: Mapping[str, Dim]) -> Dim:
    """The size where symbols are replaced by other sizes; the others stay.

    Raises DimError where a replacement is not known to be a multiple as the symbol is, or is out
    of the symbol's bounds.
    """

    def value(atom: Symbol) -> Dim:
        new = bindings[atom.name]
        part = floor_div(new - atom.residue, atom.modulus)
        if part * atom.modulus + atom.residue != new:
            raise DimError(f"{atom.name} cannot be {new}: {_residue(atom)}")
        low, high = (part, part) if isinstance(part, int) else (part.low, part.high)
        if (atom.low is not None and high is not None and high < atom.low) or (
            atom.high is not None and low is not None and low > atom.high
        ):
            raise DimError(f"{atom.name} cannot be {new}: {_range(atom)}")
        return part

    return replace(a, lambda atom: value(atom) if atom.name in bindings else None)


def _residue(symbol: Symbol) -> str:
    rest = f" plus {symbol.residue}" if symbol.residue else ""
    return f"it must be a multiple of {symbol.modulus}{rest}"


def _range(symbol: Symbol) -> str:
    words = [
        f"{word} {bound * symbol.modulus + symbol.residue}"
        for word, bound in (("at least", symbol.low), ("at most", symbol.high))
        if bound is not None
    ]
    return f"it must be {' and '.join(words)}"


def replace(a: Dim, choose: Callable[[Symbol], Dim | None]) -> Dim:
    """The formula built anew, with each symbol atom as ``choose`` says (None: as it is)."""
    return replace_atoms(a, lambda atom: choose(atom) if isinstance(atom, Symbol) else None)


def replace_atoms(a: Dim, choose: Callable[[Atom], Dim | None]) -> Dim:
    """The formula built anew, where ``choose`` may replace any atom; it is asked outside in."""
    known: dict[Atom, Dim | None] = {}  # None: the atom stays as it is

    def renew(atom: Atom) -> Dim | None:
        if atom not in known:
            new = choose(atom)
            known[atom] = _rebuilt(atom, walk) if new is None else new
        return known[atom]

    def walk(a: Dim) -> Dim:
        if isinstance(a, int):
            return a
        kept: dict[tuple[tuple[Atom, int], ...], int] = {}
        changed: list[Dim] = []
        for monomial, coefficient in a.terms.items():
            factors = [(renew(atom), atom, power) for atom, power in monomial]
            if all(new is None for new, _, _ in factors):
                kept[monomial] = coefficient
                continue
            product: Dim = coefficient
            for new, atom, power in factors:
                product = product * (Expr({((atom, power),): 1}) if new is None else new**power)
            changed.append(product)
        if not changed:
            return a
        total = make(kept)
        for term in changed:
            total = total + term
        return total

    return walk(a)


def _rebuilt(atom: Atom, walk: Callable[[Dim], Dim]) -> Dim | None:
    if isinstance(atom, Floor):
        numerator, denominator = walk(atom.numerator), walk(atom.denominator)
        if numerator is atom.numerator and denominator is atom.denominator:
            return None
        return floor_div(numerator, denominator)
    if isinstance(atom, Extreme):
        arguments = [walk(a) for a in atom.arguments]
        if all(new is old for new, old in zip(arguments, atom.arguments, strict=True)):
            return None
        return (dim_max if atom.greatest else dim_min)(*arguments)
    return None


def atoms_of(a: Dim) -> list[Atom]:
    """Every atom of a formula, inner ones too, each once, outer ones first."""
    found: dict[Atom, None] = {}
    stack: list[Dim] = [a]
    while stack:
        a = stack.pop()
        if isinstance(a, int):
            continue
        for monomial in a.terms:
            for atom, _ in monomial:
                if atom in found:
                    continue
                found[atom] = None
                if isinstance(atom, Floor):
                    stack += [atom.numerator, atom.denominator]
                elif isinstance(atom, Extreme):
                    stack += atom.arguments
    return list(found)


def symbols_of(a: Dim) -> tuple[str, ...]:
    """The names of the symbols in a formula, sorted."""
    if isinstance(a, int):
        return ()
    return tuple(sorted({atom.name for atom in atoms_of(a) if isinstance(atom, Symbol)}))


def to_text(a: Dim) -> str:
    """As papers write it: ``16*H*W``, ``H/2``, ``floor((H + 1)/2)``."""
    return str(a)


def to_python(a: Dim, names: Mapping[str, str] | None = None) -> str:
    """As Python source; ``names`` gives the source text of each symbol (else its name)."""
    return str(a) if isinstance(a, int) else Writer(python=True, names=names).polynomial(a.terms)
