"""LRN, grouped and partial convolution against slow references, written from the papers."""

from __future__ import annotations

import pytest
import torch
from live import body, live, same_with_gradient
from torch import Tensor


@pytest.mark.parametrize(
    ("words", "size", "alpha"), [("5", 5, 1e-4), ("3 alpha=2", 3, 2.0), ("4 mean alpha=2", 4, 0.5)]
)
def test_lrn(words: str, size: int, alpha: float) -> None:
    """Krizhevsky et al. 2012, Section 3.3: a/(k + alpha · Σ a²)^beta, the sum over the kernel maps
    from max(0, i − n/2) to min(N − 1, i + n/2); of an even n one fewer on that side."""
    _, module = live(body(f"lrn {words}", "x: HxWx7"))
    torch.manual_seed(0)
    x = torch.randn(2, 7, 2, 3).double()

    def reference(x: Tensor) -> Tensor:
        maps = []
        for i in range(7):
            first, last = max(0, i - size // 2), min(6, i + (size - 1) // 2)
            total = sum(x[:, j] ** 2 for j in range(first, last + 1))
            maps.append(x[:, i] / (2 + alpha * total) ** 0.75)
        return torch.stack(maps, dim=1)

    same_with_gradient(module, reference, x)


def convolved(x: Tensor, weight: Tensor, reads: list[int], stride: int, pad: int) -> Tensor:
    """One output map: at each position the sum over a window of the maps that it reads."""
    height, width, kernel = x.size(2), x.size(3), weight.size(-1)
    rows = []
    for top in range(-pad, height + pad - kernel + 1, stride):
        row = []
        for left in range(-pad, width + pad - kernel + 1, stride):
            total = x.new_zeros(x.size(0))
            for number, channel in enumerate(reads):
                for i in range(kernel):
                    for j in range(kernel):
                        if 0 <= top + i < height and 0 <= left + j < width:
                            pixel = x[:, channel, top + i, left + j]
                            total = total + pixel * weight[number, i, j]
            row.append(total)
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows, dim=-2)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_grouped_convolution(groups: int) -> None:
    """Krizhevsky et al. 2012, Section 3.2: an output map reads the maps of its own group alone."""
    _, module = live(body(f"conv 3x3/2 6 pad=1 groups={groups}", "x: HxWx6"))
    weight, bias = (p.detach() for p in module.parameters())
    torch.manual_seed(0)
    x = torch.randn(2, 6, 5, 4).double()

    def reference(x: Tensor) -> Tensor:
        maps = []
        for out in range(6):
            first = out // (6 // groups) * (6 // groups)
            reads = list(range(first, first + 6 // groups))
            maps.append(convolved(x, weight[out], reads, 2, 1) + bias[out])
        return torch.stack(maps, dim=1)

    same_with_gradient(module, reference, x)


def test_partial_convolution() -> None:
    """LeCun et al. 1998, Table I: each map of C3 reads maps of S2 of its own."""
    table = [[0, 1, 2], [1, 3], [3], [0, 2, 3]]
    _, module = live(body(f"conv 2x2 4 connections={table}", "x: HxWx4"))
    weight, bias = (p.detach() for p in module.parameters())
    torch.manual_seed(0)
    x = torch.randn(2, 4, 4, 5).double()
    starts = [0, 3, 5, 6, 9]

    def reference(x: Tensor) -> Tensor:
        maps = [
            convolved(x, weight[starts[out] : starts[out + 1]], reads, 1, 0) + bias[out]
            for out, reads in enumerate(table)
        ]
        return torch.stack(maps, dim=1)

    same_with_gradient(module, reference, x)
