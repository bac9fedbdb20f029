"""Random networks over symbolic sizes: formulas at random sizes are what a torch forward gives.

One compilation with H and W as letters, then several forward passes of the generated module: the
shape of every layer, the parameters, and the multiply-accumulates, each by its formula.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archc
from archc.dims import DimError, evaluate
from archc.graph.network import Layer, Network
from archc.ops.base import Shape
from tests.drawing import draw_until

BATCH = 2

KINDS = """conv maxpool avgpool relu sigmoid bn lrn dropout identity pad upsample concat add mul
flatten fc softmax ceil same dilation groups where"""
"""What must have been drawn for the test to count."""


def one_of(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


def words(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda p: " ".join(part for part in p if part))


PADS = one_of("", "pad", "same", "pad=1", "pad=1x2", "pad=[0, 1, 2, 0]")
POOL_PADS = one_of("", "pad", "same", "pad=1")
CONVS = words(
    one_of("conv"),
    one_of("1x1", "3x3", "5x5", "3x3/2", "1x1/2", "2x2/2", "7x7/2", "3x5/2x1", "1x7", "4x4/3"),
    one_of("4", "8"),
    PADS,
    one_of("", "", "dilation=2", "dilation=1x3"),
    one_of("", "", "groups=2", "groups=4"),
    one_of("", "nobias"),
)
POOLS = words(
    one_of("maxpool", "avgpool"), one_of("3x3/2", "2x2/2", "3x3", "5x5/3", "3x2/2x3"), POOL_PADS
) | words(
    one_of("maxpool", "avgpool"), one_of("3x3/2", "2x2/2", "4x4/3"), one_of("ceil", "pad ceil")
)
PLAIN = one_of(
    "relu", "sigmoid", "bn", "lrn 5", "dropout 0.5", "identity", "pad 2", "upsample 2",
    "upsample 3x2 bilinear",
)  # fmt: skip
MERGES = one_of(
    "concat { conv 3x3 4 same; conv 5x5 2 pad; maxpool 3x3 pad, conv 1x1 2 }",
    "concat { conv 3x3/2 4 pad; maxpool 3x3/2 pad }",
    "add { conv 3x3/2 4 same, bn, relu, conv 3x3 4 same; conv 1x1/2 4 }",
    "add { conv 3x3 4 pad, conv 3x3 4 pad; conv 1x1 4 } * 2",
    "add { conv 2x2/2 4, upsample 2; conv 3x3 4 pad }",
    "add { maxpool 2x2/2, conv 1x1 4; maxpool 3x3/2 pad, conv 1x1 4 }",
    "mul { conv 3x3 4 same; avgpool global, conv 1x1 4, sigmoid }",
    "concat { identity; conv 3x3 4 same } * 2",
)
ENDS = one_of("", "avgpool global, fc 5", "maxpool adaptive=2x3, flatten, fc 5", "softmax")

CONSTRAINTS: dict[str, Callable[[int, int], bool]] = {
    "": lambda h, w: True,
    "where H % 8 == 0 and W % 8 == 0": lambda h, w: h % 8 == w % 8 == 0,
    "where H % 2 == 0 and W % 4 == 2": lambda h, w: h % 2 == 0 and w % 4 == 2,
    "where H % 2 == 1 and W >= 20": lambda h, w: h % 2 == 1 and w >= 20,
    "where H == W": lambda h, w: h == w,
    "where H >= W and W > 15": lambda h, w: h >= w and w > 15,
    "where H == 2 * W": lambda h, w: h == 2 * w,
}


@st.composite
def specs(draw: st.DrawFn) -> tuple[str, Callable[[int, int], bool]]:
    where = draw(st.sampled_from(sorted(CONSTRAINTS)))
    lines = draw(st.lists(st.one_of(CONVS, POOLS, PLAIN, MERGES), min_size=1, max_size=6))
    assume(sum("upsample" in line for line in lines) < 3)
    body = "\n    ".join([f"input image: HxWx4 {where}", *lines, draw(ENDS)])
    return f"network drawn {{\n    {body}\n}}\n", CONSTRAINTS[where]


def compiled(text: str) -> Network:
    """The network, unless a branch is not known to fit another, or groups do not divide."""
    try:
        return archc.loads(text)
    except archc.SpecError as error:
        codes = {d.code for d in error.diagnostics}
        assume(not codes <= {"shape", "merge", "argument", "undecidable"})
        raise


def sizes_for(holds: Callable[[int, int], bool]) -> st.SearchStrategy[tuple[int, int]]:
    fitting = [(h, w) for h in range(9, 44) for w in range(9, 44) if holds(h, w)]
    return st.sampled_from(fitting)


def channels_first(shape: Shape, bindings: dict[str, int]) -> list[int]:
    values = [evaluate(size, bindings) for size in shape]
    return [values[-1], *values[:-1]]


def layer_outputs(network: Network, module: nn.Module, x: Tensor) -> dict[str, list[int]]:
    """The shape of what each layer's module gives in one forward pass, batch left out."""
    shapes: dict[str, list[int]] = {}

    def watch(path: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            shapes[path] = list(output.shape[1:])

        return hook

    modules = dict(module.named_modules())
    for layer in network.layers:
        modules[layer.path].register_forward_hook(watch(layer.path))
    getattr(module, "predict", module)(x)  # forward stops before a closing softmax
    return shapes


def macs(module: nn.Module, x: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        module(x)
    return counter.get_total_flops() // (2 * BATCH)


def too_small(network: Network, bindings: dict[str, int]) -> bool:
    """Whether a window does not fit at these sizes: then the formulas speak of no network."""
    try:
        return any(evaluate(d, bindings) < 1 for layer in network.layers for d in layer.shape)
    except DimError:
        return True


def parameters(layer: Layer) -> int:
    count = layer.params
    assert isinstance(count, int)
    return count


def test_formulas_at_any_size_are_torchs() -> None:
    drawn: Counter[str] = Counter()

    @given(st.data(), specs())
    @settings(max_examples=100, deadline=None)
    def holds(data: st.DataObject, spec: tuple[str, Callable[[int, int], bool]]) -> None:
        text, condition = spec
        network = compiled(text)
        for _ in range(2):
            height, width = data.draw(sizes_for(condition))
            bindings = {"H": height, "W": width}
            if too_small(network, bindings):
                continue
            module = network.torch().eval().to("meta")
            x = torch.empty(BATCH, 4, height, width, device="meta")
            expected = {n.path: channels_first(n.shape, bindings) for n in network.layers}
            assert layer_outputs(network, module, x) == expected
            assert macs(module, x) == evaluate(network.cost.macs, bindings)
            drawn.update(layer.op.name for layer in network.layers)
            drawn.update(
                arg for arg in ("ceil", "same", "dilation", "groups", "where") if arg in text
            )
        assert sum(map(parameters, network.layers)) == sum(
            p.numel() for p in network.torch().parameters()
        )

    wanted = set(KINDS.split())
    # One round may leave out a kind by chance, hardly so many.
    draw_until(lambda: wanted <= drawn.keys(), holds, rounds=12)
    print(dict(drawn.most_common()))
    assert wanted <= drawn.keys(), drawn


@pytest.mark.parametrize(
    ("spec", "sizes"),
    [
        (
            "network n { input image: HxWx3 where H % 32 == 0 and W % 32 == 0\n"
            "for i in [3, 4, 5] { c[i]: conv 3x3/2 8 same }\n"
            "top: from c[5], conv 1x1 8\n"
            "merged: add { from top, upsample 2; from c[4], conv 1x1 8 } }",
            [(32, 64), (96, 32)],
        ),
    ],
)
def test_a_pyramid_over_any_size(spec: str, sizes: list[tuple[int, int]]) -> None:
    network = archc.loads(spec)
    for height, width in sizes:
        module = network.torch().eval()
        bindings = {"H": height, "W": width}
        found = layer_outputs(network, module, torch.zeros(BATCH, 3, height, width))
        assert found == {n.path: channels_first(n.shape, bindings) for n in network.layers}
