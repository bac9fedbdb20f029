"""The inputs of a network: their sizes and symbols, and the constraints after ``where``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, Label, Span, fail
from archc.dims import DimError, Expr, Facts, symbol
from archc.graph.arithmetic import decide, shape_text
from archc.graph.evaluate import Evaluator
from archc.graph.values import Element, Frame, Poison, Scope, Signal, check_name, kind_of, list_of
from archc.language import syntax

if TYPE_CHECKING:
    from archc.graph.network import Network
    from archc.ops.base import Shape

MAX_SIZE = 2**31
_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")


def input_name(head: syntax.Input) -> str:
    return head.name or "input"


def declared(heads: list[syntax.Input], frame: Frame, scope: Scope) -> None:
    """Bind the inputs of the network that is compiled: its letters become symbols."""
    check_names(heads)
    for head in heads:
        for letter in letters(head.shape):
            if not scope.has(letter):
                frame.symbols.setdefault(letter, symbol(letter))
    frame.facts = constraints(heads, frame, scope)
    frame.symbols = {name: refined(frame.facts, s) for name, s in frame.symbols.items()}
    for head in heads:
        shape = input_shape(head, Evaluator(scope, frame))
        name = input_name(head)
        signal = Signal(shape, head.span, None, input_name=name)
        frame.define(name, Element(name, signal, span=head.span), head.span, scope)


def refined(facts: Facts, size: Any) -> Any:
    return facts.refine(size)


def check_names(heads: list[syntax.Input]) -> None:
    seen: dict[str, Span] = {}
    for head in heads:
        name = input_name(head)
        check_name(name, head.span)
        if name in seen:
            labels = [Label(seen[name], "first here")]
            help = None if head.name else "several inputs have names: `input image: 224x224x3`"
            fail(
                "duplicate-name",
                head.span,
                f"a second input is called `{name}`",
                labels=labels,
                help=help,
            )
        seen[name] = head.span


def letters(shape: syntax.Expression) -> list[str]:
    """The capital letters of a declared shape, in order."""
    found: list[str] = []
    stack: list[Any] = [shape]
    for e in stack:  # it grows
        match e:
            case syntax.SizeLiteral():
                found.extend(i for i in e.items if isinstance(i, str))
            case syntax.Reference() if e.simple is not None and is_letter(e.simple):
                found.append(e.simple)
            case syntax.ListLiteral():
                stack.extend(e.items)
            case syntax.Group():
                stack.append(e.inner)
            case syntax.Binary():
                stack.extend((e.left, e.right))
            case _:
                pass
    return list(dict.fromkeys(found))


def is_letter(name: str) -> bool:
    return len(name) == 1 and name.isupper()


def channels_first(network: Network) -> Iterator[Diagnostic]:
    """Remarks on square images of 1 or 3 channels whose sizes seem to be written as torch has them.

    Where the first layer pads they compile, to a network that nobody meant.
    """
    for value in network.inputs:
        help = channels_last_help(value.shape)
        if help is not None:
            height, width, channels = value.shape
            yield Diagnostic(
                "shape",
                f"`{value.name}` is {height} high and {width} wide, with {channels} channels",
                value.span,
                severity="remark",
                help=help,
            )


def channels_last_help(shape: Shape) -> str | None:
    """What to write for an input that seems to be a square image with its channels first."""
    match shape:
        case (1 | 3 as channels, int(height), int(width)) if 4 < height == width:
            meant = shape_text((height, width, channels))
            torchs = f"({channels}, {height}, {width})"
            return f"shapes are HxWxC: write `{meant}` for what torch calls `{torchs}`"
        case _:
            return None


def input_shape(head: syntax.Input, evaluator: Evaluator) -> Shape:
    """A declared shape as a tuple. An image has three axes; the first of two is a letter."""
    named = head.shape.simple if isinstance(head.shape, syntax.Reference) else None
    if named is not None and not is_letter(named) and evaluator.name(named) is None:
        help = f"a name and its shape: `input {named}: 224x224x3`"
        fail("unknown-name", head.shape.span, f"the input `{named}` has no shape", help=help)
    value = evaluator.evaluate(head.shape)
    sizes = list_of(value) or (value,)
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int | Expr):
            what = kind_of(size)
            fail(
                "wrong-kind", head.shape.span, f"an input's sizes are integers, but this is {what}"
            )
        if isinstance(size, int) and not 1 <= size <= MAX_SIZE:
            fail(
                "value", head.shape.span, f"an input's sizes are from 1 to 2^31, but this is {size}"
            )
    if len(sizes) == 2 and isinstance(sizes[0], int) and not letters(head.shape):
        text = shape_text(sizes)
        fail(
            "shape",
            head.shape.span,
            f"an input of two axes is a sequence, and its first is a letter, but this is {text}",
            help=f"an image of one channel is written `{text}x1`, a sequence `Tx{sizes[1]}`",
        )
    if not 1 <= len(sizes) <= 4:
        fail("shape", head.shape.span, "an input has one to four axes: C, TxC, HxWxC or RxHxWxC")
    return tuple(sizes)


# ---------------------------------------------------------------- where


def comparisons(where: syntax.Expression) -> list[syntax.Binary]:
    """A constraint as its comparisons; they are joined by ``and``."""
    if isinstance(where, syntax.Group):
        return comparisons(where.inner)
    if isinstance(where, syntax.Binary) and where.operator == "and":
        return [*comparisons(where.left), *comparisons(where.right)]
    if isinstance(where, syntax.Binary) and where.operator in _COMPARISONS:
        return [where]
    fail(
        "constraint",
        where.span,
        "a constraint is a comparison of sizes, or several joined by `and`",
        help="write `where H % 32 == 0 and W >= 64`",
    )


def constraints(heads: list[syntax.Input], frame: Frame, scope: Scope) -> Facts:
    """What the ``where`` of all inputs say together."""
    evaluator = Evaluator(scope, frame)
    found: list[tuple[str, Any, Any]] = []
    last: Span | None = None
    for head in heads:
        if head.where is None:
            continue
        for comparison in comparisons(head.where):
            left = evaluator.evaluate(comparison.left)
            right = evaluator.evaluate(comparison.right)
            for side, value in ((comparison.left, left), (comparison.right, right)):
                if isinstance(value, bool) or not isinstance(value, int | Expr):
                    what = kind_of(value)
                    fail(
                        "wrong-kind", side.span, f"a constraint compares sizes, but this is {what}"
                    )
            if isinstance(left, int) and isinstance(right, int):
                if not decide(comparison.operator, left, right, None):
                    fail(
                        "constraint",
                        comparison.span,
                        f"the constraint does not hold: {left} {comparison.operator} {right}",
                    )
                continue
            last = comparison.span
            found.append((comparison.operator, left, right))
    try:
        return Facts.from_comparisons(found)
    except (ValueError, DimError) as error:
        fail("constraint", last, f"the constraints cannot all hold: {error}")


# ---------------------------------------------------------------- called networks


def arriving(
    name: str,
    heads: list[syntax.Input],
    first: Signal,
    tensors: dict[str, Any],
    spans: dict[str, Span],
    call: syntax.Call,
    frame: Frame,
    scope: Scope,
) -> None:
    """Bind the inputs of a called network to what arrives; `where` must hold of it."""
    check_names(heads)
    for position, head in enumerate(heads):
        key = input_name(head)
        signal = first if position == 0 else given_tensor(name, key, tensors, spans, call)
        bind_letters(head, signal, call, frame, scope)
        frame.labels[key] = Element(key, signal, span=head.span)
    evaluator = Evaluator(scope, frame)
    for head in heads:
        if head.where is not None:
            for comparison in comparisons(head.where):
                check_constraint(comparison, evaluator, call, name)


def given_tensor(
    name: str, key: str, tensors: dict[str, Any], spans: dict[str, Span], call: syntax.Call
) -> Signal:
    value = tensors.get(key)
    if value is None:
        message = f"`{name}` needs its input `{key}`"
        fail("argument", call.span, message, help=f"write `{name} {key}=LABEL`")
    if not isinstance(value, Element) or value.value is None:
        message = f"the input `{key}` of `{name}` is a tensor, but this is {kind_of(value)}"
        fail("wrong-kind", spans[key], message)
    if isinstance(value.value, Poison):
        raise value.value.error
    return value.value


def bind_letters(
    head: syntax.Input, signal: Signal, call: syntax.Call, frame: Frame, scope: Scope
) -> None:
    """The letters of a declared shape take the sizes that arrive; its numbers hold elsewhere.

    A network of images takes a row of regions too: layers act on their trailing axes.
    """
    shape = head.shape
    items: tuple[Any, ...]
    if isinstance(shape, syntax.SizeLiteral):
        items = shape.items
    elif isinstance(shape, syntax.ListLiteral):
        items = tuple(i.simple if isinstance(i, syntax.Reference) else None for i in shape.items)
    else:
        items = (shape.simple if isinstance(shape, syntax.Reference) else None,)
    arrives = signal.shape[1:] if (len(items), len(signal.shape)) == (3, 4) else signal.shape
    if len(items) != len(arrives):
        fail(
            "shape",
            call.span,
            f"the input `{input_name(head)}` has {len(items)} axes, but "
            f"{shape_text(signal.shape)} arrives",
            labels=[Label(head.span, "declared here"), Label(signal.span, "comes from here")],
        )
    for item, size in zip(items, arrives, strict=True):
        if not isinstance(item, str) or not is_letter(item) or scope.has(item):
            continue
        known = frame.symbols.setdefault(item, size)
        if decide("==", known, size, frame.facts) is not True:
            fail(
                "constraint",
                call.span,
                f"`{item}` would be both {known} and {size}: {shape_text(signal.shape)} arrives",
                labels=[Label(head.span, "declared here")],
            )


def check_constraint(
    comparison: syntax.Binary, evaluator: Evaluator, call: syntax.Call, name: str
) -> None:
    left, right = evaluator.evaluate(comparison.left), evaluator.evaluate(comparison.right)
    if decide(comparison.operator, left, right, evaluator.facts()) is True:
        return
    fail(
        "constraint",
        call.span,
        f"`{name}` asks that {comparison.span.text}, which does not hold of what arrives",
        labels=[Label(comparison.span, "asked here")],
        notes=[f"{left} {comparison.operator} {right}"],
    )
