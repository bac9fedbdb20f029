"""Depth as papers count it, and the branches of a merge."""

from __future__ import annotations

from archc.audit.kind import Flags, NumberKind, WrongClaim
from archc.audit.subject import Measured, Subject, spelled
from archc.graph.network import Layer, Module


def has_weights(measured: Measured, layer: Layer) -> bool:
    """Whether papers count it as a weight layer: convolutions and fully connected layers.

    Normalisation and activations with weights of their own (PReLU) multiply, but accumulate
    nothing: they are none.
    """
    stored = measured.weights(layer)
    if stored.weights == 0 and stored.fixed == 0:
        return False
    cost = measured.cost(layer)
    return cost is None or cost.macs != 0


class WeightLayers(NumberKind):
    """Weight layers on the longest way through; with ``every`` all of them."""

    flags: Flags = frozenset(("every",))

    def compute(self, subject: Subject, flags: Flags) -> int:
        measured = subject.measured
        if "every" in flags:
            return sum(has_weights(measured, layer) for layer in subject.layers)
        depth: dict[str, int] = {}
        for layer in subject.layers:
            before = max((depth.get(path, 0) for path in layer.inputs), default=0)
            depth[layer.path] = before + has_weights(measured, layer)
        return max(depth.values(), default=0)


class Branches(NumberKind):
    """Branches of the merge that a part is, or has as its only one."""

    flags: Flags = frozenset()

    def compute(self, subject: Subject, flags: Flags) -> int:
        merges = list(_merges(subject.node)) if isinstance(subject.node, Module) else []
        if not merges:
            raise WrongClaim(f"{subject.name} has no merge, so no branches")
        if len(merges) > 1:
            names = ", ".join(f"`{spelled(m.path)}`" for m in merges[:4])
            raise WrongClaim(f"{subject.name} has {len(merges)} merges", f"say which: {names}")
        return sum(isinstance(c, Module) and c.kind == "branch" for c in merges[0].children)


def _merges(module: Module) -> list[Module]:
    """The outermost merges below a module, or the module itself."""
    if module.kind == "merge":
        return [module]
    found: list[Module] = []
    for child in module.children:
        if isinstance(child, Module):
            found.extend(_merges(child))
    return found


weight_layers = WeightLayers()
branches = Branches()
