"""The generated file: header, what it brings along, a class a block, and the network."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from archc._version import __version__
from archc.dims import to_text
from archc.graph.network import Module, Network
from archc.ops.base import Shape
from archc_backends.shared.source import comment, display, file_name, identifier, text
from archc_backends.torch.body import Body, Step, rhythm, times
from archc_backends.torch.brought import helpers, needed_helpers
from archc_backends.torch.classes import Class, Classes
from archc_backends.torch.forward import INDENT, Lines, forward, returned
from archc_backends.torch.initial import method
from archc_backends.torch.names import TAKEN_IN_FILE, unique
from archc_backends.torch.plan import Plan
from archc_backends.torch.spaces import sequential
from archc_backends.torch.spelling import Arg, Call, Items, Value, layer, render

IMPORTS = {
    "OrderedDict": "from collections import OrderedDict",
    "NamedTuple": "from typing import NamedTuple",
    "Optional": "from typing import Optional",
    "F": "from torch.nn import functional as F",
}


def write(network: Network) -> str:
    """The network as the source of a Python module that needs torch alone.

    Raises SpecError (``unsupported``) for what torch cannot do.
    """
    plan = Plan(network)
    brought = helpers()
    found = Classes(plan, {*brought, f"{identifier(network.name)}Output"})
    root = Root(plan, found)
    blocks = [block(made, found.taken) for made in found.found]
    body = [*blocks, root.source()]
    needed = needed_helpers(found, "\n".join(body))
    code = [*needed, *([root.output_type()] if root.fields else []), *body]
    return "\n\n\n".join([header(network) + "\n\n" + imports(code), *code]) + "\n"


def header(network: Network) -> str:
    params = network.params
    count = f"{params:,}" if isinstance(params, int) else to_text(params)
    where = f" from {comment(file_name(network.root.span))}" if network.root.span else ""
    name = display(network)
    return "\n".join(
        [
            f'"""{name}: {count} parameters.',
            "",
            f"Written by archc {__version__}{where}. It needs torch and nothing else.",
            "Submodules have the names of the spec's labels; comments give shapes as",
            "channels x height x width.",
            '"""',
        ]
    )


def imports(code: Iterable[str]) -> str:
    """The import statements that the code needs."""
    used = {
        node.id for part in code for node in ast.walk(ast.parse(part)) if isinstance(node, ast.Name)
    }
    standard = [IMPORTS[name] for name in ("OrderedDict", "NamedTuple", "Optional") if name in used]
    if "NamedTuple" in used and "Optional" in used:
        standard = [*standard[:-2], "from typing import NamedTuple, Optional"]
    torch = ["from torch import Tensor, nn"] if "Tensor" in used else ["from torch import nn"]
    if "torch" in used:
        torch.insert(0, "import torch")
    if "F" in used:
        torch.append(IMPORTS["F"])
    return "\n".join([*standard, *([""] if standard else []), *torch])


# ---------------------------------------------------------------- classes


def constructor(made_of: Body, parameters: Iterable[tuple[str, str]]) -> Iterator[str]:
    arguments = "".join(f", {name}: {annotation}" for name, annotation in parameters)
    line = f"    def __init__(self{arguments}) -> None:"
    if len(line) > 100:
        yield "    def __init__("
        yield f"        self{arguments}"
        yield "    ) -> None:"
    else:
        yield line
    members = made_of.members
    if made_of.base != "nn.Module":
        yield f"{INDENT}{render(_super(made_of.base, dict(members)), 8)}"
        return
    yield f"{INDENT}super().__init__()"
    for name, value in members:
        if name.isidentifier():
            yield f"{INDENT}self.{name} = {render(value, 8, len(name) + 8)}"
        else:
            yield f"{INDENT}self.add_module({text(name)}, {render(value, 8, len(name) + 22)})"


def _super(base: str, layers: Mapping[str, Value]) -> Call:
    """How a class that is a list of layers, or a chain of them, hands them to its base."""
    if base == "nn.ModuleList":
        return layer("super().__init__", ("modules", Items(tuple(layers.values()))))
    chained = sequential(layers)
    if chained.function == "chain":
        chained = Call("super().__init__", (Arg("layers", Call("OrderedDict", chained.args)),))
    return Call("super().__init__", chained.args)


