"""Windows run backwards: transposed convolution and unpooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import Dim, proves_less, to_text
from archc.ops.base import (
    IRREGULAR,
    NO_COST,
    ArgumentError,
    Cost,
    Op,
    Reach,
    Reaches,
    Shape,
    ShapeError,
    Weights,
    argument,
    product,
    shape_text,
)
from archc.ops.spatial import AXES, PAD_WORDS, Pad, check_pad, extent, map_of


@dataclass(frozen=True)
class Deconv(Op):
    """A transposed convolution (also called deconvolution, up-convolution, fractionally strided):
    each input value adds its multiple of the kernel to the output, windows ``stride`` apart; what
    the padding says is cut off around. It is the gradient of `conv` of the same arguments.

    Shape: HxWxC to H'xW'x``width``, with H' = s·(H − 1) + k − 2p + ``outpad``, where a dilated
    window counts as k = dilation·(kernel − 1) + 1; for `same`, H' = s·H, the odd one cut off at the
    end (added there, where k < s).
    Weights: kernel height × kernel width × C/``groups`` × ``width``, and ``width`` biases.
    Cost: a multiply-accumulate a weight and input position, what is cut off included, and a bias
    addition an output.
    """

    name: ClassVar[str] = "deconv"
    family: ClassVar[str] = "convolution"

    kernel: tuple[int, int] = argument("size", "window: height and width", window="kernel")
    width: int = argument("count", "output channels", positional=True)
    stride: tuple[int, int] = argument(
        "size", "how far apart the windows are in the output", default=(1, 1), window="stride"
    )
    pad: Pad = argument(
        "pad",
        "what is cut off around the output: the padding of the convolution whose gradient this is",
        default=(0, 0),
        words=PAD_WORDS,
    )
    outpad: tuple[int, ...] = argument(
        "pad",
        "positions more at the end (torch's output_padding), fewer than the stride or the dilation",
        default=(0, 0),
    )
    dilation: tuple[int, int] = argument("size", "distance of the window's values", default=(1, 1))
    groups: int = argument(
        "count", "groups of channels convolved apart; divides both channel counts", default=1
    )
    bias: bool = argument(
        "flag", "a bias per output channel", default=True, words={"nobias": False, "bias": True}
    )

    def __post_init__(self) -> None:
        check_pad(self.pad)
        if self.width % self.groups:
            raise ArgumentError(
                "groups", f"{self.groups} groups do not divide the width {self.width}"
            )
        if len(self.outpad) != 2:
            raise ArgumentError("outpad", "`outpad` is one number, or a height and a width")
        if self.pad == "same" and any(self.outpad):
            raise ArgumentError("outpad", "`outpad` and `same` exclude each other")
        for axis in (0, 1):
            most = max(self.stride[axis], self.dilation[axis])
            if self.outpad[axis] >= most:
                raise ArgumentError(
                    "outpad",
                    f"`outpad` is {self.outpad[axis]} along the {AXES[axis]}, but fewer than "
                    f"{most} (the stride or the dilation) positions can be added",
                )

    @property
    def span(self) -> tuple[int, int]:
        """What the window spans, the holes of its dilation included."""
        return extent(self.kernel[0], self.dilation[0]), extent(self.kernel[1], self.dilation[1])

    def cut(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Positions cut off at (top, bottom) and (left, right); negative: added at the end."""
        return self._cut(0), self._cut(1)

    def _cut(self, axis: int) -> tuple[int, int]:
        pad, span, more = self.pad, self.span[axis], self.outpad[axis]
        if pad == "same":
            total = span - self.stride[axis]
            before = max(total, 0) // 2
            return before, total - before
        if pad == "half":
            return span // 2, span // 2 - more
        if len(pad) == 2:
            return pad[axis], pad[axis] - more
        return pad[2 * axis], pad[2 * axis + 1] - more

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        if self.groups != 1 and (not isinstance(channels, int) or channels % self.groups):
            raise ShapeError(
                f"`{self.name}` has {self.groups} groups, which do not divide the "
                f"{to_text(channels)} channels of {shape_text(inputs[0])}"
            )
        return (
            *lead,
            self._length(inputs[0], 0, height),
            self._length(inputs[0], 1, width),
            self.width,
        )

    def _length(self, arrives: Shape, axis: int, size: Dim) -> Dim:
        length = self.stride[axis] * (size - 1) + self.span[axis] - sum(self._cut(axis))
        if proves_less(length, 1):
            raise ShapeError(
                f"nothing is left of the output of `{self.name}`: {shape_text(arrives)} arrives",
                formula=self._formula(axis, size),
                help="a smaller padding cuts off less",
            )
        return length

    def _formula(self, axis: int, size: Dim) -> str:
        before, after = self._cut(axis)
        stride, span = self.stride[axis], self.span[axis]
        result = stride * (size - 1) + span - before - after
        return (
            f"{AXES[axis]}: s·(in − 1) + k − cut = "
            f"{stride}·({to_text(size)} − 1) + {span} − {before + after} = {to_text(result)}"
        )

    def explain(self, *inputs: Shape) -> str | None:
        _, height, _, _ = map_of(self.name, inputs[0])
        return self._formula(0, height)

    def _pairs(self, channels: Dim) -> Dim:
        if isinstance(channels, int):
            return channels // self.groups * self.width
        return channels * self.width

    def weights(self, *inputs: Shape) -> Weights:
        window = self.kernel[0] * self.kernel[1]
        return Weights(
            weights=window * self._pairs(inputs[0][-1]), biases=self.width if self.bias else 0
        )

    def cost(self, *inputs: Shape) -> Cost | None:
        positions, window = product(inputs[0][:-1]), self.kernel[0] * self.kernel[1]
        return Cost(
            macs=positions * window * self._pairs(inputs[0][-1]),
            bias_adds=product(self.shape(*inputs)) if self.bias else 0,
        )

    def reach(self, *inputs: Shape) -> Reaches:
        return self._reach(0), self._reach(1)

    def _reach(self, axis: int) -> Reach:
        """Input p stands at s·p of what is not cut; output i reads what lies up to a span before
        its place there."""
        span = self.span[axis]
        offset = self._cut(axis)[0] - span + 1
        return Reach(size=span, offset=offset, zoom=self.stride[axis])


