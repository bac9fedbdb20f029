"""Layers as the generated module runs them: a spec's text, compiled, built and proved."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

import archc
from archc.graph.network import Network
from archc.registry import load


def live(text: str, *, scripts: bool = True) -> tuple[Network, nn.Module]:
    """A spec's network and its live module, proved on the meta device, and scripted."""
    network = archc.loads(text)
    backend: Any = load("archc.backends", "torch")
    backend.prove(network, backend.write(network))
    torch.manual_seed(0)
    module = network.torch().double().eval()
    if scripts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.jit.script(module)
    return network, module


def body(lines: str, *inputs: str) -> str:
    """A network of these lines and inputs; the first line goes on from the first input."""
    if len(inputs) > 1 and "from" not in lines:
        lines = f"from {inputs[0].partition(':')[0]}, {lines}"
    heads = "\n".join(f"input {one}" for one in inputs)
    return f"network n {{\n{heads}\n{lines}\n}}"


def same_with_gradient(
    found: Callable[..., Tensor], expected: Callable[..., Tensor], *values: Tensor
) -> None:
    """Assert that two functions give the same, and the same gradient to the first value."""
    results: list[tuple[Tensor, Tensor]] = []
    for function in (found, expected):
        first = values[0].clone().requires_grad_()
        result = function(first, *values[1:])
        torch.manual_seed(1)
        (gradient,) = torch.autograd.grad(result, first, torch.randn(result.shape).to(result))
        results.append((result.detach(), gradient))
    torch.testing.assert_close(results[0][0], results[1][0])
    torch.testing.assert_close(results[0][1], results[1][1])


def exported(module: nn.Module, *values: Tensor) -> None:
    """Assert that torch.export takes the module, and that what it exports gives the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(module, values)
        torch.testing.assert_close(program.module()(*values), module(*values))
