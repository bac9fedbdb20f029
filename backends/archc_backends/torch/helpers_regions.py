"""What generated modules bring along for the pooling of regions.

As helpers.py: never imported by archc, copied into the files that use it; all scripts and exports.
Boxes are (N, R, 4): left, top, right and bottom, in positions of the image; what is pooled is
(N, R, C, height, width).
"""

# torch's own signatures are not fully typed:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def roi_bins(low: Tensor, high: Tensor, bins: int, size: int) -> tuple[Tensor, Tensor]:
    """Where each box's bins start and end along an axis; both ends of a box belong to it."""
    first = torch.floor(low + 0.5).long().unsqueeze(-1)
    last = torch.floor(high + 0.5).long().unsqueeze(-1)
    extent = (last - first + 1).clamp(min=1)
    numbers = torch.arange(bins, device=low.device)
    start = first + torch.div(numbers * extent, bins, rounding_mode="floor")
    end = first - torch.div(-(numbers + 1) * extent, bins, rounding_mode="floor")
    return start.clamp(0, size), end.clamp(0, size)


def run_length(start: Tensor, end: Tensor, levels: int) -> Tensor:
    """The largest k for which a run of 2^k positions fits."""
    level = torch.zeros_like(start)
    for k in range(1, levels):
        level = level + (end - start >= 2**k).long()
    return level


def runs(x: Tensor, dim: int) -> list[Tensor]:
    """The largest values of the 1, 2, 4, 8 ... positions from each on along an axis (-1 or -2)."""
    found = [x]
    step = 1
    while 2 * step <= x.size(dim):
        rest = found[-1].narrow(dim, step, x.size(dim) - step)
        pad = [0, step] if dim == -1 else [0, 0, 0, step]
        rest = F.pad(rest, pad, value=float("-inf"))
        found.append(torch.maximum(found[-1], rest))
        step = 2 * step
    return found


def roi_pool(x: Tensor, boxes: Tensor, size: list[int], scale: float) -> Tensor:
    """The largest value of each channel in each bin of each box; 0 where a bin is empty.

    The maxima of all runs of 2^i x 2^j positions are made once; those of a bin are then the
    largest of four, which overlap and together cover it.
    """
    height, width = x.size(2), x.size(3)
    heights = runs(x, -2)
    tables: list[Tensor] = []
    for one in heights:
        tables += runs(one, -1)
    levels = len(tables) // len(heights)
    table = torch.stack(tables, dim=2).flatten(2)
    top, bottom = roi_bins(boxes[..., 1] * scale, boxes[..., 3] * scale, size[0], height)
    left, right = roi_bins(boxes[..., 0] * scale, boxes[..., 2] * scale, size[1], width)
    tall = run_length(top, bottom, len(heights))
    wide = run_length(left, right, levels)
    level = (tall.unsqueeze(-1) * levels + wide.unsqueeze(-2)) * (height * width)
    full = (bottom > top).unsqueeze(-1) & (right > left).unsqueeze(-2)
    rows = [top.clamp(max=height - 1), (bottom - 2**tall).clamp(min=0)]
    columns = [left.clamp(max=width - 1), (right - 2**wide).clamp(min=0)]
    best = torch.full([1], float("-inf"), dtype=x.dtype, device=x.device)
    for row in rows:
        for column in columns:
            place = level + row.unsqueeze(-1) * width + column.unsqueeze(-2)
            best = torch.maximum(best, taken(table, place))
    return torch.where(full.unsqueeze(2), best, torch.zeros_like(best))


def taken(values: Tensor, places: Tensor) -> Tensor:
    """The values (N, C, n) at places (N, R, h, w), as (N, R, C, h, w)."""
    count, channels = values.size(0), values.size(1)
    index = places.reshape(count, 1, -1).expand(-1, channels, -1)
    found = values.gather(2, index)
    shape = [count, channels] + list(places.shape[1:])
    return found.reshape(shape).transpose(1, 2)


