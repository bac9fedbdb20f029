"""Words and sequences: embedding, LSTM, GRU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import Dim
from archc.ops.base import NO_COST, WHOLE, Cost, Op, Reaches, Shape, Weights, argument
from archc.ops.spatial import rank_error


@dataclass(frozen=True)
class Embed(Op):
    """A vector for each word of a vocabulary, looked up by the word's number (from 0).

    Shape: T to Tx``width``.
    Weights: ``vocabulary`` × ``width``.
    Cost: none: one row of the table is read a word.
    """

    name: ClassVar[str] = "embed"
    family: ClassVar[str] = "recurrent"

    vocabulary: int = argument("count", "how many words there are", positional=True)
    width: int = argument("count", "values of a word's vector", positional=True)

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise rank_error(self.name, inputs[0], "T words", "write the input as `words: T`")
        return (inputs[0][0], self.width)

    def weights(self, *inputs: Shape) -> Weights:
        return Weights(weights=self.vocabulary * self.width)

    def cost(self, *inputs: Shape) -> Cost | None:
        return NO_COST

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


SIGMOID = Cost(exponentials=1, additions=1, divisions=1)
TANH = Cost(multiplications=1, exponentials=1, additions=2, divisions=1)


@dataclass(frozen=True)
class Recurrent(Op):
    """What LSTM and GRU have in common; ``gates`` is the number of their matrices' rows a unit."""

    family: ClassVar[str] = "recurrent"
    gates: ClassVar[int] = 0
    each: ClassVar[Cost] = NO_COST
    """Of a unit and step, what is done beside the products with matrices and the biases."""

    width: int = argument("count", "units, and output values of a direction", positional=True)
    layers: int = argument("count", "layers, one on the other", default=1)
    bidirectional: bool = argument(
        "flag",
        "a second set of layers reads backwards; both outputs are joined",
        default=False,
        words={"bidirectional": True},
    )
    last: bool = argument(
        "flag",
        "give the output after the last step alone: C, not TxC (backwards: after the first step)",
        default=False,
        words={"last": True},
    )

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 2:
            raise rank_error(self.name, inputs[0], "a sequence TxC")
        width = self.directions * self.width
        return (width,) if self.last else (inputs[0][0], width)

    def _matrices(self, channels: Dim) -> Dim:
        """Values of all matrices: of what arrives, and of what the step before gave."""
        first = channels + self.width
        later = (self.directions + 1) * self.width
        rows = self.gates * self.width * self.directions
        return rows * (first + (self.layers - 1) * later)

    @property
    def units(self) -> int:
        """Units of all layers, in both directions."""
        return self.layers * self.directions * self.width

    def weights(self, *inputs: Shape) -> Weights:
        biases = self.gates * self.units
        return Weights(weights=self._matrices(inputs[0][-1]), biases=biases, second_biases=biases)

    def cost(self, *inputs: Shape) -> Cost | None:
        steps, channels = inputs[0]
        biases = 2 * self.gates * self.units
        step = Cost(macs=self._matrices(channels), bias_adds=biases) + self.each.times(self.units)
        return step.times(steps)

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al.
    2000): i, f, o = sigmoid(W·x + U·h + b), c = f·c + i·tanh(W·x + U·h + b), h = o·tanh(c).

    Shape: TxC to Tx``width`` (twice that if bidirectional); without T for `last`.
    Weights: for each layer and direction 4·width × (values that arrive + width), and two vectors
    of 4·width biases, as torch and cuDNN have them; papers have one: a claim says `onebias`.
    Cost: for each step a multiply-accumulate a weight and a bias addition a bias; for each unit
    three sigmoids, two hyperbolic tangents, three multiplications and an addition.
    """

    name: ClassVar[str] = "lstm"
    gates: ClassVar[int] = 4
    each: ClassVar[Cost] = SIGMOID.times(3) + TANH.times(2) + Cost(multiplications=3, additions=1)


@dataclass(frozen=True)
class GRU(Recurrent):
    """Gated recurrent unit (Cho et al. 2014), as torch and cuDNN have it:
    r, z = sigmoid(W·x + U·h + b), n = tanh(W·x + b + r·(U·h + b')), h = (1 − z)·n + z·h.

    Shape: as `lstm`.
    Weights: as `lstm`, with 3 in place of 4.
    Cost: for each step a multiply-accumulate a weight and a bias addition a bias; for each unit
    two sigmoids, a hyperbolic tangent, three multiplications and three additions.
    """

    name: ClassVar[str] = "gru"
    gates: ClassVar[int] = 3
    each: ClassVar[Cost] = SIGMOID.times(2) + TANH + Cost(multiplications=3, additions=3)
