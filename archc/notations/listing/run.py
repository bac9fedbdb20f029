"""Statements of a listing, as far as they make networks: followed within bounds, not executed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from archc.diagnostics import SpecError
from archc.notations.listing import calls, methods, natives, operations
from archc.notations.listing.evaluate import Evaluator
from archc.notations.listing.names import canonical
from archc.notations.listing.values import (
    Class,
    Environment,
    Function,
    Instance,
    Library,
    Module,
    Tensor,
    Unknown,
    items_of,
    modules,
)

Signal = tuple[str, Any] | None
"""How a statement ended other than by its end: ``return``, ``break``, ``continue``, or ``lost``
where whether a loop goes on is not known."""


MAX_TURNS = 1000
"""Of a `while` that ends by itself."""


class Runner(Evaluator):
    """Runs the statements of a listing on values, not on tensors."""

    def block(self, statements: list[ast.stmt], env: Environment) -> Signal:
        for statement in statements:
            ended = self.statement(statement, env)
            if ended is not None:
                return ended
        return None

    def statement(self, node: ast.stmt, env: Environment) -> Signal:
        self.enter(node)
        try:
            method = _STATEMENTS.get(type(node))
            return None if method is None else method(self, node, env)
        finally:
            self.depth -= 1

    # ------------------------------------------------------------ definitions

    def import_(self, node: ast.Import, env: Environment) -> Signal:
        for alias in node.names:
            if alias.asname:
                env.names[alias.asname] = Library(alias.name)
            else:
                root = alias.name.partition(".")[0]
                env.names[root] = Library(root)
        return None

    def import_from(self, node: ast.ImportFrom, env: Environment) -> Signal:
        for alias in node.names:
            if alias.name != "*":  # what a star brings is known by its name
                env.names[alias.asname or alias.name] = Library(f"{node.module}.{alias.name}")
        return None

    def function(self, node: ast.FunctionDef, env: Environment) -> Signal:
        env.names[node.name] = Function(node, env)
        return None

    def class_(self, node: ast.ClassDef, env: Environment) -> Signal:
        bases = [self.evaluate(base, env) for base in node.bases]
        made = Class(node, bases, env, {})
        made.framework, made.sequential = self._kind(made, bases)
        body = Environment(env, {}, None, made)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                # Its methods see the module's names, not the class's.
                made.names[statement.name] = Function(statement, Environment(env, {}, None, made))
            elif isinstance(statement, ast.Assign | ast.AnnAssign):
                self.statement(statement, body)
        for name, value in body.names.items():
            made.names.setdefault(name, value)
        env.names[node.name] = made
        return None

    def _kind(self, made: Class, bases: list[Any]) -> tuple[str | None, bool]:
        """The framework of a class of modules, and whether it is a Sequential."""
        methods = {s.name for s in made.node.body if isinstance(s, ast.FunctionDef)}
        for base in bases:
            if isinstance(base, Class) and base.framework is not None:
                return base.framework, base.sequential
            if isinstance(base, Library):
                where, name = canonical(base.path)
                if where in ("torch.nn", "keras.layers"):
                    return ("torch" if where == "torch.nn" else "keras"), name == "Sequential"
        if "forward" in methods:
            return "torch", False
        return ("keras" if "call" in methods else None), False

    # ------------------------------------------------------------ assignment

    def assign_(self, node: ast.Assign, env: Environment) -> Signal:
        value = self.evaluate(node.value, env)
        for target in node.targets:
            self.assign(target, value, env)
        return None

    def annotated(self, node: ast.AnnAssign, env: Environment) -> Signal:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, env), env)
        return None

    def augmented(self, node: ast.AugAssign, env: Environment) -> Signal:
        old = self.evaluate(node.target, env)
        right = self.evaluate(node.value, env)
        if (
            isinstance(old, list)
            and isinstance(right, list | tuple)
            and isinstance(node.op, ast.Add)
        ):
            grown: list[Any] = old  # pyright: ignore[reportUnknownVariableType]
            grown.extend(items_of(right) or ())
            return None
        self.assign(node.target, operations.operate(self, node, node.op, old, right), env)
        return None

    def assign(self, target: ast.expr, value: Any, env: Environment) -> None:
        match target:
            case ast.Name():
                env.names[target.id] = value
                if isinstance(value, Tensor) and value.node.hint is None:
                    value.node.hint = target.id
                if isinstance(value, Module) and env is self.globals and not value.within:
                    value.label = value.label or target.id
            case ast.Tuple() | ast.List():
                self._unpack(target, value, env)
            case ast.Attribute():
                owner = self.evaluate(target.value, env)
                if isinstance(owner, Instance):
                    self.set_attribute(owner, target.attr, value)
                elif isinstance(owner, Module):
                    methods.set_part(self, owner, target.attr, value, target)
            case ast.Subscript():
                owner = self.evaluate(target.value, env)
                methods.set_item(self, owner, self.slice(target.slice, env), value, target)
            case ast.Starred():
                self.assign(target.value, value, env)
            case _:
                pass

    def _unpack(self, target: ast.Tuple | ast.List, value: Any, env: Environment) -> None:
        items = natives.iterable(value)
        count = len(target.elts)
        starred = [i for i, t in enumerate(target.elts) if isinstance(t, ast.Starred)]
        if items is not None and len(starred) == 1 and count - 1 <= len(items) <= natives.MAX_ITEMS:
            first, last = starred[0], len(items) - (count - 1 - starred[0])
            items = [*items[:first], list(items[first:last]), *items[last:]]
        elif starred:
            items = None
        if items is None or len(items) != count:
            lost = (
                value
                if isinstance(value, Unknown)
                else self.unknown(target, f"`{self.source(target)}` is not known")
            )
            for part in target.elts:
                self.assign(part, lost, env)
            return
        for part, item in zip(target.elts, items, strict=True):
            self.assign(part, item, env)

    def set_attribute(self, owner: Instance, name: str, value: Any) -> None:
        """``self.name = value``: modules are called by it."""
        owner.attributes[name] = value
        if isinstance(value, Module):
            value.within = True
            value.label = value.label or name
        else:
            for module in modules(value):
                module.within = True

    # ------------------------------------------------------------ control

    def expression(self, node: ast.Expr, env: Environment) -> Signal:
        if not isinstance(node.value, ast.Constant):
            self.evaluate(node.value, env)
        return None

    def return_(self, node: ast.Return, env: Environment) -> Signal:
        return "return", None if node.value is None else self.evaluate(node.value, env)

    def if_(self, node: ast.If, env: Environment) -> Signal:
        # A chain of `elif` leans to the right: walked along, not recursed into.
        here: ast.If = node
        while True:
            truth = self.truth(self.evaluate(here.test, env))
            if truth is None:
                return self._undecided(here, env)
            if truth:
                return self.block(here.body, env)
            if len(here.orelse) == 1 and isinstance(here.orelse[0], ast.If):
                here = here.orelse[0]
                self.steps += 1
                continue
            return self.block(here.orelse, env)

    def _undecided(self, node: ast.If, env: Environment) -> Signal:
        """Neither branch runs: what they would have set is not known any more."""
        lost = self.unknown(
            node.test, f"whether `{self.source(node.test)}` is not known", code="undecidable"
        )
        self._forget(node, env, lost)
        parts = list(ast.walk(node))
        if any(isinstance(n, ast.Return) for n in parts) and env.parent is not None:
            return "return", lost
        if any(isinstance(n, ast.Break | ast.Continue) for n in parts):
            return "lost", lost
        return None

    def _forget(self, node: ast.stmt, env: Environment, lost: Unknown) -> None:
        """What a statement that is not followed may have set or added to is not known any more."""
        for part in ast.walk(node):
            self.steps += 1
            if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Store):
                self.assign(part, lost, env)
            elif isinstance(part, ast.Subscript) and not isinstance(part.ctx, ast.Load):
                methods.spoil(self.evaluate(part.value, env), lost)
            called = part.func if isinstance(part, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in methods.MUTATORS:
                methods.spoil(self.evaluate(called.value, env), lost)

    def for_(self, node: ast.For, env: Environment) -> Signal:
        items = self.iterate(self.evaluate(node.iter, env), node.iter)
        if items is None:
            message = f"`{self.source(node.iter)}` is not known, and what the loop does not either"
            self._forget(node, env, self.unknown(node.iter, message))
            return None
        for item in items:
            self.enter(node)
            self.depth -= 1
            self.assign(node.target, item, env)
            ended = self.block(node.body, env)
            if ended is None or ended[0] == "continue":
                continue
            if ended[0] == "break":
                return None
            if ended[0] == "lost":  # how often the loop runs is not known
                self._forget(node, env, ended[1])
                return None
            return ended
        return self.block(node.orelse, env)

    def while_(self, node: ast.While, env: Environment) -> Signal:
        turns = 0 if isinstance(node.test, ast.Constant) else MAX_TURNS
        for _ in range(turns):
            self.enter(node)
            self.depth -= 1
            truth = self.truth(self.evaluate(node.test, env))
            if truth is False:
                return self.block(node.orelse, env)
            ended = None if truth is None else self.block(node.body, env)
            if truth is None or (ended is not None and ended[0] == "lost"):
                break
            if ended is not None and ended[0] != "continue":
                return None if ended[0] == "break" else ended
        self._forget(node, env, self.unknown(node, "what this `while` does is not known"))
        return None

    def with_(self, node: ast.With, env: Environment) -> Signal:
        for item in node.items:
            value = self.evaluate(item.context_expr, env)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, env)
        return self.block(node.body, env)

    def try_(self, node: ast.Try, env: Environment) -> Signal:
        return self.block(node.body, env) or self.block(node.finalbody, env)

    def break_(self, node: ast.Break, env: Environment) -> Signal:
        return "break", None

    def continue_(self, node: ast.Continue, env: Environment) -> Signal:
        return "continue", None

    def delete(self, node: ast.Delete, env: Environment) -> Signal:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                owner = self.evaluate(target.value, env)
                methods.delete(self, owner, self.slice(target.slice, env), target)
            elif isinstance(target, ast.Name):
                env.names.pop(target.id, None)
        return None

    def raise_(self, node: ast.Raise, env: Environment) -> Signal:
        if env.parent is None:
            return None
        message = f"the listing raises an error here: `{self.source(node)}`"
        return "return", self.unknown(node, message)

    # ------------------------------------------------------------ calls

    def call(self, node: ast.Call, env: Environment) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
            return natives.super_of(env)
        function = self.evaluate(node.func, env)
        given = calls.arguments(self, node, env)
        return calls.call(self, node, function, given)

    def run(self) -> SpecError | None:
        """Run the listing's own statements; what stopped them, if anything did."""
        try:
            self.block(self.text.tree.body, self.globals)
        except SpecError as error:
            return error
        return None


_STATEMENTS: dict[type[ast.stmt], Callable[[Any, Any, Environment], Signal]] = {
    ast.Import: Runner.import_,
    ast.ImportFrom: Runner.import_from,
    ast.FunctionDef: Runner.function,
    ast.ClassDef: Runner.class_,
    ast.Assign: Runner.assign_,
    ast.AnnAssign: Runner.annotated,
    ast.AugAssign: Runner.augmented,
    ast.Expr: Runner.expression,
    ast.Return: Runner.return_,
    ast.If: Runner.if_,
    ast.For: Runner.for_,
    ast.While: Runner.while_,
    ast.With: Runner.with_,
    ast.Try: Runner.try_,
    ast.Break: Runner.break_,
    ast.Continue: Runner.continue_,
    ast.Raise: Runner.raise_,
    ast.Delete: Runner.delete,
}
