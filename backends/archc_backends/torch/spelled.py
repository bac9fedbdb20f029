"""What each layer is in the generated module: its class, and whether ``forward`` runs it.

Tools that count a module's parameters and operations go by a module's class, and by what runs
outside training: there auxiliary outputs and the softmax that closes an output do not.
"""

from __future__ import annotations

from dataclasses import replace

from archc.backend import Spelled
from archc.diagnostics import SpecError
from archc.graph.network import Layer, Module, Network
from archc_backends.torch.plan import Plan
from archc_backends.torch.spell import spell
from archc_backends.torch.spelling import Call
from archc_backends.torch.table import joins

AROUND = frozenset(("without", "Negated", "PerRegion"))
"""Calls whose module is, or holds, that of their first argument, and counts nothing of its own."""


def spelled(network: Network) -> dict[str, Spelled]:
    """Each layer's class by the layer's path, "" where torch cannot write it."""
    plan = Plan(network)
    idle = plan.closing.keys() | _in_training_alone(plan)
    return {
        layer.path: replace(spelled_alone(layer), runs=layer.path not in idle)
        for layer in network.layers
    }


def spelled_alone(layer: Layer) -> Spelled:
    """A layer by itself, which runs."""
    try:
        call = spell(layer)
    except SpecError:  # a merge may be an expression of the forward alone
        return Spelled(type(layer.op).__name__ if type(layer.op) in joins else "")
    each = False
    while call.function in AROUND:
        each = each or call.function == "PerRegion"
        inner = call.args[0].value
        assert isinstance(inner, Call)
        call = inner
    return Spelled(call.function, each=each)


def _in_training_alone(plan: Plan) -> set[str]:
    """The layers of modules of the network's own body that one auxiliary output alone needs."""
    if not plan.auxiliary:
        return set()
    needs: dict[str, set[str]] = {}
    for name, path, _ in plan.outputs():
        needs.setdefault(path, set()).add(name)
    for layer in reversed(plan.network.layers):
        if layer.path not in plan.closing:
            for path in layer.inputs:
                needs.setdefault(path, set()).update(needs.get(layer.path, ()))
    found: set[str] = set()
    for child in plan.network.root.children:
        layers = list(child.layers()) if isinstance(child, Module) else [child]
        wanted = {name for layer in layers for name in needs.get(layer.path, ())}
        if len(wanted) == 1 and wanted <= plan.auxiliary:
            found.update(layer.path for layer in layers)
    return found
