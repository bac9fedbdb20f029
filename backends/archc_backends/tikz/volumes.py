"""What each box of a diagram looks like in the figure: feature maps and their sizes.

Lengths are centimetres. A feature map is a box in perspective: its height and depth show the
map's height and width, its thickness the channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from math import log2
from typing import Literal

from archc import spelling
from archc.diagram import words
from archc.diagram.items import follows, is_wire
from archc.diagram.model import Box, Edge
from archc.dims import Dim
from archc.dims.rounded import smooth
from archc.graph.network import Layer
from archc.ops.base import Op, Shape
from archc_backends.tikz import sizes

Kind = Literal["volume", "sign", "block", "output"]

TALLEST, LOWEST = 3.0, 0.24
DEPTH = 0.62
"""How much shorter than the height the depth of a map of equal sides is."""

SLANT = (0.64, 0.48)
"""How far to the right and up a depth of 1 goes."""

LOW = 1.1
"""Of a lower map the height is not written on the left."""

NOMINAL = 256.0
"""Every symbol's value, for the proportions of the picture alone."""

MOST_SLABS = 4
"""Maps that one box shows one behind the other."""

SIGNS = {"add": "$+$", "mul": r"$\times$", "concat": r"$\Vert$", "select": "?"}
CHARACTER, LINE = 0.125, 0.27
"""The width of a letter and the height of a line, in the size that labels have."""

CAPITAL = 0.155
"""The width of a letter in formulas of sizes: capitals, slashes and crosses."""


@dataclass(slots=True)
class Slab:
    """One feature map; ``kind`` is the family of the layer that made it."""

    shape: Shape
    kind: str
    thick: float
    high: float
    deep: float

    @property
    def sides(self) -> tuple[Dim, ...]:
        """What stands at the lower right: the width, of a low map that is not square both sides."""
        lead = self.shape[-3:-1]
        if len(lead) == 2 and lead[0] != lead[1] and self.high < LOW:
            return lead
        return lead[-1:]


@dataclass(slots=True, eq=False)
class Unit:
    """One box in the figure. Its place ``x``, ``y`` is the middle of what is seen of it."""

    box: Box
    kind: Kind
    sign: str = ""
    slabs: list[Slab] = field(default_factory=list[Slab])
    names: list[str] = field(default_factory=list[str])  # below it
    work: list[str] = field(default_factory=list[str])  # over the arrow that leads to it
    x: float = 0.0
    y: float = 0.0
    wide: float = 0.0
    high: float = 0.0

    @property
    def below(self) -> float:
        """The height of the labels below."""
        counts = LINE + 0.1 if self.kind == "volume" else 0.12
        return counts + LINE * len(self.names) + 0.05

    @property
    def label(self) -> float:
        """The width of the labels below."""
        return max((len(name) for name in self.names), default=0) * CHARACTER + 0.1

    @property
    def tail(self) -> float:
        """How far the width of the last map stands out on the right."""
        if self.kind != "volume" or len(self.slabs[-1].shape) < 2:
            return 0.0
        last = self.slabs[-1]
        texts = [sizes.width(size) for size in last.sides]
        letters = sum(texts) + len(texts) - 1
        wide = letters * (CHARACTER if all(isinstance(s, int) for s in last.sides) else CAPITAL)
        right = sum(slab.thick for slab in self.slabs) + last.deep * SLANT[0] * 0.6
        return wide + right - self.wide + 0.05

    @property
    def lead(self) -> float:
        """How far its label, or the first map's channels, stand out on the left."""
        if self.kind == "sign":
            return max(self.label - self.wide, 0.0) / 2
        if self.kind != "volume":
            return 0.0
        first = self.slabs[0]
        return max(sizes.width(first.shape[-1]) * CHARACTER - first.thick, 0.0) / 2

    @property
    def gap(self) -> float:
        """The width of what stands over the arrow."""
        return max((len(line) for line in self.work), default=0) * CHARACTER


