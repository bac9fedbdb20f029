"""Random networks, drawn as plans: each says its text as a spec and what plain torch makes of it.

A plan is valid by construction: as it is drawn, torch says on the meta device which shape comes
out, and a layer that torch refuses there is drawn as a ReLU.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from hypothesis import strategies as st
from plain_torch import (
    ACTIVATIONS,
    LRN,
    Conv,
    Function,
    GroupNorm,
    LayerNorm,
    Linear,
    Pool,
    Subsample,
    spread_product,
)
from torch import Tensor, nn
from torch.nn import functional as F

Shape = tuple[int, ...]  # channel first, without the batch
MOST_VALUES = 6000
"""Of a map: larger ones only take time."""


@dataclass(frozen=True)
class Step:
    """One layer: its name, its text, and the torch module for a shape that arrives."""

    name: str
    text: str
    make: Callable[[Shape], nn.Module]
    tags: tuple[str, ...] = ()
    followers: tuple[Step, ...] = ()  # what a `default` lets follow


@dataclass(frozen=True)
class Repeat:
    body: tuple[Plan, ...]
    count: int
    braced: bool


@dataclass(frozen=True)
class Merge:
    """Branches; ``starts`` has the label that a branch starts from, or None."""

    name: str
    axis: str
    branches: tuple[tuple[Plan, ...], ...]
    starts: tuple[str | None, ...]


@dataclass(frozen=True)
class Call:
    """A block, called with the width that it was drawn for."""

    block: str
    width: int
    body: tuple[Plan, ...]


Plan = Step | Repeat | Merge | Call


@dataclass(frozen=True)
class Line:
    label: str | None
    chain: tuple[Plan, ...]
    shape: Shape
    asserted: bool


@dataclass
class Drawn:
    """A whole network."""

    size: Shape
    default: str
    lines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The spec."""
        found: list[str] = [self.default] if self.default else []
        for call in self.calls():
            body = text_of(call.body).replace(f"<{call.width}>", "width")
            found.append(f"block {call.block}(width) {{\n    {body}\n}}")
        found.append(f"network drawn {{\n    input image: {papers(self.size)}")
        for line in self.lines:
            label = f"{line.label}: " if line.label else ""
            asserted = f"  -> {papers(line.shape)}" if line.asserted else ""
            found.append(f"    {label}{plain(text_of(line.chain))}{asserted}")
        return "\n".join([*found, "}\n"])

    def calls(self) -> Iterator[Call]:
        return (p for line in self.lines for p in walk(line.chain) if isinstance(p, Call))

    def tags(self) -> Counter[str]:
        """What was drawn, by kind."""
        found = Counter("default" for _ in [self.default] if self.default)
        for line in self.lines:
            found.update(["label"] if line.label else [])
            found.update(["assertion"] if line.asserted else [])
            for plan in walk(line.chain):
                match plan:
                    case Step():
                        found.update((plan.name, *plan.tags, *(f.name for f in plan.followers)))
                    case Repeat():
                        found["group" if plan.braced else "repeat"] += 1
                    case Merge():
                        found.update([plan.name + plan.axis])
                        found.update(["from"] * sum(s is not None for s in plan.starts))
                    case Call():
                        found["block"] += 1
        return found


def walk(chain: tuple[Plan, ...]) -> Iterator[Plan]:
    for plan in chain:
        yield plan
        match plan:
            case Repeat() | Call():
                yield from walk(plan.body)
            case Merge():
                for branch in plan.branches:
                    yield from walk(branch)
            case _:
                pass


# ---------------------------------------------------------------- as text


def papers(shape: Shape) -> str:
    channels, *rest = shape
    return "x".join(map(str, [*rest, channels])) if rest else str(channels)


def plain(text: str) -> str:
    """A width is marked `<8>`, for a block's parameter to take its place."""
    return text.replace("<", "").replace(">", "")


def text_of(chain: tuple[Plan, ...]) -> str:
    return ", ".join(map(one_text, chain))


def one_text(plan: Plan) -> str:
    match plan:
        case Step():
            return plan.text
        case Repeat():
            body = text_of(plan.body)
            return f"{{ {body} }} * {plan.count}" if plan.braced else f"{body} * {plan.count}"
        case Call():
            return f"{plan.block} {plan.width}"
        case Merge():
            lines = [
                ", ".join(filter(None, [f"from {start}" if start else "", text_of(branch)]))
                for branch, start in zip(plan.branches, plan.starts, strict=True)
            ]
            axis = f" axis={plan.axis}" if plan.axis else ""
            return f"{plan.name}{axis} {{ {'; '.join(lines)} }}"


