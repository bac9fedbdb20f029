"""Layers that act in training alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.ops.base import ArgumentError, Op, argument


@dataclass(frozen=True)
class Dropout(Op):
    """In training, sets each value to 0 with probability ``p`` and divides the others by 1 − p.

    Shape: as the input. Weights: none. Cost: none: a forward pass outside training is the identity.
    """

    name: ClassVar[str] = "dropout"
    family: ClassVar[str] = "regularization"

    p: float = argument("number", "the probability of 0", default=0.5, positional=True)

    def __post_init__(self) -> None:
        if not 0 <= self.p < 1:
            raise ArgumentError("p", f"a probability from 0 to below 1 is needed, not {self.p}")
