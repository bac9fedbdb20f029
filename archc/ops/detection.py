"""From what a detector's heads say to boxes: anchors, decoding, non-maximum suppression.

Boxes are left, top, right and bottom in positions of the input image, as real numbers: a box has
the area (right − left)·(bottom − top). How many come out depends on the data: the counts are the
symbols P (proposals) and D (detections), or a number ``keep`` to which they are cut, and filled up
with rows of zeros where there are fewer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from archc.dims import Dim, proves_equal, symbol, to_text
from archc.ops.base import (
    NO_COST,
    WHOLE,
    ArgumentError,
    Cost,
    Op,
    Reaches,
    Shape,
    ShapeError,
    argument,
    shape_text,
)
from archc.ops.regions import check_boxes, check_map

DECODED = Cost(multiplications=6, additions=8, exponentials=2)
"""Of one box: two centres and two sizes from an anchor and four deltas, and from them corners."""

CLIPPED = Cost(comparisons=8)
"""Of one box: four sides, to what lies in the image."""


def _limits(overlap: float, **counts: float) -> None:
    if not 0 <= overlap <= 1:
        raise ArgumentError("overlap", f"an overlap is from 0 to 1, not {overlap:g}")
    for name, value in counts.items():
        if value < 0:
            raise ArgumentError(name, f"`{name}` is not below 0")


class _Boxes(Op):
    """A layer that gives boxes."""

    family: ClassVar[str] = "detection"

    def reach(self, *inputs: Shape) -> Reaches:
        return WHOLE


@dataclass(frozen=True)
class Propose(_Boxes):
    """The proposals of a region proposal network (Ren et al. 2015, Section 3): anchors, moved and
    scaled as the deltas say, clipped to the image, the best that non-maximum suppression leaves.

    At each position (i, j) an anchor of each of A sizes and ratios stands at ((j + 1/2)·``stride``,
    (i + 1/2)·``stride``), of width size/√ratio and height size·√ratio; ratios of the first size
    come first. Scores are 2A channels (first the A of "no object", then the A of "object": the
    softmax of the two), or A (their sigmoid); deltas are 4A, anchor by anchor dx, dy, dw, dh, with
    x = dx·w + x, w = e^dw·w (dw at most ln(1000/16)). The ``before`` best go into the suppression:
    a box goes if it overlaps a better one that stays by more than ``overlap`` (intersection over
    union). Boxes are taken as given: no gradient goes through.

    Of a pyramid: a body with the scores and deltas of each level in turn, from the finest to the
    coarsest; stride and sizes double from one to the next, each level has its own suppression, and
    the best of all are kept (Lin et al. 2017).
    Shape: HxWx2A (or HxWxA) and HxWx4A to ``keep``x4, without ``keep`` to Px4. Weights: none.
    Cost: for each anchor its score's softmax (or sigmoid), decoding, clipping and a selection.
    """

    name: ClassVar[str] = "propose"
    inputs: ClassVar[tuple[int, int | None]] = (2, None)

    deltas: int | None = argument(
        "tensor", "where boxes lie against their anchors: HxWx4A; in a body, after the scores", None
    )
    keep: int | None = argument(
        "count", "how many proposals; left out: all that stay, P", None, letter="P"
    )
    stride: int = argument("count", "positions of the image for one of the (first) map", 16)
    sizes: tuple[float, ...] = argument(
        "numbers", "sides of the square anchors, in positions of the image", (128, 256, 512)
    )
    ratios: tuple[float, ...] = argument("numbers", "height over width", (0.5, 1, 2))
    before: int = argument("count", "boxes that go into the suppression (of each level)", 6000)
    overlap: float = argument("number", "what suppresses", 0.7)
    image: int | None = argument(
        "tensor", "what boxes are clipped to; left out: ``stride`` times the (first) map", None
    )

    def __post_init__(self) -> None:
        _limits(self.overlap)
        for name in ("sizes", "ratios"):
            if any(value <= 0 for value in getattr(self, name)):
                raise ArgumentError(name, f"`{name}` are above 0")

    @property
    def anchors(self) -> int:
        """Anchors at each position."""
        return len(self.sizes) * len(self.ratios)

    def shapes(self) -> tuple[tuple[float, float], ...]:
        """Width and height of each anchor (of the first level)."""
        return tuple(
            (size / math.sqrt(ratio), size * math.sqrt(ratio))
            for size in self.sizes
            for ratio in self.ratios
        )

    def levels(self, *inputs: Shape) -> tuple[tuple[Shape, Shape], ...]:
        """Scores and deltas of each level. Raises ShapeError where they do not fit."""
        given = self.main(inputs)
        deltas = self.role("deltas", inputs)
        if deltas is not None:
            given = (*given, deltas)
        if len(given) % 2 or (deltas is not None and len(given) != 2):
            raise ShapeError(
                f"`{self.name}` takes scores and deltas in pairs, but {len(given)} tensors arrive",
                help="one level: `deltas=LABEL`; several: a body with scores and deltas in turn",
            )
        levels = tuple(zip(given[::2], given[1::2], strict=True))
        for scores, deltas in levels:
            self._check(scores, deltas)
        return levels

    def _check(self, scores: Shape, deltas: Shape) -> None:
        check_map(self.name, scores)
        check_map(self.name, deltas)
        count = self.anchors
        for a, b in zip(scores[:2], deltas[:2], strict=True):
            if not proves_equal(a, b):
                raise ShapeError(
                    f"scores and deltas of `{self.name}` differ in size: {shape_text(scores)} and "
                    f"{shape_text(deltas)}"
                )
        if scores[2] not in (count, 2 * count) or deltas[2] != 4 * count:
            raise ShapeError(
                f"`{self.name}` has {count} anchors at a position: scores have {count} or "
                f"{2 * count} channels and deltas {4 * count}, but {to_text(scores[2])} and "
                f"{to_text(deltas[2])} arrive",
                formula=f"anchors: {len(self.sizes)} sizes · {len(self.ratios)} ratios = {count}",
            )

    def shape(self, *inputs: Shape) -> Shape:
        self.levels(*inputs)
        return (self.keep if self.keep is not None else symbol("P"), 4)

    def cost(self, *inputs: Shape) -> Cost | None:
        total = NO_COST
        for scores, _ in self.levels(*inputs):
            two = scores[2] == 2 * self.anchors
            score = Cost(exponentials=2 if two else 1, additions=1, divisions=1)
            each = score + DECODED + CLIPPED + Cost(selections=1)
            total = total + each.times(scores[0] * scores[1] * self.anchors)
        return total


@dataclass(frozen=True)
class Detect(_Boxes):
    """Detections (Girshick 2015; Ren et al. 2015; Liu et al. 2016): for each box and class the box,
    moved and scaled as its deltas say, if the class's probability is above ``threshold``; of a
    class those that non-maximum suppression leaves, the best first.

    Deltas are multiplied by ``deviations`` and decoded as `propose` does; Rx4K are those of each
    class, Rx4 of all. The first class is the background, and gives no detections (`nobackground`:
    is a class like others). Boxes without an area (what fills up proposals) give none.
    Shape: probabilities RxK and boxes Rx4 to ``keep``x6, without ``keep`` to Dx6: left, top, right,
    bottom, probability, and class (counted from 0, the background included). Weights: none.
    Cost: decoding, and clipping (with ``image``), of each row of deltas; a selection a box and
    class.
    """

    name: ClassVar[str] = "detect"
    inputs: ClassVar[tuple[int, int | None]] = (2, 4)

    boxes: int = argument("tensor", "the boxes: Rx4 (proposals, or priors)")
    deltas: int | None = argument(
        "tensor", "Rx4K or Rx4; left out: the boxes are taken as they are", None
    )
    keep: int | None = argument(
        "count", "how many detections; left out: all that stay, D", None, letter="D"
    )
    threshold: float = argument("number", "the least probability", 0.05)
    overlap: float = argument("number", "what suppresses, within a class", 0.3)
    before: int = argument("count", "the best boxes of all, that go into the suppression", 1000)
    deviations: tuple[float, ...] = argument(
        "numbers", "deltas are multiplied by these four", (0.1, 0.1, 0.2, 0.2)
    )
    background: bool = argument(
        "flag",
        "the first class is the background",
        True,
        words={"nobackground": False, "background": True},
    )
    image: int | None = argument("tensor", "what boxes are clipped to; left out: not clipped", None)

    def __post_init__(self) -> None:
        _limits(self.overlap, threshold=self.threshold)
        if len(self.deviations) != 4:
            raise ArgumentError("deviations", "`deviations` are four numbers: x, y, width, height")

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 2:
            raise ShapeError(
                f"`{self.name}` takes probabilities RxK, but {shape_text(inputs[0])} arrives",
                help="`rows K` makes rows of the channels of a map",
            )
        count, classes = inputs[0]
        boxes = check_boxes(self.name, "boxes", self.role("boxes", inputs) or ())
        deltas = self.role("deltas", inputs) or (count, 4)
        widths = {4, 4 * classes}
        if len(deltas) != 2 or deltas[1] not in widths:
            raise ShapeError(
                f"`deltas` of `{self.name}` is Rx4 or Rx{to_text(4 * classes)}, but "
                f"{shape_text(deltas)} arrives"
            )
        for other in (boxes, deltas[0]):
            if not proves_equal(count, other):
                raise ShapeError(
                    f"`{self.name}` has {to_text(count)} rows of probabilities, but "
                    f"{to_text(other)} boxes or deltas"
                )
        return (self.keep if self.keep is not None else symbol("D"), 6)

    def cost(self, *inputs: Shape) -> Cost | None:
        count, classes = inputs[0]
        cost = Cost(selections=count * (classes - 1 if self.background else classes))
        deltas = self.role("deltas", inputs)
        decoded: Dim = count if deltas is None or deltas[1] == 4 else count * classes
        if deltas is not None:
            cost = cost + (DECODED + Cost(multiplications=4)).times(decoded)
        return cost + CLIPPED.times(decoded) if self.image is not None else cost


@dataclass(frozen=True)
class NMS(_Boxes):
    """Non-maximum suppression of boxes whose rows have four sides and the scores of K classes: of
    each class the boxes with a score above ``threshold``, without those that overlap a better one
    that stays by more than ``overlap`` (intersection over union); the best first.

    Shape: Rx(4 + K) to ``keep``x6, without ``keep`` to Dx6: left, top, right, bottom, score, and
    class (counted from 0). Weights: none.
    Cost: a selection a box and class.
    """

    name: ClassVar[str] = "nms"

    keep: int | None = argument(
        "count", "how many detections; left out: all that stay, D", None, letter="D"
    )
    threshold: float = argument("number", "the least score", 0.05)
    overlap: float = argument("number", "what suppresses, within a class", 0.5)
    before: int = argument("count", "the best boxes of all, that go into the suppression", 1000)

    def __post_init__(self) -> None:
        _limits(self.overlap, threshold=self.threshold)

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 2 or not isinstance(inputs[0][1], int) or inputs[0][1] < 5:
            raise ShapeError(
                f"`{self.name}` takes rows of four sides and at least one score, Rx(4 + K), but "
                f"{shape_text(inputs[0])} arrives"
            )
        return (self.keep if self.keep is not None else symbol("D"), 6)

    def cost(self, *inputs: Shape) -> Cost | None:
        return Cost(selections=inputs[0][0] * (inputs[0][1] - 4))


@dataclass(frozen=True)
class Priors(_Boxes):
    """The default boxes of a map of SSD (Liu et al. 2016, Section 2.2): at each position ((j +
    1/2)·``stride``, (i + 1/2)·``stride``) a square of ``size``, one of √(``size``·``next``) where
    ``next`` is given, and for each ratio a box of width size·√ratio and height size/√ratio, and one
    with the two exchanged.

    Only the map's height and width are read.
    Shape: HxWxC to (H·W·A)x4, A = 1 + (1 with ``next``) + 2 · the number of ratios. Weights: none.
    Cost: none: the boxes do not depend on the data.
    """

    name: ClassVar[str] = "priors"

    size: float = argument(
        "number", "side of the square, in positions of the image", positional=True
    )
    stride: int = argument("count", "positions of the image for one of the map")
    next: float | None = argument("number", "the next map's size", None)
    ratios: tuple[float, ...] = argument("numbers", "width over height, and the reverse", (2,))

    def __post_init__(self) -> None:
        if self.size <= 0 or (self.next is not None and self.next <= 0):
            raise ArgumentError("size", "a box's size is above 0")
        if any(ratio <= 0 for ratio in self.ratios):
            raise ArgumentError("ratios", "`ratios` are above 0")

    def shapes(self) -> tuple[tuple[float, float], ...]:
        """Width and height of each box at a position, in order."""
        found = [(self.size, self.size)]
        if self.next is not None:
            larger = math.sqrt(self.size * self.next)
            found.append((larger, larger))
        for ratio in self.ratios:
            wide, tall = self.size * math.sqrt(ratio), self.size / math.sqrt(ratio)
            found += [(wide, tall), (tall, wide)]
        return tuple(found)

    def shape(self, *inputs: Shape) -> Shape:
        check_map(self.name, inputs[0])
        return (inputs[0][0] * inputs[0][1] * len(self.shapes()), 4)

    def cost(self, *inputs: Shape) -> Cost | None:
        return NO_COST


@dataclass(frozen=True)
class Yolo(_Boxes):
    """What YOLO's last layer says, as boxes with a score a class.

    `v1` (Redmon et al. 2016): a position has ``boxes`` times x, y (in the cell, from 0 to 1),
    √w, √h (of the image) and a confidence, and then K class probabilities, all as they are; a
    box's score
    is its confidence times the class's probability. `v2` (Redmon & Farhadi 2017) and `v3` (2018):
    for each anchor tx, ty, tw, th, to and K classes; the centre is (sigmoid(t) + cell)·``stride``,
    the size the anchor's times e^t, the score sigmoid(to) times the softmax (v2) or the sigmoids
    (v3) of the classes.
    Shape: HxWx(A·(5 + K)) (v1: HxWx(5·``boxes`` + K)) to (H·W·A)x(4 + K). Weights: none.
    Cost: for each box its sigmoids, exponentials, the products of its scores, and its corners.
    """

    name: ClassVar[str] = "yolo"

    version: Literal["v1", "v2", "v3"] = argument(
        "choice",
        "whose",
        "v3",
        words={"v1": "v1", "v2": "v2", "v3": "v3"},
        choices=("v1", "v2", "v3"),
    )
    classes: int = argument("count", "classes, K", 80)
    anchors: tuple[float, ...] | None = argument(
        "numbers",
        "width and height of each, in positions of the image: [10, 13, 16, 30, 33, 23]",
        None,
    )
    boxes: int = argument("count", "boxes of a position (v1)", 2)
    stride: int = argument("count", "positions of the image for one of the map", 32)

    def __post_init__(self) -> None:
        anchors = self.anchors
        if self.version == "v1" and anchors is not None:
            raise ArgumentError("anchors", "YOLO v1 has no anchors")
        if self.version != "v1" and (anchors is None or len(anchors) % 2 or min(anchors) <= 0):
            raise ArgumentError("anchors", "`anchors` is a list of widths and heights in turn")

    def sizes(self) -> tuple[tuple[float, float], ...]:
        """Width and height of each anchor."""
        anchors = self.anchors or ()
        return tuple(zip(anchors[::2], anchors[1::2], strict=True))

    @property
    def count(self) -> int:
        """Boxes at a position."""
        return self.boxes if self.version == "v1" else len(self.sizes())

    def shape(self, *inputs: Shape) -> Shape:
        check_map(self.name, inputs[0])
        height, width, channels = inputs[0]
        count, classes = self.count, self.classes
        if self.version == "v1":
            wanted, rule = 5 * count + classes, f"5·{count} + {classes}"
        else:
            wanted, rule = count * (5 + classes), f"{count}·(5 + {classes})"
        if channels != wanted:
            raise ShapeError(
                f"`{self.name}` of {count} boxes and {classes} classes takes {wanted} channels, "
                f"but {shape_text(inputs[0])} arrives",
                formula=f"channels: {rule} = {wanted}",
            )
        return (height * width * count, 4 + classes)

    def cost(self, *inputs: Shape) -> Cost | None:
        count, classes = self.shape(*inputs)[0], self.classes
        corners = Cost(multiplications=4 + classes, additions=6)
        if self.version == "v1":
            return (corners + Cost(multiplications=2)).times(count)
        sigmoids = 3 + (classes if self.version == "v3" else 0)
        each = Cost(exponentials=1, additions=1, divisions=1).times(sigmoids)
        if self.version == "v2":
            each = each + Cost(exponentials=classes, additions=classes - 1, divisions=classes)
        return (corners + each + Cost(exponentials=2, multiplications=2)).times(count)
