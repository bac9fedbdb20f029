"""The syntax tree: what every notation is read into and written from.

Dataclasses that checkers hold to be frozen; every node has the span it came from. Names are not yet
resolved and nothing is evaluated. Comments are not nodes: the writer takes them from the source
(they stand between spans).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar, dataclass_transform

from archc.diagnostics import Diagnostic, Span

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def node(cls: type[T]) -> type[T]:
    """A frozen dataclass, which checkers hold: to hold it here too takes 5 ms of each start."""
    return dataclass(slots=True, eq=False, repr=False)(cls)


@node
class Node:
    span: Span = field(repr=False, compare=False)

    # One of each for all nodes: made for every class they take 5 ms of each start.

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node) or type(self) is not type(other):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def __repr__(self) -> str:
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
        return f"{type(self).__name__}({', '.join(shown)})"

    def _compared(self) -> tuple[object, ...]:
        return tuple([getattr(self, f.name) for f in fields(self) if f.compare])


# ---------------------------------------------------------------- expressions


@node
class Expression(Node):
    pass


@node
class Number(Expression):
    """``64``, ``0.5``. ``text`` keeps the spelling."""

    value: int | float
    text: str


@node
class Text(Expression):
    """``"in quotes"``."""

    value: str


@node
class SizeLiteral(Expression):
    """``3x3``, ``HxWx3``: integers, or capital letters that are looked up."""

    items: tuple[int | str, ...]


@node
class WindowLiteral(Expression):
    """``3x3/2``: a size, and its stride (a number, a size, a name, an expression)."""

    kernel: SizeLiteral
    stride: Expression


@node
class Reference(Expression):
    """A path: ``conv1``, ``bottomup.conv[5]``, ``resnet.resnet50``."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return self.span.text

    @property
    def simple(self) -> str | None:
        """The name, where the path is one name without an index."""
        first = self.parts[0]
        return first.name if len(self.parts) == 1 and first.index is None else None


@node
class Part(Node):
    """One step of a path: a name, with an index in brackets or none."""

    name: str
    index: Expression | None


@node
class ListLiteral(Expression):
    items: tuple[Expression, ...]


@node
class Unary(Expression):
    """``-x``, ``not x``."""

    operator: str
    operand: Expression


@node
class Binary(Expression):
    """``+ - * / // % ^ == != < <= > >= and or``."""

    operator: str
    left: Expression
    right: Expression


@node
class Conditional(Expression):
    """``then if condition else otherwise``."""

    then: Expression
    condition: Expression
    otherwise: Expression


@node
class Function(Expression):
    """``min(a, b)``."""

    name: Reference
    arguments: tuple[Expression, ...]


@node
class Group(Expression):
    """An expression in parentheses (kept, so that the writer keeps them)."""

    inner: Expression


# ---------------------------------------------------------------- layers and chains


@node
class Keyword(Node):
    """``pad=3``."""

    name: str
    value: Expression


Argument = Expression | Keyword


@node
class Step(Node):
    """One link of a chain."""


@node
class Call(Step):
    """``conv 7x7/2 64 pad=3``: a layer, a block or a network with arguments, perhaps with a body.

    With a body it takes the values of the body's lines as its inputs: ``concat { ... }``.
    """

    name: Reference
    arguments: tuple[Argument, ...]
    body: Body | None = None


@node
class Braces(Step):
    """``{ conv 3x3 64, bn }``: a group of lines that counts as one step."""

    body: Body


@node
class Repeat(Step):
    """``step * n``."""

    step: Call | Braces
    count: Expression


@node
class From(Step):
    """``from conv1``: the chain starts at an earlier value."""

    source: Reference


@node
class Assertion(Node):
    """``-> 55x55x96``."""

    shape: Expression


# ---------------------------------------------------------------- statements


@node
class Statement(Node):
    pass


@node
class Body(Node):
    """What stands between braces. ``inline`` says it was written on one line."""

    statements: tuple[Statement, ...]
    inline: bool = field(default=False, compare=False)


@node
class Chain(Statement):
    """``label: from x, conv 3x3 64, relu -> 55x55x96``."""

    label: Reference | None
    steps: tuple[Step, ...]
    assertion: Assertion | None


@node
class Input(Statement):
    """``input image: HxWx3 where H % 32 == 0``."""

    name: str | None
    shape: Expression
    where: Expression | None


@node
class Output(Statement):
    """``output P[i]: from M[i], conv 3x3 width same``; without steps, a label named as output."""

    label: Reference
    steps: tuple[Step, ...]
    assertion: Assertion | None


@node
class Default(Statement):
    """``default conv same nobias, bn, relu``: the layer with its arguments, then its followers."""

    call: Call
    followers: tuple[Call, ...]


@node
class Let(Statement):
    name: str
    value: Expression


@node
class Share(Statement):
    """``share head = rpn_head 3``."""

    name: str
    steps: tuple[Step, ...]


@node
class For(Statement):
    """``for i, depth in depths { ... }``; ``index`` is None where one name is given."""

    index: str | None
    item: str
    iterable: Expression
    body: Body


@node
class If(Statement):
    """``if c { ... } else if d { ... } else { ... }``; ``otherwise`` is a Body or another If."""

    condition: Expression
    body: Body
    otherwise: Body | If | None


# ---------------------------------------------------------------- claims


@node
class Quantity(Node):
    """``params "60 million" nobias``: a quantity, as printed, and conventions."""

    name: str
    printed: str
    flags: tuple[str, ...]


@node
class Claim(Node):
    """``conv1 shape "55*55*96", params "34,944" erratum "reason"``."""

    subject: Reference
    quantities: tuple[Quantity, ...]
    erratum: str | None


@node
class Published(Statement):
    """``published "source" { ... }``."""

    source: str
    claims: tuple[Claim, ...]


# ---------------------------------------------------------------- configurations


@node
class TableLayer(Node):
    """``conv3-64``, ``LRN``, ``maxpool``, ``FC-4096``, ``soft-max``: ``sizes`` are its numbers."""

    kind: str
    sizes: tuple[int, ...]


@node
class TableCell(Node):
    layers: tuple[TableLayer, ...]


@node
class TableRow(Node):
    """A cell for each column, or one for all of them."""

    cells: tuple[TableCell, ...]


@node
class TableColumn(Node):
    """``A-LRN``, and how many weight layers the table says that it has."""

    name: str
    weight_layers: Number | None


@node
class Configurations(Statement):
    """``configurations { A | B ... }``: a body for each of several variants of a network."""

    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]


# ---------------------------------------------------------------- declarations


@node
class Parameter(Node):
    name: str
    default: Expression | None


@node
class Import(Statement):
    """``import "resnet.arch" as r``."""

    path: str
    alias: str | None


@node
class Block(Statement):
    name: str
    parameters: tuple[Parameter, ...]
    body: Body


@node
class Network(Statement):
    name: str
    parameters: tuple[Parameter, ...]
    body: Body


@node
class Alias(Statement):
    """``network vgg16 = vgg.D``: a variant under a name."""

    name: str
    target: Reference


@node
class Variants(Statement):
    """A table: the first column names variants, the others set parameters or print numbers.

    An empty cell is None. Rows have as many cells as there are columns.
    """

    network: Reference
    source: str | None
    columns: tuple[Reference, ...]
    rows: tuple[Row, ...]


@node
class Row(Node):
    cells: tuple[Expression | None, ...]


@node
class File(Node):
    """A whole spec. ``remarks`` is what its notation has to say about how it was read."""

    items: tuple[Statement, ...]
    remarks: tuple[Diagnostic, ...] = field(default=(), compare=False, repr=False)
