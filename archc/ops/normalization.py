"""Normalisation. Costs are those of a forward pass outside training, formula as written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import Dim, to_text
from archc.ops.base import (
    POINT,
    WHOLE,
    ArgumentError,
    Cost,
    Op,
    Reaches,
    Shape,
    ShapeError,
    Weights,
    argument,
    product,
    shape_text,
)
from archc.ops.spatial import map_of


@dataclass(frozen=True)
class LRN(Op):
    """Local response normalisation across channels (Krizhevsky et al. 2012, Section 3.3):
    x/(k + alpha · Σ x²)^beta, the sum over ``size`` neighbouring channels of the same position,
    those that exist.

    The defaults are that paper's. Caffe and torch divide alpha by ``size``: `mean` does.
    Shape: as the input. Weights: none.
    Cost: for each value ``size`` multiplications and as many additions for k + Σ x² (channels at
    the ends count whole), a multiplication by alpha, a power and a division.
    """

    name: ClassVar[str] = "lrn"
    family: ClassVar[str] = "normalization"

    size: int = argument("count", "channels summed over", default=5, positional=True)
    alpha: float = argument("number", "weight of the sum", default=1e-4)
    beta: float = argument("number", "the exponent", default=0.75)
    k: float = argument("number", "added to the sum", default=2)
    mean: bool = argument(
        "flag",
        "divide alpha by the size, as Caffe and torch do",
        default=False,
        words={"mean": True},
    )

    def cost(self, *inputs: Shape) -> Cost | None:
        each = Cost(multiplications=self.size + 1, additions=self.size, powers=1, divisions=1)
        return each.times(product(inputs[0]))


@dataclass(frozen=True)
class BatchNorm(Op):
    """Batch normalisation (Ioffe & Szegedy 2015): (x − mean)/√(variance + eps) · scale + shift,
    with the mean and variance of each channel over the batch and all positions; outside training
    with their running averages.

    Shape: as the input.
    Weights: a scale and a shift per channel; two running statistics per channel, not trained.
    Cost: for each value an addition, a division, a multiplication (the scale) and an addition (the
    shift); for each channel an addition and a root.
    """

    name: ClassVar[str] = "bn"
    family: ClassVar[str] = "normalization"

    eps: float = argument("number", "added to the variance", default=1e-5)
    momentum: float = argument(
        "number", "weight of a new batch in the running averages", default=0.1
    )
    scale: bool = argument("flag", "a trained scale", default=True, words={"noscale": False})
    shift: bool = argument("flag", "a trained shift", default=True, words={"noshift": False})

    def weights(self, *inputs: Shape) -> Weights:
        channels = inputs[0][-1]
        return Weights(
            scales=channels if self.scale else 0,
            shifts=channels if self.shift else 0,
            statistics=2 * channels,
        )

    def cost(self, *inputs: Shape) -> Cost | None:
        values, channels = product(inputs[0]), inputs[0][-1]
        return Cost(
            additions=values * (1 + self.shift) + channels,
            multiplications=values if self.scale else 0,
            divisions=values,
            powers=channels,
        )


def _statistics_cost(values: Dim, sets: Dim, scale: bool, shift: bool) -> Cost:
    """Cost of normalising ``values``, in ``sets`` that have each a mean and a variance."""
    return Cost(
        # means: n − 1 a set; differences: one a value; variances: n − 1 a set; eps: one a set
        additions=values * (3 + shift) - sets,
        multiplications=values * (1 + scale),
        divisions=values + 2 * sets,
        powers=sets,
    )


@dataclass(frozen=True)
class LayerNorm(Op):
    """Layer normalisation (Ba et al. 2016): (x − mean)/√(variance + eps) · scale + shift, with the
    mean and variance of the channels at each position, or with `whole` of the whole map.

    Shape: as the input.
    Weights: a scale and a shift per channel; with `whole` per value of the map.
    Cost: for each set of n values 2(n − 1) additions and 2 divisions (mean and variance), an
    addition (eps) and a root; for each value an addition, a multiplication (its square), a
    division, and a multiplication and an addition for scale and shift.
    """

    name: ClassVar[str] = "ln"
    family: ClassVar[str] = "normalization"

    whole: bool = argument(
        "flag",
        "normalise over height, width and channels together (all but the axis T or R)",
        default=False,
        words={"whole": True},
    )
    eps: float = argument("number", "added to the variance", default=1e-5)
    scale: bool = argument("flag", "a trained scale", default=True, words={"noscale": False})
    shift: bool = argument("flag", "a trained shift", default=True, words={"noshift": False})

    def normalized(self, *inputs: Shape) -> Shape:
        """The trailing axes whose values share a mean and a variance."""
        shape = inputs[0]
        if not self.whole:
            return shape[-1:]
        return shape[-3:] if len(shape) > 2 else shape[-1:]

    def weights(self, *inputs: Shape) -> Weights:
        count = product(self.normalized(*inputs))
        return Weights(scales=count if self.scale else 0, shifts=count if self.shift else 0)

    def cost(self, *inputs: Shape) -> Cost | None:
        shape = inputs[0]
        sets = product(shape[: len(shape) - len(self.normalized(*inputs))])
        return _statistics_cost(product(shape), sets, self.scale, self.shift)

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE if self.whole and len(inputs[0]) > 2 else (POINT, POINT)


@dataclass(frozen=True)
class GroupNorm(Op):
    """Group normalisation (Wu & He 2018): (x − mean)/√(variance + eps) · scale + shift, with the
    mean and variance of each group of neighbouring channels over all positions.

    Shape: as the input, HxWxC or RxHxWxC.
    Weights: a scale and a shift per channel.
    Cost: as `ln`, a set being a group of channels.
    """

    name: ClassVar[str] = "groupnorm"
    family: ClassVar[str] = "normalization"

    groups: int = argument("count", "groups of channels", default=32, positional=True)
    eps: float = argument("number", "added to the variance", default=1e-5)
    scale: bool = argument("flag", "a trained scale", default=True, words={"noscale": False})
    shift: bool = argument("flag", "a trained shift", default=True, words={"noshift": False})

    def shape(self, *inputs: Shape) -> Shape:
        channels = map_of(self.name, inputs[0])[3]
        if not isinstance(channels, int) or channels % self.groups:
            raise ShapeError(
                f"`{self.name}` has {self.groups} groups, which do not divide the "
                f"{to_text(channels)} channels of {shape_text(inputs[0])}"
            )
        return inputs[0]

    def weights(self, *inputs: Shape) -> Weights:
        channels = inputs[0][-1]
        return Weights(scales=channels if self.scale else 0, shifts=channels if self.shift else 0)

    def cost(self, *inputs: Shape) -> Cost | None:
        sets = product(inputs[0][:-3]) * self.groups
        return _statistics_cost(product(inputs[0]), sets, self.scale, self.shift)

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class InstanceNorm(Op):
    """Instance normalisation (Ulyanov et al. 2016): (x − mean)/√(variance + eps), with the mean and
    variance of each channel over all positions of one example; with `affine` · scale + shift.

    Shape: as the input, HxWxC or RxHxWxC.
    Weights: none; with `affine` a scale and a shift per channel.
    Cost: as `ln`, a set being a channel.
    """

    name: ClassVar[str] = "instancenorm"
    family: ClassVar[str] = "normalization"

    eps: float = argument("number", "added to the variance", default=1e-5)
    affine: bool = argument(
        "flag", "a trained scale and shift", default=False, words={"affine": True}
    )

    def shape(self, *inputs: Shape) -> Shape:
        map_of(self.name, inputs[0])
        return inputs[0]

    def weights(self, *inputs: Shape) -> Weights:
        count: Dim = inputs[0][-1] if self.affine else 0
        return Weights(scales=count, shifts=count)

    def cost(self, *inputs: Shape) -> Cost | None:
        lead, _, _, channels = map_of(self.name, inputs[0])
        sets = product(lead) * channels
        return _statistics_cost(product(inputs[0]), sets, self.affine, self.affine)

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class LCN(Op):
    """Local contrast normalisation (Jarrett et al. 2009, Section 2.1; used by Zeiler & Fergus
    2013): v = x − the weighted mean of the neighbourhood over all channels; then v/max(c, σ), with
    σ the weighted root mean square of v there and c the mean of σ over the map.

    The weights are a Gaussian of standard deviation ``size``/4, which add up to 1 over the window
    and all channels; what lies outside the map counts as 0.
    Shape: as the input, HxWxC or RxHxWxC. Weights: none trained or stored.
    Cost: for each value 2·``size``² multiply-accumulates, an addition, a multiplication and a
    division; for each position a root, a comparison and an addition; for each map a division.
    """

    name: ClassVar[str] = "lcn"
    family: ClassVar[str] = "normalization"

    size: int = argument("count", "height and width of the window; odd", default=9, positional=True)

    def __post_init__(self) -> None:
        if self.size % 2 == 0:
            raise ArgumentError("size", f"the window has a centre: {self.size} is not odd")

    def shape(self, *inputs: Shape) -> Shape:
        map_of(self.name, inputs[0])
        return inputs[0]

    def cost(self, *inputs: Shape) -> Cost | None:
        lead = map_of(self.name, inputs[0])[0]
        values, positions, maps = product(inputs[0]), product(inputs[0][:-1]), product(lead)
        return Cost(
            macs=2 * self.size**2 * values,
            additions=values + positions - maps,
            multiplications=values,
            divisions=values + maps,
            comparisons=positions,
            powers=positions,
        )

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class L2Norm(Op):
    """Each position's channels divided by their Euclidean length, times a trained scale a channel
    (ParseNet, Liu et al. 2015; SSD's conv4_3, Liu et al. 2016).

    Shape: as the input.
    Weights: a scale per channel.
    Cost: for each value two multiplications, an addition and a division; a root a position.
    """

    name: ClassVar[str] = "l2norm"
    family: ClassVar[str] = "normalization"

    initial: float = argument("number", "the scales before training", default=20, positional=True)
    eps: float = argument("number", "the least length divided by", default=1e-10)

    def weights(self, *inputs: Shape) -> Weights:
        return Weights(scales=inputs[0][-1])

    def cost(self, *inputs: Shape) -> Cost | None:
        values, positions = product(inputs[0]), product(inputs[0][:-1])
        return Cost(
            multiplications=2 * values, additions=values, divisions=values, powers=positions
        )
