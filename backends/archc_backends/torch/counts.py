"""Counts that depend on the data (proposals, detections), in a proof that runs without any."""

from __future__ import annotations

from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from archc.dims import symbols_of
from archc.graph.network import Layer, Network
from archc.ops.detection import NMS, Detect, Propose

if TYPE_CHECKING:
    from torch import Tensor

ANY = 16
"""Stands for a count until a layer has been seen to give it."""


def counts(network: Network) -> dict[str, int]:
    """A number for each symbol that a layer brings in."""
    return {
        name: ANY
        for layer in network.layers
        if _counts(layer)
        for name in symbols_of(layer.shape[0])
    }


def _counts(layer: Layer) -> bool:
    return isinstance(layer.op, Propose | Detect | NMS) and layer.op.keep is None


def count(layer: Layer, found: tuple[int, ...], bindings: MutableMapping[str, int]) -> None:
    """Enter how many boxes a layer gave, where that is a symbol."""
    if _counts(layer) and len(found) == 3:
        for name in symbols_of(layer.shape[0]):
            bindings[name] = found[1]


@contextmanager
def without_data(namespace: MutableMapping[str, Any]) -> Generator[None]:
    """Non-maximum suppression leaves the first boxes: what it leaves in truth is in the data."""
    known = namespace.get("suppressed")
    if known is None:
        yield
        return
    namespace["suppressed"] = _first
    try:
        yield
    finally:
        namespace["suppressed"] = known


def _first(
    boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float, threshold: float, keep: int
) -> Tensor:
    import torch

    size = boxes.size(0)
    return torch.arange(min(size, keep or size), device=boxes.device)
