"""Diagrams of networks: SVG, PNG and PDF, or Graphviz's DOT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from archc.diagram import options
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.marks import Mark

FORMATS = ("svg", "png", "pdf", "dot")


def draw(
    network: Network,
    format: str = "svg",
    depth: int | None = None,
    direction: str = "TB",
    audit: Sequence[Mark] | None = None,
) -> str | bytes:
    """A diagram of the network: text for ``svg`` and ``dot``, bytes for ``png`` and ``pdf``.

    ``depth`` is how many levels of blocks and labelled lines are opened; without one, as many as
    can be read. ``direction`` is TB (from the top down), BT, LR or RL. With ``audit`` colours say
    whether the numbers hold that documents print about a part, not which kind it is. Raises
    SpecError where the picture cannot be made: `dot` is missing (png, pdf), or the depth asks for
    too many boxes.
    """
    from archc import diagram
    from archc_backends.graphviz import dot, render

    options.one_of("format", format, FORMATS)
    options.one_of("direction", direction, options.DIRECTIONS)
    options.depth(depth)
    view = diagram.view(network, depth)
    if audit is not None:
        from archc_backends.graphviz.audit import attach

        attach(view, network, audit)
        view.audited = True
    source = dot.text(view, network, cast("options.Direction", direction))
    if format == "dot":
        return source
    return render.svg(source) if format == "svg" else render.with_dot(source, format)


@dataclass(frozen=True, slots=True)
class Graphviz:
    """The backend for diagrams."""

    name: str = "graphviz"
    suffixes: tuple[str, ...] = tuple(f".{format}" for format in FORMATS)
    diagram: bool = True
    options: tuple[str, ...] = ("depth", "direction", "audit")

    def write(self, network: Network, suffix: str = ".svg", **chosen: Any) -> str | bytes:
        """The diagram as a file of this suffix holds it; options as :func:`draw` has them."""
        options.known(chosen, self.options)
        return draw(network, suffix.removeprefix("."), **chosen)


backend = Graphviz()
