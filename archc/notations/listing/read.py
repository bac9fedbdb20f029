"""A listing as a spec's tree: its networks found, traced, and written as lines."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, Source, Span, SpecError
from archc.dims import Expr, Facts, symbol, symbols_of
from archc.language import syntax as s
from archc.notations.listing import calls, emit, inputs, natives, spell
from archc.notations.listing.blocks import Blocks, find
from archc.notations.listing.frameworks import input_shape
from archc.notations.listing.names import framework_of
from archc.notations.listing.run import Runner
from archc.notations.listing.text import Text, parse, parse_repaired
from archc.notations.listing.trace import Node, Says, Trace
from archc.notations.listing.use import Arguments
from archc.notations.listing.values import (
    Chain,
    Class,
    Function,
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

if TYPE_CHECKING:
    from archc.graph.network import Network

PYTHON_FRAMES = 20_000
"""The listing's nesting is bounded, but a level of it takes several of Python's frames."""

GENERIC = ("model", "net", "network", "cnn", "m", "x", "output")
"""Variables that say less of a network than its class or function does."""


def read(source: Source) -> s.File:
    """The tree of a listing. Raises SpecError: where the text is not Python, where what a network
    needs is not known, where its framework would refuse it."""
    found: s.File = _guarded(lambda: _Reading(parse(source)).file(strict=True))
    return found


def repair(source: Source) -> s.File:
    """As :func:`read`, of a damaged text; what the framework would refuse is a remark."""
    found: s.File = _guarded(lambda: _Reading(parse_repaired(source)).file(strict=False))
    return found


def review(source: Source, network: Network) -> Iterable[Diagnostic]:
    """What only the sizes tell of a network read from the listing: what its framework would refuse
    (raised as SpecError), or never notice."""
    known = [value.shape for value in network.inputs]
    if any(isinstance(size, Expr) for shape in known for size in shape):
        return []
    found: list[Diagnostic] = _guarded(
        lambda: _Reading(_parsed(source)).review(network.name, known, network.parameters)
    )
    return found


def _parsed(source: Source) -> Text:
    try:
        return parse(source)
    except SpecError:
        return parse_repaired(source)


def _guarded(work: Any) -> Any:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, PYTHON_FRAMES))
    try:
        return work()
    finally:
        sys.setrecursionlimit(before)


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


@dataclass(frozen=True, eq=False)
class Root:
    """What a network is made of: a value of the listing, or a class or function to be called."""

    name: str
    value: Any
    node: ast.AST


class _Reading:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.says = Says()
        self.runner = Runner(text, self.says, framework_of(text.code))
        self.traces: dict[int, Trace] = {}  # of models that a function made
        self.sizes: list[Shape] | None = None  # of the inputs, where a review gives them
        self.bound: dict[str, Any] = {}  # and of what the network has as parameters

    # ------------------------------------------------------------ the three uses

    def file(self, strict: bool) -> s.File:
        networks = self.networks()
        if strict and self.says.errors:
            raise SpecError(self.says.errors[:8])
        remarks = [*self.text.remarks, *self.says.remarks]
        remarks += [replace(d, severity="remark") for d in self.says.errors]
        return self.write(networks, remarks)

    def review(self, name: str, known: list[Shape], parameters: Any) -> list[Diagnostic]:
        self.sizes = known
        self.bound = {k: v for k, v in parameters.items() if isinstance(v, int)}
        self.networks(name)
        if self.says.errors:
            raise SpecError([*self.says.errors[:8], *self.says.remarks])
        return self.says.remarks

    # ------------------------------------------------------------ which networks there are

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
            if found:
                return found
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
        call = _call_of(cls.node)
        given = self.parameters(init) if isinstance(init, Function) else Arguments([], [], {}, {})
        made = calls.instantiate(self.runner, call, cls, given)
        cls.used = False
        made.call = call
        return made

    def called(self, function: Function) -> Any:
        call = _call_of(function.node)
        result = calls.execute(
            self.runner,
            call,
            function,
            calls.bind(self.runner, call, function, self.parameters(function), []),
            None,
        )
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
            given.named_places[name] = _call_of(function.node)
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
        except SpecError:
            pass  # it comes again, where sizes are known
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
        call = _call_of(value.call)
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
        except SpecError:
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
        for power in range(7):
            trial = [multiples(shape, 2**power) for shape in shapes]
            errors, self.says.errors, self.says.guessing = self.says.errors, [], True
            try:
                self.attempt(value, ["x"] * len(trial), trial)
                if not any("not known" in d.message for d in self.says.errors):
                    return int(2**power)
            except SpecError:
                break
            finally:
                self.says.errors, self.says.guessing = errors, False
        return 1

    def run(
        self, value: Module, names: list[str], shapes: list[Shape], name: str, span: Span
    ) -> Traced:
        entries, result = self.attempt(value, names, shapes)
        results = self.outputs(result, span)
        return self.pruned(name, span, entries, results)

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
        if not nodes or not entries:
            raise SpecError([Diagnostic("flow", "the network has no layers", span)])
        unique: dict[int, tuple[str, Node]] = {}
        for label, node in results:
            unique.setdefault(id(node), (label, node))
        return Traced(name, span, entries, nodes, list(unique.values()))

    # ------------------------------------------------------------ writing

    def write(self, networks: list[Traced], remarks: list[Diagnostic]) -> s.File:
        for network in networks:
            emit.check_closed(network.nodes, network.entries)
            emit.check_shared(network.nodes)
        taken = {network.name for network in networks}
        blocks = find([network.nodes for network in networks], taken)
        items: list[s.Statement] = []
        for block in blocks.blocks:
            writer = emit.Writer(blocks, block)
            group = block.group
            body = emit.definition(writer, [group.entry], group.nodes, [("", group.result)], group)
            span = group.result.span
            parameters = tuple(s.Parameter(span, p, None) for p in block.parameters)
            items.append(s.Block(span, block.name, parameters, s.Body(span, tuple(body))))
        items += [self.network(network, blocks) for network in networks]
        span = Span(self.text.source, 0, len(self.text.source.text))
        return s.File(span, tuple(items), tuple(remarks))

    def network(self, network: Traced, blocks: Blocks) -> s.Network:
        writer = emit.Writer(blocks, None)
        heads: list[s.Statement] = []
        for entry in network.entries:
            name = self.entry_name(entry, len(network.entries))
            writer.labels[id(entry)] = name
            writer.taken.add(name)
            shape = self.spelled(entry, network)
            heads.append(s.Input(entry.span, name, shape, where(entry, network.multiple)))
        body = emit.definition(writer, network.entries, network.nodes, network.results, None)
        parameters = [
            s.Parameter(
                network.span, name, None if value is None else spell.number(network.span, value)
            )
            for name, value in self.all_parameters(network)
        ]
        statements = (*heads, *body)
        return s.Network(
            network.span, network.name, tuple(parameters), s.Body(network.span, statements)
        )

    def all_parameters(self, network: Traced) -> list[tuple[str, int | None]]:
        """The network's own, and the symbols that its layers are made with."""
        found = dict(network.parameters)
        letters = {
            name
            for entry in network.entries
            for size in entry.shape or ()
            for name in (symbols_of(size) if isinstance(size, Expr) else ())
        }
        stack = list(network.nodes)
        while stack:
            node = stack.pop()
            if node.group is not None:
                stack.extend(node.group.nodes)
            for value in node.arguments.values():
                for name in symbols_of(value) if isinstance(value, Expr) else ():
                    if name not in letters:
                        found.setdefault(name, None)
        return list(found.items())

    def entry_name(self, entry: Node, count: int) -> str:
        label = entry.label or entry.hint or ""
        if count > 1 or (label and label not in ("x", "X", "inputs", "input", "img", "input_")):
            return spell.identifier(label or "image")
        rank = len(entry.shape) if entry.shape is not None else 3
        return {1: "values", 2: "sequence"}.get(rank, "image")

    def spelled(self, entry: Node, network: Traced) -> s.Expression:
        shape: Any = entry.shape
        if network.parameters:
            name = spell.reference(entry.span, network.parameters[0][0])
            rest = tuple(spell.expression(entry.span, size) for size in shape[2:])
            return s.ListLiteral(entry.span, (name, name, *rest))
        if len(shape) == 1:
            return spell.expression(entry.span, shape[0])
        return spell.sizes(entry.span, tuple(shape))


