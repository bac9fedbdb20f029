"""A network as a Keras model and as a torch module of the same weights, held against each other."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from archc import pipeline
from archc.dims import evaluate
from archc.graph.network import Network
from archc.ops.recurrent import Embed
from archc_backends.keras import backend
from archc_backends.keras.weights import copy
from archc_backends.shared.sizes import bind
from archc_backends.torch import backend as torch_backend

TOLERANCE = 1e-4
"""The largest difference, as a part of the largest output. Single precision (Keras has no other:
its sums of double values are single) adds in another order: the zoo's worst is 2e-5."""


def compiled(text: str) -> Network:
    return pipeline.compile_text(text, "test.arch")


def one_layer(layer: str, shape: str = "9x10x4", head: str = "") -> Network:
    """A network of a single layer, called ``one``."""
    return compiled(f"{head}\nnetwork one {{\n    input image: {shape}\n    one: {layer}\n}}\n")


def torch_module(network: Network, seed: int = 0) -> Any:
    """The generated torch module with quickly drawn weights, none of them 0 or 1."""
    torch.manual_seed(seed)
    with torch.device("meta"):
        module: nn.Module = torch_backend.module(network)
    module = module.to_empty(device="cpu").eval()
    with torch.no_grad():
        for value in module.parameters():
            if value.dim() == 1:  # biases, and scales, of which small ones would amplify rounding
                value.uniform_(0.5, 1.5)
            else:
                value.uniform_(-1, 1).mul_(2.4 * (2 * value[0].numel()) ** -0.5)
        for name, value in module.named_buffers():
            if name.endswith("running_mean"):
                value.uniform_(-0.1, 0.1)
            elif name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif name.endswith("targets"):
                value.copy_(2.0 * torch.randint(0, 2, value.shape) - 1)
            elif name.endswith("num_batches_tracked"):
                value.zero_()
            elif name.endswith("window"):  # of local contrast normalisation: not trained
                torch_backend_window(module, name, value)
    module.training = True  # auxiliary outputs, but no dropout: the layers do not train
    return module


def torch_backend_window(module: nn.Module, name: str, value: Tensor) -> None:
    """A Gaussian of deviation size/4 whose values add up to 1 over the window and all channels."""
    size = value.shape[-1]
    place = torch.arange(size) - (size - 1) / 2
    bell = torch.exp(-0.5 * (place / (size / 4)) ** 2)
    value.copy_((bell[:, None] * bell[None, :]).expand_as(value))
    value /= value.sum()


def example(network: Network, batch: int, sizes: Mapping[str, int]) -> list[Tensor]:
    """Random inputs, channels last as in Keras: values, but words where an embedding reads them."""
    generator = torch.Generator().manual_seed(0)
    readers = {path: layer.op for layer in network.layers for path in layer.inputs}
    found: list[Tensor] = []
    for value in network.inputs:
        shape = (batch, *(evaluate(size, sizes) for size in value.shape))
        reader = readers.get(value.name)
        if isinstance(reader, Embed):
            found.append(torch.randint(reader.vocabulary, shape, generator=generator))
        else:
            found.append(torch.randn(shape, generator=generator))
    return found


def channels_first(x: Tensor) -> Tensor:
    if x.dim() < 4:
        return x
    return x.movedim(-1, -3)


def by_name(network: Network, result: Any) -> dict[str, Tensor]:
    """What a model or module gave, by the names of the network's outputs."""
    names = [output.name for output in network.outputs]
    if isinstance(result, Mapping):
        return dict(result)
    if isinstance(result, Tensor):
        return {names[0]: result}
    plain = {"".join(c if c.isalnum() else "_" for c in n).strip("_"): n for n in names}
    return {plain[field.strip("_")]: value for field, value in result._asdict().items()}


def both(
    network: Network, batch: int, sizes: Mapping[str, int]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What Keras and torch give for the same inputs and weights, by output, channels first."""
    module = torch_module(network)
    model = backend.model(network)
    copy(network, module.state_dict(), model)
    inputs = example(network, batch, sizes)
    with torch.no_grad(), warnings.catch_warnings():
        # torch says that padding a convolution to an odd total may copy what arrives.
        warnings.filterwarnings("ignore", message="Using padding='same'")
        warnings.filterwarnings("ignore", message=r"(?s).*This axis has size 1")
        given = model(inputs if len(inputs) > 1 else inputs[0], training=False)
        run = getattr(module, "predict", module)
        wanted = run(*map(channels_first, inputs))
    found = {name: channels_first(value) for name, value in by_name(network, given).items()}
    return found, by_name(network, wanted)


def assert_equal(
    network: Network,
    batch: int = 2,
    *,
    sizes: Mapping[str, int] | None = None,
    varied: bool = True,
    tolerance: float = TOLERANCE,
) -> None:
    """Every output equal within the tolerance, finite and (``varied``) not one number all over,
    of which a mistake in its order would not be seen."""
    given, wanted = both(network, batch, bind(network) if sizes is None else sizes)
    assert set(given) == set(wanted) == {output.name for output in network.outputs}
    for name, value in wanted.items():
        assert given[name].shape == value.shape, name
        assert value.isfinite().all(), name
        assert not varied or value.numel() == batch or value.std() > 0, name
        largest = max(float(value.abs().max()), 1e-6)
        torch.testing.assert_close(given[name], value, rtol=0, atol=tolerance * largest)
