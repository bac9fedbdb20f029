"""The table of the torch backend, and what its rows have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from archc.backend import Rows, unsupported
from archc.dims import Dim, to_text
from archc.graph.network import Layer
from archc.ops.base import Shape
from archc_backends.torch.spelling import Call, Value

Row: TypeAlias = Callable[[Layer], Call]
"""Spells a layer as the call that makes its module."""

Join: TypeAlias = Callable[[Layer, Sequence[str]], str]
"""Writes a merge of values, given as source text, as an expression."""

rows: Rows[Row] = Rows("torch")
joins: Rows[Join] = Rows("torch")


def size(layer: Layer, value: Dim, what: str) -> int:
    """A size that torch needs as a number. Raises SpecError (``unsupported``) for a formula."""
    if isinstance(value, int):
        return value
    unsupported("torch", layer, f"needs a number for {what}, which is {to_text(value)}")


def channels(layer: Layer) -> int:
    return size(layer, layer.input_shapes[0][-1], "the channels")


def rank(layer: Layer, *accepted: int) -> int:
    """The number of axes that arrive. Raises SpecError where it is none of those accepted."""
    axes = len(layer.input_shapes[0])
    if axes not in accepted:
        unsupported("torch", layer, f"cannot write `{layer.op.name}` of {axes} axes")
    return axes


def square(values: Sequence[int]) -> Value:
    """A size as torch takes it: one number where height and width are equal."""
    return values[0] if all(v == values[0] for v in values) else tuple(values)


def channel_dim(shape: Shape) -> int:
    """Where torch has the channels, the batch axis counted."""
    return {1: 1, 2: 2, 3: 1, 4: 2}[len(shape)]
