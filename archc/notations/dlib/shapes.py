"""Shapes as the text is read, by the same layers that compiling asks."""

from __future__ import annotations

from archc.diagnostics import Span, fail
from archc.dims import Dim, DimError, exact_div, proves_equal
from archc.notations.dlib.layers import Made
from archc.notations.dlib.numbers import Number, Whole
from archc.notations.dlib.program import Layer
from archc.notations.dlib.tree import Use
from archc.ops.base import ArgumentError, Shape, ShapeError
from archc.registry import layer as layer_class


def extent(use: Use, count: int) -> Span:
    """A template's name with the arguments before the network below."""
    given = use.arguments or ()
    if count <= 0 or len(given) < count:
        return use.name_span
    return use.name_span.to(given[count - 1].span)


def make(step: Layer, values: list[Number]) -> Made:
    assert step.row.make is not None
    return step.row.make(*values, *step.words)


def shape_of(made: Made, *shapes: Shape) -> Shape | None:
    """What a layer makes of what arrives; None where it does not fit, as compiling will say."""
    fields = dict(made.fields)
    whole: list[bool] = []
    if "kernel" in fields:
        whole = [isinstance(size, Whole) for size in fields["kernel"]]
        fields["kernel"] = tuple(1 if isinstance(k, Whole) else k for k in fields["kernel"])
    try:
        result = layer_class(made.name)(**fields).shape(*shapes)
    except (ArgumentError, ShapeError, DimError, ZeroDivisionError):
        return None
    if any(whole) and len(result) == 3:
        height, width, channels = result
        return (1 if whole[0] else height, 1 if whole[1] else width, channels)
    return result


def check_padding(made: Made, span: Span) -> None:
    """dlib refuses a padding as large as the window."""
    kernel, pad = made.fields.get("kernel"), made.fields.get("pad")
    if kernel is None or pad is None:
        return
    for size, by in zip(kernel, pad, strict=True):
        if isinstance(size, int) and isinstance(by, int) and size and by >= size:
            fail(
                "argument",
                span,
                f"dlib's padding is less than the window: {by} is not below {size}",
            )


def check_square(step: Layer, span: Span) -> None:
    """archc's `reorg` takes square blocks."""
    if step.name == "reorg" and len({value.number for value in step.values}) > 1:
        sizes = "x".join(str(value.number) for value in step.values)
        fail("unsupported", span, f"archc's `reorg` takes square blocks, not {sizes}")


def check_statistics(step: Layer, shape: Shape | None, span: Span) -> None:
    """Layers over all values that archc has over the channels only."""
    each = step.name == "bn_fc" or (step.name == "bn" and step.words == ("FC_MODE",))
    if not each and step.name != "softmax_all":
        return
    if shape is not None and (len(shape) == 1 or (len(shape) == 3 and shape[:2] == (1, 1))):
        return
    if shape is not None or step.name == "softmax_all":
        reason = (
            "takes each value of a map apart" if each else "acts on all values of a map at once"
        )
        fail("unsupported", span, f"`{step.name}` {reason}; archc has it for vectors")


def largest(sizes: tuple[Dim, ...]) -> Dim | None:
    """The largest of sizes; None where that is not known."""
    best = sizes[0]
    for size in sizes[1:]:
        if proves_equal(best, size):
            continue
        difference = size - best
        if not isinstance(difference, int):
            return None
        if difference > 0:
            best = size
    return best


def missing_of(have: Dim, want: Dim | None) -> int:
    if want is None or proves_equal(have, want):
        return 0
    difference = want - have
    return difference if isinstance(difference, int) else 0


def factor_of(have: Dim, want: Dim) -> int | None:
    for factor in (1, 2, 3, 4, 8, 16, 32):
        if proves_equal(have * factor, want):
            return factor
    try:
        quotient = exact_div(want, have) if isinstance(have, int) else None
    except DimError:
        return None
    return quotient if isinstance(quotient, int) else None
