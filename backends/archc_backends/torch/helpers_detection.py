"""What generated modules bring along to make boxes of what a detector's heads say.

As helpers.py: never imported by archc, copied into the files that use it; all scripts. Boxes are
(..., 4): left, top, right and bottom, in positions of the image.
"""

# torch's own signatures are not fully typed:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def anchor_boxes(like: Tensor, stride: float, shapes: list[tuple[float, float]]) -> Tensor:
    """The boxes of each width and height at each position of a map, position by position."""
    height, width = like.size(-2), like.size(-1)
    x = (torch.arange(width, device=like.device, dtype=like.dtype) + 0.5) * stride
    y = (torch.arange(height, device=like.device, dtype=like.dtype) + 0.5) * stride
    centre = torch.stack([x.expand(height, -1), y.unsqueeze(1).expand(-1, width)], dim=-1)
    half = torch.tensor([[w, h] for w, h in shapes], device=like.device, dtype=like.dtype) / 2
    centre = centre.unsqueeze(2)
    return torch.cat([centre - half, centre + half], dim=-1).reshape(-1, 4)


def decoded(boxes: Tensor, deltas: Tensor) -> Tensor:
    """Boxes moved by deltas of their size, and scaled by the exponentials of others."""
    size = boxes[..., 2:] - boxes[..., :2]
    centre = boxes[..., :2] + size / 2 + deltas[..., :2] * size
    size = size * deltas[..., 2:].clamp(max=4.135166556742356).exp()  # ln(1000/16)
    return torch.cat([centre - size / 2, centre + size / 2], dim=-1)


def clipped(boxes: Tensor, height: int, width: int) -> Tensor:
    """What of the boxes lies in the image."""
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)


def suppressed(
    boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float, threshold: float, keep: int
) -> Tensor:
    """The numbers of the boxes that non-maximum suppression leaves, the best first: of those with
    an area and a score above the threshold each that overlaps no better one of its label that
    stays by more than ``overlap``. At most ``keep`` of them, if that is not 0."""
    boxes, scores = boxes.detach(), scores.detach()
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = torch.sort(scores, descending=True, stable=True)[1]
    order = order[(area > 0)[order] & (scores > threshold)[order]]
    kept = [order[:0]]
    while order.numel() > 0 and (keep == 0 or len(kept) <= keep):
        best, rest = order[:1], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[rest, :2], boxes[best, :2])
        high = torch.minimum(boxes[rest, 2:], boxes[best, 2:])
        common = (high - low).clamp(min=0.0).prod(1)
        union = area[rest] + area[best] - common
        order = rest[(common <= overlap * union) | (labels[rest] != labels[best])]
    return torch.cat(kept)


def padded(rows: list[Tensor], keep: int) -> Tensor:
    """The rows of several images as one tensor: ``keep`` each, or (0) as many as the one with the
    most; filled up with zeros."""
    count = keep
    if keep == 0:
        for one in rows:
            count = max(count, one.size(0))
    return torch.stack([F.pad(one, [0, 0, 0, count - one.size(0)]) for one in rows])


