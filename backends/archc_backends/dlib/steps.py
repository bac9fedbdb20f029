"""A network as dlib computes it: one layer after another, with tags on what is read again.

dlib's network is a chain: each template reads the one inside it. A value that a later layer reads
gets a tag (``tag1<...>``); that layer names the tag (``add_prev<tag1,...>``), or a ``skip`` puts
the value back in front. A tag's number is free again when its last reader has run: dlib takes
the nearest tag of a number on the way from the reader to the input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from archc.graph.network import Layer, Module, Network
from archc_backends.dlib.plan import Plan
from archc_backends.dlib.table import Join, Template

Chain = tuple[Module, ...]
"""The modules that a layer stands in, the network first."""

MOST_BRANCHES = 5
"""dlib has inception2 to inception5."""


@dataclass(eq=False)
class Step:
    """A layer in its turn.

    ``enters`` is the value that an inception's template gives its branch, where this is the
    branch's first layer; ``skips`` the value that a skip must put in front of the layer, and
    ``tagged`` the values that it reads by their tags.
    """

    layer: Layer
    spelled: Template | Join
    inputs: tuple[str, ...]
    chain: Chain
    enters: str | None = None
    inception: bool = False
    skips: str | None = None
    tagged: tuple[str, ...] = ()
    name: str = field(default="")
    """Of a join: what it is called where ``tagged`` are its arguments (``scale_prev``)."""


def chain_of(layer: Layer) -> Chain:
    modules: list[Module] = []
    module: Module | None = layer.parent
    while module is not None:
        modules.append(module)
        module = module.parent
    return tuple(reversed(modules))


class Order:
    """The steps of a network, in the order in which dlib computes them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.network: Network = plan.network
        self.inceptions = Inceptions(plan)
        self.steps: list[Step] = []
        self._walk(self.network.root, None)
        self._link()

    @cached_property
    def uses(self) -> dict[str, list[int]]:
        """By value the steps that read it by its tag; the number of steps stands for the end."""
        found: dict[str, list[int]] = {}
        for number, step in enumerate(self.steps):
            for value in (*([step.skips] if step.skips else []), *step.tagged):
                found.setdefault(value, []).append(number)
        if self.end is not None:
            found.setdefault(self.end, []).append(len(self.steps))
        return found

    def _walk(self, module: Module, enters: str | None) -> str | None:
        """Add the steps of a module; ``enters`` goes to the first of them."""
        shared = self.inceptions.found.get(module)
        children = module.children
        if shared is not None:
            children = [*reversed(module.children[:-1]), module.children[-1]]
        for number, child in enumerate(children):
            if shared is not None and isinstance(child, Module):
                # the branch that runs first reads what is in front of the whole
                self._walk(child, shared if number else enters)
                enters = None
            elif isinstance(child, Module):
                enters = self._walk(child, enters)
            elif child.path in self.plan.spelled:
                self._add(child, enters, inception=shared is not None)
                enters = None
        return enters

    def _add(self, layer: Layer, enters: str | None, inception: bool) -> None:
        inputs = tuple(map(self.plan.value, layer.inputs))
        spelled = self.plan.spelled[layer.path]
        self.steps.append(Step(layer, spelled, inputs, chain_of(layer), enters, inception))

    def _link(self) -> None:
        """Find what each step must read from afar."""
        before = self.network.inputs[0].name
        for step in self.steps:
            before = step.enters or before
            if isinstance(step.spelled, Template):
                step.skips = step.inputs[0] if step.inputs[0] != before else None
            elif not step.inception:
                link_join(step, before)
            before = step.layer.path
        self.end = self.plan.output if before != self.plan.output else None
        """The output, where it is not the last value computed."""


