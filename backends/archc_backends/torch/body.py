"""What stands in one generated class: its submodules, by name, and the steps of its forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from archc.backend import unsupported
from archc.graph.network import Layer, Module
from archc_backends.shared.source import identifier
from archc_backends.torch import indices
from archc_backends.torch.plan import Plan
from archc_backends.torch.spaces import Parts, Space, container, parts_of, reach, sequential
from archc_backends.torch.spelling import Call, Items, Value, layer
from archc_backends.torch.table import joins

LONGEST_PERIOD = 8
"""Lists of layers that run in turn are looked for up to this many."""

MOST_STAGES = 12
"""Up to so many, a network's stages (conv.1, conv.2) are called one by one, with their shapes."""

LIGHT = frozenset({"activation", "normalization", "regularization"})
"""Families whose layers are called on the line of the layer before them."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call in a forward. Values are numbers: the inputs first, then the outputs in order."""

    function: str  # as source; "" for a merge
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    hints: tuple[str, ...]  # names for the outputs
    light: bool = False
    join: str = ""  # a merge's expression, with {0}, {1} for its inputs
    loop: tuple[str, ...] = ()  # lists of modules that run in turn; ``function`` is their source


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
    loop: tuple[str, ...] = ()


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
        if base == "nn.Module":
            self._loops(set(returns))
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
        parts = (*prefix, *parts_of(child.name))
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
        parts: Parts = ()
        if child.parent is not self.module and self._find(self._owner(child.path)) is None:
            # All its branches' weights are others': it has no module but this to be found at.
            parts = self._owner(child.path)
            self._space(parts[:-1]).kids[parts[-1]] = layer("nn.Identity")
        outputs = (self._value(child.path),)
        self.steps.append(_RawStep(parts, inputs, outputs, hints, join=child))

    def _module(self, child: Module, prefix: Parts) -> None:
        parts = (*prefix, *parts_of(child.name))
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
        return parts_of(path.removeprefix(base + ".") if base else path)

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
            if self.module.parent is None and not kid.indexed and len(kid.kids) <= MOST_STAGES:
                continue
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

    # ------------------------------------------------------------ loops

    def _loops(self, returned: set[int]) -> None:
        """Make one step of lists whose modules run in turn: conv.0, relu.0, conv.1, relu.1."""
        found: list[_RawStep] = []
        position = 0
        while position < len(self.steps):
            run = self._run(position, returned)
            if run:
                first, last = self.steps[position], self.steps[position + len(run) - 1]
                names = tuple(dict.fromkeys(parts[0] for parts in run))
                hints = (names[-1],)
                found.append(_RawStep((), first.inputs, last.outputs, hints, loop=names))
            else:
                found.append(self.steps[position])
            position += len(run) or 1
        self.steps = found

    def _run(self, position: int, returned: set[int]) -> list[Parts]:
        """The parts of the steps from here that are all the modules of two lists or more, in turn;
        none where there is no such run."""
        names: list[str] = []
        for step in self.steps[position : position + LONGEST_PERIOD]:
            if len(step.parts) != 2 or step.parts[1] != "0":
                break
            names.append(step.parts[0])
        spaces = [self.root.kids[name] for name in names]
        counts = {len(space.kids) for space in spaces if isinstance(space, Space)}
        if len(names) < 2 or len(counts) != 1:
            return []
        if any(not isinstance(s, Space) or s.kind != "list" for s in spaces):
            return []
        (count,) = counts
        wanted: list[Parts] = [(n, str(turn)) for turn in range(count) for n in names]
        run = self.steps[position : position + len(wanted)]
        whole = len(run) == len(self.steps)
        if [step.parts for step in run] != wanted or count < (2 if whole else 3):
            return []
        return wanted if self._flows(run, returned) else []

    # ------------------------------------------------------------ source of the steps

    def _steps(self) -> Iterator[Step]:
        for raw in self.steps:
            join = ""
            if raw.join is not None:
                write = joins.of(raw.join)
                join = write(raw.join, [f"{{{number}}}" for number in range(len(raw.inputs))])
            function = self.access(raw.parts) if raw.parts else ""
            if raw.loop:
                function = ", ".join(self.access((name,)) for name in raw.loop)
            yield Step(function, raw.inputs, raw.outputs, raw.hints, raw.light, join, raw.loop)

    def access(self, parts: Parts, source: str = "self") -> str:
        """How a submodule is reached from this one."""
        space: Space | Call = self.root
        listed = self.base in ("nn.ModuleList", "nn.Sequential") and self.root.indexed
        kind = "list" if listed else "module"
        for part in parts:
            source = reach(source, part, kind)
            if isinstance(space, Call):
                continue
            space = space.kids[part]
            if isinstance(space, Space):
                kind = space.kind
            else:
                kind = "list" if space.function == "nn.Sequential" else "module"
        return source


def rhythm(body: Body) -> tuple[str, ...]:
    """The names that repeat, where a body is nothing but them: conv, relu, conv, relu."""
    return body.steps[0].loop if len(body.steps) == 1 else ()


def times(body: Body) -> int:
    """How often they repeat."""
    lists = [value.args[0].value for _, value in body.members if isinstance(value, Call)]
    return next(len(value.items) for value in lists if isinstance(value, Items))


def _tail(path: str, below: str) -> str:
    """A value's name as seen from a module: without what both paths have in common."""
    ours, theirs = below.split("."), path.split(".")
    while len(theirs) > 1 and ours and ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    return ".".join(theirs)