def _call_of(node: ast.AST) -> ast.Call:
    """A call that stands where a node does: for what the listing calls nowhere."""
    name = ast.copy_location(ast.Name("it", ast.Load()), node)
    return ast.copy_location(ast.Call(name, [], []), node)


def multiples(shape: Shape, number: int) -> Shape:
    """The shape, its H and W known to be multiples of a number."""
    if number == 1 or len(shape) != 3:
        return shape
    letters = [symbol(name) for name in "HW"]
    facts = Facts.from_comparisons([("==", letter % number, 0) for letter in letters])
    return tuple(facts.refine(size) if size in letters else size for size in shape)


def where(entry: Node, number: int) -> s.Expression | None:
    """The constraint that says so."""
    names = [
        n
        for n in "HW"
        if any(n in symbols_of(d) for d in (entry.shape or ())[:2] if isinstance(d, Expr))
    ]
    if number == 1 or not names:
        return None
    span, found = entry.span, None
    for name in names:
        rest = s.Binary(span, "%", spell.reference(span, name), spell.number(span, number))
        even = s.Binary(span, "==", rest, spell.number(span, 0))
        found = even if found is None else s.Binary(span, "and", found, even)
    return found


def commented(code: str) -> list[tuple[int, ...]]:
    """Shapes of comments such as ``# input: 3x224x224``, in both orders."""
    found: list[tuple[int, ...]] = []
    for match in re.finditer(
        r"#[^\n]{0,40}?input[^\n\d]{0,40}(\d{1,5})\s*[x×,]\s*(\d{1,5})\s*[x×,]\s*(\d{1,5})", code
    ):
        first, second, third = map(int, match.groups())
        found += [(1, first, second, third), (1, third, first, second)]
    return found
