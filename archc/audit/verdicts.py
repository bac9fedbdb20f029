"""What is said of a printed number once the spec has computed its own."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from archc.audit.arithmetic import Quantity
from archc.audit.printed import Interval, Printed, intervals

Verdict = Literal[
    "exact",
    "rounds",
    "truncates",
    "convention",
    "variant",
    "contradicted_explained",
    "contradicted",
    "unreadable",
    "not_evaluable",
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

HOLDS: frozenset[Verdict] = frozenset(("exact", "rounds", "truncates", "convention", "variant"))
CONTRADICTS: frozenset[Verdict] = frozenset(("contradicted_explained", "contradicted"))

MUCH = 10
"""``<<`` says at least this many times less."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and what else is to be said in a few words (which reading of the zeros held)."""

    verdict: Verdict
    note: str = ""


def judge(computed: int | Fraction, printed: Printed, *, binary: bool = False) -> Judgement:
    """The verdict on a printed number where the spec computes ``computed``."""
    number = printed.number.scaled(binary)
    if printed.relation not in ("=", "~"):
        return _bound(computed, number.value, printed.relation)
    judgement = _number(computed, printed.number, binary)
    if judgement.verdict in HOLDS:
        wrong = _own_arithmetic(printed, binary)
        if wrong:
            return Judgement("contradicted", wrong)
    return judgement


def _number(computed: int | Fraction, number: Quantity, binary: bool) -> Judgement:
    if computed == number.scaled(binary).value:
        return Judgement("exact")
    readings = list(intervals(number, binary))
    # Nobody cuts off at a digit and fills up with zeros where a unit says how many digits there
    # are: of 840K only the whole K are cut off. A number without a unit has no choice.
    cuttable = readings[:1] if number.scale else readings
    cut = next((r for r in cuttable if r.truncates(computed)), None)
    rounded = next((r for r in readings if r.rounds(computed)), None)
    if rounded is not None:
        note = _said(rounded, readings)
        if cut is not None and cut.digits > rounded.digits:
            note += f"; to {_digits(cut)} it truncates"
        return Judgement("rounds", note)
    if cut is not None:
        return Judgement("truncates", _said(cut, readings))
    return Judgement("contradicted")


def _said(reading: Interval, readings: list[Interval]) -> str:
    """How many digits count, where the zeros at a number's end leave that open."""
    return f"read to {_digits(reading)}" if len(readings) > 1 else ""


def _digits(reading: Interval) -> str:
    return "1 digit" if reading.digits == 1 else f"{reading.digits} digits"


def _bound(computed: int | Fraction, bound: Fraction, relation: str) -> Judgement:
    holds = {
        "<": computed < bound,
        "<=": computed <= bound,
        "<<": computed * MUCH <= bound,
        ">": computed > bound,
        ">=": computed >= bound,
        ">>": computed >= bound * MUCH,
    }[relation]
    return Judgement("exact" if holds else "contradicted", "as a bound")


def _own_arithmetic(printed: Printed, binary: bool) -> str:
    """What is wrong with the arithmetic that is printed before the number, or nothing."""
    for part in printed.parts:
        value = part.scaled(binary).value
        readings = list(intervals(printed.number, binary))
        slack = part.scaled(binary).ulp
        exact = value == printed.number.scaled(binary).value
        if not exact and not any(
            r.low - slack <= value < r.high + slack or r.truncates(value) for r in readings
        ):
            return f"its own arithmetic gives {number_text(value)}"
    return ""


def number_text(value: int | Fraction | Quantity) -> str:
    """A number for people: ``34,944``, ``3.75``; thousands are grouped."""
    exact = Fraction(value.value if isinstance(value, Quantity) else value)
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    scaled = round(exact * 10000)
    return f"{'-' if scaled < 0 else ''}{abs(scaled) // 10000:,}.{abs(scaled) % 10000:04}".rstrip(
        "0"
    ).rstrip(".")
