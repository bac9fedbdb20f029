"""Pooling: a window slides over each channel apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archc.dims import Dim
from archc.ops.base import (
    IRREGULAR,
    WHOLE,
    ArgumentError,
    Cost,
    Op,
    Reach,
    Reaches,
    Shape,
    Weights,
    argument,
    product,
)
from archc.ops.spatial import (
    AXES,
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

CEIL_DOC = (
    "round the output's size up, a last window that runs past the end included if it starts "
    "inside the input or the padding before it (the rule of Caffe and torch)"
)


WINDOWED = ("kernel", "stride", "pad", "ceil", "dilation")
"""What a pooling takes no more where the output's size is given."""


@dataclass(frozen=True)
class Pool(Op):
    """What all pooling has in common: the window, or in its place the size of the output."""

    family: ClassVar[str] = "pooling"

    kernel: tuple[int, int] | None = argument(
        "size",
        "window: height and width",
        default=None,
        window="kernel",
        instead_of=("adaptive",),
    )
    stride: tuple[int, int] = argument(
        "size", "how far the window moves", default=(1, 1), window="stride"
    )
    pad: Pad = argument("pad", PAD_DOC, default=(0, 0), words=PAD_WORDS)
    ceil: bool = argument("flag", CEIL_DOC, default=False, words={"ceil": True})
    adaptive: tuple[int, int] | None = argument(
        "size",
        "in place of a window: the output's height and width, from windows that reach from "
        "⌊i·H/out⌋ to ⌈(i + 1)·H/out⌉; `global` is `adaptive=1x1`",
        default=None,
        words={"global": (1, 1)},
        instead_of=WINDOWED,
    )

    def __post_init__(self) -> None:
        check_pad(self.pad)
        if self.adaptive is not None:
            self._check_adaptive()
        elif self.kernel is None:
            raise ArgumentError(
                None,
                "a window such as 3x3/2 is needed, or `global`, or `adaptive=6x6`",
            )
        elif not isinstance(self.pad, str):
            self._check_padding(self.pad)

    def _check_adaptive(self) -> None:
        for given in self.arguments():
            if given.name in WINDOWED and getattr(self, given.name) != given.default:
                raise ArgumentError(
                    given.name,
                    f"`{given.name}` and `adaptive` (`global`) exclude each other: windows over "
                    "the whole map follow from the output's size",
                )

    def _check_padding(self, pad: tuple[int, ...]) -> None:
        for axis, span in enumerate(self.span):
            most = max(pad[axis::2] if len(pad) == 2 else pad[2 * axis : 2 * axis + 2])
            if 2 * most > span:
                raise ArgumentError(
                    "pad",
                    f"the padding {most} is more than half of the window's {AXES[axis]} {span}: "
                    "a window could see padding alone",
                )

    @property
    def span(self) -> tuple[int, int]:
        """What the window spans; (1, 1) where the output's size stands in its place."""
        return self.kernel or (1, 1)

    def padding(self, *inputs: Shape) -> tuple[Sides, Sides]:
        """Positions added at (top, bottom) and (left, right)."""
        _, height, width, _ = map_of(self.name, inputs[0])
        span, stride = self.span, self.stride
        return (
            sides(self.pad, 0, height, span[0], stride[0]),
            sides(self.pad, 1, width, span[1], stride[1]),
        )

    def shape(self, *inputs: Shape) -> Shape:
        arrives = inputs[0]
        lead, height, width, channels = map_of(self.name, arrives)
        if self.adaptive is not None:
            return (*lead, *self.adaptive, channels)
        span, stride, pad, name, ceil = self.span, self.stride, self.pad, self.name, self.ceil
        return (
            *lead,
            out_length(name, arrives, 0, height, pad, span[0], stride[0], ceil=ceil),
            out_length(name, arrives, 1, width, pad, span[1], stride[1], ceil=ceil),
            channels,
        )

    def explain(self, *inputs: Shape) -> str | None:
        if self.adaptive is not None:
            return None
        _, height, _, _ = map_of(self.name, inputs[0])
        padding = self.padding(*inputs)[0]
        return formula(0, height, padding, self.span[0], self.stride[0], ceil=self.ceil)

    def read(self, *inputs: Shape) -> Dim | None:
        """How many values all windows read together, padding included; None where unknown.

        Windows of an adaptive pooling differ in size, and overlap, where the output's size does
        not divide the input's: their sum is known for a known input.
        """
        shape = self.shape(*inputs)
        if self.adaptive is None:
            kernel = self.kernel or (1, 1)
            return product(shape) * (kernel[0] * kernel[1])
        lead, height, width, channels = map_of(self.name, inputs[0])
        rows = _adaptive_reads(height, self.adaptive[0])
        columns = _adaptive_reads(width, self.adaptive[1])
        if rows is None or columns is None:
            return None
        return product(lead) * channels * rows * columns

    def reach(self, *inputs: Shape) -> Reaches:
        """As the window's. Those of an adaptive pooling differ from each other where the output's
        size does not divide the input's, or is not known to: they are irregular."""
        if self.adaptive is not None:
            return self._adaptive_reach(inputs[0], self.adaptive)
        (top, _), (left, _) = self.padding(*inputs)
        span, stride = self.span, self.stride
        return window_reach(top, span[0], stride[0]), window_reach(left, span[1], stride[1])

    def _adaptive_reach(self, arrives: Shape, out: tuple[int, int]) -> Reaches:
        _, height, width, _ = map_of(self.name, arrives)
        if out == (1, 1):
            return WHOLE
        if not isinstance(height, int) or not isinstance(width, int):
            return IRREGULAR
        if height % out[0] or width % out[1]:
            return IRREGULAR
        rows, columns = height // out[0], width // out[1]
        return Reach(size=rows, stride=rows), Reach(size=columns, stride=columns)


