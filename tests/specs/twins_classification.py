"""Classification networks after the first ones, written by hand in PyTorch as ``twins.py`` is.

``TWINS`` of this file and its neighbours ``twins_*.py`` has, for each network as ``test_totals.py``
calls it, what makes the module and the input that it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import twins as t
from torch import Tensor, nn
from twins import Branches, Layers

Pair = tuple[Callable[[], nn.Module], tuple[int, ...]]


def perceptron(*widths: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), *[nn.Linear(a, b) for a, b in pairwise(widths)])


def mlpconv(i: int, window: int, stride: int, padding: int, *widths: int) -> Layers:
    layers = t._conv(i, widths[0], window, stride, padding)
    for a, b in pairwise(widths):
        layers += t._conv(a, b, 1)
    return layers


def nin(classes: int = 1000) -> nn.Module:
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    return nn.Sequential(
        *[*mlpconv(3, 11, 4, 0, 96, 96, 96), pool],
        *[*mlpconv(96, 5, 1, 2, 256, 256, 256), pool],
        *[*mlpconv(256, 3, 1, 1, 384, 384, 384), pool],
        *[*mlpconv(384, 3, 1, 1, 1024, 1024, classes), nn.AvgPool2d(6), nn.Flatten()],
    )


def nin_cifar() -> nn.Module:
    return nn.Sequential(
        *[*mlpconv(3, 5, 1, 2, 192, 160, 96), nn.MaxPool2d(3, 2, ceil_mode=True)],
        *[*mlpconv(96, 5, 1, 2, 192, 192, 192), nn.AvgPool2d(3, 2, ceil_mode=True)],
        *[*mlpconv(192, 3, 1, 1, 192, 192, 10), nn.AvgPool2d(8), nn.Flatten()],
    )


class Pyramid(nn.Module):
    """The largest values of 7x7, 3x3, 2x2 and 1x1 parts of each map."""

    def forward(self, x: Tensor) -> Tensor:
        parts = (nn.functional.adaptive_max_pool2d(x, n).flatten(1) for n in (7, 3, 2, 1))
        return torch.cat(list(parts), 1)


def prelu_net(depth: int, widths: Sequence[int]) -> nn.Module:
    layers: Layers = [nn.Conv2d(3, 96, 7, 2, 3), nn.PReLU(96)]
    channels = 96
    for width in widths:
        layers.append(nn.MaxPool2d(2))
        for _ in range(depth):
            layers += [nn.Conv2d(channels, width, 3, 1, 1), nn.PReLU(width)]
            channels = width
    dense = [nn.Linear(channels * (49 + 9 + 4 + 1), 4096), nn.PReLU(4096)]
    dense += [nn.Linear(4096, 4096), nn.PReLU(4096), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers, Pyramid(), *dense)


class Transformed(nn.Module):
    """An image moved as one network says, and read by others."""

    def __init__(self, says: nn.Module, body: nn.Module, *heads: nn.Module) -> None:
        super().__init__()
        self.says, self.body, self.heads = says, body, nn.ModuleList(heads)

    def forward(self, x: Tensor) -> list[Tensor]:
        theta = self.says(x).reshape(-1, 2, 3)
        grid = nn.functional.affine_grid(theta, list(x.shape), align_corners=False)
        value = self.body(nn.functional.grid_sample(x, grid, align_corners=False))
        return [head(value) for head in self.heads]


def stages(channels: int, window: int, *widths: Sequence[int]) -> Layers:
    """Convolutions that keep the size of the map; stages are joined by poolings that halve it."""
    layers: Layers = []
    for number, stage in enumerate(widths):
        if number:
            layers.append(nn.MaxPool2d(2))
        for width in stage:
            layers += t._conv(channels, width, window, 1, window // 2)
            channels = width
    return layers


def stn() -> nn.Module:
    pool = nn.MaxPool2d(2)
    says = [*t._conv(3, 32, 5, 1, 2), pool, *t._conv(32, 32, 5, 1, 2), nn.Flatten()]
    says += [nn.Linear(32 * 32 * 32, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU()]
    body = stages(3, 5, [48], [64, 128], [160, 192], [192, 192], [192])
    dense = [nn.Linear(192 * 4 * 4, 3072), nn.Linear(3072, 3072), nn.Linear(3072, 3072)]
    heads = [nn.Linear(3072, 11) for _ in range(5)]
    return Transformed(
        nn.Sequential(*says, nn.Linear(32, 6)), nn.Sequential(*body, nn.Flatten(), *dense), *heads
    )


def stn_mnist() -> nn.Module:
    pool = nn.MaxPool2d(2)
    says = [*t._conv(1, 8, 7), pool, *t._conv(8, 10, 5), pool, nn.Flatten(), nn.Linear(90, 32)]
    body = [*t._conv(1, 10, 5), pool, *t._conv(10, 20, 5), pool, nn.Flatten(), nn.Linear(320, 50)]
    return Transformed(
        nn.Sequential(*says, nn.Linear(32, 6)), nn.Sequential(*body), nn.Linear(50, 10)
    )


class ActivationMap(nn.Module):
    """The classes' weights on the maps, and on their averages."""

    def __init__(self, body: nn.Module, maps: int) -> None:
        super().__init__()
        self.body, self.weights = body, nn.Conv2d(maps, 1000, 1, bias=False)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = self.body(x)
        return [self.weights(features), self.weights(features.mean((2, 3), keepdim=True))]