class RoIPool(nn.Module):
    """The largest value of each channel in each bin of each box."""

    def __init__(self, size: tuple[int, int], scale: float) -> None:
        super().__init__()
        self.size = list(size)
        self.scale = scale

    def forward(self, x: Tensor, boxes: Tensor) -> Tensor:
        return roi_pool(x, boxes, self.size, self.scale)


def sample_points(low: Tensor, high: Tensor, bins: int, sampling: int, aligned: bool) -> Tensor:
    """Where each box is sampled along an axis: ``sampling`` points in each bin."""
    extent = high - low
    if aligned:
        low = low - 0.5
    else:
        extent = extent.clamp(min=1.0)
    numbers = torch.arange(bins * sampling, device=low.device, dtype=low.dtype)
    return low.unsqueeze(-1) + (numbers + 0.5) * (extent / (bins * sampling)).unsqueeze(-1)


def pyramid_level(boxes: Tensor, first: int, count: int) -> Tensor:
    """Which of a pyramid's maps each box is pooled from, counted from 0."""
    sides = (boxes[..., 2:4] - boxes[..., :2]).clamp(min=0.0)
    level = torch.floor(4 + torch.log2(sides.prod(-1).sqrt() / 224))
    return level.clamp(first, first + count - 1).long() - first


def roi_align(
    maps: list[Tensor],
    boxes: Tensor,
    size: list[int],
    scales: list[float],
    sampling: int,
    aligned: bool,
    first: int,
) -> Tensor:
    """The mean of samples in each bin of each box, interpolated bilinearly.

    The maps of a pyramid are laid end to end, so that every box is sampled once, from its own.
    """
    level = pyramid_level(boxes, first, len(maps))
    device, dtype = boxes.device, boxes.dtype
    heights = torch.tensor([one.size(2) for one in maps], device=device)
    widths = torch.tensor([one.size(3) for one in maps], device=device)
    before = torch.cumsum(heights * widths, 0) - heights * widths
    start = before[level].unsqueeze(-1).unsqueeze(-1)
    height, width = heights[level].unsqueeze(-1), widths[level].unsqueeze(-1)
    scaled = boxes * torch.tensor(scales, device=device, dtype=dtype)[level].unsqueeze(-1)
    y = sample_points(scaled[..., 1], scaled[..., 3], size[0], sampling, aligned)
    x = sample_points(scaled[..., 0], scaled[..., 2], size[1], sampling, aligned)
    inside = ((y >= -1) & (y <= height)).unsqueeze(-1) & ((x >= -1) & (x <= width)).unsqueeze(-2)
    y, x = torch.minimum(y.clamp(min=0.0), height - 1), torch.minimum(x.clamp(min=0.0), width - 1)
    values = torch.cat([one.flatten(2) for one in maps], dim=2)
    total = torch.zeros([1], dtype=values.dtype, device=device)
    for below in [False, True]:
        row = torch.minimum(y.long() + int(below), height - 1)
        tall = y - y.floor() if below else 1 - (y - y.floor())
        for beside in [False, True]:
            column = torch.minimum(x.long() + int(beside), width - 1)
            wide = x - x.floor() if beside else 1 - (x - x.floor())
            place = start + row.unsqueeze(-1) * width.unsqueeze(-1) + column.unsqueeze(-2)
            weight = torch.where(inside, tall.unsqueeze(-1) * wide.unsqueeze(-2), 0.0)
            total = total + taken(values, place) * weight.unsqueeze(2)
    return F.avg_pool2d(total.flatten(0, 1), sampling).reshape(
        [boxes.size(0), boxes.size(1), values.size(1)] + size
    )


class RoIAlign(nn.Module):
    """The mean of samples in each bin of each box, interpolated bilinearly."""

    def __init__(
        self, size: tuple[int, int], scale: float, sampling: int = 2, aligned: bool = False
    ) -> None:
        super().__init__()
        self.size = list(size)
        self.scale = scale
        self.sampling = sampling
        self.aligned = aligned

    def forward(self, x: Tensor, boxes: Tensor) -> Tensor:
        return roi_align([x], boxes, self.size, [self.scale], self.sampling, self.aligned, 0)