# ---------------------------------------------------------------- as torch


@dataclass
class Trace:
    """What ran, in order: the layer's name, its module (None for a merge), what it gave."""

    layers: list[tuple[str, nn.Module | None, Tensor]] = field(default_factory=list)
    modules: list[nn.Module | None] | None = None  # of an earlier run, whose weights are kept
    labels: dict[str, Tensor] = field(default_factory=dict)

    def layer(self, step: Step, x: Tensor) -> Tensor:
        if self.modules is None:
            with torch.device(x.device):
                module = step.make(tuple(x.shape[1:])).eval()
        else:
            kept = self.modules[len(self.layers)]
            assert kept is not None
            module = kept
        return self.ran(step.name, module, module(x))

    def ran(self, name: str, module: nn.Module | None, y: Tensor) -> Tensor:
        self.layers.append((name, module, y))
        return y

    def chain(self, chain: tuple[Plan, ...], x: Tensor) -> Tensor:
        for plan in chain:
            x = self.one(plan, x)
        return x

    def one(self, plan: Plan, x: Tensor) -> Tensor:
        match plan:
            case Step():
                x = self.layer(plan, x)
                return self.chain(plan.followers, x)
            case Repeat():
                for _ in range(plan.count):
                    x = self.chain(plan.body, x)
                return x
            case Call():
                return self.chain(plan.body, x)
            case Merge():
                values = [
                    self.chain(branch, x if start is None else self.labels[start])
                    for branch, start in zip(plan.branches, plan.starts, strict=True)
                ]
                return self.ran(plan.name, None, merged(plan, values))


def merged(plan: Merge, values: list[Tensor]) -> Tensor:
    if plan.name == "concat":
        return torch.cat(values, {"": 1, "height": 2, "width": 3}[plan.axis])
    if plan.name == "mul":
        return spread_product(values)
    return torch.stack(values).sum(0)


def run(drawn: Drawn, x: Tensor, modules: list[nn.Module | None] | None = None) -> Trace:
    """The network on a batch, line by line."""
    trace = Trace(modules=modules)
    for line in drawn.lines:
        x = trace.chain(line.chain, x)
        if line.label:
            trace.labels[line.label] = x
    return trace


def shape_of(plan: Plan, shape: Shape, labels: dict[str, Shape]) -> Shape:
    """What comes out. Raises RuntimeError where torch refuses, or for a map too large."""
    trace = Trace(labels={k: torch.empty(1, *v, device="meta") for k, v in labels.items()})
    out = tuple(trace.one(plan, torch.empty(1, *shape, device="meta")).shape[1:])
    if any(s < 1 for s in out) or torch.Size(out).numel() > MOST_VALUES:
        raise RuntimeError("too small or too large")
    return out


# ---------------------------------------------------------------- drawing


