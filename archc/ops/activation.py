"""Activations: functions of each value, and those over a position's channels.

Costs are those of the formula as written, value by value; a change of sign is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from archc.dims import to_text
from archc.ops.base import (
    ArgumentError,
    Cost,
    Op,
    Shape,
    ShapeError,
    Weights,
    argument,
    product,
    shape_text,
)


class Activation(Op):
    """A function of each value.

    ``each`` is the cost of one.
    """

    family: ClassVar[str] = "activation"
    each: ClassVar[Cost | None] = None

    def cost(self, *inputs: Shape) -> Cost | None:
        return None if self.each is None else self.each.times(product(inputs[0]))


class ReLU(Activation):
    """max(0, x).

    Shape: as the input. Weights: none. Cost: a comparison a value.
    """

    name: ClassVar[str] = "relu"
    each = Cost(comparisons=1)


class ReLU6(Activation):
    """min(max(0, x), 6).

    Shape: as the input. Weights: none. Cost: two comparisons a value.
    """

    name: ClassVar[str] = "relu6"
    each = Cost(comparisons=2)


class Sigmoid(Activation):
    """The logistic function, 1/(1 + e^−x).

    Shape: as the input. Weights: none. Cost: an exponential, an addition and a division a value.
    """

    name: ClassVar[str] = "sigmoid"
    each = Cost(exponentials=1, additions=1, divisions=1)


@dataclass(frozen=True)
class Tanh(Activation):
    """amplitude · tanh(slope · x), where tanh(x) = 2/(1 + e^−2x) − 1.

    LeNet-5's is `tanh amplitude=1.7159 slope=(2 / 3)` (LeCun et al. 1998, Appendix A).
    Shape: as the input. Weights: none. Cost: a multiplication, an exponential, two additions and a
    division a value, and a multiplication for an amplitude other than 1.
    """

    name: ClassVar[str] = "tanh"
    amplitude: float = argument("number", "multiplies the output", default=1)
    slope: float = argument("number", "multiplies the input", default=1)

    def cost(self, *inputs: Shape) -> Cost | None:
        multiplications = 1 if self.amplitude == 1 else 2
        each = Cost(multiplications=multiplications, exponentials=1, additions=2, divisions=1)
        return each.times(product(inputs[0]))


@dataclass(frozen=True)
class Leaky(Activation):
    """Leaky ReLU: x where x ≥ 0, else slope · x.

    Shape: as the input. Weights: none. Cost: a comparison and a multiplication a value.
    """

    name: ClassVar[str] = "leaky"
    each = Cost(comparisons=1, multiplications=1)
    slope: float = argument("number", "the slope below 0", default=0.01, positional=True)


@dataclass(frozen=True)
class PReLU(Activation):
    """Parametric ReLU (He et al. 2015): x where x ≥ 0, else a · x, with a trained.

    Shape: as the input.
    Weights: a slope per channel, or with `shared` a single one.
    Cost: a comparison and a multiplication a value.
    """

    name: ClassVar[str] = "prelu"
    each = Cost(comparisons=1, multiplications=1)
    shared: bool = argument(
        "flag", "one slope for all channels", default=False, words={"shared": True}
    )
    initial: float = argument("number", "the slopes before training", default=0.25)

    def weights(self, *inputs: Shape) -> Weights:
        return Weights(weights=1 if self.shared else inputs[0][-1])


@dataclass(frozen=True)
class ELU(Activation):
    """Exponential linear unit: x where x ≥ 0, else alpha · (e^x − 1).

    Shape: as the input. Weights: none. Cost: a comparison, an exponential, an addition and a
    multiplication a value.
    """

    name: ClassVar[str] = "elu"
    each = Cost(comparisons=1, exponentials=1, additions=1, multiplications=1)
    alpha: float = argument("number", "minus the limit for small x", default=1, positional=True)


class SELU(Activation):
    """Scaled ELU (Klambauer et al. 2017): 1.0507 · ELU(x) with alpha = 1.6733.

    Shape: as the input. Weights: none. Cost: as `elu`, and a multiplication a value.
    """

    name: ClassVar[str] = "selu"
    each = Cost(comparisons=1, exponentials=1, additions=1, multiplications=2)


@dataclass(frozen=True)
class GELU(Activation):
    """Gaussian error linear unit: x · Φ(x), Φ the normal distribution function.

    Shape: as the input. Weights: none. Cost: unknown: it depends on how Φ is computed.
    """

    name: ClassVar[str] = "gelu"
    approximate: Literal["none", "tanh"] = argument(
        "choice",
        "`tanh`: 0.5x · (1 + tanh(√(2/π) · (x + 0.044715x³))) in place of x · Φ(x)",
        default="none",
        words={"tanh": "tanh"},
        choices=("none", "tanh"),
    )


class SiLU(Activation):
    """x · sigmoid(x), also called swish.

    Shape: as the input. Weights: none. Cost: as `sigmoid`, and a multiplication a value.
    """

    name: ClassVar[str] = "silu"
    each = Cost(exponentials=1, additions=1, divisions=1, multiplications=1)


class Softplus(Activation):
    """log(1 + e^x).

    Shape: as the input. Weights: none. Cost: an exponential, an addition and a logarithm a value.
    """

    name: ClassVar[str] = "softplus"
    each = Cost(exponentials=1, additions=1, powers=1)


class Softsign(Activation):
    """x/(1 + |x|).

    Shape: as the input. Weights: none. Cost: an addition and a division a value.
    """

    name: ClassVar[str] = "softsign"
    each = Cost(additions=1, divisions=1)


class HardTanh(Activation):
    """min(max(−1, x), 1).

    Shape: as the input. Weights: none. Cost: two comparisons a value.
    """

    name: ClassVar[str] = "hardtanh"
    each = Cost(comparisons=2)


class Softmax(Activation):
    """e^x over its sum along the channels, at each position.

    Shape: as the input. Weights: none.
    Cost: an exponential and a division a value, and C − 1 additions a position.
    """

    name: ClassVar[str] = "softmax"

    def cost(self, *inputs: Shape) -> Cost | None:
        values, positions = product(inputs[0]), product(inputs[0][:-1])
        return Cost(exponentials=values, additions=values - positions, divisions=values)


class LogSoftmax(Activation):
    """x − log Σ e^x along the channels, at each position.

    Shape: as the input. Weights: none.
    Cost: an exponential a value, C − 1 additions and a logarithm a position, an addition a value.
    """

    name: ClassVar[str] = "logsoftmax"

    def cost(self, *inputs: Shape) -> Cost | None:
        values, positions = product(inputs[0]), product(inputs[0][:-1])
        return Cost(exponentials=values, additions=2 * values - positions, powers=positions)


@dataclass(frozen=True)
class Maxout(Op):
    """The largest of each run of ``pieces`` channels (Goodfellow et al. 2013); the weighted sums
    that it takes the maximum of are the layer before it.

    Shape: the channels divided by ``pieces``. Weights: none.
    Cost: ``pieces`` − 1 comparisons an output.
    """

    name: ClassVar[str] = "maxout"
    family: ClassVar[str] = "activation"
    pieces: int = argument("count", "channels that make one", positional=True)

    def __post_init__(self) -> None:
        if self.pieces < 2:
            raise ArgumentError("pieces", "at least 2 pieces are needed")

    def shape(self, *inputs: Shape) -> Shape:
        channels = inputs[0][-1]
        if not isinstance(channels, int) or channels % self.pieces:
            raise ShapeError(
                f"`maxout` has {self.pieces} pieces, which do not divide the {to_text(channels)} "
                f"channels of {shape_text(inputs[0])}"
            )
        return (*inputs[0][:-1], channels // self.pieces)

    def cost(self, *inputs: Shape) -> Cost | None:
        return Cost(comparisons=product(self.shape(*inputs)) * (self.pieces - 1))
