"""From syntax tree to network: blocks expanded, names resolved, every shape known as it is placed.

One :class:`Elaborator` builds one network. It walks the bodies in the order of their lines and
keeps for each a :class:`Place`: where new layers go, what names mean there, and the value that
the next line goes on from.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from archc.diagnostics import Label, Span, SpecError, fail
from archc.graph.arguments import Given, LayerArguments, bind_parameters, complete, make_op
from archc.graph.evaluate import Evaluator, shape_text, truth
from archc.graph.inputs import arriving, declared
from archc.graph.names import label_key, resolve
from archc.graph.network import Layer, Module
from archc.graph.scope import DefaultRule, Frame, Scope
from archc.graph.values import (
    BlockValue,
    Element,
    LayerValue,
    NetworkValue,
    Poison,
    ShareValue,
    Signal,
    kind_of,
)
from archc.language import syntax
from archc.ops.base import Op, Shape, ShapeError
from archc.registry import has_layer, layer, layer_names

MAX_LAYERS = 200_000
MAX_STATEMENTS = 600_000  # lines run, counting every repetition: bounds work that places nothing
MAX_NESTING = 64  # blocks inside blocks

Value = Signal | Poison | None
DEFERRED = {"shape", "assertion", "constraint", "merge", "flow", "unknown-name", "undecidable"} | {
    "argument",
    "value",
    "wrong-kind",
    "share",
}
"""Errors inside a called network that wait until somebody reads what they spoil."""


@dataclass(slots=True)
class Place:
    """Where a body's lines go, and the value that the next one goes on from.

    In a merge ``branches`` collects a value a line, and ``flow`` stays what arrives.
    """

    frame: Frame
    scope: Scope
    module: Module
    flow: Value
    branches: list[Value] | None = None
    started: bool = False  # a layer stands already: too late for a `default`
    parts: list[Element] | None = None  # of the line whose braces this body is
    outermost: bool = False  # the body of a network itself

    @property
    def evaluator(self) -> Evaluator:
        return Evaluator(self.scope, self.frame, self.flow)

    def inner(self, **changes: Any) -> Place:
        """The same place with a scope of its own."""
        return replace(self, scope=Scope(self.scope), started=False, outermost=False, **changes)


@dataclass(slots=True)
class Line:
    """A chain being placed."""

    place: Place
    module: Module
    flow: Value
    parts: list[Element] = field(default_factory=list[Element])

    @property
    def frame(self) -> Frame:
        return self.place.frame

    @property
    def evaluator(self) -> Evaluator:
        return Evaluator(self.place.scope, self.place.frame, self.flow)

    def signal(self, span: Span) -> Signal:
        """The value that arrives at the next step. An error where there is none to go on from."""
        flow = self.flow
        if isinstance(flow, Signal):
            return flow
        if isinstance(flow, Poison):
            raise flow.error
        fail(
            "flow",
            span,
            "no value arrives here",
            help="begin the line with `from NAME`",
        )


class Elaborator:
    """Builds one network. ``layers`` are in the order they run."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.signals: dict[int, Signal] = {}  # id of a layer -> its output
        self.sources: list[tuple[Signal, ...]] = []  # what each layer reads
        self.shared: list[tuple[Module | Layer, Module | Layer]] = []  # further use, first use
        self.statements = 0
        self.active: list[syntax.Block | syntax.Network] = []
        self.shapes: dict[tuple[Op, tuple[Shape, ...]], Shape] = {}

    # ------------------------------------------------------------ bodies

    def run(self, statements: tuple[syntax.Statement, ...], place: Place) -> None:
        for statement in statements:
            self.statements += 1
            if self.statements > MAX_STATEMENTS:
                message = f"the spec expands to more than {MAX_STATEMENTS:,} lines"
                fail("too-large", statement.span, message)
            handler = _STATEMENTS[type(statement)]
            if not place.frame.called:
                handler(self, statement, place)
                continue
            try:
                handler(self, statement, place)
            except SpecError as error:
                self.poison(error, statement, place)

    def poison(self, error: SpecError, statement: syntax.Statement, place: Place) -> None:
        """A line of a called network is wrong: an error only for those who read it."""
        if not all(d.code in DEFERRED for d in error.diagnostics):
            raise error
        value = Poison(error)
        label = getattr(statement, "label", None)
        if isinstance(label, syntax.Reference):
            try:
                key = label_key(label, place.evaluator)
            except SpecError:
                key = None
            if key is not None and key not in place.frame.labels:
                place.frame.labels[key] = Element(key, value, span=label.span)
        elif isinstance(statement, syntax.Let):
            place.scope.names.setdefault(statement.name, Element(statement.name, value))
        if isinstance(statement, syntax.Output):
            return
        if place.branches is None:
            place.flow = value
        else:
            place.branches.append(value)

    def statement_chain(self, statement: syntax.Chain, place: Place) -> None:
        key = label_key(statement.label, place.evaluator) if statement.label else None
        element = self.line(statement, key, place)
        place.started = True
        if key is not None and statement.label is not None:
            place.frame.define(key, element, statement.label.span, place.scope)
        if place.branches is None:
            place.flow = element.value
            if place.parts is not None:
                place.parts.extend(element.parts if key is None else [element])
        else:
            place.branches.append(element.value)

    def line(
        self, statement: syntax.Chain | syntax.Output, key: str | None, place: Place
    ) -> Element:
        """Place a chain; a labelled line and a branch are modules of their own."""
        module = place.module
        if place.branches is not None:
            name = key if key is not None else str(len(place.branches))
            module = Module("branch", "", name, place.module, statement.span, label=key)
        elif key is not None:
            module = Module("line", "", key, place.module, statement.span, label=key)
        line = Line(place, module, place.flow)
        try:
            for step in statement.steps:
                self.step(step, line)
        finally:  # a called network keeps what stands before an error
            if module is not place.module and module.children:
                place.module.children.append(module)
        value = line.flow
        if value is None:
            fail("flow", statement.span, "this line has no value")
        if statement.assertion is not None and not place.frame.called:
            self.check_assertion(statement.assertion, value, place, line.parts)
        frame = line.parts[-1].frame if line.parts else None
        span = statement.label.span if statement.label else statement.span
        return Element(key or "", value, module, frame, line.parts, span)

    def check_assertion(
        self, assertion: syntax.Assertion, value: Value, place: Place, parts: list[Element]
    ) -> None:
        if isinstance(value, Poison):
            raise value.error
        assert value is not None
        stated = Evaluator(place.scope, place.frame, value).evaluate(assertion.shape)
        expected = stated if isinstance(stated, tuple) else (stated,)
        facts = (place.frame.network or place.frame).facts
        from archc.graph.evaluate import decide

        actual = value.shape
        if len(actual) == len(expected) and all(  # pyright: ignore[reportUnknownArgumentType]
            decide("==", a, e, facts) is True
            for a, e in zip(actual, expected, strict=True)  # pyright: ignore
        ):
            return
        labels = [Label(value.span, f"makes {shape_text(actual)}")]
        notes = next((note for part in reversed(parts) if (note := explain_shape(part))), None)
        fail(
            "assertion",
            assertion.span,
            f"the shape here is {shape_text(actual)}, not {shape_text(expected)}",  # pyright: ignore
            caret=f"this is {shape_text(actual)}",
            labels=labels,
            notes=[notes] if notes else (),
        )

    def statement_output(self, statement: syntax.Output, place: Place) -> None:
        if not isinstance(place.frame.definition, syntax.Network) or place.branches is not None:
            fail("flow", statement.span, "an output stands in a network's body, not in a block")
        key = label_key(statement.label, place.evaluator)
        span = statement.label.span
        if statement.steps:
            element = self.line(statement, key, place)
            place.frame.define(key, element, span, place.scope)
        else:
            element = resolve(statement.label, place.evaluator)
            if not isinstance(element, Element):
                fail("wrong-kind", span, f"an output is a tensor, but this is {kind_of(element)}")
        if any(name == key for name, _, _ in place.frame.outputs):
            fail("duplicate-name", span, f"`{key}` is already an output")
        place.started = True
        place.frame.outputs.append((key, element, span))

    def statement_let(self, statement: syntax.Let, place: Place) -> None:
        value = place.evaluator.evaluate(statement.value)
        if statement.name in place.frame.labels:
            fail(
                "duplicate-name",
                statement.span,
                f"`{statement.name}` is already taken here",
            )
        place.scope.define(statement.name, value, statement.span)

    def statement_default(self, statement: syntax.Default, place: Place) -> None:
        if place.started:
            fail(
                "default",
                statement.span,
                "a `default` stands before the first layer of its body",
                help="move it up, or put the lines that it is for into braces",
            )
        add_default(statement, place.scope)

    def statement_share(self, statement: syntax.Share, place: Place) -> None:
        if any(isinstance(step, syntax.From) for step in statement.steps):
            fail("share", statement.span, "shared layers take what arrives: no `from` in a `share`")
        if statement.name in place.frame.labels:
            fail("duplicate-name", statement.span, f"`{statement.name}` is already taken here")
        value = ShareValue(statement, place.scope, place.frame)
        place.scope.define(statement.name, value, statement.span)

    def statement_block(self, statement: syntax.Block, place: Place) -> None:
        value = BlockValue(statement, place.scope)
        place.scope.define(statement.name, value, statement.span)

    def statement_for(self, statement: syntax.For, place: Place) -> None:
        items = place.evaluator.evaluate(statement.iterable)
        if not isinstance(items, tuple):
            fail(
                "wrong-kind",
                statement.iterable.span,
                f"`for` goes through a list, but this is {kind_of(items)}",
                help=f"write `range({items})`" if type(items) is int else None,
            )
        for index, item in enumerate(items):  # pyright: ignore[reportUnknownArgumentType]
            inner = place.inner()
            if statement.index is not None:
                inner.scope.define(statement.index, index, statement.span)
            inner.scope.define(statement.item, item, statement.span)
            self.splice(statement.body, inner, place)
        self.statements += 1

    def statement_if(self, statement: syntax.If, place: Place) -> None:
        chosen: syntax.Body | syntax.If | None = statement
        while isinstance(chosen, syntax.If):
            condition = place.evaluator.evaluate(chosen.condition)
            if truth(condition, chosen.condition.span):
                chosen = chosen.body
            else:
                chosen = chosen.otherwise
        if chosen is not None:
            self.splice(chosen, place.inner(), place)

    def splice(self, body: syntax.Body, inner: Place, place: Place) -> None:
        """The lines of a `for` or `if` stand in the body around it."""
        self.run(body.statements, inner)
        if place.branches is None:
            place.flow = inner.flow
        place.started = place.started or inner.started

    def statement_published(self, statement: syntax.Published, place: Place) -> None:
        if not isinstance(place.frame.definition, syntax.Network):
            message = "published claims stand in a network's body or in the file, not in a block"
            fail("claim", statement.span, message)
        place.frame.published.append(statement)

    def statement_input(self, statement: syntax.Input, place: Place) -> None:
        if place.outermost and not place.started:
            return  # bound before the body runs
        fail(
            "flow",
            statement.span,
            "an input stands at the head of a network's body",
            help="inputs come before the first layer of the network",
        )

    # ------------------------------------------------------------ steps

    def step(self, step: syntax.Step, line: Line) -> None:
        match step:
            case syntax.Call():
                self.call(step, line)
            case syntax.From():
                self.source(step, line)
            case syntax.Repeat():
                self.repeat(step, line)
            case syntax.Braces():
                self.braces(step.body, line)
            case _:
                raise TypeError(step)

    def source(self, step: syntax.From, line: Line) -> None:
        value = resolve(step.source, line.evaluator)
        if not isinstance(value, Element) or value.value is None:
            what = kind_of(value)
            fail("wrong-kind", step.source.span, f"`from` reads a tensor, but this is {what}")
        if line.parts:
            fail("flow", step.span, "`from` only starts a chain", help="begin a new line with it")
        line.flow = value.value

    def repeat(self, step: syntax.Repeat, line: Line) -> None:
        count = line.evaluator.evaluate(step.count)
        if isinstance(count, bool) or not isinstance(count, int):
            message = f"a repeat count is an integer, but this is {kind_of(count)}"
            fail("wrong-kind", step.count.span, message)
        if count < 0:
            fail("value", step.count.span, f"a repeat count is not negative, but this is {count}")
        if count > MAX_LAYERS:
            fail("too-large", step.count.span, f"{count:,} repetitions are too many")
        for _ in range(count):
            self.statements += 1
            if isinstance(step.step, syntax.Call):
                self.call(step.step, line)
            else:
                self.group(step.step, line)
        if self.statements > MAX_STATEMENTS:
            message = f"the spec expands to more than {MAX_STATEMENTS:,} lines"
            fail("too-large", step.span, message)

    def braces(self, body: syntax.Body, line: Line) -> None:
        """A group of lines as one step; its labels are those of the body around."""
        place = line.place.inner(module=line.module, flow=line.flow, branches=None, parts=line.parts)
        self.run(body.statements, place)
        line.flow = place.flow

    def group(self, step: syntax.Braces, line: Line) -> None:
        """One copy of a repeated group: a module whose labels are its own."""
        around = line.frame
        module = Module("group", "", "group", line.module, step.span, callee="group")
        frame = replace(around, module=module, labels=ChainMap({}, around.labels))  # type: ignore[arg-type]  # typeshed: ChainMap of a MutableMapping
        parts: list[Element] = []
        place = line.place.inner(
            module=module, flow=line.flow, branches=None, parts=parts, frame=frame
        )
        self.run(step.body.statements, place)
        if module.children:
            line.module.children.append(module)
        line.flow = place.flow
        line.parts.append(Element("group", place.flow, module, frame, [], step.span))

    def call(self, call: syntax.Call, line: Line) -> None:
        callee = self.callee(call.name, line)
        if call.body is not None and not isinstance(callee, LayerValue):
            message = f"only a layer takes a body, and this is {kind_of(callee)}"
            fail("wrong-kind", call.name.span, message)
        match callee:
            case LayerValue():
                self.layer_call(callee.name, call, line, ())
            case BlockValue():
                self.block_call(callee, call, line)
            case NetworkValue():
                self.network_call(callee, call, line)
            case ShareValue():
                self.share_call(callee, call, line)

    def callee(
        self, name: syntax.Reference, line: Line
    ) -> LayerValue | BlockValue | NetworkValue | ShareValue:
        simple = name.simple
        scope = line.place.scope
        if simple is not None:
            value = scope.find(simple) if scope.has(simple) else None
            if isinstance(value, LayerValue | BlockValue | NetworkValue | ShareValue):
                return value
            if has_layer(simple):
                return LayerValue(simple)
            if value is None:
                value = line.frame.labels.get(simple)
            if value is None:
                self.unknown_layer(name, simple, line)
        else:
            value = resolve(name, line.evaluator)
            if isinstance(value, LayerValue | BlockValue | NetworkValue | ShareValue):
                return value
        help = f"to go on from it, write `from {name.text}`" if isinstance(value, Element) else None
        message = f"`{name.text}` is {kind_of(value)}, not a layer or block"
        fail("wrong-kind", name.span, message, help=help)

    def unknown_layer(self, name: syntax.Reference, simple: str, line: Line) -> None:
        from archc.diagnostics import did_you_mean

        known = [n for n in line.place.scope.known() if self.is_callable(n, line)]
        fail(
            "unknown-layer",
            name.span,
            f"unknown layer or block `{simple}`",
            help=did_you_mean(simple, [*known, *layer_names()]),
        )

    def is_callable(self, name: str, line: Line) -> bool:
        value = line.place.scope.find(name)
        return isinstance(value, LayerValue | BlockValue | NetworkValue | ShareValue)

    # ------------------------------------------------------------ layers

    def layer_call(
        self, name: str, call: syntax.Call, line: Line, followed: tuple[str, ...]
    ) -> None:
        """Place a layer with its arguments, its defaults and their followers."""
        op_class = layer(name)
        given = LayerArguments(op_class, line.evaluator).bind(call.arguments)
        rule = line.place.scope.default_for(name, call.span)
        if rule is not None:
            self.apply_default(rule, op_class, given, line)
        op = make_op(op_class, given, call.span)
        if call.body is not None:
            self.merge(op, call, line)
        else:
            inputs = (line.signal(call.span), *self.roles(op_class, given, call))
            self.check_count(op, len(inputs), call)
            self.place(op, call, line.module, inputs, line)
        if rule is not None and not given.linear:
            if name in followed:
                circle = " → ".join([*followed, name])
                fail("default", call.span, f"a circle of defaults: {circle}")
            for follower in rule.definition.followers:
                self.follower(follower, rule, line, (*followed, name))

    def apply_default(
        self, rule: DefaultRule, op_class: type[Op], given: Given, line: Line
    ) -> None:
        evaluator = Evaluator(rule.scope, line.frame, line.flow)
        default = LayerArguments(op_class, evaluator).bind(rule.definition.call.arguments)
        stand_in = {n for a in op_class.arguments() if a.name in given.values for n in a.instead_of}
        for name, value in default.values.items():
            if name not in given.values and name not in stand_in:
                given.values[name] = value
                given.spans[name] = default.spans[name]

    def follower(
        self, call: syntax.Call, rule: DefaultRule, line: Line, followed: tuple[str, ...]
    ) -> None:
        """A follower of a default: read where the default stands, with its own defaults."""
        place = replace(line.place, scope=rule.scope)
        inner = Line(place, line.module, line.flow, line.parts)
        callee = self.callee(call.name, inner)
        if isinstance(callee, LayerValue):
            self.layer_call(callee.name, call, inner, followed)
        elif isinstance(callee, BlockValue):
            self.block_call(callee, call, inner)
        else:
            message = f"a follower is a layer or a block, but this is {kind_of(callee)}"
            fail("wrong-kind", call.name.span, message)
        line.flow = inner.flow

    def roles(self, op_class: type[Op], given: Given, call: syntax.Call) -> tuple[Signal, ...]:
        """Further inputs given as arguments: ``boxes=rois``. The field holds the input's number."""
        found: list[Signal] = []
        for argument in op_class.arguments():
            value = given.values.get(argument.name)
            if argument.kind == "tensor" and isinstance(value, Element):
                if isinstance(value.value, Poison):
                    raise value.value.error
                assert value.value is not None
                found.append(value.value)
                given.values[argument.name] = len(found)
        return tuple(found)

    def check_count(self, op: Op, count: int, call: syntax.Call) -> None:
        least, most = op.inputs
        if count < least:
            fail(
                "merge",
                call.span,
                f"`{op.name}` takes at least {least} inputs, but {count} arrive"
                if count != 1
                else f"`{op.name}` takes at least {least} inputs, but one value arrives",
                help=f"give it a body, a branch a line: `{op.name} {{ ... }}`",
            )
        if most is not None and count > most:
            message = f"`{op.name}` takes {most} input{'s' * (most > 1)}, but {count} arrive"
            fail("merge", call.span, message)

    def merge(self, op: Op, call: syntax.Call, line: Line) -> None:
        """A layer with a body: each line of the body is one of its inputs."""
        assert call.body is not None
        module = Module("merge", "", op.name, line.module, call.span, callee=op.name)
        place = line.place.inner(module=module, flow=line.flow, branches=[], parts=None)
        line.module.children.append(module)
        self.run(call.body.statements, place)
        signals: list[Signal] = []
        for value in place.branches or []:
            if isinstance(value, Poison):
                raise value.error
            assert value is not None
            signals.append(value)
        if len(signals) < 2 and op.inputs[0] > 1:
            branches = "one branch" if signals else "no branch"
            help = "a line is a branch; lines that follow one another stand in braces or on one line"
            fail("merge", call.span, f"`{op.name}` of {branches}", help=help)
        self.check_count(op, len(signals), call)
        signal = self.place(op, call, module, tuple(signals), line, appended=False)
        assert signal.layer is not None
        line.parts[-1].node = module

    def place(
        self,
        op: Op,
        call: syntax.Call,
        module: Module,
        inputs: tuple[Signal, ...],
        line: Line,
        appended: bool = True,
    ) -> Signal:
        """Add a layer to the graph; its shape is known from here on."""
        shapes = tuple(signal.shape for signal in inputs)
        shape = self.shape(op, shapes, inputs, call)
        for signal in inputs:
            signal.readers += 1
        if len(self.layers) >= MAX_LAYERS:
            fail("too-large", call.span, f"the network has more than {MAX_LAYERS:,} layers")
        name = op.name if appended else ""
        placed = Layer("", op, (), shapes, shape, call.span, module, name)
        signal = Signal(shape, call.span, placed, called=line.frame.called)
        self.layers.append(placed)
        self.sources.append(inputs)
        module.children.append(placed)
        line.flow = signal
        line.parts.append(Element(op.name, signal, placed, None, [], call.span))
        return signal

    def shape(
        self, op: Op, shapes: tuple[Shape, ...], inputs: tuple[Signal, ...], call: syntax.Call
    ) -> Shape:
        key = (op, shapes)
        known = self.shapes.get(key)
        if known is None:
            try:
                known = op.shape(*shapes)
            except ShapeError as error:
                labels = [
                    Label(s.span, f"{shape_text(s.shape)} comes from here") for s in inputs[:4]
                ]
                fail(
                    "shape" if len(shapes) < 2 else "merge",
                    call.span,
                    error.message,
                    labels=labels,
                    notes=[error.formula] if error.formula else (),
                    help=error.help,
                )
            self.shapes[key] = known
        return known

    # ------------------------------------------------------------ blocks, networks, shared layers

    @contextmanager
    def expanding(
        self, definition: syntax.Block | syntax.Network, call: syntax.Call
    ) -> Iterator[None]:
        """Guard one expansion: no recursion, bounded nesting, and errors say who called."""
        name = definition.name
        if any(definition is active for active in self.active):
            message = f"`{name}` is being expanded here and cannot be called inside itself"
            fail("recursion", call.span, message, labels=[Label(definition.span, "defined here")])
        if len(self.active) >= MAX_NESTING:
            fail("too-large", call.span, f"blocks are nested more than {MAX_NESTING} deep")
        self.active.append(definition)
        try:
            yield
        except SpecError as error:
            first = error.diagnostics[0]
            if len(first.labels) < 4 and first.span is not None and first.span != call.span:
                label = Label(call.span, f"in this call of `{name}`")
                if label not in first.labels:
                    first = replace(first, labels=(*first.labels, label))
            raise SpecError([first, *error.diagnostics[1:]]) from None
        finally:
            self.active.pop()

    def block_call(self, block: BlockValue, call: syntax.Call, line: Line) -> None:
        definition = block.definition
        values, _, _ = bind_parameters(
            definition.name, definition.parameters, call, line.evaluator
        )
        with self.expanding(definition, call):
            scope = Scope(block.scope)
            complete(definition.name, definition.parameters, values, scope, call.span)
            module = Module(
                "block",
                "",
                definition.name,
                line.module,
                call.span,
                callee=definition.name,
                definition=definition,
                arguments=shown(scope.names),
            )
            frame = Frame(module, definition, line.frame.called, line.frame.network)
            place = Place(frame, scope, module, line.flow)
            try:
                self.run(definition.body.statements, place)
            finally:
                if module.children:
                    line.module.children.append(module)
            line.flow = place.flow
            line.parts.append(
                Element(definition.name, place.flow, module, frame, [], call.span)
            )

    def network_call(self, network: NetworkValue, call: syntax.Call, line: Line) -> None:
        """A network as a part of another: only what is read of it is kept and checked."""
        definition = network.definition
        heads = input_statements(definition)
        names = tuple(head.name or "input" for head in heads)
        values, tensors, spans = bind_parameters(
            network.name, definition.parameters, call, line.evaluator, names[1:]
        )
        if not heads:
            fail("flow", call.span, f"the network `{network.name}` has no input to take what arrives")
        with self.expanding(definition, call):
            scope = Scope(network.scope)
            bound = bound_values(network)
            complete(network.name, definition.parameters, {**bound, **values}, scope, call.span)
            module = Module(
                "network",
                "",
                network.name,
                line.module,
                call.span,
                callee=network.name,
                definition=definition,
                arguments=shown(scope.names),
            )
            frame = Frame(module, definition, called=True)
            frame.network = frame
            first = line.signal(call.span)
            arriving(network.name, heads, first, tensors, spans, call, frame, scope)
            flow = frame.labels[names[0]].value if len(heads) == 1 else None
            place = Place(frame, scope, module, flow, outermost=True)
            self.run(definition.body.statements, place)
            if module.children:
                line.module.children.append(module)
            line.flow = network_result(place)
            line.parts.append(Element(network.name, line.flow, module, frame, [], call.span))

    def share_call(self, share: ShareValue, call: syntax.Call, line: Line) -> None:
        """A use of shared layers: the first makes the weights, the others must agree with it."""
        name = share.definition.name
        if call.arguments:
            span = call.arguments[0].span
            fail("argument", span, f"`{name}` is shared and takes no arguments where it is used")
        before = len(line.module.children)
        place = replace(line.place, scope=share.scope, frame=share.frame)
        inner = Line(place, line.module, line.signal(call.span))
        for step in share.definition.steps:
            self.step(step, inner)
        nodes = line.module.children[before:]
        if len(nodes) == 1:
            nodes[0].name = name
        line.flow = inner.flow
        if share.first is None:
            share.first = list(nodes)
        else:
            self.agree(share, nodes, call)
        last = inner.parts[-1] if inner.parts else None
        line.parts.append(
            Element(name, line.flow, last.node if last else None, last.frame if last else None)
        )

    def agree(self, share: ShareValue, nodes: list[Module | Layer], call: syntax.Call) -> None:
        """Pair the nodes of a further use with the first one's; weights must be the same."""
        assert share.first is not None
        stack = list(zip(share.first, nodes, strict=False))
        same = len(share.first) == len(nodes)
        while stack and same:
            first, other = stack.pop()
            self.shared.append((other, first))
            if isinstance(first, Layer) and isinstance(other, Layer):
                self.agree_layer(share, first, other, call)
            elif isinstance(first, Module) and isinstance(other, Module):
                same = len(first.children) == len(other.children)
                stack.extend(zip(first.children, other.children, strict=False))
            else:
                same = False
        if not same:
            name = share.definition.name
            message = f"this use of `{name}` has other layers than the first"
            fail("share", call.span, message, labels=[Label(share.definition.span, "shared here")])

    def agree_layer(self, share: ShareValue, first: Layer, other: Layer, call: syntax.Call) -> None:
        if first.op == other.op and first.weights == other.weights:
            return
        name = share.definition.name
        fail(
            "share",
            call.span,
            f"`{name}` has one set of weights, but its `{other.op.name}` sees "
            f"{shape_text(other.input_shapes[0])} here and {shape_text(first.input_shapes[0])} at its first use",
            labels=[Label(first.span, "this layer's weights"), Label(share.definition.span, "shared here")],
        )


