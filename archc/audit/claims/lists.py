"""Cells of tables that list several layers: widths, windows, the order of layers."""

from __future__ import annotations

import re
from typing import Any

from archc import registry
from archc.audit.claims.depth import has_weights
from archc.audit.kind import Flags, Kind, WrongClaim
from archc.audit.printed import Sizes, Unreadable, read_sizes, read_window
from archc.audit.subject import Subject
from archc.audit.verdicts import Judgement
from archc.diagnostics import did_you_mean
from archc.graph.network import Layer

_BETWEEN = re.compile(r"\s*[,;]\s*|\s+(?:and\s+)?")


class ListKind(Kind):
    """Several values, in order, each exactly as printed."""

    def read(self, printed: str) -> tuple[Any, ...]:
        """What is printed, as it is compared. Raises Unreadable."""
        raise NotImplementedError

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        return Judgement("exact" if computed == self.read(printed) else "contradicted")


class Widths(ListKind):
    """Channels or features of each weight layer, in order: ``64 96 128 16 32 32``."""

    def compute(self, subject: Subject, flags: Flags) -> tuple[int, ...]:
        found = [w for layer in _weighted(subject) if (w := getattr(layer.op, "width", None))]
        if not found:
            raise WrongClaim(f"no layer of {subject.name} has a `width`")
        return tuple(found)

    def read(self, printed: str) -> tuple[int, ...]:
        words = _BETWEEN.split(printed.strip())
        if not all(_WIDTH.fullmatch(word) for word in words):
            raise Unreadable(f"`{printed.strip()[:40]}` is not a list of widths")
        return tuple(int(word) for word in words)

    def text(self, computed: Any) -> str:
        return " ".join(map(str, computed))


_WIDTH = re.compile(r"0|[1-9][0-9]{0,11}")  # none begins with a zero: `1,024` is one number


class Stack(ListKind):
    """The convolutions in order as the VGG paper's table writes them: ``conv3-64 conv1-64``.

    A printed window may be ``conv3-64`` or ``7x7, 64, stride 2``, one alone.
    """

    def compute(self, subject: Subject, flags: Flags) -> Any:
        found = [_cell(layer) for layer in subject.layers if _is_convolution(layer)]
        if not found:
            raise WrongClaim(f"{subject.name} has no convolution")
        return tuple(found)

    def read(self, printed: str) -> Any:
        cells = [_CELL.fullmatch(word) for word in _BETWEEN.split(printed.strip().casefold())]
        if all(cells):
            return tuple(((int(c[1]),) * 2, (1, 1), int(c[2])) for c in cells if c)
        alone = _ALONE.fullmatch(printed.strip())
        if alone is None:
            raise Unreadable(f"`{printed.strip()[:40]}` lists no convolutions")
        kernel, stride = read_window(alone[1] + (f", stride {alone[3]}" if alone[3] else ""))
        return ((_pair(kernel), _pair(stride or (1,)), int(alone[2])),)

    def text(self, computed: Any) -> str:
        return " ".join(
            f"conv{k[0]}-{width}" if k[0] == k[1] and s == (1, 1) else _spelled(k, s, width)
            for k, s, width in computed
        )


_CELL = re.compile(r"conv(\d{1,4})-(\d{1,9})")
_ALONE = re.compile(
    r"(\d{1,4}(?:\s*[x×]\s*\d{1,4})?)\s*,\s*(\d{1,9})\s*(?:,\s*strides?\s*=?\s*(\d{1,4}))?"
)


def _cell(layer: Layer) -> tuple[Any, Any, Any]:
    op: Any = layer.op
    return op.kernel, op.stride, op.width


def _spelled(kernel: tuple[int, int], stride: tuple[int, int], width: int) -> str:
    text = f"{kernel[0]}x{kernel[1]}, {width}"
    return text if stride == (1, 1) else f"{text}, stride {stride[0]}"


def _pair(sizes: Sizes) -> Sizes:
    return sizes * 2 if len(sizes) == 1 else sizes


class Kernels(ListKind):
    """The sizes of kernels that occur, each once, the smallest first: ``1x1, 3x3``."""

    def compute(self, subject: Subject, flags: Flags) -> Any:
        found: set[tuple[int, int]] = set()
        for layer in subject.layers:
            if _is_convolution(layer):
                op: Any = layer.op
                found.add(op.kernel)
        if not found:
            raise WrongClaim(f"{subject.name} has no convolution")
        return tuple(sorted(found))

    def read(self, printed: str) -> Any:
        return tuple(sorted(_pair(read_sizes(word)) for word in _LISTED.split(printed.strip())))

    def text(self, computed: Any) -> str:
        return ", ".join(f"{height}x{width}" for height, width in computed)


