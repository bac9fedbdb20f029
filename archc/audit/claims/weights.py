"""What is stored: parameters, weights, biases, running statistics, and their bytes."""

from __future__ import annotations

from collections.abc import Iterator

from archc.audit.claims.named import named
from archc.audit.conventions import (
    BIASES,
    BYTES_A_VALUE,
    COUNTING_PARAMS,
    KERNELS,
    STATISTICS,
    STORED,
    TRAINED,
    Weighting,
    weigh,
    weighting,
)
from archc.audit.kind import NO_FLAGS, Flags, NumberKind
from archc.audit.subject import Subject
from archc.dims import Dim
from archc.graph.network import Layer


class WeightKind(NumberKind):
    """Values stored, by a weighting of their kinds. Shared weights count once."""

    def __init__(self, counted: Weighting, doc: str, conventions: Flags = NO_FLAGS) -> None:
        self.counted = counted
        self.conventions = conventions
        self.flags = NumberKind.flags | {"nobias", "onebias", "nonorm"} | conventions
        self.__doc__ = doc

    def compute(self, subject: Subject, flags: Flags) -> Dim:
        total: Dim = 0
        for _, count in self.parts(subject, flags):
            total = total + count
        return total

    def parts(self, subject: Subject, flags: Flags) -> Iterator[tuple[Layer, Dim]]:
        if flags & self.conventions:
            yield from named(subject, flags, "params_table")
            return
        by = weighting(self.counted, flags)
        measured = subject.measured
        owners: set[str] = set()
        for layer in subject.layers:
            owner = layer.shares or layer.path
            if owner not in owners:
                owners.add(owner)
                yield layer, weigh(measured.weights(layer), by)


class WeightMemory(WeightKind):
    """Bytes of values stored, four a value."""

    in_bytes = True

    def parts(self, subject: Subject, flags: Flags) -> Iterator[tuple[Layer, Dim]]:
        for layer, count in super().parts(subject, flags):
            yield layer, BYTES_A_VALUE * count


params = WeightKind(
    TRAINED, "weights, biases, normalisation scales and shifts", conventions=COUNTING_PARAMS
)
weights = WeightKind(KERNELS, "kernels, matrices, slopes and trainable coefficients")
biases = WeightKind(BIASES, "biases, without normalisation's shifts")
statistics = WeightKind(STATISTICS, "stored and not trained: running statistics, constants")
total = WeightKind(STORED, "all that is stored, running statistics too")
weight_memory = WeightMemory(STORED, "bytes of all that is stored, four a value")
trainable_memory = WeightMemory(TRAINED, "bytes of what training updates, four a value")
statistics_memory = WeightMemory(STATISTICS, "bytes of what is stored and not trained")
