"""Rows of the layers with windows: convolution and pooling, with every way of padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from archc.dims import Dim
from archc.ops import convolution, depthwise, pooling, transposed
from archc_backends.onnx.graph import ZEROS, Site, Start
from archc_backends.onnx.table import as_op, rows

LOWEST = float("-inf")


@dataclass(frozen=True, slots=True)
class Padding:
    """(top, bottom), (left, right) where these are numbers, else None."""

    sides: tuple[tuple[int, int], tuple[int, int]] | None

    @property
    def symmetric(self) -> bool:
        return self.sides is not None and all(before == after for before, after in self.sides)

    @property
    def pads(self) -> list[int]:
        """As ONNX has it: top, left, bottom, right."""
        assert self.sides is not None
        return ordered(self.sides)


def ordered(sides: Sequence[tuple[int, int]]) -> list[int]:
    return [before for before, _ in sides] + [after for _, after in sides]


def padding(sides: Sequence[tuple[Dim, Dim]]) -> Padding:
    numbers = [(a, b) for a, b in sides if isinstance(a, int) and isinstance(b, int)]
    return Padding((numbers[0], numbers[1]) if len(numbers) == 2 else None)


def padded(site: Site, x: str, pads: Sequence[int], value: float = 0.0) -> str:
    """Numbers around a map: top, left, bottom, right.

    The axes are named although they are all but the first two: a `Pad` without them onnxruntime
    makes part of a pooling that reads it, where zeros then never win a maximum, and where it
    refuses what is as large as the window.
    """
    return site.op("Pad", x, site.ints(*pads), site.floats(value), site.ints(2, 3))


def same_pads(site: Site, x: str, span: Sequence[int], stride: Sequence[int]) -> str:
    """Padding to an output of size in/stride rounded up, computed as the graph runs: the extra at
    the end, as TensorFlow pads."""
    size = site.shape(x, 2, 4)
    steps = site.ints(*stride)
    more = site.op("Add", size, site.ints(*(s - 1 for s in stride)))
    out = site.op("Div", more, steps)
    reach = site.op("Mul", site.op("Sub", out, site.ints(1)), steps)
    whole = site.op("Sub", site.op("Add", reach, site.ints(*span)), size)
    total = site.op("Max", whole, site.ints(0))
    before = site.op("Div", total, site.ints(2))
    after = site.op("Sub", total, before)
    return site.vector(0, 0, before, 0, 0, after)


# ---------------------------------------------------------------- convolution


@rows.row(convolution.Conv)
def _conv(site: Site) -> str:
    op = cast(convolution.Conv, site.layer.op)
    site.expect(3)
    around = padding(op.padding(*site.layer.input_shapes))
    plain = around.symmetric and op.connections is None
    if op.connections is None:
        per_group = site.channels // op.groups
        start = Start("uniform", (per_group * op.kernel[0] * op.kernel[1]) ** -0.5)
        bias_start = start
        weight = site.weight("weight", (op.width, per_group, *op.kernel), start, plain=plain)
    else:
        weight, bias_start = _connected(site, op, op.connections)
    inputs = [weight]
    if op.bias:
        inputs.append(site.weight("bias", (op.width,), bias_start, plain=plain))
    x, pads = site.x, [0, 0, 0, 0]
    if around.sides is None:
        x = site.op("Pad", x, same_pads(site, x, op.span, op.stride))
    else:
        pads = around.pads
    return site.op(
        "Conv",
        x,
        *inputs,
        kernel_shape=list(op.kernel),
        strides=list(op.stride),
        pads=pads,
        dilations=list(op.dilation),
        group=op.groups,
    )


def _connected(
    site: Site, op: convolution.Conv, table: Sequence[Sequence[int]]
) -> tuple[str, Start]:
    """The dense weights of a connection table, zero where it has no pair; and how biases begin."""
    pairs = [(row, column) for row, reads in enumerate(table) for column in reads]
    area = op.kernel[0] * op.kernel[1]
    bounds = tuple((len(reads) * area) ** -0.5 for reads in table)
    start = Start("uniform", tuple(bounds[row] for row, _ in pairs))
    kernels = site.weight("weight", (len(pairs), *op.kernel), start, plain=False)
    shape = site.ints(op.width, site.channels, *op.kernel)
    zeros = site.op("ConstantOfShape", shape)
    places = site.graph.constant(pairs, "int64", "connections")
    return site.op("ScatterND", zeros, places, kernels), Start("uniform", bounds)


@rows.row(depthwise.Depthwise)
def _depthwise(site: Site) -> str:
    op = cast(depthwise.Depthwise, site.layer.op)
    site.expect(3)
    grouped = as_op(site.layer, op.grouped(*site.layer.input_shapes))
    return _conv(Site(site.graph, grouped, site.inputs, inside=site.inside))


@rows.row(transposed.Deconv)
def _deconv(site: Site) -> str:
    op = cast(transposed.Deconv, site.layer.op)
    site.expect(3)
    cut = op.cut()
    more = [before - after for before, after in cut]
    limits = [max(pair) for pair in zip(op.stride, op.dilation, strict=True)]
    plain = all(0 <= m < most for m, most in zip(more, limits, strict=True))
    per_group = op.width // op.groups
    start = Start("uniform", (per_group * op.kernel[0] * op.kernel[1]) ** -0.5)
    inputs = [site.weight("weight", (site.channels, per_group, *op.kernel), start, plain=plain)]
    if op.bias:
        inputs.append(site.weight("bias", (op.width,), start, plain=plain))
    # Positions that are added at the end where nothing is cut off there.
    added = [max(0, -after) for _, after in cut]
    return site.op(
        "ConvTranspose",
        site.x,
        *inputs,
        kernel_shape=list(op.kernel),
        strides=list(op.stride),
        pads=ordered([(before, max(0, after)) for before, after in cut]),
        output_padding=added,
        dilations=list(op.dilation),
        group=op.groups,
    )


# ---------------------------------------------------------------- pooling


@rows.row(pooling.MaxPool)
def _maxpool(site: Site) -> str:
    return _max(site, site.x)


@rows.row(pooling.MinPool)
def _minpool(site: Site) -> str:
    return site.op("Neg", _max(site, site.op("Neg", site.x)))


def _max(site: Site, x: str) -> str:
    op = cast(pooling.MaxPool, site.layer.op)
    site.expect(3)
    if op.adaptive is not None:
        if site.layer.path in site.graph.indexed:
            site.refuse("gives indices of a max pooling with a window alone")
        return adaptive(site, x, op.adaptive, "Max")
    kernel, around = op.kernel or (1, 1), padding(op.padding(*site.layer.input_shapes))
    window: dict[str, Any] = {
        "kernel_shape": list(kernel),
        "strides": list(op.stride),
        "dilations": list(op.dilation),
    }
    pads = reached(site, op, around)
    if pads is None:
        if around.sides is None:
            x = site.op("Pad", x, same_pads(site, x, op.span, op.stride), site.floats(LOWEST))
        else:
            window |= {"pads": around.pads, "ceil_mode": 1}
    elif all(pad < size for pad, size in zip(pads, kernel * 2, strict=True)):
        window["pads"] = pads
    else:
        x = padded(site, x, pads, LOWEST)
    if site.layer.path not in site.graph.indexed:
        return site.op("MaxPool", x, **window)
    if x != site.x:
        site.refuse("gives indices of a max pooling with equal padding alone")
    maxima, indices = site.ops("MaxPool", 2, x, **window)
    site.graph.values[f"{site.layer.path}:indices"] = indices
    return maxima


def reached(site: Site, op: pooling.Pool, around: Padding) -> list[int] | None:
    """The padding, with what the last windows of `ceil` reach beyond it; None where it depends on
    sizes that are formulas."""
    if around.sides is None:
        return None
    if not op.ceil:
        return around.pads
    reach: list[tuple[int, int]] = []
    for axis, (before, after) in enumerate(around.sides):
        arrives, leaves = site.layer.input_shapes[0][axis], site.layer.shape[axis]
        if not isinstance(arrives, int) or not isinstance(leaves, int):
            return None
        end = (leaves - 1) * op.stride[axis] + op.span[axis] - arrives - before
        reach.append((before, max(after, end)))
    return ordered(reach)


@rows.row(pooling.AvgPool)
def _avgpool(site: Site) -> str:
    op = cast(pooling.AvgPool, site.layer.op)
    site.expect(3)
    x = site.x
    if op.adaptive is not None:
        return adaptive(site, x, op.adaptive, "Mean")
    around = padding(op.padding(*site.layer.input_shapes))
    window: dict[str, Any] = {
        "kernel_shape": list(op.kernel or (1, 1)),
        "strides": list(op.stride),
    }
    counts = int(op.counts_padding)
    pads = reached(site, op, around)
    if pads is None:
        if around.sides is None:
            return _same_average(site, op, window)
        return site.op(
            "AveragePool", x, pads=around.pads, ceil_mode=1, count_include_pad=counts, **window
        )
    own = around.pads
    if counts and pads != own:  # what `ceil` reaches beyond the padding never counts
        x = padded(site, x, own) if any(own) else x
        pads, counts = [a - b for a, b in zip(pads, own, strict=True)], 0
    return site.op("AveragePool", x, pads=pads, count_include_pad=counts, **window)


def _same_average(site: Site, op: pooling.AvgPool, window: dict[str, Any]) -> str:
    """Average pooling of `same` over sizes that are formulas."""
    x = site.x
    pads = same_pads(site, x, op.span, op.stride)
    total = site.op("AveragePool", site.op("Pad", x, pads), **window)
    if op.counts_padding:
        return total
    ones = site.op("Expand", site.floats(1.0), site.vector(1, 1, site.shape(x, 2, 4)))
    share = site.op("AveragePool", site.op("Pad", ones, pads), **window)
    return site.op("Div", total, share)


@rows.row(pooling.Subsample)
def _subsample(site: Site) -> str:
    op = cast(pooling.Subsample, site.layer.op)
    site.expect(3)
    area = op.kernel[0] * op.kernel[1]
    weight = site.weight("weight", (site.channels,), Start("constant", 1 / area), plain=False)
    bias = site.weight("bias", (site.channels,), ZEROS, plain=False)
    mean = site.op("AveragePool", site.x, kernel_shape=list(op.kernel), strides=list(op.stride))
    total = site.op("Mul", mean, site.floats(float(area)))
    scaled = site.op("Mul", total, site.unsqueeze(weight, 1, 2))
    return site.op("Add", scaled, site.unsqueeze(bias, 1, 2))


# ---------------------------------------------------------------- bins of a whole map


def adaptive(site: Site, x: str, out: tuple[int, int], kind: str) -> str:
    """Pooling (``Max`` or ``Mean``) to an output of a given size: one node where the bins are
    equal, else a reduction a row and a column of bins."""
    if out == (1, 1):
        return site.op("GlobalMaxPool" if kind == "Max" else "GlobalAveragePool", x)
    sizes = [size for size in site.layer.input_shapes[0][-3:-1] if isinstance(size, int)]
    if len(sizes) == 2 and all(size % n == 0 for size, n in zip(sizes, out, strict=True)):
        bins = [size // n for size, n in zip(sizes, out, strict=True)]
        name = "MaxPool" if kind == "Max" else "AveragePool"
        return site.op(name, x, kernel_shape=bins, strides=bins)
    for axis, count in enumerate(out):
        site.limit(count, "bins along an axis")
        x = _binned(site, x, axis + 2, count, f"Reduce{kind}")
    return x


def _binned(site: Site, x: str, axis: int, count: int, reduce: str) -> str:
    """The axis divided into bins from ⌊i·n/count⌋ to ⌈(i + 1)·n/count⌉."""
    size = site.layer.input_shapes[0][-5 + axis]
    length = None if isinstance(size, int) else site.shape(x, axis, axis + 1)
    found: list[str] = []
    for i in range(count):
        bounds = _bounds(site, size if isinstance(size, int) else length or "", i, count)
        part = site.op("Slice", x, *bounds, site.ints(axis))
        found.append(site.op(reduce, part, site.ints(axis), keepdims=1))
    return found[0] if count == 1 else site.op("Concat", *found, axis=axis)


def _bounds(site: Site, size: int | str, i: int, count: int) -> tuple[str, str]:
    if isinstance(size, int):
        return site.ints(i * size // count), site.ints(-(-(i + 1) * size // count))
    number = site.ints(count)
    start = site.op("Div", site.op("Mul", size, site.ints(i)), number)
    reach = site.op("Add", site.op("Mul", size, site.ints(i + 1)), site.ints(count - 1))
    return start, site.op("Div", reach, number)


__all__ = ["adaptive", "padded"]
