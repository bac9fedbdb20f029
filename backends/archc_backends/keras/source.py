"""The generated file: header, what it brings along, a function a block, and the model."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from archc._version import __version__
from archc.dims import to_text
from archc.graph.network import Network
from archc.ops.base import Shape
from archc.ops.recurrent import Embed
from archc_backends.keras.bodies import Bodies, Body, Function, Statement, with_values
from archc_backends.keras.brought import brought
from archc_backends.keras.code import WIDTH, Arg, Call, Name, layer, render
from archc_backends.keras.lines import Line, parts, written
from archc_backends.keras.names import RESERVED, unique
from archc_backends.keras.units import Units
from archc_backends.keras.variables import input_name, variables
from archc_backends.shared.source import comment, display, file_name, identifier, text

DEEP = 800
"""So many layers one after another leave room in Python's own limit of 1,000 calls."""


def write(network: Network) -> str:
    """The network as the source of a Python file that needs Keras alone.

    Raises SpecError (``unsupported``) for what Keras cannot do.
    """
    units = Units(network)
    bodies = Bodies(units)
    chain = bodies.chained()
    file = _File(units, bodies)
    if chain is not None:
        made = [file.sequential(chain)]
    else:
        made = [*map(file.function, bodies.functions), file.model()]
    given = {
        piece.call.helper.strip(): None
        for unit in units.by_path.values()
        for piece in unit.pieces
        if piece.call.helper
    }
    custom = [*brought("\n".join(made)), *given]
    source = f"{header(network)}\n\n"
    depth = units.depth()
    if depth > DEEP:
        source += "import sys\n\n"
    source += imports([*custom, *made])
    if depth > DEEP:
        source += (
            "\n\n# Keras goes through a model by recursion, a call a layer.\n"
            f"sys.setrecursionlimit(max(sys.getrecursionlimit(), {depth + 1000}))"
        )
    for part in [*custom, *made]:
        # two lines around functions and classes, as everywhere in Python
        apart = "\n\n\n" if len(custom) + len(made) > 1 else "\n\n"
        source += f"{apart}{part}"
    return source + "\n"


def header(network: Network) -> str:
    params = network.params
    count = f"{params:,}" if isinstance(params, int) else comment(to_text(params))
    where = f" from {comment(file_name(network.root.span))}" if network.root.span else ""
    return "\n".join(
        [
            f'"""{display(network)}: {count} parameters.',
            "",
            f"Written by archc {__version__}{where}. It needs Keras 3 and nothing else.",
            '"""',
        ]
    )


def imports(code: Sequence[str]) -> str:
    """The import statements that the code needs."""
    used = {
        node.id for part in code for node in ast.walk(ast.parse(part)) if isinstance(node, ast.Name)
    }
    names = [name for name in ("layers", "ops") if name in used]
    lines = ["import keras"]
    if names:
        lines.append(f"from keras import {', '.join(names)}")
    return "\n".join(lines)


