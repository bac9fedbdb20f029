"""What each block's function does, statement by statement, and which uses of a block are one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archc.graph.network import Layer, Module
from archc.language import syntax
from archc.ops.base import Shape
from archc_backends.keras.code import Arg, Call, Value
from archc_backends.keras.names import RESERVED, unique
from archc_backends.keras.parameters import Parameter, parameters
from archc_backends.keras.units import Unit, Units
from archc_backends.shared.source import identifier


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A Keras layer made and called, or a block's function called.

    Values go by the paths of the layers that give them. ``label`` is the path that the layer is
    named after; ``parent`` the module that it stands in; ``owner`` is set where the layer's weights
    have several uses: the path of the first.
    """

    call: Call
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parent: Module
    function: Function | None = None
    owner: str = ""
    shape: Shape | None = None


@dataclass(slots=True, eq=False)
class Body:
    """The statements of one module of the tree, and the values that go in and come out."""

    module: Module
    statements: list[Statement]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Function:
    """One function for all uses of a block that do the same but for some numbers."""

    name: str
    bodies: list[Body]
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    values: list[Value] = field(default_factory=list[Value])
    """The constants of its statements, in order: what differs is a parameter."""

    @property
    def body(self) -> Body:
        return self.bodies[0]

    @property
    def definition(self) -> syntax.Block | syntax.Network | None:
        return self.body.module.definition