def proposals(
    scores: list[Tensor],
    deltas: list[Tensor],
    image: Tensor | None,
    shapes: list[tuple[float, float]],
    stride: int,
    keep: int,
    before: int,
    overlap: float,
) -> Tensor:
    """Boxes that may hold objects, (N, keep, 4): anchors at each position of each level's map,
    moved as the deltas say, the best that non-maximum suppression leaves of each level."""
    count = len(shapes)
    height, width = scores[0].size(2) * stride, scores[0].size(3) * stride
    if image is not None:
        height, width = image.size(-2), image.size(-1)
    found: list[Tensor] = []
    for number in range(scores[0].size(0)):
        boxes: list[Tensor] = []
        ranks: list[Tensor] = []
        scale = 1.0
        for level in range(len(scores)):
            logits = scores[level][number].detach()
            if logits.size(0) == 2 * count:  # of "no object", then of "object"
                logits = logits[count:] - logits[:count]
            moves = deltas[level][number].detach()
            moves = moves.reshape(count, 4, moves.size(1), moves.size(2)).permute(2, 3, 0, 1)
            sizes = [(scale * wide, scale * tall) for wide, tall in shapes]
            anchors = anchor_boxes(logits, scale * stride, sizes)
            logits = logits.permute(1, 2, 0).flatten()
            best = torch.topk(logits, min(before, logits.numel()))[1]
            moved = decoded(anchors[best], moves.reshape(-1, 4)[best])
            moved, logits = clipped(moved, height, width), logits[best]
            labels = torch.zeros_like(best)
            left = suppressed(moved, logits, labels, overlap, float("-inf"), keep)
            boxes.append(moved[left])
            ranks.append(logits[left])
            scale = 2 * scale
        rows = torch.cat(boxes)
        if len(scores) > 1:
            order = torch.sort(torch.cat(ranks), descending=True, stable=True)[1]
            rows = rows[order[:keep] if keep > 0 else order]
        found.append(rows)
    return padded(found, keep)


class Propose(nn.Module):
    """Boxes that may hold objects, of a region proposal network's scores and deltas."""

    def __init__(
        self,
        shapes: list[tuple[float, float]],
        stride: int,
        keep: int = 0,
        before: int = 6000,
        overlap: float = 0.7,
    ) -> None:
        super().__init__()
        self.shapes = shapes
        self.stride = stride
        self.keep = keep
        self.before = before
        self.overlap = overlap

    def forward(self, scores: Tensor, deltas: Tensor, image: Tensor | None = None) -> Tensor:
        return proposals(
            [scores],
            [deltas],
            image,
            self.shapes,
            self.stride,
            self.keep,
            self.before,
            self.overlap,
        )


def detections(
    boxes: Tensor, scores: Tensor, threshold: float, overlap: float, before: int, keep: int
) -> Tensor:
    """Rows of four sides, a score and a class, the best first: of boxes (R, K, 4) and scores (R, K)
    of one image what non-maximum suppression leaves of each class."""
    classes = scores.size(1)
    best = torch.topk(scores.flatten(), min(before, scores.numel()))[1]
    labels = best % classes
    boxes, scores = boxes.reshape(-1, 4)[best], scores.flatten()[best]
    left = suppressed(boxes, scores, labels, overlap, threshold, keep)
    columns = [boxes[left], scores[left].unsqueeze(1), labels[left].unsqueeze(1).to(boxes.dtype)]
    return torch.cat(columns, dim=1)


class NMS(nn.Module):
    """Detections (N, D, 6), of rows of four sides and the scores of classes."""

    def __init__(self, keep: int, threshold: float, overlap: float, before: int = 1000) -> None:
        super().__init__()
        self.keep = keep
        self.threshold = threshold
        self.overlap = overlap
        self.before = before

    def forward(self, x: Tensor) -> Tensor:
        found: list[Tensor] = []
        for rows in x:
            scores = rows[:, 4:]
            boxes = rows[:, :4].unsqueeze(1).expand(-1, scores.size(1), -1)
            found.append(
                detections(boxes, scores, self.threshold, self.overlap, self.before, self.keep)
            )
        return padded(found, self.keep)


