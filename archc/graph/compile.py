"""One network of a spec, compiled: elaborated, named, pruned to what is read, and checked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from archc.collector import without_collection
from archc.diagnostics import Diagnostic, SpecError, did_you_mean, fail
from archc.graph.arguments import complete
from archc.graph.counts import brought, numbers
from archc.graph.elaborate import Elaborator
from archc.graph.evaluate import Evaluator
from archc.graph.expand import bound_values, input_statements, shown
from archc.graph.inputs import declared, input_name, letters
from archc.graph.naming import assign_paths, path_of_label
from archc.graph.network import Layer, Module, Network, NetworkInput, NetworkOutput, Origin
from archc.graph.place import Place
from archc.graph.values import Element, Frame, NetworkValue, Poison, Scope, Signal, kind_of
from archc.graph.work import bounded_work
from archc.language import syntax

PYTHON_FRAMES = 20_000
"""A spec nests no deeper than its limits, but a level of it takes several of Python's frames."""


def compile_network(value: NetworkValue, settings: Mapping[str, Any] | None = None) -> Network:
    """Compile a network with its parameters set. Raises SpecError."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, PYTHON_FRAMES))
    try:
        with without_collection(), bounded_work():
            return _compile(value, settings)
    finally:
        sys.setrecursionlimit(before)


def _compile(value: NetworkValue, settings: Mapping[str, Any] | None) -> Network:
    definition = value.definition
    scope = Scope(value.scope)
    given = check_settings(value, settings or {})
    values = {**bound_values(value), **given}
    counts = numbers(undeclared(value, given), values)
    complete(value.name, definition.parameters, values, scope, None)
    bind_sizes(definition, {k: v for k, v in values.items() if k not in counts}, scope)
    root = Module(
        "network",
        "",
        "",
        None,
        definition.span,
        callee=value.name,
        definition=definition,
        arguments=shown(scope.names),
    )
    frame = Frame(root, definition)
    frame.network = frame
    frame.counts = counts
    heads = input_statements(definition)
    if not heads:
        fail(
            "flow",
            definition.span,
            f"the network `{value.name}` has no input",
            help="its first line says one: `input image: 224x224x3`",
        )
    declared(heads, frame, scope)
    inputs = [(input_name(head), frame.labels[input_name(head)].value) for head in heads]
    flow = inputs[0][1] if len(inputs) == 1 else None
    place = Place(frame, scope, root, flow, outermost=True)
    builder = Elaborator()
    builder.active.append(definition)
    builder.run(definition.body.statements, place)
    outputs = find_outputs(place, builder, value)
    assign_paths(root, (name for name, _ in inputs))
    network = finish(value, frame, builder, outputs, inputs)
    network.origin = Origin(value, dict(settings or {}))
    return network


def check_settings(value: NetworkValue, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings as values: an expression is read where the network's file is, so that it may
    name the file's blocks; a list of Python's is the language's."""
    if not settings:
        return {}
    for name in undeclared(value, settings):
        known = settable(value)
        if name not in known:
            help = did_you_mean(name, known) or (
                f"its parameters: {', '.join(known)}" if known else "it has none"
            )
            fail(
                "argument", None, f"the network `{value.name}` has no parameter `{name}`", help=help
            )
    return {name: setting_value(each, value.scope) for name, each in settings.items()}


def settable(value: NetworkValue) -> list[str]:
    """What a setting may name: the network's parameters, the letters of its inputs' sizes, and
    those of the counts that its layers bring."""
    return [*declared_names(value), *counted(value)]


def declared_names(value: NetworkValue) -> list[str]:
    """The network's parameters, and the letters of its inputs' sizes."""
    heads = input_statements(value.definition)
    sizes = [letter for head in heads for letter in letters(head.shape)]
    return list(dict.fromkeys([*(p.name for p in value.definition.parameters), *sizes]))


def undeclared(value: NetworkValue, settings: Mapping[str, Any]) -> list[str]:
    """The settings that are neither parameters nor sizes: counts, or names that nothing has.

    A search compiles a network over and over, so its lines are read for counts only then.
    """
    known = declared_names(value) if settings else []
    return [name for name in settings if name not in known]


def counted(value: NetworkValue) -> list[str]:
    """The letters of the counts that the network's layers bring: P, D."""
    known = declared_names(value)
    return [letter for letter in brought(value.definition) if letter not in known]


def bind_sizes(definition: syntax.Network, values: Mapping[str, Any], scope: Scope) -> None:
    """The letters that are set are numbers, as if they were parameters."""
    for name, size in values.items():
        if name in scope.names:
            continue
        if isinstance(size, bool) or not isinstance(size, int):
            fail("argument", None, f"the size `{name}` is an integer, but this is {kind_of(size)}")
        scope.define(name, size, definition.span)


