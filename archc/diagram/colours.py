"""Colours of diagrams, by the kinds of layers."""

from __future__ import annotations

from dataclasses import dataclass

from archc.diagram.model import Box

INK = "#1f2933"
QUIET = "#52606d"
OUTPUT = "#4a5763"
PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class Colour:
    fill: str
    line: str


# Hues of Okabe & Ito's palette, which colour-blind readers can tell apart, tinted so that black
# text stands on them; the fills differ in lightness too, for print in grey.
COLOURS = {
    "convolution": Colour("#bcd9f0", "#0067a5"),
    "pooling": Colour("#fbe0c8", "#c25700"),
    "dense": Colour("#96d0b8", "#00694e"),
    "merging": Colour("#d8d8d8", "#5a5a5a"),
    "normalization": Colour("#ecdff0", "#8a4f86"),
    "activation": Colour("#faf3c0", "#8f7d00"),
    "regularization": Colour("#f1f1ee", "#7a7a70"),
    "reshaping": Colour("#d5eef5", "#2c7f97"),
    "recurrent": Colour("#f6d3dc", "#9e2f50"),
    "detection": Colour("#dfe3b5", "#5f6b00"),
    "block": Colour("#ffffff", "#1f2933"),
}
OTHER = Colour("#e4dccf", "#6b5b3e")
"""Layers of families that have no colour here (a plugin's)."""

CLUSTERS = ("#f5f7f9", "#e9edf1", "#dde3e9")
"""Backgrounds of blocks, by how deep they stand."""

FRAME = "#8996a3"


def of(box: Box) -> Colour:
    """The colour of a box with layers."""
    return COLOURS.get(box.family, OTHER)
