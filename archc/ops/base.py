"""What a layer is: its arguments as a spec writes them, its output shape, weights and cost.

Shapes here are in the papers' order, channels last and no batch axis: ``(C,)``, ``(T, C)``,
``(H, W, C)``, ``(R, H, W, C)``. Sizes are integers, or formulas (:mod:`archc.dims`).
Nothing here knows a backend.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeGuard, TypeVar

from archc.dims import Dim, Expr, to_text

Shape = tuple[Dim, ...]

T = TypeVar("T")

Kind = Literal[
    "count",
    "integer",
    "number",
    "numbers",
    "flag",
    "size",
    "shape",
    "pad",
    "choice",
    "table",
    "tensor",
]
"""What an argument takes: ``count`` a positive integer, ``integer`` one from 0, ``number`` any
number, ``numbers`` a list of them, ``flag`` true or false, ``size`` one integer or a window (a
tuple, height first), ``shape`` sizes that may be formulas, ``pad`` a padding, ``choice`` one of its
words, ``table`` a list of lists of integers, ``tensor`` another layer's output, by its label."""

MAX_INTEGER = 2**40
"""No count, size or window in a spec is larger."""

MAX_NUMBERS = 10_000
"""No list of numbers is longer."""

MAX_NUMBER = 1e30
"""No number is larger: well inside what single precision holds."""


class Size(tuple[Dim, ...]):
    """``3x3``, ``HxWx3``: sizes written with an x between them, height first."""

    __slots__ = ()

    def __str__(self) -> str:
        return "x".join(map(to_text, self))


@dataclass(frozen=True, slots=True)
class Window:
    """``3x3/2``: a kernel and its stride (1 where none is written), each a Size or one number."""

    kernel: Size
    stride: Size

    def __str__(self) -> str:
        stride = self.stride
        if all(s == 1 for s in stride):
            return str(self.kernel)
        same = all(s == stride[0] for s in stride)
        return f"{self.kernel}/{to_text(stride[0]) if same else stride}"