def units(boxes: Sequence[Box], leaving: Mapping[int, set[Shape]]) -> list[Unit]:
    """The boxes as they look; ``leaving`` are the shapes of what others read of each."""
    found = [_unit(box, leaving.get(id(box), set())) for box in boxes]
    shapes = [slab.shape for unit in found for slab in unit.slabs]
    tallest = max((_number(size) for s in shapes if len(s) > 2 for size in s[-3:-1]), default=1.0)
    for unit in found:
        for slab in unit.slabs:
            _scale(slab, tallest)
        if unit.kind == "volume":
            ends = accumulate(slab.thick for slab in unit.slabs)
            deep = (slab.deep * SLANT[0] for slab in unit.slabs)
            unit.wide = max(map(sum, zip(ends, deep, strict=True)))
            unit.high = max(slab.high + slab.deep * SLANT[1] for slab in unit.slabs)
    return found


def _unit(box: Box, leaving: set[Shape]) -> Unit:
    if box.role == "output":
        names = [line.removeprefix("output ") for line in words.end_lines(box)]
        wide = max(map(len, names)) * CHARACTER + 0.3
        return Unit(box, "output", names=names, wide=wide, high=LINE * len(names))
    if box.role == "input":
        (shape,) = leaving or {(1,)}
        return Unit(box, "volume", slabs=[_slab(shape, "input")], names=[box.title])
    names = _names(box)
    if box.family == "merging" and len(box.content) > 0:
        sign = SIGNS.get(box.content[0].op.name, "$+$")
        return Unit(box, "sign", sign, names=names, wide=0.42, high=0.42)
    if box.role == "rest" or len(leaving) > 1:
        lines = names or ["block"]
        wide = max(map(len, lines)) * CHARACTER + 0.3
        return Unit(box, "block", names=lines, wide=wide, high=LINE * len(lines) + 0.3)
    return Unit(box, "volume", slabs=_slabs(box), names=names, work=_work(box))


def contracted(boxes: Sequence[Box], edges: Sequence[Edge]) -> tuple[list[Box], list[Edge]]:
    """Without the boxes that change no size (dropout, a norm): what they do is written to the map
    that they are applied to, where nothing else reads that."""
    kept, left = list(boxes), list(edges)
    for box in boxes:
        into = [edge for edge in left if edge.target is box]
        out = [edge for edge in left if edge.source is box]
        if box.role != "layers" or not all(map(follows, box.content)) or len(into) != 1:
            continue
        source = into[0].source
        readers = sum(edge.source is source for edge in left)
        if readers > 1 or source.role != "layers" or source.family == "merging":
            continue
        if source.count > 1 or source.content[-1].shape != box.content[-1].shape:
            continue
        source.content += box.content
        kept.remove(box)
        left = [edge for edge in left if edge is not into[0] and edge.source is not box]
        left += [Edge(source, edge.target, edge.shapes) for edge in out]
    return kept, left


def _slabs(box: Box) -> list[Slab]:
    if box.role == "block":
        called = _called(box)
        times = sum(map(_times, called)) if len(set(map(_word, called))) == 1 else 1
        shown = [_slab(box.content[-1].shape, "block")] * min(times, MOST_SLABS)
    else:
        shown = [_slab(layers[-1].shape, _maker(layers).op.family) for layers in _steps(box)]
    if len(shown) == 1:
        shown = shown * min(box.count, MOST_SLABS)
    elif len(shown) > MOST_SLABS:
        shown = [*shown[: MOST_SLABS - 1], shown[-1]]
    return [Slab(one.shape, one.kind, 0, 0, 0) for one in shown]


def _slab(shape: Shape, kind: str) -> Slab:
    return Slab(shape, kind, 0, 0, 0)


def _steps(box: Box) -> list[list[Layer]]:
    """A layer with those that follow it, for each map that the box makes."""
    steps: list[list[Layer]] = []
    main = False
    for layer in box.content:
        if is_wire(layer):
            continue
        own = not follows(layer)
        if not steps or (own and main):
            steps.append([])
            main = False
        steps[-1].append(layer)
        main = main or own
    return steps or [list(box.content)]


def _maker(layers: Sequence[Layer]) -> Layer:
    """The layer that says what a step is: not one that follows another."""
    return next((layer for layer in layers if not follows(layer)), layers[0])


