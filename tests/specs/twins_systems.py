"""Segmentation, generation, sequences and control, written by hand in PyTorch.

What has no weights and no multiply-accumulates (unpooling, crops, decoding of boxes) is left out or
made by whatever gives the right sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
import twins as t
from torch import Tensor, nn
from twins import Layers

Pair = tuple[Callable[[], nn.Module], tuple[int, ...]]


class Run(nn.Module):
    """Modules by name, and what is to be done with them."""

    def __init__(self, what: Callable[[Any, Tensor], Any], **parts: nn.Module) -> None:
        super().__init__()
        self.what = what
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Any:
        return self.what(self, x)


def conv(i: int, o: int, k: int = 3, stride: int = 1, pad: int | None = None) -> Layers:
    return [nn.Conv2d(i, o, k, stride, k // 2 if pad is None else pad), nn.ReLU()]


def chain(i: int, *widths: int, norm: bool = False) -> Layers:
    """3x3 convolutions, "same", one after another."""
    layers: Layers = []
    for o in widths:
        layers += [nn.Conv2d(i, o, 3, 1, 1), *([nn.BatchNorm2d(o)] if norm else []), nn.ReLU()]
        i = o
    return layers


def fcn(stride: int, classes: int = 21) -> nn.Module:
    pool = nn.MaxPool2d(2, ceil_mode=True)
    first = [*conv(3, 64, 3, 1, 100), *chain(64, 64), pool, *chain(64, 128, 128), pool]

    def up(factor: int) -> nn.Module:
        return nn.ConvTranspose2d(classes, classes, 2 * factor, factor, bias=False)

    def fused(x: Tensor, other: Tensor, at: int) -> Tensor:
        return x + other[..., at : at + x.shape[2], at : at + x.shape[3]]

    def run(m: Any, x: Tensor) -> Tensor:
        pool3 = m.three(x)
        pool4 = m.four(pool3)
        score = m.score(m.five(pool4))
        if stride < 32:
            score = fused(m.twice(score), m.score4(pool4), 5)
        if stride < 16:
            score = fused(m.again(score), m.score3(pool3), 9)
        value: Tensor = m.last(score)
        return value

    parts: dict[str, nn.Module] = {"last": up(stride)}
    if stride < 32:
        parts |= {"twice": up(2), "score4": nn.Conv2d(512, classes, 1)}
    if stride < 16:
        parts |= {"again": up(2), "score3": nn.Conv2d(256, classes, 1)}
    dense = [*conv(512, 4096, 7, 1, 0), *conv(4096, 4096, 1)]
    return Run(
        run,
        three=nn.Sequential(*first, *chain(128, 256, 256, 256), pool),
        four=nn.Sequential(*chain(256, 512, 512, 512), pool),
        five=nn.Sequential(*chain(512, 512, 512, 512), pool, *dense),
        score=nn.Conv2d(4096, classes, 1),
        **parts,
    )


WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def encoder() -> Layers:
    layers: Layers = []
    channels = 3
    for widths in WIDTHS:
        layers += [*chain(channels, *widths, norm=True), nn.MaxPool2d(2)]
        channels = widths[-1]
    return layers


def segnet() -> nn.Module:
    layers, channels = encoder(), 512
    for widths in ((512, 512, 512), (512, 512, 256), (256, 256, 128), (128, 64), (64,)):
        layers += [nn.Upsample(scale_factor=2), *chain(channels, *widths, norm=True)]
        channels = widths[-1]
    return nn.Sequential(*layers, nn.Conv2d(64, 11, 3, 1, 1))


def deconvnet() -> nn.Module:
    def back(i: int, o: int, k: int = 3, pad: int = 1) -> Layers:
        return [nn.ConvTranspose2d(i, o, k, 1, pad), nn.BatchNorm2d(o), nn.ReLU()]

    layers = [*encoder(), nn.Conv2d(512, 4096, 7), nn.BatchNorm2d(4096)]
    layers += [nn.Conv2d(4096, 4096, 1), nn.BatchNorm2d(4096), *back(4096, 512, 7, 0)]
    channels = 512
    for widths in ((512, 512, 512), (512, 512, 256), (256, 256, 128), (128, 64), (64, 64)):
        layers.append(nn.Upsample(scale_factor=2))
        for width in widths:
            layers += back(channels, width)
            channels = width
    return nn.Sequential(*layers, nn.Conv2d(64, 21, 1))


# ---------------------------------------------------------------- generation


def reshaped(*sizes: int) -> nn.Module:
    return nn.Unflatten(1, sizes)


def maxout_discriminator() -> nn.Module:
    def piece(i: int) -> Layers:
        return [nn.Linear(i, 1200), reshaped(240, 5), nn.AdaptiveMaxPool1d(1), nn.Flatten()]

    return nn.Sequential(nn.Flatten(), *piece(784), *piece(240), nn.Linear(240, 1))


def generator() -> nn.Module:
    layers: Layers = [nn.Linear(100, 16384, bias=False), reshaped(1024, 4, 4)]
    layers.append(nn.BatchNorm2d(1024))
    for i in (1024, 512, 256):
        layers.append(nn.ConvTranspose2d(i, i // 2, 5, 2, 2, 1, bias=False))
        layers.append(nn.BatchNorm2d(i // 2))
    return nn.Sequential(*layers, nn.ConvTranspose2d(128, 3, 5, 2, 2, 1, bias=False))


def discriminator() -> nn.Module:
    layers: Layers = [nn.Conv2d(3, 128, 5, 2, 2, bias=False)]
    for i in (128, 256, 512):
        layers += [nn.Conv2d(i, 2 * i, 5, 2, 2, bias=False), nn.BatchNorm2d(2 * i)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16384, 1, bias=False))


def generator_4x4() -> nn.Module:
    layers: Layers = [reshaped(100, 1, 1), nn.ConvTranspose2d(100, 512, 4, bias=False)]
    layers.append(nn.BatchNorm2d(512))
    for i in (512, 256, 128):
        layers.append(nn.ConvTranspose2d(i, i // 2, 4, 2, 1, bias=False))
        layers.append(nn.BatchNorm2d(i // 2))
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False))


def discriminator_4x4() -> nn.Module:
    layers: Layers = [nn.Conv2d(3, 64, 4, 2, 1, bias=False)]
    for i in (64, 128, 256):
        layers += [nn.Conv2d(i, 2 * i, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * i)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, bias=False))


def unet() -> nn.Module:
    widths = (3, 64, 128, 256, 512, 512, 512, 512, 512)
    down = nn.ModuleList()
    for number, (i, o) in enumerate(pairwise(widths), 1):
        norm = [nn.BatchNorm2d(o)] if 1 < number < 8 else []
        down.append(nn.Sequential(nn.Conv2d(i, o, 4, 2, 1, bias=False), *norm))
    up = nn.ModuleList()
    i = 512
    for o in (512, 512, 512, 512, 256, 128, 64):
        up.append(nn.Sequential(nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o)))
        i = 2 * o

    def run(m: Any, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for step in m.down:
            x = step(x)
            kept.append(x)
        for step, same in zip(m.up, kept[-2::-1], strict=True):
            x = torch.cat([same, step(x)], 1)
        value: Tensor = m.last(x)
        return value

    return Run(run, down=down, up=up, last=nn.ConvTranspose2d(128, 3, 4, 2, 1))


def patchgan() -> nn.Module:
    layers: Layers = [nn.Conv2d(6, 64, 4, 2, 1)]
    for i, stride in ((64, 2), (128, 2), (256, 1)):
        layers += [nn.Conv2d(i, 2 * i, 4, stride, 1, bias=False), nn.BatchNorm2d(2 * i)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 1))


# ---------------------------------------------------------------- sequences, control, faces


def dqn() -> nn.Module:
    maps = [*conv(4, 32, 8, 4, 0), *conv(32, 64, 4, 2, 0), *conv(64, 64, 3, 1, 0)]
    return nn.Sequential(*maps, nn.Flatten(), nn.Linear(3136, 512), nn.Linear(512, 18))


class Gates(nn.Module):
    """An LSTM's matrices and torch's two vectors of biases; every step has the same cost."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.reads, self.keeps = nn.Linear(i, 4 * o), nn.Linear(o, 4 * o)
        self.width = o

    def forward(self, x: Tensor) -> Tensor:
        state = x.new_empty(x.shape[0], self.width)
        value: Tensor = (self.reads(x) + self.keeps(state))[:, : self.width]
        return value


