"""The summary of a network: what ``archc show`` and ``archc build`` print, and its JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from archc import spelling
from archc.dims import Dim, to_text
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Node, Run, Structure
from archc.ops.base import NO_COST, NO_WEIGHTS, Cost, Shape, Weights

SCHEMA = 1
"""The version of the JSON; a key may be added within one version, never changed."""

MANY_LAYERS = 2000
"""From here on labelled lines fold too where they repeat, that the table stays readable."""

Layout = Literal["hwc", "chw"]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a network stores and does, shared weights once. ``macs`` is None where a layer's cost
    is unknown (``unknown`` lists the paths); ``cost`` sums what is known."""

    weights: Weights
    cost: Cost
    params: Dim
    macs: Dim | None
    unknown: tuple[str, ...]


def totals(layers: Iterable[Layer]) -> Totals:
    weights, cost = NO_WEIGHTS, NO_COST
    unknown: list[str] = []
    for layer in layers:
        if not layer.shares and (stored := layer.weights) is not NO_WEIGHTS:
            weights += stored
        own = layer.cost
        if own is None:
            unknown.append(layer.path)
        elif own is not NO_COST:
            cost += own
    macs = None if unknown else cost.macs
    return Totals(weights, cost, weights.trainable, macs, tuple(unknown))


# ---------------------------------------------------------------- the table


@dataclass(frozen=True, slots=True)
class _Row:
    depth: int
    name: str
    what: str
    shape: str
    params: str
    macs: str


def to_text_table(
    network: Network,
    *,
    layout: Layout = "hwc",
    width: int | None = None,
    depth: int | None = None,
) -> str:
    """The table of layers, repeated blocks folded as ×N, and the totals.

    Blocks and labelled lines are indented and show their sums. ``width`` is how many columns the
    text may take (None: as many as it needs), ``depth`` how many levels of blocks are opened.
    """
    table = _Table(network, layout, depth)
    rows = list(table.rows(network.root.children, 0))
    return "\n".join([*_head(network, layout), "", *_format(rows, width), "", *_foot(network)])


class _Table:
    def __init__(self, network: Network, layout: Layout, depth: int | None) -> None:
        self.chw = layout == "chw"
        self.depth = depth
        self.structure = Structure(network)
        self.labels = len(network.layers) > MANY_LAYERS
        # Sums of every node from running totals over the layers in order.
        params: list[Dim] = [0]
        macs: list[Dim] = [0]
        unknown = [0]
        self.layers = list(network.root.layers())
        for layer in self.layers:
            own = layer.macs
            params.append(params[-1] + layer.params)
            macs.append(macs[-1] if own is None else macs[-1] + own)
            unknown.append(unknown[-1] + (own is None))
        self.params, self.macs, self.unknown = params, macs, unknown

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
        if start == end:
            return _Row(depth, name, what, "", "", "")
        params = self.params[end] - self.params[start]
        known = self.unknown[end] == self.unknown[start]
        macs = self.macs[end] - self.macs[start] if known else None
        shared = any(n.shares for n in nodes)
        return _Row(
            depth,
            name,
            what,
            spelling.shape(self.layers[end - 1].shape, chw=self.chw, times="x"),
            "shared" if shared else _count(params),
            _count(macs),
        )


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
    shapes: dict[str, Shape] = {i.name: i.shape for i in network.inputs}
    shapes |= {layer.path: layer.shape for layer in network.layers}
    for out in network.outputs:
        text = spelling.shape(shapes[out.path], chw=chw, times="x")
        lines.append(f"output {out.name}: {text}")
    return lines


_NARROWEST = 20  # columns that a layer's name and arguments keep, whatever the width
_MARGIN = 3  # blanks between columns


