"""Which classes a generated file has: one for each block of the spec, whatever its uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from archc.graph.network import Layer, Module
from archc_backends.torch.body import Body, BodyBuilder, rhythm, times
from archc_backends.torch.indices import with_indices
from archc_backends.torch.names import TAKEN_IN_FILE, camel, unique
from archc_backends.torch.plan import Plan
from archc_backends.torch.spaces import sequential
from archc_backends.torch.spell import spell
from archc_backends.torch.spelling import Arg, Call, Items, Value, layer
from archc_backends.torch.unify import Parameter, Unifier, skeleton


@dataclass(eq=False, slots=True)
class Class:
    """A class of the generated file; ``uses`` are the modules written with it."""

    name: str
    body: Body
    parameters: tuple[Parameter, ...]
    uses: tuple[Module, ...]


@dataclass(eq=False, slots=True)
class _Group:
    """Modules of one block (or line, or branch) that are built alike."""

    uses: list[Module] = field(default_factory=list[Module])
    bodies: list[Body] = field(default_factory=list[Body])


class Classes:
    """Spells every module of the network, and collects the classes that this takes.

    Modules are spelled innermost first, all uses of a block together: what differs between them
    becomes the parameters of the class that they share.
    """

    def __init__(self, plan: Plan, taken: Iterable[str]) -> None:
        self.plan = plan
        self.found: list[Class] = []
        self.taken = {*TAKEN_IN_FILE, *taken}
        self.name = self._root_name()
        self.taken.add(self.name)
        self._spelled: dict[Module, Call] = {}
        self._blocks: dict[Hashable, str] = {}
        levels = _levels(plan)
        for level in sorted(set(levels.values())):
            self._spell([m for m in plan.modules if levels.get(m) == level])
        self._root = BodyBuilder(plan, plan.network.root, self.call)
        self.root = self._root.build()
        self.root_values = list(self._root.values)
        """The layer (or input) that makes each of the values in the network's own body."""

    def call(self, node: Module | Layer) -> Call:
        """The expression that makes a layer or a module."""
        if isinstance(node, Module):
            return self._spelled[node]
        call = spell(node)
        return with_indices(node, call) if node.path in self.plan.indexed else call

    def access(self, path: str) -> str:
        """How a layer is reached from the network's ``self``."""
        source, builder = "self", self._root
        while True:
            place = max((p for p in builder.places if _below(path, p)), key=len)
            source = builder.access(builder.places[place], source)
            if place == path:
                return source
            module = next(m for m in self.plan.modules if m.path == place)
            builder = BodyBuilder(self.plan, module, self.call)
            builder.build()

    def _root_name(self) -> str:
        network = self.plan.network
        family = network.definition.name if network.definition else ""
        name = (
            network.name if family.lower() in network.name.lower() else f"{family}_{network.name}"
        )
        return unique(camel(name), self.taken)

    def _spell(self, modules: list[Module]) -> None:
        groups: dict[Hashable, _Group] = {}
        for module in modules:
            simple = self._merge(module)
            if simple is not None:
                self._spelled[module] = simple
                continue
            if not module.children:
                self._spelled[module] = layer("nn.Identity")
                continue
            body = BodyBuilder(self.plan, module, self.call).build()
            if body.chain and module.kind not in ("block", "network"):
                calls = {n: v for n, v in body.members if isinstance(v, Call)}
                self._spelled[module] = sequential(calls)
                continue
            group = groups.setdefault(self._key(module, body), _Group())
            group.uses.append(module)
            group.bodies.append(body)
        # Where one block is built in several ways, the way with most layers has its plain name.
        for group in sorted(groups.values(), key=lambda g: -len(g.bodies[0].steps)):
            self._make(group)

    def _merge(self, module: Module) -> Call | None:
        """A merge whose branches all read one value: the layer's own class with the branches."""
        if module.kind != "merge":
            return None
        own, branches = module.children[-1], module.children[:-1]
        if not isinstance(own, Layer) or len(branches) != len(own.inputs):
            return None
        plan = self.plan
        reads = plan.reads[module]
        indexed = [branch.name for branch in branches] == [str(n) for n in range(len(branches))]
        if not indexed or len(reads) != 1 or plan.writes[module] not in ([own.path], []):
            return None
        for branch, path in zip(branches, own.inputs, strict=True):
            if isinstance(branch, Layer) or branch in plan.opened:
                return None
            gives = plan.writes[branch] if branch.children else reads
            if gives != [path] or (branch.children and plan.reads[branch] != reads):
                return None
        call = spell(own)
        calls = Items(tuple(self.call(branch) for branch in branches))
        return Call(call.function, (Arg("branches", calls), *call.args), helper=call.helper)

    def _key(self, module: Module, body: Body) -> Hashable:
        if module.kind in ("block", "network"):
            place: Hashable = ("block", self._block(module))
        elif rhythm(body):
            place = "rhythm"
        else:
            place = (module.kind, self._owner(module))
        members = tuple((name, skeleton(value)) for name, value in body.members)
        return place, body.base, members, body.steps, body.returns, len(body.inputs)

    def _block(self, module: Module) -> str:
        """A name for the block that a module uses, unique among the blocks."""
        key = (module.callee, id(module.definition))
        return self._blocks.setdefault(key, f"{module.callee}@{len(self._blocks)}")

    def _owner(self, module: Module) -> str:
        parent = module.parent
        while parent is not None and parent.kind not in ("block", "network"):
            parent = parent.parent
        if parent is None or parent.parent is None:
            return self.name
        return camel(parent.callee or "block")

    def _make(self, group: _Group) -> None:
        first = group.bodies[0]
        members: list[tuple[str, Value]] = []
        taken = {"self", *first.inputs}
        unifier = Unifier([_arguments(module, self.plan) for module in group.uses], taken)
        for position, (name, _) in enumerate(first.members):
            column = [body.members[position][1] for body in group.bodies]
            members.append((name, unifier.unify(column, name)))
        body = Body(first.base, tuple(members), first.steps, first.inputs, first.returns)
        names = list(unifier.arguments[0])
        parameters = tuple(sorted(unifier.parameters, key=lambda p: _rank(p, names)))
        name = self._class_name(group.uses[0], first)
        self.taken.add(name)
        self.found.append(Class(name, body, parameters, tuple(group.uses)))
        plain = all(_rank(parameter, names) < UNNAMED for parameter in parameters)
        for number, module in enumerate(group.uses):
            args = tuple(
                Arg(p.name, p.values[number], keyword=not plain and p.name != "in_channels")
                for p in parameters
            )
            block = self._block(module) if module.kind in ("block", "network") else ""
            self._spelled[module] = Call(name, args, block)

    def _class_name(self, module: Module, body: Body) -> str:
        repeated = rhythm(body)
        if module.kind in ("block", "network"):
            name = camel(module.callee or "block")
            if name in self.taken:
                name += _content(module)
        elif repeated:
            count = times(body)
            name = camel("_".join(repeated)) + str(count)
        else:
            name = self._owner(module) + _place(module)
        return unique(name, self.taken)