def nic(words: int, vocabulary: int = 8843, width: int = 512) -> nn.Module:
    cnn: Any = t.GoogLeNet(False)
    cnn.end = cnn.end[:-1]

    def run(m: Any, x: Tensor) -> Tensor:
        written = m.embedding(torch.zeros(words, dtype=torch.long, device=x.device))
        value: Tensor = m.last(m.gates(torch.cat([m.picture(m.cnn(x)[0]), written])))
        return value

    return Run(
        run,
        cnn=cnn,
        picture=nn.Linear(1024, width),
        embedding=nn.Embedding(vocabulary, width),
        gates=Gates(width, width),
        last=nn.Linear(width, vocabulary),
    )


def lrcn() -> nn.Module:
    cnn: Any = t.alexnet(3, 0, 2, 256, 6, 1000)
    layers = nn.Sequential(*cnn[:15], Gates(4096, 256), nn.Linear(256, 101))
    return Run(lambda m, x: m.layers(x[0]), layers=layers)


def cirl() -> nn.Module:
    maps: Layers = []
    steps = [(3, 32, 5, 2), (32, 32, 3, 1), (32, 64, 3, 2), (64, 64, 3, 1), (64, 128, 3, 2)]
    for i, o, k, stride in [*steps, (128, 128, 3, 1), (128, 256, 3, 1), (256, 256, 3, 1)]:
        maps += [nn.Conv2d(i, o, k, stride), nn.BatchNorm2d(o)]
    image = [*maps, nn.Flatten(), nn.Linear(8192, 512), nn.Linear(512, 512)]

    def actor() -> nn.Module:
        return nn.Sequential(nn.Linear(512, 256), nn.Linear(256, 256), nn.Linear(256, 3))

    def run(m: Any, x: Tensor) -> list[Tensor]:
        both = torch.cat([m.image(x), m.speed(x.new_empty(1, 1))], 1)
        joined = m.joined(both)
        return [branch(joined) for branch in m.actors]

    return Run(
        run,
        image=nn.Sequential(*image),
        speed=nn.Sequential(nn.Linear(1, 128), nn.Linear(128, 128)),
        joined=nn.Linear(640, 512),
        actors=nn.ModuleList([actor() for _ in range(4)]),
    )