class Detect(nn.Module):
    """Detections (N, D, 6), of the probabilities of classes, boxes, and how they are to move."""

    def __init__(
        self,
        keep: int,
        threshold: float,
        overlap: float,
        before: int = 1000,
        deviations: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
        background: bool = True,
    ) -> None:
        super().__init__()
        self.keep = keep
        self.threshold = threshold
        self.overlap = overlap
        self.before = before
        self.deviations = list(deviations)
        self.first = int(background)

    def forward(
        self,
        scores: Tensor,
        boxes: Tensor,
        deltas: Tensor | None = None,
        image: Tensor | None = None,
    ) -> Tensor:
        count, classes = scores.size(1), scores.size(2)
        boxes = boxes.unsqueeze(2)
        area = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
        if deltas is not None:
            moves = deltas.reshape(deltas.size(0), count, -1, 4)
            moves = moves * torch.tensor(self.deviations, device=moves.device, dtype=moves.dtype)
            boxes = decoded(boxes, moves)
        if image is not None:
            boxes = clipped(boxes, image.size(-2), image.size(-1))
        boxes = boxes.expand(-1, -1, classes, -1)[:, :, self.first :]
        # What fills up proposals has no area, and is no object of any class.
        scores = torch.where(area > 0, scores, -1.0)[:, :, self.first :]
        found: list[Tensor] = []
        for number in range(scores.size(0)):
            rows = detections(
                boxes[number],
                scores[number],
                self.threshold,
                self.overlap,
                self.before,
                self.keep,
            )
            found.append(torch.cat([rows[:, :5], rows[:, 5:] + self.first], dim=1))
        return padded(found, self.keep)


class Priors(nn.Module):
    """The default boxes (N, R, 4) of a map, whatever its values."""

    def __init__(self, shapes: list[tuple[float, float]], stride: int) -> None:
        super().__init__()
        self.shapes = shapes
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        boxes = anchor_boxes(x.detach(), float(self.stride), self.shapes)
        return boxes.unsqueeze(0).expand(x.size(0), -1, -1)


def cells(like: Tensor) -> Tensor:
    """The column and the row of each position of a map: (height, width, 2)."""
    height, width = like.size(2), like.size(3)
    x = torch.arange(width, device=like.device, dtype=like.dtype).expand(height, -1)
    y = torch.arange(height, device=like.device, dtype=like.dtype).unsqueeze(1).expand(-1, width)
    return torch.stack([x, y], dim=-1)


class Yolo(nn.Module):
    """YOLO's boxes from the second version on, and a score a class: (N, R, 4 + K)."""

    def __init__(
        self,
        anchors: list[tuple[float, float]],
        classes: int,
        stride: int,
        exclusive: bool = False,
    ) -> None:
        super().__init__()
        self.anchors = anchors
        self.classes = classes
        self.stride = stride
        self.exclusive = exclusive

    def forward(self, x: Tensor) -> Tensor:
        shape = [x.size(0), len(self.anchors), 5 + self.classes, x.size(2), x.size(3)]
        said = x.reshape(shape).permute(0, 3, 4, 1, 2)
        centre = (said[..., :2].sigmoid() + cells(x).unsqueeze(2)) * self.stride
        anchors = torch.tensor([[w, h] for w, h in self.anchors], device=x.device, dtype=x.dtype)
        half = said[..., 2:4].exp() * anchors / 2
        classes = said[..., 5:].softmax(-1) if self.exclusive else said[..., 5:].sigmoid()
        scores = said[..., 4:5].sigmoid() * classes
        return torch.cat([centre - half, centre + half, scores], dim=-1).flatten(1, 3)


class YoloV1(nn.Module):
    """YOLO's boxes of the first version, and a score a class: (N, R, 4 + K)."""

    def __init__(self, boxes: int, classes: int, stride: int) -> None:
        super().__init__()
        self.boxes = boxes
        self.classes = classes
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        height, width = x.size(1), x.size(2)
        said = x[..., : 5 * self.boxes].reshape(x.size(0), height, width, self.boxes, 5)
        classes = x[..., 5 * self.boxes :].unsqueeze(3)
        grid = cells(x.permute(0, 3, 1, 2)).unsqueeze(2)
        centre = (said[..., :2] + grid) * self.stride
        image = torch.tensor([width, height], device=x.device, dtype=x.dtype) * self.stride
        half = said[..., 2:4].square() * image / 2
        scores = said[..., 4:5] * classes
        return torch.cat([centre - half, centre + half, scores], dim=-1).flatten(1, 3)
