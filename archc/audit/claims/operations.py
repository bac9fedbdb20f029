"""What one forward pass of one example does: multiply-accumulates, operations, connections."""

from __future__ import annotations

from collections.abc import Iterator

from archc.audit.claims.named import named
from archc.audit.conventions import (
    CONNECTIONS,
    COUNTING_OPS,
    MACS,
    OPERATIONS,
    SUBSAMPLED,
    Weighting,
    weigh,
    weighting,
)
from archc.audit.kind import Flags, NotEvaluable, NumberKind
from archc.audit.subject import Subject
from archc.dims import Dim
from archc.graph.network import Layer


class CostKind(NumberKind):
    """Operations, by a weighting of their kinds. Unknown costs are never counted as nothing."""

    def __init__(self, counted: Weighting, doc: str, flags: Flags) -> None:
        self.counted = counted
        self.__doc__ = doc
        self.flags = NumberKind.flags | flags

    def weighting(self, layer: Layer) -> Weighting:
        return self.counted

    def compute(self, subject: Subject, flags: Flags) -> Dim:
        sum_: Dim = 0
        for _, count in self.parts(subject, flags):
            sum_ = sum_ + count
        return sum_

    def parts(self, subject: Subject, flags: Flags) -> Iterator[tuple[Layer, Dim]]:
        if flags & COUNTING_OPS:
            yield from named(subject, flags, "ops_table")
            return
        for layer in subject.layers:
            cost = subject.measured.cost(layer)
            if cost is None:
                raise NotEvaluable(f"the cost of `{layer.path}` ({type(layer.op).name}) is unknown")
            yield layer, weigh(cost, weighting(self.weighting(layer), flags))


class Connections(CostKind):
    """Connections, which trainable subsampling has too."""

    def weighting(self, layer: Layer) -> Weighting:
        return SUBSAMPLED if type(layer.op).name == "subsample" else self.counted


macs = CostKind(MACS, "multiply-accumulates, without bias additions", COUNTING_OPS | {"withbias"})
ops = CostKind(OPERATIONS, "twice the multiply-accumulates", COUNTING_OPS | {"withbias", "fused"})
connections = Connections(
    CONNECTIONS, "one for each weight and each bias, at every position", frozenset(("nobias",))
)
