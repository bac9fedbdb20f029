"""The graph while it is being built: where the next layer goes, and what it goes on from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from archc.diagnostics import Label, Span, fail
from archc.dims import DimError
from archc.graph.arithmetic import shape_text
from archc.graph.evaluate import Evaluator
from archc.graph.inputs import channels_last_help
from archc.graph.network import Layer, Module
from archc.graph.values import (
    Element,
    Frame,
    Poison,
    Scope,
    Signal,
)
from archc.language import syntax
from archc.ops.base import Op, Shape, ShapeError

MAX_LAYERS = 200_000

Value = Signal | Poison | None


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


@dataclass(slots=True)
class Draft:
    """The layers placed so far, in the order they run, and what each reads."""

    layers: list[Layer] = field(default_factory=list[Layer])
    sources: list[tuple[Signal, ...]] = field(default_factory=list["tuple[Signal, ...]"])
    shared: list[tuple[Module | Layer, Module | Layer]] = field(
        default_factory=list["tuple[Module | Layer, Module | Layer]"]
    )  # a further use, the first use
    shapes: dict[tuple[Op, tuple[Shape, ...]], Shape] = field(
        default_factory=dict["tuple[Op, tuple[Shape, ...]]", Shape]
    )

    def add(
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
            except DimError as error:
                fail("too-large", call.span, str(error))
            except ShapeError as error:
                image = len(inputs) == 1 and inputs[0].input_name
                meant = channels_last_help(shapes[0]) if image else None
                labels = [
                    Label(s.span, f"{shape_text(s.shape)} comes from here") for s in inputs[:4]
                ]
                fail(
                    "shape" if len(shapes) < 2 else "merge",
                    call.span,
                    error.message,
                    labels=labels,
                    notes=[error.formula] if error.formula else (),
                    help=meant or error.help,
                )
            self.shapes[key] = known
        return known


class Expander(Protocol):
    """What placing a call needs of the elaborator: it expands bodies and steps in their turn."""

    draft: Draft
    active: list[syntax.Block | syntax.Network]

    def run(self, statements: tuple[syntax.Statement, ...], place: Place) -> None: ...
    def step(self, step: syntax.Step, line: Line) -> None: ...
