"""What a name or an expression of a spec can stand for, and the half-built graph it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Span, SpecError
from archc.graph.network import Layer, Module
from archc.language import syntax
from archc.ops.base import Shape, Size, Window, describe

if TYPE_CHECKING:
    from archc.graph.scope import Frame, Scope


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
    """A network, perhaps as a row of a variants table: ``bound`` holds the row's cells."""

    definition: syntax.Network
    scope: Scope
    name: str
    bound: Mapping[str, tuple[syntax.Expression, Scope]] = field(
        default_factory=dict[str, "tuple[syntax.Expression, Scope]"]
    )
    claims: tuple[syntax.Published, ...] = ()


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


CALLABLE = (BlockValue, NetworkValue, LayerValue, ShareValue)


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


__all__ = [
    "CALLABLE",
    "BlockValue",
    "Element",
    "FileValue",
    "LayerValue",
    "NetworkValue",
    "Poison",
    "ShareValue",
    "Signal",
    "Size",
    "Window",
    "kind_of",
]
