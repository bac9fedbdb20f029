"""What a claim speaks of: the whole network, an input, or a part of it by its path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from archc.diagnostics import nearest
from archc.graph.network import Layer, Module, Network, NetworkInput
from archc.ops.base import Cost, Op, Shape, Weights

if TYPE_CHECKING:
    from archc.graph.fields import Fields

Node = Module | Layer | NetworkInput
TOTAL = "total"


class UnknownSubject(LookupError):
    """No part of the network has the name, or several have; ``help`` is the nearest right thing."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class Measured:
    """A network with what its layers store and do, each asked once."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._weights: dict[str, Weights] = {}
        self._costs: dict[str, Cost | None] = {}

    def weights(self, layer: Layer) -> Weights:
        """What a layer stores; a further use of shared weights: what it reads."""
        found = self._weights.get(layer.path)
        if found is None:
            found = self._weights[layer.path] = layer.weights
        return found

    def cost(self, layer: Layer) -> Cost | None:
        if layer.path not in self._costs:
            self._costs[layer.path] = layer.cost
        return self._costs[layer.path]

    @cached_property
    def layers(self) -> dict[str, Layer]:
        return {layer.path: layer for layer in self.network.layers}

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Every part of the network by its path; a module before the layer that has its path."""
        found: dict[str, Node] = {i.name: i for i in self.network.inputs}
        stack: list[Module] = [self.network.root]
        while stack:
            for child in stack.pop().children:
                if isinstance(child, Module):
                    stack.append(child)
                    found[child.path] = child
                else:
                    found.setdefault(child.path, child)
        return found

    @cached_property
    def fields(self) -> dict[str, Fields]:
        """The receptive fields of every tensor."""
        from archc.graph.fields import fields

        return fields(self.network)

    def shape_of(self, path: str) -> Shape:
        """The shape of a layer's output, or of an input of the network."""
        layer = self.layers.get(path)
        if layer is not None:
            return layer.shape
        return next(i.shape for i in self.network.inputs if i.name == path)


@dataclass(frozen=True, slots=True)
class Subject:
    """A part of a network. ``layers`` are those that it sums over, in the order they run."""

    measured: Measured
    node: Node
    layers: tuple[Layer, ...]

    @property
    def network(self) -> Network:
        return self.measured.network

    @property
    def is_total(self) -> bool:
        return self.node is self.network.root

    @property
    def name(self) -> str:
        if self.is_total:
            return "the network"
        return self.node.name if isinstance(self.node, NetworkInput) else self.node.path

    @property
    def value(self) -> str | None:
        """The path of its last value: a layer's or an input's; None where it is empty."""
        node = self.node
        if isinstance(node, NetworkInput):
            return node.name
        if isinstance(node, Layer):
            return node.path
        if self.is_total:
            outputs = self.network.outputs
            return outputs[-1].path if outputs else None
        if node.path in self.network.labels:
            return self.network.labels[node.path]
        return self.layers[-1].path if self.layers else None

    @property
    def input_shape(self) -> Shape | None:
        """The shape of what arrives first."""
        if isinstance(self.node, NetworkInput):
            return self.node.shape
        if self.is_total:
            return self.network.inputs[0].shape if self.network.inputs else None
        first = self.layers[0] if self.layers else None
        return first.input_shapes[0] if first and first.input_shapes else None


def find(measured: Measured, keys: tuple[str, ...]) -> Subject:
    """The part of a network that a path names. Raises UnknownSubject.

    ``keys`` are the path's names and indices. Beside its path a part answers to its block's name:
    ``conv.2.bottleneck.0`` is the first bottleneck on line ``conv[2]``.
    """
    network = measured.network
    if keys in ((), (TOTAL,)):
        return _subject(measured, network.root)
    node = measured.nodes.get(".".join(keys))
    if node is None:
        node = _walk(network.root, keys)
    if node is None:
        raise _unknown(measured, keys)
    return _subject(measured, node)


def _subject(measured: Measured, node: Node) -> Subject:
    if isinstance(node, Layer):
        layers: tuple[Layer, ...] = (node,)
    elif isinstance(node, Module):
        whole = node is measured.network.root
        layers = measured.network.layers if whole else tuple(node.layers())
    else:
        layers = ()
    return Subject(measured, node, layers)


def _called(node: Module | Layer) -> str:
    return _op_name(node.op) if isinstance(node, Layer) else node.callee or ""


def _op_name(op: Op) -> str:
    return type(op).name


def _walk(module: Module, keys: tuple[str, ...]) -> Module | Layer | None:
    """By names and callees, one step of the path after the other."""
    node: Module | Layer = module
    while keys:
        if isinstance(node, Layer):
            return None
        step = _step(node, keys)
        if step is None:
            return None
        node, keys = step
    return node


def _step(module: Module, keys: tuple[str, ...]) -> tuple[Module | Layer, tuple[str, ...]] | None:
    for child in module.children:
        parts = tuple(child.name.split(".")) if child.name else ()
        if parts and keys[: len(parts)] == parts:
            return child, keys[len(parts) :]
    called = [child for child in module.children if _called(child) == keys[0]]
    if len(keys) > 1 and keys[1].isdigit():
        index = int(keys[1])
        if index < len(called):
            return called[index], keys[2:]
    if len(called) == 1:
        return called[0], keys[1:]
    # `x.y` is also the label y inside the block with which the line x ends
    last = module.children[-1] if module.children else None
    if isinstance(last, Module) and last.kind == "block" and module.kind == "line":
        return _step(last, keys)
    return None


def spelled(path: str) -> str:
    """A layer's path as a claim writes it: ``conv.2.0.add`` is ``conv[2].0.add``."""
    parts = path.split(".")
    text = parts[0]
    for before, part in pairwise(parts):
        bracket = part.isdigit() and not before.isdigit()
        text += f"[{part}]" if bracket else f".{part}"
    return text


def _unknown(measured: Measured, keys: tuple[str, ...]) -> UnknownSubject:
    wanted = ".".join(keys)
    several = _listed(p for p in measured.nodes if _is_indexed(p, wanted))
    name = measured.network.name
    if several:
        return UnknownSubject(
            f"`{spelled(wanted)}` names several parts of `{name}`", f"say which: {several}"
        )
    match = nearest(wanted, [*measured.nodes, TOTAL])
    message = f"`{spelled(wanted)}` is no part of `{name}`"
    if match is not None:
        return UnknownSubject(message, f"did you mean `{spelled(match)}`?")
    labels = _listed(p for p in measured.network.labels if p in measured.nodes)
    return UnknownSubject(message, f"its labels are {labels}" if labels else None)


def _is_indexed(path: str, wanted: str) -> bool:
    return path.startswith(f"{wanted}.") and path[len(wanted) + 1 :].isdigit()


def _listed(paths: Iterable[str], most: int = 6) -> str:
    found = [f"`{spelled(p)}`" for p in paths]
    return ", ".join(found[:most]) + (" ..." if len(found) > most else "")