def _below(path: str, module: str) -> bool:
    return path == module or path.startswith(module + ".")


def _place(module: Module) -> str:
    """What a line, branch, group or merge is called within its block."""
    if module.kind == "line":
        return camel((module.label or "line").split("[")[0])
    if module.kind == "merge":
        return camel(module.callee or "merge")
    if module.kind == "branch" and not module.name.isdigit():
        return camel(module.name)
    return module.kind.capitalize()


def _content(module: Module) -> str:
    """What a block holds, in a few words: tells the ways apart in which it is built."""
    names = Counter(child.name.split(".")[0] for child in module.children)
    return "".join(camel(name) for name in list(names)[:3] if name)


def _arguments(module: Module, plan: Plan) -> Mapping[str, Value]:
    """Named values that a class's parameters may be called after: the channels that arrive, and
    what the block around was called with."""
    named: dict[str, Value] = {}
    reads = plan.reads[module]
    if reads:
        shape = _shape(plan, reads[0])
        if shape and isinstance(shape[-1], int):
            named["in_channels"] = shape[-1]
    block: Module | None = module
    while block is not None and block.kind not in ("block", "network"):
        block = block.parent
    if block is not None and block.parent is not None:
        for name, value in block.arguments.items():
            plainly = _plain(value)
            if plainly is not None:
                named.setdefault(name, plainly)
    return named


def _plain(value: object) -> Value:
    """An argument as a Python constant, or None where it is none; 3x3 is 3."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple) and value:
        items = cast("tuple[object, ...]", value)
        sizes = tuple(item for item in items if type(item) is int)
        if len(sizes) == len(items):
            return sizes[0] if len(set(sizes)) == 1 else sizes
    return None


def _shape(plan: Plan, path: str) -> tuple[object, ...]:
    found = plan.layers.get(path)
    if found is not None:
        return found.shape
    return next((value.shape for value in plan.network.inputs if value.name == path), ())


UNNAMED = 1_000
"""The rank of the first parameter that is not one of the block's own arguments."""


def _rank(parameter: Parameter, names: list[str]) -> int:
    """Where a parameter stands: what arrives, then the block's own arguments, then the rest."""
    if parameter.annotation == "nn.Module":
        return 2 * UNNAMED
    return names.index(parameter.name) if parameter.name in names else UNNAMED


def _levels(plan: Plan) -> dict[Module, int]:
    """How deep the modules below each lie, the same for all uses of a block, so that they can be
    spelled innermost first and together."""
    modules = [m for m in reversed(plan.modules) if m.parent is not None and m.shares is None]
    own: dict[Module, int] = {}
    shared: dict[Hashable, int] = {}
    changed = True
    while changed:
        changed = False
        for module in modules:
            below = [own[c] for c in module.children if isinstance(c, Module) and c in own]
            level = max(below, default=-1) + 1
            if module.kind in ("block", "network"):
                key = (module.callee, id(module.definition))
                level = shared[key] = max(level, shared.get(key, 0))
            if own.get(module) != level:
                own[module], changed = level, True
    return {module: level for module, level in own.items() if module not in plan.opened}
