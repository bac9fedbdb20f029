"""Arguments of a layer: its window, stride, padding, width, groups, rates."""

from __future__ import annotations

from collections.abc import Callable
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
)
from archc.audit.printed import read
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


class Padding(Pair):
    """Positions added on each side; ``same`` and ``valid`` are words of their own."""

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        word = printed.strip().casefold()
        if word in ("same", "valid"):
            is_word = computed == word or (word == "valid" and computed == (0, 0))
            return Judgement("exact" if is_word else "contradicted")
        if isinstance(computed, str):
            return Judgement("contradicted")
        return super().judge(computed, printed, flags)

    def text(self, computed: Any) -> str:
        return computed if isinstance(computed, str) else super().text(computed)

    def json(self, computed: Any) -> int | float | str:
        return computed if isinstance(computed, str) else super().json(computed)


def _padding(layer: Layer) -> Any:
    given = getattr(layer.op, "pad", None)
    if given == "half":
        height, width = layer.op.kernel  # type: ignore[attr-defined]  # what has a pad has a kernel
        return height // 2, width // 2
    if given is None or isinstance(given, str) or len(given) == 2:
        return given
    top, bottom, left, right = given
    return (top, left) if (top, left) == (bottom, right) else f"{top} {bottom} {left} {right}"


class Count(NumberKind):
    """A whole number that a layer is given: it holds exactly or not at all."""

    def __init__(self, name: str, get: Get) -> None:
        self.name, self.get = name, get

    def compute(self, subject: Subject, flags: Flags) -> Any:
        value = only(subject, self.name, self.get)
        # a rate is a decimal of the spec's text: 0.1 is meant, not the nearest binary fraction
        return Fraction(str(value)) if isinstance(value, float) else value

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        exact = read(printed).number.value == computed
        return Judgement("exact" if exact else "contradicted")


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
