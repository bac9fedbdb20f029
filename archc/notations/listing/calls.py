"""Calls of a listing: of layers, of its own classes and functions, of what frameworks offer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, SpecError, did_you_mean
from archc.notations.listing import frameworks, methods, natives, tensors
from archc.notations.listing.tables import KERAS_LAYERS, TORCH_LAYERS
from archc.notations.listing.trace import Node
from archc.notations.listing.use import Arguments, Use, fail_argument
from archc.notations.listing.values import (
    Bound,
    Chain,
    Class,
    Environment,
    Example,
    Function,
    Instance,
    Layer,
    Library,
    Model,
    Module,
    Native,
    Partial,
    Tensor,
    Unknown,
    entries_of,
)

if TYPE_CHECKING:
    from archc.notations.listing.run import Runner


def arguments(reader: Runner, node: ast.Call, env: Environment) -> Arguments:
    """A call's arguments, evaluated; ``*layers`` and ``**options`` spread out."""
    given = Arguments([], [], {}, {})
    for place in node.args:
        if isinstance(place, ast.Starred):
            items = reader.iterate(reader.evaluate(place.value, env), place)
            if items is None:
                items = [reader.unknown(place, f"`{reader.source(place)}` is not known")]
            given.positional += items
            given.places += [place] * len(items)
        else:
            given.positional.append(reader.evaluate(place, env))
            given.places.append(place)
    for keyword in node.keywords:
        value = reader.evaluate(keyword.value, env)
        if keyword.arg is not None:
            given.named[keyword.arg] = value
            given.named_places[keyword.arg] = keyword.value
        else:
            for key, item in (entries_of(value) or {}).items():
                if isinstance(key, str):
                    given.named[key], given.named_places[key] = item, keyword.value
    return given


def call(reader: Runner, node: ast.Call, function: Any, given: Arguments) -> Any:
    """What a call gives; Unknown where nothing is known of it."""
    match function:
        case Class():
            return instantiate(reader, node, function, given)
        case Function():
            return run_function(reader, node, function, given, None)
        case Bound():
            return run_function(reader, node, function.function, given, function.owner)
        case Module():
            return apply(reader, node, function, given)
        case Native():
            if isinstance(function.owner, Module) and function.name in (
                "forward",
                "call",
                "__call__",
            ):
                return apply(reader, node, function.owner, given)
            if isinstance(function.owner, Tensor):
                return tensors.call(reader, node, function.owner, function.name, given)
            return methods.call(reader, node, function, given)
        case Library():
            return frameworks.call(reader, node, function, given)
        case Partial():
            return call(reader, node, function.function, function.given.followed(given))
        case Unknown():
            return unknown_call(reader, node, function, given)
        case _:
            return reader.unknown(node, f"`{reader.source(node.func)}` cannot be called")


def unknown_call(reader: Runner, node: ast.Call, function: Unknown, given: Arguments) -> Unknown:
    """A call of what the listing does not define: an error where a network needs it."""
    natives.note_example(reader, given)
    for value in given.positional:
        if isinstance(value, Unknown) and value.reason.code == "unknown-layer":
            return value  # the first that is not known is what to say
    if isinstance(node.func, ast.Name) and function.reason.code == "unknown-name":
        names = [*reader.visible(reader.globals), *KERAS_LAYERS, *TORCH_LAYERS]
        message = f"`{node.func.id}` is neither a layer nor defined in the listing"
        help = did_you_mean(node.func.id, names) or "add its definition above"
        function = reader.unknown(node.func, message, help, "unknown-layer")
    if any(isinstance(v, Tensor | Module) for v in [*given.positional, *given.named.values()]):
        reader.suspects.append(function.reason)
    return function


# ---------------------------------------------------------------- classes and functions


def instantiate(reader: Runner, node: ast.Call, cls: Class, given: Arguments) -> Instance:
    cls.used = True
    made = Instance(node, cls=cls)
    init = cls.find("__init__")
    if isinstance(init, Function):
        bound = bind(reader, node, init, given, [made])
        made.arguments = {k: v for k, v in bound.items() if v is not made}
        execute(reader, node, init, bound, made)
    elif cls.sequential:
        methods.fill(reader, made, given)
    return made


