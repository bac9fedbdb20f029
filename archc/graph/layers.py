"""Placing a layer: its arguments, its defaults and their followers, its body."""

from __future__ import annotations

from dataclasses import replace

from archc.diagnostics import Span, did_you_mean, fail
from archc.graph.arguments import LINEAR, Given, LayerArguments, make_op
from archc.graph.counts import fill
from archc.graph.evaluate import Evaluator
from archc.graph.expand import block_call
from archc.graph.names import resolve
from archc.graph.network import Module
from archc.graph.place import Expander, Line
from archc.graph.values import (
    BlockValue,
    DefaultRule,
    Element,
    LayerValue,
    NetworkValue,
    Poison,
    ShareValue,
    Signal,
    kind_of,
)
from archc.language import syntax
from archc.ops.base import Argument, Op
from archc.registry import has_layer, layer, layer_names

ELSEWHERE = {
    **dict.fromkeys(("affine", "dense", "fullyconnected", "innerproduct", "linear"), "fc"),
    **dict.fromkeys(("batchnorm", "batchnormalization"), "bn"),
    **dict.fromkeys(("layernorm", "layernormalization"), "ln"),
    **dict.fromkeys(("gap", "globalavgpool", "globalaveragepooling"), "avgpool global"),
    **dict.fromkeys(("gmp", "globalmaxpool", "globalmaxpooling"), "maxpool global"),
    **dict.fromkeys(("averagepooling", "averagepool"), "avgpool"),
    **dict.fromkeys(("pool", "pooling"), "maxpool` or `avgpool"),
    **dict.fromkeys(("convtranspose", "conv2dtranspose", "transposedconv"), "deconv"),
    **dict.fromkeys(("depthwiseconv", "dwconv"), "depthwise"),
    **dict.fromkeys(("leakyrelu", "lrelu"), "leaky"),
    **dict.fromkeys(("cat", "concatenate"), "concat"),
    "convolution": "conv",
    "multiply": "mul",
    "swish": "silu",
    "zeropadding": "pad",
}
"""Layers as frameworks and papers call them, where that is far from archc's word."""


