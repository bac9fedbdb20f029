"""Arguments of a layer: its window, stride, padding, width, groups, rates."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archc.audit.kind import (
    Flags,
    Kind,
    NumberKind,
    PairKind,
    SizesKind,
    WindowKind,
    WrongClaim,
    pair_text,
    same_pair,
)
from archc.audit.printed import Unreadable, read_sizes
from archc.audit.subject import Subject, spelled
from archc.audit.verdicts import Judgement
from archc.graph.network import Layer

Get = Callable[[Layer], Any]
"""An argument of a layer, None where it has none."""


def only(subject: Subject, what: str, get: Get) -> Any:
    """The value that one layer of the subject has, or several agree on. Raises WrongClaim."""
    found = {layer.path: get(layer) for layer in subject.layers}
    having = {path: value for path, value in found.items() if value is not None}
    if not having:
        raise WrongClaim(f"no layer of {subject.name} has a `{what}`")
    values = list(having.values())
    if any(value != values[0] for value in values):
        names = ", ".join(f"`{spelled(path)}`" for path in list(having)[:4])
        raise WrongClaim(f"several layers of {subject.name} have a `{what}`", f"say which: {names}")
    return values[0]


def _field(name: str) -> Get:
    return lambda layer: getattr(layer.op, name, None)


class Pair(PairKind):
    """An argument with a value for each axis."""

    def __init__(self, name: str, get: Get) -> None:
        self.name, self.get = name, get

    def compute(self, subject: Subject, flags: Flags) -> Any:
        return only(subject, self.name, self.get)


@dataclass(frozen=True, slots=True)
class Pad:
    """A padding: its word, and what it adds on each side where that is the same everywhere."""

    word: str | None
    sides: tuple[int, int] | None
    text: str


class Padding(Pair):
    """Positions added on each side. ``same`` and ``valid`` are words for them, where they fit."""

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        word = printed.strip().casefold()
        if word in ("same", "valid"):
            return Judgement("exact" if computed.word == word else "contradicted")
        holds = computed.sides is not None and same_pair(computed.sides, read_sizes(printed))
        return Judgement("exact" if holds else "contradicted")

    def text(self, computed: Any) -> str:
        pad: str = computed.text
        return pad

    def json(self, computed: Any) -> int | float | str:
        digits = any(c.isdigit() for c in computed.text)
        return super().json(computed.sides) if computed.sides and digits else self.text(computed)


def _padding(layer: Layer) -> Any:
    op: Any = layer.op
    given = getattr(op, "pad", None)
    if given is None:
        return None
    if given == "half":
        return Pad("same" if _keeps(op) else None, _half(op), pair_text(_half(op)))
    if given == "same":
        return Pad("same", _half(op) if _keeps(op) else None, "same")
    if isinstance(given, str):
        return Pad(given, None, given)
    if len(given) == 2:
        return Pad("valid" if given == (0, 0) else None, given, pair_text(given))
    top, bottom, left, right = given
    if (top, left) == (bottom, right):
        return Pad(None, (top, left), pair_text((top, left)))
    return Pad(None, None, f"{top} {bottom} {left} {right}")


def _half(op: Any) -> tuple[int, int]:
    height, width = op.kernel
    return height // 2, width // 2


def _keeps(op: Any) -> bool:
    """Whether half a window on every side keeps the map's size: then the words mean the same."""
    odd = all(side % 2 for side in op.kernel)
    return odd and op.stride == (1, 1) and getattr(op, "dilation", (1, 1)) == (1, 1)


class Count(NumberKind):
    """A whole number that a layer is given: it holds exactly or not at all."""

    def __init__(self, name: str, get: Get) -> None:
        self.name, self.get = name, get

    def compute(self, subject: Subject, flags: Flags) -> Any:
        value = only(subject, self.name, self.get)
        # a rate is a decimal of the spec's text: 0.1 is meant, not the nearest binary fraction
        return Fraction(str(value)) if isinstance(value, float) else value

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        judgement = super().judge(computed, printed, flags)
        return judgement if judgement.verdict == "exact" else Judgement("contradicted")


class WindowOf(WindowKind):
    """Kernel and stride, as papers write them: 7×7/2."""

    def compute(self, subject: Subject, flags: Flags) -> Any:
        return only(subject, "window", _window)


def _window(layer: Layer) -> Any:
    kernel = getattr(layer.op, "kernel", None)
    return None if kernel is None else (kernel, getattr(layer.op, "stride", (1, 1)))


def _windowed(name: str) -> Get:
    """An argument that stands beside a window: a global pooling has a stride only in form."""
    return lambda layer: None if _window(layer) is None else getattr(layer.op, name, None)


class FilterShape(SizesKind):
    """A filter's height × width × depth, the depth being the maps that one filter reads."""

    def compute(self, subject: Subject, flags: Flags) -> Any:
        return only(subject, "filter", _filter)


def _filter(layer: Layer) -> Any:
    kernel = getattr(layer.op, "kernel", None)
    if kernel is None or type(layer.op).family != "convolution":
        return None
    depth = layer.input_shapes[0][-1]
    return (*kernel, depth // getattr(layer.op, "groups", 1))


class ConnectedMaps(NumberKind):
    """Pairs of maps that a table of connections connects."""

    def compute(self, subject: Subject, flags: Flags) -> int:
        return sum(len(reads) for reads in _table(subject))


class ConnectionRow(Kind):
    """The maps that read one map, as a row of a table of connections: ``0: 0 4 5 6``."""

    def compute(self, subject: Subject, flags: Flags) -> dict[int, list[int]]:
        readers: dict[int, list[int]] = {}
        for reader, reads in enumerate(_table(subject)):
            for read_map in reads:
                readers.setdefault(read_map, []).append(reader)
        return readers

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        match = _ROW.fullmatch(printed.strip())
        if match is None:
            raise Unreadable(f"`{printed.strip()[:40]}` is no row: write `0: 0 4 5`")
        row = computed.get(int(match[1]))
        if row is None:
            return Judgement("contradicted", f"there is no map {int(match[1])}")
        exact = sorted(int(number) for number in match[2].replace(",", " ").split()) == row
        if exact:
            return Judgement("exact")
        readers = " ".join(map(str, row))
        return Judgement("contradicted", f"map {int(match[1])} is read by {readers}")

    def text(self, computed: Any) -> str:
        return f"{sum(map(len, computed.values()))} marks"


_ROW = re.compile(r"(\d{1,9})\s*:((?:[\s,]*\d{1,9}){1,200})\s*")


def _table(subject: Subject) -> Any:
    return only(subject, "connections", _field("connections"))


kernel: Kind = Pair("kernel", _field("kernel"))
stride: Kind = Pair("stride", _windowed("stride"))
pad: Kind = Padding("pad", _padding)
dilation: Kind = Pair("dilation", _windowed("dilation"))
window: Kind = WindowOf()
width: Kind = Count("width", _field("width"))
groups: Kind = Count("groups", _field("groups"))
filter_shape: Kind = FilterShape()
size: Kind = Count("size", _field("size"))
rate: Kind = Count("rate", lambda layer: getattr(layer.op, "p", getattr(layer.op, "rate", None)))
connected_maps: Kind = ConnectedMaps()
connection_row: Kind = ConnectionRow()
