"""Where values of a map stand in one row: channels last in Keras, channels first in torch.

A plain ``Flatten`` is what a Keras user writes, so the order is left as Keras has it wherever only
weights see it: those of the fully connected layer that reads the vector (its rows are permuted as
weights are copied), or of the one that makes the vector that ``reshape`` turns into a map (its
columns are). Where something else sees the order (an output, a concatenation) the channels are put
first before.
"""

from __future__ import annotations

from archc.graph.network import Layer, Network
from archc.ops import activation, arranging, dense, merging, regularization, reshaping
from archc.ops.base import Shape

FREE = (activation.Activation, regularization.Dropout, merging.Identity, reshaping.Rescale)
"""Layers that do the same to each value, or to all of them together."""


class Orders:
    """What is known of the order of values in the vectors of a network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = network.by_path
        self.readers: dict[str, list[Layer]] = {}
        for layer in network.layers:
            for path in layer.inputs:
                self.readers.setdefault(path, []).append(layer)
        self.owners = {layer.shares for layer in network.layers}
        self.given = {output.path for output in network.outputs}
        self._seen: dict[str, bool] = {}

    def kept(self, layer: Layer) -> bool:
        """Whether a flatten or reshape is written plainly, in Keras' own order."""
        known = self._seen.get(layer.path)
        if known is None:
            known = self._seen[layer.path] = self._kept(layer)
        return known

    def _kept(self, layer: Layer) -> bool:
        if isinstance(layer.op, reshaping.Flatten):
            return _trivial(layer.input_shapes[0]) or self._only_dense_reads(layer.path)
        return self._made(layer) is not None or (
            _trivial(layer.input_shapes[0]) and _trivial(layer.shape)
        )

    def _only_dense_reads(self, path: str) -> bool:
        """Whether a vector goes, value by value, to fully connected layers alone."""
        stack, seen = [path], set[str]()
        while stack:
            path = stack.pop()
            if path in seen:
                continue
            seen.add(path)
            if path in self.given:
                return False
            for reader in self.readers.get(path, []):
                if isinstance(reader.op, dense.FC | dense.RBF):
                    if self._shared(reader):
                        return False
                elif _free(reader):
                    stack.append(reader.path)
                else:
                    return False
        return True

    def _shared(self, layer: Layer) -> bool:
        """Whether its weights have several uses, which may want them in different orders."""
        return layer.shares is not None or layer.path in self.owners

    def _made(self, layer: Layer) -> Layer | None:
        """The fully connected layer whose values, and nobody else's, a reshape to a map takes."""
        if len(layer.input_shapes[0]) != 1 or len(layer.shape) != 3:
            return None
        path = layer.inputs[0]
        while True:
            maker = self.layers.get(path)
            if maker is None or len(self.readers.get(path, [])) != 1 or path in self.given:
                return None
            if isinstance(maker.op, dense.FC):
                return None if self._shared(maker) else maker
            if not _free(maker) or isinstance(maker.op, activation.Softmax):
                return None
            path = maker.inputs[0]

    def rows(self, layer: Layer) -> Shape | None:
        """The map whose values a fully connected layer reads in Keras' order; None for a vector
        whose order is torch's."""
        shape = layer.input_shapes[0]
        if len(shape) > 2:
            return shape[-3:]
        path = layer.inputs[0]
        while True:
            maker = self.layers.get(path)
            if maker is None:
                return None
            if isinstance(maker.op, reshaping.Flatten):
                shape = maker.input_shapes[0]
                return shape[-3:] if len(shape) > 2 and self.kept(maker) else None
            if not _free(maker):
                return None
            path = maker.inputs[0]

    def columns(self, layer: Layer) -> Shape | None:
        """The map that a fully connected layer's values become, where they do in Keras' order."""
        path = layer.path
        while True:
            readers = self.readers.get(path, [])
            if len(readers) != 1:
                return None
            reader = readers[0]
            if isinstance(reader.op, arranging.Reshape):
                return reader.shape if self._made(reader) is layer else None
            if not _free(reader):
                return None
            path = reader.path


def _trivial(shape: Shape) -> bool:
    """Whether channels first and channels last are one order."""
    return len(shape) < 3 or shape[-1] == 1 or shape[-3:-1] == (1, 1)


def _free(layer: Layer) -> bool:
    op = layer.op
    if isinstance(op, activation.PReLU):
        return op.shared
    return isinstance(op, FREE) and len(layer.shape) <= 2
