"""Layers of several inputs, and the identity that stands for one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from archc.dims import Dim, proves_equal, to_text
from archc.ops.base import (
    IRREGULAR,
    POINT,
    Cost,
    Op,
    Reaches,
    Shape,
    ShapeError,
    argument,
    product,
    shape_text,
)

Axis = Literal["channels", "time", "rows", "height", "width"]


class Identity(Op):
    """What arrives, unchanged: a shortcut in a merge.

    Shape: as the input. Weights and cost: none.
    """

    name: ClassVar[str] = "identity"
    family: ClassVar[str] = "merging"


@dataclass(frozen=True)
class Concat(Op):
    """Joins its inputs along an axis; the others must agree.

    Shape: the sizes along the axis, added. Along time, a vector C counts as one step 1xC; along
    rows, tensors RxN are put below one another.
    Weights and cost: none.
    """

    name: ClassVar[str] = "concat"
    family: ClassVar[str] = "merging"
    inputs: ClassVar[tuple[int, int | None]] = (2, None)

    axis: Axis = argument(
        "choice",
        "the axis to join along",
        default="channels",
        choices=("channels", "time", "rows", "height", "width"),
    )

    def shape(self, *inputs: Shape) -> Shape:
        shapes = tuple(self._lifted(shape) for shape in inputs)
        at = self.position(shapes[0])
        first = shapes[0]
        total: Dim = first[at]
        for shape in shapes[1:]:
            if len(shape) != len(first):
                raise _disagree(self.name, inputs, "their numbers of axes differ")
            for axis, (a, b) in enumerate(zip(first, shape, strict=True)):
                if axis != at:
                    _agree(self.name, inputs, a, b, f", and `{self.name}` joins the {self.axis}")
            total = total + shape[at]
        return (*first[:at], total, *first[at + 1 :])

    def _lifted(self, shape: Shape) -> Shape:
        return (1, *shape) if self.axis == "time" and len(shape) == 1 else shape

    def reach(self, *inputs: Shape) -> Reaches:
        return IRREGULAR if self.axis in ("height", "width") else (POINT, POINT)

    def position(self, shape: Shape) -> int:
        """The axis joined, counted from 0. Raises ShapeError where the input has none such."""
        rank = len(shape)
        if self.axis == "channels":
            return rank - 1
        if self.axis in ("time", "rows") and rank == 2:
            return 0
        if self.axis in ("height", "width") and rank >= 3:
            return rank - 3 if self.axis == "height" else rank - 2
        raise ShapeError(
            f"`{self.name}` along the {self.axis}: {shape_text(shape)} has no such axis"
        )


class Add(Op):
    """The sum of its inputs, value by value; all have the same shape.

    Shape: as each input. Weights: none. Cost: an addition a value and input after the first.
    """

    name: ClassVar[str] = "add"
    family: ClassVar[str] = "merging"
    inputs: ClassVar[tuple[int, int | None]] = (2, None)

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for shape in inputs[1:]:
            if len(shape) != len(first):
                raise _disagree(self.name, inputs, "their numbers of axes differ")
            for a, b in zip(first, shape, strict=True):
                _agree(self.name, inputs, a, b, "")
        return first

    def cost(self, *inputs: Shape) -> Cost | None:
        return Cost(additions=product(inputs[0]) * (len(inputs) - 1))


class Mul(Op):
    """The product of its inputs, value by value. An axis of 1 is spread over the others' sizes, and
    a vector C over all positions: the gates of squeeze and excitation (Hu et al. 2018).

    Shape: the inputs', with the axes of 1 spread. Weights: none.
    Cost: a multiplication an output value and input after the first.
    """

    name: ClassVar[str] = "mul"
    family: ClassVar[str] = "merging"
    inputs: ClassVar[tuple[int, int | None]] = (2, None)

    def shape(self, *inputs: Shape) -> Shape:
        rank = max(map(len, inputs))
        result: Shape = (1,) * rank
        for shape in inputs:
            lifted = self.lifted(shape, rank)
            if len(lifted) != rank:
                raise _disagree(self.name, inputs, "their numbers of axes differ")
            result = tuple(self._spread(inputs, a, b) for a, b in zip(result, lifted, strict=True))
        return result

    @staticmethod
    def lifted(shape: Shape, rank: int) -> Shape:
        """The shape with axes of 1 put in, if it is a vector C, or RxC beside RxHxWxC."""
        if len(shape) == 1:
            return (1,) * (rank - 1) + shape
        if len(shape) == 2 and rank == 4:
            return (shape[0], 1, 1, shape[1])
        return shape

    def _spread(self, inputs: tuple[Shape, ...], a: Dim, b: Dim) -> Dim:
        if a == 1:
            return b
        if b != 1:
            _agree(self.name, inputs, a, b, ", and only an axis of 1 is spread")
        return a

    def cost(self, *inputs: Shape) -> Cost | None:
        return Cost(multiplications=product(self.shape(*inputs)) * (len(inputs) - 1))


@dataclass(frozen=True)
class Select(Op):
    """One of its inputs, as a command says: the sum of the inputs, each times its value of ``by``.
    For a command that is 1 for one input and 0 for the others it is that input (the branches of
    Codevilla et al. 2018 and CIRL, Liang et al. 2018).

    Shape: as each input. Weights: none.
    Cost: a multiplication a value and input, and an addition a value and input after the first.
    """

    name: ClassVar[str] = "select"
    family: ClassVar[str] = "merging"
    inputs: ClassVar[tuple[int, int | None]] = (3, None)

    by: int = argument("tensor", "the command: a vector with a value for each input")

    def shape(self, *inputs: Shape) -> Shape:
        branches = self.main(inputs)
        command = self.role("by", inputs)
        if command is not None and command != (len(branches),):
            raise ShapeError(
                f"`by` of `{self.name}` is a vector of {len(branches)} values, one for each input, "
                f"but {shape_text(command)} arrives"
            )
        for shape in branches[1:]:
            if len(shape) != len(branches[0]):
                raise _disagree(self.name, branches, "their numbers of axes differ")
            for a, b in zip(branches[0], shape, strict=True):
                _agree(self.name, branches, a, b, "")
        return branches[0]

    def cost(self, *inputs: Shape) -> Cost | None:
        values, count = product(inputs[0]), len(self.main(inputs))
        return Cost(multiplications=values * count, additions=values * (count - 1))


def _agree(name: str, inputs: tuple[Shape, ...], a: Dim, b: Dim, rule: str) -> None:
    """Raise ShapeError unless two sizes are the same."""
    equal = proves_equal(a, b)
    if equal:
        return
    if equal is None:
        raise _disagree(
            name,
            inputs,
            f"{to_text(a)} and {to_text(b)} are not known to be equal",
            "a constraint after the input, such as `where H % 32 == 0`, may prove it",
        )
    raise _disagree(name, inputs, f"{to_text(a)} is not {to_text(b)}{rule}")


def _disagree(
    name: str, inputs: tuple[Shape, ...], reason: str, help: str | None = None
) -> ShapeError:
    texts = [shape_text(shape) for shape in inputs]
    seen = f"{', '.join(texts[:-1])} and {texts[-1]}"
    return ShapeError(f"the inputs of `{name}` do not fit each other: {seen}: {reason}", help=help)