def deepgestalt() -> nn.Module:
    layers: Layers = []
    channels = 1
    stages: Sequence[tuple[int, int]] = ((32, 64), (64, 128), (96, 192), (128, 256), (160, 320))
    for number, widths in enumerate(stages):
        layers += chain(channels, *widths)
        layers.append(nn.MaxPool2d(2, ceil_mode=True) if number < 4 else nn.AvgPool2d(7))
        channels = widths[-1]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(320, 216))


TWINS: dict[str, Pair] = {
    "fcn:fcn32s": (lambda: fcn(32), (3, 64, 96)),
    "fcn:fcn16s": (lambda: fcn(16), (3, 64, 96)),
    "fcn:fcn8s": (lambda: fcn(8), (3, 64, 96)),
    "segnet": (segnet, (3, 64, 96)),
    "deconvnet": (deconvnet, (3, 224, 224)),
    "gan:generator": (
        lambda: nn.Sequential(nn.Linear(100, 1200), nn.Linear(1200, 1200), nn.Linear(1200, 784)),
        (100,),
    ),
    "gan:discriminator": (maxout_discriminator, (1, 28, 28)),
    "dcgan:generator": (generator, (100,)),
    "dcgan:discriminator": (discriminator, (3, 64, 64)),
    "dcgan:generator_4x4": (generator_4x4, (100,)),
    "dcgan:discriminator_4x4": (discriminator_4x4, (3, 64, 64)),
    "pix2pix:unet": (unet, (3, 256, 256)),
    "pix2pix:patchgan": (patchgan, (6, 256, 256)),
    "dqn": (dqn, (4, 84, 84)),
    "nic": (lambda: nic(4), (3, 224, 224)),
    "lrcn": (lrcn, (2, 3, 227, 227)),
    "cirl": (cirl, (3, 88, 200)),
    "deepgestalt": (deepgestalt, (1, 100, 100)),
}