def windows(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """`3x5/2` as kernel and stride."""
    kernel, _, stride = text.partition("/")
    height, width = (int(k) for k in kernel.split("x"))
    if not stride:
        return (height, width), (1, 1)
    across = [int(s) for s in stride.split("x")]
    return (height, width), (across[0], across[-1])


PADS: dict[str, Any] = {
    "valid": "valid",
    "pad": "pad",
    "same": "same",
    "pad=1": 1,
    "pad=1x0": (1, 0),
    "pad=[0, 1, 1, 0]": (0, 1, 1, 0),
}


@dataclass(frozen=True)
class Default:
    """`default conv ...`: padding, bias, and followers."""

    text: str = ""
    pad: str = "valid"
    bias: bool = True
    followers: tuple[Step, ...] = ()


def activation(text: str) -> Step:
    return Step(text.split(" ", 1)[0], text, lambda _: Function(ACTIVATIONS[text]), (text,))


RELU = activation("relu")
BN = Step("bn", "bn", lambda s: nn.BatchNorm2d(s[0]))
DEFAULTS = (
    Default(),
    Default("default conv same nobias, bn, relu", "same", False, (BN, RELU)),
    Default("default conv pad, relu", "pad", True, (RELU,)),
)


class Artist:
    """Draws one network."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.default = self.of(DEFAULTS)
        self.labels: dict[str, Shape] = {}
        self.blocks = 0

    def of(self, items: Any) -> Any:
        return self.draw(st.sampled_from(list(items)))

    def network(self) -> Drawn:
        size = (self.of([1, 3, 4, 6]), self.of([7, 8, 12, 15]), self.of([7, 9, 12, 16]))
        drawn = Drawn(size, self.default.text)
        shape = size
        for number in range(self.of([2, 3, 4, 5])):
            chain, shape = self.chain(shape, self.of([1, 2, 3]), depth=2)
            self.end_line(drawn, chain, shape, number)
        chain, shape = self.head(shape)
        if chain:
            self.end_line(drawn, chain, shape, len(drawn.lines))
        return drawn

    def end_line(self, drawn: Drawn, chain: tuple[Plan, ...], shape: Shape, number: int) -> None:
        label = f"line{number}" if self.of([True, False]) else None
        if label:
            self.labels[label] = shape
        drawn.lines.append(Line(label, chain, shape, self.of([True, False])))

    def chain(self, shape: Shape, length: int, depth: int) -> tuple[tuple[Plan, ...], Shape]:
        found: list[Plan] = []
        for _ in range(length):
            plan, shape = self.plan(shape, depth)
            found.append(plan)
        return tuple(found), shape

    def plan(self, shape: Shape, depth: int) -> tuple[Plan, Shape]:
        kinds = LEAVES if depth == 0 else (*LEAVES, *NESTED)
        plan: Plan = self.of(kinds)(self, shape, depth)
        try:
            return plan, shape_of(plan, shape, self.labels)
        except RuntimeError:
            return RELU, shape

    # ------------------------------------------------------------ leaves

    def width(self) -> int:
        return int(self.of([2, 4, 6]))

    def step_of_conv(self, width: int, window: str, pad: str, flags: tuple[str, ...]) -> Step:
        kernel, stride = windows(window)
        own = dict(flag.split("=") for flag in flags if "=" in flag)
        groups, dilation = int(own.get("groups", 1)), int(own.get("dilation", 1))
        bias = "bias" in flags or (self.default.bias and "nobias" not in flags)
        linear = "linear" in flags
        rule = PADS[pad or self.default.pad]

        def make(shape: Shape) -> nn.Module:
            if shape[0] % groups:
                raise RuntimeError("groups do not divide the channels")
            arguments = {"stride": stride, "dilation": dilation, "groups": groups, "bias": bias}
            return Conv(shape[0], width, rule, kernel_size=kernel, **arguments)

        text = " ".join(["conv", window, f"<{width}>", *filter(None, [pad]), *flags])
        tags = (f"conv {pad.split('=')[0] or 'default'}", *(f.split("=")[0] for f in flags))
        strided = ("stride",) if "/" in window else ()
        return Step("conv", text, make, tags + strided, () if linear else self.default.followers)

    def conv(self, shape: Shape, depth: int) -> Plan:
        window = self.of(["1x1", "3x3", "3x3/2", "5x5", "1x3", "2x2/2", "4x3/3x2", "3x1/1x2"])
        flags = tuple(
            flag
            for flag in (
                self.of(["", "", "", "groups=2"]),
                self.of(["", "", "", "dilation=2"]),
                self.of(["", "nobias", "bias"]),
                self.of(["", "linear"]),
            )
            if flag
        )
        return self.step_of_conv(self.width(), window, self.of(["", *PADS]), flags)

    def depthwise(self, shape: Shape, depth: int) -> Plan:
        times, pad = self.of([1, 2]), self.of(PADS)
        window = self.of(["3x3", "3x3/2"])
        kernel, stride = windows(window)
        text = f"depthwise {window} multiplier={times} {pad}"

        def make(shape: Shape) -> nn.Module:
            count = shape[0]
            return Conv(
                count, count * times, PADS[pad], kernel_size=kernel, stride=stride, groups=count
            )

        return Step("depthwise", text, make)

    def pool(self, shape: Shape, depth: int) -> Plan:
        kind = self.of(["maxpool", "maxpool", "avgpool", "avgpool", "minpool"])
        window = self.of(["2x2/2", "3x3/2", "3x3", "2x3/2x1", "3x3/3", "1x1/2"])
        pad = self.of(["valid", "pad", "same", "pad=1"])
        ceil = self.of(["", "ceil"])
        dilation, count = "", ""
        if kind == "avgpool":
            count = self.of(["", "includepad", "excludepad"])
        else:
            dilation = self.of(["", "", "dilation=2"])
        kernel, stride = windows(window)
        apart = 2 if dilation else 1
        text = " ".join(filter(None, [kind, window, pad, ceil, dilation, count]))
        counts = {"": None, "includepad": True, "excludepad": False}[count]
        tags = tuple(f"pool {t.split('=')[0]}" for t in (pad, ceil, dilation, count) if t)

        def make(shape: Shape) -> nn.Module:
            return Pool(kind, kernel, stride, PADS[pad], bool(ceil), (apart, apart), counts)

        return Step(kind, text, make, tags)

    def adaptive(self, shape: Shape, depth: int) -> Plan:
        kind, size = self.of(["maxpool", "avgpool"]), self.of(["global", "2x3", "4x4"])
        sizes = (1, 1) if size == "global" else tuple(map(int, size.split("x")))
        function = F.adaptive_max_pool2d if kind == "maxpool" else F.adaptive_avg_pool2d
        text = f"{kind} global" if size == "global" else f"{kind} adaptive={size}"
        tag = "global" if size == "global" else "adaptive"
        return Step(kind, text, lambda _: Function(lambda x: function(x, sizes)), (tag,))  # type: ignore[arg-type]

    def subsample(self, shape: Shape, depth: int) -> Plan:
        window = self.of(["2x2/2", "3x2/2x1"])
        return Step("subsample", f"subsample {window}", lambda s: Subsample(s[0], *windows(window)))

    def activation(self, shape: Shape, depth: int) -> Plan:
        return activation(self.of(ACTIVATIONS))

    def prelu(self, shape: Shape, depth: int) -> Plan:
        shared = self.of(["", " shared"])
        return Step("prelu", f"prelu{shared}", lambda s: nn.PReLU(1 if shared else s[0]))

    def maxout(self, shape: Shape, depth: int) -> Plan:
        def make(shape: Shape) -> nn.Module:
            return Function(lambda x: x.unflatten(1, (x.shape[1] // 2, 2)).amax(2))

        return Step("maxout", "maxout 2", make)

    def norm(self, shape: Shape, depth: int) -> Plan:
        return self.of(NORMS)  # type: ignore[no-any-return]

    def other(self, shape: Shape, depth: int) -> Plan:
        return self.of(OTHERS)  # type: ignore[no-any-return]

    # ------------------------------------------------------------ what holds others

    def repeat(self, shape: Shape, depth: int) -> Plan:
        braced, count = self.of([True, False]), self.of([1, 2, 3])
        body, _ = self.chain(shape, self.of([1, 2]) if braced else 1, depth - 1)
        if not braced and isinstance(body[0], Repeat):
            return body[0]
        return Repeat(body, count, braced)

    def fitted(self, shape: Shape, start: str | None) -> tuple[Plan, ...]:
        """A branch that brings anything to a shape."""
        channels, height, width = shape
        pool = Step(
            "avgpool",
            f"avgpool adaptive={height}x{width}",
            lambda _: Function(lambda x: F.adaptive_avg_pool2d(x, (height, width))),
            ("adaptive",),
        )
        conv = self.step_of_conv(channels, "1x1", "", ("linear",))
        return (pool, Step(conv.name, plain(conv.text), conv.make, conv.tags))

    def start(self) -> str | None:
        maps = [label for label, shape in self.labels.items() if len(shape) == 3]
        return self.of([None, *maps])  # type: ignore[no-any-return]

    def add(self, shape: Shape, depth: int) -> Plan:
        first, out = self.chain(shape, self.of([1, 2]), depth - 1)
        start = self.start()
        if out == shape and start is None:
            second: tuple[Plan, ...] = (IDENTITY,)
        else:
            second = self.fitted(out, start)
        return Merge("add", "", (first, second), (None, start))

    def concat(self, shape: Shape, depth: int) -> Plan:
        axis = self.of(["", "", "height", "width"])
        first, (channels, height, width) = self.chain(shape, self.of([1, 2]), depth - 1)
        branches, starts = [first], [None]
        for _ in range(self.of([1, 2])):
            size = [channels, height, width]
            if axis:
                size[1 if axis == "height" else 2] = self.of([1, 3])
            else:
                size[0] = self.of([2, 3])
            start = self.start()
            starts.append(start)
            branches.append(self.fitted((size[0], size[1], size[2]), start))
        return Merge("concat", axis, tuple(branches), tuple(starts))

    def gate(self, shape: Shape, depth: int) -> Plan:
        """Squeeze and excitation: a number a channel, from the whole map."""
        first, (channels, _, _) = self.chain(shape, self.of([1, 2]), depth - 1)
        squeeze = Step(
            "avgpool", "avgpool global", lambda _: Function(lambda x: F.adaptive_avg_pool2d(x, 1))
        )
        if self.of([True, False]):
            conv = self.step_of_conv(channels, "1x1", "", ("linear",))
            excite = Step(conv.name, plain(conv.text), conv.make, conv.tags)
        else:
            excite = fc(channels)
        return Merge("mul", "", (first, (squeeze, excite, activation("sigmoid"))), (None, None))

    def block(self, shape: Shape, depth: int) -> Plan:
        """A block has steps only: all its convolutions have the width of its parameter."""
        self.blocks += 1
        width = self.width()
        inner: list[Plan] = []
        for _ in range(self.of([1, 2])):
            window, pad = self.of(["1x1", "3x3", "3x3/2"]), self.of(["", "same", "pad"])
            inner.append(self.step_of_conv(width, window, pad, ()))
            inner.append(self.of([*NORMS, *map(activation, ACTIVATIONS)]))
        return Call(f"block{self.blocks}", width, tuple(inner))

    # ------------------------------------------------------------ the end

    def head(self, shape: Shape) -> tuple[tuple[Plan, ...], Shape]:
        """Vectors, or nothing."""
        chain: tuple[Plan, ...] = self.of(HEADS)
        for plan in chain:
            shape = shape_of(plan, shape, self.labels)
        return chain, shape


def fc(width: int, bias: bool = True) -> Step:
    def make(shape: Shape) -> nn.Module:
        return Linear(torch.Size(shape).numel(), width, bias)

    return Step("fc", f"fc {width}" + ("" if bias else " nobias"), make)


def function(name: str, text: str, run: Callable[[Tensor], Tensor], *tags: str) -> Step:
    return Step(name, text, lambda _: Function(run), tags)


IDENTITY = function("identity", "identity", lambda x: x)
DROPOUT = function("dropout", "dropout 0.3", lambda x: x)
FLATTEN = function("flatten", "flatten", lambda x: x.flatten(1))
NORMS = (
    BN,
    Step("lrn", "lrn 3", lambda _: LRN(3)),
    Step("lrn", "lrn", lambda _: LRN(5)),
    Step("ln", "ln", lambda s: LayerNorm(s, False)),
    Step("ln", "ln whole", lambda s: LayerNorm(s, True), ("whole",)),
    Step("groupnorm", "groupnorm 2", lambda s: GroupNorm(s[0], 2)),
    Step("instancenorm", "instancenorm", lambda s: GroupNorm(s[0], s[0], affine=False)),
    Step("instancenorm", "instancenorm affine", lambda s: GroupNorm(s[0], s[0]), ("affine",)),
)
OTHERS = (
    IDENTITY,
    DROPOUT,
    function("upsample", "upsample 2", lambda x: x.repeat_interleave(2, 2).repeat_interleave(2, 3)),
    function(
        "upsample",
        "upsample 2x3 bilinear",
        lambda x: F.interpolate(x, scale_factor=(2, 3), mode="bilinear"),
        "bilinear",
    ),
    function("rescale", "rescale 0.5 0.25", lambda x: 0.5 * x + 0.25),
    function("pad", "pad [1, 0, 2, 1]", lambda x: F.pad(x, (2, 1, 1, 0))),
    function("widen", "widen 8", lambda x: F.pad(x, (0, 0, 0, 0, 0, no_fewer(8 - x.shape[1])))),
)
HEADS: tuple[tuple[Plan, ...], ...] = (
    (),
    (fc(5), RELU, DROPOUT, fc(3, bias=False), activation("softmax")),
    (FLATTEN, fc(4), Step("ln", "ln", lambda s: LayerNorm(s, False)), activation("logsoftmax")),
    (FLATTEN, activation("tanh"), Repeat((fc(6), RELU), 2, True)),
)
LEAVES = (
    Artist.conv,
    Artist.conv,
    Artist.conv,
    Artist.pool,
    Artist.pool,
    Artist.depthwise,
    Artist.adaptive,
    Artist.subsample,
    Artist.activation,
    Artist.prelu,
    Artist.maxout,
    Artist.norm,
    Artist.other,
)
NESTED = (Artist.repeat, Artist.add, Artist.concat, Artist.gate, Artist.block)


def no_fewer(channels: int) -> int:
    if channels < 0:
        raise RuntimeError("there are more channels than that")
    return channels


@st.composite
def networks(draw: st.DrawFn) -> Drawn:
    return Artist(draw).network()
