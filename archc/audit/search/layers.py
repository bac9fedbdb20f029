"""Changes of what single layers count: biases left out, a layer lost, a factor replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import prod
from typing import Any, ClassVar, Literal
from weakref import WeakKeyDictionary

from archc.audit.claims.activations import Activations
from archc.audit.claims.operations import CostKind
from archc.audit.claims.weights import WeightKind
from archc.audit.conventions import BYTES_A_VALUE, weighting
from archc.audit.search.items import Item
from archc.audit.search.readings import difference, number
from archc.audit.search.ways import Draft, Edit, Number, Prediction, Ways
from archc.audit.subject import Measured, Subject, spelled
from archc.audit.verdicts import Verdict, number_text
from archc.graph.network import Layer

MULTIPLIERS = range(1, 17)
"""Depth multipliers of separable convolutions that are tried."""


@dataclass(frozen=True, eq=False)
class BiasOut(Edit):
    """The biases of one layer left out, or their additions."""

    kind: ClassVar[str] = "bias"
    verdict: ClassVar[Verdict] = "contradicted_explained"

    path: str

    def delta(self, draft: Draft, subject: Subject, ways: Ways) -> Number | None:
        if "nobias" not in draft.kind.flags or "nobias" in draft.flags:
            return None
        counts = ways.parts(draft, subject)
        if self.path not in counts:
            return None
        without = Draft(
            draft.item, draft.measured, draft.kind, draft.flags | {"nobias"}, draft.binary
        )
        return (ways.parts(without, subject)[self.path] - counts[self.path]) or None

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"{difference(before, after)}: {short(item.measured, self.path)}'s biases left out"


@dataclass(frozen=True, eq=False)
class Miscounted(Edit):
    """One layer of several not counted, or counted twice."""

    kind: ClassVar[str] = "lost"
    instead_of: ClassVar[str] = "layers"
    verdict: ClassVar[Verdict] = "contradicted_explained"

    path: str
    times: Literal[-1, 1]

    def delta(self, draft: Draft, subject: Subject, ways: Ways) -> Number | None:
        count = ways.parts(draft, subject).get(self.path, 0)
        if count == ways.count(draft.item, draft.measured, draft.kind, draft.flags):
            return None  # the only one
        return (self.times * count) or None

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        what = "counted twice" if self.times > 0 else "not counted"
        return f"{difference(before, after)}: {short(item.measured, self.path)} {what}"


@dataclass(frozen=True, eq=False)
class Replaced(Edit):
    """One factor of a layer's product replaced by another integer of the same layer."""

    kind: ClassVar[str] = "factor"
    verdict: ClassVar[Verdict] = "contradicted_explained"

    path: str
    old: int
    new: int

    def delta(self, draft: Draft, subject: Subject, ways: Ways) -> Number | None:
        found = factors(draft, subject, self.path, ways)
        if found is None or self.old not in found:
            return None
        whole = unit(draft) * prod(found)
        return whole // self.old * (self.new - self.old)

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        draft = Draft(item, item.measured, item.kind, item.flags, item.binary)
        found = factors(draft, item.subject, self.path, Ways()) or []
        at = max((i for i, f in enumerate(found) if f == self.old), default=0)
        is_product = unit(draft) * prod(found) == before.value
        if self.new == 1:
            del found[at : at + 1]
        else:
            found[at : at + 1] = [self.new]
        product = "·".join(map(str, found))
        left = f"{number(after)} = {product}" if is_product else difference(before, after)
        if self.new == 1:
            return f"{left}: {self.old} left out"
        origin = _origin(item, self.path, self.new)
        why = f", {origin}," if origin else ""
        return f"{left}: {self.new}{why} in the place of {self.old}"


