"""The zoo's networks written by hand in PyTorch, from the papers and the documents' listings.

They share nothing with archc: their counts are the other side of the comparison in
``test_totals.py``. Each function returns a module for one image of the size given there; modules
are made on the meta device, where nothing is allocated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Layers = list[nn.Module]


def _classifier(inputs: int, classes: int) -> Layers:
    hidden = [nn.Flatten(), nn.Linear(inputs, 4096), nn.ReLU(), nn.Dropout()]
    return [*hidden, nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, classes)]


def _conv(i: int, o: int, k: int, stride: int = 1, padding: int = 0, groups: int = 1) -> Layers:
    return [nn.Conv2d(i, o, k, stride, padding, groups=groups), nn.ReLU()]


class Table(nn.Conv2d):
    """A convolution some of whose connections are cut. ``left`` is how many weights remain."""

    def __init__(self, rows: Sequence[Sequence[int]], kernel: int, maps: int) -> None:
        super().__init__(maps, len(rows), kernel)
        self.left = sum(map(len, rows)) * kernel * kernel


class Subsample(nn.Module):
    """LeNet-5's pooling: a coefficient and a bias for each map."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(maps, 1, 1))
        self.bias = nn.Parameter(torch.empty(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.coefficient * 4 * nn.functional.avg_pool2d(x, 2) + self.bias


def lenet5() -> nn.Module:
    # LeCun et al. 1998, Table I, row by row: the C3 maps that read each S2 map
    reads = ["XXX", ".XXX", "..XXX", "...XXX", "X...XX", "XX...X", "XXXX", ".XXXX", "..XXXX"]
    reads += ["X..XXX", "XX..XX", "XXX..X", "XX.XX", ".XX.XX", "X.XX.X", "XXXXXX"]
    rows = [[i for i, mark in enumerate(row) if mark == "X"] for row in reads]
    return nn.Sequential(
        *[nn.Conv2d(1, 6, 5), nn.Tanh(), Subsample(6), nn.Tanh()],
        *[Table(rows, 5, 6), nn.Tanh(), Subsample(16), nn.Tanh()],
        *[nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh()],
    )


def lenet(channels: int, padding: int, side: int, classes: int) -> nn.Module:
    pool = nn.AvgPool2d(2)
    dense = [nn.Linear(16 * side * side, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()]
    first, second = _conv(channels, 6, 5, 1, padding), _conv(6, 16, 5, 1, padding)
    return nn.Sequential(*first, pool, *second, pool, nn.Flatten(), *dense, nn.Linear(84, classes))


def alexnet(
    channels: int, padding: int, groups: int, last: int, side: int, classes: int
) -> nn.Module:
    pool = nn.MaxPool2d(3, 2)
    return nn.Sequential(
        *_conv(channels, 96, 11, 4, padding),
        pool,
        *_conv(96, 256, 5, 1, 2, groups),
        pool,
        *_conv(256, 384, 3, 1, 1),
        *_conv(384, 384, 3, 1, 1, groups),
        *_conv(384, last, 3, 1, 1, groups),
        pool,
        *_classifier(last * side * side, classes),
    )


def zfnet(widths: Sequence[int]) -> nn.Module:
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    a, b, c = widths
    return nn.Sequential(
        *[*_conv(3, 96, 7, 2, 1), pool, *_conv(96, 256, 5, 2), pool],
        *[*_conv(256, a, 3, 1, 1), *_conv(a, b, 3, 1, 1), *_conv(b, c, 3, 1, 1), pool],
        *_classifier(c * 36, 1000),
    )


def vgg(stages: str, channels: int = 3, classes: int = 1000) -> nn.Module:
    """``stages`` lists the windows of each stage: "3 3 33 33 33" is configuration A."""
    layers: Layers = []
    width = 64
    for i, stage in enumerate(stages.split()):
        width = [64, 128, 256, 512, 512][i]
        for window in map(int, stage):
            layers += _conv(channels, width, window, 1, window // 2)
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, *_classifier(width * 49, classes))


def vgg_small() -> nn.Module:
    layers: Layers = []
    channels = 1
    for width in (8, 16, 32, 64, 128):
        layers += [*_conv(channels, width, 3, 1, 1), *_conv(width, width, 3, 1, 1), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*layers, *_classifier(128 * 49, 2))


class Branches(nn.Module):
    """Branches that read the same map and whose maps are stacked."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


def inception(i: int, a: int, b: int, c: int, d: int, e: int, f: int) -> nn.Module:
    return Branches(
        nn.Sequential(*_conv(i, a, 1)),
        nn.Sequential(*_conv(i, b, 1), *_conv(b, c, 3, 1, 1)),
        nn.Sequential(*_conv(i, d, 1), *_conv(d, e, 5, 1, 2)),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), *_conv(i, f, 1)),
    )


class GoogLeNet(nn.Module):
    def __init__(self, heads: bool, separable: bool = False) -> None:
        super().__init__()
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        first = _conv(3, 64, 7, 2, 3)
        if separable:
            first = [nn.Conv2d(3, 24, 7, 2, 3, groups=3, bias=False), *_conv(24, 64, 1)]
        self.stem = nn.Sequential(
            *[*first, pool, *_conv(64, 64, 1), *_conv(64, 192, 3, 1, 1), pool],
            *[inception(192, 64, 96, 128, 16, 32, 32), inception(256, 128, 128, 192, 32, 96, 64)],
            *[pool, inception(480, 192, 96, 208, 16, 48, 64)],
        )
        self.middle = nn.Sequential(
            inception(512, 160, 112, 224, 24, 64, 64),
            inception(512, 128, 128, 256, 24, 64, 64),
            inception(512, 112, 144, 288, 32, 64, 64),
        )
        self.end = nn.Sequential(
            *[inception(528, 256, 160, 320, 32, 128, 128), pool],
            inception(832, 256, 160, 320, 32, 128, 128),
            inception(832, 384, 192, 384, 48, 128, 128),
            *[nn.AvgPool2d(7), nn.Flatten(), nn.Linear(1024, 1000)],
        )
        self.heads = nn.ModuleList([self.head(512), self.head(528)] if heads else [])

    @staticmethod
    def head(maps: int) -> nn.Module:
        dense = [nn.Flatten(), nn.Linear(2048, 1024), nn.ReLU(), nn.Linear(1024, 1000)]
        return nn.Sequential(nn.AvgPool2d(5, 3), *_conv(maps, 128, 1), *dense)

    def forward(self, x: Tensor) -> list[Tensor]:
        early = self.stem(x)
        late = self.middle(early)
        taps = zip(self.heads, (early, late), strict=False)
        return [head(value) for head, value in taps] + [self.end(late)]


def naive_inception() -> nn.Module:
    ways = (nn.Conv2d(256, 128, 1), nn.Conv2d(256, 192, 3, 1, 1), nn.Conv2d(256, 96, 5, 1, 2))
    return Branches(*ways, nn.MaxPool2d(3, 1, 1))


Unit = Callable[[int, int, int], nn.Module]


def _bn(i: int, o: int, k: int, stride: int = 1) -> Layers:
    return [nn.Conv2d(i, o, k, stride, k // 2, bias=False), nn.BatchNorm2d(o)]


class Residual(nn.Module):
    def __init__(self, main: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.main, self.shortcut = main, shortcut

    def forward(self, x: Tensor) -> Tensor:
        value, same = self.main(x), self.shortcut(x)
        more = value.shape[1] - same.shape[1]
        return torch.relu(value + nn.functional.pad(same, (0, 0, 0, 0, 0, more)))


class Gate(nn.Module):
    def __init__(self, maps: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(maps, maps // 16), nn.Linear(maps // 16, maps)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


def _shortcut(i: int, o: int, stride: int, parameters: bool) -> nn.Module:
    if i == o and stride == 1:
        return nn.Identity()
    return nn.Sequential(*_bn(i, o, 1, stride)) if parameters else nn.MaxPool2d(1, stride)


def basic(parameters: bool) -> Unit:
    def unit(i: int, width: int, stride: int) -> nn.Module:
        main = nn.Sequential(*_bn(i, width, 3, stride), nn.ReLU(), *_bn(width, width, 3))
        return Residual(main, _shortcut(i, width, stride, parameters))

    return unit


def plain(i: int, width: int, stride: int) -> nn.Module:
    return nn.Sequential(*_bn(i, width, 3, stride), nn.ReLU(), *_bn(width, width, 3), nn.ReLU())


def bottleneck(strided: int, gated: bool = False) -> Unit:
    def unit(i: int, width: int, stride: int) -> nn.Module:
        first, second = (stride, 1) if strided == 1 else (1, stride)
        main = [*_bn(i, width, 1, first), nn.ReLU(), *_bn(width, width, 3, second), nn.ReLU()]
        main += _bn(width, 4 * width, 1)
        if gated:
            main.append(Gate(4 * width))
        return Residual(nn.Sequential(*main), _shortcut(i, 4 * width, stride, True))

    return unit


def resnet(unit: Unit, expansion: int, depths: Sequence[int]) -> nn.Module:
    layers: Layers = [*_bn(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for i, depth in enumerate(depths):
        width = 64 * 2**i
        for j in range(depth):
            layers.append(unit(channels, width, 2 if i > 0 and j == 0 else 1))
            channels = expansion * width
    ending = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000)]
    return nn.Sequential(*layers, *ending)


def densenet(depths: Sequence[int], growth: int) -> nn.Module:
    def pre(i: int, o: int, k: int) -> Layers:
        return [nn.BatchNorm2d(i), nn.ReLU(), nn.Conv2d(i, o, k, 1, k // 2, bias=False)]

    channels = 2 * growth
    layers: Layers = [*_bn(3, channels, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    for i, depth in enumerate(depths):
        if i:
            layers += [*pre(channels, channels // 2, 1), nn.AvgPool2d(2)]
            channels //= 2
        for _ in range(depth):
            new = nn.Sequential(*pre(channels, 4 * growth, 1), *pre(4 * growth, growth, 3))
            layers.append(Branches(nn.Identity(), new))
            channels += growth
    ending = [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *ending, nn.Linear(channels, 1000))


def keras_simple() -> nn.Module:
    pool = nn.MaxPool2d(2)
    convolutions = [*_conv(1, 8, 3, 1, 1), pool, *_conv(8, 16, 3), pool, *_conv(16, 16, 3)]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(256, 64), nn.Linear(64, 10))


def keras_flower() -> nn.Module:
    pool = nn.MaxPool2d(2)
    stages = [*_conv(3, 16, 3, 1, 1), pool, *_conv(16, 32, 3, 1, 1), pool]
    stages += [*_conv(32, 64, 3, 1, 1), pool]
    return nn.Sequential(*stages, nn.Flatten(), nn.Linear(22 * 22 * 64, 128), nn.Linear(128, 5))


def keras_bn() -> nn.Module:
    layers: Layers = []
    channels = 1
    for width, stride in [(32, 1), (64, 1), (128, 2)] * 2:
        layers += [nn.Conv2d(channels, width, 2, stride), nn.Sigmoid(), nn.BatchNorm2d(width)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(3200, 128), nn.Linear(128, 10))
