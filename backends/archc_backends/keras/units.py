"""Each layer as the Keras layers that make it: names, activations as arguments, weights shared."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archc.backend import unsupported
from archc.graph.network import Layer, Module, Network
from archc.ops import (
    arranging,
    convolution,
    depthwise,
    normalization,
    pooling,
    reshaping,
    resizing,
    transposed,
)
from archc.ops.base import Weights
from archc.ops.merging import Identity
from archc_backends.keras import rows as _rows
from archc_backends.keras import rows_shapes, rows_windows
from archc_backends.keras.code import Arg, Call, layer
from archc_backends.keras.names import keras_name, separator
from archc_backends.keras.orders import Orders
from archc_backends.keras.table import Piece, Pieces, pieces

__all__ = ["Unit", "Units", "rows_windows"]

EACH = (
    convolution.Conv,
    depthwise.Depthwise,
    transposed.Deconv,
    pooling.Pool,
    pooling.Subsample,
    normalization.LRN,
    normalization.GroupNorm,
    normalization.InstanceNorm,
    normalization.LCN,
    reshaping.Upsample,
    reshaping.ZeroPad,
    resizing.SPP,
    resizing.Reorg,
)
"""Layers that Keras applies to each map of RxHxWxC by ``TimeDistributed``."""


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A layer and, where it is written as its argument, the activation after it.

    ``path`` is the label that its Keras layer is named after, ``value`` the layer whose output it
    gives; ``owner`` the unit whose weights it uses (itself, if they are its own).
    """

    layers: tuple[Layer, ...]
    pieces: Pieces
    path: str
    inputs: tuple[str, ...]
    owner: str

    @property
    def layer(self) -> Layer:
        """The layer that has the weights."""
        return self.layers[0]

    @property
    def value(self) -> str:
        return self.layers[-1].path

    @property
    def shared(self) -> bool:
        return self.owner != self.layer.path

    def names(self) -> list[str]:
        """The paths that its Keras layers are named after."""
        return [f"{self.path}.{part}" if part else self.path for part, _ in self.pieces]


class Units:
    """The units of a network, by the path of the layer that each begins with."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.orders = Orders(network)
        self.aliases: dict[str, str] = {}
        """What an identity gives is what it reads."""
        self.owners = {layer.shares for layer in network.layers if layer.shares}
        self.owners = {path for path in self.owners if _stores(network.by_path[path].weights)}
        """The layers whose weights others use too."""
        fused = self._fused()
        within = set(fused.values())
        self.by_path: dict[str, Unit] = {}
        for node in network.layers:
            if isinstance(node.op, Identity):
                self.aliases[node.path] = self.source(node.inputs[0])
            elif node.path not in within:
                after = fused.get(node.path)
                self.by_path[node.path] = self._unit(
                    node, network.by_path[after] if after else None
                )
        self.separator = separator(self._paths())

    def _paths(self) -> list[str]:
        own = [
            path
            for unit in self.by_path.values()
            for path in unit.names()
            if not (unit.shared and path == unit.path)
        ]
        return own + [value.name for value in self.network.inputs]

    def name(self, path: str) -> str:
        """The name of the Keras layer that is named after a path."""
        return keras_name(path, self.separator)

    def source(self, path: str) -> str:
        """The value that stands for a layer's output: that before identities."""
        return self.aliases.get(path, path)

    def depth(self) -> int:
        """The most Keras layers that stand one after another."""
        depths: dict[str, int] = {}
        for unit in self.by_path.values():
            before = max((depths.get(path, 0) for path in unit.inputs), default=0)
            depths[unit.value] = before + len(unit.pieces)
        return max(depths.values(), default=0)

    # ------------------------------------------------------------ activations as arguments

    def _fused(self) -> dict[str, str]:
        """The activations that are arguments of the layers before them, by those layers' paths."""
        found: dict[str, str] = {}
        for node in self.network.layers:
            if self._takes_activation(node):
                found[node.path] = self.orders.readers[node.path][0].path
        uses: dict[str, list[str]] = {}
        for node in self.network.layers:
            uses.setdefault(node.shares or node.path, []).append(node.path)
        for paths in uses.values():  # of weights that several use all uses are written alike
            names = {self._activation(found.get(path)) for path in paths}
            if len(names) > 1:
                for path in paths:
                    found.pop(path, None)
        return found

    def _activation(self, path: str | None) -> str | None:
        return path and _rows.activation_name(self.network.by_path[path])

    def _takes_activation(self, node: Layer) -> bool:
        op = node.op
        if not isinstance(op, FUSING) or getattr(op, "connections", None) is not None:
            return False
        readers = self.orders.readers.get(node.path, [])
        if len(readers) != 1 or node.path in self.orders.given:
            return False
        after = readers[0]
        return (
            after.parent is node.parent
            and len(after.inputs) == 1
            and _rows.activation_name(after) is not None
        )

    # ------------------------------------------------------------ one unit

    def _unit(self, node: Layer, after: Layer | None) -> Unit:
        layers = (node,) if after is None else (node, after)
        made = self._pieces(node)
        if after is not None:
            made = _activated(made, _rows.activation_name(after))
        inputs = tuple(map(self.source, node.inputs))
        owner = node.shares if node.shares in self.owners else None
        return Unit(layers, made, _named(node, after), inputs, owner or node.path)

    def _pieces(self, node: Layer) -> Pieces:
        op = node.op
        if isinstance(op, arranging.Reshape) and not self.orders.kept(node):
            return rows_shapes.in_order(node)
        if len(node.input_shapes[0]) == 4 and isinstance(op, EACH):
            return _for_each(node)
        made = pieces(node)
        if isinstance(op, reshaping.Flatten) and not self.orders.kept(node):
            first = rows_shapes.FIRST[len(node.input_shapes[0])]
            return (rows_shapes.permute(first), *made)
        return made


FUSING = _rows.FUSING


def _stores(weights: Weights) -> bool:
    return any(value != 0 for value in (weights.trainable, weights.statistics, weights.fixed))


def _named(node: Layer, after: Layer | None) -> str:
    """The label: of the line, where the layer and its activation are all of it."""
    parent: Module = node.parent
    if after is not None and parent.path and parent.children == [node, after]:
        return parent.path
    return node.path


def _activated(made: Pieces, activation: str | None) -> Pieces:
    def given(call: Call) -> Call:
        if call.function == "layers.TimeDistributed":
            (inner,) = call.args
            assert isinstance(inner.value, Call)
            return Call(call.function, (replace(inner, value=given(inner.value)),))
        return call.given(Arg("activation", activation, None, keyword=True))

    return tuple(Piece(part, call if part else given(call)) for part, call in made)


def _for_each(node: Layer) -> Pieces:
    """The layer applied to each region's map."""
    if len(node.input_shapes) > 1:
        unsupported("keras", node, f"cannot write `{node.op.name}` of regions' maps")
    shapes = tuple(shape[1:] for shape in node.input_shapes)
    made = pieces(replace(node, input_shapes=shapes, shape=node.shape[1:]))
    return tuple(
        Piece(part, layer("layers.TimeDistributed", ("layer", call))) for part, call in made
    )
