"""Random networks: inference, the generated module and plain torch agree, layer by layer.

Plain torch (``plans``, ``plain_torch``) is run from the plan that was drawn, not from archc's
network: the shape, the parameters and the values of each layer in turn are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, note
from plain_torch import ACTIVATIONS
from plans import Drawn, Shape, networks, run
from torch import Tensor, nn

import archc
from archc.graph.network import Network
from archc_backends.torch.names import module_path
from tests.drawing import draw_until, patient

EXAMPLES = 250
WANTED = {
    *ACTIVATIONS,
    *("prelu", "maxout", "dropout", "identity", "flatten", "upsample", "bilinear", "rescale"),
    *("conv", "depthwise", "fc", "maxpool", "minpool", "avgpool", "subsample", "pad", "widen"),
    *("lrn", "bn", "ln", "groupnorm", "instancenorm", "whole", "affine", "global", "adaptive"),
    *("add", "concat", "concatheight", "concatwidth", "mul", "repeat", "group", "block"),
    *("default", "label", "assertion", "from"),
    *("stride", "groups", "dilation", "nobias", "bias", "linear"),
    *(f"conv {pad}" for pad in ("default", "valid", "pad", "same")),
    *(f"pool {word}" for word in ("valid", "pad", "same", "ceil", "dilation")),
    *("pool includepad", "pool excludepad"),
}
"""What must have been drawn for the test to count."""


def outputs(network: Network, module: nn.Module, x: Tensor) -> list[Tensor]:
    """What each layer's part of the generated module gives in one forward pass."""
    found: dict[str, Tensor] = {}

    def watch(path: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            found[path] = output

        return hook

    modules = dict(module.named_modules())
    for layer in network.layers:
        modules[module_path(layer.path)].register_forward_hook(watch(layer.path))
    getattr(module, "predict", module)(x)  # forward stops before a closing softmax
    return [found[layer.path] for layer in network.layers]


def randomise(module: nn.Module, generator: torch.Generator) -> None:
    """Weights and running statistics that make mistakes visible: none is 0 or 1."""
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(0.3 + torch.rand(tensor.shape, generator=generator))


def channels_first(shape: tuple[object, ...]) -> Shape:
    sizes = [size for size in shape if isinstance(size, int)]
    assert len(sizes) == len(shape)
    return (sizes[-1], *sizes[:-1])


def agree(drawn: Drawn) -> None:
    network = archc.loads(drawn.text)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(2, *drawn.size, generator=generator) - 0.5
    reference = run(drawn, x).layers

    names = [layer.op.name for layer in network.layers]
    assert names == [name for name, _, _ in reference]
    for layer, (_, module, value) in zip(network.layers, reference, strict=True):
        assert channels_first(layer.shape) == tuple(value.shape[1:]), layer.path
        stored = sum(p.numel() for p in module.parameters()) if module else 0
        assert layer.params == stored, layer.path

    generated = network.torch().eval().double()  # in double precision norms amplify no rounding
    randomise(generated, generator)
    parts = dict(generated.named_modules())
    for layer, (_, module, _) in zip(network.layers, reference, strict=True):
        if module is not None:
            ours = parts[module_path(layer.path)].state_dict()
            kept = dict(zip(module.state_dict(), ours.values(), strict=True))
            module.double().load_state_dict(kept)
    with torch.inference_mode():
        again = run(drawn, x.double(), [module for _, module, _ in reference]).layers
        values = outputs(network, generated, x.double())
    for layer, (_, _, expected), value in zip(network.layers, again, values, strict=True):
        torch.testing.assert_close(
            value,
            expected,
            rtol=1e-6,
            atol=1e-7,
            equal_nan=True,  # random weights may overflow: then both do
            msg=lambda text, p=layer.path: f"{p}: {text}",
        )


def test_random_networks(record_property: Callable[[str, object], None]) -> None:
    drawn_kinds: Counter[str] = Counter()

    @given(networks())
    @patient(EXAMPLES)
    def check(drawn: Drawn) -> None:
        note(drawn.text)
        agree(drawn)
        drawn_kinds.update(drawn.tags())

    # One round may leave out a kind by chance, hardly so many.
    draw_until(lambda: drawn_kinds.keys() >= WANTED, check, rounds=12)
    histogram = ", ".join(f"{kind} {count}" for kind, count in drawn_kinds.most_common())
    record_property("summary", f"random networks drew: {histogram}")
    missing = sorted(WANTED - drawn_kinds.keys())
    if missing:
        pytest.fail(f"never drawn: {', '.join(missing)}")
