"""The graph as rows write it: nodes, constants and weights as plain data, without onnx.

Values and nodes are called by layers' paths: the value that the layer ``conv.1.relu`` gives is
``conv.1.relu``, the node that makes it ``conv/1/relu``, and further nodes of the layer stand below
that (``conv/1/relu/Mul``), so that a viewer sees the spec's labels as scopes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeAlias, cast

from archc.backend import unsupported
from archc.dims import Dim, to_text
from archc.graph.network import Layer, Network
from archc_backends.shared.names import module_path

Type: TypeAlias = Literal["float32", "int64", "bool"]


MOST_PARTS = 1000
"""Of bins, layers and the like that are written one by one."""


@dataclass(slots=True, eq=False)
class Node:
    """A node; ``layer`` is the layer that it is of, None for a constant."""

    op: str
    inputs: list[str]
    outputs: list[str]
    name: str
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    layer: Layer | None = None
    body: Body | None = None

    def reads(self) -> Iterator[str]:
        """The values that it reads, those that its body takes from outside included."""
        yield from self.inputs
        for node in self.body.nodes if self.body else ():
            yield from node.reads()

    def rename(self, old: str, new: str) -> None:
        """Call a value otherwise."""
        self.inputs = [new if value == old else value for value in self.inputs]
        self.outputs = [new if value == old else value for value in self.outputs]
        for node in self.body.nodes if self.body else ():
            node.rename(old, new)


@dataclass(slots=True, eq=False)
class Body:
    """What a Scan does with each row of what it goes through."""

    arriving: list[str]
    nodes: list[Node] = field(default_factory=list[Node])
    gives: str = ""
    result: str = ""

    def give(self, value: str) -> None:
        """The value of each turn; all of them together are the ``result``."""
        self.gives = value


@dataclass(frozen=True, slots=True)
class Constant:
    """Numbers that stand in the graph and are no weights."""

    values: Any
    type: Type


@dataclass(frozen=True, slots=True)
class Start:
    """How a weight begins: ``uniform`` in ±``value`` (or of each row in ± its own), ``constant``,
    standard ``normal``, or ``signs``, +1 or -1."""

    kind: Literal["uniform", "constant", "normal", "signs"]
    value: float | tuple[float, ...] = 0.0


ZEROS, ONES = Start("constant", 0.0), Start("constant", 1.0)


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight, under its name in torch's ``state_dict``; ``layer`` is the one that owns it."""

    name: str
    shape: tuple[int, ...]
    start: Start
    layer: Layer = field(compare=False, repr=False)


class Graph:
    """What has been written so far."""

    def __init__(self, network: Network, indexed: frozenset[str]) -> None:
        self.network = network
        self.indexed = indexed
        """The max poolings whose indices somebody reads."""
        self.nodes: list[Node] = []
        self.constants: dict[str, Constant] = {}
        self.weights: dict[str, Weight] = {}
        self.values: dict[str, str] = {value.name: value.name for value in network.inputs}
        """The value that each layer (or input) gives, by its path."""
        self._taken = {value.name for value in network.inputs}
        self._taken |= {layer.path for layer in network.layers}
        self._names: set[str] = set()
        self._known: dict[Any, str] = {}

    def free(self, name: str, taken: set[str] | None = None) -> str:
        """The name, or with the first free number after it; it is then taken."""
        known = self._taken if taken is None else taken
        found, number = name, 2
        while found in known:
            found, number = f"{name}_{number}", number + 1
        known.add(found)
        return found

    def node_name(self, path: str) -> str:
        return self.free(path.replace(".", "/"), self._names)

    def constant(self, values: Any, type: Type, name: str = "") -> str:
        """The name of a constant; the same numbers stand in the graph once."""
        key = (type, _frozen(values))
        if key not in self._known:
            base = f"constants/{name or f'{type}_{len(self._known)}'}"
            self._known[key] = found = self.free(base)
            self.constants[found] = Constant(values, type)
        return self._known[key]


def _frozen(values: Any) -> Any:
    if not isinstance(values, list | tuple):
        return values
    return tuple(map(_frozen, cast("Sequence[Any]", values)))