class Bodies:
    """Finds the functions of a network, the innermost first, and the statements of its own."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self.network = units.network
        self.functions: list[Function] = []
        self.used: dict[Module, tuple[Function, int]] = {}
        """The function that stands for a use of a block, and which of its uses it is."""
        self.readers = self._readers()
        for level in self._levels():
            self._group([self._body(module) for module in level])
        self.root = self._body(self.network.root)
        self._name()

    def chained(self) -> list[Statement] | None:
        """The statements of a network that is a chain of layers, functions apart; else None."""
        network = self.network
        if len(network.inputs) != 1 or len(network.outputs) != 1 or self.units.owners:
            return None
        given = network.inputs[0].name
        found = [s for unit in self.units.by_path.values() for s in self._of(unit)]
        for statement in found:
            if statement.inputs != (given,):
                return None
            given = statement.outputs[0]
        return found if found and self.units.source(network.outputs[0].path) == given else None

    # ------------------------------------------------------------ statements

    def _of(self, unit: Unit) -> Iterator[Statement]:
        """The statements of one unit: one of each Keras layer."""
        inputs = unit.inputs
        parent = unit.layer.parent
        for number, (piece, label) in enumerate(zip(unit.pieces, unit.names(), strict=True)):
            last = number == len(unit.pieces) - 1
            output = unit.value if last else f"{unit.value} {number}"
            owner = unit.owner if not piece.part and unit.owner in self.units.owners else ""
            shape = unit.layers[-1].shape if last else None
            yield Statement(piece.call, label, inputs, (output,), parent, None, owner, shape)
            inputs = (output,)

    def _within(self, module: Module) -> Iterator[Statement]:
        for child in module.children:
            if isinstance(child, Layer):
                unit = self.units.by_path.get(child.path)
                if unit is not None:
                    yield from self._of(unit)
            elif child in self.used:
                yield self._use(child)
            else:
                yield from self._within(child)

    def _use(self, module: Module) -> Statement:
        function, number = self.used[module]
        body = function.bodies[number]
        args = tuple(Arg(p.name, p.values[number], keyword=p.keyword) for p in function.parameters)
        parent = module.parent
        assert parent is not None
        shape = self.network.by_path[body.writes[-1]].shape
        return Statement(
            Call("", args),
            module.path,
            body.reads,
            body.writes,
            parent,
            function,
            shape=shape,
        )

    def _body(self, module: Module) -> Body:
        statements = list(self._within(module))
        made = {value for statement in statements for value in statement.outputs}
        reads = dict.fromkeys(
            value for statement in statements for value in statement.inputs if value not in made
        )
        writes = [
            value
            for statement in statements
            for value in statement.outputs
            if self._leaves(value, module)
        ]
        return Body(module, statements, tuple(reads), tuple(writes))

    # ------------------------------------------------------------ values

    def _readers(self) -> dict[str, list[Module | None]]:
        """The modules whose layers read each value; None for an output of the network."""
        found: dict[str, list[Module | None]] = {}
        for unit in self.units.by_path.values():
            for value in unit.inputs:
                found.setdefault(value, []).append(unit.layer.parent)
        for output in self.network.outputs:
            found.setdefault(self.units.source(output.path), []).append(None)
        return found

    def _leaves(self, value: str, module: Module) -> bool:
        return any(not _holds(module, reader) for reader in self.readers.get(value, []))

    # ------------------------------------------------------------ functions

    def _levels(self) -> list[list[Module]]:
        """The modules that may be functions, the innermost first."""
        heights: dict[int, list[Module]] = {}

        def visit(module: Module) -> tuple[int, bool]:
            height, own = 0, True
            for child in module.children:
                if isinstance(child, Layer):
                    unit = self.units.by_path.get(child.path)
                    own = own and not (unit is not None and unit.owner in self.units.owners)
                else:
                    below, owns = visit(child)
                    height, own = max(height, below), own and owns
            if module.kind in ("block", "network") and module.parent is not None and own:
                heights.setdefault(height, []).append(module)
                height += 1
            return height, own

        visit(self.network.root)
        return [heights[height] for height in sorted(heights)]

    def _group(self, bodies: Sequence[Body]) -> None:
        """Make functions of those bodies that do the same, where there are several."""
        found: dict[object, list[tuple[Body, list[Value]]]] = {}
        for body in bodies:
            if len(body.statements) < 2 or not body.reads or not body.writes:
                continue
            shape, values = outline(body)
            key = (id(body.module.definition), shape)
            found.setdefault(key, []).append((body, values))
        for uses in found.values():
            if len(uses) < 2:
                continue
            function = Function("", [body for body, _ in uses])
            modules = [body.module for body, _ in uses]
            function.values, function.parameters = parameters(
                modules, [values for _, values in uses], _argument_names(uses[0][0])
            )
            self.functions.append(function)
            for number, module in enumerate(modules):
                self.used[module] = function, number

    def _name(self) -> None:
        """Name functions after their blocks, and after what sets those of one block apart."""
        self.functions = _called(self.functions, self.root)
        taken = set(RESERVED)
        for function in self.functions:
            others = [
                other
                for other in self.functions
                if other is not function and other.definition is function.definition
            ]
            module = function.body.module
            definition = function.definition
            name = identifier((definition.name if definition else module.callee) or "", "block")
            if others:
                known = set[str]().union(*(_words(other.body.module) for other in others))
                own = [word for word in _words(module) if word not in known]
                name = f"{name}_{identifier(own[0])}" if own else name
            function.name = unique(name.lower() if name.isupper() else name, taken)
            taken.add(function.name)


def _called(functions: Sequence[Function], root: Body) -> list[Function]:
    """The functions that are called in the end: not those inside a use that has no function."""
    wanted: set[int] = set()
    stack = [root]
    while stack:
        for statement in stack.pop().statements:
            function = statement.function
            if function is not None and id(function) not in wanted:
                wanted.add(id(function))
                stack.append(function.body)
    return [function for function in functions if id(function) in wanted]


def _words(module: Module) -> dict[str, None]:
    """What stands in a module: the names of its layers and of what it calls."""
    found: dict[str, None] = {}
    stack: list[Module | Layer] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, Layer):
            found[node.op.name] = None
            continue
        if node.callee and node is not module:
            found[node.callee] = None
        stack.extend(reversed(node.children))
    return found


def _holds(module: Module, reader: Module | None) -> bool:
    while reader is not None and reader is not module:
        reader = reader.parent
    return reader is module


# ---------------------------------------------------------------- comparing


def outline(body: Body) -> tuple[object, list[Value]]:
    """What a body does, without its constants, and these in order."""
    numbers: dict[str, int] = {value: number for number, value in enumerate(body.reads)}
    constants: list[Value] = []
    lines: list[object] = []
    for statement in body.statements:
        inputs = tuple(numbers[value] for value in statement.inputs)
        for value in statement.outputs:
            numbers[value] = len(numbers)
        label = statement.label.removeprefix(body.module.path)
        function = id(statement.function) if statement.function else 0
        scope = _scope(statement, body.module)
        lines.append((_shape(statement.call, constants), function, label, inputs, scope))
    return (tuple(lines), tuple(numbers[value] for value in body.writes)), constants


def _shape(value: Value, constants: list[Value]) -> object:
    if isinstance(value, Call):
        args = tuple((a.name, a.keyword, _shape(a.value, constants)) for a in value.args)
        return (value.function, args)
    constants.append(value)
    return None


def _scope(statement: Statement, within: Module) -> int:
    """How deep in a module's branches a statement stands."""
    depth, module = 0, statement.parent
    while module is not within and module.parent is not None:
        depth += module.kind == "branch"
        module = module.parent
    return depth


def with_values(call: Call, values: Iterator[Value]) -> Call:
    """The call with these in place of its constants, in order."""
    args: list[Arg] = []
    for arg in call.args:
        value = arg.value
        value = with_values(value, values) if isinstance(value, Call) else next(values)
        args.append(Arg(arg.name, value, arg.default, arg.keyword))
    return Call(call.function, tuple(args))


def _argument_names(body: Body) -> list[str]:
    """The name of the argument that each constant is given for."""
    found: list[str] = []

    def visit(call: Call) -> None:
        for arg in call.args:
            if isinstance(arg.value, Call):
                visit(arg.value)
            else:
                found.append(arg.name)

    for statement in body.statements:
        visit(statement.call)
    return found
