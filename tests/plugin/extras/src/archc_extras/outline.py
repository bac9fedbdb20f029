"""A backend: a network as an outline in plain text, a line a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archc.backend import Rows
from archc.graph.network import Layer, Network
from archc.ops.activation import ReLU, Softmax
from archc.ops.base import shape_text
from archc.ops.convolution import Conv
from archc.ops.dense import FC

rows: Rows[Callable[[Layer], str]] = Rows("outline")


@rows.row(Conv)
def conv(layer: Layer) -> str:
    op: Any = layer.op
    return f"{op.kernel[0]} by {op.kernel[1]} convolution to {op.width} channels"


@rows.row(FC)
def fc(layer: Layer) -> str:
    op: Any = layer.op
    return f"{op.width} values, each from all"


@rows.row(ReLU, Softmax)
def by_name(layer: Layer) -> str:
    return layer.op.name


def swish(layer: Layer) -> str:
    """A row for a layer that this backend has no import of: found by its entry point."""
    return "swish"


class Outline:
    name = "outline"
    suffixes = (".txt",)

    def write(self, network: Network, suffix: str = ".txt", **options: Any) -> str:
        lines = [f"{network.name}, {network.params:,} parameters"]
        for layer in network.layers:
            spelled = rows.of(layer)(layer)
            lines.append(f"  {layer.path}: {spelled}, giving {shape_text(layer.shape)}")
        return "\n".join(lines) + "\n"


backend = Outline()