class ArgumentError(Exception):
    """An argument of a layer is wrong: which one, and why."""

    def __init__(self, argument: str | None, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument
        self.message = message
        self.help = help


class ShapeError(Exception):
    """What arrives does not fit the layer. ``formula`` is the rule with its numbers."""

    def __init__(self, message: str, formula: str | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.formula = formula
        self.help = help


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a layer: what a spec may write for it.

    ``words`` are the flags that set it (``nobias`` sets ``bias`` to False); ``window`` says that
    it is filled from a window such as ``3x3/2``: ``kernel`` or ``stride``; ``instead_of`` names the
    arguments in whose place it stands: where it is written, a default's values for them are left
    out; ``makers`` are the layers of which a ``tensor`` must come (none named: of any); ``letter``
    is the symbol that stands for a count that is left out, and that a setting may give a number.
    """

    name: str
    kind: Kind
    doc: str
    required: bool
    default: Any
    positional: bool
    words: Mapping[str, Any]
    window: Literal["kernel", "stride"] | None
    choices: tuple[str, ...]
    instead_of: tuple[str, ...]
    makers: tuple[str, ...]
    letter: str


def argument(
    kind: Kind,
    doc: str,
    default: Any = dataclasses.MISSING,
    *,
    positional: bool = False,
    words: Mapping[str, Any] | None = None,
    window: Literal["kernel", "stride"] | None = None,
    choices: tuple[str, ...] = (),
    instead_of: tuple[str, ...] = (),
    makers: tuple[str, ...] = (),
    letter: str = "",
) -> Any:
    """A dataclass field that is an argument of the layer (:class:`Argument` says what each is)."""
    metadata = {
        "kind": kind,
        "doc": doc,
        "positional": positional,
        "words": words or {},
        "window": window,
        "choices": choices,
        "instead_of": instead_of,
        "makers": makers,
        "letter": letter,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a layer stores, by kind, in numbers of values."""

    weights: Dim = 0  # kernels, matrices, slopes and trainable coefficients
    biases: Dim = 0
    second_biases: Dim = 0  # of recurrent layers: torch adds a bias to both products, papers to one
    scales: Dim = 0  # normalisation: gamma
    shifts: Dim = 0  # normalisation: beta
    statistics: Dim = 0  # running mean and variance: stored, not trained
    fixed: Dim = 0  # constants set by hand, not trained (LeNet-5's RBF targets)
    masked: Dim = 0  # connections that a table leaves out; in none of the other counts

    @property
    def trainable(self) -> Dim:
        """What a framework's optimiser would update."""
        return self.weights + self.biases + self.second_biases + self.scales + self.shifts

    def __add__(self, other: Weights) -> Weights:
        return Weights(*(a + b for a, b in zip(_values(self), _values(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one forward pass of one example does, by kind of operation, in numbers of operations.

    A fused multiply-accumulate counts once. The kinds are disjoint: a convolution with bias is
    ``macs`` and ``bias_adds``.
    """

    macs: Dim = 0
    bias_adds: Dim = 0
    additions: Dim = 0
    multiplications: Dim = 0
    divisions: Dim = 0
    comparisons: Dim = 0
    exponentials: Dim = 0
    powers: Dim = 0  # powers, roots and logarithms
    interpolations: Dim = 0  # outputs interpolated (bilinear: 4 values read, each)
    # Choices whose work depends on the data: an output of RoI pooling, a box that non-maximum
    # suppression goes through.
    selections: Dim = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(a + b for a, b in zip(_values(self), _values(other), strict=True)))

    def times(self, count: Dim) -> Cost:
        """The cost of doing it ``count`` times."""
        return Cost(*(a * count for a in _values(self)))


def _values(vector: Weights | Cost) -> tuple[Dim, ...]:
    return tuple(getattr(vector, name) for name in vector.__slots__)


NO_WEIGHTS = Weights()
NO_COST = Cost()


@dataclass(frozen=True, slots=True)
class Reach:
    """What a layer's output reads of its input, along one spatial axis.

    Output i reads the input's positions ``offset + i*stride`` to ``offset + i*stride + size - 1``
    (clipped to the input). For up-sampling, ``zoom`` spreads the input: its position p then stands
    at ``zoom * p``, with nothing between, and output i reads what stands in that window.
    """

    size: int = 1
    stride: int = 1
    offset: Dim = 0  # a formula only for `same` at a stride over a symbolic size
    zoom: int = 1


POINT = Reach()
WHOLE: Final = "whole"
IRREGULAR: Final = "irregular"
Reaches = tuple[Reach, Reach] | Literal["whole", "irregular"]
"""One for height and one for width; ``whole``: every output reads all of the input; ``irregular``:
what outputs read follows no such formula."""


@dataclass(frozen=True)
class Op:
    """A layer. A subclass is a frozen dataclass whose fields are made by :func:`argument`."""

    name: ClassVar[str] = ""  # as specs write it
    family: ClassVar[str] = ""  # its row in docs/, its colour in diagrams
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)  # fewest and most; None: any number

    @classmethod
    def arguments(cls) -> tuple[Argument, ...]:
        """What a spec may write after the layer's name, in order."""
        known = _ARGUMENTS.get(cls)
        if known is None:
            known = _ARGUMENTS[cls] = tuple(map(_argument, dataclasses.fields(cls)))
        return known

    def shape(self, *inputs: Shape) -> Shape:
        """The output's shape. Raises ShapeError where an input does not fit."""
        return inputs[0]

    def explain(self, *inputs: Shape) -> str | None:
        """How the output's shape comes about: the formula with its numbers, where there is one."""
        return None

    def weights(self, *inputs: Shape) -> Weights:
        return NO_WEIGHTS

    def cost(self, *inputs: Shape) -> Cost | None:
        """Operations of one forward pass of one example; None where that is unknown."""
        return NO_COST

    def reach(self, *inputs: Shape) -> Reaches:
        """How an output position reads the positions of each input."""
        return POINT, POINT

    def roles(self) -> tuple[str, ...]:
        """The arguments that are further inputs and are given, in the order of those inputs."""
        return tuple(
            a.name
            for a in self.arguments()
            if a.kind == "tensor" and getattr(self, a.name) is not None
        )

    def main(self, inputs: Sequence[T]) -> tuple[T, ...]:
        """Of something for each input (its shape, its path) that of the inputs without a role."""
        return tuple(inputs[: len(inputs) - len(self.roles())])

    def role(self, name: str, inputs: Sequence[T]) -> T | None:
        """Of something for each input that of the one with this role; None where it has none."""
        roles = self.roles()
        return inputs[len(inputs) - len(roles) + roles.index(name)] if name in roles else None


_ARGUMENTS: dict[type[Op], tuple[Argument, ...]] = {}


def _argument(field: dataclasses.Field[Any]) -> Argument:
    required = field.default is dataclasses.MISSING
    return Argument(
        name=field.name,
        required=required,
        default=None if required else field.default,
        **field.metadata,
    )


def coerce(argument: Argument, value: Any) -> Any:
    """The value of an argument as the op's field holds it. Raises ArgumentError.

    ``value`` is what the spec's expression gave: bool, int, float, str, Size, tuple or Expr.
    """
    return _COERCE[argument.kind](argument, value)


def _wrong(argument: Argument, value: Any, expected: str, help: str | None = None) -> ArgumentError:
    return ArgumentError(
        argument.name, f"`{argument.name}` takes {expected}, but this is {describe(value)}", help
    )


def product(sizes: Iterable[Dim]) -> Dim:
    """The product of sizes: how many values a tensor of these has."""
    return math.prod(sizes, start=1)


def shape_text(shape: Shape) -> str:
    """A shape as a spec writes it: ``55x55x96``, ``4096``, ``[H // 2, W // 2, 64]``."""
    texts = [to_text(size) for size in shape]
    if all(text.isdecimal() or (len(text) == 1 and text.isupper()) for text in texts):
        return "x".join(texts)
    return f"[{', '.join(texts)}]"


def _is_list(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def describe(value: Any) -> str:
    """A value of the language in words, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value}"
    if isinstance(value, str):
        return f'the text "{value}"'
    if isinstance(value, Size):
        return f"the size {value}"
    if isinstance(value, Window):
        return f"the window {value}"
    if isinstance(value, Expr):
        return f"the formula {to_text(value)}"
    if _is_list(value):
        return f"a list of {len(value)}"
    return str(value)


def _integer(argument: Argument, value: Any, least: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(argument, value, "a positive integer" if least else "an integer from 0")
    if not least <= value <= MAX_INTEGER:
        raise _wrong(argument, value, f"an integer from {least} to 2^40")
    return value


def _coerce_count(argument: Argument, value: Any) -> int:
    return _integer(argument, value, 1)


def _coerce_integer(argument: Argument, value: Any) -> int:
    return _integer(argument, value, 0)


def _coerce_number(argument: Argument, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(argument, value, "a number")
    if not -MAX_NUMBER <= value <= MAX_NUMBER:  # also refuses nan
        raise _wrong(argument, value, "a number from -1e30 to 1e30")
    return value


def _coerce_numbers(argument: Argument, value: Any) -> tuple[float, ...]:
    values: tuple[Any, ...] = value if _is_list(value) else (value,)
    if not 1 <= len(values) <= MAX_NUMBERS:
        raise _wrong(argument, value, "a list of numbers")
    return tuple(_coerce_number(argument, one) for one in values)


def _coerce_flag(argument: Argument, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(argument, value, "true or false")
    return value


def _sizes(
    argument: Argument, value: Any, least: int, lengths: tuple[int, ...], expected: str
) -> tuple[int, ...]:
    if not _is_list(value):
        return (_integer(argument, value, least),) * 2
    if len(value) not in lengths:
        raise _wrong(argument, value, expected)
    items = tuple(_integer(argument, item, least) for item in value)
    return items * 2 if len(items) == 1 else items


def _coerce_size(argument: Argument, value: Any) -> tuple[int, ...]:
    return _sizes(argument, value, 1, (1, 2), "one number, or a height and a width such as 3x3")


def _coerce_shape(argument: Argument, value: Any) -> Shape:
    values: tuple[Any, ...] = value if _is_list(value) else (value,)
    if not 1 <= len(values) <= 4:
        raise _wrong(argument, value, "one to four sizes, such as 4x4x1024")
    return tuple(v if isinstance(v, Expr) else _integer(argument, v, 1) for v in values)


def _coerce_pad(argument: Argument, value: Any) -> tuple[int, ...]:
    expected = "one number, a height and a width such as 0x3, or [top, bottom, left, right]"
    return _sizes(argument, value, 0, (1, 2, 4), expected)


def _coerce_choice(argument: Argument, value: Any) -> str:
    if value not in argument.choices:
        raise _wrong(argument, value, "one of " + ", ".join(argument.choices))
    return str(value)


def _coerce_table(argument: Argument, value: Any) -> tuple[tuple[int, ...], ...]:
    if not _is_list(value) or not all(map(_is_list, value)):
        raise _wrong(argument, value, "a list of lists of integers")
    return tuple(tuple(_integer(argument, item, 0) for item in row) for row in value)


def _coerce_tensor(argument: Argument, value: Any) -> Any:
    raise _wrong(argument, value, "the label of an earlier line")


_COERCE = {
    "count": _coerce_count,
    "integer": _coerce_integer,
    "number": _coerce_number,
    "numbers": _coerce_numbers,
    "flag": _coerce_flag,
    "size": _coerce_size,
    "shape": _coerce_shape,
    "pad": _coerce_pad,
    "choice": _coerce_choice,
    "table": _coerce_table,
    "tensor": _coerce_tensor,
}
