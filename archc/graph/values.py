"""What a name or an expression of a spec can stand for, and where names live.

Values are found in lexical scopes, labels in the body that is being expanded.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from archc.diagnostics import Label, Span, SpecError, fail
from archc.dims import Facts
from archc.graph.network import Layer, Module
from archc.language import syntax
from archc.ops.base import Shape, Size, describe


@dataclass(slots=True, eq=False)
class Signal:
    """A tensor while the graph is being built: an input of the network, or a layer's output."""

    shape: Shape
    span: Span
    layer: Layer | None  # None for an input
    input_name: str | None = None
    readers: int = 0
    called: bool = False  # made inside a called network: dropped where nothing reads it


@dataclass(frozen=True, slots=True)
class Poison:
    """A value of a called network that could not be built; an error only where it is read."""

    error: SpecError


@dataclass(slots=True, eq=False)
class Element:
    """What one step of a line, or a labelled line, produced: the thing that a path names."""

    name: str
    value: Signal | Poison | None
    node: Module | Layer | None = None
    frame: Frame | None = None  # inside of the block or network it ends with
    parts: list[Element] = field(default_factory=list["Element"])  # the steps of a line
    span: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BlockValue:
    definition: syntax.Block
    scope: Scope

    @property
    def name(self) -> str:
        return self.definition.name


@dataclass(frozen=True, slots=True, eq=False)
class NetworkValue:
    """A network, perhaps as a row of a variants table: ``bound`` holds the row's cells, ``source``
    what the table names as its source."""

    definition: syntax.Network
    scope: Scope
    name: str
    bound: Mapping[str, tuple[syntax.Expression, Scope]] = field(
        default_factory=dict[str, "tuple[syntax.Expression, Scope]"]
    )
    claims: tuple[syntax.Published, ...] = ()
    source: str | None = None


@dataclass(frozen=True, slots=True)
class LayerValue:
    """A built-in layer by its name, as an argument: ``unit act=relu``."""

    name: str


@dataclass(slots=True, eq=False)
class ShareValue:
    """One set of weights for all uses; ``first`` holds the nodes that the first use placed."""

    definition: syntax.Share
    scope: Scope
    frame: Frame
    first: list[Module | Layer] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FileValue:
    """An imported file: its blocks, networks and values by name."""

    name: str
    scope: Scope


def list_of(value: Any) -> tuple[Any, ...] | None:
    """A list of the language (a size too), or None where the value is something else."""
    # `isinstance` leaves pyright with a tuple of what it calls unknown, mypy with one of Any.
    return value if isinstance(value, tuple) else None  # pyright: ignore[reportUnknownVariableType]


def kind_of(value: Any) -> str:
    """A value in words, for messages."""
    match value:
        case BlockValue():
            return f"the block `{value.name}`"
        case NetworkValue():
            return f"the network `{value.name}`"
        case LayerValue():
            return f"the layer `{value.name}`"
        case ShareValue():
            return f"the shared layers `{value.definition.name}`"
        case FileValue():
            return f"the imported file `{value.name}`"
        case Element() | Signal() | Poison():
            return "a tensor"
        case tuple() if not isinstance(value, Size):
            return "a list"
        case _:
            return describe(value)


# ---------------------------------------------------------------- where names live

RESERVED = {
    "it": "`it` is the value arriving at a layer",
    "true": "`true` is a value of the language",
    "false": "`false` is a value of the language",
}
CONSTANTS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """``default conv same, relu`` and the scope that its arguments are read in."""

    definition: syntax.Default
    scope: Scope


@dataclass(slots=True, eq=False)
class Scope:
    """Names that an expression may use, innermost first."""

    parent: Scope | None = None
    names: dict[str, Any] = field(default_factory=dict[str, Any])
    spans: dict[str, Span] = field(default_factory=dict[str, Span])
    defaults: dict[str, DefaultRule] = field(default_factory=dict[str, DefaultRule])

    def find(self, name: str) -> Any:
        """The value of a name; KeyError where no scope has it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return CONSTANTS[name]

    def has(self, name: str) -> bool:
        try:
            self.find(name)
        except KeyError:
            return False
        return True

    def default_for(self, layer: str, call: Span) -> DefaultRule | None:
        """The nearest default for a layer that stands before the call."""
        scope: Scope | None = self
        while scope is not None:
            rule = scope.defaults.get(layer)
            if rule is not None:
                where = rule.definition.span
                if where.source is not call.source or where.start <= call.start:
                    return rule
            scope = scope.parent
        return None

    def define(self, name: str, value: Any, span: Span) -> None:
        check_name(name, span)
        if name in self.names:
            taken(name, span, self.spans.get(name))
        self.names[name] = value
        self.spans[name] = span

    def known(self) -> Iterator[str]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names
            scope = scope.parent


@dataclass(slots=True, eq=False)
class Frame:
    """One expansion of a block's or network's body: its labels, and what it collects."""

    module: Module
    definition: syntax.Block | syntax.Network | syntax.Share | None = None
    called: bool = False  # a called network, or a block inside one: errors wait until read
    network: Frame | None = None  # the frame of the network around
    labels: MutableMapping[str, Element] = field(default_factory=dict[str, Element])
    symbols: dict[str, Any] = field(default_factory=dict[str, Any])  # H, W ... of the inputs
    counts: dict[str, int] = field(default_factory=dict[str, int])  # of P, D: what a setting says
    facts: Facts | None = None
    outputs: dict[str, tuple[Element, Span]] = field(
        default_factory=dict[str, "tuple[Element, Span]"]
    )
    published: list[syntax.Published] = field(default_factory=list[syntax.Published])
    result: Any = None

    @property
    def own(self) -> MutableMapping[str, Element]:
        """The labels of this body alone (a repeated group's: without those around it)."""
        labels = self.labels
        return labels.maps[0] if isinstance(labels, ChainMap) else labels

    def define(self, label: str, element: Element, span: Span, scope: Scope) -> None:
        """Add a label; names in scope made by this body may not have it either."""
        name = label.split("[", 1)[0]
        check_name(name, span)
        if label in self.labels:
            taken(label, span, self.labels[label].span)
        inner: Scope | None = scope
        while inner is not None and name not in inner.names:
            inner = inner.parent
        if inner is not None and inner.parent is not None and name == label:
            taken(name, span, inner.spans.get(name))
        self.labels[label] = element


def check_name(name: str, span: Span) -> None:
    if name in RESERVED:
        fail("duplicate-name", span, f"`{name}` cannot be a name: {RESERVED[name]}")


def taken(name: str, span: Span, first: Span | None) -> None:
    labels = [Label(first, "first here")] if first else []
    fail("duplicate-name", span, f"`{name}` is already taken here", labels=labels)


class Lookup(Protocol):
    """What resolving a path needs: where names live, and the value of an index."""

    @property
    def scope(self) -> Scope: ...
    @property
    def frame(self) -> Frame | None: ...
    def evaluate(self, e: syntax.Expression) -> Any: ...
    def name(self, name: str) -> Any: ...
    def unknown(self, name: str, span: Span) -> NoReturn: ...
