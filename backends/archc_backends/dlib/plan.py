"""What of a network is written, and whether dlib can hold it at all."""

from __future__ import annotations

from collections.abc import Iterable

from archc.diagnostics import Diagnostic, Span, SpecError
from archc.graph.network import Layer, Network
from archc.ops.activation import Activation, LogSoftmax, Softmax
from archc.ops.dense import FC
from archc.ops.merging import Add, Identity
from archc.ops.normalization import BatchNorm
from archc.ops.regularization import Dropout
from archc.ops.reshaping import Flatten, Widen
from archc_backends.dlib import rows as _rows
from archc_backends.dlib.table import CannotError, Join, Template, spell

assert _rows  # fills the table

LISTED = 6
"""So many layers of a reason are named; of more it says how many."""


class Reasons:
    """Why dlib cannot hold a network: each reason once, with the layers that it is true of."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str | None], list[tuple[str, Span]]] = {}

    def add(self, name: str, span: Span, reason: str, help: str | None = None) -> None:
        self.found.setdefault((reason, help), []).append((name, span))

    def diagnostics(self) -> list[Diagnostic]:
        made: list[Diagnostic] = []
        for (reason, help), places in self.found.items():
            names = [f"`{name}`" for name, _ in places if name]
            more = len(names) - LISTED
            also = ", ".join(names[1:LISTED]) + (f" and {more} more" if more > 0 else "")
            made.append(
                Diagnostic(
                    "unsupported",
                    f"dlib {reason}",
                    places[0][1],
                    caret=f"layer {names[0]}" if names else "",
                    notes=(f"also {also}",) if also else (),
                    help=help,
                )
            )
        return made


class Plan:
    """The layers as templates, those that need none left out, and the loss on top.

    ``spelled`` are the templates by path, ``output`` the value that the net ends in and
    ``closing`` the softmax above it that the loss stands for. Raises SpecError with every reason
    for which dlib cannot hold the network.
    """

    def __init__(self, network: Network, loss: str | None) -> None:
        self.network = network
        self.reasons = Reasons()
        self.spelled: dict[str, Template | Join] = {}
        self.same: dict[str, str] = {}
        """Values that are another one in dlib."""
        self.flattened: set[str] = set()
        """Vectors that dlib keeps as the maps they were."""
        self.widened: set[str] = set()
        """Values whose last channels, all zeros, are left to the sum that reads them."""
        self.output, self.closing = self._output(loss)
        self._check_whole()
        for layer in network.layers:
            if layer is not self.closing:
                self._layer(layer)
        last = network.by_path.get(self.output)
        if last is not None and self.output in self.flattened:
            self._refuse_flattened(self.closing or last)
        if last is not None and self.output in self.widened:
            self._refuse_widened(last)
        self.output = self.value(self.output)
        if not self.spelled and not self.reasons.found:
            span = network.outputs[0].span
            self.reasons.add("", span, "needs a layer, and nothing here is one of its own")
        if self.reasons.found:
            raise SpecError(self.reasons.diagnostics())
        self.loss = self._loss() if loss is None else loss

    def value(self, path: str) -> str:
        """The value that stands for a layer's output in dlib."""
        while path in self.same:
            path = self.same[path]
        return path

    def _output(self, loss: str | None) -> tuple[str, Layer | None]:
        path = self.network.outputs[0].path
        layer = self.network.by_path.get(path)
        read = any(path in other.inputs for other in self.network.layers)
        if loss is not None or read or layer is None:
            return path, None
        closes = isinstance(layer.op, Softmax | LogSoftmax)
        return (layer.inputs[0], layer) if closes else (path, None)

    def _loss(self) -> str:
        if self.closing is None:
            return ""
        shape = self.closing.shape
        positions = shape[:-1]
        if all(size == 1 for size in positions):
            return "loss_multiclass_log"
        return "loss_multiclass_log_per_pixel"

    def _check_whole(self) -> None:
        """What is true of the network and no layer."""
        network = self.network
        if len(network.inputs) > 1:
            names = listed(value.name for value in network.inputs)
            self.reasons.add("", network.inputs[1].span, f"takes one input, and here are {names}")
        if len(network.outputs) > 1:
            names = listed(output.name for output in network.outputs)
            reason = f"gives one output, and here are {names}"
            self.reasons.add("", network.outputs[1].span, reason)
        for value in network.inputs:
            if len(value.shape) not in (1, 3):
                reason = "takes images or vectors, not sequences or regions"
                self.reasons.add("", value.span, reason)
            elif not isinstance(value.shape[-1], int):
                reason = "fixes the number of channels, and here it is open"
                self.reasons.add("", value.span, reason)

    def _layer(self, layer: Layer) -> None:
        try:
            spelled = spell(layer)
        except CannotError as cannot:
            self.reasons.add(layer.path, layer.span, cannot.reason, cannot.help)
            spelled = None
        except SpecError:
            reason = f"has no row for the layer `{layer.op.name}` here"
            self.reasons.add(layer.path, layer.span, reason)
            spelled = None
        if layer.shares is not None:
            self.reasons.add(layer.path, layer.span, "cannot use the weights of a layer twice")
        if spelled is not None:
            self.spelled[layer.path] = spelled
        else:
            self.same[layer.path] = layer.inputs[0]
        self._follow_flattened(layer)
        self._follow_widened(layer)

    def _follow_flattened(self, layer: Layer) -> None:
        """dlib has no layer that flattens: a fully connected one reads a map as a vector."""
        if isinstance(layer.op, Flatten):
            if any(size != 1 for size in layer.input_shapes[0][:-1]):
                self.flattened.add(layer.path)
            return
        if not self.flattened.intersection(layer.inputs) or isinstance(layer.op, FC):
            return
        every = isinstance(layer.op, Activation | Dropout | BatchNorm | Identity)
        if every and not isinstance(layer.op, Softmax | LogSoftmax):
            self.flattened.add(layer.path)
        else:
            self._refuse_flattened(layer)

    def _refuse_flattened(self, layer: Layer) -> None:
        reason = f"flattens a map for a fully connected layer alone, not for `{layer.op.name}`"
        self.reasons.add(layer.path, layer.span, reason)

    def _follow_widened(self, layer: Layer) -> None:
        """``add_prev`` takes channels that are missing as zeros: that stands for `widen`."""
        narrow = self.widened.intersection(layer.inputs)
        if isinstance(layer.op, Widen) or (narrow and isinstance(layer.op, Identity)):
            self.widened.add(layer.path)
        elif narrow and not (isinstance(layer.op, Add) and len(narrow) < len({*layer.inputs})):
            self._refuse_widened(layer)

    def _refuse_widened(self, layer: Layer) -> None:
        reason = "adds channels of zeros in a sum with a value that has them all, and nowhere else"
        self.reasons.add(layer.path, layer.span, reason)


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
