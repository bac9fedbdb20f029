"""A diagram as DOT, Graphviz's language.

Labels are plain text of several lines: the renderer that comes as a pip package drops Graphviz's
HTML-like labels without a word.
"""

from __future__ import annotations

from itertools import pairwise
from textwrap import wrap
from typing import Any

import graphviz  # type: ignore[import-untyped]  # the package has no type hints for checkers

from archc.diagram import colours, words
from archc.diagram.colours import CLUSTERS, FRAME, INK, OUTPUT, QUIET
from archc.diagram.model import Box, Cluster, Edge, View
from archc.diagram.options import Direction
from archc.graph.network import Network

FONT = "Arial"
"""Boxes are cut to this font's metrics; a list of fonts would be measured as Times."""

MAIN, SIDE = "8", "1"
"""How much an edge is kept straight: on the way to the network's last output, and elsewhere."""


def text(view: View, network: Network, direction: Direction = "TB") -> str:
    """The view as DOT. The same view gives the same text, byte for byte."""
    return _Writer(view, network, direction).source()


class _Writer:
    def __init__(self, view: View, network: Network, direction: Direction) -> None:
        self.view = view
        self.network = network
        self.direction = direction
        self.narrow = direction in ("LR", "RL")
        boxes = [*view.inputs, *view.root.boxes(), *view.outputs]
        self.ids = {id(box): f"n{number}" for number, box in enumerate(boxes)}
        self.clusters = 0
        self.rows: dict[int, list[list[Box]]] = {}  # by the cluster they stand in
        self._place_rows()
        self.main = self._leading_to(view.outputs[-1:])

    def source(self) -> str:
        graph: Any = graphviz.Digraph(name="network")
        graph.attr("graph", **self._graph_attributes())
        graph.attr("node", fontname=FONT, fontsize="12", fontcolor=INK)
        graph.attr("node", shape="box", style="filled,rounded", margin="0.16,0.06", height="0.3")
        graph.attr("edge", fontname=FONT, fontsize="10", fontcolor=QUIET, color=QUIET)
        graph.attr("edge", arrowsize="0.6", penwidth="1")
        for box in self.view.inputs:
            self._end(graph, box)
        self._parts(graph, self.view.root, 0)
        for box in self.view.outputs:
            self._end(graph, box)
        told: set[tuple[int | str, ...]] = set()
        for edge in self.view.edges:
            self._edge(graph, edge, told)
        if self.view.audited:
            self._legend(graph)
        return str(graph.source)

    def _graph_attributes(self) -> dict[str, str]:
        return {
            "rankdir": self.direction,
            "label": label([words.title(self.network), *self._said(self.view.root)]),
            "labelloc": "t",
            "fontname": FONT,
            "fontsize": "14",
            "fontcolor": INK,
            "nodesep": "0.2",
            "ranksep": "0.18" if self.narrow else "0.22",
            "bgcolor": "white",
            "pad": "0.15",
        }

    def _place_rows(self) -> None:
        """Find the rows of boxes that stand in one cluster and read the same value."""
        home: dict[int, Cluster] = {}
        stack = [self.view.root]
        while stack:
            cluster = stack.pop()
            home |= {id(part): cluster for part in cluster.parts if isinstance(part, Box)}
            stack += [part for part in cluster.parts if isinstance(part, Cluster)]
        reads: dict[int, set[int]] = {}
        for edge in self.view.edges:
            reads.setdefault(id(edge.target), set()).add(id(edge.source))
        for row in self.view.rows:
            homes = [home.get(id(box)) for box in row]
            first = homes[0]
            if first is None or any(one is not first for one in homes):
                continue
            if all(reads.get(id(box)) == reads.get(id(row[0])) for box in row):
                self.rows.setdefault(id(first), []).append(row)

    def _leading_to(self, ends: list[Box]) -> set[int]:
        """Boxes whose values reach these ends."""
        sources: dict[int, list[Box]] = {}
        for edge in self.view.edges:
            sources.setdefault(id(edge.target), []).append(edge.source)
        reached = {id(box) for box in ends}
        stack = list(ends)
        while stack:
            for source in sources.get(id(stack.pop()), []):
                if id(source) not in reached:
                    reached.add(id(source))
                    stack.append(source)
        return reached

    # ------------------------------------------------------------ boxes

    def _parts(self, graph: Any, cluster: Cluster, depth: int) -> None:
        for part in cluster.parts:
            if isinstance(part, Box):
                self._box(graph, part)
                continue
            with graph.subgraph(name=f"cluster_{self.clusters}") as inner:
                self.clusters += 1
                title = words.frame(part)
                attributes = {
                    "label": label([title, *self._said(part)]),
                    "labeljust": "l",
                    "fontsize": "12",
                    "style": "filled,rounded",
                    "fillcolor": CLUSTERS[min(depth, len(CLUSTERS) - 1)],
                    "color": FRAME,
                    "penwidth": "2" if part.count > 1 else "1",
                    "margin": "9",
                }
                inner.attr(**attributes | (self._look(part) if part.marks else {}))
                self._parts(inner, part, depth + 1)
        for row in self.rows.get(id(cluster), []):
            with graph.subgraph() as same:
                same.attr(rank="same")
                for left, right in pairwise(row):
                    same.edge(self.ids[id(left)], self.ids[id(right)], style="invis")

    def _box(self, graph: Any, box: Box) -> None:
        if box.role == "wire":
            graph.node(self.ids[id(box)], label="", shape="point", width="0.01", color=QUIET)
            return
        colour = colours.of(box)
        attributes = {
            "label": label([*words.lines(box, self.narrow), *self._said(box)]),
            "fillcolor": colour.fill,
            "color": colour.line,
            "penwidth": "1.6" if box.role == "block" else "1",
            "tooltip": label(_hidden(box)) if box.names or box.marks else None,
        }
        if box.count > 1:
            attributes["peripheries"] = "2"
        if box.family == "merging":
            attributes["ordering"] = "in"  # branches stand in the order of the spec
        if box.role == "rest":
            attributes |= {"style": "dashed,rounded", "fillcolor": "white", "color": QUIET}
        attributes |= self._look(box)
        graph.node(self.ids[id(box)], **{k: v for k, v in attributes.items() if v is not None})

    def _end(self, graph: Any, box: Box) -> None:
        graph.node(
            self.ids[id(box)],
            label=label([*words.end_lines(box), *self._said(box)]),
            shape="box",
            style="filled",
            fontcolor=INK if box.marks else "white",
            **{"fillcolor": INK if box.role == "input" else OUTPUT, "color": INK}
            | (self._look(box) if box.marks else {}),
        )

    # ------------------------------------------------------------ the audit

    def _said(self, part: Box | Cluster) -> list[str]:
        """What documents say of a part."""
        if not part.marks:
            return []
        from archc_backends.graphviz.audit import lines

        texts = lines(part)
        if not self.narrow:
            return texts
        return [one for text in texts for one in wrap(text, 2 * words.NARROW)]

    def _look(self, part: Box | Cluster) -> dict[str, str]:
        """Colours that say how the numbers of a part stand; none without an audit."""
        if not self.view.audited:
            return {}
        from archc_backends.graphviz.audit import look

        found = look(part)
        return {"fillcolor": found.fill, "color": found.line, "penwidth": found.width}

    def _legend(self, graph: Any) -> None:
        """What the colours say; those that the diagram has."""
        from archc_backends.graphviz.audit import looks

        with graph.subgraph(name="cluster_legend") as legend:
            legend.attr(label=label(["printed numbers"]), fontsize="11", style="rounded")
            legend.attr(color="#c5ccd3", labeljust="l", margin="8")
            for i, (text, found) in enumerate(looks(self.view)):
                legend.node(
                    f"legend{i}",
                    label=label([text]),
                    fontsize="11",
                    fillcolor=found.fill,
                    color=found.line,
                    penwidth=found.width,
                )
                if i and not self.narrow:  # a column, whichever way the network runs
                    legend.edge(f"legend{i - 1}", f"legend{i}", style="invis")

    # ------------------------------------------------------------ edges

    def _edge(self, graph: Any, edge: Edge, told: set[tuple[int | str, ...]]) -> None:
        shapes = words.edge_lines(edge)
        attributes = {"weight": MAIN if id(edge.target) in self.main else SIDE}
        # A value that goes to several boxes has its shape said once.
        if (id(edge.source), *shapes) not in told:
            told.add((id(edge.source), *shapes))
            attributes["label"] = label([f" {shape} " for shape in shapes])
        if edge.target.role == "wire":
            attributes["arrowhead"] = "none"
        graph.edge(self.ids[id(edge.source)], self.ids[id(edge.target)], **attributes)


def _hidden(box: Box) -> list[str]:
    """What a box has no room for: labels of its parts, and what documents say of them."""
    names = [", ".join(box.names)] if box.names else []
    said = dict.fromkeys(f"{mark.subject} {mark.text}" for mark in box.marks)
    return [*names, *said]


# ---------------------------------------------------------------- text


def label(lines: list[str]) -> str:
    """Lines as a DOT string that shows them as they are, whatever stands in them."""
    return "\\n".join(_escape(line) for line in lines)


def _escape(line: str) -> str:
    # Graphviz reads backslash sequences and HTML entities in labels, and SVG has no characters
    # below a blank.
    line = "".join(c if c >= " " and c not in "\x7f\ufffe\uffff" else "\ufffd" for c in line)
    line = line.replace("&", "&amp;")
    return str(graphviz.escape(line))
