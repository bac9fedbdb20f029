"""Residual and dense networks after the first ones, written by hand in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import twins as t
from torch import Tensor, nn
from twins import Branches, Layers, Residual

Pair = tuple[Callable[[], nn.Module], tuple[int, ...]]


def average_and_classify(maps: int, classes: int = 1000) -> Layers:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(maps, classes)]


class Sum(nn.Module):
    """What comes before acts on both ways, or on the branch alone."""

    def __init__(self, before: nn.Module, both: bool, main: nn.Module, way: nn.Module) -> None:
        super().__init__()
        self.before, self.both, self.main, self.way = before, both, main, way

    def forward(self, x: Tensor) -> Tensor:
        ready = self.before(x)
        value, same = self.main(ready), self.way(ready if self.both else x)
        return value + nn.functional.pad(same, (0, 0, 0, 0, 0, value.shape[1] - same.shape[1]))


def bare(i: int, o: int, k: int, stride: int = 1) -> nn.Module:
    return nn.Conv2d(i, o, k, stride, k // 2, bias=False)


def narrowed(i: int, o: int, stride: int, early: bool) -> Layers:
    n = o // 4
    first, second = (stride, 1) if early else (1, stride)
    layers = [bare(i, n, 1, first), nn.BatchNorm2d(n), nn.ReLU(), bare(n, n, 3, second)]
    return [*layers, nn.BatchNorm2d(n), nn.ReLU(), bare(n, o, 1)]


def paired(i: int, o: int, stride: int, early: bool) -> Layers:
    return [bare(i, o, 3, stride), nn.BatchNorm2d(o), nn.ReLU(), bare(o, o, 3)]


def ordered(
    order: str, i: int, o: int, stride: int, first: bool, body: Any, way: str, early: bool = True
) -> Layers:
    """A unit in one of the five orders of He et al. 2016, Figure 4."""
    changed = i != o or stride > 1
    before: dict[str, Layers] = {"full": [nn.BatchNorm2d(i), nn.ReLU()], "relu_only": [nn.ReLU()]}
    ends: dict[str, Layers] = {
        "original": [nn.BatchNorm2d(o)],
        "relu_before": [nn.BatchNorm2d(o), nn.ReLU()],
        "relu_only": [nn.BatchNorm2d(o)],
    }
    after: dict[str, Layers] = {
        "original": [nn.ReLU()],
        "bn_after": [nn.BatchNorm2d(o), nn.ReLU()],
    }
    shortcut: Layers = []
    if changed and way == "zeros":
        shortcut = [nn.MaxPool2d(1, stride)]
    elif changed:
        shortcut = [bare(i, o, 1, stride)] + ([nn.BatchNorm2d(o)] if way == "normalised" else [])
    opening = nn.Sequential(*([] if first else before.get(order, [])))
    main = nn.Sequential(*body(i, o, stride, early), *ends.get(order, []))
    return [Sum(opening, changed, main, nn.Sequential(*shortcut)), *after.get(order, [])]


def small_resnet(order: str, n: int, deep: bool = False, way: str = "zeros") -> nn.Module:
    layers: Layers = [bare(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    body = narrowed if deep else paired
    for stage, width in enumerate((64, 128, 256) if deep else (16, 32, 64)):
        for j in range(n):
            stride = 2 if stage and not j else 1
            layers += ordered(order, channels, width, stride, not stage and not j, body, way)
            channels = width
    if order == "full":
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*layers, *average_and_classify(channels, 10))


def small_plain(n: int) -> nn.Module:
    layers: Layers = [bare(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for stage, width in enumerate((16, 32, 64)):
        for j in range(n):
            layers.append(t.plain(channels, width, 2 if stage and not j else 1))
            channels = width
    return nn.Sequential(*layers, *average_and_classify(channels, 10))


def resnet200() -> nn.Module:
    layers: Layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    channels = 64
    for stage, depth in enumerate((3, 24, 36, 3)):
        for j in range(depth):
            width, stride = 256 * 2**stage, 2 if stage and not j else 1
            first = not stage and not j
            layers += ordered("full", channels, width, stride, first, narrowed, "bare", False)
            channels = width
    last = [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*layers, *last, *average_and_classify(channels))


def always_projected(i: int, width: int, stride: int) -> nn.Module:
    main = nn.Sequential(*t._bn(i, width, 3, stride), nn.ReLU(), *t._bn(width, width, 3))
    return Residual(main, nn.Sequential(*t._bn(i, width, 1, stride)))


def aggregated(groups: int) -> t.Unit:
    def unit(i: int, width: int, stride: int) -> nn.Module:
        n, o = groups * 4 * width // 64, 4 * width
        grouped = nn.Conv2d(n, n, 3, stride, 1, groups=groups, bias=False)
        main = [*t._bn(i, n, 1), nn.ReLU(), grouped, nn.BatchNorm2d(n), nn.ReLU(), *t._bn(n, o, 1)]
        return Residual(nn.Sequential(*main), t._shortcut(i, o, stride, True))

    return unit


def senet154() -> nn.Module:
    layers: Layers = [*t._bn(3, 64, 3, 2), nn.ReLU(), *t._bn(64, 64, 3), nn.ReLU()]
    layers += [*t._bn(64, 128, 3), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)]
    channels = 128
    for stage, depth in enumerate((3, 8, 36, 3)):
        for j in range(depth):
            o, stride = 256 * 2**stage, 2 if stage and not j else 1
            n = o // 2
            grouped = nn.Conv2d(n, o, 3, stride, 1, groups=64, bias=False)
            main = [*t._bn(channels, n, 1), nn.ReLU(), grouped, nn.BatchNorm2d(o), nn.ReLU()]
            main += [*t._bn(o, o, 1), t.Gate(o)]
            way = t._bn(channels, o, 3 if stage else 1, stride) if not j else []
            layers.append(Residual(nn.Sequential(*main), nn.Sequential(*way)))
            channels = o
    return nn.Sequential(*layers, *average_and_classify(channels))


def small_densenet(depth: int, growth: int) -> nn.Module:
    channels = 2 * growth
    layers: Layers = [bare(3, channels, 3)]
    for stage in range(3):
        if stage:
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), bare(channels, channels // 2, 1)]
            layers.append(nn.AvgPool2d(2))
            channels //= 2
        for _ in range(depth):
            new = [nn.BatchNorm2d(channels), nn.ReLU(), bare(channels, 4 * growth, 1)]
            new += [nn.BatchNorm2d(4 * growth), nn.ReLU(), bare(4 * growth, growth, 3)]
            layers.append(Branches(nn.Identity(), nn.Sequential(*new)))
            channels += growth
    return nn.Sequential(
        *[*layers, nn.BatchNorm2d(channels), nn.ReLU()], *average_and_classify(channels, 10)
    )


COLOUR, SMALL = (3, 224, 224), (3, 32, 32)
R18, R34, R101 = (2, 2, 2, 2), (3, 4, 6, 3), (3, 4, 23, 3)

TWINS: dict[str, Pair] = {
    "resnet:plain18": (lambda: t.resnet(t.plain, 1, R18), COLOUR),
    "resnet:resnet18_identity": (lambda: t.resnet(t.basic(False), 1, R18), COLOUR),
    "resnet:resnet34_all_projections": (lambda: t.resnet(always_projected, 1, R34), COLOUR),
    "resnet_cifar:plain20": (lambda: small_plain(3), SMALL),
    "resnet_cifar:plain56": (lambda: small_plain(9), SMALL),
    "resnet_cifar:resnet20": (lambda: small_resnet("original", 3), SMALL),
    "resnet_cifar:resnet56": (lambda: small_resnet("original", 9), SMALL),
    "resnet_cifar:resnet20_projection": (
        lambda: small_resnet("original", 3, way="normalised"),
        SMALL,
    ),
    "resnet_cifar:resnet110_projection": (
        lambda: small_resnet("original", 18, way="normalised"),
        SMALL,
    ),
    "preact_resnet:resnet200": (resnet200, COLOUR),
    "resnext:resnext50_32x4d": (lambda: t.resnet(aggregated(32), 4, R34), COLOUR),
    "resnext:resnext101_64x4d": (lambda: t.resnet(aggregated(64), 4, R101), COLOUR),
    "senet:senet154": (senet154, COLOUR),
    "densenet:densenet264": (lambda: t.densenet((6, 12, 64, 48), 32), COLOUR),
    "densenet:densenet_bc100": (lambda: small_densenet(16, 12), SMALL),
}

ORDERS = {"": "original"} | {f"_{o}": o for o in ("bn_after", "relu_before", "relu_only", "full")}
for ending, order in ORDERS.items():
    way = "bare" if order in ("bn_after", "full") else "normalised"
    TWINS[f"resnet_cifar:resnet110{ending}"] = (partial(small_resnet, order, 18), SMALL)
    TWINS[f"resnet_cifar:resnet164{ending}"] = (partial(small_resnet, order, 18, True, way), SMALL)
