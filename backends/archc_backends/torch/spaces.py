"""Dotted names as modules within modules: lists, dictionaries, chains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from archc_backends.shared.source import text
from archc_backends.torch.names import TAKEN_IN_DICT, attribute
from archc_backends.torch.spelling import Arg, Call, Entries, Items, Value, layer

Parts: TypeAlias = tuple[str, ...]


def parts_of(name: str) -> Parts:
    """A dotted name as the parts that submodules have."""
    return tuple(map(attribute, name.split(".")))


@dataclass(eq=False, slots=True)
class Space:
    """Names below a class or a module of torch's: ``conv`` of ``conv.1`` and ``conv.2``."""

    kids: dict[str, Space | Call] = field(default_factory=dict[str, "Space | Call"])
    chained: bool = False  # a line whose layers are called one by one
    _kind: str = ""

    @property
    def indexed(self) -> bool:
        """Whether the names are the numbers from 0 on."""
        return list(self.kids) == [str(number) for number in range(len(self.kids))]

    def calls(self) -> dict[str, Call]:
        return {name: kid for name, kid in self.kids.items() if isinstance(kid, Call)}

    @property
    def alone(self) -> bool:
        """Whether it is a line's, and holds no further names."""
        return self.chained and len(self.calls()) == len(self.kids)

    @property
    def kind(self) -> str:
        """How its modules are reached, once all are in: by attribute, number or key."""
        if not self._kind:
            if self.indexed:
                self._kind = "list"
            else:
                self._kind = "module" if self.alone else "dict"
        return self._kind


def reach(source: str, part: str, kind: str) -> str:
    """The source of a submodule."""
    if kind == "list":
        return f"{source}[{part}]"
    if kind == "dict":
        return f"{source}[{text(part)}]"
    return f"{source}.{part}" if part.isidentifier() else f"getattr({source}, {text(part)})"


def container(space: Space, fail: Callable[[str], None]) -> Value:
    """The call that makes a space: a Sequential, a ModuleList or a ModuleDict."""
    if space.alone:
        return sequential(space.calls())
    kids = {
        name: kid if isinstance(kid, Call) else container(kid, fail)
        for name, kid in space.kids.items()
    }
    if space.indexed:
        return layer("nn.ModuleList", ("modules", Items(tuple(kids.values()))))
    for name in kids:
        if name in TAKEN_IN_DICT:
            fail(f"cannot write a name that torch.nn.ModuleDict has itself: `{name}`")
    return layer("nn.ModuleDict", ("modules", Entries(tuple(kids.items()))))


def sequential(calls: Mapping[str, Value]) -> Call:
    """Modules that run one after another, at their names."""
    if list(calls) == [str(number) for number in range(len(calls))]:
        return Call("nn.Sequential", tuple(Arg(name, call) for name, call in calls.items()))
    if all(name.isidentifier() for name in calls):
        return Call("chain", tuple(Arg(name, call, keyword=True) for name, call in calls.items()))
    ordered = Call("OrderedDict", (Arg("layers", Entries(tuple(calls.items()))),))
    return Call("nn.Sequential", (Arg("layers", ordered),))
