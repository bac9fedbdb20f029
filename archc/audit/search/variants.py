"""Other networks of the same spec: declared variants, and parameters set otherwise.

A parameter without a default says which member of a family a network is; one with a default says
how it is built. So the variants of a network are the declared ones that differ from it in
parameters with defaults alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from archc.audit.printed import Unreadable, read_sizes
from archc.audit.search.items import Group, Item
from archc.audit.search.prices import CITED, MOST_BINDINGS
from archc.audit.search.readings import shown
from archc.audit.search.ways import Change, Draft, Prediction, Ways
from archc.audit.subject import Measured
from archc.audit.verdicts import Verdict
from archc.diagnostics import SpecError
from archc.graph.compile import compile_network
from archc.graph.evaluate import Evaluator
from archc.graph.expand import bound_values
from archc.graph.network import Network
from archc.graph.values import BlockValue, NetworkValue, Scope
from archc.ops.base import Size

RANGES: Mapping[str, tuple[int, ...]] = {
    # MNIST; LeNet-5 and CIFAR-10; AlexNet, VGG, ResNet; AlexNet's 55x55 maps; torchvision's crops
    # before 224; Inception v3
    "size": (28, 32, 224, 227, 256, 299),
    # a digit or a CIFAR-10 class; CIFAR-100; ImageNet, and with a background class (TensorFlow)
    "classes": (10, 100, 1000, 1001),
    # grey and colour images
    "channels": (1, 3),
    # one or two devices (Krizhevsky et al. 2012)
    "groups": (1, 2),
}
"""Values of parameters by their names, as published networks have them."""

Binding = tuple[tuple[str, Any], ...]
"""Parameters set otherwise; a block stands as itself."""


class Family:
    """The networks that are compiled for a group's claims. ``full`` says that a limit was hit."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.full = False
        self._compiled: dict[tuple[Measured, Binding], Measured | None] = {}
        self._counts: dict[Measured, int] = {}
        self._parameters: dict[int, dict[str, Any]] = {}

    def measured(self, of: Measured, binding: Binding) -> Measured | None:
        """A network with parameters set otherwise; None where it cannot be built."""
        key = of, binding
        if key not in self._compiled:
            if self._counts.get(of, 0) >= MOST_BINDINGS:
                self.full = True
                return None
            self._counts[of] = self._counts.get(of, 0) + 1
            self._compiled[key] = compiled(of.network, binding)
        return self._compiled[key]

    def parameters(self, value: NetworkValue) -> dict[str, Any]:
        """A network's parameters, blocks as themselves; without those that have no value."""
        found = self._parameters.get(id(value))
        if found is None:
            found = self._parameters[id(value)] = _parameters(value)
        return found

    def declared(self, network: Network) -> Iterator[tuple[NetworkValue, Binding]]:
        """The variants of a network that its spec declares, with what differs."""
        origin = network.origin
        if origin is None:
            return
        own = {**self.parameters(origin.value), **origin.settings}
        defaults = {p.name for p in origin.value.definition.parameters if p.default is not None}
        for value in siblings(origin.value):
            other = self.parameters(value)
            if other.keys() != own.keys():
                continue
            differs = tuple((n, other[n]) for n in own if not _same(own[n], other[n]))
            if differs and all(name in defaults for name, _ in differs):
                yield value, differs


def siblings(value: NetworkValue) -> list[NetworkValue]:
    """The networks that the spec of a family declares by name, aliases left out."""
    found = [
        other
        for other in value.scope.names.values()
        if isinstance(other, NetworkValue) and other.definition is value.definition
    ]
    return list({other.name: other for other in found}.values())


def _parameters(value: NetworkValue) -> dict[str, Any]:
    found = dict(bound_values(value))
    scope = Scope(value.scope)
    for parameter in value.definition.parameters:
        try:
            if parameter.name not in found and parameter.default is not None:
                found[parameter.name] = Evaluator(scope, None).evaluate(parameter.default)
        except SpecError:
            continue
        if parameter.name in found:
            scope.define(parameter.name, found[parameter.name], parameter.span)
    return found


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


_networks: WeakKeyDictionary[Network, dict[str, Measured | None]] = WeakKeyDictionary()


def compiled(network: Network, binding: Binding) -> Measured | None:
    """A network with parameters set otherwise, once a process; None where it cannot be built."""
    known = _networks.setdefault(network, {})
    name = words(binding)
    if name not in known:
        known[name] = _compile(network, binding)
    return known[name]


