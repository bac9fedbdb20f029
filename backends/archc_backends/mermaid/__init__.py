"""Diagrams as Mermaid's text, which GitHub and GitLab draw in READMEs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from archc.diagram import options
from archc.graph.network import Network


@dataclass(frozen=True, slots=True)
class Mermaid:
    """The backend for Mermaid flowcharts."""

    name: str = "mermaid"
    suffixes: tuple[str, ...] = (".mmd",)
    diagram: bool = True
    options: tuple[str, ...] = ("depth", "direction")

    def write(self, network: Network, suffix: str = ".mmd", **chosen: Any) -> str:
        """The flowchart. ``depth`` is how many levels of blocks and labelled lines are opened;
        ``direction`` is TB (from the top down), BT, LR or RL.

        Raises SpecError for other options, and (``too-large``) where there is more than Mermaid's
        renderers draw.
        """
        from archc import diagram
        from archc_backends.mermaid import flowchart

        options.known(chosen, self.options)
        depth, direction = chosen.get("depth"), chosen.get("direction", "TB")
        options.depth(depth)
        options.one_of("direction", direction, options.DIRECTIONS)
        view = diagram.view(network, depth)
        return flowchart.text(view, network, cast("options.Direction", direction))


backend = Mermaid()