_LISTED = re.compile(r"\s*,\s*|\s+and\s+")


class PoolPositions(ListKind):
    """After how many weight layers each pooling stands: ``1, 2, 5``."""

    def compute(self, subject: Subject, flags: Flags) -> tuple[int, ...]:
        before = 0
        found: list[int] = []
        for layer in subject.layers:
            before += has_weights(subject.measured, layer)
            if type(layer.op).family == "pooling":
                found.append(before)
        return tuple(found)

    def read(self, printed: str) -> tuple[int, ...]:
        return widths.read(printed)

    def text(self, computed: Any) -> str:
        return ", ".join(map(str, computed)) or "none"


class Order(ListKind):
    """The layers in order, by their names in papers: ``conv, BN, ReLU``.

    What is printed may be any run of them.
    """

    def compute(self, subject: Subject, flags: Flags) -> tuple[str, ...]:
        return tuple(type(layer.op).name for layer in subject.layers)

    def judge(self, computed: Any, printed: str, flags: Flags) -> Judgement:
        wanted = self.read(printed)
        starts = range(len(computed) - len(wanted) + 1)
        found = any(computed[i : i + len(wanted)] == wanted for i in starts)
        return Judgement("exact" if found else "contradicted")

    def read(self, printed: str) -> tuple[str, ...]:
        words = [w.strip() for w in _THEN.split(printed) if w.strip()]
        if not words:
            raise Unreadable("no layers are printed")
        return tuple(_layer(word) for word in words)

    def text(self, computed: Any) -> str:
        return ", ".join(computed[:6]) + (" ..." if len(computed) > 6 else "")


_THEN = re.compile(r",|→|->|–|\s-\s")
_NAMES = {
    **dict.fromkeys(("leaky relu", "leakyrelu", "leaky-relu"), "leaky"),
    **dict.fromkeys(("convolution", "conv2d", "weight"), "conv"),
    **dict.fromkeys(("batchnorm", "batch norm", "batch normalization", "batchnormalization"), "bn"),
    **dict.fromkeys(("max pool", "max pooling", "maxpooling", "max-pooling"), "maxpool"),
    **dict.fromkeys(("average pool", "average pooling", "avg pool", "avg pooling"), "avgpool"),
    **dict.fromkeys(("linear", "dense", "fully connected"), "fc"),
    **dict.fromkeys(("addition", "sum"), "add"),
    **dict.fromkeys(("concatenation",), "concat"),
}


def _layer(word: str) -> str:
    """A layer's name in a spec. Raises Unreadable where there is none of this name."""
    folded = word.casefold()
    name = _NAMES.get(folded, folded)
    known = registry.names("archc.ops")
    if name not in known:
        help = did_you_mean(name, known)
        raise Unreadable(f"`{word[:40]}` is no layer that is known" + (f": {help}" if help else ""))
    return name


class Activation(ListKind):
    """The activation functions that occur, softmax aside: ``ReLU``."""

    def compute(self, subject: Subject, flags: Flags) -> tuple[str, ...]:
        ops = {type(layer.op) for layer in subject.layers}
        return tuple(sorted(op.name for op in ops if _activates(op.family, op.name)))

    def read(self, printed: str) -> tuple[str, ...]:
        text = _LEAKY.sub("leaky", printed.strip())
        return tuple(sorted(_layer(word) for word in _BETWEEN.split(text)))

    def text(self, computed: Any) -> str:
        return ", ".join(computed) or "none"


_LEAKY = re.compile(r"leaky[\s-]*relu", re.IGNORECASE)


def _activates(family: str, name: str) -> bool:
    return family == "activation" and name not in ("softmax", "logsoftmax")


def _weighted(subject: Subject) -> list[Layer]:
    return [layer for layer in subject.layers if has_weights(subject.measured, layer)]


def _is_convolution(layer: Layer) -> bool:
    return type(layer.op).family == "convolution" and hasattr(layer.op, "kernel")


widths = Widths()
stack = Stack()
kernels = Kernels()
pool_positions = PoolPositions()
order = Order()
activation = Activation()