def bind(
    reader: Runner, node: ast.Call, function: Function, given: Arguments, first: list[Any]
) -> dict[str, Any]:
    """A function's parameters with what a call gives them."""
    spec = function.node.args
    names = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    positional = [*first, *given.positional]
    span = reader.text.span(node)
    if len(positional) > len(names) and spec.vararg is None:
        fail_argument(
            span, f"`{function.name}` takes {len(names)} arguments, but here are {len(positional)}"
        )
    bound = dict(zip(names, positional, strict=False))
    if spec.vararg is not None:
        bound[spec.vararg.arg] = tuple(positional[len(names) :])
    extra: dict[str, Any] = {}
    every = [*names, *(a.arg for a in spec.kwonlyargs)]
    for key, value in given.named.items():
        if key in bound and key in every:
            fail_argument(
                reader.text.span(given.named_places[key]),
                f"`{function.name}` has two values for `{key}`",
            )
        if key in every:
            bound[key] = value
        elif spec.kwarg is not None:
            extra[key] = value
        else:
            at = reader.text.span(given.named_places[key])
            fail_argument(
                at, f"`{function.name}` has no argument `{key}`", did_you_mean(key, every)
            )
    if spec.kwarg is not None:
        bound[spec.kwarg.arg] = extra
    defaults = dict(zip(names[len(names) - len(spec.defaults) :], spec.defaults, strict=True))
    defaults |= {
        a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None
    }
    for key in every:
        if key in bound:
            continue
        if key in defaults:
            bound[key] = reader.evaluate(defaults[key], function.environment)
        else:
            fail_argument(span, f"`{function.name}` lacks `{key}`")
    return bound


def execute(
    reader: Runner, node: ast.AST, function: Function, bound: dict[str, Any], owner: Instance | None
) -> Any:
    function.called = True
    around = function.environment
    env = Environment(around, bound, owner or around.owner, around.cls)
    reader.enter(node)
    try:
        if isinstance(function.node, ast.Lambda):
            return reader.evaluate(function.node.body, env)
        ended = reader.block(function.node.body, env)
        return ended[1] if ended is not None and ended[0] == "return" else None
    finally:
        reader.depth -= 1


def run_function(
    reader: Runner, node: ast.Call, function: Function, given: Arguments, owner: Instance | None
) -> Any:
    """Call a function of the listing. One of tensors is a block, and so is the Sequential that
    one makes; a method is part of its class."""
    start = len(reader.trace.nodes)
    bound = bind(reader, node, function, given, [] if owner is None else [owner])
    result = execute(reader, node, function, dict(bound), owner)
    if owner is not None or isinstance(function.node, ast.Lambda):
        return result
    settings = {k: v for k, v in bound.items() if not isinstance(v, Tensor)}
    if isinstance(result, Tensor) and len(reader.trace.nodes) - start > 1:
        span = reader.text.span(node)
        found = reader.trace.collapse(start, result.node, span, None, function.name, settings)
        return Tensor(found)
    if isinstance(result, Chain) and result.made_by is None and result.kind == "Sequential":
        result.made_by = (function.name, settings)
    return result


# ---------------------------------------------------------------- modules


def apply(reader: Runner, node: ast.Call, module: Module, given: Arguments) -> Any:
    """A module called on tensors."""
    arriving = natives.tensors([*given.positional, *given.named.values()])
    flat = natives.flat(given.positional)
    unknown = next((v for v in flat if isinstance(v, Unknown)), None)
    if unknown is not None and not isinstance(module, Instance):
        return unknown  # of several tensors none may be left out
    if not arriving:
        for value in given.positional:
            if isinstance(value, Example):
                reader.examples.append((module, value.shape))
        return unknown or reader.unknown(node, f"`{reader.source(node)}` runs the network")
    module.within = module.applied = True
    match module:
        case Layer():
            return apply_layer(reader, module, arriving)
        case Chain():
            return apply_chain(reader, module, arriving[0])
        case Instance():
            return apply_instance(reader, node, module, given)
        case Model():
            return replay(reader, node, module, arriving)
        case _:
            return reader.unknown(node, "not a layer")


def apply_layer(reader: Runner, layer: Layer, arriving: list[Tensor]) -> Tensor:
    table = KERAS_LAYERS if layer.framework == "keras" else TORCH_LAYERS
    name = layer.kind if layer.framework == "keras" else f"nn.{layer.kind}"
    inputs = [t.node for t in arriving]
    use = Use(reader, layer.framework, name, layer.call, layer.given, layer.places, inputs, layer)
    table[layer.kind].write(use)
    return use.tensor


