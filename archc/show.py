"""The summary of a network: what ``archc show`` and ``archc build`` print, and its JSON."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from archc import spelling
from archc.dims import Dim, to_text
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Node, Run, Structure
from archc.ops.base import Cost, Shape, Weights

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention, Count
    from archc.graph.fields import Extent, Fields

SCHEMA = 1
"""The version of the JSON; a key may be added within one version, never changed."""

MANY_LAYERS = 2000
"""From here on labelled lines fold too where they repeat, that the table stays readable."""

Layout = Literal["hwc", "chw"]


# ---------------------------------------------------------------- the table


@dataclass(frozen=True, slots=True)
class _Row:
    depth: int
    name: str
    what: str
    cells: tuple[str, ...]


def to_text_table(
    network: Network,
    *,
    layout: Layout = "hwc",
    width: int | None = None,
    depth: int | None = None,
    fields: bool = False,
    count_as: Convention | None = None,
) -> str:
    """The table of layers, repeated blocks folded as ×N, and the totals.

    Blocks and labelled lines show their sums, and their layers indented below. ``width`` is how
    many columns the text may take (None: as many as it needs), ``depth`` how many levels of
    blocks are opened; ``fields`` adds the receptive field, its height and width and the stride.
    ``count_as`` counts as a convention does in place of archc's own way.
    """
    columns = _own_columns(network) if count_as is None else _columns_of(count_as, network)
    table = _Table(network, layout, depth, columns, fields)
    rows = list(table.rows(network.root.children, 0))
    heads = ("output", *(column.head for column in columns), *(["field"] if fields else []))
    if count_as is None:
        foot = _foot(network)
    else:
        from archc.audit.conventions.shown import foot as foot_of

        foot = foot_of(network, count_as)
    return "\n".join([*_head(network, layout), "", *_format(heads, rows, width), "", *foot])


class _Column:
    """A count for each layer in order, as running totals: sums of any nodes are differences."""

    def __init__(self, head: str, counts: Iterable[Dim | None], once: bool) -> None:
        self.head = head
        self.once = once  # a shared use counts nothing
        self.totals: list[Dim] = [0]
        self.unknown = [0]
        for count in counts:
            self.totals.append(self.totals[-1] if count is None else self.totals[-1] + count)
            self.unknown.append(self.unknown[-1] + (count is None))

    def cell(self, start: int, end: int, shared: bool) -> str:
        if shared and self.once:
            return "shared"
        if self.unknown[end] != self.unknown[start]:
            return _count(None)
        return _count(self.totals[end] - self.totals[start])


def _own_columns(network: Network) -> list[_Column]:
    layers = list(network.root.layers())
    return [
        _Column("parameters", (layer.params for layer in layers), once=True),
        _Column("MACs", (layer.macs for layer in layers), once=False),
    ]


def _columns_of(convention: Convention, network: Network) -> list[_Column]:
    layers = list(network.root.layers())
    columns: list[_Column] = []
    for table in convention.tables:
        counts = table.count(network, plain=False).by_layer
        columns.append(_Column(table.label, (counts[n.path] for n in layers), table.once))
    return columns


class _Table:
    def __init__(
        self,
        network: Network,
        layout: Layout,
        depth: int | None,
        columns: Sequence[_Column],
        fields: bool,
    ) -> None:
        self.fields = field_texts(network) if fields else None
        self.chw = layout == "chw"
        self.depth = depth
        self.structure = Structure(network)
        self.labels = len(network.layers) > MANY_LAYERS
        self.layers = list(network.root.layers())
        self.columns = columns

    def rows(self, children: Sequence[Node], depth: int) -> Iterator[_Row]:
        for run in self.structure.fold(children, labels=self.labels):
            if len(run.nodes) > 1:
                yield self._row(run.nodes, f"×{run.count}", "", depth)
                for inner in self.structure.fold(run.nodes, labels=self.labels):
                    yield from self._run(inner, depth + 1)
            else:
                yield from self._run(run, depth)

    def _run(self, run: Run, depth: int) -> Iterator[_Row]:
        if len(run.nodes) > 1:  # a unit's own repeats are found again among its nodes
            yield from self.rows(run.nodes, depth)
            return
        node = run.node
        times = f" ×{run.count}" if run.count > 1 else ""
        yield self._row((node,), (node.name or node.path) + times, _what(node), depth)
        if isinstance(node, Module) and (self.depth is None or depth < self.depth):
            inner = [c for c in node.children if not _stands_for(c, node)]
            yield from self.rows(inner, depth + 1)

    def _row(self, nodes: tuple[Node, ...], name: str, what: str, depth: int) -> _Row:
        start, end = self.structure.start[nodes[0]], self.structure.end[nodes[-1]]
        if start == end:  # a branch without layers: a value read as it is
            empty = 1 + len(self.columns) + (self.fields is not None)
            return _Row(depth, name, what, ("",) * empty)
        shared = any(n.shares for n in nodes)
        last = self.layers[end - 1]
        cells = [
            spelling.shape(last.shape, chw=self.chw, times="x"),
            *(column.cell(start, end, shared) for column in self.columns),
        ]
        if self.fields is not None:
            cells.append(self.fields[last.path])
        return _Row(depth, name, what, tuple(cells))


def _stands_for(node: Node, module: Module) -> bool:
    """A merge's own layer: the row of the merge is its row."""
    return isinstance(node, Layer) and module.kind == "merge" and node.path == module.path