def setting_value(value: Any, scope: Scope) -> Any:
    if isinstance(value, syntax.Expression):
        return Evaluator(scope, None).evaluate(value)
    if isinstance(value, list | tuple):
        return tuple(setting_value(item, scope) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return value


# ---------------------------------------------------------------- outputs


def find_outputs(
    place: Place, builder: Elaborator, value: NetworkValue
) -> list[tuple[str, Signal, Element]]:
    """The outputs that lines name, then the last value if nobody reads it."""
    found: list[tuple[str, Signal, Element]] = []
    for name, (element, span) in place.frame.outputs.items():
        if isinstance(element.value, Poison):
            raise element.value.error
        assert element.value is not None
        found.append((name, element.value, Element(name, element.value, element.node, span=span)))
    last = place.flow
    if isinstance(last, Poison):
        raise last.error
    if last is None and found:
        return found  # several inputs, and nothing but lines of outputs
    if last is None or (last.layer is None and not builder.draft.layers):
        fail("flow", value.definition.span, f"the network `{value.name}` has no layers")
    # Of a called network only what is read is built: its value counts where nothing else does.
    is_output = any(signal is last for _, signal, _ in found) or (last.called and bool(found))
    if last.layer is not None and not last.readers and not is_output:
        name = next((k for k, e in place.frame.labels.items() if e.value is last), "output")
        while name in place.frame.outputs:
            name += "_"
        found.append((name, last, Element(name, last, span=last.span)))
    return found


# ---------------------------------------------------------------- what is read


def finish(
    value: NetworkValue,
    frame: Frame,
    builder: Elaborator,
    outputs: list[tuple[str, Signal, Element]],
    inputs: list[tuple[str, Any]],
) -> Network:
    """Drop what no output needs of called networks; anything else that nobody reads is an error."""
    layers, sources = builder.draft.layers, builder.draft.sources
    needed: set[int] = {id(signal.layer) for _, signal, _ in outputs if signal.layer is not None}
    read: set[int] = {id(signal) for _, signal, _ in outputs}
    for placed, reads in zip(reversed(layers), reversed(sources), strict=True):
        if id(placed) in needed:
            for signal in reads:
                read.add(id(signal))
                if signal.layer is not None:
                    needed.add(id(signal.layer))
    check_read(frame, builder, needed, read, inputs)
    kept: list[Layer] = []
    for placed, reads in zip(layers, sources, strict=True):
        if id(placed) not in needed:
            continue
        placed.inputs = tuple(
            s.layer.path if s.layer is not None else (s.input_name or "input") for s in reads
        )
        kept.append(placed)
    if len(kept) < len(layers):
        drop(frame.module, needed)
    for other, first in builder.draft.shared:
        other.shares = first.shares or first.path
    return Network(
        name=value.name,
        parameters=frame.module.arguments,
        inputs=tuple(NetworkInput(name, signal.shape, signal.span) for name, signal in inputs),
        outputs=tuple(
            NetworkOutput(
                name,
                s.layer.path if s.layer is not None else (s.input_name or "input"),
                e.span or s.span,
            )
            for name, s, e in outputs
        ),
        layers=tuple(kept),
        root=frame.module,
        labels=label_paths(frame, needed),
        published=(*frame.published, *value.claims),
        definition=value.definition,
    )


def check_read(
    frame: Frame,
    builder: Elaborator,
    needed: set[int],
    read: set[int],
    inputs: list[tuple[str, Any]],
) -> None:
    called = called_modules(frame.module)
    consumed: set[int] = {id(s) for reads in builder.draft.sources for s in reads}
    consumed_layers = {id(s.layer) for reads in builder.draft.sources for s in reads if s.layer}
    diagnostics: list[Diagnostic] = []
    for placed in builder.draft.layers:
        if id(placed) in needed or id(placed) in consumed_layers or inside_called(placed, called):
            continue
        diagnostics.append(
            Diagnostic(
                "unread",
                f"nobody reads the value of this `{placed.op.name}`",
                placed.span,
                help="read it with `from`, or write `output name: ...`",
            )
        )
    for name, signal in inputs:
        if id(signal) not in consumed and id(signal) not in read:
            message = f"nobody reads the input `{name}`"
            diagnostics.append(Diagnostic("unread", message, signal.span))
    if not diagnostics:
        diagnostics = unread_networks(frame.module, needed)
    if diagnostics:
        raise SpecError(diagnostics[:8])


def unread_networks(root: Module, needed: set[int]) -> list[Diagnostic]:
    """Called networks of which nothing at all is read."""
    found: list[Diagnostic] = []
    stack = [root]
    while stack:
        module = stack.pop()
        for child in module.children:
            if not isinstance(child, Module):
                continue
            if child.kind == "network":
                if not any(id(layer) in needed for layer in child.layers()):
                    message = f"nobody reads anything of the network `{child.callee}`"
                    found.append(Diagnostic("unread", message, child.span))
            else:
                stack.append(child)
    return found


def called_modules(root: Module) -> set[int]:
    """The called networks anywhere below the root, as ids."""
    found: set[int] = set()
    stack = [root]
    while stack:
        module = stack.pop()
        for child in module.children:
            if isinstance(child, Module):
                if child.kind == "network":
                    found.add(id(child))
                else:
                    stack.append(child)
    return found


def inside_called(placed: Layer, called: set[int]) -> bool:
    if not called:
        return False
    module: Module | None = placed.parent
    while module is not None:
        if id(module) in called:
            return True
        module = module.parent
    return False


def drop(root: Module, needed: set[int]) -> None:
    """Take unneeded layers, and modules left empty, out of the tree."""
    modules = [root]
    for module in modules:
        modules.extend(c for c in module.children if isinstance(c, Module))
    for module in reversed(modules):
        module.children = [
            c for c in module.children if (c.children if isinstance(c, Module) else id(c) in needed)
        ]


def label_paths(frame: Frame, needed: set[int]) -> dict[str, str]:
    """Labels of the network's body, as paths, to the path of the value that each names, where
    that value is kept."""
    paths: dict[str, str] = {}
    for label, element in frame.labels.items():
        value = element.value
        if isinstance(value, Signal) and (value.layer is None or id(value.layer) in needed):
            where = value.layer.path if value.layer is not None else (value.input_name or "input")
            paths[path_of_label(label)] = where
    return paths


__all__ = ["compile_network"]
