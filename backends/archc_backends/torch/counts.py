"""Counts that depend on the data (proposals, detections), in a proof that runs without any."""

from __future__ import annotations

from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from archc.dims import symbols_of
from archc.graph.network import Layer
from archc_backends.shared.sizes import counted

if TYPE_CHECKING:
    from torch import Tensor


def count(layer: Layer, found: tuple[int, ...], bindings: MutableMapping[str, int]) -> None:
    """Enter how many boxes a layer gave, where that is a symbol."""
    if counted(layer) and len(found) == 3:
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
