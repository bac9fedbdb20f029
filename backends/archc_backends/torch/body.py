"""What stands in one generated class: its submodules, by name, and the steps of its forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from archc.backend import unsupported
from archc.graph.network import Layer, Module
from archc_backends.torch import indices
from archc_backends.torch.names import TAKEN_IN_DICT, attribute, identifier
from archc_backends.torch.plan import Plan
from archc_backends.torch.spelling import Arg, Call, Entries, Items, Value, layer, text
from archc_backends.torch.table import joins

Parts: TypeAlias = tuple[str, ...]

LIGHT = frozenset({"activation", "normalization", "regularization"})
"""Families whose layers are called on the line of the layer before them."""


@dataclass(eq=False, slots=True)
class Space:
    """Names below a class or a module of torch's: ``conv`` of ``conv.1`` and ``conv.2``."""

    kids: dict[str, Space | Call] = field(default_factory=dict[str, "Space | Call"])
    chained: bool = False  # a line whose layers are called one by one

    @property
    def indexed(self) -> bool:
        return list(self.kids) == [str(number) for number in range(len(self.kids))]

    def calls(self) -> dict[str, Call]:
        return {name: kid for name, kid in self.kids.items() if isinstance(kid, Call)}


@dataclass(frozen=True, slots=True)
class Step:
    """A call in a forward. Values are numbers: the inputs first, then the outputs in order."""

    function: str  # as source; "" for a merge
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    hints: tuple[str, ...]  # names for the outputs
    light: bool = False
    join: str = ""  # a merge's expression, with {0}, {1} for its inputs


@dataclass(frozen=True, slots=True)
class Body:
    """A class's content; ``base`` is the class that it extends."""

    base: str
    members: tuple[tuple[str, Value], ...]
    steps: tuple[Step, ...]
    inputs: tuple[str, ...]  # names for the arguments of forward
    returns: tuple[int, ...]

    @property
    def chain(self) -> bool:
        """Whether each member is called once, in order, on what the one before it gave."""
        return self.base == "nn.Sequential"


@dataclass(eq=False, slots=True)
class _RawStep:
    parts: Parts  # of the module called, from the class's own name on
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    hints: tuple[str, ...]
    light: bool = False
    join: Layer | None = None


