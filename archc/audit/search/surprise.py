"""How many bits printed digits cost where nothing explains them."""

from __future__ import annotations

from fractions import Fraction
from math import log, log1p, log2

from archc.audit.arithmetic import Quantity
from archc.audit.printed import Interval, intervals

LOG_RANGE = log(16)
"""Noise is log-uniform within a factor of four of the computed number, on both sides."""

SLIP = 4.0
"""Bits that say that a digit slipped; which of the digits, and to what, come on top."""

MULTIPLES = range(3, 17)
"""Multiples of the computed number, and parts of it, that are a simpler account of printed digits
than two changes that happen to multiply so. Twice and half are changes themselves."""

DERIVED = 1.0
"""Bits that say that a number follows from others that are printed."""


def bits(amount: float) -> float:
    """Bits to a thousandth, so that no machine's last digit decides a comparison."""
    return round(amount, 3)


def of_count(count: int | float) -> float:
    """Bits that choose one of ``count``; none where there is only one."""
    return bits(log2(count)) if count > 1 else 0.0


def of_interval(interval: Interval) -> float:
    """Bits of a number in an interval, log-uniform noise."""
    high = interval.high
    if high <= 0:
        return 0.0
    low = max(interval.low, high / 16)
    return bits(log2(LOG_RANGE) - _log2_of_width((high - low) / low))


def _log2_of_width(share: Fraction) -> float:
    """log2 of ln(1 + share). No float is near the ends of a number with twenty digits or more."""
    if share > Fraction(1, 10**9):
        return log2(log1p(float(share)))
    return log2(share.numerator) - log2(share.denominator)


def of_integer(number: int) -> float:
    """Bits of a whole number that is printed exactly, such as a side of a map."""
    return of_interval(Interval(Fraction(number), Fraction(1), 1)) if number > 0 else 1.0


def strictest(number: Quantity, binary: bool) -> Interval:
    """The interval of all printed digits; of a calculated number, of its last unit."""
    for interval in intervals(number, binary):
        return interval
    return Interval(number.scaled(binary).value, Fraction(1), len(str(abs(int(number.value)))))


def of_slip(computed: Fraction, number: Quantity, binary: bool) -> float | None:
    """Bits of the printed digits as the computed ones with one slip: a digit replaced, lost or
    added, or two neighbours exchanged. None where it takes more than that."""
    interval = strictest(number, binary)
    if interval.unit <= 0:
        return None
    printed = str(abs(int(interval.value / interval.unit)))
    exact = computed / interval.unit
    for candidate in {int(exact), int(exact + Fraction(1, 2))}:
        if _is_slip(str(abs(candidate)), printed):
            return bits(SLIP + log2(9 * len(printed)))
    return None


def of_multiple(computed: Fraction, number: Quantity, binary: bool) -> float | None:
    """Bits of the printed digits as a small multiple of the computed number, or a part of it; None
    where they are none."""
    interval = strictest(number, binary)
    for times in MULTIPLES:
        if interval.rounds(computed * times) or interval.rounds(computed / times):
            return bits(SLIP + log2(2 * len(MULTIPLES)))
    return None


def _is_slip(computed: str, printed: str) -> bool:
    if len(computed) != len(printed):
        less, more = sorted((computed, printed), key=len)
        return any(less == more[:i] + more[i + 1 :] for i in range(len(more)))
    differ = [i for i, (a, b) in enumerate(zip(computed, printed, strict=True)) if a != b]
    if len(differ) == 1:
        return True
    if len(differ) != 2 or differ[1] != differ[0] + 1:
        return False
    i, j = differ
    return computed[i] == printed[j] and computed[j] == printed[i]
