"""dlib's declarations as they are read: types that name templates, and aliases of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from archc.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Use:
    """``relu<con<6,5,5,1,1,SUBNET>>``, or a name alone (``arguments`` is None). A member of a class
    template (``of``) has a name that no other can have: ``::n50`` of ``resnet<bn_con>``."""

    span: Span = field(repr=False)
    name: str
    name_span: Span = field(repr=False)
    arguments: tuple[Argument, ...] | None
    of: Use | None = None


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
    """``template <typename SUBNET> using block_1 = ...;``. ``place`` counts from the file's start:
    an alias knows those above it. ``order`` is its own, also among members of a class template
    that was given other arguments."""

    span: Span = field(repr=False)
    name: str
    name_span: Span = field(repr=False)
    parameters: tuple[Parameter, ...]
    body: Argument
    place: int
    order: int
    templated: bool

    @property
    def subnet(self) -> str | None:
        """The parameter that the layers are put on: the last that is a type."""
        types = [p.name for p in self.parameters if p.kind == "type"]
        return types[-1] if types else None


@dataclass(frozen=True, slots=True)
class Class:
    """``template <template <typename> class BN> struct def { ... };`` with the aliases and integer
    constants that stand in it. ``refused`` says why it cannot be read; ``bases``, that it has some,
    whose members are not known."""

    name: str
    name_span: Span = field(repr=False)
    parameters: tuple[Parameter, ...]
    members: Mapping[str, tuple[Alias, ...]]
    constants: Mapping[str, Argument]
    place: int
    refused: str = ""
    bases: bool = False
