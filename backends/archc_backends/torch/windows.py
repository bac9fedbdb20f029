"""Rows of the layers with windows: convolution and pooling, with every way of padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from archc.backend import unsupported
from archc.dims import Dim
from archc.graph.network import Layer
from archc.ops import convolution, pooling
from archc.ops.base import Shape
from archc_backends.torch.spelling import REQUIRED, Call, Value, layer
from archc_backends.torch.table import channels, rank, rows, square


@dataclass(frozen=True, slots=True)
class Padding:
    """``sides``: (top, bottom), (left, right), or None where they depend on the input's size."""

    sides: tuple[tuple[int, int], tuple[int, int]] | None

    @property
    def symmetric(self) -> Value:
        """The padding as torch's layers take it, or None where they cannot."""
        if self.sides is None or any(before != after for before, after in self.sides):
            return None
        return square([before for before, _ in self.sides])

    @property
    def around(self) -> tuple[int, ...]:
        """(left, right, top, bottom), as torch.nn.functional.pad takes it."""
        assert self.sides is not None
        return (*self.sides[1], *self.sides[0])


def _padding(sides: Sequence[tuple[Dim, Dim]]) -> Padding:
    numbers = [(a, b) for a, b in sides if isinstance(a, int) and isinstance(b, int)]
    return Padding((numbers[0], numbers[1]) if len(numbers) == 2 else None)


@rows.row(convolution.Conv)
def _conv(node: Layer) -> Call:
    op = cast(convolution.Conv, node.op)
    rank(node, 3)
    padding = _padding(op.padding(*node.input_shapes))
    if op.connections is not None:
        return _connected(node, op, padding)
    sizes = (
        ("in_channels", cast(Value, channels(node))),
        ("out_channels", cast(Value, op.width)),
        ("kernel_size", square(op.kernel)),
    )
    stride, dilation = (square(op.stride), 1), (square(op.dilation), 1)
    groups, bias = (op.groups, 1), (op.bias, True)
    if padding.symmetric is not None:
        return layer(
            "nn.Conv2d",
            *sizes,
            stride=stride,
            padding=(padding.symmetric, 0),
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
    if padding.sides is None:
        name, pad = "SameConv2d", {}
    else:
        name, pad = "PaddedConv2d", {"pad": (padding.around, REQUIRED)}
    return layer(name, *sizes, **pad, stride=stride, dilation=dilation, groups=groups, bias=bias)


def _connected(node: Layer, op: convolution.Conv, padding: Padding) -> Call:
    if padding.sides is None:
        unsupported("torch", node, "needs numbers for the padding of a connection table")
    return layer(
        "ConnectedConv2d",
        ("in_channels", channels(node)),
        ("connections", tuple(op.connections or ())),
        ("kernel_size", square(op.kernel)),
        stride=(square(op.stride), 1),
        pad=(padding.around, (0, 0, 0, 0)),
        dilation=(square(op.dilation), 1),
        bias=(op.bias, True),
    )


@rows.row(pooling.MaxPool, pooling.MinPool)
def _maxpool(node: Layer) -> Call:
    op = cast(pooling.MaxPool, node.op)
    rank(node, 3)
    call = _max(node, op)
    return layer("Negated", ("pool", call)) if isinstance(op, pooling.MinPool) else call


def _max(node: Layer, op: pooling.MaxPool) -> Call:
    if op.adaptive is not None:
        return layer("nn.AdaptiveMaxPool2d", ("output_size", square(op.adaptive)))
    kernel = ("kernel_size", square(op.kernel or (1, 1)))
    stride, dilation = (square(op.stride), 1), (square(op.dilation), 1)
    padding = _padding(op.padding(*node.input_shapes))
    if padding.symmetric is not None and _torch_pools(op, padding):
        return layer(
            "nn.MaxPool2d",
            kernel,
            stride=_pool_stride(op),
            padding=(padding.symmetric, 0),
            dilation=dilation,
            ceil_mode=(op.ceil, False),
        )
    if op.pad == "same" and padding.sides is None:
        return layer("SameMaxPool2d", kernel, stride=stride, dilation=dilation)
    pad = _reached(node, op, padding)
    return layer("PaddedMaxPool2d", kernel, pad=(pad, REQUIRED), stride=stride, dilation=dilation)


def _torch_pools(op: pooling.Pool, padding: Padding) -> bool:
    """Whether torch takes the padding: at most half of the kernel, holes not counted."""
    kernel, sides = op.kernel or (1, 1), padding.sides or ()
    return all(2 * before <= size for size, (before, _) in zip(kernel, sides, strict=True))


def _pool_stride(op: pooling.Pool) -> tuple[Value, Value]:
    """torch's pooling moves by its own size unless told otherwise."""
    return square(op.stride), square(op.kernel or (1, 1))


def _reached(node: Layer, op: pooling.Pool, padding: Padding) -> tuple[int, ...]:
    """The padding, with what the last windows of `ceil` reach beyond it."""
    if padding.sides is None:
        unsupported("torch", node, "needs numbers for a padding that differs between the sides")
    if not op.ceil:
        return padding.around
    reach: list[int] = []
    for axis, (before, after) in enumerate(padding.sides):
        arrives, leaves = _numbers(node, node.input_shapes[0], node.shape, axis)
        end = (leaves - 1) * op.stride[axis] + op.span[axis] - arrives - before
        reach += [before, max(after, end)]
    return (reach[2], reach[3], reach[0], reach[1])


def _numbers(node: Layer, arrives: Shape, leaves: Shape, axis: int) -> tuple[int, int]:
    a, b = arrives[axis], leaves[axis]
    if not isinstance(a, int) or not isinstance(b, int):
        unsupported("torch", node, "needs numbers for a padding that differs between the sides")
    return a, b


@rows.row(pooling.AvgPool)
def _avgpool(node: Layer) -> Call:
    op = cast(pooling.AvgPool, node.op)
    rank(node, 3)
    if op.adaptive is not None:
        return layer("nn.AdaptiveAvgPool2d", ("output_size", square(op.adaptive)))
    kernel = ("kernel_size", square(op.kernel or (1, 1)))
    padding = _padding(op.padding(*node.input_shapes))
    if padding.symmetric is not None:
        padded = any(a or b for a, b in padding.sides or ())
        return layer(
            "nn.AvgPool2d",
            kernel,
            stride=_pool_stride(op),
            padding=(padding.symmetric, 0),
            ceil_mode=(op.ceil, False),
            count_include_pad=(op.counts_padding or not padded, True),
        )
    stride = (square(op.stride), 1)
    if op.pad == "same" and padding.sides is None:
        count_include_pad = (op.counts_padding, False)
        return layer("SameAvgPool2d", kernel, stride=stride, count_include_pad=count_include_pad)
    pad = _reached(node, op, padding)
    counted = padding.around if op.counts_padding else (0, 0, 0, 0)
    return layer(
        "PaddedAvgPool2d",
        kernel,
        pad=(pad, REQUIRED),
        stride=stride,
        counted=(counted, (0, 0, 0, 0)),
    )


@rows.row(pooling.Subsample)
def _subsample(node: Layer) -> Call:
    op = cast(pooling.Subsample, node.op)
    rank(node, 3)
    return layer(
        "Subsample",
        ("channels", channels(node)),
        ("kernel_size", square(op.kernel)),
        stride=(square(op.stride), 1),
    )
