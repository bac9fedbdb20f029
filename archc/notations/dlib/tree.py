"""dlib's declarations as they are read: types that name templates, and aliases of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from archc.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Use:
    """``relu<con<6,5,5,1,1,SUBNET>>``, or a name alone (``arguments`` is None)."""

    span: Span = field(repr=False)
    name: str
    name_span: Span = field(repr=False)
    arguments: tuple[Argument, ...] | None


@dataclass(frozen=True, slots=True)
class Integer:
    span: Span = field(repr=False)
    value: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``2100 + 1``; of a sign alone the left is 0."""

    span: Span = field(repr=False)
    operator: str
    left: Argument
    right: Argument


Argument = Use | Integer | Arithmetic


@dataclass(frozen=True, slots=True)
class Parameter:
    """``int N``, ``typename SUBNET``, ``template <typename> class BN``."""

    span: Span = field(repr=False)
    name: str
    kind: Literal["integer", "type", "template"]
    default: Argument | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """``template <typename SUBNET> using block_1 = ...;``. ``order`` counts from the file's start:
    an alias knows those above it."""

    span: Span = field(repr=False)
    name: str
    name_span: Span = field(repr=False)
    parameters: tuple[Parameter, ...]
    body: Argument
    order: int
    templated: bool

    @property
    def subnet(self) -> str | None:
        """The parameter that the layers are put on: the last that is a type."""
        types = [p.name for p in self.parameters if p.kind == "type"]
        return types[-1] if types else None