# ---------------------------------------------------------------- sizes


def _scale(slab: Slab, tallest: float) -> None:
    """Give the map its lengths: heights by the root of the sizes, thickness by the logarithm."""
    shape = slab.shape
    channels = _number(shape[-1])
    if len(shape) > 2:
        height, width = (_number(size) for size in shape[-3:-1])
        slab.high = max(TALLEST * (height / tallest) ** 0.5, LOWEST)
        slab.deep = DEPTH * max(TALLEST * (width / tallest) ** 0.5, LOWEST)
        slab.thick = 0.09 + 0.055 * log2(max(channels, 1.0))
    else:  # a vector as a column, a sequence of them as a sheet
        slab.high = max(0.2 * log2(max(channels, 2.0)), LOWEST)
        slab.deep = 0.16 if len(shape) == 1 else 0.5
        slab.thick = 0.14


def _number(size: Dim) -> float:
    """About how large a size is, symbols taken as :data:`NOMINAL`."""
    if isinstance(size, int):
        return float(size)
    found = smooth(size)
    if found is None:
        return NOMINAL
    return max(sum(float(c) * NOMINAL ** len(m) for m, c in found[0].items()), 1.0)


# ---------------------------------------------------------------- words


def _names(box: Box) -> list[str]:
    """The label, what a block is called, and how often it stands there."""
    called = _called(box) if box.role == "block" else []
    count = "" if box.count == 1 or box.beside else f"×{box.count:,}"
    found = [" ".join(filter(None, (box.title, count)))]
    if box.title not in called or len(called) > 1:
        found += called
    if box.role == "rest":
        found = [f"… {box.layers:,} layers …"]
    return [line for line in found if line]


def _called(box: Box) -> list[str]:
    """The blocks in a box by name, each with how many of it follow each other."""
    found: list[str] = []
    for row in box.rows:
        name, _, times = row.partition("  ×")
        word = name.partition(" ")[0]
        found.append(f"{word} ×{times}" if times else word)
    return [_counted(list(group)) for _, group in groupby(found, _word)]


def _times(text: str) -> int:
    return int(text.partition("×")[2].replace(",", "") or 1)


def _word(text: str) -> str:
    return text.partition(" ")[0]


def _counted(texts: Sequence[str]) -> str:
    """``bottleneck``, ``bottleneck ×5`` as ``bottleneck ×6``."""
    total = sum(map(_times, texts))
    return f"{_word(texts[0])} ×{total}" if total > 1 else _word(texts[0])


def _work(box: Box) -> list[str]:
    """What is done on the way: ``conv``, ``11×11/4``, ``relu``; equal steps once, with ×N."""
    if box.role == "block":
        return []
    steps = [tuple(_said(layers)) for layers in _steps(box)]
    lines: list[str] = []
    for step, group in groupby(steps):
        times = len(list(group))
        *above, last = step
        lines += [*above, f"{last} ×{times}" if times > 1 else last]
    if len(lines) > 8:
        lines = [*lines[:6], "…"]
    return lines


def _said(layers: Sequence[Layer]) -> list[str]:
    """A step in words, in its order: what comes before the layer that says what it is, that layer
    with its window, and what follows it."""
    main = _maker(layers)
    at = layers.index(main)
    before, after = (
        [one.op.name for one in some if not is_wire(one) and one.op.name != "flatten"]
        for some in (layers[:at], layers[at + 1 :])
    )
    lines = [*_together(before), main.op.name, *_arguments(main.op), *_together(after)]
    return [line for line in lines if line]


def _together(names: Sequence[str]) -> Sequence[str]:
    """Names on one line, where that is short."""
    text = ", ".join(names)
    return [text] if len(text) < 10 else names


def _arguments(op: Op) -> Iterator[str]:
    """The window, and what else a figure has room for; the channels stand at the map."""
    text = spelling.arguments(op, full=False, times="×", between="\n")
    for part in text.split("\n"):
        plain = part.isdecimal() or part.startswith("[")
        if part and not plain and len(part) <= 12:
            yield part