def _what(node: Node) -> str:
    if isinstance(node, Layer):
        return spelling.layer(node.op)
    if node.kind == "merge":
        own = [c for c in node.children if _stands_for(c, node)]
        return spelling.layer(own[0].op) if own and isinstance(own[0], Layer) else ""
    if node.kind == "branch":
        return "branch"
    return spelling.call(node) if node.kind in ("block", "network") else ""


def _count(count: Dim | None) -> str:
    return "" if isinstance(count, int) and count == 0 else spelling.exact(count)


def _head(network: Network, layout: Layout) -> list[str]:
    chw = layout == "chw"
    lines = [network.name]
    for one in network.inputs:
        lines.append(f"input {one.name}: {spelling.shape(one.shape, chw=chw, times='x')}")
    shapes = _shapes(network)
    for out in network.outputs:
        text = spelling.shape(shapes[out.path], chw=chw, times="x")
        lines.append(f"output {out.name}: {text}")
    return lines


_NARROWEST = 20  # columns that a layer's name and arguments keep, whatever the width
_MARGIN = 3  # blanks between columns


def _format(heads: tuple[str, ...], rows: list[_Row], width: int | None) -> list[str]:
    columns = list(zip(heads, *(row.cells for row in rows), strict=True))
    # A formula is cut: the totals below have it whole, and the JSON all of them.
    widths = [min(max(map(len, column)), spelling.LONGEST) for column in columns]
    # Names and arguments are two columns, aligned where that does not waste much.
    names = ["  " * row.depth + row.name for row in rows]
    left = min(max(map(len, ["layer", *names])), 28)
    texts = [f"{name:<{left}}  {row.what}".rstrip() for name, row in zip(names, rows, strict=True)]
    first = max(map(len, ["layer", *texts]))
    if width is not None:
        first = max(min(first, width - sum(widths) - _MARGIN * len(widths)), _NARROWEST)
    lines = [_line("layer", heads, first, widths)]
    lines.append("─" * len(lines[0]))
    lines += [_line(t, r.cells, first, widths) for t, r in zip(texts, rows, strict=True)]
    return lines


def _line(text: str, cells: tuple[str, ...], first: int, widths: list[int]) -> str:
    padded = [f"{spelling.shorten(text, first):<{first}}"]
    padded += [f"{spelling.shorten(c, w):>{w}}" for c, w in zip(cells, widths, strict=True)]
    return (" " * _MARGIN).join(padded).rstrip()


_STORED = {
    "statistics": "running statistics, stored but not trained",
    "fixed": "fixed values, not trained",
    "masked": "connections masked out, not stored",
}


def _foot(network: Network) -> list[str]:
    weights, cost = network.weights, network.cost
    stored = {name: count for name, count in _vector(weights) if name not in _STORED}
    detail = f" ({_listed(stored)})" if len(stored) > 1 else ""
    lines = [f"parameters {spelling.exact(network.params)}{detail}"]
    for name, count in _vector(weights):
        if name in _STORED:
            lines.append(f"{_STORED[name]}: {spelling.exact(count)}")
    lines.append(f"multiply-accumulates {spelling.exact(network.macs)}")
    if network.unknown:
        lines[-1] += f" (known: {spelling.exact(cost.macs)})"
        lines.append(f"unknown: {', '.join(network.unknown)}")
    others = {name.replace("_", " "): n for name, n in _vector(cost) if name != "macs"}
    if others:
        lines.append(f"other operations: {_listed(others)}")
    if all(isinstance(count, int) for count in (network.params, *others.values())):
        return lines
    return [part for line in lines for part in _wrapped(line)]


