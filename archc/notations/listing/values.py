"""What names and expressions of a listing stand for, as far as a network needs it.

Numbers, texts, lists, tuples and dicts are Python's own. Everything that is not understood is an
:class:`Unknown`, which is an error only where a network needs it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from archc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from archc.notations.listing.trace import Node


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A value that is not known, with what to say where it is needed."""

    reason: Diagnostic


@dataclass(frozen=True, slots=True)
class Library:
    """A name of a framework, or of any other module: ``torch.nn.Conv2d``."""

    path: str


class Batch:
    """The size of the batch, which no spec writes."""


BATCH = Batch()


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """What ``x.shape`` or ``x.size()`` gives: sizes in the framework's order, the batch first."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A tensor that the listing makes to try a network with: of its shape alone something is
    known, batch included, in the framework's order."""

    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A value within a network, while it is traced."""

    node: Node


@dataclass(frozen=True, slots=True)
class Expanded(Unknown):
    """``gate.expand_as(x)``: for what is multiplied it is the gate, for all else not known."""

    tensor: Tensor


@dataclass(slots=True, eq=False)
class Module:
    """Anything with layers in it. ``label`` is what the listing calls it: an attribute, a key,
    ``name=``; ``within`` says that another module has it, ``applied`` that tensors went through."""

    call: ast.expr
    label: str | None = None
    within: bool = False
    applied: bool = False


@dataclass(slots=True, eq=False)
class Layer(Module):
    """A layer of a framework with its arguments by name."""

    framework: str = ""
    kind: str = ""
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    places: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])


@dataclass(slots=True, eq=False)
class Chain(Module):
    """``nn.Sequential``, ``nn.ModuleList``, ``nn.ModuleDict``, Keras's ``Sequential``."""

    framework: str = ""
    kind: str = ""
    items: list[tuple[str | None, Any]] = field(default_factory=list[tuple["str | None", Any]])
    input_shape: Any = None
    made_by: tuple[str, dict[str, Any]] | None = None  # a function of the listing, its arguments


@dataclass(slots=True, eq=False)
class Model(Module):
    """Keras's functional ``Model(inputs, outputs)``."""

    inputs: list[Tensor] = field(default_factory=list[Tensor])
    outputs: list[tuple[str | None, Tensor]] = field(
        default_factory=list[tuple["str | None", Tensor]]
    )


@dataclass(slots=True, eq=False)
class Class:
    """A class of the listing. ``framework`` is that of the module class it comes of, if any."""

    node: ast.ClassDef
    bases: list[Any]
    environment: Environment
    names: dict[str, Any]
    framework: str | None = None
    sequential: bool = False
    used: bool = False

    def find(self, name: str, depth: int = 0) -> Any:
        """What the class or one of its bases defines by that name; None for nothing."""
        if name in self.names:
            return self.names[name]
        for base in self.bases:
            if isinstance(base, Class) and depth < 20:
                found = base.find(name, depth + 1)
                if found is not None:
                    return found
        return None


@dataclass(slots=True, eq=False)
class Instance(Module):
    """An object of a class of the listing; ``arguments`` are those that made it."""

    cls: Class = field(kw_only=True)
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, eq=False)
class Function:
    """A function of the listing, or a lambda."""

    node: ast.FunctionDef | ast.Lambda
    environment: Environment
    called: bool = False

    @property
    def name(self) -> str:
        return self.node.name if isinstance(self.node, ast.FunctionDef) else "lambda"

    @property
    def static(self) -> bool:
        """Whether a class calls it without an object."""
        marks = [] if isinstance(self.node, ast.Lambda) else self.node.decorator_list
        return any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in marks)


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method of the listing with its object."""

    function: Function
    owner: Instance


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """``functools.partial(Conv2D, kernel_size=3)``: what is called, and what it is given first."""

    function: Any
    given: Any


@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """A method that Python or a framework has: of a list, a tensor, a module."""

    owner: Any
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Super:
    """``super()`` within a method."""

    owner: Instance
    cls: Class


@dataclass(slots=True, eq=False)
class Environment:
    """Names of a function's call, of a class's body, or of the listing."""

    parent: Environment | None = None
    names: dict[str, Any] = field(default_factory=dict[str, Any])
    owner: Instance | None = None  # of the method that runs
    cls: Class | None = None  # the class that defines that method

    def find(self, name: str) -> Any:
        """The value of a name; KeyError where there is none."""
        here: Environment | None = self
        while here is not None:
            if name in here.names:
                return here.names[name]
            here = here.parent
        raise KeyError(name)


def items_of(value: Any) -> list[Any] | None:
    """The items of a list or a tuple, None for anything else."""
    return list(cast("Sequence[Any]", value)) if isinstance(value, list | tuple) else None


def entries_of(value: Any) -> dict[Any, Any] | None:
    """A dict, None for anything else."""
    if not isinstance(value, dict):
        return None
    # `isinstance` leaves pyright with a dict of what it calls unknown, mypy with one of Any.
    found: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
    return found


def numbers_of(value: Any, least: int = 0) -> list[int] | None:
    """The items of a list or tuple of integers, None for anything else."""
    found = items_of(value)
    if found is None or not all(isinstance(v, int) and v >= least for v in found):
        return None
    return found


def modules(value: Any, depth: int = 0) -> list[Module]:
    """The modules that a value is or has: those of a list too."""
    if isinstance(value, Module):
        return [value]
    items = items_of(value) if depth < 5 else None
    return [m for item in items or () for m in modules(item, depth + 1)]