def link_join(step: Step, before: str) -> None:
    """What a merge reads from the layer before it, and what by tags."""
    assert isinstance(step.spelled, Join)
    step.name, inputs = step.spelled.name, step.inputs
    if step.name == "concat":
        step.tagged = inputs
        return
    base = before if before in inputs else inputs[-1]
    if step.name == "scale":
        gate = min((0, 1), key=lambda at: len(step.layer.input_shapes[at]))
        if len(step.layer.input_shapes[0]) == len(step.layer.input_shapes[1]):
            gate = min((0, 1), key=lambda at: step.layer.input_shapes[at][0] != 1)
        step.name = "scale" if base == inputs[gate] else "scale_prev"
    step.skips = base if base != before else None
    rest = list(inputs)
    rest.remove(base)
    step.tagged = tuple(rest)


class Inceptions:
    """The concats that ``inceptionN`` writes, with the value that all their branches read.

    Of two to five branches, each with layers of its own that read that value at their start and
    nothing else from outside; none inside another, because they share their tags. Branches whose
    numbers differ from use to use of a block are left out: dlib takes them as templates of a
    network alone, so each use would need four more aliases.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.found: dict[Module, str] = {}
        self.readers: dict[str, list[str]] = {}
        for layer in plan.network.layers:
            for path in layer.inputs:
                self.readers.setdefault(plan.value(path), []).append(layer.path)
        candidates: dict[tuple[object, ...], list[tuple[Module, str]]] = {}
        for module in plan.network.modules.values():
            shared = self._shared(module)
            if shared is not None:
                candidates.setdefault(self._place(module), []).append((module, shared))
        for uses in candidates.values():
            if len({self._text(module) for module, _ in uses}) == 1:
                self.found.update(uses)
        for module in list(self.found):
            if self._holds_another(module):
                del self.found[module]

    def _place(self, module: Module) -> tuple[object, ...]:
        span = module.span
        return (span.source.name, span.start, span.end) if span else (module.path,)

    def _text(self, module: Module) -> tuple[object, ...]:
        return tuple(
            tuple((s.name, getattr(s, "args", ())) for s in self._spelled(branch))
            for branch in module.children[:-1]
            if isinstance(branch, Module)
        )

    def _spelled(self, branch: Module) -> list[Template | Join]:
        plan = self.plan
        return [plan.spelled[n.path] for n in branch.layers() if n.path in plan.spelled]

    def _holds_another(self, module: Module) -> bool:
        """Whether a concat that may be an inception stands inside."""
        stack = list(module.children)
        while stack:
            node = stack.pop()
            if isinstance(node, Module):
                if node in self.found:
                    return True
                stack.extend(node.children)
        return False

    def _shared(self, module: Module) -> str | None:
        """The value that all branches of a concat read, if it is of the form."""
        if module.kind != "merge" or not 3 <= len(module.children) <= MOST_BRANCHES + 1:
            return None
        last = module.children[-1]
        branches = [child for child in module.children[:-1] if isinstance(child, Module)]
        if not isinstance(last, Layer) or len(branches) != len(module.children) - 1:
            return None
        if self.plan.spelled.get(last.path) != Join("concat"):
            return None
        reads = {self._read(branch) for branch in branches}
        ends = tuple(self._end(branch) for branch in branches)
        if len(reads) != 1 or ends != tuple(map(self.plan.value, last.inputs)):
            return None
        return reads.pop() if not self._leaks(branches, last) else None

    def _read(self, branch: Module) -> str | None:
        """The one value that a branch reads from outside, at its first layer alone; else None."""
        layers = [n for n in branch.layers() if n.path in self.plan.spelled]
        inside = {n.path for n in layers}
        if not layers or isinstance(self.plan.spelled[layers[0].path], Join):
            return None
        first = self.plan.value(layers[0].inputs[0])
        for layer in layers[1:]:
            if not inside.issuperset(map(self.plan.value, layer.inputs)):
                return None
        return first

    def _end(self, branch: Module) -> str | None:
        layers = [n for n in branch.layers() if n.path in self.plan.spelled]
        return layers[-1].path if layers else None

    def _leaks(self, branches: list[Module], concat: Layer) -> bool:
        """Whether something outside reads a value of a branch."""
        inside = {layer.path for branch in branches for layer in branch.layers()}
        known = {*inside, concat.path}
        if self.plan.output in inside:
            return True
        return any(not known.issuperset(self.readers.get(path, ())) for path in inside)