def block(made: Class, taken: set[str]) -> str:
    """A block's class."""
    lines = [f"class {made.name}({made.body.base}):", f'    """{_doc(made)}"""', ""]
    lines += constructor(made.body, [(p.name, p.annotation) for p in made.parameters])
    if not made.body.chain:
        lines += ["", *forward(made.body, taken)]
    return "\n".join(lines)


def _doc(made: Class) -> str:
    """A class's docstring: where in the spec it comes from."""
    names = rhythm(made.body)
    if names:
        turns = f"{times(made.body)} times in turn"
        return f"{comment(', then '.join(names))}; {turns}.".capitalize()
    return _origin(made.uses[0])


def _origin(module: Module) -> str:
    """Where in the spec a class comes from, as its docstring."""
    owner = module
    while owner.kind not in ("block", "network") and owner.parent is not None:
        owner = owner.parent
    span = owner.definition.span if owner.definition is not None else module.span
    where = f" ({comment(file_name(span))}, line {span.line})" if span is not None else ""
    name = comment((owner.definition.name if owner.definition else owner.callee) or "")
    if module.kind in ("block", "network"):
        return f"The {module.kind} `{name}`{where}."
    part = {"merge": comment(module.callee or "merge"), "line": "line"}.get(
        module.kind, module.kind
    )
    article = "An" if part[:1] in "aeiou" else "A"
    return f"{article} {part} of `{name}`{where}."


# ---------------------------------------------------------------- the network


