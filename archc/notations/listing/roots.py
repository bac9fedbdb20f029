"""Which networks a listing has: values, or what its classes and functions make."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from archc.diagnostics import Diagnostic, Span, SpecError
from archc.dims import symbol
from archc.notations.listing import calls, spell
from archc.notations.listing.names import framework_of
from archc.notations.listing.run import Runner
from archc.notations.listing.text import Text
from archc.notations.listing.trace import Says, Trace
from archc.notations.listing.use import Arguments
from archc.notations.listing.values import (
    Chain,
    Class,
    Function,
    Instance,
    Layer,
    Model,
    Module,
    Unknown,
)
from archc.ops.base import Shape

GENERIC = ("model", "net", "network", "cnn", "m", "x", "output")
"""Variables that say less of a network than its class or function does."""


@dataclass(frozen=True, eq=False)
class Root:
    """What a network is made of: a value of the listing, or a class or function to be called."""

    name: str
    value: Any
    node: ast.AST


class Finder:
    """Finds what a listing's networks are made of."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.says = Says()
        self.runner = Runner(text, self.says, framework_of(text.code))
        self.traces: dict[int, Trace] = {}  # of models that a function made
        self.sizes: list[Shape] | None = None  # of the inputs, where a review gives them
        self.bound: dict[str, Any] = {}  # and of what the network has as parameters

    # ------------------------------------------------------------ which networks there are

    def roots(self) -> list[Root]:
        """Networks as values; else classes that nobody uses; else functions that make one."""
        names = self.runner.globals.names
        values: dict[int, Root] = {}
        for name, value in names.items():
            if isinstance(value, Chain | Instance | Model) and self.whole(value):
                values[id(value)] = Root(name, value, value.call)
        if values:
            return list(values.values())
        for needy in (False, True):
            found = self.made_by_functions(needy) or self.made_of_classes(needy)
            found = found or ([] if needy else self.made_within_functions())
            if found:
                self.run_tests()
                return found
        tried = [Root("net", m, m.call) for m, _ in self.runner.examples if self.whole(m)]
        if tried:  # `VGG(arch).layer_summary((1, 1, 224, 224))`
            return list({id(root.value): root for root in tried}.values())
        layers = [
            Root(n, v, v.call) for n, v in names.items() if isinstance(v, Layer) and not v.within
        ]
        return layers[:1]

    def made_of_classes(self, needy: bool) -> list[Root]:
        """Objects of classes that nothing uses, the last first, since it uses the others."""
        found: list[Root] = []
        for name, value in reversed(list(self.runner.globals.names.items())):
            if not isinstance(value, Class) or value.framework is None or value.used:
                continue
            init = value.find("__init__")
            if isinstance(init, Function) and self.needs(init) is not needy:
                continue
            if calls.forward_of(value) is not None or value.sequential:
                made = self.tried(partial(self.made, value))
                if made is not None:
                    found.insert(0, Root(name, made, value.node))
        return found[-1:] if needy else [r for r in found if not r.value.cls.used]

    def made_by_functions(self, needy: bool) -> list[Root]:
        """What functions return that nothing calls."""
        found: list[Root] = []
        for name, value in list(self.runner.globals.names.items()):
            if not isinstance(value, Function) or not isinstance(value.node, ast.FunctionDef):
                continue
            returns = any(
                isinstance(n, ast.Return) and n.value is not None for n in ast.walk(value.node)
            )
            if value.called or not returns or self.needs(value) is not needy:
                continue
            used = {c: c.used for c in self.runner.globals.names.values() if isinstance(c, Class)}
            result = self.tried(partial(self.called, value))
            if isinstance(result, Chain | Instance | Model) and self.whole(result):
                found.append(Root(name, result, value.node))
                continue
            value.called = False
            for cls, before in used.items():
                cls.used = before
        return found

    def uncalled(self) -> list[Function]:
        """The functions that nothing calls, and that need no arguments."""
        functions = [f for f in self.runner.globals.names.values() if isinstance(f, Function)]
        named = [f for f in functions if isinstance(f.node, ast.FunctionDef)]
        return [f for f in named if not f.called and not self.needs(f)]

    def run_tests(self) -> None:
        """Find the tensors that functions try a network on: ``def test(): net(torch.randn(...))``.
        What else they do does not count."""
        errors, steps, suspects = list(self.says.errors), self.runner.steps, self.runner.suspects
        self.says.guessing, self.runner.suspects = True, list(suspects)
        for function in [] if self.runner.shapes else self.uncalled():
            self.tried(partial(self.variables, function))
        self.says.errors[:], self.says.guessing = errors, False
        self.runner.steps, self.runner.suspects = steps, suspects

    def made_within_functions(self) -> list[Root]:
        """What functions that nothing calls make for themselves: `def test(): net = VGG(11)`."""
        found: list[Root] = []
        for function in self.uncalled():
            names: dict[str, Any] = self.tried(partial(self.variables, function)) or {}
            for name, value in names.items():
                if isinstance(value, Chain | Instance | Model) and self.whole(value):
                    found.append(Root(name, value, value.call))
        return found

    def variables(self, function: Function) -> dict[str, Any]:
        """A function's own, once it ran."""
        names: dict[str, Any] = {}
        self.called(function, names)
        for value in names.values():
            if isinstance(value, Model):
                self.traces[id(value)] = self.runner.trace
        return names

    def needs(self, function: Function) -> bool:
        """Whether a function has parameters that nothing gives a value."""
        return bool(self.parameters(function).named)

    def tried(self, work: Callable[[], Any]) -> Any:
        """What a class or function makes; what is wrong with it counts if nothing else is found."""
        trace, remarks = self.runner.trace, list(self.says.remarks)
        self.runner.trace = Trace(self.says)
        try:
            result = work()
        except SpecError as error:
            self.runner.suspects.append(error.diagnostics[0])
            result = None
        if isinstance(result, Model):
            self.traces[id(result)] = self.runner.trace
        elif result is None:
            self.says.remarks[:] = remarks
        self.runner.trace = trace
        return result

    def whole(self, value: Module) -> bool:
        if isinstance(value, Chain) and (value.kind != "Sequential" or not value.items):
            return False
        if isinstance(value, Instance) and (
            value.cls.framework is None
            or (calls.forward_of(value.cls) is None and not value.cls.sequential)
        ):
            return False
        return not value.within

    def made(self, cls: Class) -> Instance | None:
        """An object of a class, its parameters their defaults or the network's."""
        init = cls.find("__init__")
        call = call_of(cls.node)
        given = self.parameters(init) if isinstance(init, Function) else Arguments([], [], {}, {})
        made = calls.instantiate(self.runner, call, cls, given)
        cls.used = False
        made.call = call
        return made

    def called(self, function: Function, names: dict[str, Any] | None = None) -> Any:
        """What a function returns; its own variables come to be ``names``."""
        call = call_of(function.node)
        names = {} if names is None else names
        names |= calls.bind(self.runner, call, function, self.parameters(function), [])
        result = calls.execute(self.runner, call, function, names, None)
        if isinstance(result, Unknown):
            self.runner.suspects.append(result.reason)
        return result

    def parameters(self, function: Function) -> Arguments:
        """Symbols for the parameters that the listing gives no values."""
        spec = function.node.args
        names = [a.arg for a in (*spec.posonlyargs, *spec.args)]
        names = names[: len(names) - len(spec.defaults)]
        names += [
            a.arg for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is None
        ]
        given = Arguments([], [], {}, {})
        for name in names:
            if name in ("self", "cls"):
                continue
            given.named[name] = self.open(name, function)
            given.named_places[name] = call_of(function.node)
        return given

    def open(self, name: str, function: Function) -> Any:
        """A parameter without a value: a count of the network's, or a shape that is not known."""
        if name in self.bound:
            return self.bound[name]
        if re.search(r"shape|size|dim", name):
            message = f"`{name}` has no value in the listing"
            return self.runner.unknown(function.node, message)
        return symbol(spell.identifier(name))

    def name(self, root: Root, taken: set[str]) -> str:
        value = root.value
        name = root.name
        if isinstance(value, Instance) and name in GENERIC:
            name = value.cls.node.name
        elif isinstance(value, Chain) and value.made_by is not None and name in GENERIC:
            name = value.made_by[0]
        elif isinstance(value, Chain | Model) and value.label not in (None, root.name):
            name = str(value.label)
        base = spell.identifier(name)
        while base in taken:
            base += "_"
        return base

    def nothing(self) -> Diagnostic:
        if self.runner.suspects:
            return self.runner.suspects[0]
        message = "no network was found in this listing"
        help = (
            "it is one of `nn.Sequential(...)`, a class with `forward`, Keras's `Sequential` or "
            "`Model`"
        )
        return Diagnostic("flow", message, Span(self.text.source, 0, 0), help=help)


def call_of(node: ast.AST) -> ast.Call:
    """A call that stands where a node does: for what the listing calls nowhere."""
    name = ast.copy_location(ast.Name("it", ast.Load()), node)
    return ast.copy_location(ast.Call(name, [], []), node)
