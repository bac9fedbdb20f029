"""How many layers or blocks of a sort a part of a network has."""

from __future__ import annotations

from archc.audit.claims.depth import has_weights
from archc.audit.kind import Flags, NumberKind, WrongClaim
from archc.audit.subject import Subject
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


class Blocks(NumberKind):
    """Blocks on a line, repeats one by one: the "× 3" of a table."""

    flags: Flags = frozenset()

    def compute(self, subject: Subject, flags: Flags) -> int:
        node = subject.node
        if not isinstance(node, Module):
            raise WrongClaim(f"{subject.name} is no line of blocks")
        return 1 if node.kind == "block" else _blocks(node)


def _blocks(module: Module) -> int:
    """Outermost blocks: those below the groups that repeat them, not those inside of blocks."""
    count = 0
    for child in module.children:
        if isinstance(child, Module):
            count += 1 if child.kind == "block" else _blocks(child)
    return count


conv_layers = LayersOf("convolution", "convolutions with weights")
fc_layers = LayersOf("dense", "fully connected layers")
pool_layers = LayersOf("pooling", "poolings")
blocks = Blocks()
