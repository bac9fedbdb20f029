"""Why a printed number does not hold: the step between verdicts and the report.

An explanation is a small change to the reading (another convention, a unit) or to the network
(another variant) under which the printed digits come out. The step takes all cases of a check at
once, since changes are shared between claims, and returns what it found; a case that it leaves
out keeps its verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from archc.audit.verdicts import Verdict

if TYPE_CHECKING:
    from archc.audit.report import Case


Status = Literal["found", "weak", "nothing"]
"""Accepted; explains less than 6 bits more than it costs; nothing explains it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict that takes the place of ``contradicted``, and the reason in one line.

    ``kinds`` are those of the changes (:mod:`archc.audit.search.prices` lists them), ``bits`` by
    how much the explanation is shorter than what it explains, all claims that share it together.
    """

    verdict: Verdict
    text: str
    status: Status = "found"
    kinds: tuple[str, ...] = ()
    bits: float = 0.0


class Explainer(Protocol):
    def __call__(self, cases: Sequence[Case]) -> Mapping[int, Explanation]:
        """Explanations by the case's position."""
        ...


def no_search(cases: Sequence[Case]) -> Mapping[int, Explanation]:
    """Finds nothing: a contradiction stays what it is."""
    return {}
