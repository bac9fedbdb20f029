"""What generated modules bring along: layers that torch has not, or has otherwise.

This file is never imported by archc. A generated module that uses one of these classes or functions
holds a copy of its source, as it stands here, with those that it needs in turn. So everything
here scripts, exports and compiles, and reads as part of a generated file does.
"""

# torch's own signatures are not fully typed:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def chain(**layers: nn.Module) -> nn.Sequential:
    """Named layers, one after another."""
    return nn.Sequential(OrderedDict(layers))


class Add(nn.ModuleList):
    """The sum of what the branches make of their input."""

    def forward(self, x: Tensor) -> Tensor:
        values: list[Tensor] = [branch(x) for branch in self]
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total


class Mul(nn.ModuleList):
    """The product of what the branches make of their input."""

    def forward(self, x: Tensor) -> Tensor:
        values: list[Tensor] = [branch(x) for branch in self]
        total = values[0]
        for value in values[1:]:
            total = total * value
        return total


class Gate(nn.ModuleList):
    """The product of what the branches make of their input: vectors scale whole maps."""

    def forward(self, x: Tensor) -> Tensor:
        return gated([branch(x) for branch in self])


def gated(values: list[Tensor]) -> Tensor:
    """The product of tensors; one with fewer axes is spread over the others'."""
    axes = max([value.dim() for value in values])
    total = torch.ones(1, dtype=values[0].dtype, device=values[0].device)
    for value in values:
        if axes in (3, 5) and value.dim() == 2:
            value = value.unsqueeze(1)
        while value.dim() < axes:
            value = value.unsqueeze(-1)
        total = total * value
    return total


class Concat(nn.ModuleList):
    """What the branches make of their input, joined along an axis: the channels."""

    def __init__(self, branches: list[nn.Module], dim: int = 1) -> None:
        super().__init__(branches)
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self], dim=self.dim)


def steps(x: Tensor) -> Tensor:
    """A sequence; a vector is a sequence of one step."""
    return x.unsqueeze(1) if x.dim() == 2 else x


class FullyConnected(nn.Linear):
    """A linear layer over a whole map: channels, height and width are flattened."""

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(torch.flatten(input, -3), self.weight, self.bias)


class PaddedConv2d(nn.Conv2d):
    """A convolution that pads by (left, right, top, bottom)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        pad: tuple[int, int, int, int],
        stride: int | tuple[int, int] = 1,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.pad = list(pad)

    def forward(self, input: Tensor) -> Tensor:
        input = F.pad(input, self.pad)
        return F.conv2d(input, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def same_pad(x: Tensor, kernel: list[int], stride: list[int], dilation: list[int]) -> list[int]:
    """Padding (left, right, top, bottom) to an output of size in/stride rounded up, the extra at
    the end, as TensorFlow pads."""
    height, width = x.size(-2), x.size(-1)
    rows = (height + stride[0] - 1) // stride[0]
    columns = (width + stride[1] - 1) // stride[1]
    tall = max((rows - 1) * stride[0] + dilation[0] * (kernel[0] - 1) + 1 - height, 0)
    wide = max((columns - 1) * stride[1] + dilation[1] * (kernel[1] - 1) + 1 - width, 0)
    return [wide // 2, wide - wide // 2, tall // 2, tall - tall // 2]


def pair(size: int | tuple[int, int]) -> list[int]:
    """Height and width."""
    return [size, size] if isinstance(size, int) else list(size)


class SameConv2d(nn.Conv2d):
    """A convolution whose output has the size in/stride, rounded up."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.geometry = pair(kernel_size), pair(stride), pair(dilation)

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride, dilation = self.geometry
        input = F.pad(input, same_pad(input, kernel, stride, dilation))
        return F.conv2d(input, self.weight, self.bias, stride, 0, dilation, self.groups)


