"""Detectors, written by hand in PyTorch: what has weights, on as many regions as the spec says.

Proposals, pooling of regions, decoding of boxes and their suppression have no weights and no
multiply-accumulates; heads read regions of the right size instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import twins as t
from torch import Tensor, nn
from twins import Layers
from twins_systems import Run, chain, conv

Pair = tuple[Callable[[], nn.Module], tuple[int, ...]]


class Regions(nn.Module):
    """Layers on regions of a size of their own, whatever the image."""

    def __init__(self, count: int, shape: tuple[int, ...], *layers: nn.Module) -> None:
        super().__init__()
        self.count, self.shape, self.layers = count, shape, nn.ModuleList(layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        regions = x.new_empty(self.count, *self.shape)
        return [layer(regions) for layer in self.layers]


def resnet(upto: int) -> Any:
    """ResNet-50 with the stride in the 3x3: 4, 7, 11, 17 or 20 of its parts."""
    whole: Any = t.resnet(t.bottleneck(3), 4, (3, 4, 6, 3))
    return whole[:upto]


class Proposals(nn.Module):
    def __init__(self, maps: int, width: int, scores: int, deltas: int) -> None:
        super().__init__()
        self.hidden = nn.Conv2d(maps, width, 3, 1, 1)
        self.scores, self.deltas = nn.Conv2d(width, scores, 1), nn.Conv2d(width, deltas, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        hidden = self.hidden(x)
        return [self.scores(hidden), self.deltas(hidden)]


class Pyramid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        whole = resnet(20)
        self.stages = nn.ModuleList([whole[:7], whole[7:11], whole[11:17], whole[17:20]])
        self.lateral = nn.ModuleList([nn.Conv2d(m, 256, 1) for m in (256, 512, 1024, 2048)])
        self.smooth = nn.ModuleList([nn.Conv2d(256, 256, 3, 1, 1) for _ in range(4)])

    def forward(self, x: Tensor) -> list[Tensor]:
        maps: list[Tensor] = []
        for stage, lateral in zip(self.stages, self.lateral, strict=True):
            x = stage(x)
            maps.append(lateral(x))
        for level in (2, 1, 0):
            larger = nn.functional.interpolate(maps[level + 1], scale_factor=2)
            maps[level] = maps[level] + larger
        levels = [smooth(value) for smooth, value in zip(self.smooth, maps, strict=True)]
        return [*levels, nn.functional.max_pool2d(levels[3], 1, 2)]


def on_pyramid(*heads: nn.Module) -> nn.Module:
    def run(m: Any, x: Tensor) -> list[Any]:
        return [[m.rpn(level) for level in m.pyramid(x)], *(head(x) for head in m.heads)]

    rpn = Proposals(256, 256, 3, 12)
    return Run(run, pyramid=Pyramid(), rpn=rpn, heads=nn.ModuleList(heads))


class Split(nn.Module):
    """A trunk and what reads it."""

    def __init__(self, trunk: nn.Module, *heads: nn.Module) -> None:
        super().__init__()
        self.trunk, self.heads = trunk, nn.ModuleList(heads)

    def forward(self, x: Tensor) -> list[Any]:
        value = self.trunk(x)
        return [head(value) for head in self.heads]


def dense(i: int, o: int, *heads: nn.Module) -> nn.Module:
    return Split(nn.Sequential(nn.Flatten(), nn.Linear(i, o), nn.Linear(o, o)), *heads)


def fpn_head() -> nn.Module:
    boxes = dense(256 * 49, 1024, nn.Linear(1024, 91), nn.Linear(1024, 364))
    return Regions(1000, (256, 7, 7), boxes)


def mask_head() -> nn.Module:
    layers = [*chain(256, 256, 256, 256, 256), nn.ConvTranspose2d(256, 256, 2, 2)]
    return Regions(1000, (256, 14, 14), nn.Sequential(*layers, nn.Conv2d(256, 91, 1)))


def on_vgg(count: int, proposals: bool, *more: nn.Module) -> nn.Module:
    whole: Any = t.vgg("33 33 333 333 333")
    trunk = whole[:30]
    head = dense(25088, 4096, nn.Linear(4096, 21), nn.Linear(4096, 84), *more)
    rpn = [Proposals(512, 512, 18, 36)] if proposals else []
    return Split(trunk, *rpn, Regions(count, (512, 7, 7), head))


def on_zf(count: int) -> nn.Module:
    pool = nn.MaxPool2d(3, 2, 1, ceil_mode=True)
    maps = [*conv(3, 96, 7, 2, 3), pool, *conv(96, 256, 5, 2, 2), pool]
    trunk = nn.Sequential(*maps, *chain(256, 384, 384, 256))
    head = dense(9216, 4096, nn.Linear(4096, 21), nn.Linear(4096, 84))
    return Split(trunk, Proposals(256, 256, 18, 36), Regions(count, (256, 6, 6), head))


def mask_rcnn_c4() -> nn.Module:
    unit = t.bottleneck(3)
    stage = nn.Sequential(unit(1024, 512, 1), unit(2048, 512, 1), unit(2048, 512, 1))
    masks = nn.Sequential(nn.ConvTranspose2d(2048, 256, 2, 2), nn.Conv2d(256, 80, 1))
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    vector = Split(nn.Sequential(*pooled), nn.Linear(2048, 81), nn.Linear(2048, 324))
    heads = Regions(300, (1024, 7, 7), Split(stage, masks, vector))
    return Split(resnet(17), Proposals(1024, 512, 18, 36), heads)


def rcnn() -> nn.Module:
    layers: Any = t.alexnet(3, 0, 2, 256, 6, 1000)
    boxes = nn.Sequential(nn.Flatten(), nn.Linear(9216, 84))
    fc7 = nn.Sequential(*layers[13:19], nn.Linear(4096, 21))
    return Run(lambda m, x: m.split(x[0]), split=Split(layers[:13], fc7, boxes))


class Bins(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pool = nn.functional.adaptive_max_pool2d
        return torch.cat([pool(x, n).flatten(1) for n in (6, 3, 2, 1)], 1)


def spp_net() -> nn.Module:
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    maps = [*conv(3, 96, 7, 2, 1), pool, *conv(96, 256, 5, 2, 0), pool]
    maps += chain(256, 384, 384, 256)
    ending = [nn.Linear(12800, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)]
    return nn.Sequential(*maps, Bins(), *ending)


# ---------------------------------------------------------------- YOLO


def dark(i: int, o: int, k: int, stride: int = 1) -> Layers:
    norm: Layers = [nn.BatchNorm2d(o), nn.LeakyReLU(0.1)]
    return [nn.Conv2d(i, o, k, stride, k // 2, bias=False), *norm]


def listed(text: str, i: int, step: Callable[[int, int, int], Layers]) -> Layers:
    """ "32 P 64 P 128 -64 128": 3x3 convolutions, 1x1 where there is a minus, poolings."""
    layers: Layers = []
    for word in text.split():
        if word == "P":
            layers.append(nn.MaxPool2d(2))
            continue
        o = abs(int(word))
        layers += step(i, o, 1 if word.startswith("-") else 3)
        i = o
    return layers


def yolov1() -> nn.Module:
    def plain(i: int, o: int, k: int) -> Layers:
        return [nn.Conv2d(i, o, k, 1, k // 2)]

    text = "192 P -128 256 -256 512 P " + "-256 512 " * 4 + "-512 1024 P " + "-512 1024 " * 2
    layers = [nn.Conv2d(3, 64, 7, 2, 3), nn.MaxPool2d(2), *listed(text + "1024", 64, plain)]
    layers += [nn.Conv2d(1024, 1024, 3, 2, 1), *listed("1024 1024", 1024, plain)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(50176, 4096), nn.Linear(4096, 1470))


FINE = "32 P 64 P 128 -64 128 P 256 -128 256 P 512 -256 512 -256 512"
COARSE = "P 1024 -512 1024 -512 1024"


def darknet19() -> nn.Module:
    body = [*listed(FINE, 3, dark), *listed(COARSE, 512, dark)]
    return nn.Sequential(*body, nn.Conv2d(1024, 1000, 1))


def yolov2() -> nn.Module:
    def run(m: Any, x: Tensor) -> Tensor:
        fine = m.fine(x)
        both = torch.cat([nn.functional.pixel_unshuffle(m.passing(fine), 2), m.coarse(fine)], 1)
        value: Tensor = m.last(both)
        return value

    return Run(
        run,
        fine=nn.Sequential(*listed(FINE, 3, dark)),
        coarse=nn.Sequential(*listed(COARSE + " 1024 1024", 512, dark)),
        passing=nn.Sequential(*dark(512, 64, 1)),
        last=nn.Sequential(*dark(1280, 1024, 3), nn.Conv2d(1024, 425, 1)),
    )


def darknet53() -> list[nn.Sequential]:
    stages: list[nn.Sequential] = []
    before: Layers = dark(3, 32, 3)
    for i, depth in enumerate((1, 2, 8, 8, 4)):
        width = 64 * 2**i
        layers = [*before, *dark(width // 2, width, 3, 2)]
        for _ in range(depth):
            main = [*dark(width, width // 2, 1), *dark(width // 2, width, 3)]
            layers.append(t.Residual(nn.Sequential(*main), nn.Identity()))
        stages.append(nn.Sequential(*layers))
        before = []
    return stages


def classifier53() -> nn.Module:
    ending = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000)]
    return nn.Sequential(*darknet53(), *ending)


def yolov3() -> nn.Module:
    necks, heads, narrow = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
    for i, width in ((1024, 512), (768, 256), (384, 128)):
        necks.append(nn.Sequential(*listed(f"-{width} {2 * width} " * 2 + f"-{width}", i, dark)))
        heads.append(nn.Sequential(*dark(width, 2 * width, 3), nn.Conv2d(2 * width, 255, 1)))
        narrow.append(nn.Sequential(*(dark(width, width // 2, 1) if width > 128 else [])))

    def run(m: Any, x: Tensor) -> list[Tensor]:
        kept: list[Tensor] = []
        for stage in m.body:
            x = stage(x)
            kept.append(x)
        found: list[Tensor] = []
        for level, (neck, head, thin) in enumerate(zip(m.necks, m.heads, m.narrow, strict=True)):
            x = neck(x)
            found.append(head(x))
            if level < 2:
                larger = nn.functional.interpolate(thin(x), scale_factor=2)
                x = torch.cat([larger, kept[3 - level]], 1)
        return found

    return Run(run, body=nn.ModuleList(darknet53()), necks=necks, heads=heads, narrow=narrow)


# ---------------------------------------------------------------- SSD


class Norm(nn.Module):
    """A trained scale for each of conv4_3's maps."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.normalize(x) * self.scale


