"""The generated VGG-16 and one written by hand, with the same weights, give the same."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from twin import HandWrittenVGG16, take_weights

from archc import pipeline
from archc_backends.torch import backend

SPEC = Path(__file__).parents[2] / "specs" / "vgg16.arch"


def pair(size: int, classes: int) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    hand = HandWrittenVGG16(size, classes)
    network = pipeline.compile_spec(SPEC, None, {"size": size, "classes": classes})
    generated = backend.module(network)
    take_weights(generated, hand)
    return generated, hand


def test_outputs_and_gradients_are_equal() -> None:
    generated, hand = pair(32, 10)
    x = torch.randn(2, 3, 32, 32)
    results: list[Tensor] = []
    for module in (generated, hand):
        torch.manual_seed(1)  # the same dropout
        result = module(x)
        result.square().mean().backward()
        results.append(result)
    torch.testing.assert_close(*results)
    for first, second in zip(generated.parameters(), hand.parameters(), strict=True):
        torch.testing.assert_close(first.grad, second.grad)
