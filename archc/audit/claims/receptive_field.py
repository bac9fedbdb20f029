"""The receptive field: what of the input one value depends on."""

from __future__ import annotations

from archc.audit.kind import Flags, NotEvaluable, PairKind
from archc.audit.subject import Subject


class ReceptiveField(PairKind):
    """Height × width of the input region that a value of the output depends on, not clipped."""

    def compute(self, subject: Subject, flags: Flags) -> tuple[int, int]:
        raise NotEvaluable("receptive fields are not known yet")


receptive_field = ReceptiveField()
