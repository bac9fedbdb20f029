"""Convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import Dim, to_text
from archc.ops.base import (
    ArgumentError,
    Cost,
    Op,
    Reaches,
    Shape,
    ShapeError,
    Weights,
    argument,
    product,
    shape_text,
)
from archc.ops.spatial import (
    PAD_DOC,
    PAD_WORDS,
    Pad,
    Sides,
    check_pad,
    extent,
    formula,
    map_of,
    out_length,
    sides,
    window_reach,
)

Connections = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Conv(Op):
    """A two-dimensional convolution (cross-correlation, as every framework has it).

    Shape: HxWxC to H'xW'x``width``, with H' = ⌊(H + 2p − k)/s⌋ + 1, where a dilated window counts
    as k = dilation·(kernel − 1) + 1; for `same`, H' = ⌈H/s⌉.
    Weights: kernel height × kernel width × C/``groups`` × ``width``, and ``width`` biases. With a
    table of connections only the connected pairs of maps count; the others are masked.
    Cost: a multiply-accumulate a weight and output position, and a bias addition an output.
    """

    name: ClassVar[str] = "conv"
    family: ClassVar[str] = "convolution"

    kernel: tuple[int, int] = argument("size", "window: height and width", window="kernel")
    width: int = argument("count", "output channels", positional=True)
    stride: tuple[int, int] = argument(
        "size", "how far the window moves", default=(1, 1), window="stride"
    )
    pad: Pad = argument("pad", PAD_DOC, default=(0, 0), words=PAD_WORDS)
    dilation: tuple[int, int] = argument("size", "distance of the window's values", default=(1, 1))
    groups: int = argument(
        "count", "groups of channels convolved apart; divides both channel counts", default=1
    )
    bias: bool = argument(
        "flag", "a bias per output channel", default=True, words={"nobias": False, "bias": True}
    )
    connections: Connections | None = argument(
        "table",
        "for each output channel the list of the input channels (from 0) that it reads; "
        "LeNet-5's C3 (LeCun et al. 1998, Table I); all where left out",
        default=None,
    )

    def __post_init__(self) -> None:
        check_pad(self.pad)
        if self.width % self.groups:
            raise ArgumentError(
                "groups", f"{self.groups} groups do not divide the width {self.width}"
            )
        if self.connections is not None:
            self._check_connections(self.connections)

    def _check_connections(self, table: Connections) -> None:
        if self.groups != 1:
            raise ArgumentError("groups", "`groups` and `connections` exclude each other")
        if len(table) != self.width:
            raise ArgumentError(
                "connections",
                f"`connections` has {len(table)} rows, but the width is {self.width}: "
                "a row per output channel is needed",
            )
        for number, row in enumerate(table):
            if not row or len(set(row)) != len(row):
                raise ArgumentError(
                    "connections",
                    f"row {number} of `connections` must name at least one input channel, "
                    "and none twice",
                )

    @property
    def span(self) -> tuple[int, int]:
        """What the window spans, the holes of its dilation included."""
        return extent(self.kernel[0], self.dilation[0]), extent(self.kernel[1], self.dilation[1])

    def padding(self, *inputs: Shape) -> tuple[Sides, Sides]:
        """Positions added at (top, bottom) and (left, right)."""
        _, height, width, _ = map_of(self.name, inputs[0])
        span, stride = self.span, self.stride
        return (
            sides(self.pad, 0, height, span[0], stride[0]),
            sides(self.pad, 1, width, span[1], stride[1]),
        )

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        self._check_channels(channels, inputs[0])
        span, stride, name = self.span, self.stride, self.name
        return (
            *lead,
            out_length(name, inputs[0], 0, height, self.pad, span[0], stride[0]),
            out_length(name, inputs[0], 1, width, self.pad, span[1], stride[1]),
            self.width,
        )

    def explain(self, *inputs: Shape) -> str | None:
        _, height, _, _ = map_of(self.name, inputs[0])
        return formula(0, height, self.padding(*inputs)[0], self.span[0], self.stride[0])

    def _check_channels(self, channels: Dim, arrives: Shape) -> None:
        if self.groups != 1 and (not isinstance(channels, int) or channels % self.groups):
            raise ShapeError(
                f"`{self.name}` has {self.groups} groups, which do not divide the "
                f"{to_text(channels)} channels of {shape_text(arrives)}"
            )
        if self.connections is not None:
            last = max(map(max, self.connections))
            if not isinstance(channels, int) or last >= channels:
                raise ShapeError(
                    f"`connections` names input channel {last} (counted from 0), but "
                    f"{shape_text(arrives)} arrives, which has {to_text(channels)} channels"
                )

    def _pairs(self, channels: Dim) -> Dim:
        """Connected pairs of an input and an output channel."""
        if self.connections is not None:
            return sum(map(len, self.connections))
        if isinstance(channels, int):
            return channels // self.groups * self.width
        return channels * self.width

    def weights(self, *inputs: Shape) -> Weights:
        channels = inputs[0][-1]
        window = self.kernel[0] * self.kernel[1]
        pairs = self._pairs(channels)
        return Weights(
            weights=window * pairs,
            biases=self.width if self.bias else 0,
            masked=0 if self.connections is None else window * (channels * self.width - pairs),
        )

    def cost(self, *inputs: Shape) -> Cost | None:
        shape = self.shape(*inputs)
        positions = product(shape[:-1])
        window = self.kernel[0] * self.kernel[1]
        return Cost(
            macs=positions * window * self._pairs(inputs[0][-1]),
            bias_adds=product(shape) if self.bias else 0,
        )

    def reach(self, *inputs: Shape) -> Reaches:
        (top, _), (left, _) = self.padding(*inputs)
        span, stride = self.span, self.stride
        return window_reach(top, span[0], stride[0]), window_reach(left, span[1], stride[1])
