"""Rows of the layers with windows: convolutions and poolings, with dlib's rules of padding.

dlib pads both sides alike, by half the window where the stride is 1 and by nothing where it is
not, unless a padding is given; it rounds down (dlib/dnn/layers.h, ``con_`` and ``max_pool_``).
"""

from __future__ import annotations

from typing import cast

from archc.dims import Dim, floor_div, proves_equal, to_text
from archc.graph.network import Layer
from archc.ops import convolution, pooling, transposed
from archc.ops.spatial import AXES, Sides
from archc_backends.dlib.table import PADDED_NAMES, CannotError, Template, rows

Pair = tuple[int, int]

NO_GROUPS = "has no convolution in groups"
NO_DILATION = "has no dilated windows"


def default_padding(kernel: Pair, stride: Pair) -> Pair:
    """What dlib pads by where no padding is given."""
    height, width = (0 if s != 1 else k // 2 for k, s in zip(kernel, stride, strict=True))
    return height, width


def needs_map(layer: Layer) -> None:
    if len(layer.input_shapes[0]) != 3:
        raise CannotError("takes maps of one image, not of several regions or steps at once")


def windowed(name: str, first: tuple[int, ...], kernel: Pair, stride: Pair, pad: Pair) -> Template:
    """``con<...>`` where the padding is dlib's own, else ``conp<...>`` with it."""
    args = (*first, *kernel, *stride)
    if pad == default_padding(kernel, stride):
        return Template(name, args)
    return Template(PADDED_NAMES[name], (*args, *pad))


def axis_padding(
    sides: Sides, size: Dim, kernel: int, stride: int, out: Dim, axis: int, ceil: bool
) -> int:
    """The padding of both sides that gives the same windows along an axis. Raises CannotError.

    The windows start at the padding before the map; what is added after it matters by the number
    of windows alone. So another padding after it, or rounding up, is dlib's own where the number
    comes out the same.
    """
    before, after = sides
    if not isinstance(before, int):
        raise CannotError(f"pads by fixed numbers, but {to_text(before)} depends on the image")
    if not proves_equal(floor_div(size + 2 * before - kernel, stride) + 1, out):
        if before == after and ceil:
            raise CannotError(
                "has no pooling that rounds up (`ceil`), and here that makes a difference",
                "a padding may give the same size of map: `maxpool 3x3/2 pad=1`",
            )
        raise CannotError(
            f"pads both sides alike, but the {AXES[axis]} is padded by {to_text(before)} before "
            f"and {to_text(after)} after",
            "`pad` pads both sides by half the window",
        )
    if before >= kernel:
        raise CannotError(
            f"pads by less than the window, but a window of {kernel} is padded by {before}"
        )
    return before


def padding(layer: Layer, kernel: Pair, stride: Pair, sides: tuple[Sides, Sides]) -> Pair:
    """dlib's padding of a convolution or pooling. Raises CannotError."""
    ceil = bool(getattr(layer.op, "ceil", False))
    height, width = (
        axis_padding(
            sides[axis],
            layer.input_shapes[0][axis],
            kernel[axis],
            stride[axis],
            layer.shape[axis],
            axis,
            ceil,
        )
        for axis in (0, 1)
    )
    return height, width


@rows.row(convolution.Conv)
def _conv(layer: Layer) -> Template:
    op = cast(convolution.Conv, layer.op)
    needs_map(layer)
    if op.groups != 1:
        raise CannotError(NO_GROUPS)
    if op.dilation != (1, 1):
        raise CannotError(NO_DILATION)
    if op.connections is not None:
        raise CannotError("has no table of connections: each map reads all maps")
    pad = padding(layer, op.kernel, op.stride, op.padding(*layer.input_shapes))
    name = "con" if op.bias else "con_no_bias"
    return windowed(name, (op.width,), op.kernel, op.stride, pad)


@rows.row(transposed.Deconv)
def _deconv(layer: Layer) -> Template:
    op = cast(transposed.Deconv, layer.op)
    needs_map(layer)
    if op.groups != 1:
        raise CannotError(NO_GROUPS)
    if op.dilation != (1, 1):
        raise CannotError(NO_DILATION)
    cuts = op.cut()
    for axis, (before, after) in enumerate(cuts):
        if before != after:
            raise CannotError(
                "cuts both sides of a transposed convolution's output alike, but the "
                f"{AXES[axis]} loses {before} before and {after} after"
            )
        if not 0 <= before < op.kernel[axis]:
            raise CannotError(
                f"pads by less than the window, but a window of {op.kernel[axis]} is padded by "
                f"{before}"
            )
    name = "cont" if op.bias else "cont_no_bias"
    return windowed(name, (op.width,), op.kernel, op.stride, (cuts[0][0], cuts[1][0]))


@rows.row(pooling.MaxPool, pooling.AvgPool)
def _pool(layer: Layer) -> Template:
    op = cast(pooling.Pool, layer.op)
    needs_map(layer)
    if isinstance(op, pooling.MaxPool) and op.dilation != (1, 1):
        raise CannotError(NO_DILATION)
    name = "max_pool" if isinstance(op, pooling.MaxPool) else "avg_pool"
    if op.adaptive is not None:
        return _adaptive(layer, name, op.adaptive)
    assert op.kernel is not None
    pad = padding(layer, op.kernel, op.stride, op.padding(*layer.input_shapes))
    if isinstance(op, pooling.AvgPool) and pad != (0, 0) and op.counts_padding:
        raise CannotError(
            "averages without the zeros of the padding, and here they count",
            "`excludepad` leaves them out",
        )
    return windowed(name, (), op.kernel, op.stride, pad)


def _adaptive(layer: Layer, name: str, out: Pair) -> Template:
    """A pooling whose output's size is given: windows side by side, where they come out even."""
    if out == (1, 1):
        return Template(f"{name}_everything")
    windows: list[int] = []
    for axis in (0, 1):
        size = layer.input_shapes[0][axis]
        if not isinstance(size, int) or size % out[axis]:
            raise CannotError(
                f"pools by windows of one size, and {to_text(size)} positions do not make "
                f"{out[axis]} of them"
            )
        windows.append(size // out[axis])
    kernel = (windows[0], windows[1])
    return windowed(name, (), kernel, kernel, (0, 0))
