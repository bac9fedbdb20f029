"""Small networks: every kind of layer on its own, and the networks of the zoo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import archc
from archc import pipeline
from archc.diagnostics import SpecError
from archc.dims import symbols_of
from archc.graph.network import Network

SPECS = Path(__file__).parents[2] / "specs"

MAPS = """
conv 3x3 8
conv 3x3 8 nobias
conv 3x3/2 8 same
conv 3x3 8 pad=[0,1,1,0]
conv 3x3 8 groups=2
conv 3x3/2 4 connections=[[0,1],[1],[2,3],[0]]
depthwise 3x3
deconv 4x4/2 8 pad=1
deconv 4x4/2 8 nobias
deconv 4x4/2 8 groups=2
deconv 4x4/2 8 groups=4 pad=1
deconv 5x5/2 8 same
deconv 5x5/2 8 same nobias
maxpool 2x2/2
maxpool 3x3/2 pad=[0,1,1,0]
maxpool 3x3/2 ceil pad=[0,1,0,1]
maxpool 3x3/2 same
maxpool 3x3 dilation=2
maxpool global
minpool 2x2/2
minpool 3x3/2 pad=[0,1,1,0]
avgpool 2x2/2
avgpool 3x3/2 pad=[0,1,1,0]
avgpool 3x3/2 same
avgpool 3x3/2 pad=1 ceil
avgpool global
avgpool adaptive=3x3
subsample 2x2/2
spp [2,1]
lrn 5
lrn 4
bn
bn noscale
bn noshift
bn noscale noshift
ln
ln whole
ln noscale noshift
groupnorm 2
groupnorm 2 noscale noshift
instancenorm
instancenorm affine
lcn 3
l2norm
relu
relu6
leaky
prelu
prelu shared
elu
selu
gelu
gelu tanh
silu
sigmoid
tanh
tanh amplitude=1.7
hardtanh
softplus
softsign
softmax
softmax, identity
logsoftmax
maxout 2
dropout 0.5
identity
flatten
upsample 2
upsample 2 bilinear
upsample 2x3
rescale 0.5
pad 1
widen 8
crop 3x3
reorg 2
reorg 2 darknet
fc 5
fc 5 nobias
rbf 5
flatten, fc 5
flatten, fc 5 nobias
flatten, bn
flatten, ln
flatten, reshape 2x2x64
flatten, expand 3
rows 2
sum axis=channels
mean axis=height
concat { relu; identity }
add { relu; identity }
mul { relu; identity }
mul { { avgpool global, flatten }; identity }
""".strip().splitlines()
"""Lines on a map of 8x8x4."""

OF_ONE_MAP = ("rbf", "flatten, reshape", "flatten, expand", "rows")
"""Layers that take no maps of regions."""

REGIONS = [line for line in MAPS if not line.startswith(OF_ONE_MAP)]
"""Lines on R maps of 8x8x4."""

STEPS = """
fc 5
fc 5 nobias
bn
ln
lstm 5
lstm 5 last
lstm 5 layers=2 bidirectional
gru 5
gru 5 last
gru 5 layers=2 bidirectional
sum
mean
softmax
softmax, identity
""".strip().splitlines()
"""Lines on a sequence of T vectors of 4."""

WHOLE = {
    "embedding": "input words: T\n embed 9 4, lstm 3 last",
    "unpooling": (
        "input image: [8, 8, 4]\n a: maxpool 2x2/2\n b: conv 1x1 4\n unpool 2x2/2 indices=a"
    ),
    "unpooling like": (
        "input image: [9, 9, 4]\n a: maxpool 2x2/2\n unpool 2x2/2 indices=a like=image"
    ),
    "crop like": "input image: [8, 8, 4]\n a: conv 3x3 4\n crop like=a",
    "transformer": "input image: [8, 8, 4]\n by: flatten, fc 6\n from image, transform by=by",
    "select": (
        "input image: [8, 8, 4]\n input way: [2]\n from image\n select by=way {\n fc 3\n fc 3\n }"
    ),
    "shared": (
        "input image: [8, 8, 4]\n share twice = conv 3x3 4 same, bn, relu, flatten, fc 256, "
        "reshape 8x8x4\n a: twice\n b: twice"
    ),
    "auxiliary": (
        "input image: [8, 8, 4]\n conv 3x3 4\n output aux: { conv 1x1 2, relu, fc 3, softmax }\n"
        " fc 3, softmax"
    ),
}
"""Networks of several lines."""


def spec(line: str, head: str) -> str:
    body = line.replace("; ", "\n ").replace("{ ", "{\n ").replace(" }", "\n }")
    return f"network case {{\n {head}\n {body}\n}}\n"


def small() -> dict[str, str]:
    """The text of each small network. Each begins with a layer that has parameters: tools take the
    device from the first."""
    return {
        **{f"map: {line}": spec(line, "input image: [8, 8, 4]\n conv 1x1 4") for line in MAPS},
        **{
            f"regions: {line}": spec(line, "input regions: [R, 8, 8, 4]\n conv 1x1 4")
            for line in REGIONS
        },
        **{f"steps: {line}": spec(line, "input words: [T, 4]\n fc 4") for line in STEPS},
        **{f"whole: {name}": f"network case {{\n {text}\n}}\n" for name, text in WHOLE.items()},
    }


@cache
def load_small(name: str, folder: Path) -> Network:
    path = folder / "case.arch"
    path.write_text(small()[name], encoding="utf-8")
    return archc.load(path)


SYMBOLS = {"H": 192, "W": 256, "T": 3, "R": 2}
"""What symbols in the zoo are set to: sides that detectors' strides divide, steps, regions."""

SIZES = (64, 96, 128, 192)
"""Sides of images that are tried where a network need not be of its full size."""


@cache
def load_zoo(spec: str, variant: str, small: bool = False) -> Network:
    """A network of the zoo, its symbols set; where ``small``, for smaller images, if it takes
    them."""
    path = SPECS / f"{spec}.arch"
    network = archc.load(path, variant)
    symbols = {name for one in network.inputs for size in one.shape for name in symbols_of(size)}
    settings = {name: SYMBOLS[name] for name in symbols}
    sides = [name for name in ("H", "W") if name in symbols]
    if isinstance(network.parameters.get("size"), int):
        sides.append("size")
    for size in SIZES if small and sides else ():
        with suppress(SpecError):
            return archc.load(path, variant, **{**settings, **dict.fromkeys(sides, size)})
    return archc.load(path, variant, **settings) if settings else network


def zoo() -> Iterator[tuple[str, str]]:
    """Spec and network of everything in the zoo."""
    for path in sorted(SPECS.glob("*.arch")):
        for value in pipeline.family(pipeline.read(path)):
            yield path.stem, value.name