class _File:
    def __init__(self, units: Units, bodies: Bodies) -> None:
        self.units = units
        self.bodies = bodies
        self.network = units.network
        self.taken = {*RESERVED, *(function.name for function in bodies.functions)}

    # ------------------------------------------------------------ a chain

    def sequential(self, chain: Sequence[Statement]) -> str:
        items = [self._input(0), *(self._named(statement) for statement in chain)]
        lines = ["model = keras.Sequential("]
        lines.append("    [")
        lines += [f"        {render(item, 8, 1)}," for item in items]
        lines += ["    ],", f"    name={text(self._model_name())},", ")"]
        return "\n".join(lines)

    def _named(self, statement: Statement) -> Call:
        name = self.units.name(statement.label)
        return statement.call.given(Arg("name", name, keyword=True))

    def _model_name(self) -> str:
        return identifier(self.network.name, "network")

    def _input(self, number: int) -> Call:
        """Keras' input: None for a symbol, integers for words."""
        value = self.network.inputs[number]
        shape = tuple(one if isinstance(one, int) else None for one in value.shape)
        words = any(
            isinstance(node.op, Embed) and value.name in map(self.units.source, node.inputs)
            for node in self.network.layers
        )
        return layer(
            "keras.Input",
            shape=(shape, ()),
            dtype=("int32" if words else None, None),
            name=(self.units.name(value.name), ""),
        )

    # ------------------------------------------------------------ functions

    def function(self, function: Function) -> str:
        body = function.body
        taken = self.taken | {parameter.name for parameter in function.parameters}
        first = input_name(body, taken)
        inputs = {body.reads[0]: first}
        for path in body.reads[1:]:
            name = identifier(path.rsplit(".", 1)[-1])
            inputs[path] = unique(name, {*taken, "x", *inputs.values()})
        names = variables(body, inputs, taken)
        values = iter(function.values)
        lines = [self._line(s, names, body, with_values(s.call, values)) for s in body.statements]
        returned = ", ".join(names[value] for value in body.writes)
        signature = [*inputs.values(), *(p.name for p in function.parameters), "name"]
        head = f"def {function.name}({', '.join(signature)}):"
        return "\n".join([head, f'    """{self._origin(body)}"""', *written(lines, 4, returned)])

    def _origin(self, body: Body) -> str:
        """Where in the spec a function comes from, as its docstring."""
        module = body.module
        definition = module.definition
        name = comment((definition.name if definition else module.callee) or "")
        span = definition.span if definition else module.span
        where = f" ({comment(file_name(span))}, line {span.line})" if span is not None else ""
        return f"The {module.kind} `{name}`{where}."

    def _line(
        self, statement: Statement, names: dict[str, str], body: Body, call: Call, note: str = ""
    ) -> Line:
        """A statement with the variables of its values."""
        function = statement.function
        inside = body.module.parent is not None
        given = [names[value] for value in statement.inputs]
        inputs = ", ".join(given)
        if function is not None:
            call = Call(function.name, call.args)
        elif len(given) > 1:
            inputs = f"[{inputs}]"
        label = self.units.name(statement.label)
        if inside:
            label = label.removeprefix(self.units.name(body.module.path))
        target = ", ".join(names[value] for value in statement.outputs)
        return Line(target, call, inputs, parts(label), inside, function is None, note)

    # ------------------------------------------------------------ the model

    def model(self) -> str:
        body = self.bodies.root
        network = self.network
        taken = set(self.taken)
        inputs: dict[str, str] = {}
        for value in network.inputs:
            inputs[value.name] = unique(identifier(value.name, "inputs"), {*taken, "x"})
            taken.add(inputs[value.name])
        objects = self._objects(taken)
        names = variables(body, inputs, taken, self._output_names())
        lines = [
            f"{name} = {render(self._input(number), 0, len(name) + 3)}"
            for number, name in enumerate(inputs.values())
        ]
        lines.append("")
        lines += self._statements(body, names, objects)
        lines += ["", self._call(list(inputs.values()), names)]
        return "\n".join(lines)

    def _output_names(self) -> dict[str, str]:
        """Variables for the values that are outputs, where there are several: their labels."""
        outputs = self.network.outputs
        if len(outputs) < 2:
            return {}
        return {self.units.source(o.path): identifier(o.name, "output") for o in outputs}

    def _objects(self, taken: set[str]) -> dict[str, str]:
        """Variables for the layers that are called several times, by the paths of their owners."""
        found: dict[str, str] = {}
        for unit in self.units.by_path.values():
            if unit.owner in self.units.owners and not unit.shared:
                found[unit.owner] = unique(identifier(unit.path), {*taken, "x"})
                taken.add(found[unit.owner])
        return found

    def _statements(
        self, body: Body, names: dict[str, str], objects: dict[str, str]
    ) -> Iterator[str]:
        made: set[str] = set()
        run: list[Line] = []
        for statement in body.statements:
            note = f"{_shape_text(statement.shape)}" if statement.shape else ""
            owner = statement.owner
            if not owner:
                run.append(self._line(statement, names, body, statement.call, note))
                continue
            yield from written(run, 0)
            run = []
            name = objects[owner]
            if owner not in made:
                made.add(owner)
                path = self.units.by_path[owner].path
                given = Arg("name", self.units.name(path), keyword=True)
                yield f"{name} = {render(statement.call.given(given), 0, len(name) + 3)}"
            target = names[statement.outputs[0]]
            line = f"{target} = {name}({', '.join(names[v] for v in statement.inputs)})"
            noted = f"{line}  # {note}"
            yield noted if note and len(noted) <= WIDTH else line
        yield from written(run, 0)

    def _call(self, inputs: Sequence[str], names: dict[str, str]) -> str:
        """The model of the inputs and outputs; several outputs go by their labels."""
        given = [(o.name, names[self.units.source(o.path)]) for o in self.network.outputs]
        if len(given) == 1:
            outputs = given[0][1]
        else:
            outputs = _dictionary([f"{text(name)}: {value}" for name, value in given])
        source = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
        call = Call(
            "keras.Model",
            (
                Arg("inputs", Name(source)),
                Arg("outputs", Name(outputs)),
                Arg("name", self._model_name(), keyword=True),
            ),
        )
        return f"model = {render(call, 0, 8)}"


def _dictionary(items: Sequence[str]) -> str:
    """A dictionary, each item on a line of its own where they are too many for one."""
    flat = "{" + ", ".join(items) + "}"
    if len(flat) <= WIDTH - 4 - 2:
        return flat
    lines = "".join(f"        {item},\n" for item in items)
    return f"{{\n{lines}    }}"


def _shape_text(shape: Shape) -> str:
    return " x ".join(comment(to_text(size)) for size in shape)