@dataclass(frozen=True)
class Unpool(Op):
    """Max pooling run backwards (Zeiler & Fergus 2014; SegNet, Badrinarayanan et al. 2017): each
    value goes to the position where the pooling found its maximum, and all others are 0.

    Where windows overlap and found the same position, one of the values goes there.
    Shape: HxWxC to H'xW'xC, with H' = s·(H − 1) + k − 2p, or the height and width of ``like``.
    Weights and cost: none.
    """

    name: ClassVar[str] = "unpool"
    family: ClassVar[str] = "pooling"
    inputs: ClassVar[tuple[int, int | None]] = (2, 3)

    kernel: tuple[int, int] = argument("size", "window of the pooling", window="kernel")
    indices: int = argument(
        "tensor", "the pooling's output, whose positions these are", makers=("maxpool",)
    )
    stride: tuple[int, int] = argument(
        "size", "how far the pooling's window moves", default=(1, 1), window="stride"
    )
    pad: Pad = argument("pad", "the pooling's padding", default=(0, 0), words={"valid": (0, 0)})
    like: int | None = argument(
        "tensor",
        "what the output has the height and width of, where the pooling rounded: what it read",
        default=None,
    )

    def __post_init__(self) -> None:
        if isinstance(self.pad, str) or len(self.pad) != 2:
            raise ArgumentError("pad", "`pad` is one number, or a height and a width")

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        pooled = self.role("indices", inputs)
        if pooled is not None and pooled != inputs[0]:
            raise ShapeError(
                f"`{self.name}` puts each value where the pooling found it, but "
                f"{shape_text(inputs[0])} arrives, and the pooling gave {shape_text(pooled)}"
            )
        like = self.role("like", inputs)
        if like is not None:
            _, tall, wide, _ = map_of(self.name, like)
            return (*lead, tall, wide, channels)
        return (*lead, self._length(0, height), self._length(1, width), channels)

    def _length(self, axis: int, size: Dim) -> Dim:
        cut = 0 if isinstance(self.pad, str) else 2 * self.pad[axis]
        return self.stride[axis] * (size - 1) + self.kernel[axis] - cut

    def cost(self, *inputs: Shape) -> Cost | None:
        return NO_COST

    def reach(self, *inputs: Shape) -> Reaches:
        """Overlapping windows aside, an output reads the one value of its window."""
        if self.kernel != self.stride or self.pad != (0, 0):
            return IRREGULAR
        return self._reach(0), self._reach(1)

    def _reach(self, axis: int) -> Reach:
        zoom = self.stride[axis]
        return Reach(size=zoom, offset=1 - zoom, zoom=zoom)
