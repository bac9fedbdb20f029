"""Layers as the calls that make their modules: the whole table, looked up."""

from __future__ import annotations

from archc.graph.network import Layer
from archc_backends.torch import (
    rows,
    rows_detection,
    rows_recurrent,
    rows_resizing,
    windows,
)
from archc_backends.torch.regions import regional
from archc_backends.torch.spelling import Call
from archc_backends.torch.table import rows as table

FAMILIES = (rows, windows, rows_resizing, rows_recurrent, rows_detection)
"""The modules that fill the table as they are imported."""


def spell(layer: Layer) -> Call:
    """The call that makes a layer's module. Raises SpecError (``unsupported``)."""
    return regional(layer) or table.of(layer)(layer)