class Root:
    """The network's own class."""

    def __init__(self, plan: Plan, found: Classes) -> None:
        self.plan = plan
        self.found = found
        self.body = found.root
        self.outputs = plan.outputs()
        self.values = {path: number for number, path in enumerate(found.root_values)}
        names: set[str] = set()
        self.fields: list[str] = []
        if len(self.outputs) > 1:
            for name, _, _ in self.outputs:
                field = identifier(identifier(name, "output").lstrip("_"), "output")
                field = unique(f"{field}_" if hasattr(tuple, field) else field, names)
                names.add(field)
                self.fields.append(field)
        self.type = f"{found.name}Output" if self.fields else "Tensor"

    def output_type(self) -> str:
        """The named tuple that several outputs come back as."""
        lines = [f"class {self.type}(NamedTuple):"]
        if self.plan.auxiliary:
            lines += ['    """Auxiliary outputs are None outside training."""', ""]
        else:
            lines += [f'    """What {self.found.name} gives."""', ""]
        for (name, _, _), field in zip(self.outputs, self.fields, strict=True):
            auxiliary = name in self.plan.auxiliary
            lines.append(f"    {field}: {'Optional[Tensor]' if auxiliary else 'Tensor'}")
        return "\n".join(lines)

    def source(self) -> str:
        network = self.plan.network
        closed = [closing for _, _, closing in self.outputs if closing]
        doc = f"The network `{display(network)}`."
        if closed:
            doc += " It gives logits; `predict` gives probabilities."
        lines = [f"class {self.found.name}(nn.Module):", f'    """{doc}"""', ""]
        lines += constructor(self.body, [])
        reset = method(network)
        if reset:
            lines += [f"{INDENT}self.reset_parameters()", "", *reset]
        lines += ["", *self._forward()]
        if closed:
            lines += ["", *self._predict()]
        return "\n".join(lines)

    def _signature(self, name: str) -> str:
        inputs = "".join(f", {argument}: Tensor" for argument in self.body.inputs)
        return f"    def {name}(self{inputs}) -> {self.type}:"

    def _forward(self) -> list[str]:
        lines = Lines(self.body, self.found.taken, self._shapes(), self._names())
        wanted = {self.values[path] for _, path, _ in self.outputs}
        owner = self._auxiliary_steps()
        run: list[Step] = []
        for number, step in enumerate(self.body.steps):
            if number not in owner:
                run.append(step)
                continue
            lines.write(run, wanted | self._read_later(number - 1))
            run = []
            if number - 1 not in owner or owner[number - 1] != owner[number]:
                self._guarded(lines, owner, number)
        lines.write(run, wanted)
        return [self._signature("forward"), *self._return(lines)]

    def _names(self) -> dict[int, str]:
        """Variables for the values that are outputs, where there are several."""
        taken = {*self.body.inputs, *TAKEN_IN_FILE, *self.found.taken}
        names: dict[int, str] = {}
        for (_, path, _), field in zip(self.outputs, self.fields, strict=False):
            value = self.values[path]
            if value >= len(self.body.inputs) and value not in names:
                names[value] = unique(field, taken)
                taken.add(names[value])
        return names

    def _read_later(self, number: int) -> set[int]:
        return {value for step in self.body.steps[number + 1 :] for value in step.inputs}

    def _guarded(self, lines: Lines, owner: dict[int, str], number: int) -> None:
        """An auxiliary output's steps: in training alone."""
        name = owner[number]
        path = next(value for output, value, _ in self.outputs if output == name)
        steps = [step for place, step in enumerate(self.body.steps) if owner.get(place) == name]
        variable = self._names()[self.values[path]]
        lines.lines += [
            f"{INDENT}{variable}: Optional[Tensor] = None",
            f"{INDENT}if self.training:",
        ]
        lines.write(steps[:-1], {v for s in steps for v in s.inputs}, INDENT + "    ")
        last = steps[-1]
        lines.lines.append(f"{INDENT}    {variable} = {lines.call(last)}")
        lines.source[self.values[path]] = variable

    def _auxiliary_steps(self) -> dict[int, str]:
        """The steps that only one auxiliary output needs, with its name."""
        needs: dict[int, set[str]] = {}
        for name, path, _ in self.outputs:
            needs.setdefault(self.values[path], set()).add(name)
        owner: dict[int, str] = {}
        for number, step in reversed(list(enumerate(self.body.steps))):
            wanted = {name for value in step.outputs for name in needs.get(value, set[str]())}
            for value in step.inputs:
                needs.setdefault(value, set()).update(wanted)
            if len(wanted) == 1 and wanted <= self.plan.auxiliary:
                owner[number] = wanted.pop()
        return owner

    def _return(self, lines: Lines) -> list[str]:
        if not self.fields:
            return returned(lines.lines, lines.source[self.values[self.outputs[0][1]]])
        pairs = [
            f"{field}={lines.source[self.values[path]]}"
            for (_, path, _), field in zip(self.outputs, self.fields, strict=True)
        ]
        return [*lines.lines, *_tuple(self.type, pairs)]

    def _predict(self) -> list[str]:
        inputs = ", ".join(self.body.inputs)
        lines = ["    @torch.jit.export", self._signature("predict")]
        lines.append(f'{INDENT}"""As `forward`, with probabilities in place of logits."""')
        if not self.fields:
            softmax = self._softmax(self.outputs[0][2] or "")
            return [*lines, f"{INDENT}return {softmax}(self.forward({inputs}))"]
        result = unique("logits", set(self.body.inputs))
        lines.append(f"{INDENT}{result} = self.forward({inputs})")
        pairs: list[str] = []
        for (name, _, closing), field in zip(self.outputs, self.fields, strict=True):
            given = f"{result}.{field}"
            softmax = self._softmax(closing) if closing else ""
            if closing and name in self.plan.auxiliary:
                variable = unique(field, {*self.body.inputs, result, *TAKEN_IN_FILE})
                lines += [
                    f"{INDENT}{variable} = {given}",
                    f"{INDENT}if {variable} is not None:",
                    f"{INDENT}    {variable} = {softmax}({variable})",
                ]
                pairs.append(f"{field}={variable}")
            else:
                pairs.append(f"{field}={softmax}({given})" if softmax else f"{field}={given}")
        return [*lines, *_tuple(self.type, pairs)]

    def _softmax(self, path: str) -> str:
        return self.found.access(self.plan.layers[path].shares or path)

    def _shapes(self) -> dict[int, str]:
        """Shapes of the values that whole layers and modules of the network give."""
        plan = self.plan
        if len(self.body.steps) > 400:
            return {}
        shapes: dict[int, str] = {}
        for value, path in enumerate(self.found.root_values):
            layer = plan.layers.get(path)
            if layer is not None:
                shapes[value] = shape_text(layer.shape)
        return shapes


def _tuple(name: str, pairs: list[str]) -> list[str]:
    line = f"{INDENT}return {name}({', '.join(pairs)})"
    if len(line) <= 100:
        return [line]
    return [
        f"{INDENT}return {name}(",
        *(f"{INDENT}    {pair}," for pair in pairs),
        f"{INDENT})",
    ]


def shape_text(shape: Shape) -> str:
    """A shape as torch has it, without the batch: channels first."""
    ordered = (*shape[:-3], shape[-1], *shape[-3:-1]) if len(shape) >= 3 else shape
    return " x ".join(comment(to_text(size)) for size in ordered)


__all__ = ["Call", "header", "helpers", "write"]