def _format(rows: list[_Row], width: int | None) -> list[str]:
    numbers = ("output", "parameters", "MACs")
    cells = [(row.shape, row.params, row.macs) for row in rows]
    widths = [max([len(head), *(len(cell[i]) for cell in cells)]) for i, head in enumerate(numbers)]
    if width is not None:
        widths = [min(w, spelling.LONGEST) for w in widths]
    # Names and arguments are two columns, aligned where that does not waste much.
    names = ["  " * row.depth + row.name for row in rows]
    left = min(max(map(len, ["layer", *names])), 28)
    texts = [f"{name:<{left}}  {row.what}".rstrip() for name, row in zip(names, rows, strict=True)]
    first = max(map(len, ["layer", *texts]))
    if width is not None:
        first = max(min(first, width - sum(widths) - _MARGIN * len(widths)), _NARROWEST)
    lines = [_line("layer", numbers, first, widths)]
    lines.append("─" * len(lines[0]))
    lines += [_line(t, c, first, widths) for t, c in zip(texts, cells, strict=True)]
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
    sums = totals(network.layers)
    parts = [
        f"{field.name} {spelling.exact(getattr(sums.weights, field.name))}"
        for field in fields(Weights)
        if field.name not in _STORED and not _zero(getattr(sums.weights, field.name))
    ]
    detail = f" ({', '.join(parts)})" if len(parts) > 1 else ""
    lines = [f"parameters {spelling.exact(sums.params)}{detail}"]
    for name, text in _STORED.items():
        count = getattr(sums.weights, name)
        if not _zero(count):
            lines.append(f"{text}: {spelling.exact(count)}")
    lines.append(f"multiply-accumulates {spelling.exact(sums.macs)}")
    if sums.unknown:
        lines[-1] += f" (known: {spelling.exact(sums.cost.macs)})"
        lines.append(f"unknown: {', '.join(sums.unknown)}")
    others = [
        f"{field.name.replace('_', ' ')} {spelling.exact(getattr(sums.cost, field.name))}"
        for field in fields(Cost)
        if field.name != "macs" and not _zero(getattr(sums.cost, field.name))
    ]
    if others:
        lines.append(f"other operations: {', '.join(others)}")
    return lines


def _zero(count: Dim) -> bool:
    return isinstance(count, int) and count == 0


# ---------------------------------------------------------------- families


def family_table(networks: Sequence[Network], *, title: str | None = None) -> str:
    """A family's variants, one a row, with their totals."""
    rows = [("variant", "layers", "parameters", "MACs")]
    notes: list[str] = []
    for network in networks:
        sums = totals(network.layers)
        texts = (str(len(network.layers)), spelling.exact(sums.params), spelling.exact(sums.macs))
        rows.append((network.name, *texts))
        if sums.unknown:
            notes.append(f"{network.name}: unknown: {', '.join(sums.unknown)}")
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [_line(row[0], row[1:], widths[0], widths[1:]) for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join([*([title, ""] if title else []), *lines, *([""] if notes else []), *notes])


# ---------------------------------------------------------------- JSON


def to_json(network: Network) -> dict[str, Any]:
    """The summary as plain data: shapes channel first without the batch axis.

    A size is an integer or, symbolic, a formula as a string; a count is an integer, a formula as
    a string, or None where unknown. ``params`` is what a framework would train.
    """
    shapes: dict[str, Shape] = {i.name: i.shape for i in network.inputs}
    shapes |= {layer.path: layer.shape for layer in network.layers}
    sums = totals(network.layers)
    return {
        "schema": SCHEMA,
        "network": network.name,
        "inputs": {i.name: _sizes(i.shape) for i in network.inputs},
        "outputs": {o.name: _sizes(shapes[o.path]) for o in network.outputs},
        "params": _plain(sums.params),
        "macs": _plain(sums.macs),
        "unknown": list(sums.unknown),
        "weights": _vector(sums.weights),
        "cost": _vector(sums.cost) if not sums.unknown else None,
        "layers": [_layer(layer) for layer in network.layers],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "path": layer.path,
        "op": layer.op.name,
        "input": [_sizes(shape) for shape in layer.input_shapes],
        "output": _sizes(layer.shape),
        "params": _plain(layer.params),
        "macs": _plain(layer.macs),
        **({"shares": layer.shares} if layer.shares else {}),
    }


def _vector(vector: Weights | Cost) -> dict[str, Any]:
    return {field.name: _plain(getattr(vector, field.name)) for field in fields(vector)}


def _sizes(shape: Shape) -> list[int | str]:
    return [size if isinstance(size, int) else to_text(size) for size in _first(shape)]


def _first(shape: Shape) -> Shape:
    return spelling.channels_first(shape)


def _plain(count: Dim | None) -> int | str | None:
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
