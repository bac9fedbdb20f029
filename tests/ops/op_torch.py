"""The slow, sure way: torch runs the layer, and says what comes out and what it counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from archc.ops.base import Op, Shape, ShapeError
from archc.ops.spatial import Sides


def zeros(shape: tuple[int, ...], device: str = "meta") -> Tensor:
    """A tensor of a shape in the papers' order, laid out as torch has it, with a batch of 1."""
    if len(shape) == 3:
        height, width, channels = shape
        shape = (channels, height, width)
    return torch.zeros((1, *shape), device=device)


def papers(tensor: Tensor) -> tuple[int, ...]:
    """The shape of a tensor with a batch of 1, in the papers' order."""
    _, *shape = tensor.shape
    if len(shape) == 3:
        channels, height, width = shape
        return height, width, channels
    return tuple(shape)


def run(function: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> tuple[Any, int]:
    """Output shape and multiply-accumulates (torch counts two operations for each)."""
    with FlopCounterMode(display=False) as counter:
        result = function(zeros(shape))
    return papers(result), counter.get_total_flops() // 2


def trained(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def pad_sides(sides: tuple[Sides, Sides], value: float = 0.0) -> Callable[[Tensor], Tensor]:
    (top, bottom), (left, right) = sides
    return lambda x: F.pad(x, (left, right, top, bottom), value=value)  # type: ignore[arg-type]


def attempt(function: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Any:
    """Output shape as torch has it, or None where torch refuses."""
    try:
        return papers(function(zeros(shape)))
    except RuntimeError:
        return None


def inferred(op: Op, shape: Shape) -> Shape | None:
    """Output shape as the layer has it, or None where it refuses."""
    try:
        return op.shape(shape)
    except ShapeError:
        return None


def seen(
    function: Callable[[Tensor], Tensor], shape: tuple[int, int, int], least: float = 0.0
) -> Any:
    """For each output position of one row and one column, the input rows and columns it reads.

    Two lists: of sets of rows, and of sets of columns. Gradients up to ``least`` count as none.
    """
    torch.manual_seed(0)
    height, width, channels = shape
    x = torch.rand(1, channels, height, width, requires_grad=True)
    y = function(x).sum(dim=1)[0]
    rows, columns = [], []
    for i in range(y.shape[0]):
        (grad,) = torch.autograd.grad(y[i].sum(), x, retain_graph=True)
        rows.append(set((grad.abs().sum(dim=(0, 1, 3)) > least).nonzero().flatten().tolist()))
    for j in range(y.shape[1]):
        (grad,) = torch.autograd.grad(y[:, j].sum(), x, retain_graph=True)
        columns.append(set((grad.abs().sum(dim=(0, 1, 2)) > least).nonzero().flatten().tolist()))
    return rows, columns


def reached(op: Op, shape: tuple[int, int, int]) -> Any:
    """The same from the layer's ``reach``, as first and last input position of each output's."""
    out = op.shape(shape)
    reach = op.reach(shape)
    axes = []
    for axis in (0, 1):
        size, length = shape[axis], out[axis]
        spans = []
        for i in range(length):  # type: ignore[arg-type]
            if reach == "whole":
                spans.append((0, size - 1))
                continue
            one = reach[axis]
            low = one.offset + i * one.stride
            first, last = -(-low // one.zoom), (low + one.size - 1) // one.zoom
            spans.append((max(first, 0), min(last, size - 1)))
        axes.append(spans)
    return axes


def ends(positions: set[int]) -> tuple[int, int]:
    return min(positions), max(positions)