def _compile(network: Network, binding: Binding) -> Measured | None:
    origin = network.origin
    if origin is None:
        return None
    try:
        return Measured(compile_network(origin.value, {**origin.settings, **dict(binding)}))
    except SpecError:
        return None


# ---------------------------------------------------------------- changes


@dataclass(frozen=True, eq=False)
class Bound(Change):
    """A parameter of the network set otherwise."""

    kind: ClassVar[str] = "parameter"
    verdict: ClassVar[Verdict] = "variant"
    structural: ClassVar[bool] = True

    binding: Binding
    family: Family

    def alter(self, draft: Draft, ways: Ways) -> bool:
        other = self.family.measured(draft.measured, self.binding)
        if other is None:
            return False
        draft.measured = other
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        return f"with {words(self.binding)}: {shown(item, after)}"


@dataclass(frozen=True, eq=False)
class Cited(Change):
    """A variant that the spec declares with a source: of each network the one that differs so."""

    kind: ClassVar[str] = CITED
    verdict: ClassVar[Verdict] = "variant"
    structural: ClassVar[bool] = True

    binding: Binding
    names: tuple[tuple[str, str], ...]  # a network's name, its variant's
    family: Family

    def alter(self, draft: Draft, ways: Ways) -> bool:
        if draft.measured.network.name not in dict(self.names):
            return False
        other = self.family.measured(draft.measured, self.binding)
        if other is None:
            return False
        draft.measured = other
        return True

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        name = dict(self.names)[item.measured.network.name]
        return f"for {name} ({words(self.binding)}): {shown(item, after)}"


def words(binding: Binding) -> str:
    """``size = 224, groups = 1``."""
    return ", ".join(f"{name} = {_word(value)}" for name, value in binding)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple) and not isinstance(value, Size):
        return "[" + ", ".join(map(_word, value)) + "]"  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
    return value.name if isinstance(value, BlockValue) else str(value)


def cited(family: Family) -> Iterator[Cited]:
    """The declared variants of a group's networks, one for each thing that differs."""
    found: dict[str, tuple[Binding, dict[str, str]]] = {}
    for measured in family.group.networks:
        for value, binding in family.declared(measured.network):
            if value.source or not value.bound:  # a row with its source, or the network itself
                _, names = found.setdefault(words(binding), (binding, {}))
                names.setdefault(measured.network.name, value.name)
    for binding, names in found.values():
        yield Cited(binding, tuple(names.items()), family)


def bindings(family: Family) -> Iterator[Bound]:
    """Single parameters set otherwise: to the spec's values, the document's, or of RANGES."""
    seen: set[str] = set()
    for measured in family.group.networks:
        origin = measured.network.origin
        if origin is None:
            continue
        own = {**family.parameters(origin.value), **origin.settings}
        for parameter in origin.value.definition.parameters:
            name = parameter.name
            if name not in own or (parameter.default is None and not isinstance(own[name], int)):
                continue
            for value in values(family, origin.value, name, own[name]):
                binding = ((name, value),)
                if words(binding) not in seen:
                    seen.add(words(binding))
                    yield Bound(binding, family)


def values(family: Family, network: NetworkValue, name: str, own: Any) -> Iterator[Any]:
    """What a parameter may be instead of ``own``, each once."""
    if isinstance(own, bool):
        yield not own
        return
    found: list[Any] = []
    for other in network.scope.names.values():
        if isinstance(other, NetworkValue):
            found.append(family.parameters(other).get(name))
        elif isinstance(own, BlockValue) and isinstance(other, BlockValue):
            found.append(other if _signature(other) == _signature(own) else None)
    if isinstance(own, int):
        found.extend(RANGES.get(name, ()))
        if name == "size":
            found.extend(sides(family.group))
    kept: list[Any] = []
    for value in found:
        if type(value) is type(own) and not any(_same(value, v) for v in (own, *kept)):
            kept.append(value)
            yield value


def _signature(block: BlockValue) -> list[str]:
    return [p.name for p in block.definition.parameters]


def sides(group: Group) -> list[int]:
    """The sides of maps that the document prints for these networks."""
    found: dict[int, None] = {}
    for item in group.items:
        if item.claim.quantity in ("shape", "input", "input_shape"):
            try:
                sizes = read_sizes(item.claim.text)
            except Unreadable:
                continue
            found.update(dict.fromkeys(s for s in sizes[:2] if isinstance(s, int) and s > 1))
    return list(found)
