"""How many layers or blocks of a sort a part of a network has."""

from __future__ import annotations

from typing import Any

from archc.audit.claims.depth import has_weights
from archc.audit.kind import Flags, NumberKind, WrongClaim
from archc.audit.subject import Subject
from archc.audit.verdicts import Judgement
from archc.graph.network import Module


class LayersOf(NumberKind):
    """Layers of a family; of convolutions and fully connected layers those with weights."""

    flags: Flags = frozenset()

    def __init__(self, family: str, doc: str) -> None:
        self.family = family
        self.__doc__ = doc

    def compute(self, subject: Subject, flags: Flags) -> int:
        pooling = self.family == "pooling"
        return sum(
            type(layer.op).family == self.family
            and (pooling or has_weights(subject.measured, layer))
            for layer in subject.layers
        )


class FullyConnected(LayersOf):
    """Fully connected layers; those between others only with the flag `hidden`."""

    flags: Flags = frozenset(("hidden",))

    def __init__(self) -> None:
        super().__init__("dense", "fully connected layers")

    def compute(self, subject: Subject, flags: Flags) -> int:
        count = super().compute(subject, flags)
        return max(0, count - 1) if "hidden" in flags else count


class Blocks(NumberKind):
    """Blocks on a line, repeats one by one: the "× 3" of a table."""

    flags: Flags = frozenset()

    def compute(self, subject: Subject, flags: Flags) -> int:
        node = subject.node
        if not isinstance(node, Module):
            raise WrongClaim(f"{subject.name} is no line of blocks")
        return 1 if node.kind == "block" else _blocks(node)

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        return super().judge(computed, printed.lstrip("xX×* "), flags)


def _blocks(module: Module) -> int:
    """Outermost blocks: those below the groups that repeat them, not those inside of blocks."""
    count = 0
    for child in module.children:
        if isinstance(child, Module):
            count += 1 if child.kind == "block" else _blocks(child)
    return count


conv_layers = LayersOf("convolution", "convolutions with weights")
fc_layers = FullyConnected()
pool_layers = LayersOf("pooling", "poolings")
blocks = Blocks()
