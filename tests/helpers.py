"""Networks built by hand, with layers of the tests' own: for tests that need no language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from archc.diagnostics import Source, Span
from archc.graph.network import Layer, Module, ModuleKind, Network, NetworkInput, NetworkOutput
from archc.ops.base import Cost, Op, Shape, Weights, argument

SPAN = Span(Source("built.arch", "by hand"), 0, 7)


@dataclass(frozen=True)
class Conv(Op):
    """A convolution that keeps its borders."""

    name: ClassVar[str] = "conv"
    family: ClassVar[str] = "convolution"
    kernel: tuple[int, ...] = argument("size", "", window="kernel")
    width: int = argument("count", "", positional=True)
    stride: tuple[int, ...] = argument("size", "", (1, 1), window="stride")
    groups: int = argument("count", "", 1)

    def shape(self, *inputs: Shape) -> Shape:
        height, width, _ = inputs[0]
        return (
            (height + self.stride[0] - 1) // self.stride[0],
            (width + self.stride[1] - 1) // self.stride[1],
            self.width,
        )

    def weights(self, *inputs: Shape) -> Weights:
        size = self.kernel[0] * self.kernel[1]
        return Weights(size * inputs[0][2] * self.width // self.groups, self.width)

    def cost(self, *inputs: Shape) -> Cost | None:
        height, width, _ = self.shape(*inputs)
        return Cost(macs=height * width * self.weights(*inputs).weights)


@dataclass(frozen=True)
class Norm(Op):
    name: ClassVar[str] = "bn"
    family: ClassVar[str] = "normalization"

    def weights(self, *inputs: Shape) -> Weights:
        width = inputs[0][-1]
        return Weights(scales=width, shifts=width, statistics=2 * width)


@dataclass(frozen=True)
class Relu(Op):
    name: ClassVar[str] = "relu"
    family: ClassVar[str] = "activation"


@dataclass(frozen=True)
class Mystery(Op):
    """A layer whose cost nobody knows."""

    name: ClassVar[str] = "mystery"
    family: ClassVar[str] = "elsewhere"

    def cost(self, *inputs: Shape) -> Cost | None:
        return None


@dataclass(frozen=True)
class Identity(Op):
    name: ClassVar[str] = "identity"
    family: ClassVar[str] = "merging"


@dataclass(frozen=True)
class Add(Op):
    name: ClassVar[str] = "add"
    family: ClassVar[str] = "merging"
    inputs: ClassVar[tuple[int, int | None]] = (2, None)


@dataclass(frozen=True)
class Concat(Op):
    name: ClassVar[str] = "concat"
    family: ClassVar[str] = "merging"
    inputs: ClassVar[tuple[int, int | None]] = (2, None)

    def shape(self, *inputs: Shape) -> Shape:
        return (*inputs[0][:-1], sum(s[-1] for s in inputs))


def conv(width: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> Conv:
    return Conv((kernel, kernel), width, (stride, stride), groups)


class Builder:
    """``with b.block("x"): b(conv(64))``: each layer reads the one before it, ``b.value``."""

    def __init__(self, name: str = "built", **inputs: Shape) -> None:
        self.name = name
        self.shapes: dict[str, Shape] = dict(inputs or {"image": (32, 32, 3)})
        self.network_inputs = tuple(NetworkInput(n, s, SPAN) for n, s in self.shapes.items())
        self.value = next(iter(self.shapes))
        self.root = Module("network", "", "", None, SPAN, callee=name)
        self.here = self.root
        self.layers: list[Layer] = []
        self.labels: dict[str, str] = {}
        self.outputs: list[NetworkOutput] = []

    def _path(self, name: str) -> str:
        return f"{self.here.path}.{name}" if self.here.path else name

    def __call__(
        self, op: Op, name: str | None = None, *, reads: tuple[str, ...] | None = None, **rest: Any
    ) -> str:
        inputs = reads or (self.value,)
        label = name
        if name is None:
            name = f"{op.name}.{len(self.here.children)}"
        path = self._path(name) if name else self.here.path
        sizes = tuple(self.shapes[i] for i in inputs)
        shape = op.shape(*sizes)
        layer = Layer(path, op, inputs, sizes, shape, SPAN, self.here, name, **rest)
        self.here.children.append(layer)
        self.layers.append(layer)
        self.shapes[path] = shape
        self.value = path
        if label:
            self.labels[path] = path
        return path

    @contextmanager
    def module(
        self, kind: ModuleKind, name: str, callee: str | None = None, label: str | None = None
    ) -> Iterator[Module]:
        outer = self.here
        module = Module(kind, self._path(name), name, outer, SPAN, callee, label=label)
        outer.children.append(module)
        self.here = module
        yield module
        self.here = outer
        if label is not None:
            self.labels[module.path] = self.value

    @contextmanager
    def line(self, label: str) -> Iterator[Module]:
        with self.module("line", label.replace("[", ".").replace("]", ""), label=label) as module:
            yield module

    @contextmanager
    def block(self, callee: str, label: str | None = None) -> Iterator[Module]:
        name = label or f"{callee}.{len(self.here.children)}"
        with self.module("block", name, callee, label) as module:
            yield module

    def merge(self, op: Op, *branches: tuple[Op, ...]) -> str:
        """Branches, each a chain from the value that arrives, and the layer that joins them."""
        arriving = self.value
        with self.module("merge", f"{op.name}.{len(self.here.children)}", op.name):
            ends: list[str] = []
            for number, branch in enumerate(branches):
                self.value = arriving
                with self.module("branch", str(number)):
                    for layer in branch:
                        self(layer)
                ends.append(self.value)
            return self(op, "", reads=tuple(ends))

    def output(self, name: str = "output", path: str | None = None) -> None:
        self.outputs.append(NetworkOutput(name, path or self.value, SPAN))

    def network(self, **parameters: Any) -> Network:
        if not self.outputs:
            self.output()
        return Network(
            self.name,
            parameters,
            self.network_inputs,
            tuple(self.outputs),
            tuple(self.layers),
            self.root,
            self.labels,
        )


def residual(b: Builder, width: int, stride: int = 1) -> None:
    """A bottleneck as ResNet-50 has it (two convolutions are enough here)."""
    with b.block("bottleneck") as module:
        module.arguments = {"width": width, "stride": stride}
        same = b.shapes[b.value][2] == width and stride == 1
        shortcut: tuple[Op, ...] = (Identity(),) if same else (conv(width, 1, stride), Norm())
        b.merge(Add(), (conv(width, 3, stride), Norm(), Relu(), conv(width), Norm()), shortcut)
        b(Relu())


def small_resnet(depths: tuple[int, ...] = (3, 4)) -> Network:
    b = Builder("small")
    with b.line("conv[1]"):
        b(conv(16))
        b(Relu())
    for i, depth in enumerate(depths):
        with b.line(f"conv[{i + 2}]"):
            for copy in range(depth):
                residual(b, 32 * 2**i, 2 if i and not copy else 1)
    return b.network()
