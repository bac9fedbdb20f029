"""What a row of the backend's table is, and how a row says that dlib cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from archc.backend import Rows
from archc.graph.network import Layer
from archc.ops.base import Op

LARGEST = 2**31 - 1
"""The largest ``int`` of a template's argument."""

OWN_TAGS = 10
"""dlib names tag1 to tag10, skip1 to skip10 and so on; ``tag11`` is defined in the text."""

PADDED_NAMES = {
    "con": "conp",
    "con_no_bias": "conp_no_bias",
    "cont": "contp",
    "cont_no_bias": "contp_no_bias",
    "max_pool": "max_poolp",
    "avg_pool": "avg_poolp",
}
"""The alias that takes a padding besides, by dlib's name of the layer."""


class CannotError(Exception):
    """dlib has no such layer, or none that does the same. ``help`` says what comes nearest."""

    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help


@dataclass(frozen=True)
class Template:
    """A template without its last argument, the network below: ``con<96,11,11,4,4,``.

    ``args`` are integers, and names of parameters, tags and aliases. ``layer`` is what it writes,
    ``label`` what a comment beside it says.
    """

    name: str
    args: tuple[int | str, ...] = ()
    layer: Layer | None = field(default=None, compare=False, repr=False)
    label: str = field(default="", compare=False)

    @property
    def opening(self) -> str:
        """Its text up to the network below."""
        return f"{self.name}<" + "".join(f"{arg}," for arg in self.args)


@dataclass(frozen=True)
class Join:
    """A layer of several inputs: ``add_prev``, ``mult_prev``, ``scale`` or ``concat``."""

    name: str


Row = Callable[[Layer], Template | Join | None]
"""The template of a layer; None where dlib needs none. Raises CannotError."""

rows: Rows[Row] = Rows("dlib")
"""The table, by layer class."""

REFUSED: dict[type[Op], tuple[str, str | None]] = {}
"""Layers that dlib has nothing for: the reason, and what comes nearest."""


def spell(layer: Layer) -> Template | Join | None:
    """A layer as a template. Raises CannotError; SpecError for a layer without a row."""
    if type(layer.op) in REFUSED:
        raise CannotError(*REFUSED[type(layer.op)])
    spelled = rows.of(layer)(layer)
    if isinstance(spelled, Template):
        for arg in spelled.args:
            if isinstance(arg, int) and arg > LARGEST:
                raise CannotError(f"a template's argument is an int, and {arg} is none")
        return Template(spelled.name, spelled.args, layer)
    return spelled
