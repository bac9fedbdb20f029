"""Layers by plain torch functions, as docs/layers.md words them: nothing of archc is used here.

Padding is always written out (``F.pad``), averages are sums over counts, so that no rule of torch's
own layers (which is what generated modules use) is taken on trust.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Pair = tuple[int, int]
Sides = tuple[Pair, Pair]
Pad = str | int | Pair | tuple[int, int, int, int]


def sides(pad: Pad, size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> Sides:
    """What is added before and after, along height and width."""
    found: list[Pair] = []
    for axis in (0, 1):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        if pad == "valid":
            found.append((0, 0))
        elif pad == "pad":
            found.append((reach // 2, reach // 2))
        elif pad == "same":
            outputs = -(-size[axis] // stride[axis])
            missing = max((outputs - 1) * stride[axis] + reach - size[axis], 0)
            found.append((missing // 2, missing - missing // 2))
        elif isinstance(pad, int):
            found.append((pad, pad))
        else:
            assert isinstance(pad, tuple)
            found.append((pad[axis], pad[axis]) if len(pad) == 2 else pad[2 * axis : 2 * axis + 2])
    return found[0], found[1]


def padded(x: Tensor, around: Sides, value: float = 0.0) -> Tensor:
    (top, bottom), (left, right) = around
    return F.pad(x, (left, right, top, bottom), value=value)


def map_size(x: Tensor) -> Pair:
    return x.shape[-2], x.shape[-1]


class Conv(nn.Conv2d):
    """A convolution whose padding is worked out for what arrives."""

    def __init__(self, channels: int, width: int, pad: Pad, **arguments: Any) -> None:
        super().__init__(channels, width, **arguments)
        self.rule = pad

    def forward(self, x: Tensor) -> Tensor:
        around = sides(self.rule, map_size(x), self.kernel_size, self.stride, self.dilation)  # type: ignore[arg-type]
        return self._conv_forward(padded(x, around), self.weight, self.bias)


class Pool(nn.Module):
    """Pooling with every rule of padding and rounding."""

    def __init__(
        self,
        kind: str,
        kernel: Pair,
        stride: Pair,
        pad: Pad,
        ceil: bool,
        dilation: Pair,
        count: Any,
    ) -> None:
        super().__init__()
        self.kind, self.kernel, self.stride, self.dilation = kind, kernel, stride, dilation
        self.pad, self.ceil = pad, ceil
        if isinstance(pad, int) and 2 * pad > min(kernel):
            raise RuntimeError("a window could see padding alone")
        self.count_padding = pad != "same" if count is None else count

    def around(self, x: Tensor) -> tuple[Sides, Sides]:
        """The padding, and what a last window of ``ceil`` reaches beyond it."""
        inside = sides(self.pad, map_size(x), self.kernel, self.stride, self.dilation)
        beyond: list[Pair] = []
        for axis in (0, 1):
            size, stride = map_size(x)[axis], self.stride[axis]
            (before, after) = inside[axis]
            reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
            over = size + before + after - reach
            if over < 0:
                raise RuntimeError("the window does not fit")
            outputs = over // stride + 1
            if (
                self.ceil
                and self.pad != "same"
                and over % stride
                and outputs * stride < size + before
            ):
                outputs += 1
            beyond.append((0, max((outputs - 1) * stride + reach - size - before - after, 0)))
        return inside, (beyond[0], beyond[1])

    def forward(self, x: Tensor) -> Tensor:
        inside, beyond = self.around(x)
        if self.kind == "avgpool":
            return self.average(x, inside, beyond)
        sign = -1.0 if self.kind == "minpool" else 1.0
        nothing = float("-inf")
        spread = padded(padded(sign * x, inside, nothing), beyond, nothing)
        return sign * F.max_pool2d(spread, self.kernel, self.stride, 0, self.dilation)

    def average(self, x: Tensor, inside: Sides, beyond: Sides) -> Tensor:
        def add(values: Tensor) -> Tensor:
            return F.avg_pool2d(values, self.kernel, self.stride, divisor_override=1)

        total = add(padded(padded(x, inside), beyond))
        counted = padded(torch.ones_like(x), inside, 1.0 if self.count_padding else 0.0)
        return total / add(padded(counted, beyond))


class Subsample(nn.Module):
    def __init__(self, channels: int, kernel: Pair, stride: Pair) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.ones(channels))
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        added = F.avg_pool2d(x, self.kernel, self.stride, divisor_override=1)
        return added * self.weight[:, None, None] + self.bias[:, None, None]


class LRN(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        half = self.size // 2
        squares = F.pad((x * x).flatten(2).transpose(1, 2), (half, half))
        total = squares.unfold(2, self.size, 1).sum(-1).transpose(1, 2).view_as(x)
        return x / (2 + 1e-4 * total) ** 0.75


class LayerNorm(nn.Module):
    """Over the channels of each position, or over the whole map."""

    def __init__(self, shape: tuple[int, ...], whole: bool) -> None:
        super().__init__()
        size = shape if whole else shape[:1]
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.ones(size))
        self.whole = whole

    def forward(self, x: Tensor) -> Tensor:
        axes = tuple(range(1, x.dim())) if self.whole else (1,)
        mean = x.mean(axes, keepdim=True)
        variance = ((x - mean) ** 2).mean(axes, keepdim=True)
        spread = [1] * (x.dim() - 2) if not self.whole else []
        weight = self.weight.reshape(*self.weight.shape, *spread)
        bias = self.bias.reshape(*self.bias.shape, *spread)
        return (x - mean) / torch.sqrt(variance + 1e-5) * weight + bias


class GroupNorm(nn.Module):
    """Over groups of channels and all positions; a channel a group is instance normalisation."""

    def __init__(self, channels: int, groups: int, affine: bool = True) -> None:
        super().__init__()
        if channels % groups:
            raise RuntimeError("groups do not divide the channels")
        self.groups = groups
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.ones(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        apart = x.unflatten(1, (self.groups, -1))
        axes = tuple(range(2, apart.dim()))
        if torch.Size(apart.shape[2:]).numel() == 1:
            raise RuntimeError("torch normalises no single value")
        mean = apart.mean(axes, keepdim=True)
        variance = ((apart - mean) ** 2).mean(axes, keepdim=True)
        y = ((apart - mean) / torch.sqrt(variance + 1e-5)).flatten(1, 2)
        if self.weight is None or self.bias is None:
            return y
        return y * self.weight[:, None, None] + self.bias[:, None, None]


class Linear(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))


class Function(nn.Module):
    """A layer without weights."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def spread_product(values: list[Tensor]) -> Tensor:
    """A product in which a vector stands for a map of one position."""
    most = max(value.dim() for value in values)
    total = torch.ones(())
    for value in values:
        total = total * value.reshape(*value.shape, *[1] * (most - value.dim()))
    return total


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": lambda x: x.clamp(min=0),
    "relu6": lambda x: x.clamp(0, 6),
    "leaky": lambda x: torch.where(x >= 0, x, 0.01 * x),
    "leaky 0.2": lambda x: torch.where(x >= 0, x, 0.2 * x),
    "elu": lambda x: torch.where(x >= 0, x, torch.exp(x.clamp(max=0)) - 1),
    "elu 0.5": lambda x: torch.where(x >= 0, x, 0.5 * (torch.exp(x.clamp(max=0)) - 1)),
    "selu": lambda x: (
        1.0507009873554805
        * torch.where(x >= 0, x, 1.6732632423543772 * (torch.exp(x.clamp(max=0)) - 1))
    ),
    "gelu": lambda x: x * 0.5 * (1 + torch.erf(x / 2**0.5)),
    "gelu tanh": lambda x: (
        0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
    ),
    "silu": lambda x: x / (1 + torch.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + torch.exp(-x)),
    "tanh": torch.tanh,
    "tanh amplitude=1.7159 slope=(2 / 3)": lambda x: 1.7159 * torch.tanh(2 / 3 * x),
    "hardtanh": lambda x: x.clamp(-1, 1),
    "softplus": lambda x: torch.log1p(torch.exp(-x.abs())) + x.clamp(min=0),
    "softsign": lambda x: x / (1 + x.abs()),
    "softmax": lambda x: torch.exp(x - torch.logsumexp(x, 1, keepdim=True)),
    "logsoftmax": lambda x: x - torch.logsumexp(x, 1, keepdim=True),
}
