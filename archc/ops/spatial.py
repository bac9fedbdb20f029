"""What windows do to the two spatial axes: padding, output lengths, reach, and their errors.

A window of k positions, ``dilation`` apart, extends over dilation·(k − 1) + 1 positions; it moves
by ``stride``. Everything here speaks of one axis at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from archc.dims import Dim, ceil_div, dim_max, dim_min, floor_div, proves_less, to_text
from archc.ops.base import ArgumentError, Reach, Shape, ShapeError, shape_text

Pad = tuple[int, ...] | Literal["same", "half"]
"""What a padding argument holds: (height, width) on both sides of each, (top, bottom, left, right),
``half`` (⌊k/2⌋ on every side) or ``same`` (an output of ⌈in/stride⌉, the extra at the end)."""

Sides = tuple[Dim, Dim]
"""Positions added before and after an axis."""

AXES = ("height", "width")

PAD_WORDS = {"valid": (0, 0), "pad": "half", "same": "same"}
PAD_DOC = "what is added around the map (see Padding above)"


def map_of(name: str, shape: Shape) -> tuple[Shape, Dim, Dim, Dim]:
    """Leading axes, height, width and channels of a map. Raises ShapeError for another rank."""
    if len(shape) not in (3, 4):
        raise rank_error(name, shape, "a map HxWxC or RxHxWxC")
    height, width, channels = shape[-3:]
    return shape[:-3], height, width, channels


def rank_error(name: str, shape: Shape, accepted: str, help: str | None = None) -> ShapeError:
    """The error for a tensor of a rank that the layer ``name`` does not take."""
    axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
    return ShapeError(
        f"`{name}` takes {accepted}, but {shape_text(shape)} arrives, which has {axes}", help=help
    )


def check_pad(pad: Pad) -> None:
    """Raise ArgumentError unless ``pad`` is one of the forms of :data:`Pad`."""
    if isinstance(pad, str):
        good = pad in ("same", "half")
    else:
        good = len(pad) in (2, 4) and all(p >= 0 for p in pad)
    if not good:
        raise ArgumentError("pad", f"`pad` cannot be {pad}")


def extent(kernel: int, dilation: int = 1) -> int:
    """How many positions a window spans, the holes of its dilation included."""
    return dilation * (kernel - 1) + 1


def sides(pad: Pad, axis: int, size: Dim, span: int, stride: int) -> Sides:
    """What ``pad`` adds before and after axis 0 (height) or 1 (width), of ``size`` positions."""
    if pad == "half":
        return span // 2, span // 2
    if pad == "same":
        total = span - 1 if stride == 1 else _same_total(size, span, stride)
        before = floor_div(total, 2)
        return before, total - before
    if len(pad) == 2:
        return pad[axis], pad[axis]
    return pad[2 * axis], pad[2 * axis + 1]


def _same_total(size: Dim, span: int, stride: int) -> Dim:
    return dim_max(0, (ceil_div(size, stride) - 1) * stride + span - size)


def out_length(
    name: str,
    arrives: Shape,
    axis: int,
    size: Dim,
    pad: Pad,
    span: int,
    stride: int,
    *,
    ceil: bool = False,
) -> Dim:
    """Output positions along an axis: ⌊(in + padding − k)/stride⌋ + 1, or ⌈in/stride⌉ for `same`.

    ``ceil`` rounds up, but a window that would start past the input and the padding before it is
    left out (the rule of Caffe and torch). Raises ShapeError where not one window fits.
    """
    if pad == "same":
        return ceil_div(size, stride)
    before, after = sides(pad, axis, size, span, stride)
    room = size + before + after
    # rounded up, a window may run past the end by less than a stride, the only one too
    if proves_less(room + (stride - 1 if ceil else 0), span):
        raise _too_small(name, arrives, axis, size, (before, after), span, stride, ceil)
    if not ceil:
        return floor_div(room - span, stride) + 1
    length = ceil_div(room - span, stride) + 1
    if proves_less(span, after + stride):
        length = dim_min(length, ceil_div(size + before, stride))
    return length


def _too_small(
    name: str,
    arrives: Shape,
    axis: int,
    size: Dim,
    padding: Sides,
    span: int,
    stride: int,
    ceil: bool,
) -> ShapeError:
    before, after = padding
    with_padding = f" padded to {to_text(size + before + after)}" if before or after else ""
    return ShapeError(
        f"the window of `{name}` does not fit: it spans {span} along the {AXES[axis]}, but "
        f"{shape_text(arrives)} arrives, whose {AXES[axis]} is {to_text(size)}{with_padding}",
        formula=formula(axis, size, padding, span, stride, ceil=ceil),
        help="a smaller window, or padding: `pad`, `pad=p` or `same`",
    )


def formula(
    axis: int, size: Dim, padding: Sides, span: int, stride: int, *, ceil: bool = False
) -> str:
    """The output positions along an axis as the formula with its numbers."""
    before, after = padding
    padded = f"2·{to_text(before)}" if before == after else f"{to_text(before)} + {to_text(after)}"
    left, right = "⌈⌉" if ceil else "⌊⌋"
    rounded: Callable[[Dim, Dim], Dim] = ceil_div if ceil else floor_div
    result = rounded(size + before + after - span, stride) + 1
    return (
        f"{AXES[axis]}: {left}(in + 2p − k)/s{right} + 1 = "
        f"{left}({to_text(size)} + {padded} − {span})/{stride}{right} + 1 = {to_text(result)}"
    )


def window_reach(before: Dim, span: int, stride: int) -> Reach:
    """The reach of a window along an axis with ``before`` positions of padding before it."""
    return Reach(size=span, stride=stride, offset=-before)
