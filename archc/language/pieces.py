"""What each statement is made of, for the layout: its words, and where it may be broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.language import syntax as s
from archc.language.layout import Braces, Break, Else, Items, Piece
from archc.language.spelling import atom, keyword_value, path, quote, reads_as_product, spell


def pieces(node: s.Node, merge: bool = False) -> tuple[Piece, ...]:
    """A statement or a claim, its assertion left out. ``merge``: it is a branch of a merge."""
    return tuple(_pieces(node, merge))


def assertion(node: s.Node) -> str | None:
    """``-> 55x55x96``, where the statement asserts a shape."""
    if isinstance(node, s.Chain | s.Output) and node.assertion:
        return f"-> {_shape(node.assertion.shape)}"
    return None


def _pieces(node: s.Node, merge: bool) -> Iterator[Piece]:
    match node:
        case s.Chain():
            if node.label:
                yield f"{path(node.label)}: "
            yield from _steps(node.steps, merge)
        case s.Output():
            yield f"output {path(node.label)}"
            if node.steps:
                yield ": "
                yield from _steps(node.steps, merge)
        case s.Share():
            yield f"share {node.name} = "
            yield from _steps(node.steps, False)
        case s.Default():
            yield "default "
            yield from _steps((node.call, *node.followers), False)
        case s.For():
            names = f"{node.index}, {node.item}" if node.index else node.item
            yield f"for {names} in "
            yield from _value(node.iterable)
            yield " "
            yield Braces(node.body, merge)
        case s.If():
            yield from _if(node, merge)
        case s.Let():
            yield f"let {node.name} = "
            yield from _value(node.value)
        case s.Claim():
            yield from _claim(node)
        case _:
            yield from _declaration(node)


def _declaration(node: s.Node) -> Iterator[Piece]:
    match node:
        case s.Input():
            name = f"{node.name}: " if node.name else ""
            where = f" where {spell(node.where)}" if node.where else ""
            yield f"input {name}{_shape(node.shape)}{where}"
        case s.Import():
            yield f"import {quote(node.path)}" + (f" as {node.alias}" if node.alias else "")
        case s.Alias():
            yield f"network {node.name} = {path(node.target)}"
        case s.Network() | s.Block():
            yield f"{'network' if isinstance(node, s.Network) else 'block'} {node.name}"
            if node.parameters:
                start, end = node.span.start, node.body.span.start
                items = [tuple(_parameter(p)) for p in node.parameters]
                yield _items("(", items, node.parameters, ")", start, end)
            yield " "
            yield Braces(node.body, False)
        case _:
            raise ValueError(f"no line of a spec is a {type(node).__name__}")


def _parameter(node: s.Parameter) -> Iterator[Piece]:
    yield node.name
    if node.default:
        yield " = "
        yield from _value(node.default)


def _if(node: s.If, merge: bool) -> Iterator[Piece]:
    current = node
    while True:
        yield f"if {spell(current.condition)} "
        yield Braces(current.body, merge)
        otherwise = current.otherwise
        if otherwise is None:
            return
        yield Else(current.body.span.end, otherwise.span.start)
        yield "else "
        if isinstance(otherwise, s.Body):
            yield Braces(otherwise, merge)
            return
        current = otherwise


def _claim(node: s.Claim) -> Iterator[Piece]:
    yield f"{path(node.subject)} "
    previous: s.Node | None = None
    for quantity in node.quantities:
        if previous:
            yield ","
            yield Break(previous.span.end, quantity.span.start)
        yield " ".join((quantity.name, quote(quantity.printed), *quantity.flags))
        previous = quantity
    if node.erratum is not None:
        yield f" erratum {quote(node.erratum)}"


# ---------------------------------------------------------------- steps


def _steps(steps: Sequence[s.Step], merge: bool) -> Iterator[Piece]:
    previous: s.Node | None = None
    for step in steps:
        if previous:
            yield ","
            yield Break(previous.span.end, step.span.start, allowed=not merge)
        yield from _step(step)
        previous = step


def _step(step: s.Step) -> Iterator[Piece]:
    match step:
        case s.From():
            yield f"from {path(step.source)}"
        case s.Call():
            yield from _call(step)
        case s.Braces():
            yield Braces(step.body, False)
        case s.Repeat():
            if isinstance(step.step, s.Call) and reads_as_product(step.step, step.count):
                yield "{ "
                yield from _call(step.step)
                yield " }"
            else:
                yield from _step(step.step)
            yield f" * {_count(step.count)}"
        case _:
            raise ValueError(f"no step of a chain is a {type(step).__name__}")


def _call(call: s.Call) -> Iterator[Piece]:
    yield path(call.name)
    for argument in call.arguments:
        yield " "
        if isinstance(argument, s.Keyword):
            yield f"{argument.name}="
            yield from _list_or(argument.value, keyword_value(argument.value))
        else:
            yield from _list_or(argument, atom(argument))
    if call.body:
        yield " "
        yield Braces(call.body, True)


def _count(count: s.Expression) -> str:
    if isinstance(count, s.Number | s.Reference | s.Group):
        return spell(count)
    return f"({spell(count)})"


def _shape(shape: s.Expression) -> str:
    if not isinstance(shape, s.SizeLiteral | s.Number | s.Reference | s.ListLiteral):
        raise ValueError(f"no shape of a spec is a {type(shape).__name__}")
    return spell(shape)


# ---------------------------------------------------------------- brackets


def _value(node: s.Expression) -> Iterator[Piece]:
    """An expression; a list or a call of a function may be broken within its brackets."""
    if isinstance(node, s.Function) and node.arguments:
        yield path(node.name)
        items = [tuple(_value(item)) for item in node.arguments]
        yield _items("(", items, node.arguments, ")", node.name.span.end, node.span.end)
    else:
        yield from _list_or(node, spell(node))


def _list_or(node: s.Expression, text: str) -> Iterator[Piece]:
    if isinstance(node, s.ListLiteral) and node.items:
        items = [tuple(_value(item)) for item in node.items]
        yield _items("[", items, node.items, "]", node.span.start, node.span.end)
    else:
        yield text


def _items(
    opening: str,
    items: Sequence[tuple[Piece, ...]],
    nodes: Sequence[s.Node],
    closing: str,
    start: int,
    end: int,
) -> Items:
    spans = tuple((node.span.start, node.span.end) for node in nodes)
    return Items(opening, tuple(items), spans, closing, start, end)


def is_short(node: s.Node) -> bool:
    """Whether a line of a new file stands close to the one above it."""
    return isinstance(node, s.Import | s.Let | s.Default | s.Alias | s.Share)
