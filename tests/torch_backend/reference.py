"""The slow, obvious way: a network's layers called one by one, in the order the graph has them."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from archc import pipeline
from archc.graph.network import Layer, Network
from archc.ops.merging import Add, Concat, Mul
from archc_backends.torch import backend, indices
from archc_backends.torch.names import module_path
from archc_backends.torch.proof import bind, torch_shape
from archc_backends.torch.table import joins


def compiled(text: str, variant: str | None = None) -> Network:
    return pipeline.compile_text(text, "test.arch", variant)


def one_layer(layer: str, shape: str = "9x10x4", head: str = "") -> Network:
    """A network of a single layer, called ``one``."""
    return compiled(f"{head}\nnetwork one {{\n    input image: {shape}\n    one: {layer}\n}}\n")


def live(network: Network) -> Any:
    return backend.module(network)


def scripted(module: nn.Module) -> Any:
    """The module in TorchScript (which torch calls deprecated).

    TorchScript takes two nn.Sequential whose children have the same names for one type, in
    whatever order they stand, and keeps types for the process: each network starts without any.
    """
    recursive: Any = torch.jit._recursive
    recursive.concrete_type_store = recursive.ConcreteTypeStore()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(module)


def example(network: Network, seed: int = 0) -> list[Tensor]:
    """Random inputs, a batch of two, symbolic sizes bound."""
    generator = torch.Generator().manual_seed(seed)
    sizes = bind(network)
    return [torch.randn(torch_shape(i.shape, sizes), generator=generator) for i in network.inputs]


def merged(layer: Layer, values: Sequence[Tensor], namespace: Mapping[str, Any]) -> Tensor:
    """What a merge makes of its inputs: sums, products and joins without the generated code, others
    by their expressions."""
    if isinstance(layer.op, Concat) and layer.op.axis in AXES:
        return torch.cat(list(values), dim=AXES[layer.op.axis] if values[0].dim() == 4 else -1)
    if not isinstance(layer.op, Add | Mul):
        names = [f"value_{number}" for number in range(len(values))]
        expression = joins.of(layer)(layer, names)
        result: Tensor = eval(expression, dict(namespace), dict(zip(names, values, strict=True)))
        return result
    most = max(value.dim() for value in values)
    total: Tensor | None = None
    for value in values:
        spread = value.reshape(*value.shape, *[1] * (most - value.dim()))
        if total is None:
            total = spread
        else:
            total = total + spread if isinstance(layer.op, Add) else total * spread
    assert total is not None
    return total


AXES = {"channels": 1, "height": 2, "width": 3}


def interpret(network: Network, model: nn.Module, inputs: Sequence[Tensor]) -> dict[str, Tensor]:
    """Every layer's output, by its path: each layer's own submodule called on its inputs."""
    values = dict(zip((i.name for i in network.inputs), inputs, strict=True))
    modules = dict(model.named_modules())
    namespace = vars(sys.modules[type(model).__module__])
    for layer in network.layers:
        arriving = [values[path] for path in indices.read(layer)]
        if not layer.name:  # it stands for its merge
            values[layer.path] = merged(layer, arriving, namespace)
            continue
        result = modules[module_path(layer.shares or layer.path)](*arriving)
        if isinstance(result, tuple):  # a pooling and its indices
            result, values[layer.path + indices.SUFFIX] = result
        values[layer.path] = result
    return values


def outputs(network: Network, result: Any) -> dict[str, Tensor]:
    """What ``forward`` or ``predict`` gave, by the names of the network's outputs."""
    if isinstance(result, Tensor):
        return {network.outputs[0].name: result}
    fields = {plain(output.name): output.name for output in network.outputs}
    return {fields[plain(field)]: value for field, value in result._asdict().items()}


def plain(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")
