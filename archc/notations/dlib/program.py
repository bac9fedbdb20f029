"""A nested type as the program that it is: layers from the input to the output, tags and skips.

Templates are walked from the outermost in, and the list is turned round. An alias of layers on a
subnet is one step, a block, unless it is among those to be written out in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archc.diagnostics import Span, did_you_mean, fail
from archc.language import syntax as s
from archc.notations.dlib import layers
from archc.notations.dlib.layers import Row
from archc.notations.dlib.numbers import Number
from archc.notations.dlib.tree import Alias, Argument, Class, Use

MAX_STEPS = 300_000
MAX_INTEGER = 2**40
INCEPTION = 1000  # the tags that dlib's inception layers use begin here

EVERYTHING = 2**31
"""The place of what knows every declaration."""


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
    """What the names in an alias' body stand for; ``place`` is how many declarations it knows,
    ``home`` the class template that it stands in."""

    bound: Mapping[str, Bound]
    place: int
    home: Home | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """A class template with its arguments, and the members that were named of it, by place."""

    of: Class
    given: Mapping[str, Bound]
    members: dict[int, Alias] = field(default_factory=dict[int, "Alias"])


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
    """What a text declares, and how much of it has been walked. ``values`` are those of constants
    (None while one is worked out)."""

    aliases: list[Alias]
    constants: Mapping[str, Argument]
    classes: Mapping[str, Class] = field(default_factory=dict[str, "Class"])
    inline: set[int] = field(default_factory=set[int])
    values: dict[str, Value | None] = field(default_factory=dict[str, "Value | None"])
    steps: int = 0
    _by_name: dict[str, list[Alias]] = field(default_factory=dict[str, list[Alias]])
    _homes: dict[Any, Home] = field(default_factory=dict[Any, Home])
    _home_of: dict[int, Home] = field(default_factory=dict[int, Home])

    def __post_init__(self) -> None:
        self.aliases = list(self.aliases)  # members of class templates join them
        for alias in self.aliases:
            self._by_name.setdefault(alias.name, []).append(alias)

    def scope(self, alias: Alias, bound: Mapping[str, Bound] | None = None) -> Scope:
        """The scope of an alias' body, where its parameters have the values ``bound``."""
        home = self._home_of.get(alias.order)
        if home is None:
            return Scope(bound or {}, alias.place)
        return Scope({**home.given, **(bound or {})}, alias.place, home)

    def alias(self, name: str, scope: Scope) -> Alias | None:
        """The alias of that name, the last above the place that names it."""
        member = None if scope.home is None else self.member(scope.home, name, scope)
        return member or _above(self._by_name.get(name, ()), scope)

    def home(self, of: Class, given: Mapping[str, Bound], key: object) -> Home:
        """A class template with arguments; ``key`` is the same for the same ones."""
        return self._homes.setdefault((of.place, key), Home(of, given))

    def member(self, home: Home, name: str, scope: Scope) -> Alias | None:
        """The member of that name, an alias of its own for each set of the class' arguments."""
        found = _above(home.of.members.get(name, ()), scope)
        if found is None:
            return None
        if found.place not in home.members:
            own = replace(found, order=len(self.aliases))
            home.members[found.place] = own
            self._home_of[own.order] = home
            self.aliases.append(own)
        return home.members[found.place]

    def below(self, name: str) -> Alias | None:
        return self._by_name[name][0] if name in self._by_name else None

    def count(self, span: Span) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            fail("too-large", span, f"the templates expand to more than {MAX_STEPS:,} steps")

    def of_class(self, name: str, scope: Scope) -> Class | None:
        found = self.classes.get(name)
        return found if found is not None and found.place < scope.place else None

    def similar(self, name: str, scope: Scope) -> str | None:
        return did_you_mean(name, [*self._by_name, *scope.bound, *layers.names()])


def _above(aliases: Sequence[Alias], scope: Scope) -> Alias | None:
    """The last that stands above the place that names it."""
    return next((alias for alias in reversed(aliases) if alias.place < scope.place), None)
