"""Layers that take a part of a map, or lay its values out on another grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from archc.dims import Dim, DimError, ceil_div, exact_div, floor_div, proves_less, to_text
from archc.ops.base import (
    IRREGULAR,
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
    shape_text,
)
from archc.ops.spatial import AXES, map_of


@dataclass(frozen=True)
class Crop(Op):
    """A part of a map: as high and wide as another, or of a size given.

    FCN crops at a fixed ``offset`` from the top left (Long et al. 2015, as released); U-Net at the
    middle: `center`, whose offset is half of what is left over, rounded down.
    Shape: HxWxC to the height and width of ``like`` or of the size, and C. Weights and cost: none.
    """

    name: ClassVar[str] = "crop"
    family: ClassVar[str] = "reshaping"
    inputs: ClassVar[tuple[int, int | None]] = (1, 2)

    size: tuple[int, int] | None = argument(
        "size",
        "height and width to keep",
        default=None,
        positional=True,
        window="kernel",
        instead_of=("like",),
    )
    like: int | None = argument(
        "tensor",
        "what the output has the height and width of",
        default=None,
        instead_of=("size",),
    )
    offset: tuple[int, ...] | None = argument(
        "pad",
        "positions left out at the top and the left: one number, or 5x7",
        default=None,
        instead_of=("centered",),
    )
    centered: bool = argument(
        "flag",
        "leave out as much on both sides",
        default=False,
        words={"center": True},
        instead_of=("offset",),
    )

    def __post_init__(self) -> None:
        if (self.size is None) == (self.like is None):
            raise ArgumentError(None, "either a size, such as 200x200, or `like=LABEL` is needed")
        if self.offset is not None and self.centered:
            raise ArgumentError("offset", "`offset` and `center` exclude each other")
        if self.offset is not None and len(self.offset) != 2:
            raise ArgumentError("offset", "`offset` is one number, or a height and a width")

    def _wanted(self, inputs: tuple[Shape, ...]) -> tuple[Dim, Dim]:
        like = self.role("like", inputs)
        if like is not None:
            _, height, width, _ = map_of(self.name, like)
            return height, width
        assert self.size is not None
        return self.size

    def start(self, *inputs: Shape) -> tuple[Dim, Dim]:
        """Positions left out at the top and at the left."""
        if self.centered:
            _, height, width, _ = map_of(self.name, inputs[0])
            tall, wide = self._wanted(inputs)
            return floor_div(height - tall, 2), floor_div(width - wide, 2)
        offset = self.offset or (0, 0)
        return offset[0], offset[1]

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        wanted, start = self._wanted(inputs), self.start(*inputs)
        for axis, size in enumerate((height, width)):
            if proves_less(size - start[axis], wanted[axis]) or proves_less(start[axis], 0):
                raise ShapeError(
                    f"`{self.name}` keeps {to_text(wanted[axis])} of the {AXES[axis]} from "
                    f"{to_text(start[axis])} on, but {shape_text(inputs[0])} arrives, whose "
                    f"{AXES[axis]} is {to_text(size)}"
                )
        return (*lead, *wanted, channels)

    def reach(self, *inputs: Shape) -> Reaches:
        top, left = self.start(*inputs)
        return Reach(offset=top), Reach(offset=left)


@dataclass(frozen=True)
class Reorg(Op):
    """Reorganisation (YOLOv2's passthrough, Redmon & Farhadi 2017, Section 2): each square of
    ``block``×``block`` positions becomes one, its values stacked in the channels.

    The channels of the square's position (dy, dx) come at (dy·block + dx)·C. With `darknet` values
    are in the order in which that program's reorg layer puts them: its input is read as C/block²
    maps block times larger each way, those are reorganised, and the result is read as the output.
    Shape: HxWxC to H/block x W/block x block²·C. Weights and cost: none.
    """

    name: ClassVar[str] = "reorg"
    family: ClassVar[str] = "reshaping"

    block: int = argument("count", "side of the squares", default=2, positional=True)
    order: Literal["plain", "darknet"] = argument(
        "choice",
        "where in the channels values go",
        default="plain",
        words={"darknet": "darknet"},
        choices=("plain", "darknet"),
    )

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        area = self.block * self.block
        if self.order == "darknet" and (not isinstance(channels, int) or channels % area):
            raise ShapeError(
                f"`{self.name}` in Darknet's order needs channels in multiples of {area}, but "
                f"{shape_text(inputs[0])} arrives"
            )
        return (
            *lead,
            self._part(inputs[0], 0, height),
            self._part(inputs[0], 1, width),
            channels * area,
        )

    def _part(self, arrives: Shape, axis: int, size: Dim) -> Dim:
        try:
            return exact_div(size, self.block)
        except DimError:
            raise ShapeError(
                f"`{self.name}` takes squares of {self.block}x{self.block}, but "
                f"{shape_text(arrives)} arrives, whose {AXES[axis]} {to_text(size)} is not known "
                f"to be a multiple of {self.block}",
                help=f"for a symbol: `where H % {self.block} == 0` after the input",
            ) from None

    def reach(self, *inputs: Shape) -> Reaches:
        if self.order == "darknet":
            return IRREGULAR
        one = Reach(size=self.block, stride=self.block)
        return one, one


@dataclass(frozen=True)
class SPP(Op):
    """Spatial pyramid pooling (He et al. 2014): for each level n the map is divided into n×n bins,
    the largest value of each channel is taken in each, and all are joined in one vector, whatever
    the map's size.

    Bin (i, j) of n×n reaches from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉, counted from 0, and so along the width
    (the paper's Appendix A). Where its windows of ⌈H/n⌉ at a stride of ⌊H/n⌋ (Section 2.3) are n,
    as on its 13x13 maps, they are these bins.
    Shape: HxWxC to the sum of n²·C over the levels; RxHxWxC to a vector a region. Weights: none.
    Cost: a bin of m values is m − 1 comparisons.
    """

    name: ClassVar[str] = "spp"
    family: ClassVar[str] = "pooling"

    levels: tuple[float, ...] = argument(
        "numbers", "bins along a side, level by level", default=(4, 2, 1), positional=True
    )

    def __post_init__(self) -> None:
        if any(level < 1 or level != int(level) for level in self.levels):
            raise ArgumentError("levels", "`levels` takes integers from 1, such as [4, 2, 1]")

    @property
    def sides(self) -> tuple[int, ...]:
        """The levels, as integers."""
        return tuple(int(level) for level in self.levels)

    def shape(self, *inputs: Shape) -> Shape:
        lead, _, _, channels = map_of(self.name, inputs[0])
        return (*lead, sum(side * side for side in self.sides) * channels)

    def cost(self, *inputs: Shape) -> Cost | None:
        lead, height, width, channels = map_of(self.name, inputs[0])
        read: Dim = 0
        for side in self.sides:
            read = read + _binned(height, side) * _binned(width, side)
        return Cost(comparisons=product(lead) * channels * read - product(self.shape(*inputs)))

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


def _binned(size: Dim, bins: int) -> Dim:
    """The sizes of the bins along an axis, summed."""
    total: Dim = 0
    for i in range(bins):
        total = total + ceil_div((i + 1) * size, bins) - floor_div(i * size, bins)
    return total


@dataclass(frozen=True)
class Transform(Op):
    """A spatial transformer's grid and sampler (Jaderberg et al. 2015, Sections 3.2 and 3.3): what
    stands at (x, y) of the output is read at A·(x, y, 1) of the input, interpolated bilinearly.

    A is the 2x3 matrix of the six values of ``by``, row by row; coordinates go from −1 to 1 from
    edge to edge of the outermost values (torch's align_corners=False); beyond are zeros.
    Shape: HxWxC as it is, or with the size given. Weights: none.
    Cost: four multiplications and as many additions a position, an interpolation an output.
    """

    name: ClassVar[str] = "transform"
    family: ClassVar[str] = "reshaping"
    inputs: ClassVar[tuple[int, int | None]] = (2, 2)

    by: int = argument("tensor", "the six values of the affine transformation")
    size: tuple[int, int] | None = argument(
        "size",
        "the output's height and width, where they are other than the input's",
        default=None,
        window="kernel",
    )

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 3:
            raise ShapeError(f"`{self.name}` takes a map HxWxC, not {shape_text(inputs[0])}")
        by = self.role("by", inputs)
        if by is not None and by != (6,):
            raise ShapeError(
                f"`by` of `{self.name}` is a vector of 6 values, but {shape_text(by)} arrives"
            )
        height, width, channels = inputs[0]
        return (*(self.size or (height, width)), channels)

    def cost(self, *inputs: Shape) -> Cost | None:
        shape = self.shape(*inputs)
        each = Cost(multiplications=4, additions=4)
        return each.times(product(shape[:-1])) + Cost(interpolations=product(shape))

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE
