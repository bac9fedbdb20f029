"""The rows of both frameworks."""

from __future__ import annotations

from archc.notations.listing.keras_table import LAYERS as KERAS_LAYERS
from archc.notations.listing.torch_table import LAYERS as TORCH_LAYERS

__all__ = ["KERAS_LAYERS", "TORCH_LAYERS"]
