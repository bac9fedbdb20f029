"""What a kind of claim is: how a quantity is computed, and how it is compared with what is printed.

A kind is one object, registered under ``archc.claims`` with the quantity's name. Numbers, sizes
and windows are compared differently; a kind extends the class of its own sort.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from archc.audit.arithmetic import Quantity
from archc.audit.printed import (
    Sizes,
    Unreadable,
    read,
    read_product,
    read_sizes,
    read_window,
    wrong_size,
)
from archc.audit.subject import Subject
from archc.audit.verdicts import Judgement, judge, number_text
from archc.dims import Dim, DimError, Expr, evaluate, to_text
from archc.graph.network import Layer
from archc.ops.base import shape_text

Flags = frozenset[str]
NO_FLAGS: Flags = frozenset()


class NotEvaluable(Exception):
    """The spec cannot say; the message is the reason."""


class WrongClaim(Exception):
    """The subject has no such quantity, or more than one; ``help`` says what to write."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class Kind:
    """A quantity that can be claimed. ``flags`` are those that it understands."""

    flags: Flags = NO_FLAGS

    def compute(self, subject: Subject, flags: Flags) -> Any:
        """The quantity as the spec has it. Raises NotEvaluable or WrongClaim."""
        raise NotImplementedError

    def bind(self, computed: Any, bindings: Mapping[str, int]) -> Any:
        """With the sizes that the claim fixes. Raises NotEvaluable where some stay open."""
        return computed

    def reading(self, computed: Any, flags: Flags) -> Any:
        """The quantity as the claim counts it."""
        return computed

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        """The verdict on what is printed. Raises Unreadable."""
        raise NotImplementedError

    def text(self, computed: Any) -> str:
        """For people."""
        return str(computed)

    def json(self, computed: Any) -> int | float | str:
        """For machines: a whole number is an integer."""
        return self.text(computed)


class NumberKind(Kind):
    """A count: an integer, a fraction or a formula."""

    flags: Flags = frozenset(("binary", "half"))
    in_bytes: bool = False

    def bind(self, computed: Any, bindings: Mapping[str, int]) -> Any:
        if isinstance(computed, Expr):
            return _bound(computed, bindings)
        return computed

    def reading(self, computed: Any, flags: Flags) -> Any:
        return Fraction(computed) / 2 if "half" in flags else computed

    def parts(self, subject: Subject, flags: Flags) -> Iterator[tuple[Layer, Dim]]:
        """What each layer adds to the number; nothing where it is no sum over layers."""
        return iter(())

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        number = read(printed, self.in_bytes)
        if number.number.measure == "bytes" and not self.in_bytes:
            raise Unreadable("bytes are printed where something else is counted")
        binary = "binary" in flags
        judgement = judge(computed, number, binary=binary)
        shown = in_binary_units(computed, number.number) if binary else ""
        notes = [note for note in (shown, judgement.note) if note]
        return Judgement(judgement.verdict, "; ".join(notes))

    def text(self, computed: Any) -> str:
        return to_text(computed) if isinstance(computed, Expr) else number_text(computed)

    def json(self, computed: Any) -> int | float | str:
        if isinstance(computed, Expr):
            return to_text(computed)
        value = Fraction(computed)
        return value.numerator if value.denominator == 1 else float(value)


def in_binary_units(computed: int | Fraction, printed: Quantity) -> str:
    """A number in the unit of a printed one, K being 1024: ``159.5K``; nothing without a unit."""
    if not 0 < printed.power <= 4:
        return ""
    unit = " KMGT"[printed.power] + ("B" if printed.measure == "bytes" else "")
    return number_text(Fraction(computed) / 1024**printed.power) + unit


class SizesKind(Kind):
    """A shape, height × width × channels."""

    flags: Flags = frozenset(("chw",))

    def bind(self, computed: Any, bindings: Mapping[str, int]) -> Any:
        return tuple(
            evaluate(size, bindings) if _fixed(size, bindings) else size for size in computed
        )

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        for sizes in (read_sizes(printed), read_product(printed)):
            if sizes and "chw" in flags and len(sizes) > 1:
                sizes = (*sizes[1:], sizes[0])
            if sizes and same_sizes(computed, sizes):
                wrong = wrong_size(printed)
                return Judgement("contradicted" if wrong else "exact", wrong)
        return Judgement("contradicted")

    def text(self, computed: Any) -> str:
        return shape_text(computed)


def same_sizes(shape: tuple[Dim, ...], sizes: Sizes) -> bool:
    """Whether printed sizes are a shape's.

    A map may be printed without its channels, a square one as its side alone; axes of 1 before a
    vector may be left out or written.
    """
    computed = tuple(to_text(size) for size in shape)
    printed = tuple(str(size) for size in sizes)
    if computed == printed:
        return True
    if len(computed) == 3 and len(printed) == 2:
        return computed[:2] == printed
    if len(computed) == 3 and len(printed) == 1 and computed[0] != "1":
        return computed[0] == computed[1] == printed[0]
    return _vector(computed) == _vector(printed)


def _vector(sizes: tuple[str, ...]) -> tuple[str, ...]:
    while len(sizes) > 1 and sizes[0] == "1":
        sizes = sizes[1:]
    return sizes


class PairKind(Kind):
    """A size along both axes of a window: one number where they are equal."""

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        sizes = read_sizes(printed)
        if len(sizes) > 2:
            raise Unreadable(f"`{printed.strip()[:40]}` has {len(sizes)} sizes, a window two")
        return Judgement("exact" if same_pair(computed, sizes) else "contradicted")

    def text(self, computed: Any) -> str:
        return pair_text(computed)

    def json(self, computed: Any) -> int | float | str:
        height, width = computed
        return height if height == width else pair_text(computed)


class WindowKind(Kind):
    """A kernel and a stride."""

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        kernel, stride = read_window(printed)
        same = same_pair(computed[0], kernel) and same_pair(computed[1], stride or (1,))
        return Judgement("exact" if same else "contradicted")

    def text(self, computed: Any) -> str:
        kernel, stride = computed
        across = str(stride[0]) if stride[0] == stride[1] else pair_text(stride)
        return f"{kernel[0]}x{kernel[1]}/{across}"


def same_pair(computed: tuple[int, int], printed: Sizes) -> bool:
    return computed == (printed if len(printed) != 1 else printed * 2)


def pair_text(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _fixed(size: Dim, bindings: Mapping[str, int]) -> bool:
    if not isinstance(size, Expr) or not bindings:
        return False
    try:
        evaluate(size, bindings)
    except DimError:
        return False
    return True


def _bound(formula: Expr, bindings: Mapping[str, int]) -> int:
    if _fixed(formula, bindings):
        return evaluate(formula, bindings)
    raise NotEvaluable(f"it is {to_text(formula)}: a size is symbolic")