def googlenet_cam() -> nn.Module:
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    rows = [
        *[(192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64)],
        *[(480, 192, 96, 208, 16, 48, 64), (512, 160, 112, 224, 24, 64, 64)],
        *[(512, 128, 128, 256, 24, 64, 64), (512, 112, 144, 288, 32, 64, 64)],
        (528, 256, 160, 320, 32, 128, 128),
    ]
    modules = [t.inception(*row) for row in rows]
    body = [*t._conv(3, 64, 7, 2, 3), pool, *t._conv(64, 64, 1), *t._conv(64, 192, 3, 1, 1), pool]
    body += [*modules[:2], pool, *modules[2:], *t._conv(832, 1024, 3, 1, 1, 2)]
    return ActivationMap(nn.Sequential(*body), 1024)


def vgg16_cam() -> nn.Module:
    body = stages(3, 3, [64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3)
    return ActivationMap(nn.Sequential(*body, *t._conv(512, 1024, 3, 1, 1, 2)), 1024)


def alexnet_cam() -> nn.Module:
    pool = nn.MaxPool2d(3, 2)
    body = [*t._conv(3, 96, 11, 4), pool, *t._conv(96, 256, 5, 1, 2, 2), pool]
    body += [*t._conv(256, 384, 3, 1, 1), *t._conv(384, 384, 3, 1, 1, 2)]
    body += [*t._conv(384, 384, 3, 1, 1, 2), nn.MaxPool2d(3, 1)]
    body += [*t._conv(384, 512, 3, 1, 1, 2), *t._conv(512, 512, 3, 1, 1, 2)]
    return ActivationMap(nn.Sequential(*body), 512)


def dlib_inception() -> nn.Module:
    first = Branches(
        nn.Sequential(*t._conv(1, 10, 1)),
        nn.Sequential(*t._conv(1, 16, 1), *t._conv(16, 10, 3, 1, 1)),
        nn.Sequential(*t._conv(1, 16, 1), *t._conv(16, 10, 5, 1, 2)),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), *t._conv(1, 10, 1)),
    )
    second = Branches(
        nn.Sequential(*t._conv(40, 4, 1)),
        nn.Sequential(*t._conv(40, 4, 3, 1, 1)),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), *t._conv(40, 4, 1)),
    )
    pool = nn.MaxPool2d(2)
    dense = [nn.Flatten(), nn.Linear(588, 32), nn.ReLU(), nn.Linear(32, 10)]
    return nn.Sequential(first, pool, second, pool, *dense)


def cats_and_dogs() -> nn.Module:
    layers: Layers = []
    channels = 3
    for width in (32, 64, 128, 128):
        layers += [*t._conv(channels, width, 3), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(6272, 512), nn.ReLU(), nn.Linear(512, 1))


COLOUR, SMALL = (3, 224, 224), (3, 32, 32)

TWINS: dict[str, Pair] = {
    "mlp:linear_mnist": (lambda: perceptron(784, 10), (1, 28, 28)),
    "mlp:linear_vga": (lambda: perceptron(307200, 10), (1, 640, 480)),
    "mlp:linear_cifar": (lambda: perceptron(3072, 10), SMALL),
    "mlp:linear_three": (lambda: perceptron(4, 3), (4,)),
    "mlp:mlp_2_2_2": (lambda: perceptron(2, 2, 2), (2,)),
    "nin": (nin, COLOUR),
    "nin:nin_cifar": (nin_cifar, SMALL),
    "prelu_net:prelu_net_a": (lambda: prelu_net(5, (256, 512, 512)), COLOUR),
    "prelu_net:prelu_net_b": (lambda: prelu_net(6, (256, 512, 512)), COLOUR),
    "prelu_net:prelu_net_c": (lambda: prelu_net(6, (384, 768, 896)), COLOUR),
    "stn": (stn, (3, 64, 64)),
    "stn:stn_mnist": (stn_mnist, (1, 28, 28)),
    "cam:googlenet_cam": (googlenet_cam, COLOUR),
    "cam:vgg16_cam": (vgg16_cam, COLOUR),
    "cam:alexnet_cam": (alexnet_cam, (3, 227, 227)),
    "dlib_inception": (dlib_inception, (1, 28, 28)),
    "cats_and_dogs:cats_and_dogs_small_1": (cats_and_dogs, (3, 150, 150)),
    "cats_and_dogs:cats_and_dogs_small_2": (cats_and_dogs, (3, 150, 150)),
}