def callee(
    name: syntax.Reference, line: Line
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
            unknown_layer(name, simple, line)
    else:
        value = resolve(name, line.evaluator)
        if isinstance(value, LayerValue | BlockValue | NetworkValue | ShareValue):
            return value
    help = f"to go on from it, write `from {name.text}`" if isinstance(value, Element) else None
    message = f"`{name.text}` is {kind_of(value)}, not a layer or block"
    fail("wrong-kind", name.span, message, help=help)


def unknown_layer(name: syntax.Reference, simple: str, line: Line) -> None:
    known = [n for n in line.place.scope.known() if is_callable(n, line)]
    word = ELSEWHERE.get(simple.lower().replace("_", "").removesuffix("2d"))
    help = f"write `{word}`" if word else did_you_mean(simple, [*known, *layer_names()])
    fail("unknown-layer", name.span, f"unknown layer or block `{simple}`", help=help)


def is_callable(name: str, line: Line) -> bool:
    value = line.place.scope.find(name)
    return isinstance(value, LayerValue | BlockValue | NetworkValue | ShareValue)


def layer_call(
    expander: Expander,
    name: str,
    call: syntax.Call,
    line: Line,
    followed: tuple[str, ...] = (),
    at: Span | None = None,
) -> None:
    """Place a layer with its arguments, its defaults and their followers.

    A follower has the layers that it follows in ``followed``; the defaults that stand before the
    first of them, at ``at``, are its own too.
    """
    at = at or call.span
    op_class = layer(name)
    rule = line.place.scope.default_for(name, at)
    if name in followed and rule is not None and not is_linear(call):
        circle = " → ".join([*followed, name])
        fail("default", call.span, f"a circle of defaults: {circle}")
    given = LayerArguments(op_class, line.evaluator).bind(call.arguments)
    if rule is not None:
        apply_default(rule, op_class, given, line)
    if line.frame.network is not None:
        fill(op_class, given, line.frame.network.counts, call.span)
    named = roles(op_class, given)
    op = make_op(op_class, given, call.span)
    if call.body is not None:
        merge(expander, op, call, line, named)
    else:
        inputs = (line.signal(call.span), *named)
        check_count(op, len(inputs), call)
        expander.draft.add(op, call, line.module, inputs, line)
    if rule is not None and not given.linear:
        for call_after in rule.definition.followers:
            follower(expander, call_after, rule, line, (*followed, name), at)


def is_linear(call: syntax.Call) -> bool:
    """Whether a call says that the followers of its layer's default are to be dropped."""
    return any(isinstance(a, syntax.Reference) and a.simple == LINEAR for a in call.arguments)


def apply_default(rule: DefaultRule, op_class: type[Op], given: Given, line: Line) -> None:
    evaluator = Evaluator(rule.scope, line.frame, line.flow)
    default = LayerArguments(op_class, evaluator).bind(rule.definition.call.arguments)
    stand_in = {n for a in op_class.arguments() if a.name in given.values for n in a.instead_of}
    for name, value in default.values.items():
        if name not in given.values and name not in stand_in:
            given.values[name] = value
            given.spans[name] = default.spans[name]


def follower(
    expander: Expander,
    call: syntax.Call,
    rule: DefaultRule,
    line: Line,
    followed: tuple[str, ...],
    at: Span,
) -> None:
    """A follower of a default: read where the default stands, with its own defaults."""
    place = replace(line.place, scope=rule.scope)
    inner = Line(place, line.module, line.flow, line.parts)
    called = callee(call.name, inner)
    if isinstance(called, LayerValue):
        layer_call(expander, called.name, call, inner, followed, at)
    elif isinstance(called, BlockValue):
        block_call(expander, called, call, inner)
    else:
        message = f"a follower is a layer or a block, but this is {kind_of(called)}"
        fail("wrong-kind", call.name.span, message)
    line.flow = inner.flow


def roles(op_class: type[Op], given: Given) -> tuple[Signal, ...]:
    """Further inputs given as arguments: ``boxes=rois``. The field holds the input's number."""
    found: list[Signal] = []
    for argument in op_class.arguments():
        value = given.values.get(argument.name)
        if argument.kind == "tensor" and isinstance(value, Element):
            if isinstance(value.value, Poison):
                raise value.value.error
            assert value.value is not None
            check_maker(op_class, argument, value.value, given.spans[argument.name])
            found.append(value.value)
            given.values[argument.name] = len(found)
    return tuple(found)


def check_maker(op_class: type[Op], argument: Argument, signal: Signal, span: Span) -> None:
    """A role may ask for the output of certain layers: pooling indices are a max pooling's."""
    maker = signal.layer.op.name if signal.layer is not None else None
    if not argument.makers or maker in argument.makers:
        return
    wanted = " or ".join(f"`{name}`" for name in argument.makers)
    comes = f"of `{maker}`" if maker is not None else "an input of the network"
    fail(
        "argument",
        span,
        f"`{argument.name}` of `{op_class.name}` is the output of {wanted}, but this is {comes}",
        help="label the line that ends with it",
    )


def check_count(op: Op, count: int, call: syntax.Call) -> None:
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


def merge(
    expander: Expander, op: Op, call: syntax.Call, line: Line, named: tuple[Signal, ...]
) -> None:
    """A layer with a body: each line of the body is one of its inputs."""
    assert call.body is not None
    module = Module("merge", "", op.name, line.module, call.span, callee=op.name)
    place = line.place.inner(module=module, flow=line.flow, branches=[], parts=None)
    line.module.children.append(module)
    expander.run(call.body.statements, place)
    signals: list[Signal] = []
    for value in place.branches or []:
        if isinstance(value, Poison):
            raise value.error
        assert value is not None
        signals.append(value)
    if len(signals) + len(named) < min(op.inputs[0], 2):
        branches = "one branch" if signals else "no branch"
        help = "a line is a branch; lines that follow one another stand in braces or on one line"
        fail("merge", call.span, f"`{op.name}` of {branches}", help=help)
    signals.extend(named)
    check_count(op, len(signals), call)
    signal = expander.draft.add(op, call, module, tuple(signals), line, appended=False)
    assert signal.layer is not None
    line.parts[-1].node = module
