"""The receptive field: what of the input one value depends on."""

from __future__ import annotations

from archc.audit.kind import Flags, NotEvaluable, PairKind
from archc.audit.subject import Subject
from archc.dims import to_text


class ReceptiveField(PairKind):
    """Height × width of the input region that a value of the output depends on, not clipped."""

    def compute(self, subject: Subject, flags: Flags) -> tuple[int, int]:
        value = subject.value
        if value is None:
            raise NotEvaluable(f"{subject.name} has no layers")
        seen = subject.measured.fields[value]
        if not seen:
            raise NotEvaluable(f"{subject.name} depends on no map of the input")
        if len(seen) > 1:
            raise NotEvaluable(f"{subject.name} depends on several inputs: {', '.join(seen)}")
        (field,) = seen.values()
        height, width = field.size
        if height is None or width is None:
            raise NotEvaluable("its positions depend on regions of different sizes")
        if not isinstance(height, int) or not isinstance(width, int):
            size = f"{to_text(height)} by {to_text(width)}"
            raise NotEvaluable(f"it is {size}: a size is symbolic")
        return height, width


receptive_field = ReceptiveField()