def input_statements(definition: syntax.Network) -> list[syntax.Input]:
    return [s for s in definition.body.statements if isinstance(s, syntax.Input)]


def bound_values(network: NetworkValue) -> dict[str, Any]:
    """The values that a row of a variants table gives to parameters."""
    return {
        name: Evaluator(scope, None).evaluate(cell) for name, (cell, scope) in network.bound.items()
    }


def network_result(place: Place) -> Value:
    """A called network's value: its last line's, unless only its outputs use that."""
    flow, outputs = place.flow, place.frame.outputs
    if outputs and (flow is None or (isinstance(flow, Signal) and flow.readers)):
        return outputs[-1][1].value
    return flow


def add_default(statement: syntax.Default, scope: Scope) -> None:
    """Enter a default into its scope."""
    name = statement.call.name.simple
    if name is None or not has_layer(name):
        from archc.diagnostics import did_you_mean

        text = statement.call.name.text
        help = did_you_mean(text, layer_names())
        fail("unknown-layer", statement.call.name.span, f"unknown layer `{text}`", help=help)
    if name in scope.defaults:
        first = scope.defaults[name].definition.span
        message = f"a second default for `{name}` in one body"
        fail("default", statement.span, message, labels=[Label(first, "the first")])
    scope.defaults[name] = DefaultRule(statement, scope)


