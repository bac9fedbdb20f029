"""A network's summary as a sheet of rows, whatever it is printed as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from archc import spelling
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Node, Run, Structure
from archc.show.columns import Column, columns_of, own_columns
from archc.show.totals import foot, shapes_of

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention

MANY_LAYERS = 2000
"""From here on labelled lines fold too where they repeat, that the table stays readable."""

Layout = Literal["hwc", "chw"]


@dataclass(frozen=True, slots=True)
class Row:
    """``depth`` is how many blocks and lines it stands in."""

    depth: int
    name: str
    what: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """``head`` says what the network is, ``foot`` what its totals are, in lines of text; ``total``
    are the cells of a last row."""

    head: list[str]
    heads: tuple[str, ...]
    rows: list[Row]
    total: tuple[str, ...]
    foot: list[str]


def sheet(
    network: Network,
    *,
    layout: Layout = "hwc",
    depth: int | None = None,
    fields: bool = False,
    count_as: Convention | None = None,
) -> Sheet:
    """The layers, repeated blocks folded as ×N, and the totals.

    Blocks and labelled lines show their sums, and their layers below, one deeper. ``depth`` is how
    many levels of blocks are opened; ``fields`` adds the receptive field, its height and width and
    the stride. ``count_as`` counts as a convention does in place of archc's own way.
    """
    columns = own_columns(network) if count_as is None else columns_of(count_as, network)
    lines = _Lines(network, layout, depth, columns, fields)
    heads = ("output", *(column.head for column in columns), *(["field"] if fields else []))
    if count_as is None:
        below = foot(network)
    else:
        from archc.show.counted import foot as foot_of

        below = foot_of(network, count_as)
    total = ("", *(column.total() for column in columns), *([""] if fields else []))
    rows = list(lines.rows(network.root.children, 0))
    return Sheet(head(network, layout), heads, rows, total, below)


class _Lines:
    def __init__(
        self,
        network: Network,
        layout: Layout,
        depth: int | None,
        columns: Sequence[Column],
        fields: bool,
    ) -> None:
        self.fields = field_texts(network) if fields else None
        self.chw = layout == "chw"
        self.depth = depth
        self.structure = Structure(network)
        self.labels = len(network.layers) > MANY_LAYERS
        self.layers = list(network.root.layers())
        self.columns = columns

    def rows(self, children: Sequence[Node], depth: int) -> Iterator[Row]:
        for run in self.structure.fold(children, labels=self.labels):
            if len(run.nodes) > 1:
                yield self._row(run.nodes, f"×{run.count}", "", depth)
                for inner in self.structure.fold(run.nodes, labels=self.labels):
                    yield from self._run(inner, depth + 1)
            else:
                yield from self._run(run, depth)

    def _run(self, run: Run, depth: int) -> Iterator[Row]:
        if len(run.nodes) > 1:  # a unit's own repeats are found again among its nodes
            yield from self.rows(run.nodes, depth)
            return
        node = run.node
        times = f" ×{run.count}" if run.count > 1 else ""
        yield self._row((node,), (node.name or node.path) + times, what(node), depth)
        if isinstance(node, Module) and (self.depth is None or depth < self.depth):
            inner = [c for c in node.children if not _stands_for(c, node)]
            yield from self.rows(inner, depth + 1)

    def _row(self, nodes: tuple[Node, ...], name: str, what: str, depth: int) -> Row:
        start, end = self.structure.start[nodes[0]], self.structure.end[nodes[-1]]
        if start == end:  # a branch without layers: a value read as it is
            empty = 1 + len(self.columns) + (self.fields is not None)
            return Row(depth, name, what, ("",) * empty)
        shared = any(n.shares for n in nodes)
        last = self.layers[end - 1]
        cells = [
            spelling.shape(last.shape, chw=self.chw, times="x"),
            *(column.cell(start, end, shared) for column in self.columns),
        ]
        if self.fields is not None:
            cells.append(self.fields[last.path])
        return Row(depth, name, what, tuple(cells))


def _stands_for(node: Node, module: Module) -> bool:
    """A merge's own layer: the row of the merge is its row."""
    return isinstance(node, Layer) and module.kind == "merge" and node.path == module.path


def what(node: Node) -> str:
    if isinstance(node, Layer):
        return spelling.layer(node.op)
    if node.kind == "merge":
        own = [c for c in node.children if _stands_for(c, node)]
        return spelling.layer(own[0].op) if own and isinstance(own[0], Layer) else ""
    if node.kind == "branch":
        return "branch"
    return spelling.call(node) if node.kind in ("block", "network") else ""


def head(network: Network, layout: Layout) -> list[str]:
    chw = layout == "chw"
    lines = [network.name]
    for one in network.inputs:
        lines.append(f"input {one.name}: {spelling.shape(one.shape, chw=chw, times='x')}")
    shapes = shapes_of(network)
    for out in network.outputs:
        text = spelling.shape(shapes[out.path], chw=chw, times="x")
        lines.append(f"output {out.name}: {text}")
    return lines


def field_texts(network: Network) -> dict[str, str]:
    """Receptive fields by path, ``195x195/16``; per input where there are several."""
    from archc.graph.fields import fields

    texts: dict[str, str] = {}
    for path, found in fields(network).items():
        parts: list[str] = []
        for name, one in found.items():
            axes = (one.height, one.width)
            sizes = [spelling.exact(axis.size) if axis.phases else "irregular" for axis in axes]
            strides = {str(axis.stride) for axis in axes if axis.kind == "exact"}
            text = "x".join(sizes) + (f"/{'x'.join(sorted(strides))}" if strides else "")
            parts.append(f"{name} {text}" if len(network.inputs) > 1 else text)
        texts[path] = ", ".join(parts)
    return texts
