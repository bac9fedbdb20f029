"""From syntax tree to network: blocks expanded, names resolved, every shape known as it is placed.

One :class:`Elaborator` builds one network. It walks the bodies in the order of their lines and
keeps for each a :class:`Place`: where new layers go, what names mean there, and the value that
the next line goes on from.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from archc.diagnostics import Label, Span, SpecError, did_you_mean, fail
from archc.dims import DimError, Expr
from archc.graph.arithmetic import decide, shape_text, truth
from archc.graph.evaluate import Evaluator
from archc.graph.expand import block_call, network_call, share_call
from archc.graph.layers import callee, layer_call
from archc.graph.names import label_key, resolve
from archc.graph.network import Layer, Module
from archc.graph.place import MAX_LAYERS, Draft, Line, Place, Value
from archc.graph.values import (
    BlockValue,
    DefaultRule,
    Element,
    LayerValue,
    NetworkValue,
    Poison,
    Scope,
    ShareValue,
    Signal,
    kind_of,
    list_of,
)
from archc.language import syntax
from archc.registry import has_layer, layer_names

MAX_STATEMENTS = 600_000  # lines run, counting every repetition: bounds work that places nothing

DEFERRED = {"shape", "assertion", "constraint", "merge", "flow", "unknown-name", "undecidable"} | {
    "argument",
    "value",
    "wrong-kind",
    "share",
}
"""Errors inside a called network that wait until somebody reads what they spoil."""


class Elaborator:
    """Builds one network: expands the bodies, and the layers of ``draft`` come of it."""

    def __init__(self) -> None:
        self.draft = Draft()
        self.active: list[syntax.Block | syntax.Network] = []  # being expanded
        self.statements = 0

    # ------------------------------------------------------------ bodies

    def run(self, statements: tuple[syntax.Statement, ...], place: Place) -> None:
        if not statements:
            self.count_line(place.module.span)  # to run nothing is work too
        for statement in statements:
            self.count_line(statement.span)
            handler = _STATEMENTS[type(statement)]
            try:
                handler(self, statement, place)
            except SpecError as error:
                if not place.frame.called:
                    raise
                self.poison(error, statement, place)
            except DimError as error:
                fail("too-large", statement.span, str(error))

    def count_line(self, span: Span | None) -> None:
        """Refuse to run more lines than a spec may expand to."""
        self.statements += 1
        if self.statements > MAX_STATEMENTS:
            message = f"the spec expands to more than {MAX_STATEMENTS:,} lines"
            fail("too-large", span, message)

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
        expected = list_of(stated) or (stated,)
        for size in expected:
            if isinstance(size, bool) or not isinstance(size, int | Expr):
                what = kind_of(size)
                fail("wrong-kind", assertion.span, f"a shape is of sizes, but this has {what}")
        facts = (place.frame.network or place.frame).facts
        actual = value.shape
        if len(actual) == len(expected) and all(
            decide("==", a, e, facts) is True for a, e in zip(actual, expected, strict=True)
        ):
            return
        labels = [Label(value.span, f"makes {shape_text(actual)}")]
        notes = next((note for part in reversed(parts) if (note := explain_shape(part))), None)
        fail(
            "assertion",
            assertion.span,
            f"the shape here is {shape_text(actual)}, not {shape_text(expected)}",
            caret=f"this is {shape_text(actual)}",
            labels=labels,
            notes=[notes] if notes else (),
        )

    def statement_output(self, statement: syntax.Output, place: Place) -> None:
        if not isinstance(place.frame.definition, syntax.Network) or place.branches is not None:
            fail("flow", statement.span, "an output stands in a network's body, not in a block")
        key = label_key(statement.label, place.evaluator)
        span = statement.label.span
        if key in place.frame.outputs:
            fail("duplicate-name", span, f"`{key}` is already an output")
        if statement.steps:
            element = self.line(statement, key, place)
            place.frame.define(key, element, span, place.scope)
        else:
            element = resolve(statement.label, place.evaluator)
            if not isinstance(element, Element):
                fail("wrong-kind", span, f"an output is a tensor, but this is {kind_of(element)}")
        place.started = True
        place.frame.outputs[key] = (element, span)

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
        iterable = place.evaluator.evaluate(statement.iterable)
        items = list_of(iterable)
        if items is None:
            fail(
                "wrong-kind",
                statement.iterable.span,
                f"`for` goes through a list, but this is {kind_of(iterable)}",
                help=f"write `range({iterable})`" if type(iterable) is int else None,
            )
        for index, item in enumerate(items):
            inner = place.inner()
            if statement.index is not None:
                inner.scope.define(statement.index, index, statement.span)
            inner.scope.define(statement.item, item, statement.span)
            self.splice(statement.body, inner, place)

    def statement_if(self, statement: syntax.If, place: Place) -> None:
        chosen: syntax.Body | syntax.If | None = statement
        while isinstance(chosen, syntax.If):
            condition = place.evaluator.evaluate(chosen.condition)
            holds = truth(condition, chosen.condition.span)
            chosen = chosen.body if holds else chosen.otherwise
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

    def statement_configurations(self, statement: syntax.Configurations, place: Place) -> None:
        message = "configurations stand in a network's own body"  # there they are lines by now
        fail("variant", statement.span, message)

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
        for i in range(count):
            flow, layers, statements = line.flow, len(self.draft.layers), self.statements
            self.count_line(step.span)
            if isinstance(step.step, syntax.Call):
                self.call(step.step, line)
            else:
                self.group(step.step, line)
            if i and same_shape(flow, line.flow):  # those that remain add as much, each
                self.check_room(step, count, i + 1, layers, statements)

    def check_room(
        self, step: syntax.Repeat, count: int, done: int, layers: int, statements: int
    ) -> None:
        """Refuse a repetition before its copies are made, where all of them are too many."""
        each = len(self.draft.layers) - layers
        if len(self.draft.layers) + (count - done) * each > MAX_LAYERS:
            fail(
                "too-large",
                step.count.span,
                f"{count:,} times {each:,} layers: a network has at most {MAX_LAYERS:,} layers",
            )
        each = self.statements - statements
        if self.statements + (count - done) * each > MAX_STATEMENTS:
            message = f"the spec expands to more than {MAX_STATEMENTS:,} lines"
            fail("too-large", step.count.span, message)

    def braces(self, body: syntax.Body, line: Line) -> None:
        """A group of lines as one step; its labels are those of the body around."""
        place = line.place.inner(
            module=line.module, flow=line.flow, branches=None, parts=line.parts
        )
        self.run(body.statements, place)
        line.flow = place.flow

    def group(self, step: syntax.Braces, line: Line) -> None:
        """One copy of a repeated group: a module whose labels are its own."""
        around = line.frame
        module = Module("group", "", "group", line.module, step.span, callee="group")
        frame = replace(around, module=module, labels=ChainMap({}, around.labels))
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
        called = callee(call.name, line)
        if call.body is not None and not isinstance(called, LayerValue):
            message = f"only a layer takes a body, and this is {kind_of(called)}"
            fail("wrong-kind", call.name.span, message)
        match called:
            case LayerValue():
                layer_call(self, called.name, call, line)
            case BlockValue():
                block_call(self, called, call, line)
            case NetworkValue():
                network_call(self, called, call, line)
            case ShareValue():
                share_call(self, called, call, line)


def add_default(statement: syntax.Default, scope: Scope) -> None:
    """Enter a default into its scope."""
    name = statement.call.name.simple
    if name is None or not has_layer(name):
        text = statement.call.name.text
        help = did_you_mean(text, layer_names())
        fail("unknown-layer", statement.call.name.span, f"unknown layer `{text}`", help=help)
    if name in scope.defaults:
        first = scope.defaults[name].definition.span
        message = f"a second default for `{name}` in one body"
        fail("default", statement.span, message, labels=[Label(first, "the first")])
    scope.defaults[name] = DefaultRule(statement, scope)


def same_shape(before: Value, after: Value) -> bool:
    """Whether two values that arrive at a step lead to the same layers there."""
    return isinstance(before, Signal) and isinstance(after, Signal) and before.shape == after.shape


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
    syntax.Configurations: Elaborator.statement_configurations,
    syntax.Input: Elaborator.statement_input,
}
