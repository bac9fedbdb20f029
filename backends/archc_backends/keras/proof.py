"""The generated model held against inference, layer by layer."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, NoReturn

from archc.diagnostics import Diagnostic, SpecError
from archc.dims import Dim, to_text
from archc.graph.network import Layer, Network
from archc.ops.recurrent import LSTM
from archc_backends.keras.live import import_keras, load_source
from archc_backends.keras.rows_shapes import shape_of
from archc_backends.keras.units import Unit, Units

MOST_LAYERS = 5_000
"""A larger model takes Keras minutes to make."""


def prove(network: Network, source: str) -> str:
    """Compare every layer's output shape and parameters with inference, and what it reads.

    Returns what was proved in one line. Raises SpecError naming the first layer that differs.
    """
    count = f"{len(network.layers):,} layers"
    if len(network.layers) > MOST_LAYERS:
        return f"not proved: to make a model of {count} takes Keras minutes"
    try:
        keras = import_keras()
    except SpecError as error:  # the file is sound all the same
        return f"not proved: {error.diagnostics[0].message}"
    on_torch = keras.backend.backend() == "torch"
    limit = sys.getrecursionlimit()
    try:
        # On torch's meta device weights have shapes and take no room.
        with keras.device("meta") if on_torch else nullcontext():
            model = load_source(source, network.name).model
    except Exception as error:
        message = f"the generated model cannot be made: {type(error).__name__}: {error}"
        raise SpecError([Diagnostic("unsupported", message)]) from error
    finally:
        sys.setrecursionlimit(limit)  # a deep model's file raises it
    units = Units(network)
    _Held(network, units, model).compare()
    version = keras.version()
    where = f"backend {keras.backend.backend()}"
    return f"proved on Keras {version}: {count}, shapes and parameters equal ({where})"


class _Held:
    """A model, and the layers it is to have."""

    def __init__(self, network: Network, units: Units, model: Any) -> None:
        self.network = network
        self.units = units
        self.made = {layer.name: layer for layer in model.layers}
        self.uses: dict[str, int] = {}
        self.values: dict[str, Any] = {}
        """The Keras tensor that each value is."""
        for value, tensor in zip(network.inputs, model.inputs, strict=True):
            self.values[value.name] = tensor
        self.outputs = model.outputs

    def compare(self) -> None:
        for unit in self.units.by_path.values():
            self._compare_flow(unit)
            self._compare_weights(unit)
        given = {id(tensor) for tensor in self.outputs}
        for output in self.network.outputs:
            if id(self.values[self.units.source(output.path)]) not in given:
                layer = self.network.by_path.get(output.path, self.network.layers[-1])
                _differs(layer, f"the model does not give the output `{output.name}`")

    def _compare_flow(self, unit: Unit) -> None:
        wanted = [self.values[path] for path in unit.inputs]
        for label in self._labels(unit):
            name = self.units.name(label)
            layer = self.made.get(name)
            if layer is None:
                _differs(unit.layer, f"there is no Keras layer `{name}`")
            node = layer._inbound_nodes[self.uses.get(name, 0)]
            self.uses[name] = self.uses.get(name, 0) + 1
            if [id(t) for t in node.input_tensors] != [id(t) for t in wanted]:
                _differs(unit.layer, f"`{name}` does not read what it should")
            wanted = node.output_tensors
        self.values[unit.value] = wanted[0]
        _compare_shape(unit.layers[-1], tuple(wanted[0].shape)[1:])

    def _labels(self, unit: Unit) -> Iterator[str]:
        """The labels of the Keras layers of a unit; of shared weights the owner's."""
        owner = self.units.by_path[unit.owner]
        for piece, label in zip(unit.pieces, unit.names(), strict=True):
            yield label if piece.part else owner.path

    def _compare_weights(self, unit: Unit) -> None:
        layer, weights = unit.layer, unit.layer.weights
        if unit.shared:
            return
        made = [self.made[self.units.name(label)] for label in unit.names()]
        trained: Dim = weights.trainable
        if isinstance(layer.op, LSTM):
            trained = trained - weights.second_biases  # Keras' has one bias where torch's has two
        _compare_count(layer, "trainable", made, trained)
        _compare_count(layer, "non_trainable", made, weights.statistics + weights.fixed)


def _compare_count(layer: Layer, kind: str, made: list[Any], wanted: Dim) -> None:
    found = sum(math.prod(w.shape) for one in made for w in getattr(one, f"{kind}_weights"))
    if found != wanted:
        _differs(layer, f"Keras counts {found:,} {kind} weights, inference {to_text(wanted)}")


def _compare_shape(layer: Layer, found: tuple[int | None, ...]) -> None:
    """Equal, a formula being None to Keras, which may also know less than inference."""
    wanted = shape_of(layer.shape)
    if found != wanted and not _less(found, wanted):
        _differs(layer, f"Keras gives the shape {found}, inference {wanted}")


def _less(found: tuple[int | None, ...], wanted: tuple[Dim | None, ...]) -> bool:
    return len(found) == len(wanted) and all(
        a in (None, b) for a, b in zip(found, wanted, strict=True)
    )


def _differs(layer: Layer, reason: str) -> NoReturn:
    message = f"the generated model is not the network: at `{layer.path}`, {reason}"
    notes = ("this is a fault of archc",)
    raise SpecError([Diagnostic("unsupported", message, layer.span, notes=notes)])