class BodyBuilder:
    """Makes the body of one module of the tree; ``spelled`` gives the calls of what it holds."""

    def __init__(
        self, plan: Plan, module: Module, spelled: Callable[[Module | Layer], Call]
    ) -> None:
        self.plan = plan
        self.module = module
        self.spelled = spelled
        self.root = Space()
        self.steps: list[_RawStep] = []
        self.values: dict[str, int] = {}
        self.places: dict[str, Parts] = {}
        """Where the modules registered here are, by their paths."""
        self.base = ""

    def build(self) -> Body:
        reads = self.plan.reads[self.module]
        for path in reads:
            self._value(path)
        inputs = self._input_names(reads)
        self._visit(self.module, ())
        returns = tuple(self._number(path) for path in self.plan.writes[self.module])
        self._fold(self.root, (), set(returns))
        self.base = base = self._base(returns)
        members = tuple(
            (name, kid if isinstance(kid, Call) else container(kid, self._unsupported))
            for name, kid in self.root.kids.items()
        )
        return Body(base, members, tuple(self._steps()), inputs, returns)

    def _input_names(self, reads: Sequence[str]) -> tuple[str, ...]:
        if self.module.parent is None:
            return tuple(identifier(path, "image") for path in reads)
        return ("x", *(identifier(_tail(path, self.module.path)) for path in reads[1:]))

    # ------------------------------------------------------------ what is called, in order

    def _value(self, path: str) -> int:
        self.values[path] = len(self.values)
        return self.values[path]

    def _number(self, path: str) -> int:
        return self.values[self.plan.value(path)]

    def _visit(self, module: Module, prefix: Parts) -> None:
        for child in module.children:
            if isinstance(child, Layer):
                self._layer(child, prefix)
            else:
                self._module(child, prefix)

    def _layer(self, child: Layer, prefix: Parts) -> None:
        if not child.name:
            if child.parent is not self.module or self.module.kind == "merge":
                self._join(child)
            return
        parts = (*prefix, *_split(child.name))
        light = child.op.family in LIGHT
        if child.shares is not None:
            parts = self._owner(child.shares)
        else:
            self._register(parts, child)
        if child.path not in self.plan.closing:
            inputs = tuple(self._number(path) for path in indices.read(child))
            gives = ("", indices.SUFFIX) if child.path in self.plan.indexed else ("",)
            outputs = tuple(self._value(child.path + tail) for tail in gives)
            hints = tuple(child.name + tail for tail in gives)
            self.steps.append(_RawStep(parts, inputs, outputs, hints, light))

    def _join(self, child: Layer) -> None:
        inputs = tuple(self._number(path) for path in child.inputs)
        hints = (child.parent.name,)
        self.steps.append(_RawStep((), inputs, (self._value(child.path),), hints, join=child))

    def _module(self, child: Module, prefix: Parts) -> None:
        parts = (*prefix, *_split(child.name))
        if child in self.plan.opened:
            self._visit(child, parts)
            space = self._find(parts)
            if space is not None:
                space.chained = child.kind == "line"
            return
        plan = self.plan
        reads, writes = plan.reads[child], plan.writes[child]
        if child.shares is not None:
            parts = self._owner(child.shares)
        elif child.kind == "branch" or reads:
            self._register(parts, child)
        if writes and reads:
            inputs = tuple(self._number(path) for path in reads)
            outputs = tuple(self._value(path) for path in writes)
            hint = f"{child.kind}_{child.name}" if child.name.isdigit() else child.name
            tails = [path.removeprefix(child.path) for path in writes]
            hints = [hint + tail for tail in tails] if len(writes) > 1 else [hint]
            self.steps.append(_RawStep(parts, inputs, outputs, tuple(hints)))

    def _owner(self, path: str) -> Parts:
        base = self.module.path
        return _split(path.removeprefix(base + ".") if base else path)

    # ------------------------------------------------------------ names

    def _space(self, parts: Parts) -> Space:
        space = self.root
        for part in parts:
            kid = space.kids.setdefault(part, Space())
            if not isinstance(kid, Space):
                name = ".".join(parts)
                self._unsupported(f"cannot put a layer below the layer `{name}`: both have a name")
            space = kid
        return space

    def _find(self, parts: Parts) -> Space | None:
        """The space of an opened module; None where all its layers are others' weights."""
        space: Space | Call | None = self.root
        for part in parts:
            space = space.kids.get(part) if isinstance(space, Space) else None
        return space if isinstance(space, Space) else None

    def _register(self, parts: Parts, node: Module | Layer) -> None:
        space = self._space(parts[:-1])
        if parts[-1] in space.kids:
            self._unsupported(f"would give two modules the name `{'.'.join(parts)}`")
        space.kids[parts[-1]] = self.spelled(node)
        self.places[node.path] = parts

    def _unsupported(self, reason: str) -> NoReturn:
        unsupported("torch", next(self.module.layers()), reason)

    # ------------------------------------------------------------ chains

    def _fold(self, space: Space, prefix: Parts, returned: set[int]) -> None:
        """Make a Sequential of each name whose modules run one after another."""
        for name, kid in space.kids.items():
            if isinstance(kid, Call):
                continue
            parts = (*prefix, name)
            self._fold(kid, parts, returned)
            place = self._chain(kid, parts, returned)
            if place is not None:
                first, last = self.steps[place], self.steps[place + len(kid.kids) - 1]
                self.steps[place : place + len(kid.kids)] = [
                    _RawStep(parts, first.inputs, last.outputs, (name,))
                ]
                space.kids[name] = sequential(kid.calls())

    def _chain(self, space: Space, prefix: Parts, returned: set[int]) -> int | None:
        """Where the steps of a space begin, if they are a chain and all that its modules do."""
        wanted = [(*prefix, name) for name in space.kids]
        if len(wanted) < 2 or len(space.calls()) != len(wanted):
            return None
        called = [step.parts for step in self.steps]
        if wanted[0] not in called:
            return None
        place = called.index(wanted[0])
        if called[place : place + len(wanted)] != wanted:
            return None
        if sum(parts[: len(prefix)] == prefix for parts in called) != len(wanted):
            return None
        run = self.steps[place : place + len(wanted)]
        return place if self._flows(run, returned) else None

    def _flows(self, run: Sequence[_RawStep], returned: set[int]) -> bool:
        """Whether each step reads just what the one before it gave, and nothing else does."""
        if any(len(step.inputs) != 1 or len(step.outputs) != 1 or step.join for step in run):
            return False
        inner = [step.outputs[0] for step in run[:-1]]
        if [step.inputs[0] for step in run[1:]] != inner or returned & set(inner):
            return False
        wanted = set(inner)
        reads = [value for step in self.steps for value in step.inputs if value in wanted]
        return len(reads) == len(inner)

    def _base(self, returns: tuple[int, ...]) -> str:
        kids, module = self.root.kids, self.module
        if module.kind == "merge":
            return "nn.ModuleList" if self.root.indexed else "nn.Module"
        runs = [step.parts for step in self.steps] == [(name,) for name in kids]
        if (
            runs
            and kids
            and module.parent is not None
            and len(self.root.calls()) == len(kids)
            and len(self.plan.reads[module]) == 1
            and self.steps[0].inputs == (0,)
            and returns == self.steps[-1].outputs
            and self._flows(self.steps, set())
        ):
            return "nn.Sequential"
        return "nn.ModuleList" if self.root.indexed and kids else "nn.Module"

    # ------------------------------------------------------------ source of the steps

    def _steps(self) -> Iterator[Step]:
        for raw in self.steps:
            join = ""
            if raw.join is not None:
                write = joins.of(raw.join)
                join = write(raw.join, [f"{{{number}}}" for number in range(len(raw.inputs))])
            function = self.access(raw.parts) if raw.parts else ""
            yield Step(function, raw.inputs, raw.outputs, raw.hints, raw.light, join)

    def access(self, parts: Parts, source: str = "self") -> str:
        """How a submodule is reached from this one."""
        space: Space | Call = self.root
        listed = self.base in ("nn.ModuleList", "nn.Sequential") and self.root.indexed
        kind = "list" if listed else "module"
        for part in parts:
            source = _reach(source, part, kind)
            if isinstance(space, Call):
                continue
            space = space.kids[part]
            if isinstance(space, Space):
                kind = container_kind(space)
            else:
                kind = "list" if space.function == "nn.Sequential" else "module"
        return source


def _reach(source: str, part: str, kind: str) -> str:
    if kind == "list":
        return f"{source}[{part}]"
    if kind == "dict":
        return f"{source}[{text(part)}]"
    return f"{source}.{part}" if part.isidentifier() else f"getattr({source}, {text(part)})"


def container_kind(space: Space) -> str:
    """How the modules of a space are reached: by attribute, number or key."""
    if space.chained and len(space.calls()) == len(space.kids):
        return "list" if space.indexed else "module"
    return "list" if space.indexed else "dict"


def container(space: Space, fail: Callable[[str], None]) -> Value:
    """The call that makes a space: a Sequential, a ModuleList or a ModuleDict."""
    if space.chained and len(space.calls()) == len(space.kids):
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


def sequential(calls: dict[str, Call]) -> Call:
    """Modules that run one after another, at their names."""
    if list(calls) == [str(number) for number in range(len(calls))]:
        return Call("nn.Sequential", tuple(Arg(name, call) for name, call in calls.items()))
    if all(name.isidentifier() for name in calls):
        return Call("chain", tuple(Arg(name, call, keyword=True) for name, call in calls.items()))
    ordered = Call("OrderedDict", (Arg("layers", Entries(tuple(calls.items()))),))
    return Call("nn.Sequential", (Arg("layers", ordered),))


def rhythm(body: Body) -> list[str]:
    """The names that repeat, where a body is nothing but them: conv, relu, conv, relu."""
    names = [name for name, value in body.members if isinstance(value, Call)]
    counts = [
        len(value.args[0].value.items)
        for _, value in body.members
        if isinstance(value, Call)
        and value.function == "nn.ModuleList"
        and isinstance(value.args[0].value, Items)
    ]
    if len(names) < 2 or len(counts) != len(names) or len(set(counts)) != 1:
        return []
    wanted = [f"self.{name}[{number}]" for number in range(counts[0]) for name in names]
    if [step.function for step in body.steps] != wanted or len(body.inputs) != 1:
        return []
    values = [value for step in body.steps for value in (*step.inputs, *step.outputs)]
    flows = values == [n for value in range(len(wanted)) for n in (value, value + 1)]
    return names if flows and body.returns == (len(wanted),) else []


def _split(name: str) -> Parts:
    return tuple(map(attribute, name.split(".")))


def _tail(path: str, below: str) -> str:
    """A value's name as seen from a module: without what both paths have in common."""
    ours, theirs = below.split("."), path.split(".")
    while len(theirs) > 1 and ours and ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    return ".".join(theirs)
