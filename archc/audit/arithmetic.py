"""Arithmetic as documents print it, exactly: ``(3*3*64)*128``, ``1.8×10^9``, ``24M * 4 bytes``.

Every number keeps the precision that its digits claim. Nothing is a float.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from archc.audit.units import BITS, DECIMAL_COMMA, Measure, read_unit

MAX_LENGTH = 400
_MAX_EXPONENT = 60
_MAX_DEPTH = 40
_LARGEST = 10**100
"""Beyond it, and below its inverse, nothing is a network's: the search reckons in floats."""


class Unreadable(ValueError):
    """No number can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as printed.

    ``value`` is decimal (K is 1000); ``ulp`` is one in the last printed digit, 0 for a number that
    is exact because it was calculated; ``zeros`` counts the zeros at the end of a whole number,
    which may or may not count; ``scale`` is the power of ten of a unit; ``power`` is the power of
    1000 that might be one of 1024; ``binary`` says that it is written as one (KiB).
    """

    value: Fraction
    ulp: Fraction = Fraction(0)
    zeros: int = 0
    power: int = 0
    binary: bool = False
    measure: Measure | None = None
    scale: int = 0
    billion: bool = False  # a lone B: a billion, or bytes

    def scaled(self, binary: bool) -> Quantity:
        """With K as 1024 (``binary``, or where it is written KiB), or as 1000."""
        if not self.power or not (binary or self.binary):
            return self
        factor = Fraction(1024, 1000) ** self.power
        return replace(self, value=self.value * factor, ulp=self.ulp * factor)


_NUMBER = re.compile(
    r"""
    (?P<grouped> [1-9]\d{0,2} (?: (?P<mark>[,'\ ]) \d{3} ) (?: (?P=mark) \d{3} )*
                 (?![\d,'] | \ \d) (?: \.\d+ )? (?!\.\d) )
  | (?P<dots> \d{1,3} (?: \.\d{3} ){2,} (?!\d) )
  | (?P<plain> \d+ (?: [.,]\d+ )? (?![,.]\d) | \.\d+ (?![,.]\d) )
    """,
    re.VERBOSE | re.ASCII,
)
_ONE_COMMA = re.compile(r"\d+,\d+")
_LOST_HEIGHT = re.compile(r"\s*[*xX]\s*10(?:[3-9]|1[0-2])(?![\d.,^])")
_LOST_NEGATIVE = re.compile(r"\s*[*xX]\s*10\s*-\s*\d{1,2}$", re.ASCII)
"""Powers of ten, copied without their height: ``1.8×109``, ``5×10-4``."""
_EXPONENT = re.compile(r"[eE]([+-]?\d+)(?!\w)")
_POWER_OF_TEN = re.compile(r"\s*[*xX]\s*10\s*\^\s*\(?\s*([+-]?\d+)\s*\)?")
_BARE_POWER = re.compile(r"10\s*\^\s*\(?\s*([+-]?\d+)\s*\)?")
_WORD = re.compile(r"\s*((?:[^\W\d_]|(?<=\w)-(?=[^\W\d_]))+\.?)")
_TIMES = re.compile(r"\s*(\*|[xX](?=\s*[\d(]))")
_SPACE = re.compile(r"\s*")


def evaluate(text: str) -> Quantity:
    """The number, or the result of the arithmetic, that ``text`` prints. Raises Unreadable."""
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"{len(text)} characters are no printed number")
    reader = _Reader(text)
    result = reader.sum(0)
    reader.skip(_SPACE)
    if reader.at < len(text):
        raise Unreadable(f"`{text[reader.at :][:20]}` is not part of a number")
    if result.value < 0:
        raise Unreadable("it comes to less than 0; a range is claimed as two bounds")
    if result.value and not Fraction(1, _LARGEST) < result.value < _LARGEST:
        raise Unreadable(f"the number is too {'large' if result.value > 1 else 'small'}")
    return result