def ssd(extras: str, boxes: str, classes: int = 21) -> nn.Module:
    """``extras``: "s" halves by a stride, "v" by no padding, "4" by a 4x4 window."""
    pool = nn.MaxPool2d(2, ceil_mode=True)
    first = [*chain(3, 64, 64), pool, *chain(64, 128, 128), pool, *chain(128, 256, 256, 256), pool]
    last: Layers = [pool, *chain(512, 512, 512, 512), nn.MaxPool2d(3, 1, 1)]
    last += [nn.Conv2d(512, 1024, 3, 1, 6, 6), nn.ReLU(), *conv(1024, 1024, 1)]
    stages = nn.ModuleList(
        [nn.Sequential(*first, *chain(256, 512, 512, 512)), nn.Sequential(*last)]
    )
    widths = [512, 1024]
    for kind in extras:
        width = 512 if len(widths) == 2 else 256
        end = {"s": (3, 2, 1), "v": (3, 1, 0), "4": (4, 1, 1)}[kind]
        thin = conv(widths[-1], width // 2, 1)
        stages.append(nn.Sequential(*thin, nn.Conv2d(width // 2, width, *end)))
        widths.append(width)
    heads = nn.ModuleList(
        nn.ModuleList([nn.Conv2d(w, 4 * n, 3, 1, 1), nn.Conv2d(w, classes * n, 3, 1, 1)])
        for w, n in zip(widths, map(int, boxes), strict=True)
    )

    def run(m: Any, x: Tensor) -> Any:
        found: list[Tensor] = []
        for number, (stage, head) in enumerate(zip(m.stages, m.heads, strict=True)):
            x = stage(x)
            found += [way(x if number else m.norm(x)) for way in head]
        return found

    return Run(run, stages=stages, heads=heads, norm=Norm(512))


SMALL, PYRAMID = (3, 64, 96), (3, 64, 128)

TWINS: dict[str, Pair] = {
    "fpn": (Pyramid, PYRAMID),
    "fpn:rpn_fpn": (on_pyramid, PYRAMID),
    "spp_net": (spp_net, (3, 180, 224)),
    "rcnn": (rcnn, (2, 3, 227, 227)),
    "fast_rcnn": (lambda: on_vgg(3, False), SMALL),
    "faster_rcnn": (lambda: on_vgg(300, True), SMALL),
    "faster_rcnn:faster_rcnn_zf": (lambda: on_zf(300), SMALL),
    "faster_rcnn:rf_rcnn": (
        lambda: on_vgg(300, True, nn.Sequential(nn.Linear(4096, 4096), nn.Linear(4096, 84))),
        SMALL,
    ),
    "faster_rcnn:faster_rcnn_fpn": (lambda: on_pyramid(fpn_head()), PYRAMID),
    "mask_rcnn": (lambda: on_pyramid(fpn_head(), mask_head()), PYRAMID),
    "mask_rcnn:mask_rcnn_c4": (mask_rcnn_c4, SMALL),
    "yolo:yolov1": (yolov1, (3, 448, 448)),
    "yolo:darknet19": (darknet19, (3, 224, 224)),
    "yolo:darknet53": (classifier53, (3, 256, 256)),
    "yolo:yolov2": (yolov2, SMALL),
    "yolo:yolov3": (yolov3, SMALL),
    "ssd:ssd300": (lambda: ssd("ssvv", "466644"), (3, 300, 300)),
    "ssd:ssd512": (lambda: ssd("ssss4", "4666644"), (3, 512, 512)),
}