def _adaptive_reads(size: Dim, out: int) -> Dim | None:
    """The windows' sizes along an axis, summed."""
    if out == 1:
        return size
    if not isinstance(size, int):
        return None
    return sum(-(-(i + 1) * size // out) - i * size // out for i in range(out))


@dataclass(frozen=True)
class MaxPool(Pool):
    """The largest value in each window; padding never wins.

    Shape: HxWxC to H'xW'xC, with H' = ⌊(H + 2p − k)/s⌋ + 1, rounded up with `ceil`; for `same`
    (with `ceil` or without) H' = ⌈H/s⌉; for `global` 1x1xC. With a dilation,
    k = dilation·(kernel − 1) + 1.
    Weights: none.
    Cost: a window of n values is n − 1 comparisons; windows at the edges count whole.
    """

    name: ClassVar[str] = "maxpool"

    dilation: tuple[int, int] = argument("size", "distance of the window's values", default=(1, 1))

    @property
    def span(self) -> tuple[int, int]:
        kernel = self.kernel or (1, 1)
        return extent(kernel[0], self.dilation[0]), extent(kernel[1], self.dilation[1])

    def cost(self, *inputs: Shape) -> Cost | None:
        read = self.read(*inputs)
        return None if read is None else Cost(comparisons=read - product(self.shape(*inputs)))


class MinPool(MaxPool):
    """The smallest value in each window; padding never wins.

    Shape, weights and cost: as `maxpool`.
    """

    name: ClassVar[str] = "minpool"


@dataclass(frozen=True)
class AvgPool(Pool):
    """The average of each window.

    Shape: as `maxpool`.
    Weights: none.
    Cost: a window of n values is n − 1 additions and a division; windows at the edges count whole.
    """

    name: ClassVar[str] = "avgpool"

    padding_counts: bool | None = argument(
        "flag",
        "whether zeros of the padding count among the averaged values: they do with `pad` and "
        "`pad=p` (torch, Caffe), and do not with `same` (TensorFlow), unless said otherwise. "
        "What a window of `ceil` reaches beyond the padding never counts",
        default=None,
        words={"includepad": True, "excludepad": False},
    )

    @property
    def counts_padding(self) -> bool:
        """Whether zeros of the padding count among the averaged values."""
        return self.pad != "same" if self.padding_counts is None else self.padding_counts

    def cost(self, *inputs: Shape) -> Cost | None:
        read = self.read(*inputs)
        if read is None:
            return None
        outputs = product(self.shape(*inputs))
        return Cost(additions=read - outputs, divisions=outputs)


@dataclass(frozen=True)
class Subsample(Op):
    """LeNet-5's subsampling (LeCun et al. 1998, Section II.B): the values of a window are added,
    multiplied by a trainable coefficient and added to a trainable bias, one of each per channel.

    Shape: as `maxpool`, without padding.
    Weights: a coefficient and a bias per channel.
    Cost: for a window of n values n − 1 additions, a multiplication and a bias addition.
    """

    name: ClassVar[str] = "subsample"
    family: ClassVar[str] = "pooling"

    kernel: tuple[int, int] = argument("size", "window: height and width", window="kernel")
    stride: tuple[int, int] = argument(
        "size", "how far the window moves", default=(1, 1), window="stride"
    )

    def padding(self, *inputs: Shape) -> tuple[Sides, Sides]:
        """None: (0, 0) on both axes."""
        return (0, 0), (0, 0)

    def shape(self, *inputs: Shape) -> Shape:
        lead, height, width, channels = map_of(self.name, inputs[0])
        kernel, stride, name = self.kernel, self.stride, self.name
        return (
            *lead,
            out_length(name, inputs[0], 0, height, (0, 0), kernel[0], stride[0]),
            out_length(name, inputs[0], 1, width, (0, 0), kernel[1], stride[1]),
            channels,
        )

    def weights(self, *inputs: Shape) -> Weights:
        channels = inputs[0][-1]
        return Weights(weights=channels, biases=channels)

    def cost(self, *inputs: Shape) -> Cost | None:
        outputs = product(self.shape(*inputs))
        window = self.kernel[0] * self.kernel[1]
        return Cost(additions=outputs * (window - 1), multiplications=outputs, bias_adds=outputs)

    def reach(self, *inputs: Shape) -> Reaches:
        kernel, stride = self.kernel, self.stride
        return window_reach(0, kernel[0], stride[0]), window_reach(0, kernel[1], stride[1])
