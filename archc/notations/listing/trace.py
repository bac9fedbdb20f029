"""The graph that a listing's calls make: layers as archc has them, in the order they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archc.diagnostics import Diagnostic, Label, Span, fail
from archc.dims import Dim, DimError, to_text
from archc.notations.listing.values import Module
from archc.ops.base import ArgumentError, Shape, ShapeError, product, shape_text
from archc.registry import layer

MAX_NODES = 20_000


@dataclass(slots=True, eq=False)
class Node:
    """A value in a network: an input (``op`` is ""), a layer's, or that of a group of layers.

    ``shape`` is archc's, channels last, None where it is not known. ``label`` is the listing's
    name of the layer, ``hint`` the variable that holds the value. ``owner`` is the module whose
    weights it uses.
    """

    op: str
    arguments: dict[str, Any]
    inputs: tuple[Node, ...]
    span: Span
    shape: Shape | None
    label: str | None = None
    hint: str | None = None
    owner: Module | None = None
    group: Group | None = None
    follows: Node | None = None  # the first of the layers that one of the listing's stands for
    part: int = 0  # its number among these


@dataclass(slots=True, eq=False)
class Group:
    """A part of a network with one value in and one out: the body of a class, a function
    (``callee`` is its name, ``arguments`` what it was made with) or a Sequential."""

    callee: str | None
    arguments: Mapping[str, Any]
    entry: Node
    nodes: list[Node]
    result: Node


@dataclass(slots=True)
class Says:
    """What there is to say of a listing: ``errors`` are what its framework would refuse."""

    remarks: list[Diagnostic] = field(default_factory=list[Diagnostic])
    errors: list[Diagnostic] = field(default_factory=list[Diagnostic])
    guessing: bool = False  # sizes are being tried: what is said now does not count

    def remark(self, span: Span, message: str, **more: Any) -> None:
        found = Diagnostic("framework", message, span, severity="remark", **more)
        if not self.guessing and found not in self.remarks:
            self.remarks.append(found)

    def error(self, span: Span, message: str, **more: Any) -> None:
        found = Diagnostic("framework", message, span, **more)
        if found not in self.errors:
            self.errors.append(found)


class Trace:
    """The layers of one network, as its listing calls them."""

    def __init__(self, says: Says) -> None:
        self.says = says
        self.nodes: list[Node] = []
        self.placed = 0  # layers, those within groups too

    def input(self, name: str, shape: Shape | None, span: Span) -> Node:
        return Node("", {}, (), span, shape, label=name)

    def apply(
        self,
        op: str,
        arguments: Mapping[str, Any],
        inputs: Sequence[Node],
        span: Span,
        framework: str,
        owner: Module | None = None,
    ) -> Node:
        """Place a layer. What it refuses is an error in the words of the framework."""
        self.placed += 1
        if self.placed > MAX_NODES:
            fail("too-large", span, f"the listing makes more than {MAX_NODES:,} layers")
        shape = self._shape(op, arguments, inputs, span, framework)
        label = owner.label if owner is not None else None
        node = Node(op, dict(arguments), tuple(inputs), span, shape, label=label, owner=owner)
        self.nodes.append(node)
        return node

    def _shape(
        self,
        op: str,
        arguments: Mapping[str, Any],
        inputs: Sequence[Node],
        span: Span,
        framework: str,
    ) -> Shape | None:
        try:
            made = layer(op)(**arguments)
        except ArgumentError as error:
            fail("argument", span, error.message, help=error.help)
        shapes = [node.shape for node in inputs]
        if any(shape is None for shape in shapes):
            return None
        known = [shape for shape in shapes if shape is not None]
        try:
            return made.shape(*known)
        except ShapeError as error:
            said = refusal(framework, op, arguments, known, error)
            notes = (error.formula,) if error.formula else ()
            labels = [Label(inputs[0].span, f"{shape_text(known[0])} comes from here")]
            self.says.error(span, said, notes=notes, labels=tuple(labels), help=error.help)
        except DimError as error:
            fail("shape", span, str(error))
        return None

    def collapse(
        self,
        start: int,
        result: Node,
        span: Span,
        owner: Module | None,
        callee: str | None,
        arguments: Mapping[str, Any],
    ) -> Node:
        """The nodes from ``start`` on as one, where they have one value in and one out."""
        inner = self.nodes[start:]
        inside = set(map(id, inner))
        outer = {id(i): i for node in inner for i in node.inputs if id(i) not in inside}
        if len(outer) != 1 or id(result) not in inside:
            return result
        (given,) = outer.values()
        entry = Node("", {}, (), span, given.shape)
        for node in inner:
            node.inputs = tuple(entry if i is given else i for i in node.inputs)
        group = Group(callee, arguments, entry, inner, result)
        label = owner.label if owner is not None else None
        node = Node("", {}, (given,), span, result.shape, label=label, owner=owner, group=group)
        self.nodes[start:] = [node]
        return node


def refusal(
    framework: str,
    op: str,
    arguments: Mapping[str, Any],
    shapes: Sequence[Shape],
    error: ShapeError,
) -> str:
    """What a framework says where a layer does not take what arrives."""
    shape = shapes[0]
    window = arguments.get("kernel")
    if "does not fit" not in error.message or len(shape) != 3 or window is None:
        return f"{NAMES[framework]} would refuse this: {error.message}"
    height, width, channels = map(to_text, shape)
    if framework == "keras":
        received = (
            f"Received `inputs shape=(None, {height}, {width}, {channels})`"
            if op == "conv"
            else f"Received: `inputs.shape=[None {height} {width} {channels}]`"
        )
        said = f"ValueError: Computed output size would be zero or negative. {received}"
    elif op == "conv":
        padded = " x ".join(map(to_text, _padded(shape, arguments)))
        said = (
            f"RuntimeError: Calculated padded input size per channel: ({padded}). Kernel size: "
            f"({window[0]} x {window[1]}). Kernel size can't be greater than actual input size"
        )
    else:
        sizes = "x".join(map(to_text, _pooled(shape, arguments)))
        said = (
            f"RuntimeError: Given input size: ({channels}x{height}x{width}). Calculated output "
            f"size: ({channels}x{sizes}). Output size is too small"
        )
    return f"a window too many: the map is too small here, and {NAMES[framework]} would say: {said}"


def _padded(shape: Shape, arguments: Mapping[str, Any]) -> tuple[Dim, Dim]:
    pad = arguments.get("pad", (0, 0))
    if isinstance(pad, str):
        return shape[0], shape[1]
    return shape[0] + 2 * pad[0], shape[1] + 2 * pad[1]


def _pooled(shape: Shape, arguments: Mapping[str, Any]) -> tuple[Dim, Dim]:
    padded, kernel = _padded(shape, arguments), arguments["kernel"]
    stride, dilation = arguments.get("stride", (1, 1)), arguments.get("dilation", (1, 1))
    first, second = (
        (padded[axis] - dilation[axis] * (kernel[axis] - 1) - 1) // stride[axis] + 1
        for axis in (0, 1)
    )
    return first, second


NAMES = {"torch": "PyTorch", "keras": "Keras"}


def channels_first(shape: Shape, batch: str = "1") -> str:
    """A shape as PyTorch prints it: batch, channels, height, width."""
    sizes = (shape[-1], *shape[:-1]) if len(shape) == 3 else shape
    return f"[{', '.join([batch, *map(to_text, sizes)])}]"


def values_of(shape: Shape) -> Dim:
    """How many values a shape holds."""
    return product(shape)
