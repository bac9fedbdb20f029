"""A network of a listing, traced: with the sizes that the listing says, shows or asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from archc.diagnostics import Diagnostic, Span, SpecError
from archc.dims import Expr, Facts, symbol
from archc.notations.listing import calls, inputs, natives
from archc.notations.listing.blocks import weighted
from archc.notations.listing.frameworks import input_shape
from archc.notations.listing.roots import GENERIC, Finder, Root, call_of
from archc.notations.listing.run import Runner
from archc.notations.listing.trace import Node, Trace
from archc.notations.listing.use import Arguments
from archc.notations.listing.values import (
    Chain,
    Instance,
    Layer,
    Model,
    Module,
    Tensor,
    Unknown,
    entries_of,
    items_of,
)
from archc.ops.base import Shape

STORING = ("Conv", "Linear", "Lazy", "BatchNorm", "LayerNorm", "GroupNorm", "PReLU", "Embedding")
"""How the names of PyTorch's modules with weights begin."""


@dataclass(eq=False)
class Traced:
    """A network of the listing: its inputs with their sizes, its layers, its outputs."""

    name: str
    span: Span
    entries: list[Node]
    nodes: list[Node]
    results: list[tuple[str, Node]]
    parameters: list[tuple[str, int | None]] = field(default_factory=list[tuple[str, "int | None"]])
    multiple: int = 1  # of which the height and width of the image are


