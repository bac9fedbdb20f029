"""Figures for papers: feature maps as boxes in perspective, in LaTeX with TikZ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archc.diagnostics import fail
from archc.diagram import options
from archc.graph.network import Network


@dataclass(frozen=True, slots=True)
class Tikz:
    """The backend for TikZ figures."""

    name: str = "tikz"
    suffixes: tuple[str, ...] = (".tex",)
    diagram: bool = True
    options: tuple[str, ...] = ("depth", "direction", "document")

    def write(self, network: Network, suffix: str = ".tex", **chosen: Any) -> str:
        """A LaTeX document whose one page is the figure; without ``document`` the picture alone,
        to be put into another with ``\\input``.

        ``depth`` is how many levels of blocks and labelled lines are opened; without one, as many
        as a figure has room for. Raises SpecError for other options, for a ``direction`` other
        than LR, and (``too-large``) where the depth asks for more than TeX can draw.
        """
        from archc_backends.tikz import figure

        options.known(chosen, self.options)
        options.depth(chosen.get("depth"))
        direction = chosen.get("direction", "LR")
        if direction != "LR":
            fail(
                "unsupported",
                None,
                f"a figure of feature maps runs from left to right (LR), and not {direction}",
                help="for another direction draw .svg, .pdf or .mmd",
            )
        return figure.text(network, chosen.get("depth"), document=chosen.get("document", True))


backend = Tikz()
