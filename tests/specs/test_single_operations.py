"""The single operations that the documents work out: proved, run, and to their printed numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from archc import pipeline
from archc_backends.torch import backend

SPECS = Path(__file__).parents[2] / "specs"
TOO_LARGE = ("megapixel",)
"""Proved, and not run: 10^12 weights."""


def names() -> list[tuple[str, str]]:
    return [
        (path.stem, value.name)
        for path in sorted((SPECS / "published").glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
    ]


@pytest.mark.parametrize(("spec", "variant"), names(), ids=[":".join(n) for n in names()])
def test_what_the_ledgers_speak_of_is_proved_and_runs(spec: str, variant: str) -> None:
    network = pipeline.compile_spec(SPECS / "published" / f"{spec}.arch", variant)
    assert "shapes and parameters equal" in backend.prove(network, backend.write(network))
    if variant in TOO_LARGE:
        return
    module = backend.module(network).eval()
    height, width, channels = network.inputs[0].shape
    image = torch.randn(2, channels, height, width, requires_grad=True)
    module(image).square().mean().backward()
    assert image.grad is not None and image.grad.isfinite().all()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
    exported = torch.export.export(module, (image.detach(),)).module()
    torch.testing.assert_close(exported(image.detach()), module(image.detach()))


def module(spec: str, variant: str) -> Any:
    return backend.module(pipeline.compile_spec(SPECS / spec, variant)).eval()


def convolution(variant: str, kernel: Tensor) -> Any:
    found = module("published/arithmetic.arch", variant)
    (layer,) = [m for m in found.modules() if isinstance(m, torch.nn.Conv2d)]
    with torch.no_grad():
        layer.weight.copy_(kernel)
        layer.bias.zero_()
    return found


def test_the_convolution_of_document_003() -> None:
    image = torch.tensor(
        [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
    )
    kernel = torch.tensor([[0.0, 1.0, 2.0], [2.0, 2.0, 0.0], [0.0, 1.0, 2.0]])
    given = convolution("conv_5x5", kernel)(image.float()[None, None])
    assert given.tolist() == [[[[12.0, 12.0, 17.0], [10.0, 17.0, 19.0], [9.0, 6.0, 14.0]]]]


def test_a_convolution_is_a_matrix_of_4x16_and_its_reverse_the_transposed_matrix() -> None:
    kernel = torch.randn(3, 3)
    a, b, c = kernel.tolist()
    rows = [
        [*a, 0, *b, 0, *c, 0, 0, 0, 0, 0],
        [0, *a, 0, *b, 0, *c, 0, 0, 0, 0],
        [0, 0, 0, 0, *a, 0, *b, 0, *c, 0],
        [0, 0, 0, 0, 0, *a, 0, *b, 0, *c],
    ]
    matrix = torch.tensor(rows)
    image, small = torch.randn(16), torch.randn(4)
    forward = convolution("conv_4x4", kernel)(image.reshape(1, 1, 4, 4))
    torch.testing.assert_close(forward.flatten(), matrix @ image)

    reverse = module("published/arithmetic.arch", "transposed")
    (layer,) = [m for m in reverse.modules() if isinstance(m, torch.nn.ConvTranspose2d)]
    with torch.no_grad():
        layer.weight.copy_(kernel)
        layer.bias.zero_()
    torch.testing.assert_close(reverse(small.reshape(1, 1, 2, 2)).flatten(), matrix.T @ small)


def test_the_linear_classifier_of_document_002() -> None:
    classifier = module("mlp.arch", "linear_three")
    weights = [[0.01, -0.05, 0.1, 0.05], [0.7, 0.2, 0.05, 0.16], [0.0, -0.45, -0.2, 0.03]]
    with torch.no_grad():
        classifier.classifier.weight.copy_(torch.tensor(weights))
        classifier.classifier.bias.copy_(torch.tensor([0.0, 0.2, -0.3]))
        image = torch.tensor([[-15.0, 22.0, -44.0, 56.0]])
        scores, shares = classifier(image), classifier.predict(image)
    torch.testing.assert_close(scores, torch.tensor([[-2.85, 0.86, 0.28]]))
    # 0.016 is printed for the first, from rounded exponentials: 0.0154
    torch.testing.assert_close(shares, torch.tensor([[0.0154, 0.6312, 0.3534]]), atol=1e-4, rtol=0)
