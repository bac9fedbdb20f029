"""Pooling of regions: from a map and boxes to a small map of one size for each box.

Boxes are RxN with N = 4: left, top, right and bottom in positions of the input image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import Dim, proves_equal, to_text
from archc.ops.base import (
    IRREGULAR,
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

BOXES_DOC = (
    "the boxes, in positions of the image: Rx4, or detections Rx6, of which the first four are read"
)


def check_boxes(name: str, role: str, shape: Shape, *, detections: bool = False) -> Dim:
    """The number of boxes. Raises ShapeError where the tensor is not one of boxes (Rx4), or of
    detections (Rx6), where these are taken too."""
    if len(shape) != 2 or shape[1] not in ((4, 6) if detections else (4,)):
        raise ShapeError(
            f"`{role}` of `{name}` is Rx4, a box a row (left, top, right, bottom), but "
            f"{shape_text(shape)} arrives"
        )
    return shape[0]


def check_map(name: str, shape: Shape) -> None:
    """Raise ShapeError where a tensor is no map HxWxC."""
    if len(shape) != 3:
        raise ShapeError(f"`{name}` takes maps HxWxC, but {shape_text(shape)} arrives")


@dataclass(frozen=True)
class RoIPool(Op):
    """RoI pooling (Girshick 2015, Section 2.1, as released): each box, scaled and rounded to
    positions of the map, is divided into bins, and the largest value of each channel is taken in
    each bin.

    A box from x1 to x2 covers the positions from round(``scale``·x1) to round(``scale``·x2), both
    included, halves rounded up, one at least. Of w positions, bin i of n reaches from ⌊i·w/n⌋ to
    ⌈(i + 1)·w/n⌉ (excluded), clipped to the map; a bin with nothing in it gives 0.
    Shape: HxWxC and boxes Rx4 to Rx``size``xC. Weights: none.
    Cost: a selection an output: how many values a bin has depends on the boxes.
    """

    name: ClassVar[str] = "roipool"
    family: ClassVar[str] = "detection"
    inputs: ClassVar[tuple[int, int | None]] = (2, 2)

    size: tuple[int, int] = argument("size", "bins of the height and the width", window="kernel")
    boxes: int = argument("tensor", BOXES_DOC)
    scale: float = argument("number", "positions of the map for one of the image", default=1 / 16)

    def __post_init__(self) -> None:
        if self.scale <= 0:
            raise ArgumentError("scale", "`scale` is above 0")

    def shape(self, *inputs: Shape) -> Shape:
        check_map(self.name, inputs[0])
        count = check_boxes(self.name, "boxes", self.role("boxes", inputs) or (), detections=True)
        return (count, *self.size, inputs[0][-1])

    def cost(self, *inputs: Shape) -> Cost | None:
        return Cost(selections=product(self.shape(*inputs)))

    def reach(self, *inputs: Shape) -> Reaches:
        return IRREGULAR


@dataclass(frozen=True)
class RoIAlign(Op):
    """RoIAlign (He et al. 2017, Section 3): each box, scaled but not rounded, is divided into bins,
    and each bin is the average of ``sampling``×``sampling`` values, interpolated bilinearly at
    points that lie evenly in it.

    Positions of the map stand at 0, 1, 2 ...; with `aligned` the box is moved by half a position
    first, so that pixels stand for their middles (the paper's own release does not). A box is one
    position high and wide at least, without `aligned`. Points up to one position outside the map
    count as on its edge; what lies farther is 0.

    With several maps, written as lines of a body from the finest to the coarsest, each box is
    pooled from one of them: of the boxes' level k = ⌊4 + log2(√(w·h)/224)⌋ (Lin et al. 2017,
    Equation 1), clipped to those there are; the first map is level ``level``, and the scale halves
    from one map to the next.
    Shape: HxWxC (several: of the same C) and boxes Rx4 to Rx``size``xC. Weights: none.
    Cost: an interpolation a sample, and an output's additions and division for the average; for
    several maps a multiplication, two powers and an addition a box.
    """

    name: ClassVar[str] = "roialign"
    family: ClassVar[str] = "detection"
    inputs: ClassVar[tuple[int, int | None]] = (2, None)

    size: tuple[int, int] = argument("size", "bins of the height and the width", window="kernel")
    boxes: int = argument("tensor", BOXES_DOC)
    scale: float | None = argument(
        "number",
        "positions of the (first) map for one of the image; left out: 1/16 for one map, 1/4 for "
        "several",
        default=None,
    )
    sampling: int = argument("count", "samples along each side of a bin", default=2)
    aligned: bool = argument(
        "flag", "half a position is taken off", default=False, words={"aligned": True}
    )
    level: int = argument("integer", "the first map's level, of several", default=2)

    def __post_init__(self) -> None:
        if self.scale is not None and self.scale <= 0:
            raise ArgumentError("scale", "`scale` is above 0")

    def scales(self, *inputs: Shape) -> tuple[float, ...]:
        """Positions of each map for one of the image."""
        count = len(self.main(inputs))
        first = self.scale if self.scale is not None else 1 / 16 if count == 1 else 1 / 4
        return tuple(first / 2**step for step in range(count))

    def shape(self, *inputs: Shape) -> Shape:
        maps = self.main(inputs)
        for one in maps:
            check_map(self.name, one)
            if not proves_equal(one[-1], maps[0][-1]):
                raise ShapeError(
                    f"the maps of `{self.name}` have {to_text(maps[0][-1])} and "
                    f"{to_text(one[-1])} channels, and must have the same"
                )
        count = check_boxes(self.name, "boxes", self.role("boxes", inputs) or (), detections=True)
        return (count, *self.size, maps[0][-1])

    def cost(self, *inputs: Shape) -> Cost | None:
        shape = self.shape(*inputs)
        samples = self.sampling * self.sampling
        average = Cost(interpolations=samples, additions=samples - 1, divisions=1)
        cost = average.times(product(shape))
        if len(self.main(inputs)) > 1:
            cost = cost + Cost(multiplications=1, powers=2, additions=1).times(shape[0])
        return cost

    def reach(self, *inputs: Shape) -> Reaches:
        return IRREGULAR
