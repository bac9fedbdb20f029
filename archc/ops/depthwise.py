"""Convolution of each channel on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import to_text
from archc.ops.base import Cost, Op, Reaches, Shape, ShapeError, Weights, argument, shape_text
from archc.ops.convolution import Conv
from archc.ops.spatial import PAD_DOC, PAD_WORDS, Pad, check_pad, map_of


@dataclass(frozen=True)
class Depthwise(Op):
    """A depthwise convolution: each channel is convolved on its own, to ``multiplier`` channels;
    `conv` with as many groups as channels (Chollet 2017; Howard et al. 2017). With a 1x1 `conv`
    after it, it is a separable convolution.

    Shape: as `conv`, with C·``multiplier`` channels.
    Weights: kernel height × kernel width × C·``multiplier``, and C·``multiplier`` biases.
    Cost: a multiply-accumulate a weight and output position, and a bias addition an output.
    """

    name: ClassVar[str] = "depthwise"
    family: ClassVar[str] = "convolution"

    kernel: tuple[int, int] = argument("size", "window: height and width", window="kernel")
    multiplier: int = argument("count", "output channels of each channel", default=1)
    stride: tuple[int, int] = argument(
        "size", "how far the window moves", default=(1, 1), window="stride"
    )
    pad: Pad = argument("pad", PAD_DOC, default=(0, 0), words=PAD_WORDS)
    dilation: tuple[int, int] = argument("size", "distance of the window's values", default=(1, 1))
    bias: bool = argument(
        "flag", "a bias per output channel", default=True, words={"nobias": False, "bias": True}
    )

    def __post_init__(self) -> None:
        check_pad(self.pad)

    def grouped(self, *inputs: Shape) -> Conv:
        """The convolution in groups that this is. Raises ShapeError for a symbolic width."""
        *_, channels = map_of(self.name, inputs[0])
        if not isinstance(channels, int):
            raise ShapeError(
                f"`{self.name}` needs a number of channels, but {shape_text(inputs[0])} arrives, "
                f"which has {to_text(channels)}"
            )
        return Conv(
            kernel=self.kernel,
            width=channels * self.multiplier,
            stride=self.stride,
            pad=self.pad,
            dilation=self.dilation,
            groups=channels,
            bias=self.bias,
        )

    def shape(self, *inputs: Shape) -> Shape:
        return self.grouped(*inputs).shape(*inputs)

    def explain(self, *inputs: Shape) -> str | None:
        return self.grouped(*inputs).explain(*inputs)

    def weights(self, *inputs: Shape) -> Weights:
        return self.grouped(*inputs).weights(*inputs)

    def cost(self, *inputs: Shape) -> Cost | None:
        return self.grouped(*inputs).cost(*inputs)

    def reach(self, *inputs: Shape) -> Reaches:
        return self.grouped(*inputs).reach(*inputs)