@dataclass(frozen=True, eq=False)
class Separable(Edit):
    """A dense convolution counted as a depthwise and a pointwise one."""

    kind: ClassVar[str] = "separable"
    verdict: ClassVar[Verdict] = "contradicted_explained"

    path: str
    multiplier: int

    def delta(self, draft: Draft, subject: Subject, ways: Ways) -> Number | None:
        layer = subject.measured.layers.get(self.path)
        if layer is None or self.path not in ways.parts(draft, subject):
            return None
        if not isinstance(draft.kind, WeightKind | CostKind):
            return None
        dense = window(layer)
        if dense is None or getattr(layer.op, "groups", 1) != 1:
            return None
        height, across, channels, width = dense
        between = channels * self.multiplier
        new = height * across * between + between * width
        change = new - prod(dense)
        if self._counts_biases(draft) and getattr(layer.op, "bias", False):
            change += between
        positions = prod(_sizes(layer.shape[:-1])) if isinstance(draft.kind, CostKind) else 1
        return unit(draft) * positions * change

    def _counts_biases(self, draft: Draft) -> bool:
        kind = draft.kind
        return isinstance(kind, WeightKind) and "biases" in weighting(kind.counted, draft.flags)

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        dense = window(item.measured.layers[self.path])
        assert dense is not None
        height, across, channels, width = dense
        m = self.multiplier
        weights = f"{height}·{across}·{channels}·{m} + {channels}·{m}·{width}"
        total = height * across * channels * m + channels * m * width
        name = short(item.measured, self.path)
        return (
            f"{number(after)}: {name} as a separable convolution of multiplier {m} has "
            f"{weights} = {number_text(total)} weights"
        )


@dataclass(frozen=True, eq=False)
class Summed(Edit):
    """The sum of contiguous lines of the network, where one line or all are claimed."""

    kind: ClassVar[str] = "range"
    instead_of: ClassVar[str] = "layers"
    once: ClassVar[bool] = True
    verdict: ClassVar[Verdict] = "contradicted_explained"

    first: str
    last: str

    def delta(self, draft: Draft, subject: Subject, ways: Ways) -> Number | None:
        found = ways.lines(draft)
        if self.first not in found or self.last not in found:
            return None
        if not subject.is_total and subject.name not in (self.first, self.last):
            return None
        own = ways.count(draft.item, draft.measured, draft.kind, draft.flags)
        total = found[self.last].through - found[self.first].before
        return total - own if isinstance(own, int | Fraction) else None

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"{number(after)} is the sum of {spelled(self.first)} to {spelled(self.last)}"


# ---------------------------------------------------------------- what there is to change


def edits(item: Item, ways: Ways) -> Iterator[Edit]:
    """The changes of single layers that a claim could have."""
    draft = Draft(item, item.measured, item.kind, item.flags, item.binary)
    counts = ways.parts(draft, item.subject)
    alike = equal_layers(item.measured, counts)
    for path, count in counts.items():
        if not count or path in alike:
            continue
        yield BiasOut(path)
        yield Miscounted(path, -1)
        yield Miscounted(path, 1)
        layer = item.measured.layers[path]
        if window(layer) and getattr(layer.op, "groups", 1) == 1:
            yield from (Separable(path, m) for m in MULTIPLIERS)
    for path in counts or ([item.subject.value] if item.subject.value else []):
        if path not in alike:
            yield from _replacements(draft, item.subject, path, ways)
    names = list(ways.lines(draft)) if counts else []
    for first, last in _ranges(names, None if item.subject.is_total else item.subject.name):
        if (first, last) != (names[0], names[-1]):
            yield Summed(first, last)


def _ranges(names: Sequence[str], own: str | None) -> Iterator[tuple[str, str]]:
    """First and last of contiguous lines, two or more; those that ``own`` begins or ends."""
    if own is None:
        yield from combinations(names, 2)
    elif own in names:
        at = names.index(own)
        yield from ((first, own) for first in names[:at])
        yield from ((own, last) for last in names[at + 1 :])


def equal_layers(measured: Measured, paths: Iterable[str]) -> set[str]:
    """Of layers that are equal and read equal shapes, all but the first."""
    seen: set[object] = set()
    found: set[str] = set()
    for path in paths:
        layer = measured.layers[path]
        key = repr(layer.op), layer.input_shapes
        if key in seen:
            found.add(path)
        seen.add(key)
    return found


def _replacements(draft: Draft, subject: Subject, path: str, ways: Ways) -> Iterator[Replaced]:
    found = factors(draft, subject, path, ways)
    if found is None:
        return
    news = integers(subject, path)
    if subject.is_total:  # a layer without a factor looks like one that is not counted
        news = [new for new in news if new != 1]
    elif 1 not in news:
        news.append(1)  # the factor is left out
    for old in dict.fromkeys(found):
        yield from (Replaced(path, old, new) for new in news if new != old)


