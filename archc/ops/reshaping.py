"""Layers that change the shape or the scale of what arrives, and learn nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from archc.ops.base import (
    NO_COST,
    POINT,
    WHOLE,
    ArgumentError,
    Cost,
    Op,
    Reach,
    Reaches,
    Shape,
    ShapeError,
    argument,
    product,
)
from archc.ops.spatial import map_of, rank_error


class Flatten(Op):
    """All values in one vector.

    Shape: HxWxC to H·W·C, TxC to T·C; RxHxWxC to Rx(H·W·C), each region apart.
    Weights and cost: none.
    """

    name: ClassVar[str] = "flatten"
    family: ClassVar[str] = "reshaping"

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if len(shape) <= 3:
            return (product(shape),)
        if len(shape) == 4:
            return (shape[0], product(shape[1:]))
        raise rank_error(self.name, shape, "C, TxC, HxWxC or RxHxWxC")

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE if len(inputs[0]) > 2 else (POINT, POINT)


@dataclass(frozen=True)
class Upsample(Op):
    """A larger map: each value repeated (`nearest`), or values interpolated (`bilinear`, the
    corners of the outermost values aligned, not their centres: torch's align_corners=False).

    Shape: HxWxC to (factor·H)x(factor·W)xC. Weights: none.
    Cost: none for `nearest`; for `bilinear` an interpolation an output.
    """

    name: ClassVar[str] = "upsample"
    family: ClassVar[str] = "reshaping"

    factor: tuple[int, int] = argument(
        "size", "how many times larger: one number, or 2x3", positional=True, window="kernel"
    )
    mode: Literal["nearest", "bilinear"] = argument(
        "choice",
        "how values between are made",
        default="nearest",
        words={"nearest": "nearest", "bilinear": "bilinear"},
        choices=("nearest", "bilinear"),
    )

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        return (*lead, height * self.factor[0], width * self.factor[1], channels)

    def cost(self, *inputs: Shape) -> Cost | None:
        if self.mode == "nearest":
            return NO_COST
        return Cost(interpolations=product(self.shape(*inputs)))

    def reach(self, *inputs: Shape) -> Reaches:
        one = _nearest_reach if self.mode == "nearest" else _bilinear_reach
        return one(self.factor[0]), one(self.factor[1])


def _nearest_reach(zoom: int) -> Reach:
    """Output i reads position ⌊i/zoom⌋."""
    return Reach(size=zoom, offset=1 - zoom, zoom=zoom)


def _bilinear_reach(zoom: int) -> Reach:
    """Output i lies at (i + 1/2)/zoom - 1/2 and reads what lies less than 1 away."""
    first = (3 - 3 * zoom) // 2
    return Reach(size=zoom // 2 - first + 1, offset=first, zoom=zoom)


@dataclass(frozen=True)
class Rescale(Op):
    """x · scale + offset with fixed numbers: pixels from 0..255 to 0..1 is `rescale (1 / 255)`.

    Shape: as the input. Weights: none.
    Cost: a multiplication a value, and an addition where the offset is not 0.
    """

    name: ClassVar[str] = "rescale"
    family: ClassVar[str] = "reshaping"

    scale: float = argument("number", "multiplies each value", positional=True)
    offset: float = argument("number", "added after", default=0, positional=True)

    def cost(self, *inputs: Shape) -> Cost | None:
        values = product(inputs[0])
        return Cost(multiplications=values, additions=values if self.offset else 0)


@dataclass(frozen=True)
class ZeroPad(Op):
    """Zeros around a map.

    Shape: HxWxC to (top + H + bottom)x(left + W + right)xC. Weights and cost: none.
    """

    name: ClassVar[str] = "pad"
    family: ClassVar[str] = "reshaping"

    by: tuple[int, ...] = argument(
        "pad",
        "zeros on every side; or height and width, as 1x3; or [top, bottom, left, right]",
        positional=True,
        window="kernel",
    )

    def __post_init__(self) -> None:
        if not any(self.by):
            raise ArgumentError("by", "this adds no zeros: leave the layer out")

    def padding(self, *inputs: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        """Positions added at (top, bottom) and (left, right)."""
        by = self.by
        if len(by) == 2:
            return (by[0], by[0]), (by[1], by[1])
        return (by[0], by[1]), (by[2], by[3])

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        (top, bottom), (left, right) = self.padding(*inputs)
        return (*lead, height + (top + bottom), width + (left + right), channels)

    def reach(self, *inputs: Shape) -> Reaches:
        (top, _), (left, _) = self.padding(*inputs)
        return Reach(offset=-top), Reach(offset=-left)


@dataclass(frozen=True)
class Widen(Op):
    """Channels of zeros after those that arrive: the shortcut without parameters of a residual
    network (He et al. 2015, Section 4.1, option A).

    Shape: the last axis becomes ``width``. Weights and cost: none.
    """

    name: ClassVar[str] = "widen"
    family: ClassVar[str] = "reshaping"

    width: int = argument("count", "channels afterwards", positional=True)

    def shape(self, *inputs: Shape) -> Shape:
        channels = inputs[0][-1]
        if isinstance(channels, int) and channels > self.width:
            raise ShapeError(
                f"`widen` gives {self.width} channels, but {channels} arrive",
                help="a 1x1 convolution makes them fewer",
            )
        return (*inputs[0][:-1], self.width)
