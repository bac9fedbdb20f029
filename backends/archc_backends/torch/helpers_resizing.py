"""What generated modules bring along for layers that make maps larger, cut or rearrange them.

As helpers.py: never imported by archc, copied into the files that use it; all scripts and exports.
"""

# torch's own signatures are not fully typed:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false
# mypy: disable-error-code="arg-type"

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archc_backends.torch.helpers import pair


class CroppedConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution, its output cut by (left, right, top, bottom)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        cut: tuple[int, int, int, int],
        stride: int | tuple[int, int] = 1,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, 0, 0, groups, bias, dilation
        )
        self.pad = [-side for side in cut]

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        whole = F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, 0, 0, self.groups, self.dilation
        )
        return F.pad(whole, self.pad)


class Unpool(nn.Module):
    """Max unpooling: values where the pooling found them, to the height and width of another map
    if one is given."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = pair(kernel_size), pair(stride), pair(padding)

    def forward(self, x: Tensor, indices: Tensor, like: Tensor | None = None) -> Tensor:
        size = [
            (x.size(axis) - 1) * self.stride[axis] + self.kernel_size[axis] - 2 * self.padding[axis]
            for axis in (-2, -1)
        ]
        if like is not None:
            size = [like.size(-2), like.size(-1)]
        return F.max_unpool2d(x, indices, self.kernel_size, self.stride, self.padding, size)


class Crop(nn.Module):
    """A part of a map, from an offset (top, left) on, or from the middle."""

    def __init__(self, size: tuple[int, int], offset: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.size = list(size)
        self.centered = offset is None
        self.offset = list(offset or (0, 0))

    def forward(self, x: Tensor) -> Tensor:
        height, width = self.size[0], self.size[1]
        top = (x.size(-2) - height) // 2 if self.centered else self.offset[0]
        left = (x.size(-1) - width) // 2 if self.centered else self.offset[1]
        return x[..., top : top + height, left : left + width]


class CropLike(nn.Module):
    """As much of a map as another one is high and wide, from an offset (top, left) on, or from the
    middle."""

    def __init__(self, offset: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.centered = offset is None
        self.offset = list(offset or (0, 0))

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        height, width = like.size(-2), like.size(-1)
        top = (x.size(-2) - height) // 2 if self.centered else self.offset[0]
        left = (x.size(-1) - width) // 2 if self.centered else self.offset[1]
        return x[..., top : top + height, left : left + width]


def reorganised(x: Tensor, block: int) -> Tensor:
    """Each square of a map as one position, its values stacked in the channels."""
    count, channels, height, width = x.size(0), x.size(1), x.size(2) // block, x.size(3) // block
    x = x.reshape(count, channels, height, block, width, block).permute(0, 3, 5, 1, 2, 4)
    return x.reshape(count, block * block * channels, height, width)


class Reorg(nn.Module):
    """Each square of a map as one position, its values stacked in the channels."""

    def __init__(self, block: int) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        return reorganised(x, self.block)


class DarknetReorg(nn.Module):
    """Darknet's reorg layer: fewer and larger maps are reorganised, and the values are then read
    as more and smaller ones."""

    def __init__(self, block: int) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        block, area = self.block, self.block * self.block
        count, channels, height, width = x.size(0), x.size(1), x.size(2), x.size(3)
        x = reorganised(x.reshape(count, channels // area, height * block, width * block), block)
        return x.reshape(count, channels * area, height // block, width // block)


class SpatialPyramidPool(nn.Module):
    """The largest values of n x n bins for each level n, in one vector."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = list(levels)

    def forward(self, x: Tensor) -> Tensor:
        pooled = [torch.flatten(F.adaptive_max_pool2d(x, [n, n]), 1) for n in self.levels]
        return torch.cat(pooled, dim=1)


class SpatialTransform(nn.Module):
    """A map sampled on a grid that the six values of an affine transformation give."""

    def __init__(self, size: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.size = list(size or (0, 0))

    def forward(self, x: Tensor, by: Tensor) -> Tensor:
        shape = list(x.shape)
        if self.size[0] > 0:
            shape = [x.size(0), x.size(1), self.size[0], self.size[1]]
        grid = F.affine_grid(by.view(-1, 2, 3), shape, align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


class Reshape(nn.Module):
    """The same values of each example in another shape; -1 stands for what is left."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = list(shape)

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape([x.size(0)] + self.shape)


class Rows(nn.Module):
    """The channels of each position as rows, position by position."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).reshape(x.size(0), -1, self.width)


class Expand(nn.Module):
    """A vector at each of several steps."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(1).expand(-1, self.count, -1)


class ExpandLike(nn.Module):
    """A vector at each step of a sequence, or at each position of a map."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        if like.dim() == 4:
            return x.unsqueeze(-1).unsqueeze(-1).expand(-1, -1, like.size(2), like.size(3))
        return x.unsqueeze(1).expand(-1, like.size(1), -1)


class Sum(nn.Module):
    """The sum along an axis."""

    def __init__(self, dim: int, keepdim: bool = True) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(dim=self.dim, keepdim=self.keepdim)


class Mean(nn.Module):
    """The mean along an axis."""

    def __init__(self, dim: int, keepdim: bool = True) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=self.dim, keepdim=self.keepdim)


class L2Norm(nn.Module):
    """Channels divided by their Euclidean length, times a trained scale a channel."""

    def __init__(
        self, channels: int, initial: float = 20.0, eps: float = 1e-10, dim: int = 1
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), initial))
        self.eps = eps
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        shape = [1] * x.dim()
        shape[self.dim] = -1
        return F.normalize(x, dim=self.dim, eps=self.eps) * self.weight.view(shape)


def selected(values: list[Tensor], command: Tensor) -> Tensor:
    """The sum of tensors, each times its value of the command: one of them, if that is one-hot."""
    total = torch.zeros_like(values[0])
    for number, value in enumerate(values):
        weight = command[:, number].reshape([-1] + [1] * (value.dim() - 1))
        total = total + weight * value
    return total


class RegionConv2d(nn.Conv2d):
    """A convolution of each region's map."""

    def forward(self, input: Tensor) -> Tensor:
        y = input.flatten(0, 1)
        y = F.conv2d(
            y, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )
        return y.reshape([input.size(0), input.size(1)] + list(y.shape[1:]))


class RegionConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution of each region's map."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        y = F.conv_transpose2d(
            input.flatten(0, 1),
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )
        return y.reshape([input.size(0), input.size(1)] + list(y.shape[1:]))


class RegionBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation over the positions of all regions' maps."""

    def forward(self, input: Tensor) -> Tensor:
        y = F.batch_norm(
            input.flatten(0, 1),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            self.momentum or 0.0,
            self.eps,
        )
        return y.reshape(input.shape)


class PerRegion(nn.Module):
    """A layer that acts on each region's map on its own."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x.flatten(0, 1))
        return y.reshape([x.size(0), x.size(1)] + list(y.shape[1:]))
