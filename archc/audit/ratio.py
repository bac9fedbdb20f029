"""Ratios of one quantity of two parts: ``1/12``, ``2 times``, ``120 M → 12 M``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from archc.audit.kind import Flags, Kind, NotEvaluable, NumberKind
from archc.audit.printed import Interval, Unreadable, intervals, read
from archc.audit.verdicts import Judgement, judge

_INVERSE = re.compile(r"^\s*1\s*/\s*(?=\d)")
_FROM_TO = re.compile(r"\s*(?:→|->|:)\s*")


class Ratio(NumberKind):
    """How many times one number is another."""

    flags: Flags = frozenset()

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        ends = _FROM_TO.split(printed)
        if len(ends) == 2:
            return self.ends(computed, *ends)
        if _INVERSE.match(printed) and computed:
            return judge(1 / computed, read(_INVERSE.sub("", printed)))
        return judge(computed, read(printed.rstrip("xX×")))

    def ends(self, computed: Fraction, first: str, last: str) -> Judgement:
        """Both numbers are printed: their digits leave room for the ratio."""
        ends = read(first), read(last)
        if any(end.relation not in ("=", "~") for end in ends):
            raise Unreadable("a bound has no ratio")
        above, below = (end.number for end in ends)
        if below.value and computed == above.value / below.value:
            return Judgement("exact")
        tops, bottoms = list(intervals(above)), list(intervals(below))
        holds = any(_within(computed, top, bottom) for top in tops for bottom in bottoms)
        return Judgement("rounds" if holds else "contradicted")


def _within(computed: Fraction, top: Interval, bottom: Interval) -> bool:
    return bottom.low > 0 and top.low / bottom.high <= computed <= top.high / bottom.low


def ratio(kind: Kind, above: Any, below: Any) -> tuple[Kind, Fraction]:
    """The ratio of two values of a kind, and the kind that judges it. Raises NotEvaluable."""
    numbers = (int, Fraction)
    if not isinstance(kind, NumberKind) or not isinstance(above, numbers):
        raise NotEvaluable("only numbers have a ratio")
    if not isinstance(below, numbers) or not below:
        raise NotEvaluable("the ratio is to nothing")
    return Ratio(), Fraction(above) / Fraction(below)
