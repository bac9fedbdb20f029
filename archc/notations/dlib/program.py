"""A nested type as the program that it is: layers from the input to the output, tags and skips.

Templates are walked from the outermost in, and the list is turned round. An alias of layers on a
subnet is one step, a block, unless it is among those to be written out in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archc.diagnostics import Span, did_you_mean, fail
from archc.language import syntax as s
from archc.notations.dlib import layers
from archc.notations.dlib.layers import Row
from archc.notations.dlib.numbers import Number
from archc.notations.dlib.tree import Alias, Argument, Use

MAX_STEPS = 300_000
MAX_INTEGER = 2**40
INCEPTION = 1000  # the tags that dlib's inception layers use begin here


@dataclass(frozen=True, slots=True)
class Value:
    """An integer: what it is (None where a template's parameter has no value), and how a block
    writes it in its own parameters (None where they do not come into it)."""

    number: int | None
    written: s.Expression | None = None

    @property
    def spelled(self) -> Number:
        if self.written is not None:
            return self.written
        assert self.number is not None
        return self.number


@dataclass(frozen=True, slots=True)
class Template:
    """A template as a value: a layer's, dlib's own, an alias; ``parameter`` is the name of the
    block's parameter that it came by. ``alias`` and ``name`` are None where that has no value."""

    name: str | None
    alias: Alias | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """A type as a value: the network below, an input, a pixel. None is what arrives at a body."""

    body: Argument | None
    scope: Scope | None


Bound = Value | Template | Typed


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """What the names in an alias' body stand for; ``order`` is how many aliases it knows."""

    bound: Mapping[str, Bound]
    order: int


ARRIVES = Typed(None, None)


@dataclass(frozen=True, slots=True)
class Layer:
    """``values`` are the integers, ``words`` the modes, ``tags`` what a merge reads."""

    use: Use
    row: Row
    name: str
    values: tuple[Value, ...] = ()
    words: tuple[str, ...] = ()
    tags: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    use: Use
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Skip:
    use: Use
    id: int


@dataclass(frozen=True, slots=True)
class Block:
    """A use of an alias, or of a template given as a parameter, as one step."""

    use: Use
    template: Template
    given: tuple[Value | Template, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    use: Use
    count: Value
    template: Template


@dataclass(frozen=True, slots=True)
class Input:
    use: Use
    scope: Scope


@dataclass(frozen=True, slots=True)
class Loss:
    use: Use
    name: str
    tags: tuple[int, ...] = ()


Step = Layer | Tag | Skip | Block | Repeat | Input | Loss


class InPlace(Exception):
    """The alias of this order cannot be a block, and is to be written out where it is used."""

    def __init__(self, order: int) -> None:
        super().__init__(order)
        self.order = order


@dataclass
class Names:
    """What a text declares, and how much of it has been walked."""

    aliases: list[Alias]
    constants: Mapping[str, Argument]
    inline: set[int] = field(default_factory=set[int])
    steps: int = 0
    _by_name: dict[str, list[Alias]] = field(default_factory=dict[str, list[Alias]])

    def __post_init__(self) -> None:
        for alias in self.aliases:
            self._by_name.setdefault(alias.name, []).append(alias)

    def alias(self, name: str, scope: Scope) -> Alias | None:
        """The alias of that name, the last above the place that names it."""
        for alias in reversed(self._by_name.get(name, ())):
            if alias.order < scope.order:
                return alias
        return None

    def below(self, name: str) -> Alias | None:
        return self._by_name[name][0] if name in self._by_name else None

    def count(self, span: Span) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            fail("too-large", span, f"the templates expand to more than {MAX_STEPS:,} steps")

    def similar(self, name: str, scope: Scope) -> str | None:
        return did_you_mean(name, [*self._by_name, *scope.bound, *layers.names()])