# ---------------------------------------------------------------- products and integers


def window(layer: Layer) -> tuple[int, int, int, int] | None:
    """Kernel height and width, channels read by a group, width, of a convolution."""
    op = layer.op
    kernel, width = getattr(op, "kernel", None), getattr(op, "width", None)
    if kernel is None or not isinstance(width, int) or getattr(op, "connections", None):
        return None
    channels = layer.input_shapes[0][-1]
    if not isinstance(channels, int):
        return None
    found = (int(kernel[0]), int(kernel[1]), channels // getattr(op, "groups", 1), width)
    return found if prod(found) == layer.weights.weights else None


def _weights(layer: Layer) -> list[int] | None:
    dense = window(layer)
    if dense is not None:
        return list(dense)
    width, sizes = getattr(layer.op, "width", None), _sizes(layer.input_shapes[0])
    if isinstance(width, int) and prod(sizes) * width == layer.weights.weights:
        return [*sizes, width]
    return None


def _sizes(shape: Sequence[Any]) -> list[int]:
    """The integers among sizes, or of an argument with a value for each axis."""
    return [size for size in shape if isinstance(size, int)]


def unit(draft: Draft) -> int:
    """How often a quantity counts one thing: bytes of a value, operations of a multiply-add."""
    if isinstance(draft.kind, CostKind):
        return 1 if "fused" in draft.flags else draft.kind.counted.get("macs", 1)
    return BYTES_A_VALUE if getattr(draft.kind, "in_bytes", False) else 1


def factors(draft: Draft, subject: Subject, path: str, ways: Ways) -> list[int] | None:
    """The product that a layer's count is, biases beside; None where it is none."""
    layer = subject.measured.layers.get(path)
    if layer is None or (path != subject.value and path not in ways.parts(draft, subject)):
        return None
    if isinstance(draft.kind, Activations):
        sizes = _sizes(layer.shape)
        return sizes if len(sizes) == len(layer.shape) else None
    found = _weights(layer)
    if found is None or not isinstance(draft.kind, WeightKind | CostKind):
        return None
    if isinstance(draft.kind, CostKind):
        return _sizes(layer.shape[:-1]) + found
    return found


def integers(subject: Subject, path: str) -> list[int]:
    """The integers of a layer, and of the line that the subject is: arguments, sizes, and one
    device's share of its width where the network computes in groups."""
    measured = subject.measured
    layers = [measured.layers[path]] if subject.is_total else list(subject.layers)
    found: dict[int, None] = {}
    for layer in layers or [measured.layers[path]]:
        for shape in (*layer.input_shapes, layer.shape):
            found.update(dict.fromkeys(_sizes(shape)))
        for argument in ("kernel", "stride", "pad"):
            value: Any = getattr(layer.op, argument, None)
            found.update(dict.fromkeys(_sizes(value or ())))
        width = getattr(layer.op, "width", None)
        if isinstance(width, int):
            found.update(dict.fromkeys(width // g for g in devices(measured) if width % g == 0))
    return [n for n in found if n > 0]


_devices: WeakKeyDictionary[Measured, list[int]] = WeakKeyDictionary()


def devices(measured: Measured) -> list[int]:
    """Into how many groups layers of the network are split."""
    if measured not in _devices:
        counts = {getattr(layer.op, "groups", 1) for layer in measured.network.layers}
        _devices[measured] = sorted(n for n in counts if isinstance(n, int) and 1 < n <= 16)
    return _devices[measured]


def _origin(item: Item, path: str, new: int) -> str:
    width = next((w for x in item.subject.layers if (w := getattr(x.op, "width", None))), None)
    for groups in devices(item.measured):
        if isinstance(width, int) and new * groups == width:
            share = "half" if groups == 2 else f"1/{groups}"
            return f"{share} of {width} as on one device"
    return ""


def short(measured: Measured, path: str) -> str:
    """A layer by its line's name, where it is the only one there with weights."""
    layer = measured.layers.get(path)
    parent = layer.parent if layer else None
    if parent is not None and parent.kind == "line":
        weighted = [x for x in parent.layers() if x.weights.trainable != 0]
        if len(weighted) == 1:
            return spelled(parent.path)
    return spelled(path)
