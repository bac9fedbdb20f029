"""Layers that read the same values in another arrangement, or sum an axis up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from archc.dims import Dim, DimError, exact_div, proves_equal, to_text
from archc.ops.base import (
    WHOLE,
    ArgumentError,
    Cost,
    Op,
    Reaches,
    Shape,
    ShapeError,
    argument,
    product,
    shape_text,
)
from archc.ops.spatial import rank_error


@dataclass(frozen=True)
class Reshape(Op):
    """The same values in another shape: DCGAN's projection is `fc 16384, reshape 4x4x1024`.

    Values keep the order that they have in the backend's layout (torch: channels first, so that of
    a vector the first H·W values are the first channel's).
    Shape: as given; the number of values must be the same. Weights and cost: none.
    """

    name: ClassVar[str] = "reshape"
    family: ClassVar[str] = "reshaping"

    to: Shape = argument(
        "shape", "the shape, as 4x4x1024, or a list such as [T, 10]", positional=True
    )

    def shape(self, *inputs: Shape) -> Shape:
        have, wanted = product(inputs[0]), product(self.to)
        if not proves_equal(have, wanted):
            raise ShapeError(
                f"`{self.name}` to {shape_text(self.to)} takes {to_text(wanted)} values, but "
                f"{shape_text(inputs[0])} arrives, which has {to_text(have)}"
            )
        return self.to

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class Rows(Op):
    """The channels of each position as rows of ``width`` values: what a detector says of each of A
    anchors at each position, an anchor a row, position by position from the top left.

    Shape: HxWxA·width to (H·W·A)xwidth. Weights and cost: none.
    """

    name: ClassVar[str] = "rows"
    family: ClassVar[str] = "reshaping"

    width: int = argument("count", "values of a row", positional=True)

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 3:
            raise rank_error(self.name, inputs[0], "a map HxWxC")
        height, width, channels = inputs[0]
        try:
            return (height * width * exact_div(channels, self.width), self.width)
        except DimError:
            raise ShapeError(
                f"`{self.name}` of {self.width} values, which do not divide the "
                f"{to_text(channels)} channels of {shape_text(inputs[0])}"
            ) from None

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class Expand(Op):
    """A vector at each of several places: an image's features at each step of a sentence.

    Shape: C to NxC for a number, or to the axes of ``like`` with C in place of its channels (TxC,
    HxWxC). Weights and cost: none.
    """

    name: ClassVar[str] = "expand"
    family: ClassVar[str] = "reshaping"
    inputs: ClassVar[tuple[int, int | None]] = (1, 2)

    count: int | None = argument(
        "count", "how many times", default=None, positional=True, instead_of=("like",)
    )
    like: int | None = argument(
        "tensor", "what has the places: TxN or HxWxN", default=None, instead_of=("count",)
    )

    def __post_init__(self) -> None:
        if (self.count is None) == (self.like is None):
            raise ArgumentError(None, "either a count or `like=LABEL` is needed")

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise rank_error(self.name, inputs[0], "a vector C", "`flatten` makes one of a map")
        like = self.role("like", inputs)
        if like is None:
            assert self.count is not None
            return (self.count, *inputs[0])
        # A sequence of numbers of words, T, has its places too.
        places = like if len(like) == 1 else like[:-1]
        return (*places, *inputs[0])

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


Axis = Literal["time", "height", "width", "channels"]


@dataclass(frozen=True)
class Sum(Op):
    """The sum along an axis.

    Shape: TxC to C along time (or rows); a map's axis becomes 1. Weights: none.
    Cost: for n values n − 1 additions an output.
    """

    name: ClassVar[str] = "sum"
    family: ClassVar[str] = "reshaping"

    axis: Axis = argument(
        "choice",
        "the axis; `time` is the first of TxC and of rows RxN",
        default="time",
        choices=("time", "height", "width", "channels"),
    )

    def position(self, shape: Shape) -> int:
        """The axis, counted from 0. Raises ShapeError where the input has none such."""
        rank = len(shape)
        if self.axis == "channels":
            return rank - 1
        if self.axis == "time" and rank == 2:
            return 0
        if self.axis in ("height", "width") and rank >= 3:
            return rank - 3 if self.axis == "height" else rank - 2
        raise ShapeError(
            f"`{self.name}` along the {self.axis}: {shape_text(shape)} has no such axis"
        )

    def shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        at = self.position(shape)
        return shape[1:] if self.axis == "time" else (*shape[:at], 1, *shape[at + 1 :])

    def _outputs(self, inputs: tuple[Shape, ...]) -> Dim:
        return product(self.shape(*inputs))

    def cost(self, *inputs: Shape) -> Cost | None:
        return Cost(additions=product(inputs[0]) - self._outputs(inputs))

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class Mean(Sum):
    """The mean along an axis.

    Shape: as `sum`. Weights: none. Cost: as `sum`, and a division an output.
    """

    name: ClassVar[str] = "mean"

    def cost(self, *inputs: Shape) -> Cost | None:
        outputs = self._outputs(inputs)
        return Cost(additions=product(inputs[0]) - outputs, divisions=outputs)
