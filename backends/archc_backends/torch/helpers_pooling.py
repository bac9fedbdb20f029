"""Pooling that generated modules bring along (see helpers.py)."""

# torch's own signatures are not fully typed:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archc_backends.torch.helpers import pair, same_pad


class PaddedMaxPool2d(nn.MaxPool2d):
    """Max pooling that pads by (left, right, top, bottom) with what never wins."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        pad: tuple[int, int, int, int],
        stride: int | tuple[int, int] = 1,
        dilation: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__(kernel_size, stride, 0, dilation)
        self.pad = list(pad)

    def forward(self, input: Tensor) -> Tensor:
        input = F.pad(input, self.pad, value=float("-inf"))
        return F.max_pool2d(input, self.kernel_size, self.stride, 0, self.dilation)


class SameMaxPool2d(nn.Module):
    """Max pooling whose output has the size in/stride, rounded up."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        dilation: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self.geometry = pair(kernel_size), pair(stride), pair(dilation)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride, dilation = self.geometry
        x = F.pad(x, same_pad(x, kernel, stride, dilation), value=float("-inf"))
        return F.max_pool2d(x, kernel, stride, 0, dilation)


class Negated(nn.Module):
    """A pooling of what is negated, negated: the smallest value in place of the largest."""

    def __init__(self, pool: nn.Module) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        largest: Tensor = self.pool(-x)
        return -largest


class PaddedAvgPool2d(nn.Module):
    """Average pooling that pads by (left, right, top, bottom); of the zeros, those of ``counted``
    are among the averaged values, the others are not."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        pad: tuple[int, int, int, int],
        stride: int | tuple[int, int] = 1,
        counted: tuple[int, int, int, int] = (0, 0, 0, 0),
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = pair(kernel_size), pair(stride)
        self.pad, self.counted = list(pad), list(counted)

    def forward(self, x: Tensor) -> Tensor:
        rest = [side - counted for side, counted in zip(self.pad, self.counted)]  # noqa: B905  scripting
        ones = F.pad(F.pad(torch.ones_like(x[:1, :1]), self.counted, value=1.0), rest)
        total = F.avg_pool2d(F.pad(x, self.pad), self.kernel_size, self.stride)
        return total / F.avg_pool2d(ones, self.kernel_size, self.stride)


class SameAvgPool2d(nn.Module):
    """Average pooling whose output has the size in/stride, rounded up; zeros of the padding count
    among the averaged values or do not."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        count_include_pad: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = pair(kernel_size), pair(stride)
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        pad = same_pad(x, self.kernel_size, self.stride, [1, 1])
        total = F.avg_pool2d(F.pad(x, pad), self.kernel_size, self.stride)
        if self.count_include_pad:
            return total
        ones = F.pad(torch.ones_like(x[:1, :1]), pad)
        return total / F.avg_pool2d(ones, self.kernel_size, self.stride)


class Subsample(nn.Module):
    """LeNet-5's subsampling: a window's sum, times a coefficient and plus a bias per channel."""

    def __init__(
        self,
        channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = pair(kernel_size), pair(stride)
        self.weight = nn.Parameter(torch.full((channels,), 1 / self.area()))
        self.bias = nn.Parameter(torch.zeros(channels))

    def area(self) -> int:
        return self.kernel_size[0] * self.kernel_size[1]

    def forward(self, x: Tensor) -> Tensor:
        total = F.avg_pool2d(x, self.kernel_size, self.stride) * self.area()
        return total * self.weight.view(-1, 1, 1) + self.bias.view(-1, 1, 1)