def shown(names: dict[str, Any]) -> dict[str, Any]:
    """Arguments as plain data for titles and reports: blocks by name, tensors left out."""
    result: dict[str, Any] = {}
    for name, value in names.items():
        if isinstance(value, BlockValue | NetworkValue | LayerValue):
            result[name] = value.name
        elif not isinstance(value, Element | ShareValue):
            result[name] = value
    return result


def explain_shape(part: Element) -> str | None:
    """The formula of the shape that a step made, where the step is a layer that has one."""
    node = part.node
    if not isinstance(node, Layer):
        return None
    formula = node.op.explain(*node.input_shapes)
    return f"{node.op.name}, {formula}" if formula else None


_STATEMENTS: dict[type[syntax.Statement], Callable[[Elaborator, Any, Place], None]] = {
    syntax.Chain: Elaborator.statement_chain,
    syntax.Output: Elaborator.statement_output,
    syntax.Let: Elaborator.statement_let,
    syntax.Default: Elaborator.statement_default,
    syntax.Share: Elaborator.statement_share,
    syntax.Block: Elaborator.statement_block,
    syntax.For: Elaborator.statement_for,
    syntax.If: Elaborator.statement_if,
    syntax.Published: Elaborator.statement_published,
    syntax.Input: Elaborator.statement_input,
}

__all__ = ["Elaborator", "Line", "Place", "add_default", "declared"]
