"""Pooling of regions against slow references, written from the papers' definitions."""

from __future__ import annotations

import math

import pytest
import torch
from live import body, exported, live, same_with_gradient
from torch import Tensor

from archc.dims import evaluate, symbol
from archc.ops.base import Cost, ShapeError
from archc.ops.regions import RoIAlign, RoIPool


def boxes_of(count: int, height: float, width: float, *, outside: bool = False) -> Tensor:
    """Random boxes in (or around) an image, of two examples; the last of each is empty."""
    corners = torch.rand(2, count, 2, 2).double()
    corners = corners * 1.4 - 0.2 if outside else corners
    low, high = corners.amin(2), corners.amax(2)
    size = torch.tensor([width, height]).double()
    boxes = torch.cat([low * size, high * size], dim=-1)
    boxes[:, -1] = 0
    return boxes


def roi_pool(x: Tensor, boxes: Tensor, size: tuple[int, int], scale: float) -> Tensor:
    """Girshick 2015: an h x w window in an H x W grid of sub-windows, max-pooled, bin by bin."""

    def edges(low: float, high: float, bins: int) -> list[tuple[int, int]]:
        first, last = math.floor(low * scale + 0.5), math.floor(high * scale + 0.5)
        extent = max(last - first + 1, 1)
        return [
            (first + i * extent // bins, first - (-(i + 1) * extent) // bins) for i in range(bins)
        ]

    examples = []
    for example in range(x.size(0)):
        regions = []
        for left, top, right, bottom in boxes[example].tolist():
            rows = []
            for y0, y1 in edges(top, bottom, size[0]):
                row = []
                for x0, x1 in edges(left, right, size[1]):
                    window = [
                        x[example, :, i, j]
                        for i in range(max(y0, 0), min(y1, x.size(2)))
                        for j in range(max(x0, 0), min(x1, x.size(3)))
                    ]
                    none = x.new_zeros(x.size(1))
                    row.append(torch.stack(window).amax(0) if window else none)
                rows.append(torch.stack(row, dim=-1))
            regions.append(torch.stack(rows, dim=-2))
        examples.append(torch.stack(regions))
    return torch.stack(examples)


@pytest.mark.parametrize(
    ("height", "width", "size"), [(9, 14, "3x2"), (6, 5, "7x7"), (1, 3, "2x2")]
)
@pytest.mark.parametrize("outside", [False, True])
def test_roi_pooling(height: int, width: int, size: str, outside: bool) -> None:
    _, module = live(
        body(f"roipool {size} boxes=rois scale=(1 / 4)", "image: HxWx3", "rois: [R, 4]")
    )
    torch.manual_seed(height + width)
    x = torch.randn(2, 3, height, width).double()
    boxes = boxes_of(12, 4 * height, 4 * width, outside=outside)
    bins = (int(size[0]), int(size[2]))
    same_with_gradient(module, lambda x, b: roi_pool(x, b, bins, 0.25), x, boxes)


def test_roi_pooling_of_one_box_by_hand() -> None:
    _, module = live(body("roipool 2x2 boxes=rois scale=1", "image: 4x4x1", "rois: [R, 4]"))
    x = torch.arange(16).double().reshape(1, 1, 4, 4)
    found = module(x, torch.tensor([[[0.0, 0.0, 3.0, 3.0], [1.4, 0.0, 2.6, 0.4]]]).double())
    assert found[0, 0, 0].tolist() == [[5, 7], [13, 15]]
    # from round(1.4) = 1 to round(2.6) = 3: three columns, one row; the middle one in both bins
    assert found[0, 1, 0].tolist() == [[2, 3], [2, 3]]


def bilinear(x: Tensor, level: Tensor, y: float, at: float) -> Tensor:
    """The channels of a map at a point; 0 more than one position outside, else as on the edge."""
    height, width = level.size(-2), level.size(-1)
    if not (-1 <= y <= height and -1 <= at <= width):
        return level.new_zeros(level.size(0))
    y, at = min(max(y, 0.0), height - 1.0), min(max(at, 0.0), width - 1.0)
    total = level.new_zeros(level.size(0))
    for i in range(height):
        for j in range(width):
            weight = max(0.0, 1 - abs(y - i)) * max(0.0, 1 - abs(at - j))
            if weight:
                total = total + weight * level[:, i, j]
    return total


def roi_align(
    levels: list[Tensor],
    boxes: Tensor,
    size: tuple[int, int],
    scales: list[float],
    sampling: int,
    aligned: bool,
) -> Tensor:
    """He et al. 2017, Section 3; of several levels Lin et al. 2017, Equation 1, from level 2 on."""
    examples = []
    for example in range(boxes.size(0)):
        regions = []
        for left, top, right, bottom in boxes[example].tolist():
            number = 0
            if len(levels) > 1:
                side = math.sqrt((right - left) * (bottom - top))
                k = math.floor(4 + math.log2(side / 224)) if side else 2
                number = min(max(k, 2), 1 + len(levels)) - 2
            level, scale = levels[number][example], scales[number]
            shift = 0.5 if aligned else 0.0
            tall, wide = (bottom - top) * scale, (right - left) * scale
            if not aligned:
                tall, wide = max(tall, 1.0), max(wide, 1.0)
            rows = []
            for i in range(size[0]):
                row = []
                for j in range(size[1]):
                    samples = [
                        bilinear(
                            level,
                            level,
                            top * scale - shift + (i + (p + 0.5) / sampling) * tall / size[0],
                            left * scale - shift + (j + (q + 0.5) / sampling) * wide / size[1],
                        )
                        for p in range(sampling)
                        for q in range(sampling)
                    ]
                    row.append(torch.stack(samples).mean(0))
                rows.append(torch.stack(row, dim=-1))
            regions.append(torch.stack(rows, dim=-2))
        examples.append(torch.stack(regions))
    return torch.stack(examples)


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("sampling", [1, 2, 3])
def test_roi_align(aligned: bool, sampling: int) -> None:
    flags = f"sampling={sampling}" + (" aligned" if aligned else "")
    _, module = live(
        body(f"roialign 3x2 boxes=rois scale=(1 / 4) {flags}", "image: HxWx3", "rois: [R, 4]")
    )
    torch.manual_seed(sampling)
    x, boxes = torch.randn(2, 3, 7, 9).double(), boxes_of(6, 28, 36, outside=True)

    def reference(x: Tensor, boxes: Tensor) -> Tensor:
        return roi_align([x], boxes, (3, 2), [0.25], sampling, aligned)

    same_with_gradient(module, reference, x, boxes)


def test_roi_align_of_a_pyramid() -> None:
    _, module = live(
        body(
            "roialign 2x3 boxes=rois { from fine; from middle; from coarse }",
            *("fine: 16x20x3", "middle: 8x10x3", "coarse: 4x5x3", "rois: [R, 4]"),
        )
    )
    torch.manual_seed(0)
    fine, middle, coarse = (torch.randn(2, 3, 16 >> k, 20 >> k).double() for k in range(3))
    # of sides from below 112 (level 2) to above 448 (more than there are), in a small image
    boxes = boxes_of(8, 64, 80)
    boxes[:, :4, 2:] += torch.tensor([100.0, 130.0, 300.0, 900.0]).double().reshape(1, 4, 1)

    def reference(*given: Tensor) -> Tensor:
        return roi_align(list(given[:3]), given[3], (2, 3), [1 / 4, 1 / 8, 1 / 16], 2, False)

    sides = (boxes[..., 2:] - boxes[..., :2]).prod(-1).sqrt()
    assert (sides < 112).any()
    assert ((sides >= 112) & (sides < 224)).any()
    assert (sides >= 224).any()
    same_with_gradient(module, reference, fine, middle, coarse, boxes)
    same_with_gradient(
        lambda m, f, c, b: module(f, m, c, b),
        lambda m, f, c, b: reference(f, m, c, b),
        *(middle, fine, coarse, boxes),
    )


@pytest.mark.parametrize("layer", ["roipool", "roialign"])
def test_regions_of_detections(layer: str) -> None:
    """Mask R-CNN's masks are of the boxes that were detected."""
    _, of_boxes = live(body(f"{layer} 2x2 boxes=b", "x: HxWx3", "b: [R, 4]"))
    _, of_detections = live(body(f"{layer} 2x2 boxes=b", "x: HxWx3", "b: [R, 6]"))
    x, boxes = torch.randn(2, 3, 5, 6).double(), boxes_of(4, 80, 96)
    rows = torch.cat([boxes, torch.rand(2, 4, 2)], dim=-1)
    assert torch.equal(of_detections(x, rows), of_boxes(x, boxes))


@pytest.mark.parametrize("layer", ["roipool", "roialign"])
def test_regions_export(layer: str) -> None:
    text = body(f"{layer} 3x3 boxes=rois, conv 3x3 4, relu, fc 5", "image: HxWx3", "rois: [R, 4]")
    _, module = live(text)
    torch.manual_seed(0)
    exported(module, torch.randn(2, 3, 8, 9).double(), boxes_of(5, 128, 144))


REGIONAL = [
    "conv 3x3/2 4 pad=1",
    "conv 3x3/2 4 same",
    "deconv 2x2/2 4",
    "depthwise 3x3 same",
    "maxpool 3x3/2",
    "minpool 2x2",
    "avgpool global",
    "avgpool 2x2/2, flatten",
    "bn",
    "lrn 3",
    "l2norm",
    "upsample 2",
    "upsample 2 bilinear",
    "spp [2, 1]",
    "crop 3x2 center",
    "pad 1",
    "widen 9",
    "fc 7",
    "relu, dropout, sigmoid",
    "groupnorm 3",
    "mul { identity; avgpool global, conv 1x1 6, sigmoid }",
    "add { conv 3x3 6 same; identity }",
    "concat { conv 1x1 2; identity }",
]


@pytest.mark.parametrize("lines", REGIONAL)
def test_layers_act_on_each_regions_map(lines: str) -> None:
    """What a layer makes of RxHxWxC is what it makes of each HxWxC."""
    _, many = live(body(lines, "regions: [R, 7, 8, 6]"))
    _, one = live(body(lines, "image: 7x8x6"))
    torch.manual_seed(0)
    for a, b in zip(many.parameters(), one.parameters(), strict=True):
        with torch.no_grad():
            b.copy_(a.normal_())
    names = {name.replace(".layer.", ".") for name in many.state_dict()}
    assert names == set(one.state_dict())
    x = torch.randn(2, 3, 6, 7, 8).double()
    apart = torch.stack([torch.stack([one(region[None])[0] for region in e]) for e in x])
    torch.testing.assert_close(many(x), apart)


def test_a_formula_in_the_number_of_regions() -> None:
    count = symbol("R")
    shapes = ((38, 57, 512), (count, 4))
    pool, align = RoIPool((7, 7), 1), RoIAlign((7, 7), 1)
    assert pool.shape(*shapes) == (count, 7, 7, 512)
    assert pool.cost(*shapes) == Cost(selections=count * (49 * 512))
    cost = align.cost(*shapes)
    assert cost is not None
    assert evaluate(cost.interpolations, {"R": 10}) == 10 * 49 * 512 * 4


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((7, 7, 3), (5, 3)), "is Rx4"),
        (((7, 7), (5, 4)), "takes maps HxWxC"),
        (((2, 7, 7, 3), (5, 4)), "takes maps HxWxC"),
    ],
)
def test_what_does_not_fit(shapes: tuple[tuple[int, ...], ...], message: str) -> None:
    for op in (RoIPool((7, 7), 1), RoIAlign((7, 7), 1)):
        with pytest.raises(ShapeError, match=message):
            op.shape(*shapes)
    with pytest.raises(ShapeError, match="must have the same"):
        RoIAlign((7, 7), 1).shape((8, 8, 3), (4, 4, 5), (9, 4))
