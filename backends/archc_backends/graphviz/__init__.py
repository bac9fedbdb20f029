"""Diagrams of networks: SVG, PNG and PDF, or Graphviz's DOT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from archc.diagnostics import did_you_mean, fail
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.marks import Mark

FORMATS = ("svg", "png", "pdf", "dot")
OPTIONS = ("depth", "direction", "audit")


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

    if format not in FORMATS:
        _wrong("format", format, FORMATS)
    if direction not in get_args(dot.Direction):
        _wrong("direction", direction, get_args(dot.Direction))
    if depth is not None and depth < 0:
        fail("argument", None, f"a depth is an integer from 0, but this is {depth}")
    view = diagram.view(network, depth)
    if audit is not None:
        from archc_backends.graphviz.audit import attach

        attach(view, network, audit)
        view.audited = True
    source = dot.text(view, network, cast("dot.Direction", direction))
    if format == "dot":
        return source
    return render.svg(source) if format == "svg" else render.with_dot(source, format)


def _wrong(what: str, given: str, known: tuple[str, ...]) -> None:
    fail(
        "argument",
        None,
        f"a diagram's {what} is one of {', '.join(known)}, but this is `{given}`",
        help=did_you_mean(given, known),
    )


@dataclass(frozen=True, slots=True)
class Graphviz:
    """The backend for diagrams."""

    name: str = "graphviz"
    suffixes: tuple[str, ...] = tuple(f".{format}" for format in FORMATS)

    def write(self, network: Network, suffix: str = ".svg", **options: Any) -> str | bytes:
        """The diagram as a file of this suffix holds it; options as :func:`draw` has them."""
        for option in options:
            if option not in OPTIONS:
                _wrong("option", option, OPTIONS)
        return draw(network, suffix.removeprefix("."), **options)


backend = Graphviz()