class Site:
    """The place where a row writes a layer: what it reads, and how to add nodes.

    ``layer`` may be another than the one written, where that is spelled as another kind (a
    depthwise convolution as one in groups); ``inside`` says that torch has it in a module of its
    own below the layer's path.
    """

    def __init__(
        self, graph: Graph, layer: Layer, inputs: Sequence[str], *, inside: bool = False
    ) -> None:
        self.graph = graph
        self.layer = layer
        self.inputs = list(inputs)
        self.inside = inside

    # ------------------------------------------------------------ what arrives

    @property
    def x(self) -> str:
        return self.inputs[0]

    @property
    def rank(self) -> int:
        """The number of axes that arrive, the batch left out."""
        return len(self.layer.input_shapes[0])

    @property
    def channels(self) -> int:
        return self.number(self.layer.input_shapes[0][-1], "the channels")

    def number(self, size: Dim, what: str) -> int:
        """A size that must be a number. Raises SpecError (``unsupported``) for a formula."""
        if isinstance(size, int):
            return size
        self.refuse(f"needs a number for {what}, which is {to_text(size)}")

    def expect(self, *ranks: int) -> int:
        """The number of axes that arrive. Raises SpecError where it is none of these."""
        if self.rank not in ranks:
            self.refuse(f"cannot write `{self.layer.op.name}` of {self.rank} axes")
        return self.rank

    def limit(self, count: int, what: str) -> None:
        """Raise SpecError where a layer would be more nodes, or constants, than make sense."""
        if count > MOST_PARTS:
            self.refuse(f"writes at most {MOST_PARTS:,} {what}, not {count:,}")

    def refuse(self, reason: str, *, help: str | None = None) -> NoReturn:
        """Raise SpecError (``unsupported``) at the layer's line."""
        unsupported("onnx", self.layer, reason, help=help)

    # ------------------------------------------------------------ nodes

    def ops(self, op: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node of several outputs; their names."""
        graph, path = self.graph, self.layer.path
        outputs = [graph.free(f"{path}:{op}") for _ in range(count)]
        node = Node(op, list(inputs), outputs, "", attributes, self.layer)
        graph.nodes.append(node)
        return outputs

    def op(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; the name of what it gives. An input that is left out is ""."""
        return self.ops(op, 1, *inputs, **attributes)[0]

    @contextmanager
    def scan(self, *inputs: str) -> Generator[Body]:
        """Nodes that are added within are run for each row of the inputs; what they give is put
        together as the rows of the body's ``result``."""
        graph = self.graph
        body = Body([graph.free(f"{self.layer.path}:row") for _ in inputs])
        outside, graph.nodes = graph.nodes, body.nodes
        yield body
        graph.nodes = outside
        body.result = self.op("Scan", *inputs, num_scan_inputs=len(inputs))
        graph.nodes[-1].body = body

    def whole(self, value: int) -> str:
        """An integer, as a scalar."""
        return self.graph.constant(value, "int64")

    def ints(self, *values: int) -> str:
        """A vector of integers."""
        return self.graph.constant(values, "int64")

    def floats(self, values: Any) -> str:
        """A constant of any shape, of nested lists; a number is a scalar."""
        return self.graph.constant(values, "float32")

    def weight(self, name: str, shape: Sequence[int], start: Start, *, plain: bool = True) -> str:
        """A weight of the layer, by its name in torch's module.

        Of a layer that torch has inside another (of regions' maps) the name stands below
        ``layer``, unless it is a ``plain`` one, for which there is a class of its own.
        """
        layer = self.layer
        path = module_path(layer.shares or layer.path)
        key = f"{path}.{'layer.' if self.inside and not plain else ''}{name}"
        self.graph.weights.setdefault(key, Weight(key, tuple(shape), start, layer))
        return key

    # ------------------------------------------------------------ sizes

    def shape(self, value: str, start: int = 0, end: int | None = None) -> str:
        """Sizes of a value as it runs, a vector; axes as in ONNX, the batch first."""
        return self.op("Shape", value, start=start, **({} if end is None else {"end": end}))

    def vector(self, *parts: int | str) -> str:
        """A vector of integers: numbers, and vectors made as the graph runs."""
        if all(isinstance(part, int) for part in parts):
            return self.ints(*(part for part in parts if isinstance(part, int)))
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
        pieces: list[str] = []
        run: list[int] = []
        for part in (*parts, ""):
            if isinstance(part, int):
                run.append(part)
                continue
            if run:
                pieces.append(self.ints(*run))
                run = []
            if part:
                pieces.append(part)
        return self.op("Concat", *pieces, axis=0)

    def reshape(self, value: str, *parts: int | str) -> str:
        """The value in another shape: 0 keeps an axis, -1 is what is left, a name is a vector."""
        return self.op("Reshape", value, self.vector(*parts))

    def transpose(self, value: str, *order: int) -> str:
        return self.op("Transpose", value, perm=list(order))

    def unsqueeze(self, value: str, *axes: int) -> str:
        return self.op("Unsqueeze", value, self.ints(*axes))

    def cut(self, value: str, axis: int, start: int, end: int, step: int = 1) -> str:
        """A part of the value along an axis."""
        bounds = (self.ints(start), self.ints(end), self.ints(axis))
        return self.op("Slice", value, *bounds, *([self.ints(step)] if step != 1 else []))