class Tracer(Finder):
    """Traces networks; ``sizes`` are those of the inputs that a review gives."""

    def networks(self, only: str | None = None) -> list[Traced]:
        stopped = self.runner.run()
        if stopped is not None:
            raise stopped
        named: set[str] = set()
        found: list[Traced] = []
        for root in self.roots():
            name = self.name(root, named)
            if only is None or name == only:
                traced = self.trace(root, name)
                if traced is not None:
                    named.add(name)
                    found.append(traced)
        if not found:
            raise SpecError([self.nothing()])
        return found

    # ------------------------------------------------------------ tracing

    def trace(self, root: Root, name: str) -> Traced | None:
        value = root.value
        span = self.text.span(root.node)
        if isinstance(value, Model):
            return self.functional(value, name, span)
        names = self.input_names(value)
        count = len(names)
        first = self.look(value, count)
        shapes = [self.sizes[0] if self.sizes else self.listed(value)] * count
        if self.sizes and len(self.sizes) == count:
            shapes = list(self.sizes)
        elif shapes[0] is None:
            shapes = [self.example(value, first) or inputs.first_shape(first)] * count
        parameters: list[tuple[str, int | None]] = []
        known = [shape for shape in shapes if shape is not None]
        if self.sizes is None and count == 1 and any(isinstance(d, Expr) for d in known[0][:2]):
            side = self.side(value, known[0], span)
            if side is not None:
                known = [(side, side, *known[0][2:])]
                parameters = [("size", side)]
        multiple = self.multiple(value, known) if self.sizes is None else 1
        known = [multiples(shape, multiple) for shape in known]
        traced = self.run(value, names, known, name, span)
        traced.parameters, traced.multiple = parameters, multiple
        return traced

    def input_names(self, value: Module) -> list[str]:
        forward = calls.forward_of(value.cls) if isinstance(value, Instance) else None
        if forward is None:
            return ["x"]
        spec = forward.node.args
        names = [a.arg for a in (*spec.posonlyargs, *spec.args)][1:]
        names = names[: len(names) - len(spec.defaults)] if spec.defaults else names
        return [n for n in names if n not in ("training", "mask")] or ["x"]

    def look(self, value: Module, count: int) -> list[tuple[str, Any, Node]]:
        """The first layers that say something of the input, found by a trace without sizes."""
        errors, self.says.guessing = list(self.says.errors), True
        steps = self.runner.steps
        try:
            self.attempt(value, ["x"] * count, [None] * count)
        except SpecError as error:
            unless_endless(error)  # else it comes again, where sizes are known
        finally:
            self.says.errors[:], self.says.guessing = errors, False
            self.runner.steps = steps
        return list(self.runner.first)

    def attempt(self, value: Module, names: Sequence[str], shapes: Sequence[Shape | None]) -> Any:
        """Call a network on inputs of these shapes. The entries and what it gives."""
        runner = self.runner
        runner.trace, runner.first, runner.demands = Trace(self.says), [], []
        span = self.text.span(value.call)
        entries = [
            runner.trace.input(n, shape, span) for n, shape in zip(names, shapes, strict=True)
        ]
        given = [Tensor(entry) for entry in entries]
        call = call_of(value.call)
        if isinstance(value, Chain):
            result: Any = calls.apply_chain(runner, value, given[0], root=True)
        elif isinstance(value, Instance):
            result = calls.apply_instance(
                runner, call, value, Arguments(list(given), [call] * len(given), {}, {}), root=True
            )
        else:
            result = calls.apply(runner, call, value, Arguments(list(given), [call], {}, {}))
        return entries, result

    def listed(self, value: Module) -> Shape | None:
        """The input shape that Keras's `input_shape=` or `Input` gives."""
        chain: Any = value
        for _ in range(10):
            if not isinstance(chain, Chain):
                break
            if chain.input_shape is not None:
                return self.shape(chain.input_shape, chain.call)
            chain = chain.items[0][1] if chain.items else None
        if isinstance(chain, Layer) and "input_shape" in chain.given:
            return self.shape(chain.given["input_shape"], chain.call)
        return None

    def shape(self, value: Any, node: ast.AST) -> Shape:
        items = items_of(value) or []
        if any(isinstance(v, Expr) for v in items) and not any(
            isinstance(v, Unknown) for v in items
        ):
            return tuple(items)
        found: Shape = input_shape(self.runner, value, node)
        return found

    def example(self, value: Module, first: list[tuple[str, Any, Node]]) -> Shape | None:
        """The shape of a tensor that the listing calls the network with, or makes."""
        own = [(shape, True) for module, shape in self.runner.examples if module is value]
        others = [*self.runner.shapes, *commented(self.text.code)]
        for shape, given in [*own, *((shape, False) for shape in others)]:
            found = inputs.fits(shape, first, given)
            if found is not None:
                return found
        return None

    def side(self, value: Module, shape: Shape, span: Span) -> int | None:
        """The side of the square images that the declared numbers of values ask for."""
        if len(shape) != 3 or shape[:2] != (symbol("H"), symbol("W")):
            return None
        errors, self.says.guessing = list(self.says.errors), True
        try:
            self.attempt(value, ["x"], [shape])
        except SpecError as error:
            unless_endless(error)
            return None
        finally:
            self.says.errors[:], self.says.guessing = errors, False
        demands = list(self.runner.demands)
        found = inputs.sides(demands)
        side = inputs.usual(found)
        if side is not None:
            many = f"from {found[0]} to {found[-1]}" if len(found) > 1 else f"of {side} alone"
            self.says.remark(
                span,
                f"the listing has no input: {side}x{side} is taken; square images {many} fit what "
                "its layers declare",
                help="`--set size=...` takes another",
            )
        elif demands:
            declared = ", ".join(str(d) for _, d in demands)
            few = (
                f"square images from {found[0]} to {found[-1]}"
                if found
                else f"no square image up to {inputs.MOST}"
            )
            self.says.remark(
                span,
                f"the listing has no input, and {few} would give the {declared} values that its "
                "layers declare",
                help="`--set H=... --set W=...` gives one",
            )
        return side

    def multiple(self, value: Module, shapes: list[Shape]) -> int:
        """The least power of two whose multiples, as height and width, let all tensors fit that are
        joined: those of a U-Net do where no pooling rounds."""
        if not any(isinstance(size, Expr) for shape in shapes for size in shape[:2]):
            return 1
        found, steps = 0, self.runner.steps
        for power in range(7):
            trial = [multiples(shape, 2**power) for shape in shapes]
            errors, self.says.errors, self.says.guessing = self.says.errors, [], True
            try:
                self.attempt(value, ["x"] * len(trial), trial)
                if not self.says.errors:
                    return int(2**power)
                if not any("not known" in d.message for d in self.says.errors):
                    found = found or int(2**power)
            except SpecError as error:
                unless_endless(error)
                continue
            finally:
                self.says.errors, self.says.guessing = errors, False
                self.runner.steps = steps
        return found or 1

    def run(
        self, value: Module, names: list[str], shapes: list[Shape], name: str, span: Span
    ) -> Traced:
        entries, result = self.attempt(value, names, shapes)
        self.unused(value)
        results = self.outputs(result, span)
        return self.pruned(name, span, entries, results)

    def unused(self, value: Module) -> None:
        """Say which layers with weights a class makes and never calls: PyTorch counts them."""
        stack, seen = [value], set[int]()
        while stack:
            module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            if isinstance(module, Instance):
                parts: list[Any] = list(module.attributes.values())
            else:
                parts = [m for _, m in module.items] if isinstance(module, Chain) else []
            stack.extend(part for part in parts if isinstance(part, Module))
            stores = isinstance(module, Layer) and module.kind.startswith(STORING)
            if stores and not module.applied and isinstance(value, Instance):
                name = f"`{module.label}`" if module.label else "this layer"
                self.says.remark(
                    self.text.span(module.call),
                    f"{name} is made and never called: it is left out here, though PyTorch counts "
                    "its parameters",
                )

    def unread(self, nodes: list[Node], wanted: set[int]) -> None:
        """Say which layers with weights make values that nobody reads: PyTorch counts them."""
        for node in nodes:
            if id(node) not in wanted and weighted(node):
                self.says.remark(
                    node.span,
                    "the value of this is read by nobody: it is left out here, though PyTorch "
                    "counts its parameters",
                )
            elif node.group is not None:
                self.unread(node.group.nodes, natives.ancestors([node.group.result]))

    def functional(self, model: Model, name: str, span: Span) -> Traced:
        self.runner.trace = self.traces.get(id(model), self.runner.trace)
        entries = [t.node for t in model.inputs]
        if self.sizes is not None and len(self.sizes) == len(entries):
            changed = any(e.shape != shape for e, shape in zip(entries, self.sizes, strict=True))
            if changed:
                return self.again(entries, name)
        results = [
            (label or self.output_name(t.node, n), t.node)
            for n, (label, t) in enumerate(model.outputs)
        ]
        return self.pruned(name, span, entries, results)

    def again(self, entries: list[Node], name: str) -> Traced:
        """The listing once more, with sizes for its inputs: those stand in its own text."""
        assert self.sizes is not None
        sizes = {entry.span.start: shape for entry, shape in zip(entries, self.sizes, strict=True)}
        self.says.errors.clear()
        self.says.remarks.clear()
        runner = Runner(self.text, self.says, self.runner.framework)
        runner.given, self.runner, self.sizes = sizes, runner, None
        (found,) = self.networks(name)
        return found

    def outputs(self, result: Any, span: Span) -> list[tuple[str, Node]]:
        if isinstance(result, Unknown):
            raise SpecError([result.reason])
        items: list[tuple[str | None, Any]] = [(None, v) for v in natives.flat([result])]
        entries = entries_of(result)
        if entries is not None:
            items = [(str(k), v) for k, v in entries.items()]
        found: list[tuple[str, Node]] = []
        for number, (name, value) in enumerate(items):
            if isinstance(value, Unknown):
                raise SpecError([value.reason])
            if isinstance(value, Tensor):
                found.append((name or self.output_name(value.node, number), value.node))
        if not found:
            raise SpecError([Diagnostic("flow", "the network returns no tensor", span)])
        return found

    def output_name(self, node: Node, number: int) -> str:
        if node.label is None and node.follows is not None and node.follows.label is not None:
            return node.follows.label
        return (
            node.label or (node.hint if node.hint not in GENERIC else None) or f"output{number + 1}"
        )

    def pruned(
        self, name: str, span: Span, entries: list[Node], results: list[tuple[str, Node]]
    ) -> Traced:
        wanted = natives.ancestors([node for _, node in results])
        nodes = [node for node in self.runner.trace.nodes if id(node) in wanted]
        entries = [entry for entry in entries if id(entry) in wanted]
        if self.runner.framework == "torch":
            self.unread(self.runner.trace.nodes, wanted)
        if not nodes or not entries:
            raise SpecError([Diagnostic("flow", "the network has no layers", span)])
        unique: dict[int, tuple[str, Node]] = {}
        for label, node in results:
            unique.setdefault(id(node), (label, node))
        return Traced(name, span, entries, nodes, list(unique.values()))


def unless_endless(error: SpecError) -> None:
    """Raise it where a trial ran into a limit: with other sizes the next would, as late."""
    if any(d.code == "too-large" for d in error.diagnostics):
        raise error


def multiples(shape: Shape, number: int) -> Shape:
    """The shape, its H and W known to be multiples of a number."""
    if number == 1 or len(shape) != 3:
        return shape
    letters = [symbol(name) for name in "HW"]
    facts = Facts.from_comparisons([("==", letter % number, 0) for letter in letters])
    return tuple(facts.refine(size) if size in letters else size for size in shape)


def commented(code: str) -> list[tuple[int, ...]]:
    """Shapes of comments such as ``# input: 3x224x224``, in both orders."""
    found: list[tuple[int, ...]] = []
    for match in re.finditer(
        r"#[^\n]{0,40}?input[^\n\d]{0,40}(\d{1,5})\s*[x×,]\s*(\d{1,5})\s*[x×,]\s*(\d{1,5})", code
    ):
        first, second, third = map(int, match.groups())
        found += [(1, first, second, third), (1, third, first, second)]
    return found
