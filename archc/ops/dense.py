"""Layers in which every output reads every value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import Dim
from archc.ops.base import (
    POINT,
    WHOLE,
    Cost,
    Op,
    Reaches,
    Shape,
    Weights,
    argument,
    product,
)
from archc.ops.spatial import rank_error


def features(name: str, shape: Shape) -> tuple[Shape, Dim]:
    """The axes that stay, and how many values each output reads.

    C and HxWxC are read whole; of TxC the last axis is read at each step; of RxHxWxC the whole
    map of each region. Raises ShapeError for another rank.
    """
    if len(shape) in (1, 3):
        return (), product(shape)
    if len(shape) in (2, 4):
        return shape[:1], product(shape[1:])
    raise rank_error(name, shape, "C, TxC, HxWxC or RxHxWxC")


class _Whole(Op):
    """A layer that reads a map as a whole."""

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE if len(inputs[0]) > 2 else (POINT, POINT)


@dataclass(frozen=True)
class FC(_Whole):
    """A fully connected layer: each output is a weighted sum of all values.

    Shape: C or HxWxC (flattened) to ``width``; TxC to Tx``width``, each step apart; RxHxWxC to
    Rx``width``, each region apart.
    Weights: values read × ``width``, and ``width`` biases.
    Cost: a multiply-accumulate a weight, and a bias addition an output (times T or R).
    """

    name: ClassVar[str] = "fc"
    family: ClassVar[str] = "dense"

    width: int = argument("count", "output values", positional=True)
    bias: bool = argument(
        "flag", "a bias per output", default=True, words={"nobias": False, "bias": True}
    )

    def shape(self, *inputs: Shape) -> Shape:
        lead, _ = features(self.name, inputs[0])
        return (*lead, self.width)

    def weights(self, *inputs: Shape) -> Weights:
        _, values = features(self.name, inputs[0])
        return Weights(weights=values * self.width, biases=self.width if self.bias else 0)

    def cost(self, *inputs: Shape) -> Cost | None:
        lead, values = features(self.name, inputs[0])
        outputs = product(lead) * self.width
        return Cost(macs=outputs * values, bias_adds=outputs if self.bias else 0)


@dataclass(frozen=True)
class RBF(_Whole):
    """LeNet-5's output (LeCun et al. 1998, Section II.B): each unit is the squared Euclidean
    distance Σ (x − w)² of the input from a vector set by hand (there a 7x12 bitmap of +1 and −1).

    Shape: as `fc`.
    Weights: values read × ``width``, fixed: not trained, and not among the parameters.
    Cost: for each fixed value an addition (the difference) and a multiply-accumulate.
    """

    name: ClassVar[str] = "rbf"
    family: ClassVar[str] = "dense"

    width: int = argument("count", "output values", positional=True)

    def shape(self, *inputs: Shape) -> Shape:
        lead, _ = features(self.name, inputs[0])
        return (*lead, self.width)

    def weights(self, *inputs: Shape) -> Weights:
        _, values = features(self.name, inputs[0])
        return Weights(fixed=values * self.width)

    def cost(self, *inputs: Shape) -> Cost | None:
        lead, values = features(self.name, inputs[0])
        terms = product(lead) * self.width * values
        return Cost(macs=terms, additions=terms)
