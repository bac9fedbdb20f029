"""Proposals, suppression, decoding against slow references; detectors from image to boxes."""

from __future__ import annotations

import math

import pytest
import torch
from live import body, live, same_with_gradient
from torch import Tensor

import archc
from archc import SpecError
from archc.dims import evaluate, symbols_of
from archc.ops.base import ArgumentError, ShapeError
from archc.ops.detection import Detect, Priors, Propose, Yolo

Box = list[float]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    common = max(wide, 0.0) * max(tall, 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return common / (sum(areas) - common) if common else 0.0


def nms(candidates: list[tuple[float, int, Box]], most: float) -> list[tuple[float, int, Box]]:
    """Greedy suppression of (score, class, box): the best stays, what it covers goes, and again."""
    left = sorted(candidates, key=lambda one: -one[0])
    kept = []
    while left:
        best, *left = left
        kept.append(best)
        left = [o for o in left if o[1] != best[1] or overlap(o[2], best[2]) <= most]
    return kept


def random_boxes(count: int, size: float) -> Tensor:
    corners = torch.rand(count, 2, 2).double() * size
    return torch.cat([corners.amin(1), corners.amax(1)], dim=1)


def table(rows: list[tuple[float, int, Box]], length: int) -> Tensor:
    values = [[*box, score, label] for score, label, box in rows][:length]
    values += [[0.0] * 6] * (length - len(values))
    return torch.tensor(values).double()


@pytest.mark.parametrize("most", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_suppression(most: float, seed: int) -> None:
    _, module = live(body(f"nms keep=25 threshold=0.2 overlap={most}", "x: [R, 4 + 3]"))
    torch.manual_seed(seed)
    x = torch.stack([torch.cat([random_boxes(40, 9), torch.rand(40, 3)], 1) for _ in range(2)])

    def reference(x: Tensor) -> Tensor:
        examples = []
        for rows in x:
            candidates = [
                (score, label, row[:4])
                for row in rows.tolist()
                for label, score in enumerate(row[4:])
                if score > 0.2
            ]
            found = [x.new_zeros(6)] * 25
            for place, (score, label, _) in enumerate(nms(candidates, most)[:25]):
                (row,) = (row for row in rows if row[4 + label] == score)
                found[place] = torch.cat([row[:4], row[4 + label, None], x.new_tensor([label])])
            examples.append(torch.stack(found))
        return torch.stack(examples)

    same_with_gradient(module, reference, x)


def test_without_a_count_all_that_stay_come_out() -> None:
    network, module = live(body("nms overlap=0.1", "x: [R, 4 + 2]"))
    torch.manual_seed(0)
    x = torch.stack([torch.cat([random_boxes(20, s), torch.rand(20, 2)], 1) for s in (5, 500)])
    x[1, 10:] = 0  # boxes without an area come to nothing
    lengths = [
        len(nms([(s, k, r[:4]) for r in rows for k, s in enumerate(r[4:]) if s > 0.05], 0.1))
        for rows in (x[0].tolist(), x[1, :10].tolist())
    ]
    assert symbols_of(network.layers[0].shape[0]) == ("D",)
    found = module(x)
    assert found.shape == (2, max(lengths), 6)
    assert [(rows[:, 4] > 0).sum() for rows in found] == lengths


def test_the_best_go_into_suppression() -> None:
    _, module = live(body("nms keep=10 before=3 overlap=1", "x: [R, 5]"))
    torch.manual_seed(0)
    x = torch.cat([random_boxes(8, 9), torch.rand(8, 1) / 2 + 0.4], 1)[None]
    found = module(x)[0]
    assert found[:3, 4].tolist() == sorted(x[0, :, 4].tolist())[:-4:-1]
    assert not found[3:].any()


def decode(anchor: Box, delta: Box) -> Box:
    """Ren et al. 2015, Equation 2, solved for the box."""
    wide, tall = anchor[2] - anchor[0], anchor[3] - anchor[1]
    x = (anchor[0] + anchor[2]) / 2 + delta[0] * wide
    y = (anchor[1] + anchor[3]) / 2 + delta[1] * tall
    wide *= math.exp(min(delta[2], math.log(1000 / 16)))
    tall *= math.exp(min(delta[3], math.log(1000 / 16)))
    return [x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2]


def clip(box: Box, height: float, width: float) -> Box:
    x = [min(max(v, 0.0), width) for v in box[0::2]]
    y = [min(max(v, 0.0), height) for v in box[1::2]]
    return [x[0], y[0], x[1], y[1]]


def candidates(
    scores: Tensor, deltas: Tensor, op: Propose, scale: float, size: tuple[float, float]
) -> list[tuple[float, int, Box]]:
    """Every anchor of one example's map: its score, and its box after decoding and clipping."""
    count, found = op.anchors, []
    for i in range(scores.size(1)):
        for j in range(scores.size(2)):
            for a in range(count):
                if scores.size(0) == 2 * count:
                    score = float(
                        torch.stack([scores[a, i, j], scores[count + a, i, j]]).softmax(0)[1]
                    )
                else:
                    score = float(scores[a, i, j].sigmoid())
                side, ratio = op.sizes[a // len(op.ratios)], op.ratios[a % len(op.ratios)]
                wide, tall = scale * side / math.sqrt(ratio), scale * side * math.sqrt(ratio)
                x, y = (j + 0.5) * op.stride * scale, (i + 0.5) * op.stride * scale
                anchor = [x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2]
                delta = deltas[4 * a : 4 * a + 4, i, j].tolist()
                found.append((score, 0, clip(decode(anchor, delta), *size)))
    return [one for one in found if one[2][2] > one[2][0] and one[2][3] > one[2][1]]


def best(rows: list[tuple[float, int, Box]], count: int) -> list[tuple[float, int, Box]]:
    return sorted(rows, key=lambda one: -one[0])[:count]


@pytest.mark.parametrize(("channels", "more"), [(18, ""), (9, ""), (18, " image=image")])
def test_proposals(channels: int, more: str) -> None:
    _, module = live(
        body(
            f"from s, propose deltas=d keep=12 stride=8 sizes=[10, 20, 30]{more}",
            *(f"s: HxWx{channels}", "d: HxWx36", *(["image: XxYx3"] if more else [])),
        )
    )
    torch.manual_seed(channels)
    s, d = torch.randn(2, channels, 4, 5).double(), torch.randn(2, 36, 4, 5).double() / 2
    image = torch.zeros(2, 3, 30, 37).double()
    size = (30, 37) if more else (32, 40)
    op = Propose(1, 12, 8, (10, 20, 30))
    found = module(s, d, *([image] if more else []))
    assert found.shape == (2, 12, 4)
    for example in range(2):
        kept = nms(candidates(s[example], d[example], op, 1, size), 0.7)
        expected = table(kept, 12)[:, :4]
        torch.testing.assert_close(found[example], expected, rtol=1e-4, atol=1e-3)


def test_proposals_of_a_pyramid() -> None:
    lines = """
        propose keep=15 stride=4 sizes=[6] overlap=0.5 before=20 {
            from s0; from d0
            from s1; from d1
        }
    """
    _, module = live(body(lines, "s0: 8x6x3", "d0: 8x6x12", "s1: 4x3x3", "d1: 4x3x12"))
    torch.manual_seed(0)
    sizes = [(3, 8, 6), (12, 8, 6), (3, 4, 3), (12, 4, 3)]
    given = [torch.randn(2, *size).double() for size in sizes]
    found = module(*given)
    op = Propose(None, 15, 4, (6,))
    for example in range(2):
        kept: list[tuple[float, int, Box]] = []
        for level in (0, 1):
            s, d = given[2 * level][example], given[2 * level + 1][example]
            first = best(candidates(s, d, op, 2**level, (32, 24)), 20)
            kept += nms(first, 0.5)
        expected = table(best(kept, 15), 15)[:, :4]
        torch.testing.assert_close(found[example], expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("width", [4, 12])
def test_detections(width: int) -> None:
    text = "from p, detect boxes=b deltas=d keep=20 threshold=0.3 image=image"
    _, module = live(body(text, "p: [R, 3]", "b: [R, 4]", f"d: [R, {width}]", "image: 40x50x3"))
    torch.manual_seed(width)
    p, b = torch.rand(2, 15, 3).double(), torch.stack([random_boxes(15, 40) for _ in range(2)])
    d, image = torch.randn(2, 15, width).double(), torch.zeros(2, 3, 40, 50).double()
    b[:, -2:] = 0  # what fills up proposals
    found = module(p, b, d, image)
    for example in range(2):
        rows = []
        for r in range(13):
            for k in (1, 2):
                at = 4 * k if width == 12 else 0
                moves = d[example, r, at : at + 4] * torch.tensor([0.1, 0.1, 0.2, 0.2])
                box = clip(decode(b[example, r].tolist(), moves.tolist()), 40, 50)
                score = float(p[example, r, k])
                if score > 0.3 and box[2] > box[0] and box[3] > box[1]:
                    rows.append((score, k, box))
        torch.testing.assert_close(found[example], table(nms(rows, 0.3), 20))


def test_detections_of_boxes_as_they_are() -> None:
    _, module = live(
        body("from p, detect boxes=b keep=4 nobackground overlap=1", "p: [R, 2]", "b: [R, 4]")
    )
    b = torch.tensor([[[0, 0, 2, 2], [1, 1, 3, 3]]]).double()
    found = module(torch.tensor([[[0.75, 0.125], [0.25, 0.5]]]).double(), b)
    assert found[0, :, 4].tolist() == [0.75, 0.5, 0.25, 0.125]
    assert found[0, :, 5].tolist() == [0, 1, 0, 1]
    assert found[0, :, :4].tolist() == [[0, 0, 2, 2], [1, 1, 3, 3], [1, 1, 3, 3], [0, 0, 2, 2]]


def test_priors_of_ssd300() -> None:
    """Liu et al. 2016: 38, 19, 10, 5, 3 and 1 positions a side with 4 or 6 boxes: 8732."""
    levels = [(38, 4), (19, 6), (10, 6), (5, 6), (3, 4), (1, 4)]
    total = 0
    for side, boxes in levels:
        op = Priors(30, 8, 60, (2,) if boxes == 4 else (2, 3))
        total += op.shape((side, side, 256))[0]  # type: ignore[assignment]
    assert total == 8732
    _, module = live(body("priors 30 next=60 ratios=[2] stride=8", "x: HxWx5"))
    found = module(torch.zeros(1, 5, 2, 3).double())[0]
    assert found.shape == (2 * 3 * 4, 4)
    middle, side = [2.5 * 8, 1.5 * 8], [30, math.sqrt(30 * 60)]
    last = found[-4:]
    torch.testing.assert_close((last[:, :2] + last[:, 2:]) / 2, torch.tensor([middle] * 4).double())
    root = math.sqrt(2)
    sizes = [[side[0]] * 2, [side[1]] * 2, [30 * root, 30 / root], [30 / root, 30 * root]]
    expected = torch.tensor(sizes).double()
    torch.testing.assert_close(last[:, 2:] - last[:, :2], expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_yolo(version: str) -> None:
    anchors = "" if version == "v1" else " anchors=[10, 13, 16, 30]"
    width = 5 * 2 + 3 if version == "v1" else 2 * (5 + 3)
    _, module = live(body(f"yolo {version} classes=3 stride=8{anchors}", f"x: HxWx{width}"))
    torch.manual_seed(0)
    x = torch.randn(1, width, 2, 3).double()
    rows = []
    for i in range(2):
        for j in range(3):
            for a in range(2):
                at = 5 * a if version == "v1" else 8 * a
                tx, ty, tw, th, confidence = x[0, at : at + 5, i, j]
                if version == "v1":
                    classes = x[0, 10:, i, j]
                    centre = [(j + tx) * 8, (i + ty) * 8]
                    size = [tw**2 * 24, th**2 * 16]
                else:
                    classes, confidence = x[0, at + 5 : at + 8, i, j], confidence.sigmoid()
                    classes = classes.softmax(0) if version == "v2" else classes.sigmoid()
                    centre = [(j + tx.sigmoid()) * 8, (i + ty.sigmoid()) * 8]
                    size = [tw.exp() * (10, 16)[a], th.exp() * (13, 30)[a]]
                corners = [
                    c + sign * s / 2 for sign in (-1, 1) for c, s in zip(centre, size, strict=True)
                ]
                rows.append([float(v) for v in (*corners, *(confidence * classes))])
    torch.testing.assert_close(module(x)[0], torch.tensor(rows).double())


DETECTOR = """
block head(width, classes) {
    trunk: fc width, relu
    class: fc classes, softmax
    boxes: from trunk, fc (4 * classes)
}

network detector(classes = 4) {
    input image: HxWx3

    body: { conv 3x3/2 8 pad, relu } * 2
    hidden: conv 3x3 8 same, relu
    output scores: conv 1x1 6
    output deltas: from hidden, conv 1x1 12
    rois: from scores, propose deltas=deltas image=image stride=4 sizes=[16] COUNT
    from body, REGIONS boxes=rois scale=(1 / 4)
    found: head 16 classes
    output detections: from found.class, detect deltas=found.boxes boxes=rois threshold=0
}
"""


@pytest.mark.parametrize("regions", ["roipool 3x3", "roialign 3x3"])
@pytest.mark.parametrize("count", ["", "keep=20"])
def test_a_detector_runs_from_image_to_boxes(regions: str, count: str) -> None:
    network, module = live(DETECTOR.replace("REGIONS", regions).replace("COUNT", count))
    assert network.outputs[-1].name == "detections"
    for size in ((40, 56), (33, 47)):
        image = torch.rand(2, 3, *size).double()
        found = module(image)
        boxes = found.detections
        assert boxes.shape[0] == 2
        assert boxes.shape[2] == 6
        assert boxes.shape[1] > 0
        assert ((boxes[..., 5] >= 0) & (boxes[..., 5] <= 3)).all()
        assert (boxes[..., 2] >= boxes[..., 0]).all()
    loss = sum(value.square().sum() for value in found)
    loss.backward()
    missing = [n for n, p in module.named_parameters() if p.grad is None or not p.grad.any()]
    assert missing == []


def test_costs_are_formulas_in_the_counts() -> None:
    text = DETECTOR.replace("REGIONS", "roialign 3x3").replace("COUNT", "")
    free = archc.loads(text)
    fixed = archc.loads(text.replace("stride=4", "stride=4 keep=50"))
    assert symbols_of(free.macs or 0) == ("H", "P", "W")
    sizes = {"H": 64, "W": 80}
    assert evaluate(free.macs or 0, {**sizes, "P": 50}) == evaluate(fixed.macs or 0, sizes)
    heads = 50 * (16 * 72 + 16 * 4 + 16 * 16)
    rest = [n.macs for n in fixed.layers if n.path.startswith("found")]
    assert sum(m for m in rest if m) == heads
    cost = free.cost.selections
    assert evaluate(cost, {**sizes, "P": 50, "D": 7}) == evaluate(fixed.cost.selections, sizes)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("propose deltas=d", "9 anchors at a position"),
        ("propose deltas=d sizes=[16, 32] ratios=[1]", "scores have 2 or 4 channels and deltas 8"),
        ("propose", "takes at least 2 inputs, but one value arrives"),
        ("propose deltas=d { from s; from d; from s; from d }", "in pairs, but 5 tensors arrive"),
        ("propose deltas=d overlap=2", "an overlap is from 0 to 1, not 2"),
        ("propose deltas=d sizes=[0]", "`sizes` are above 0"),
        ("propose deltas=d ratios=[1, -1]", "`ratios` are above 0"),
        ("propose deltas=3", "the label of an earlier line"),
        ("detect boxes=d", "takes probabilities RxK"),
        ("nms", "rows of four sides"),
        ("yolo v3 classes=4", "`anchors` is a list of widths and heights"),
        ("yolo v1 anchors=[1, 2]", "YOLO v1 has no anchors"),
        ("yolo v2 classes=4 anchors=[1, 2]", "takes 9 channels, but 7x7x10 arrives"),
        ("priors 0 stride=3", "a box's size is above 0"),
        ("rows 3", "do not divide the 10 channels"),
    ],
)
def test_what_does_not_fit(lines: str, message: str) -> None:
    text = body(f"from s, {lines}\noutput other: from d, relu", "s: 7x7x10", "d: 7x7x20")
    with pytest.raises((SpecError, ShapeError, ArgumentError)) as caught:
        archc.loads(text)
    assert message in str(caught.value)


def test_boxes_and_rows_agree() -> None:
    op = Detect(1, 2, 5)
    with pytest.raises(ShapeError, match="7 rows of probabilities, but 8 boxes"):
        op.shape((7, 3), (8, 4), (7, 12))
    with pytest.raises(ShapeError, match="is Rx4 or Rx12"):
        op.shape((7, 3), (7, 4), (7, 8))
    assert Yolo("v3", 80, (1, 2)).shape((13, 13, 85)) == (169, 84)
