"""Receptive fields: what of each input the values of a network depend on.

For every tensor and every input of the network that has a height and a width, and for each of the
two, the first and the last input position that output position i depends on. Windows compose: of
windows (size k, stride s) after one another sizes grow by (k - 1) times the product of the strides
before, and strides multiply (Le and Borji 2017; Araujo, Norris and Sim 2019, Distill). Here the
window after up-sampling differs from phase to phase, and branches are united.

Positions are not clipped to the input: those of an output near the border may lie in the padding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm
from typing import Literal

from archc.dims import Dim, decide, dim_max, dim_min
from archc.graph.network import Layer, Network
from archc.ops.base import POINT, Reach, Reaches, Shape

MAX_PHASES = 256
"""With more phases than this a field counts as irregular."""

Kind = Literal["exact", "whole", "irregular"]


@dataclass(frozen=True, slots=True)
class Phase:
    """The positions ``first`` to ``last``."""

    first: Dim
    last: Dim


@dataclass(frozen=True, slots=True)
class Extent:
    """What positions along one axis depend on, of one axis of an input.

    ``exact``: output i = q * len(phases) + r depends on input positions from ``phases[r].first``
    to ``phases[r].last``, each plus ``q * step``; a phase None depends on nothing. Without
    up-sampling there is one phase. ``whole``: every output depends on ``phases[0]``, since a layer
    reads all that arrives. ``irregular``: there is no such formula; ``phases`` is empty.
    """

    kind: Kind
    step: int
    phases: tuple[Phase | None, ...]

    @property
    def size(self) -> Dim | None:
        """Positions from first to last (the greatest of the phases); None where irregular."""
        sizes = [p.last - p.first + 1 for p in self.phases if p is not None]
        return dim_max(*sizes) if sizes else None

    @property
    def stride(self) -> int | Fraction | None:
        """Input positions from one output to the next; None where irregular."""
        if not self.phases:
            return None
        stride = Fraction(self.step, len(self.phases))
        return int(stride) if stride.denominator == 1 else stride

    @property
    def offset(self) -> Dim | None:
        """The first position that output 0 depends on; None where irregular."""
        return self.phases[0].first if self.phases and self.phases[0] is not None else None

    def at(self, i: int) -> tuple[Dim, Dim] | None:
        """First and last position of output i; None where it depends on nothing, or irregular."""
        if not self.phases:
            return None
        q, r = divmod(i, len(self.phases))
        phase = self.phases[r]
        return None if phase is None else (phase.first + q * self.step, phase.last + q * self.step)


@dataclass(frozen=True, slots=True)
class Field:
    """What a tensor's positions depend on of one input: along the height, and the width."""

    height: Extent
    width: Extent

    @property
    def size(self) -> tuple[Dim | None, Dim | None]:
        """Height and width of the receptive field, in input positions, not clipped."""
        return self.height.size, self.width.size


Fields = dict[str, Field]
"""A tensor's fields by the names of the inputs; inputs that it does not depend on are left out."""

IDENTITY = Extent("exact", 1, (Phase(0, 0),))
IRREGULAR = Extent("irregular", 0, ())


def fields(network: Network) -> dict[str, Fields]:
    """The receptive fields of every tensor, by path (of layers, and of the inputs themselves).

    Inputs without height and width (HxWxC or RxHxWxC has them) have no fields.
    """
    known: dict[str, Fields] = {}
    sizes: dict[str, tuple[Dim, Dim]] = {}
    for value in network.inputs:
        known[value.name] = {}
        if len(value.shape) >= 3:
            sizes[value.name] = _plane(value.shape)
            known[value.name] = {value.name: Field(IDENTITY, IDENTITY)}
    for layer in network.layers:
        known[layer.path] = _of_layer(layer, known, sizes)
    return known


def _of_layer(layer: Layer, known: dict[str, Fields], sizes: dict[str, tuple[Dim, Dim]]) -> Fields:
    reaches = layer.op.reach(*layer.input_shapes)
    found: dict[str, list[Field]] = {}
    for path, shape in zip(layer.inputs, layer.input_shapes, strict=True):
        for name, field in known[path].items():
            passed = _through(field, reaches, shape, layer.shape, sizes[name])
            found.setdefault(name, []).append(passed)
    return {name: _united(parts, sizes[name]) for name, parts in found.items()}


def _through(
    field: Field, reaches: Reaches, shape: Shape, out: Shape, size: tuple[Dim, Dim]
) -> Field:
    """The field of a layer's output by way of one of its inputs, of this shape."""
    if reaches == "irregular":
        return Field(*(_irregular(e) for e in (field.height, field.width)))
    axes = _plane(shape)
    if reaches == "whole" or len(out) < 3 <= len(shape):  # axes that are gone were read whole
        return Field(
            _all_of(field.height, axes[0], size[0]), _all_of(field.width, axes[1], size[1])
        )
    outs = _plane(out)
    extents = (
        # An axis of 1 that is spread (a gate): every output reads all there is of it.
        _all_of(extent, 1, whole)
        if n == 1 and m != 1 and reach == POINT
        else _composed(extent, reach)
        for extent, reach, n, m, whole in (
            (field.height, reaches[0], axes[0], outs[0], size[0]),
            (field.width, reaches[1], axes[1], outs[1], size[1]),
        )
    )
    return Field(*extents)


def _plane(shape: Shape) -> tuple[Dim, Dim]:
    return (shape[-3], shape[-2]) if len(shape) >= 3 else (1, 1)


