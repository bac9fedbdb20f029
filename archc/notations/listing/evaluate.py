"""Expressions of a listing, within bounds: nothing is computed that could be large."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from archc.diagnostics import Diagnostic, did_you_mean, fail
from archc.dims import Expr
from archc.notations.listing import natives, operations
from archc.notations.listing.names import BUILTINS, known_root
from archc.notations.listing.natives import MAX_ITEMS
from archc.notations.listing.text import Text
from archc.notations.listing.trace import Node, Says, Trace
from archc.notations.listing.values import (
    BATCH,
    Class,
    Environment,
    Function,
    Library,
    Module,
    Tensor,
    Unknown,
    entries_of,
)

MAX_STEPS = 400_000
MAX_DEPTH = 600
MAX_BITS = 256
MAX_TEXT = 10_000


class Evaluator:
    """What expressions of a listing give. ``steps`` and ``depth`` bound the work."""

    def __init__(self, text: Text, says: Says, framework: str) -> None:
        self.text = text
        self.says = says
        self.framework = framework
        self.globals = Environment()
        self.trace = Trace(says)
        self.first: list[tuple[str, Any, Node]] = []  # layers that say what the input is like
        self.demands: list[tuple[Any, Any]] = []  # values that arrive, and that were declared
        self.suspects: list[Diagnostic] = []  # what may be why no network was found
        self.examples: list[tuple[Module, tuple[int, ...]]] = []  # modules with inputs to try
        self.shapes: list[tuple[int, ...]] = []  # of tensors that the listing makes
        self.given: dict[int, Any] = {}  # sizes of Keras's inputs, by where they stand
        self.steps = 0
        self.depth = 0

    # ------------------------------------------------------------ bounds, and what to say

    def enter(self, node: ast.AST) -> None:
        self.steps += 1
        self.depth += 1
        if self.steps > MAX_STEPS:
            message = f"the listing takes more than {MAX_STEPS:,} steps to read"
            fail("too-large", self.text.span(node), message)
        if self.depth > MAX_DEPTH:
            message = f"the listing is nested more than {MAX_DEPTH} deep"
            fail("too-large", self.text.span(node), message)

    def unknown(
        self, node: ast.AST, message: str, help: str | None = None, code: str = "value"
    ) -> Unknown:
        return Unknown(Diagnostic(code, message, self.text.span(node), help=help))

    def unknown_size(self, node: Node) -> Unknown:
        return Unknown(Diagnostic("value", "the sizes of this tensor are not known", node.span))

    def source(self, node: ast.AST, most: int = 40) -> str:
        """The text of a node on one line, shortened."""
        words = " ".join(self.text.span(node).text.split())
        return words if len(words) <= most else f"{words[: most - 1]}…"

    # ------------------------------------------------------------ expressions

    def evaluate(self, node: ast.expr, env: Environment) -> Any:
        self.enter(node)
        try:
            method = _EXPRESSIONS.get(type(node))
            if method is None:
                return self.unknown(node, f"`{self.source(node)}` has no value that is known here")
            return method(self, node, env)
        finally:
            self.depth -= 1

    def constant(self, node: ast.Constant, env: Environment) -> Any:
        value = node.value
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            return self.unknown(node, "an integer of this size is no size of a layer")
        return value

    def name(self, node: ast.Name, env: Environment) -> Any:
        try:
            return env.find(node.id)
        except KeyError:
            pass
        if node.id in BUILTINS:
            return Library(f"builtins.{node.id}")
        path = known_root(node.id, self.framework)
        if path is not None:
            return Library(path)
        help = did_you_mean(node.id, self.visible(env))
        return self.unknown(node, f"`{node.id}` has no value in the listing", help, "unknown-name")

    def visible(self, env: Environment) -> Iterator[str]:
        here: Environment | None = env
        while here is not None:
            yield from here.names
            here = here.parent

    def attribute(self, node: ast.Attribute, env: Environment) -> Any:
        return natives.attribute(self, self.evaluate(node.value, env), node.attr, node)

    def items(self, nodes: list[ast.expr], env: Environment) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found.extend(self.iterate(self.evaluate(node.value, env), node) or ())
            else:
                found.append(self.evaluate(node, env))
        return found

    def list_(self, node: ast.List | ast.Set, env: Environment) -> Any:
        return self.items(node.elts, env)

    def tuple_(self, node: ast.Tuple, env: Environment) -> Any:
        return tuple(self.items(node.elts, env))

    def dict_(self, node: ast.Dict, env: Environment) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                found.update(entries_of(self.evaluate(value, env)) or {})
                continue
            name = self.evaluate(key, env)
            if isinstance(name, str | int | float | tuple):
                found[name] = self.evaluate(value, env)
        return found

    def unary(self, node: ast.UnaryOp, env: Environment) -> Any:
        value = self.evaluate(node.operand, env)
        if isinstance(node.op, ast.Not):
            truth = self.truth(value)
            return (
                self.unknown(node, f"`{self.source(node)}` is not known")
                if truth is None
                else not truth
            )
        if isinstance(value, int | float | Expr) and isinstance(node.op, ast.USub | ast.UAdd):
            return -value if isinstance(node.op, ast.USub) else value
        return value if isinstance(value, Unknown) else self.unknown(node, "not a number")

    def binary(self, node: ast.BinOp, env: Environment) -> Any:
        # A long sum leans to the left: walked down, not recursed into.
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        value = self.evaluate(left, env)
        for link in reversed(chain):
            self.enter(link)
            self.depth -= 1
            value = operations.operate(self, link, link.op, value, self.evaluate(link.right, env))
        return value

    def boolean(self, node: ast.BoolOp, env: Environment) -> Any:
        stops = isinstance(node.op, ast.Or)
        value: Any = None
        for part in node.values:
            value = self.evaluate(part, env)
            truth = self.truth(value)
            if truth is None or truth is stops:
                return value
        return value

    def compare(self, node: ast.Compare, env: Environment) -> Any:
        left = self.evaluate(node.left, env)
        for op, place in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(place, env)
            truth = operations.compare(op, left, right)
            if truth is None:
                return self.unknown(node, f"whether `{self.source(node)}` is not known")
            if not truth:
                return False
            left = right
        return True

    def conditional(self, node: ast.IfExp, env: Environment) -> Any:
        truth = self.truth(self.evaluate(node.test, env))
        if truth is None:
            return self.unknown(node, f"whether `{self.source(node.test)}` is not known")
        return self.evaluate(node.body if truth else node.orelse, env)

    def subscript(self, node: ast.Subscript, env: Environment) -> Any:
        value = self.evaluate(node.value, env)
        if isinstance(value, Tensor):
            return natives.tensor_item(self, node)
        index = self.slice(node.slice, env)
        return natives.item(self, value, index, node)

    def slice(self, node: ast.expr, env: Environment) -> Any:
        if isinstance(node, ast.Slice):
            ends = [
                None if n is None else self.evaluate(n, env)
                for n in (node.lower, node.upper, node.step)
            ]
            if all(e is None or isinstance(e, int) for e in ends) and ends[2] != 0:
                return slice(*ends)
            return self.unknown(node, "a slice of sizes that are not known")
        return self.evaluate(node, env)

    def joined(self, node: ast.JoinedStr, env: Environment) -> Any:
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
                continue
            value = self.evaluate(part.value, env) if isinstance(part, ast.FormattedValue) else None
            if not isinstance(value, str | int | float) or getattr(part, "format_spec", None):
                return self.unknown(node, f"`{self.source(node)}` is not known")
            text += str(value)
            if len(text) > MAX_TEXT:
                return self.unknown(node, "the text is too long")
        return text

    def lambda_(self, node: ast.Lambda, env: Environment) -> Any:
        return Function(node, env)

    def named(self, node: ast.NamedExpr, env: Environment) -> Any:
        value = self.evaluate(node.value, env)
        env.names[node.target.id] = value
        return value

    def dict_comprehension(self, node: ast.DictComp, env: Environment) -> Any:
        pair = ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)
        listed = ast.copy_location(ast.ListComp(pair, node.generators), node)
        pairs = self.comprehension(listed, env)
        if isinstance(pairs, Unknown):
            return pairs
        found: dict[Any, Any] = {}
        for key, value in pairs:
            if isinstance(key, str | int | float | tuple):
                found[key] = value
        return found

    def comprehension(
        self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, env: Environment
    ) -> Any:
        found: list[Any] = []
        if not self._generate(
            node, node.generators, 0, Environment(env, {}, env.owner, env.cls), found
        ):
            return self.unknown(node, f"`{self.source(node)}` runs over what is not known")
        return found

    def _generate(
        self,
        node: ast.ListComp | ast.GeneratorExp | ast.SetComp,
        generators: list[ast.comprehension],
        number: int,
        env: Environment,
        found: list[Any],
    ) -> bool:
        if number == len(generators):
            found.append(self.evaluate(node.elt, env))
            return True
        generator = generators[number]
        items = self.iterate(self.evaluate(generator.iter, env), generator.iter)
        if items is None:
            return False
        for item in items:
            self.enter(node)
            self.depth -= 1
            self.assign(generator.target, item, env)
            truths = [self.truth(self.evaluate(test, env)) for test in generator.ifs]
            if None in truths:
                return False
            if all(truths) and not self._generate(node, generators, number + 1, env, found):
                return False
        return True

    def call(self, node: ast.Call, env: Environment) -> Any:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Any, env: Environment) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ helpers

    def truth(self, value: Any) -> bool | None:
        """Whether a value counts as true; None where that is not known."""
        if isinstance(value, Unknown | Expr | Tensor | Library) or value is BATCH:
            return None
        if isinstance(value, Module | Class | Function):
            return True
        return bool(value)

    def iterate(self, value: Any, node: ast.AST) -> list[Any] | None:
        """What a loop over a value goes through; None where that is not known."""
        found = natives.iterable(value)
        if found is None:
            return None
        try:
            length = len(found)
        except OverflowError:
            length = MAX_ITEMS + 1
        if length > MAX_ITEMS:
            fail("too-large", self.text.span(node), f"a loop over more than {MAX_ITEMS:,} items")
        return list(found)

    def number(self, value: Any, node: ast.AST) -> Any:
        """A number within bounds, or an Unknown."""
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            return self.unknown(node, "an integer of this size is no size of a layer")
        return value


_EXPRESSIONS: dict[type[ast.expr], Callable[[Any, Any, Environment], Any]] = {
    ast.Constant: Evaluator.constant,
    ast.Name: Evaluator.name,
    ast.Attribute: Evaluator.attribute,
    ast.List: Evaluator.list_,
    ast.Set: Evaluator.list_,
    ast.Tuple: Evaluator.tuple_,
    ast.Dict: Evaluator.dict_,
    ast.UnaryOp: Evaluator.unary,
    ast.BinOp: Evaluator.binary,
    ast.BoolOp: Evaluator.boolean,
    ast.Compare: Evaluator.compare,
    ast.IfExp: Evaluator.conditional,
    ast.Subscript: Evaluator.subscript,
    ast.JoinedStr: Evaluator.joined,
    ast.Lambda: Evaluator.lambda_,
    ast.NamedExpr: Evaluator.named,
    ast.ListComp: Evaluator.comprehension,
    ast.GeneratorExp: Evaluator.comprehension,
    ast.DictComp: Evaluator.dict_comprehension,
    ast.SetComp: Evaluator.comprehension,
    ast.Call: lambda self, node, env: self.call(node, env),
}
