"""A layer: what it is, with nothing about backends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.ops import Cost, Op, Shape, Weights
from archc.ops.base import argument, product


@dataclass(frozen=True)
class Swish(Op):
    """x · sigmoid(beta · x), with a trained beta for each channel.

    Shape: as the input. Weights: a value per channel.
    Cost: an exponential, an addition, a division and two multiplications a value.
    """

    name: ClassVar[str] = "swish"
    family: ClassVar[str] = "activation"
    initial: float = argument("number", "beta before training", default=1, positional=True)

    def weights(self, *inputs: Shape) -> Weights:
        return Weights(weights=inputs[0][-1])

    def cost(self, *inputs: Shape) -> Cost | None:
        each = Cost(exponentials=1, additions=1, divisions=1, multiplications=2)
        return each.times(product(inputs[0]))
