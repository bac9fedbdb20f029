"""The Inception networks after GoogLeNet, and Xception, written by hand in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import twins as t
from torch import Tensor, nn
from twins import Branches, Layers

Pair = tuple[Callable[[], nn.Module], tuple[int, ...]]
Pooling = Callable[[], nn.Module]
Step = tuple[Any, ...]
"""Of a convolution: output maps, window, stride, and whether the map keeps its size ("v": not)."""


def average_and_classify(maps: int, classes: int = 1000) -> Layers:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(maps, classes)]


def steps(i: int, bias: bool, scale: bool, *chain: Step | nn.Module) -> nn.Sequential:
    """Convolutions one after another, each with normalisation and ReLU; modules as they are."""
    layers: Layers = []
    for step in chain:
        if isinstance(step, nn.Module):
            layers.append(step)
            continue
        o, window, stride, keeps = (*step, *(1, "same")[len(step) - 2 :])
        k = (window, window) if isinstance(window, int) else window
        padding = (k[0] // 2, k[1] // 2) if keeps == "same" else 0
        norm = nn.BatchNorm2d(o, 0.001)
        if not scale:
            norm.weight = None  # type: ignore[assignment]  # torch has no argument for it
        layers += [nn.Conv2d(i, o, k, stride, padding, bias=bias), norm, nn.ReLU()]
        i = o
    return nn.Sequential(*layers)


def ways(i: int, *branches: Sequence[Step | nn.Module]) -> nn.Module:
    return Branches(*[steps(i, False, True, *branch) for branch in branches])


def halved() -> nn.Module:
    return nn.MaxPool2d(3, 2)


def averaged() -> nn.Module:
    return nn.AvgPool2d(3, 1, 1, count_include_pad=False)


def batch_normalised_inception(google: bool) -> nn.Module:
    bias = scale = not google

    def row(i: int, n1: int, r3: int, n3: int, r33: int, n33: int, pool: Pooling, p: int) -> Any:
        return Branches(
            steps(i, bias, scale, (n1, 1)),
            steps(i, bias, scale, (r3, 1), (n3, 3)),
            steps(i, bias, scale, (r33, 1), (n33, 3), (n33, 3)),
            steps(i, bias, scale, pool(), (p, 1)),
        )

    def down(i: int, r3: int, n3: int, r33: int, n33: int) -> nn.Module:
        return Branches(
            steps(i, bias, scale, (r3, 1), (n3, 3, 2)),
            steps(i, bias, scale, (r33, 1), (n33, 3), (n33, 3, 2)),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )

    average = partial(nn.AvgPool2d, 3, 1, 1)
    largest = partial(nn.MaxPool2d, 3, 1, 1)
    pooled = 96 if google else 128
    c, d = 480 + pooled, 480 + pooled
    first = (
        [nn.Conv2d(3, 24, 7, 2, 3, groups=3, bias=False), nn.Conv2d(24, 64, 1), nn.ReLU()]
        if google
        else [steps(3, bias, scale, (64, 7, 2))]
    )
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    return nn.Sequential(
        *[*first, pool, steps(64, bias, scale, (64, 1), (192, 3)), pool],
        row(192, 64, 64, 64, 64, 96, average, 32),
        row(256, 64, 64, 96, 64, 96, average, 64),
        down(320, 128, 160, 64, 96),
        row(576, 224, 64, 96, 96, 128, average, 128),
        row(576, 192, 96, 128, 96, 128, average, 128),
        row(576, 160, 128, 160, 128, 160, average, pooled),
        row(c, 96, 128, 192, 160, 192, average, pooled),
        down(d, 128, 192, 192, 256),
        row(448 + d, 352, 192, 320, 160, 224, average, 128),
        row(1024, 352, 192, 320, 192, 224, largest, 128),
        *average_and_classify(1024),
    )


class Inception3(nn.Module):
    def __init__(self, auxiliary: bool) -> None:
        super().__init__()

        def a(i: int, p: int) -> nn.Module:
            return ways(
                i,
                [(64, 1)],
                [(48, 1), (64, 5)],
                [(64, 1), (96, 3), (96, 3)],
                [averaged(), (p, 1)],
            )

        def b(n: int) -> nn.Module:
            return ways(
                768,
                [(192, 1)],
                [(n, 1), (n, (1, 7)), (192, (7, 1))],
                [(n, 1), (n, (7, 1)), (n, (1, 7)), (n, (7, 1)), (192, (1, 7))],
                [averaged(), (192, 1)],
            )

        def c(i: int) -> nn.Module:
            spread = ways(384, [(384, (1, 3))], [(384, (3, 1))])
            again = ways(384, [(384, (1, 3))], [(384, (3, 1))])
            return ways(
                i,
                [(320, 1)],
                [(384, 1), spread],
                [(448, 1), (384, 3), again],
                [averaged(), (192, 1)],
            )

        stem = [(32, 3, 2, "v"), (32, 3, 1, "v"), (64, 3), halved(), (80, 1), (192, 3, 1, "v")]
        self.first = nn.Sequential(
            steps(3, False, True, *stem, halved()),
            *[a(192, 32), a(256, 64), a(288, 64)],
            ways(288, [(384, 3, 2, "v")], [(64, 1), (96, 3), (96, 3, 2, "v")], [halved()]),
            *[b(128), b(160), b(160), b(192)],
        )
        tower = [(192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2, "v")]
        self.second = nn.Sequential(
            ways(768, [(192, 1), (320, 3, 2, "v")], tower, [halved()]),
            *[c(1280), c(2048), *average_and_classify(2048)],
        )
        self.head = (
            nn.Sequential(
                *[nn.AvgPool2d(5, 3), steps(768, False, True, (128, 1), (768, 5, 1, "v"))],
                *average_and_classify(768),
            )
            if auxiliary
            else None
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        middle = self.first(x)
        return [self.second(middle)] + ([] if self.head is None else [self.head(middle)])


def stem4() -> Layers:
    one: list[Step] = [(64, 1), (96, 3, 1, "v")]
    two: list[Step] = [(64, 1), (64, (7, 1)), (64, (1, 7)), (96, 3, 1, "v")]
    return [
        steps(3, False, True, (32, 3, 2, "v"), (32, 3, 1, "v"), (64, 3)),
        ways(64, [halved()], [(96, 3, 2, "v")]),
        ways(160, one, two),
        ways(192, [(192, 3, 2, "v")], [halved()]),
    ]


def reduce_a(i: int, k: int, m: int, n: int, o: int) -> nn.Module:
    return ways(i, [(o, 3, 2, "v")], [(k, 1), (m, 3), (n, 3, 2, "v")], [halved()])


def inception4() -> nn.Module:
    def a() -> nn.Module:
        pooled = [averaged(), (96, 1)]
        return ways(384, pooled, [(96, 1)], [(64, 1), (96, 3)], [(64, 1), (96, 3), (96, 3)])

    def b() -> nn.Module:
        long = [(192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))]
        short = [(192, 1), (224, (1, 7)), (256, (7, 1))]
        return ways(1024, [averaged(), (128, 1)], [(384, 1)], short, long)

    def c() -> nn.Module:
        one = ways(384, [(256, (1, 3))], [(256, (3, 1))])
        two = ways(512, [(256, (1, 3))], [(256, (3, 1))])
        long = [(384, 1), (448, (3, 1)), (512, (1, 3)), two]
        return ways(1536, [averaged(), (256, 1)], [(256, 1)], [(384, 1), one], long)

    tower = [(256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2, "v")]
    return nn.Sequential(
        *[*stem4(), *[a() for _ in range(4)], reduce_a(384, 192, 224, 256, 384)],
        *[*[b() for _ in range(7)], ways(1024, [halved()], [(192, 1), (192, 3, 2, "v")], tower)],
        *[*[c() for _ in range(3)], *average_and_classify(1536)],
    )


class Scaled(nn.Module):
    """x + scale · what the branches make of it."""

    def __init__(self, maps: int, joined: int, scale: float, *branches: Sequence[Step]) -> None:
        super().__init__()
        self.branches, self.up = ways(maps, *branches), nn.Conv2d(joined, maps, 1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.scale * self.up(self.branches(x)))


def inception_resnet(
    stem: Layers,
    counts: tuple[int, int, int],
    a: tuple[int, int, int],
    reduction: tuple[int, int, int, int],
    b: tuple[int, int, int],
    sides: tuple[int, int, int, int],
    c: tuple[int, int],
    ending: Callable[[int], Layers] = average_and_classify,
) -> nn.Module:
    maps, first, second = a
    layers = [*stem]
    for _ in range(counts[0]):
        last = [(32, 1), (first, 3), (second, 3)]
        layers.append(Scaled(maps, 64 + second, 0.17, [(32, 1)], [(32, 1), (32, 3)], last))
    layers.append(reduce_a(maps, *reduction))
    maps += reduction[2] + reduction[3]
    for _ in range(counts[1]):
        last = [(128, 1), (b[1], (1, 7)), (b[2], (7, 1))]
        layers.append(Scaled(maps, b[0] + b[2], 0.1, [(b[0], 1)], last))
    layers.append(
        ways(
            maps,
            [(256, 1), (sides[0], 3, 2, "v")],
            [(256, 1), (sides[1], 3, 2, "v")],
            [(256, 1), (sides[2], 3), (sides[3], 3, 2, "v")],
            [halved()],
        )
    )
    maps += sides[0] + sides[1] + sides[3]
    for _ in range(counts[2]):
        last = [(192, 1), (c[0], (1, 3)), (c[1], (3, 1))]
        layers.append(Scaled(maps, 192 + c[1], 0.2, [(192, 1)], last))
    return nn.Sequential(*layers, *ending(maps))


def inception_resnet1(sixth: bool) -> nn.Module:
    chain = [(32, 3, 2, "v"), (32, 3, 1, "v"), (64, 3), halved(), (80, 1)]
    stem: Layers = [steps(3, False, True, *chain, (192, 3, 1, "v"), (256, 3, 2, "v"))]

    def embedding(maps: int) -> Layers:
        dense = [nn.Linear(maps, 512, bias=False), nn.BatchNorm1d(512), nn.Linear(512, 1000)]
        return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), *dense]

    sizes = ((256, 32, 32), (192, 192, 256, 384), (128, 128, 128), (384, 256, 256, 256), (192, 192))
    ending = embedding if sixth else average_and_classify
    return inception_resnet(stem, (5, 10, 6 if sixth else 5), *sizes, ending)


def inception_resnet2() -> nn.Module:
    chain = [(32, 3, 2, "v"), (32, 3, 1, "v"), (64, 3), halved(), (80, 1), (192, 3, 1, "v")]
    third = [(64, 1), (96, 3), (96, 3)]
    mixed = ways(192, [(96, 1)], [(48, 1), (64, 5)], third, [averaged(), (64, 1)])
    stem: Layers = [steps(3, False, True, *chain, halved()), mixed]

    def ending(maps: int) -> Layers:
        return [steps(maps, False, True, (1536, 1)), *average_and_classify(1536)]

    sizes = ((320, 48, 64), (256, 256, 384, 384), (192, 160, 192), (384, 288, 288, 320), (224, 256))
    return inception_resnet(stem, (10, 20, 10), *sizes, ending)


def inception_resnet2_figures() -> nn.Module:
    sizes = ((384, 48, 64), (256, 256, 384, 384), (192, 160, 192), (384, 288, 288, 320), (224, 256))
    return inception_resnet(stem4(), (5, 10, 5), *sizes)


def bare(i: int, o: int, k: int, stride: int = 1) -> nn.Module:
    return nn.Conv2d(i, o, k, stride, k // 2, bias=False)


def separable(i: int, o: int) -> Layers:
    return [nn.Conv2d(i, i, 3, 1, 1, groups=i, bias=False), bare(i, o, 1), nn.BatchNorm2d(o)]


def xception() -> nn.Module:
    def down(i: int, first: int, o: int) -> nn.Module:
        main = [*separable(i, first), nn.ReLU(), *separable(first, o), nn.MaxPool2d(3, 2, 1)]
        return Added(nn.Sequential(*main), nn.Sequential(*t._bn(i, o, 1, 2)))

    def middle() -> nn.Module:
        three = [layer for _ in range(3) for layer in (nn.ReLU(), *separable(728, 728))]
        return Added(nn.Sequential(*three), nn.Identity())

    return nn.Sequential(
        *[nn.Conv2d(3, 32, 3, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU()],
        *[nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()],
        *[down(64, 128, 128), down(128, 256, 256), down(256, 728, 728)],
        *[*[middle() for _ in range(8)], down(728, 728, 1024)],
        *[*separable(1024, 1536), nn.ReLU(), *separable(1536, 2048), nn.ReLU()],
        *average_and_classify(2048),
    )


class Added(nn.Module):
    """The sum of two ways."""

    def __init__(self, one: nn.Module, other: nn.Module) -> None:
        super().__init__()
        self.one, self.other = one, other

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.other(x)


COLOUR, LARGE = (3, 224, 224), (3, 299, 299)

TWINS: dict[str, Pair] = {
    "bn_inception": (lambda: batch_normalised_inception(False), COLOUR),
    "bn_inception:inception_v2": (lambda: batch_normalised_inception(True), COLOUR),
    "inception_v3": (lambda: Inception3(True), LARGE),
    "inception_v3:inception_v3_inference": (lambda: Inception3(False), LARGE),
    "inception_v4": (inception4, LARGE),
    "inception_resnet:inception_resnet_v1": (lambda: inception_resnet1(False), LARGE),
    "inception_resnet:inception_resnet_v1_embedding": (lambda: inception_resnet1(True), LARGE),
    "inception_resnet:inception_resnet_v2": (inception_resnet2, LARGE),
    "inception_resnet:inception_resnet_v2_figures": (inception_resnet2_figures, LARGE),
    "xception": (xception, LARGE),
}
