"""One network's generated module and its hand-written twin: seconds of each, largest difference."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import handwritten
import torch
from torch import Tensor, nn

import archc

SPECS = Path(__file__).parents[2] / "specs"
NETWORKS = {
    "vgg16": ("vgg16.arch", handwritten.vgg16),
    "resnet50": ("resnet.arch:resnet50", handwritten.resnet50),
}


def layers(module: nn.Module, image: Tensor) -> list[nn.Module]:
    """The layers that have weights, in the order in which they run."""
    found: list[nn.Module] = []
    handles = [
        child.register_forward_hook(lambda layer, _inputs, _output: found.append(layer))
        for child in module.modules()
        if child._parameters
    ]
    module(image)
    for handle in handles:
        handle.remove()
    return found


def same_weights(ours: nn.Module, twin: nn.Module, image: Tensor) -> None:
    """Give the twin our weights, layer by layer."""
    for mine, its in zip(layers(ours, image), layers(twin, image), strict=True):
        its.load_state_dict(mine.state_dict())


def seconds(module: nn.Module, image: Tensor) -> float:
    start = time.perf_counter()
    module(image)
    return time.perf_counter() - start


def main(name: str, rounds: int) -> None:
    spec, written = NETWORKS[name]
    torch.manual_seed(0)
    ours, twin = archc.load(f"{SPECS}/{spec}").torch().eval(), written().eval()
    image = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        same_weights(ours, twin, image)
        difference = float((ours(image) - twin(image)).abs().max())
        taken = [(seconds(ours, image), seconds(twin, image)) for _ in range(rounds)]
    print(min(a for a, _ in taken), min(b for _, b in taken), difference)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
