"""Numbers of values: of a layer's output, of all tensors, and their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from archc.audit.claims.depth import has_weights
from archc.audit.conventions import BYTES_A_VALUE, in_place
from archc.audit.kind import Flags, NotEvaluable, NumberKind
from archc.audit.subject import Subject
from archc.dims import Dim
from archc.graph.network import Layer
from archc.ops.base import product


class Activations(NumberKind):
    """Values of a part's output; of the network, of every tensor that it makes."""

    flags: Flags = NumberKind.flags | {"withinput", "every"}

    def compute(self, subject: Subject, flags: Flags) -> Dim:
        if subject.is_total:
            return self.sum(subject, flags)
        value = subject.value
        if value is None:
            raise NotEvaluable(f"{subject.name} has no layers")
        return product(subject.measured.shape_of(value))

    def counts(self, subject: Subject, flags: Flags) -> Callable[[Layer], bool]:
        return lambda layer: "every" in flags or not in_place(layer)

    def parts(self, subject: Subject, flags: Flags) -> Iterator[tuple[Layer, Dim]]:
        counts = self.counts(subject, flags)
        for layer in subject.layers if subject.is_total else ():
            if counts(layer):
                yield layer, product(layer.shape)

    def sum(self, subject: Subject, flags: Flags) -> Dim:
        total: Dim = 0
        for _, count in Activations.parts(self, subject, flags):
            total = total + count
        if "withinput" in flags:
            for given in subject.network.inputs:
                total = total + product(given.shape)
        return total


class Neurons(Activations):
    """Values of a part's output; of the network, of its weight layers' outputs."""

    flags: Flags = NumberKind.flags | {"withinput"}

    def counts(self, subject: Subject, flags: Flags) -> Callable[[Layer], bool]:
        return lambda layer: has_weights(subject.measured, layer)


class Memory(Activations):
    """Bytes of activations, four a value."""

    in_bytes = True

    def compute(self, subject: Subject, flags: Flags) -> Dim:
        return BYTES_A_VALUE * super().compute(subject, flags)

    def parts(self, subject: Subject, flags: Flags) -> Iterator[tuple[Layer, Dim]]:
        for layer, count in super().parts(subject, flags):
            yield layer, BYTES_A_VALUE * count


activations = Activations()
neurons = Neurons()
memory = Memory()