def _wrapped(line: str) -> list[str]:
    """A line of formulas on several lines."""
    return textwrap.wrap(
        line, 100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _listed(counts: dict[str, Dim]) -> str:
    return ", ".join(f"{name} {spelling.exact(count)}" for name, count in counts.items())


def _vector(vector: Weights | Cost) -> Iterator[tuple[str, Dim]]:
    """The kinds that there are, with their counts."""
    for field in dataclasses.fields(vector):
        count = getattr(vector, field.name)
        if not (isinstance(count, int) and count == 0):
            yield field.name, count


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


# ---------------------------------------------------------------- families


def family_table(
    networks: Sequence[Network], *, title: str | None = None, count_as: Convention | None = None
) -> str:
    """A family's variants, one a row, with their totals; ``count_as`` as a convention counts."""
    heads = ("parameters", "MACs") if count_as is None else [t.label for t in count_as.tables]
    rows: list[tuple[str, ...]] = [("variant", "layers", *heads)]
    notes: list[str] = []
    for network in networks:
        counts: tuple[Dim | None, ...] = (network.params, network.macs)
        unknown = network.unknown
        if count_as is not None:
            found = [table.count(network, plain=False) for table in count_as.tables]
            counts, unknown = tuple(count.total for count in found), _unknown(found)
        texts = map(spelling.exact, counts)
        rows.append((network.name, f"{len(network.layers):,}", *texts))
        if unknown:
            notes.append(f"{network.name}: unknown: {', '.join(unknown)}")
    columns = range(len(rows[0]))
    widths = [min(max(len(row[i]) for row in rows), spelling.LONGEST) for i in columns]
    lines = [_line(row[0], row[1:], widths[0], widths[1:]) for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join([*([title, ""] if title else []), *lines, *([""] if notes else []), *notes])


def _unknown(counts: Iterable[Count]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for count in counts for path in count.unknown))


# ---------------------------------------------------------------- JSON


def to_json(network: Network) -> dict[str, Any]:
    """The summary as plain data: shapes channel first without the batch axis.

    A size is an integer or, symbolic, a formula as a string; a count is an integer, a formula as
    a string, or None where unknown. ``params`` is what a framework would train; ``weights`` and
    ``cost`` are by kind, kinds of which there are none left out, ``cost`` without the layers that
    are ``unknown``. A receptive field is by input: its height and width, not clipped.
    """
    from archc.graph.fields import fields

    shapes = _shapes(network)
    known = fields(network)
    return {
        "schema": SCHEMA,
        "network": network.name,
        "inputs": {i.name: _sizes(i.shape) for i in network.inputs},
        "outputs": {o.name: _sizes(shapes[o.path]) for o in network.outputs},
        "params": plain(network.params),
        "macs": plain(network.macs),
        "unknown": list(network.unknown),
        "weights": {name: plain(count) for name, count in _vector(network.weights)},
        "cost": {name: plain(count) for name, count in _vector(network.cost)},
        "layers": [_layer(layer, known[layer.path]) for layer in network.layers],
    }


def _shapes(network: Network) -> dict[str, Shape]:
    shapes = {i.name: i.shape for i in network.inputs}
    return shapes | {layer.path: layer.shape for layer in network.layers}


def _layer(layer: Layer, fields: Fields) -> dict[str, Any]:
    return {
        "path": layer.path,
        "op": layer.op.name,
        "input": [_sizes(shape) for shape in layer.input_shapes],
        "output": _sizes(layer.shape),
        "params": plain(layer.params),
        "macs": plain(layer.macs),
        "receptive_field": {
            name: {
                "kind": [axis.kind for axis in (field.height, field.width)],
                "size": [plain(axis.size) for axis in (field.height, field.width)],
                "stride": [_stride(axis) for axis in (field.height, field.width)],
                "offset": [plain(axis.offset) for axis in (field.height, field.width)],
            }
            for name, field in fields.items()
        },
        **({"shares": layer.shares} if layer.shares else {}),
    }


def _stride(extent: Extent) -> int | str | None:
    """A fraction, after up-sampling, as a string: ``1/2``."""
    if extent.kind != "exact":
        return None
    return extent.stride if isinstance(extent.stride, int) else str(extent.stride)


def _sizes(shape: Shape) -> list[int | str]:
    return [s if isinstance(s, int) else to_text(s) for s in spelling.channels_first(shape)]


def plain(count: Dim | None) -> int | str | None:
    return count if count is None or isinstance(count, int) else to_text(count)


def to_html(network: Network) -> str:
    """The summary beside the diagram, for a notebook."""
    from html import escape

    from archc import registry

    backend: Any = registry.load("archc.backends", "graphviz")
    svg: str = backend.write(network, ".svg")
    summary = escape(to_text_table(network))
    return (
        f"<details><summary>{escape(network.name)}</summary><pre>{summary}</pre></details>\n"
        + svg[svg.index("<svg") :]
    )