def apply_child(reader: Runner, child: Any, tensor: Tensor, place: ast.expr) -> Tensor:
    """A part of a Sequential."""
    if isinstance(child, Unknown):
        raise SpecError([child.reason])
    if isinstance(child, Function | Class | Library):
        message = f"a part of a Sequential is a module, but this is `{reader.source(place)}`"
        raise SpecError([Diagnostic("wrong-kind", message, reader.text.span(place))])
    if not isinstance(child, Module):
        message = "a part of a Sequential is a module"
        raise SpecError([Diagnostic("wrong-kind", message, reader.text.span(place))])
    call = ast.Call(child.call, [], [])
    ast.copy_location(call, child.call)
    result = apply(reader, call, child, Arguments([tensor], [child.call], {}, {}))
    if isinstance(result, Unknown):
        raise SpecError([result.reason])
    if not isinstance(result, Tensor):
        message = "this part of a Sequential gives more than one tensor"
        raise SpecError([Diagnostic("unsupported", message, reader.text.span(child.call))])
    return result


def apply_chain(reader: Runner, chain: Chain, tensor: Tensor, root: bool = False) -> Tensor:
    """The parts of a Sequential one after another; a named one is a group of its own."""
    if chain.kind != "Sequential":
        message = f"`nn.{chain.kind}` cannot be called: its parts are"
        raise SpecError([Diagnostic("framework", message, reader.text.span(chain.call))])
    reader.enter(chain.call)
    start = len(reader.trace.nodes)
    for _, child in chain.items:
        tensor = apply_child(reader, child, tensor, chain.call)
    reader.depth -= 1
    if root or len(reader.trace.nodes) - start < 2:
        return tensor
    callee, settings = chain.made_by or (None, {})
    if callee is None and chain.label is None:
        return tensor
    span = reader.text.span(chain.call)
    return Tensor(reader.trace.collapse(start, tensor.node, span, chain, callee, settings))


def forward_of(cls: Class) -> Function | None:
    for name in ("forward", "call", "__call__"):
        found = cls.find(name)
        if isinstance(found, Function):
            return found
    return None


def apply_instance(
    reader: Runner, node: ast.Call, instance: Instance, given: Arguments, root: bool = False
) -> Any:
    start = len(reader.trace.nodes)
    forward = forward_of(instance.cls)
    name = instance.cls.node.name
    if forward is not None:
        result = execute(
            reader, node, forward, bind(reader, node, forward, given, [instance]), instance
        )
    elif instance.cls.sequential:
        (tensor, *_) = natives.tensors(given.positional)
        result = tensor
        for child in methods.children(instance):
            result = apply_child(reader, child, result, instance.call)
    else:
        message = f"the class `{name}` has no `forward`"
        help = did_you_mean("forward", instance.cls.names)
        raise SpecError(
            [Diagnostic("framework", message, reader.text.span(instance.cls.node), help=help)]
        )
    made = reader.trace.nodes[start:]
    if not root and isinstance(result, Tensor) and (len(made) > 1 or any(n.group for n in made)):
        span = reader.text.span(instance.call)
        arguments = instance.arguments
        found = reader.trace.collapse(start, result.node, span, instance, name, arguments)
        return Tensor(found)
    return result


def replay(reader: Runner, node: ast.Call, model: Model, arriving: list[Tensor]) -> Any:
    """A functional model as a layer of another: its graph again, on other inputs."""
    given = [t.node for t in model.inputs]
    if len(given) != len(arriving):
        fail_argument(
            reader.text.span(node), f"the model has {len(given)} inputs, but {len(arriving)} arrive"
        )
    copies = {id(old): new.node for old, new in zip(given, arriving, strict=True)}
    for old, new in zip(given, arriving, strict=True):
        if old.shape != new.node.shape:
            message = "a model is called with an input of another shape than its own"
            raise SpecError([Diagnostic("unsupported", message, reader.text.span(node))])
    start = len(reader.trace.nodes)
    wanted = natives.ancestors([t.node for _, t in model.outputs])
    for old in list(reader.trace.nodes):
        if id(old) in wanted and id(old) not in copies:
            inputs = tuple(copies.get(id(i), i) for i in old.inputs)
            new_node = Node(
                old.op,
                old.arguments,
                inputs,
                old.span,
                old.shape,
                old.label,
                old.hint,
                old.owner,
                old.group,
            )
            copies[id(old)] = new_node
            reader.trace.nodes.append(new_node)
    results = [Tensor(copies[id(t.node)]) for _, t in model.outputs]
    if len(results) != 1:
        return results
    if len(reader.trace.nodes) - start > 1 and model.label is not None:
        span = reader.text.span(node)
        return Tensor(reader.trace.collapse(start, results[0].node, span, model, None, {}))
    return results[0]