class ConnectedConv2d(nn.Module):
    """A convolution whose output channels read each its own input channels.

    Only the connected kernels are stored: ``weight`` has one for each pair of an output channel and
    an input channel that it reads, in that order.
    """

    def __init__(
        self,
        in_channels: int,
        connections: list[list[int]],
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        pad: tuple[int, int, int, int] = (0, 0, 0, 0),
        dilation: int | tuple[int, int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        pairs = [(row, column) for row, reads in enumerate(connections) for column in reads]
        kernel = pair(kernel_size)
        self.rows = [row for row, _ in pairs]
        self.columns = [column for _, column in pairs]
        self.fan_in = [len(reads) * kernel[0] * kernel[1] for reads in connections]
        self.size = [len(connections), in_channels, kernel[0], kernel[1]]
        self.stride, self.dilation, self.pad = pair(stride), pair(dilation), list(pad)
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel[0], kernel[1]))
        self.bias = nn.Parameter(torch.empty(len(connections))) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """As torch's own layers begin: uniform in ±1/√n, n the values read."""
        self.draw([count**-0.5 for count in self.fan_in])

    def draw(self, bounds: list[float]) -> None:
        """Weights and biases from a uniform distribution; a bound for each output channel."""
        with torch.no_grad():
            for kernel, row in enumerate(self.rows):
                self.weight[kernel].uniform_(-bounds[row], bounds[row])
            if self.bias is not None:
                for row, bound in enumerate(bounds):
                    self.bias[row].uniform_(-bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        rows = torch.tensor(self.rows, device=x.device)
        columns = torch.tensor(self.columns, device=x.device)
        weight = torch.zeros(self.size, dtype=self.weight.dtype, device=x.device)
        weight = weight.index_put((rows, columns), self.weight)
        x = F.pad(x, self.pad)
        return F.conv2d(x, weight, self.bias, self.stride, 0, self.dilation)


class RBF(nn.Module):
    """Squared distances from targets that are set by hand and not trained, all +1 or -1."""

    targets: Tensor

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        signs = torch.randint(0, 2, (out_features, in_features))
        self.register_buffer("targets", 2.0 * signs - 1.0)

    def forward(self, x: Tensor) -> Tensor:
        return (torch.flatten(x, 1).unsqueeze(1) - self.targets).square().sum(-1)


class LocalContrastNorm(nn.Module):
    """Subtracts the mean of each value's neighbourhood in all channels, then divides by the
    standard deviation there, or by that deviation's mean over the map where it is larger."""

    window: Tensor

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.size = size
        place = torch.arange(size) - (size - 1) / 2
        bell = torch.exp(-0.5 * (place / (size / 4)) ** 2)
        window = bell[:, None] * bell[None, :]
        window = window / (window.sum() * channels)
        self.register_buffer("window", window.repeat(1, channels, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x - F.conv2d(x, self.window, padding=self.size // 2)
        deviation = F.conv2d(x * x, self.window, padding=self.size // 2).sqrt()
        mean = deviation.mean(dim=[2, 3], keepdim=True)
        return x / torch.maximum(deviation, mean)


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels at each position of a map."""

    def forward(self, input: Tensor) -> Tensor:
        input = input.permute(0, 2, 3, 1)
        input = F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)
        return input.permute(0, 3, 1, 2)


class StepNorm(nn.BatchNorm1d):
    """Batch normalisation of the channels of a sequence, over the batch and all steps."""

    def forward(self, input: Tensor) -> Tensor:
        x = F.batch_norm(
            input.transpose(1, 2),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            self.momentum or 0.0,
            self.eps,
        )
        return x.transpose(1, 2)


def without(norm: nn.Module, parameter: str) -> nn.Module:
    """A normalisation without its scale (``weight``) or its shift (``bias``)."""
    norm.register_parameter(parameter, None)
    return norm


class ScaledTanh(nn.Module):
    """amplitude · tanh(slope · x)."""

    def __init__(self, amplitude: float, slope: float) -> None:
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        return self.amplitude * torch.tanh(self.slope * x)


class Maxout(nn.Module):
    """The largest of each run of channels."""

    def __init__(self, pieces: int, dim: int = 1) -> None:
        super().__init__()
        self.pieces = pieces
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return x.unfold(self.dim, self.pieces, self.pieces).amax(-1)


class Widen(nn.Module):
    """Channels of zeros after those that arrive."""

    def __init__(self, zeros: int, dim: int = -3) -> None:
        super().__init__()
        self.pad = [0, 0] * (-dim - 1) + [0, zeros]

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.pad)


class Rescale(nn.Module):
    """x · scale + offset."""

    def __init__(self, scale: float, offset: float = 0.0) -> None:
        super().__init__()
        self.scale = scale
        self.offset = offset

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale + self.offset
