"""dlib's templates to the syntax tree."""

from __future__ import annotations

from archc.diagnostics import Diagnostic, Source, Span, SpecError, fail
from archc.language import syntax as s
from archc.notations.dlib import layers
from archc.notations.dlib.build import Builder
from archc.notations.dlib.declarations import Declarations, declarations
from archc.notations.dlib.emit import Emitter
from archc.notations.dlib.graphs import Graph, Node
from archc.notations.dlib.numbers import literal, name
from archc.notations.dlib.program import (
    InPlace,
    Names,
    Repeat,
    Template,
    Value,
)
from archc.notations.dlib.remarks import remarks
from archc.notations.dlib.resolve import Resolver
from archc.notations.dlib.tokens import SUBNET_TYPE
from archc.notations.dlib.tree import Alias, Argument, Use

MAX_ROUNDS = 200


def read(source: Source) -> s.File:
    """The tree of a text of dlib's templates: a ``.dlib`` file, or C++ with ``using`` declarations.

    Raises SpecError; brackets that do not match are one (``syntax``), which says what a balanced
    reading would be.
    """
    return _file(source, declarations(source, layers.is_known, repair=False))


def repair(source: Source) -> s.File:
    """As :func:`read`, with brackets that do not match read as a remark says."""
    return _file(source, declarations(source, layers.is_known, repair=True))


def _file(source: Source, found: Declarations) -> s.File:
    names = Names(found.aliases, found.constants, found.classes)
    known: dict[int, bool] = {}
    networks = [alias for alias in found.aliases if _is_network(alias, names, known)]
    if not found.aliases:
        _no_member(found)
    if not found.aliases:
        message = "there is no network in this text: no `using` declaration, and no template"
        help = "a network is `using net_type = loss_multiclass_log<fc<10, ... input<...>>>;`"
        raise SpecError([Diagnostic("syntax", message, Span(source, 0, 0), help=help)])
    for _ in range(MAX_ROUNDS):
        try:
            items, notes = _items(names, networks)
        except InPlace as found_in:
            if found_in.order in names.inline:
                raise AssertionError("an alias is written in place twice") from None
            names.inline.add(found_in.order)
            continue
        span = Span(source, 0, len(source.text))
        return s.File(span, tuple(items), (*found.remarks, *notes))
    fail("too-large", found.aliases[0].span, f"more than {MAX_ROUNDS} aliases read tags of others")


def _is_network(alias: Alias, names: Names, found: dict[int, bool]) -> bool:
    """Whether a declaration is a network: a type, of layers, with an input. ``found`` has what is
    known of those above it, and gets this one."""
    first = alias.order
    found[first] = False
    found[first] = _holds_network(alias, names, found)
    return found[first]


def _holds_network(alias: Alias, names: Names, found: dict[int, bool]) -> bool:
    if alias.templated:
        return False
    while isinstance(alias.body, Use) and not alias.body.name.endswith(SUBNET_TYPE):
        head, of, scope = alias.body.name, alias.body.of, names.scope(alias)
        if of is not None and (of.of is not None or names.of_class(of.name, scope) is None):
            given = of.arguments or ()  # what is wrong with it is said where it is walked
            return of.of is not None or any(
                isinstance(value, Use) and layers.is_known(value.name) for value in given
            )
        if layers.is_known(head) and head not in layers.INPUTS:
            return True
        known = Resolver(names).alias(alias.body, scope)
        if known is None:
            return _has_input(alias.body)
        if known.templated or known.order in found:
            return known.templated or found[known.order]
        alias = known
    return False


def _no_member(found: Declarations) -> None:
    """Refuse a text of a class template with networks that is given no arguments."""
    for of in found.classes.values():
        for member, (alias, *_) in of.members.items():
            if isinstance(alias.body, Use) and layers.is_known(alias.body.name):
                given = ", ".join("bn_con" if p.kind == "template" else "1" for p in of.parameters)
                example = f"{of.name}<{given}>::{member}{'<...>' if alias.templated else ''}"
                message = f"nothing says what the class template `{of.name}` is given"
                help = f"a network of it is a declaration: `using net_type = {example};`"
                fail("syntax", of.name_span, message, help=help)


def _has_input(node: Argument) -> bool:
    while isinstance(node, Use) and node.arguments:
        node = node.arguments[-1]
        if isinstance(node, Use) and node.name in layers.INPUTS:
            return True
    return False


def _items(names: Names, networks: list[Alias]) -> tuple[list[s.Statement], list[Diagnostic]]:
    """The file's blocks and networks. Raises InPlace where an alias cannot be a block."""
    builder = Builder(names)

    def inner(step: Repeat, node: Node) -> Graph | None:
        return builder.template(step.template, (), step.use, node.shape)

    emitter = Emitter(names, builder.instances, inner)
    graphs: list[Graph] = []
    written: list[s.Statement] = []
    for alias in networks:
        same = _second_name(alias, names)
        if same is not None:
            written.append(same)
            continue
        graph = builder.network(alias)
        if graph.input is None:
            message = "this network has no input: its innermost template is to be `input<...>`"
            fail("flow", alias.body.span, message)
        graphs.append(graph)
    networks = [alias for alias in networks if _second_name(alias, names) is None]
    for alias, graph in zip(networks, graphs, strict=True):
        written.append(emitter.network(alias, graph))
    blocks: dict[int, s.Block] = {}
    if not networks:
        _templates(names, builder, emitter)
    while waiting := [order for order in emitter.used if order not in blocks]:
        for order in waiting:
            graph = builder.instances[order][0].graph
            blocks[order] = emitter.block(emitter.used[order], graph)
    items: list[s.Statement] = []
    if emitter.normalised is not None:
        span = emitter.normalised
        eps = s.Keyword(span, "eps", literal(span, 1e-4))
        items.append(s.Default(span, s.Call(span, name(span, "bn"), (eps,)), ()))
    items += emitter.layers.values()
    in_order = sorted(blocks, key=lambda order: (emitter.used[order].place, order))
    items += [blocks[order] for order in in_order]
    return items + written, remarks([*graphs, *_graphs(builder)])


def _graphs(builder: Builder) -> list[Graph]:
    return [uses[0].graph for uses in builder.instances.values()]


def _second_name(alias: Alias, names: Names) -> s.Alias | None:
    """``using net = net_type;``."""
    body = alias.body
    if not isinstance(body, Use) or body.arguments is not None or body.of is not None:
        return None
    target = names.alias(body.name, names.scope(alias))
    if target is None or target.templated or target.name == alias.name:
        return None
    from archc.notations.dlib.safe import safe

    return s.Alias(alias.span, safe(alias.name), name(body.span, safe(target.name)))


def _templates(names: Names, builder: Builder, emitter: Emitter) -> None:
    """Blocks of a text without a network: templates whose parameters have no values."""
    for alias in tuple(names.aliases):
        if alias.subnet is None or alias.order in names.inline or not alias.templated:
            continue
        given = tuple(
            Value(None, name(p.span, p.name)) if p.kind == "integer" else Template(None)
            for p in alias.parameters
            if p.name != alias.subnet
        )
        if sum(p.kind == "type" for p in alias.parameters) == 1:
            builder.alias(alias, given, None, alias.span)
            emitter.used[alias.order] = alias