def _irregular(extent: Extent) -> Extent:
    return extent if extent.kind == "whole" else IRREGULAR


def _united(parts: Sequence[Field], size: tuple[Dim, Dim]) -> Field:
    if len(parts) == 1:
        return parts[0]
    return reduce(
        lambda a, b: (
            a
            if a == b
            else Field(
                _union(a.height, b.height, size[0]),
                _union(a.width, b.width, size[1]),
            )
        ),
        parts,
    )


@lru_cache(maxsize=4096)
def _composed(extent: Extent, reach: Reach) -> Extent:
    """The extent of what reads a tensor of this extent by this reach."""
    if reach == POINT or extent.kind != "exact":
        return extent
    if not isinstance(reach.offset, int):
        return _composed_symbolic(extent, reach)
    common = gcd(reach.zoom, reach.stride)
    turn, shift = reach.zoom // common, reach.stride // common  # `turn` outputs move by `shift`
    period = len(extent.phases)
    turns = period // gcd(period, shift)
    count = turn * turns
    if count > MAX_PHASES:
        return IRREGULAR
    phases = tuple(
        _window(extent, reach.offset + r * reach.stride, reach.size, reach.zoom)
        for r in range(count)
    )
    return _reduced(Extent("exact", extent.step * shift * turns // period, phases))


def _window(extent: Extent, low: int, size: int, zoom: int) -> Phase | None:
    """What the positions that stand at ``low`` to ``low + size - 1`` depend on together.

    Extents move forward with the position, so the first and last that depend on anything tell.
    """
    first, last = -(-low // zoom), (low + size - 1) // zoom
    reach = min(len(extent.phases), last - first + 1)
    start = next((s[0] for p in range(first, first + reach) if (s := extent.at(p))), None)
    end = next((e[1] for p in range(last, last - reach, -1) if (e := extent.at(p))), None)
    return None if start is None or end is None else Phase(start, end)


def _composed_symbolic(extent: Extent, reach: Reach) -> Extent:
    """With an offset that is a formula (`same` over a symbolic size): only without up-sampling."""
    phase = extent.phases[0]
    if len(extent.phases) > 1 or phase is None or reach.zoom > 1:
        return IRREGULAR
    moved = reach.offset * extent.step
    last = phase.last + moved + (reach.size - 1) * extent.step
    return Extent("exact", extent.step * reach.stride, (Phase(phase.first + moved, last),))


def _all_of(extent: Extent, length: Dim, size: Dim) -> Extent:
    """The extent of what reads all ``length`` positions of a tensor of this extent."""
    if extent.kind == "exact":
        period = len(extent.phases)
        everything = Phase(0, size - 1)
        phase: Phase | None = None
        if isinstance(length, int):
            phase = _window(extent, 0, length, 1)
        elif period == 1 and (only := extent.phases[0]):
            phase = Phase(only.first, only.last + (length - 1) * extent.step)
        return Extent("whole", 0, (everything if phase is None else phase,))
    return Extent("whole", 0, (Phase(0, size - 1),)) if extent.kind == "irregular" else extent


@lru_cache(maxsize=4096)
def _union(a: Extent, b: Extent, size: Dim) -> Extent:
    """What two tensors' positions depend on together: the least extent that holds both."""
    if a == b:
        return a
    for one, other in ((a, b), (b, a)):
        if one.kind == "whole":
            if other.kind == "whole":
                return Extent("whole", 0, (_hull(one.phases[0], other.phases[0]),))
            covers = _covers(one.phases[0], size)
            return one if covers else IRREGULAR
    if not a.phases or not b.phases or a.step * len(b.phases) != b.step * len(a.phases):
        return IRREGULAR
    count = lcm(len(a.phases), len(b.phases))
    if count > MAX_PHASES:
        return IRREGULAR
    phases = tuple(_hull(_phase(a, r), _phase(b, r)) for r in range(count))
    return _reduced(Extent("exact", a.step * count // len(a.phases), phases))


def _phase(extent: Extent, i: int) -> Phase | None:
    found = extent.at(i)
    return None if found is None else Phase(*found)


def _hull(a: Phase | None, b: Phase | None) -> Phase | None:
    if a is None or b is None:
        return a or b
    return Phase(_least([a.first, b.first]), _greatest([a.last, b.last]))


def _covers(phase: Phase | None, size: Dim) -> bool:
    """Whether the phase holds all positions of the input."""
    return (
        phase is not None
        and decide("<=", phase.first, 0) is True
        and decide(">=", phase.last, size - 1) is True
    )


def _reduced(extent: Extent) -> Extent:
    """The same with the fewest phases."""
    count = len(extent.phases)
    for fewer in range(1, count):
        if count % fewer == 0 and extent.step * fewer % count == 0:
            less = Extent("exact", extent.step * fewer // count, extent.phases[:fewer])
            if all(_phase(less, r) == extent.phases[r] for r in range(fewer, count)):
                return less
    return extent


def _extreme(
    numbers: Callable[[Sequence[int]], int], formulas: Callable[..., Dim]
) -> Callable[[Sequence[Dim]], Dim]:
    def choose(values: Sequence[Dim]) -> Dim:
        integers = [v for v in values if isinstance(v, int)]
        return numbers(integers) if len(integers) == len(values) else formulas(*values)

    return choose


_least = _extreme(min, dim_min)
_greatest = _extreme(max, dim_max)
