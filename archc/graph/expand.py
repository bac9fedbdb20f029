"""Expanding what a call names: a block, a network inside another, layers that share weights."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from archc.diagnostics import Label, SpecError, fail
from archc.graph.arguments import bind_parameters, complete
from archc.graph.arithmetic import shape_text
from archc.graph.evaluate import Evaluator
from archc.graph.inputs import arriving
from archc.graph.network import Layer, Module
from archc.graph.place import Expander, Line, Place, Value
from archc.graph.values import (
    BlockValue,
    Element,
    Frame,
    LayerValue,
    NetworkValue,
    Scope,
    ShareValue,
    Signal,
)
from archc.language import syntax

MAX_NESTING = 64  # blocks inside blocks


@contextmanager
def expanding(
    expander: Expander, definition: syntax.Block | syntax.Network, call: syntax.Call
) -> Generator[None]:
    """Guard one expansion: no recursion, bounded nesting, and errors say who called."""
    name = definition.name
    if any(definition is active for active in expander.active):
        message = f"`{name}` is being expanded here and cannot be called inside itself"
        fail("recursion", call.span, message, labels=[Label(definition.span, "defined here")])
    if len(expander.active) >= MAX_NESTING:
        fail("too-large", call.span, f"blocks are nested more than {MAX_NESTING} deep")
    expander.active.append(definition)
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
        expander.active.pop()


def block_call(expander: Expander, block: BlockValue, call: syntax.Call, line: Line) -> None:
    definition = block.definition
    values, _, _ = bind_parameters(definition.name, definition.parameters, call, line.evaluator)
    with expanding(expander, definition, call):
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
            expander.run(definition.body.statements, place)
        finally:
            if module.children:
                line.module.children.append(module)
        line.flow = place.flow
        line.parts.append(Element(definition.name, place.flow, module, frame, [], call.span))


def network_call(expander: Expander, network: NetworkValue, call: syntax.Call, line: Line) -> None:
    """A network as a part of another: only what is read of it is kept and checked."""
    definition = network.definition
    heads = input_statements(definition)
    names = tuple(head.name or "input" for head in heads)
    values, tensors, spans = bind_parameters(
        network.name, definition.parameters, call, line.evaluator, names[1:]
    )
    if not heads:
        fail("flow", call.span, f"the network `{network.name}` has no input to take what arrives")
    with expanding(expander, definition, call):
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
        expander.run(definition.body.statements, place)
        if module.children:
            line.module.children.append(module)
        line.flow = network_result(place)
        line.parts.append(Element(network.name, line.flow, module, frame, [], call.span))


def share_call(expander: Expander, share: ShareValue, call: syntax.Call, line: Line) -> None:
    """A use of shared layers: the first makes the weights, the others must agree with it."""
    name = share.definition.name
    if call.arguments:
        span = call.arguments[0].span
        fail("argument", span, f"`{name}` is shared and takes no arguments where it is used")
    before = len(line.module.children)
    place = replace(line.place, scope=share.scope, frame=share.frame)
    inner = Line(place, line.module, line.signal(call.span))
    for step in share.definition.steps:
        expander.step(step, inner)
    nodes = line.module.children[before:]
    if len(nodes) == 1:
        nodes[0].name = name
    line.flow = inner.flow
    if share.first is None:
        share.first = list(nodes)
    else:
        agree(expander, share, nodes, call)
    last = inner.parts[-1] if inner.parts else None
    line.parts.append(
        Element(name, line.flow, last.node if last else None, last.frame if last else None)
    )


def agree(
    expander: Expander, share: ShareValue, nodes: list[Module | Layer], call: syntax.Call
) -> None:
    """Pair the nodes of a further use with the first one's; weights must be the same."""
    assert share.first is not None
    stack = list(zip(share.first, nodes, strict=False))
    same = len(share.first) == len(nodes)
    while stack and same:
        first, other = stack.pop()
        expander.draft.shared.append((other, first))
        if isinstance(first, Layer) and isinstance(other, Layer):
            agree_layer(share, first, other, call)
        elif isinstance(first, Module) and isinstance(other, Module):
            same = len(first.children) == len(other.children)
            stack.extend(zip(first.children, other.children, strict=False))
        else:
            same = False
    if not same:
        name = share.definition.name
        message = f"this use of `{name}` has other layers than the first"
        fail("share", call.span, message, labels=[Label(share.definition.span, "shared here")])


def agree_layer(share: ShareValue, first: Layer, other: Layer, call: syntax.Call) -> None:
    if first.op == other.op and first.weights == other.weights:
        return
    name = share.definition.name
    fail(
        "share",
        call.span,
        f"`{name}` has one set of weights, but its `{other.op.name}` sees "
        f"{shape_text(other.input_shapes[0])} here and {shape_text(first.input_shapes[0])} at its "
        "first use",
        labels=[
            Label(first.span, "this layer's weights"),
            Label(share.definition.span, "shared here"),
        ],
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
        element, _ = next(reversed(outputs.values()))
        return element.value
    return flow


def shown(names: dict[str, Any]) -> dict[str, Any]:
    """Arguments as plain data for titles and reports: blocks by name, tensors left out."""
    result: dict[str, Any] = {}
    for name, value in names.items():
        if isinstance(value, BlockValue | NetworkValue | LayerValue):
            result[name] = value.name
        elif not isinstance(value, Element | ShareValue):
            result[name] = value
    return result
