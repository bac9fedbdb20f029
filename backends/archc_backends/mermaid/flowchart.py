"""A diagram as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence

from archc.diagnostics import fail
from archc.diagram import colours, words
from archc.diagram.model import Box, Cluster, View
from archc.diagram.options import Direction
from archc.graph.network import Network

MOST_ARROWS = 500
"""Mermaid's ``maxEdges``, which GitHub leaves as it is."""

MOST_CHARACTERS = 50_000
"""Mermaid's ``maxTextSize``."""

WIDEST_LINE = 600
"""Points after which Mermaid wraps a line of a label."""

PLAIN = frozenset(" \u2003()[]{}.,+*/=_·×…−≈⌊⌋⌈⌉^?→")
"""Characters, beside letters and digits, that mean themselves in a quoted label."""


def text(view: View, network: Network, direction: Direction = "TB") -> str:
    """The view as a flowchart. Raises SpecError (``too-large``) where renderers would refuse it."""
    written = "\n".join(_Writer(view, network, direction).lines()) + "\n"
    arrows = len(view.arrows())
    if arrows > MOST_ARROWS or len(written) > MOST_CHARACTERS:
        fail(
            "too-large",
            None,
            f"the diagram of `{network.name}` has {arrows:,} arrows and {len(written):,} "
            f"characters, and Mermaid draws at most {MOST_ARROWS:,} and {MOST_CHARACTERS:,}",
            help="a smaller depth, or another format: SVG has room for more",
        )
    return written


class _Writer:
    def __init__(self, view: View, network: Network, direction: Direction) -> None:
        self.view = view
        self.network = network
        self.direction = direction
        self.narrow = direction in ("LR", "RL")
        self.ids = {id(box): f"n{number}" for number, box in enumerate(view.boxes())}
        self.frames = {id(part): f"f{i}" for i, part in enumerate(view.root.clusters())}
        self.classes: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        yield "---"
        title = "".join(map(_visible, words.title(self.network)))
        yield f"title: {json.dumps(title, ensure_ascii=False)}"
        yield "config:"
        yield "  flowchart:"
        yield f"    wrappingWidth: {WIDEST_LINE}"
        yield "---"
        yield f"flowchart {self.direction}"
        for box in self.view.inputs:
            yield f"    {self._end(box)}"
        yield from self._parts(self.view.root, 1)
        for box in self.view.outputs:
            yield f"    {self._end(box)}"
        yield from self._edges()
        for name, style in sorted(self.classes.items()):
            yield f"    classDef {name} {style}"

    # ------------------------------------------------------------ boxes

    def _parts(self, cluster: Cluster, depth: int) -> Iterator[str]:
        indent = "    " * depth
        for part in cluster.parts:
            if isinstance(part, Cluster):
                name = self.frames[id(part)]
                fill = colours.CLUSTERS[min(depth, len(colours.CLUSTERS)) - 1]
                kind = self._class(f"frame{depth}", fill, colours.FRAME)
                yield f"{indent}subgraph {name}[{_quoted([words.frame(part)])}]"
                yield from self._parts(part, depth + 1)
                yield f"{indent}end"
                yield f"{indent}class {name} {kind}"
            elif part.role != "wire":
                yield f"{indent}{self._box(part)}"

    def _box(self, box: Box) -> str:
        label = _quoted(words.lines(box, self.narrow))
        shape = f"[[{label}]]" if box.count > 1 else f"({label})"
        if box.role == "rest":
            kind = self._class("rest", colours.PAPER, colours.QUIET, "stroke-dasharray:4")
        elif box.family in colours.COLOURS:
            colour = colours.of(box)
            kind = self._class(box.family, colour.fill, colour.line)
        else:
            kind = self._class("other", colours.OTHER.fill, colours.OTHER.line)
        return f"{self.ids[id(box)]}{shape}:::{kind}"

    def _end(self, box: Box) -> str:
        fill = colours.INK if box.role == "input" else colours.OUTPUT
        kind = self._class(box.role, fill, colours.INK, f"color:{colours.PAPER}")
        return f"{self.ids[id(box)]}[{_quoted(words.end_lines(box))}]:::{kind}"

    def _class(self, name: str, fill: str, line: str, *more: str) -> str:
        ink = () if any(one.startswith("color:") for one in more) else (f"color:{colours.INK}",)
        self.classes[name] = ",".join([f"fill:{fill}", f"stroke:{line}", *ink, *more])
        return name

    # ------------------------------------------------------------ edges

    def _edges(self) -> Iterator[str]:
        """The arrows; the shape of a value that goes to several boxes is said once."""
        told: set[tuple[str, ...]] = set()
        for edge in self.view.arrows():
            source = self.ids[id(edge.source)]
            shapes = words.edge_lines(edge)
            label = ""
            if (source, *shapes) not in told:
                told.add((source, *shapes))
                label = f"|{_quoted(shapes)}|"
            yield f"    {source} -->{label} {self.ids[id(edge.target)]}"


def _quoted(lines: Sequence[str]) -> str:
    """Lines as a label that shows them as they are, whatever stands in them."""
    wide = (line.replace("   ", "\u2003") for line in lines)  # HTML has one blank for three
    return '"' + "<br/>".join("".join(map(_escaped, line)) for line in wide) + '"'


def _escaped(character: str) -> str:
    """A character, or its number where Mermaid, Markdown or HTML would read something into it."""
    character = _visible(character)
    if character.isalnum() or character in PLAIN:
        return character
    return f"#{ord(character)};"


def _visible(character: str) -> str:
    """A character that a text may hold; in place of others the one for that."""
    category = unicodedata.category(character)
    return "\ufffd" if category in ("Cc", "Cs", "Cn", "Zl", "Zp") else character