class _Reader:
    """Recursive descent over one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def take(self, character: str) -> bool:
        self.skip(_SPACE)
        if self.text.startswith(character, self.at):
            self.at += len(character)
            return True
        return False

    def sum(self, depth: int) -> Quantity:
        if depth > _MAX_DEPTH:
            raise Unreadable("parentheses are nested too deep")
        left = self.product(depth)
        while True:
            if self.take("+"):
                left = _add(left, self.product(depth), 1)
            elif self.take("-"):
                left = _add(left, self.product(depth), -1)
            else:
                return left

    def product(self, depth: int) -> Quantity:
        left = self.power(depth)
        while True:
            if self.skip(_TIMES):
                left = _multiply(left, self.power(depth))
            elif self.take("/"):
                left = _divide(left, self.power(depth))
            else:
                return left

    def power(self, depth: int) -> Quantity:
        base = self.atom(depth)
        if not self.take("^"):
            return base
        exponent = self.atom(depth).value
        if exponent.denominator != 1 or not 0 <= exponent <= _MAX_EXPONENT:
            raise Unreadable(f"the exponent {exponent} is not one from 0 to {_MAX_EXPONENT}")
        if base.value.numerator.bit_length() > 64:
            raise Unreadable("the power is too large")
        return Quantity(base.value ** int(exponent))

    def atom(self, depth: int) -> Quantity:
        if self.take("("):
            inner = self.sum(depth + 1)
            if not self.take(")"):
                raise Unreadable("a parenthesis is not closed")
            return inner
        self.skip(_SPACE)
        return self.unit(self.number())

    def number(self) -> Quantity:
        bare = self.skip(_BARE_POWER)
        if bare:
            return _literal("1", _bounded(bare[1]))
        match = self.skip(_NUMBER)
        if match is None:
            rest = self.text[self.at :][:20]
            last = self.text.rstrip()[-1:]
            missing = f"a number is missing after `{last}`" if last else "a number is missing"
            raise Unreadable(f"`{rest}` is not a number" if rest else missing)
        digits = _digits(match)
        if len(digits.partition(".")[0]) > 1 and digits[0] == "0":
            raise Unreadable(f"`{match[0][:20]}` begins with a zero")
        if _ONE_COMMA.fullmatch(match[0]) and DECIMAL_COMMA.match(self.text, self.at):
            digits = match[0].replace(",", ".")
        exponent = 0
        shift = self.skip(_EXPONENT) or self.skip(_POWER_OF_TEN)
        if shift:
            exponent = _bounded(shift[1])
        elif lost := (
            _LOST_NEGATIVE.match(self.text, self.at)
            or ("." in digits and _LOST_HEIGHT.match(self.text, self.at))
        ):
            raise Unreadable(f"`{digits}{lost[0][:12]}` may be a power of ten without its `^`")
        return _literal(digits, exponent)

    def unit(self, number: Quantity) -> Quantity:
        """The words that follow: ``60 million parameters``, ``3.8 GFLOPs``, ``4 bytes``."""
        words = 0
        while words < 3:
            start = self.at
            match = _WORD.match(self.text, self.at)
            if match is None or _TIMES.match(self.text, start):
                break
            word = match[1]
            unit = read_unit(word)
            if BITS.fullmatch(word):
                raise Unreadable(f"`{word}` may be bits or bytes: of bytes write the B large")
            if unit is None:
                raise Unreadable(f"`{word}` is not a unit that is known")
            self.at = match.end()
            words += 1
            number = replace(
                number,
                value=number.value * 10**unit.exponent,
                ulp=number.ulp * 10**unit.exponent,
                # who writes 1000K for 1M claims the zeros
                zeros=0 if unit.exponent and _whole_digits(number) > 3 else number.zeros,
                power=number.power + unit.power,
                scale=number.scale + unit.exponent,
                binary=number.binary or unit.binary,
                measure=unit.measure or number.measure,
                billion=word in ("B", "B."),
            )
        if self.take("%"):
            number = replace(number, value=number.value / 100, ulp=number.ulp / 100)
        return number


def _digits(match: re.Match[str]) -> str:
    """The digits with a decimal point or none, group marks removed."""
    if match["grouped"]:
        return match["grouped"].replace(match["mark"], "")
    if match["dots"]:
        return match["dots"].replace(".", "")
    return match["plain"].replace(",", ".")


def _literal(digits: str, exponent: int) -> Quantity:
    whole, _, fraction = digits.partition(".")
    zeros = 0
    if not fraction and exponent == 0:
        zeros = len(whole) - len(whole.rstrip("0"))
        zeros = min(zeros, len(whole) - 1)
    scale = Fraction(10) ** exponent
    return Quantity(
        Fraction(int(whole + fraction or "0"), 10 ** len(fraction)) * scale,
        Fraction(1, 10 ** len(fraction)) * scale,
        zeros,
    )


def _whole_digits(number: Quantity) -> int:
    return len(str(int(number.value)))


def _bounded(exponent: str) -> int:
    if len(exponent) > 4 or abs(int(exponent)) > _MAX_EXPONENT:
        raise Unreadable(f"the exponent {exponent[:12]} is too large")
    return int(exponent)


def _rough(number: Quantity) -> Fraction:
    """How far off the digits leave a number within a calculation; whole numbers count exactly."""
    whole = number.value.denominator == 1 and number.ulp == 1
    return Fraction(0) if whole else number.ulp


def _measure(a: Quantity, b: Quantity) -> Measure | None:
    return a.measure or b.measure


def _add(a: Quantity, b: Quantity, sign: int) -> Quantity:
    return Quantity(
        a.value + sign * b.value,
        max(_rough(a), _rough(b)),
        power=a.power if a.power == b.power else 0,
        measure=_measure(a, b),
    )


def _multiply(a: Quantity, b: Quantity) -> Quantity:
    value = a.value * b.value
    rough = abs(a.value) * _rough(b) + abs(b.value) * _rough(a)
    return Quantity(
        value,
        min(rough, abs(value)),  # one digit is left at least: 10^2*10^2*10^2 does not hold for 112
        power=a.power + b.power,
        measure=_measure(a, b),
    )


def _divide(a: Quantity, b: Quantity) -> Quantity:
    if b.value == 0:
        raise Unreadable("a division by zero")
    if b.scale and a.scale != b.scale:
        raise Unreadable("a quotient with different units, two numbers, or a fraction: which?")
    inverse = replace(
        b, value=1 / b.value, ulp=_rough(b) / b.value**2, power=-b.power, measure=None
    )
    result = _multiply(a, inverse)
    # 1/3 is exact although 1/3 of a unit is not whole
    return replace(result, ulp=Fraction(0)) if not _rough(a) and not _rough(b) else result
