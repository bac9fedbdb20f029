"""The table of the Keras backend, and what its rows have in common.

Keras has channels last as archc has: C is (N, C), TxC is (N, T, C), HxWxC is (N, H, W, C).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from archc.backend import Rows, unsupported
from archc.dims import Dim, to_text
from archc.graph.network import Layer
from archc_backends.keras.code import Call, Value


class Piece(NamedTuple):
    """One of the Keras layers that make a layer.

    ``part`` is "" for the one that has the layer's name and weights; another is named after both:
    the padding of ``conv1`` is ``conv1_pad``.
    """

    part: str
    call: Call


Pieces: TypeAlias = tuple[Piece, ...]

Row: TypeAlias = Callable[[Layer], Call | Pieces]
"""Spells a layer as the constructors of the Keras layers that make it, in the order they run."""

rows: Rows[Row] = Rows("keras")


def pieces(layer: Layer) -> Pieces:
    """What a layer's row gives. Raises SpecError (``unsupported``) for what Keras cannot do."""
    spelled = rows.of(layer)(layer)
    return (Piece("", spelled),) if isinstance(spelled, Call) else spelled


def size(layer: Layer, value: Dim, what: str) -> int:
    """A size that Keras needs as a number. Raises SpecError (``unsupported``) for a formula."""
    if isinstance(value, int):
        return value
    unsupported("keras", layer, f"needs a number for {what}, which is {to_text(value)}")


def channels(layer: Layer) -> int:
    return size(layer, layer.input_shapes[0][-1], "the channels")


def rank(layer: Layer, *accepted: int) -> int:
    """The number of axes that arrive. Raises SpecError where it is none of those accepted."""
    axes = len(layer.input_shapes[0])
    if axes not in accepted:
        unsupported("keras", layer, f"cannot write `{layer.op.name}` of {axes} axes")
    return axes


def square(values: Sequence[int]) -> Value:
    """A size as Keras takes it: one number where height and width are equal."""
    return values[0] if all(v == values[0] for v in values) else tuple(values)


def around(sides: Sequence[tuple[int, int]]) -> Value:
    """Padding or cropping as Keras' layers take it: one number, two, or two pairs."""
    if all(before == after for before, after in sides):
        return square([before for before, _ in sides])
    return tuple(sides)
