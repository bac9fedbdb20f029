"""A network: a networkx graph of layers whose shapes are known, and the tree that its spec wrote.

The graph's nodes are paths (strings); ``graph.nodes[path]["layer"]`` is the :class:`Layer`. An
edge goes from the producer of a value to its reader and carries ``slots``, the positions among
the reader's inputs that it fills. The tree (:class:`Module`) says which layers stand on one
line, in one block, in one branch: names, diagrams and generated classes come from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from archc.diagnostics import Span
from archc.dims import Dim
from archc.language import syntax
from archc.ops.base import Cost, Op, Shape, Weights

if TYPE_CHECKING:
    import networkx as nx

    from archc.graph.values import NetworkValue

ModuleKind = Literal["network", "block", "line", "merge", "branch", "group"]


@dataclass(slots=True, eq=False)
class Layer:
    """One layer in its place.

    ``inputs`` are the paths of the layers (or the network's inputs) it reads, in order, with
    repetition. ``shape`` is the output's, channels last. A use of shared weights after the first
    has ``shares``: the path of the layer that owns them; its ``weights`` are not to be added again.
    """

    path: str
    op: Op
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    span: Span = field(repr=False)
    parent: Module = field(repr=False)
    name: str = ""  # the path's part below the parent's; "" where the layer stands for its parent
    shares: str | None = None

    @property
    def weights(self) -> Weights:
        """What it stores (a shared use: what it reads)."""
        return self.op.weights(*self.input_shapes)

    @property
    def cost(self) -> Cost | None:
        """Operations of one forward pass of one example; None where unknown."""
        return self.op.cost(*self.input_shapes)

    @property
    def of_one_map(self) -> Layer:
        """The layer as it acts on one of the maps that it takes as RxHxWxC."""
        shapes = tuple(shape[1:] for shape in self.input_shapes)
        return replace(self, input_shapes=shapes, shape=self.shape[1:])

    @property
    def params(self) -> Dim:
        """What it adds to the network's trainable parameters: none for a further shared use."""
        return 0 if self.shares else self.weights.trainable

    @property
    def macs(self) -> Dim | None:
        cost = self.cost
        return None if cost is None else cost.macs


@dataclass(slots=True, eq=False)
class Module:
    """A node of the tree that the spec's text makes: the network, a block's use, a labelled line,
    a merge with its branches, a group that repeats.

    ``children`` are modules and layers in the order they run. A ``merge`` has its branches first
    and its own layer (``add``, ``concat``; path as the module's) last. ``path`` of the
    network is "".
    ``name`` is the path's part below the parent's: it may have dots (``conv.2`` for ``conv[2]:``).
    A line of a single element is not a module of its own: the element takes the label as its name.
    """

    kind: ModuleKind
    path: str
    name: str
    parent: Module | None = field(repr=False)
    span: Span | None = field(repr=False)
    callee: str | None = None  # the block's, network's or merge's name; "" for none
    definition: syntax.Block | syntax.Network | None = field(default=None, repr=False)
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    label: str | None = None  # as the spec writes it, e.g. "conv[2]"
    shares: str | None = None  # a further use of a shared module: the first use's path
    children: list[Module | Layer] = field(default_factory=list["Module | Layer"], repr=False)

    def layers(self) -> Iterator[Layer]:
        """Every layer below, in the order they run."""
        stack: list[Module | Layer] = [self]
        while stack:
            node = stack.pop()
            if isinstance(node, Layer):
                yield node
            else:
                stack.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class NetworkInput:
    name: str
    shape: Shape
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """``name`` as the spec's label (``P[3]``); ``path`` the layer (or input) whose value it is."""

    name: str
    path: str
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What a network was compiled from: the network of its spec, and the parameters set by hand."""

    value: NetworkValue
    settings: Mapping[str, Any]


@dataclass(eq=False)
class Network:
    """A compiled network. ``layers`` are in an order in which each follows what it reads."""

    name: str
    parameters: Mapping[str, Any]  # as bound: defaults, the variant's row, --set
    inputs: tuple[NetworkInput, ...]
    outputs: tuple[NetworkOutput, ...]
    layers: tuple[Layer, ...] = field(repr=False)
    root: Module = field(repr=False)
    labels: Mapping[str, str] = field(
        repr=False
    )  # label path as in layer paths -> path of its value
    published: tuple[Any, ...] = field(repr=False, default=())  # archc.audit reads these
    definition: syntax.Network | None = field(default=None, repr=False)
    origin: Origin | None = field(default=None, repr=False)

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The networkx graph of paths, built when first asked for: a table needs none."""
        import networkx

        graph: nx.DiGraph[str] = networkx.DiGraph(name=self.name)
        for value in self.inputs:
            graph.add_node(value.name, input=value, shape=value.shape)
        for layer in self.layers:
            graph.add_node(layer.path, layer=layer, shape=layer.shape)
            for slot, source in enumerate(layer.inputs):
                if graph.has_edge(source, layer.path):
                    graph.edges[source, layer.path]["slots"] += (slot,)
                else:
                    graph.add_edge(source, layer.path, slots=(slot,))
        return graph

    @cached_property
    def by_path(self) -> Mapping[str, Layer]:
        return {layer.path: layer for layer in self.layers}

    @cached_property
    def modules(self) -> Mapping[str, Module]:
        """Every module of the tree by its path; the network itself is ""."""
        found: dict[str, Module] = {}
        stack = [self.root]
        while stack:
            module = stack.pop()
            found[module.path] = module
            stack.extend(c for c in reversed(module.children) if isinstance(c, Module))
        return found

    def find(self, path: str) -> Module | Layer | None:
        """What a path names: a module, a layer, or what a label stands for; None for nothing."""
        return self.modules.get(path) or self.by_path.get(path) or self._labelled(path)

    def _labelled(self, path: str) -> Module | Layer | None:
        target = self.labels.get(path)
        return None if target is None else self.modules.get(target) or self.by_path.get(target)

    @cached_property
    def weights(self) -> Weights:
        """What the whole network stores, shared weights once."""
        return sum((n.weights for n in self.layers if n.shares is None), Weights())

    @property
    def params(self) -> Dim:
        """Trainable parameters, as a framework counts them."""
        return self.weights.trainable

    @cached_property
    def cost(self) -> Cost:
        """Operations of one forward pass of one example, of the layers whose cost is known."""
        return sum((c for c in self._costs if c is not None), Cost())

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The layers whose cost is not known: no total of costs is exact while there are any."""
        return tuple(n.path for n, c in zip(self.layers, self._costs, strict=True) if c is None)

    @cached_property
    def _costs(self) -> tuple[Cost | None, ...]:
        """Each layer's cost, once for those of one kind: of symbolic sizes it takes long."""
        known: dict[tuple[Op, tuple[Shape, ...]], Cost | None] = {}
        for n in self.layers:
            key = (n.op, n.input_shapes)
            if key not in known:
                known[key] = n.cost
        return tuple(known[n.op, n.input_shapes] for n in self.layers)

    @property
    def macs(self) -> Dim | None:
        """Multiply-accumulates of one forward pass; None where a layer's are unknown."""
        return None if self.unknown else self.cost.macs

    def torch(self) -> Any:
        """The network as a live ``torch.nn.Module``: the source that ``build`` writes, executed."""
        from archc.registry import load

        return load("archc.backends", "torch").module(self)

    def draw(self, format: str = "svg", **options: Any) -> str | bytes:
        """The network as a diagram: the text of an SVG, DOT, ``tikz`` or ``mermaid`` file, or a
        PNG's or PDF's bytes."""
        from archc.outputs import diagram

        backend, suffix = diagram(format)
        return backend.write(self, suffix, **options)

    def check(self) -> Any:
        """The report of the claims that documents publish about the network."""
        from archc.registry import load

        return load("archc.reports", "check")([self], whole=False)

    def _repr_svg_(self) -> str:
        return str(self.draw("svg"))

    def _repr_html_(self) -> str:
        from archc.registry import load

        html: str = load("archc.reports", "html")(self)
        return html
