"""The summary beside the diagram, for a notebook."""

from __future__ import annotations

from html import escape
from typing import Any

from archc.graph.network import Network
from archc.show.text import to_text_table


def to_html(network: Network) -> str:
    """The summary, folded, above the diagram."""
    from archc import registry

    backend: Any = registry.load("archc.backends", "graphviz")
    svg: str = backend.write(network, ".svg")
    summary = escape(to_text_table(network))
    return (
        f"<details><summary>{escape(network.name)}</summary><pre>{summary}</pre></details>\n"
        + svg[svg.index("<svg") :]
    )
