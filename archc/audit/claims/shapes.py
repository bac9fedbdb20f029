"""Shapes: of what a part of the network gives, and of what arrives at it."""

from __future__ import annotations

from typing import Any

from archc.audit.kind import Flags, NotEvaluable, NumberKind, SizesKind
from archc.audit.subject import Subject
from archc.ops.base import Shape


class OutputShape(SizesKind):
    """Height × width × channels of the last value."""

    def compute(self, subject: Subject, flags: Flags) -> Shape:
        value = subject.value
        if value is None:
            raise NotEvaluable(f"{subject.name} has no layers")
        return subject.measured.shape_of(value)


class Channels(NumberKind):
    """Channels of the last value: the last of its sizes."""

    def compute(self, subject: Subject, flags: Flags) -> Any:
        return shape.compute(subject, flags)[-1]


class InputShape(SizesKind):
    """Height × width × channels of what arrives first."""

    def compute(self, subject: Subject, flags: Flags) -> Shape:
        shape = subject.input_shape
        if shape is None:
            raise NotEvaluable(f"{subject.name} reads nothing")
        return shape


shape = OutputShape()
input_shape = InputShape()
channels = Channels()
