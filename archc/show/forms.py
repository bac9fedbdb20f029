"""The summary as a table for documents: Markdown and LaTeX; and as CSV for spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archc import latex, markdown, spelling
from archc.dims import Dim
from archc.graph.network import Network
from archc.show.data import plain
from archc.show.family import family
from archc.show.sheet import Layout, Sheet, sheet

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention

Cells = Sequence[str]


# ---------------------------------------------------------------- Markdown


def to_markdown(
    network: Network,
    *,
    layout: Layout = "hwc",
    depth: int | None = None,
    count_as: Convention | None = None,
) -> str:
    """The network's layers as a table for READMEs and pull requests, and its totals below."""
    found = sheet(network, layout=layout, depth=depth, count_as=count_as)
    table = _markdown(("layer", "", *found.heads), _rows(found, "&emsp;"), left=2)
    name, *ends = map(markdown.escape, found.head)
    below = "  \n".join(map(markdown.escape, found.foot))
    return "\n".join([f"**{name}**: {', '.join(ends)}", "", *table, "", below])


def family_to_markdown(networks: Sequence[Network], count_as: Convention | None = None) -> str:
    """A table with a row for each network of a file."""
    found = family(networks, count_as)
    rows = [[markdown.escape(cell) for cell in row] for row in found.rows]
    notes = ["", *map(markdown.escape, found.notes)] if found.notes else []
    return "\n".join([*_markdown(found.heads, rows, left=1), *notes])


def _markdown(heads: Cells, rows: Iterable[Cells], left: int) -> list[str]:
    """Columns but for the first ``left`` are flush right; cells are escaped already."""
    marks = [":--" if i < left else "--:" for i in range(len(heads))]
    lines = [[markdown.escape(head) for head in heads], marks, *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


# ---------------------------------------------------------------- LaTeX


def to_latex(
    network: Network,
    *,
    layout: Layout = "hwc",
    depth: int | None = None,
    count_as: Convention | None = None,
) -> str:
    """The network's layers as a ``tabular`` for papers; what stands below it is in comments."""
    found = sheet(network, layout=layout, depth=depth, count_as=count_as)
    rows = list(_rows(found, r"\quad ", latex.escape))
    table = _latex(("layer", "", *found.heads), rows[:-1], rows[-1:], left=2)
    return "\n".join([*_comments(found.head), *table, *_comments(found.foot)])


def family_to_latex(networks: Sequence[Network], count_as: Convention | None = None) -> str:
    """A ``tabular`` with a row for each network of a file."""
    found = family(networks, count_as)
    rows = [[latex.escape(cell) for cell in row] for row in found.rows]
    return "\n".join([*_latex(found.heads, rows, [], left=1), *_comments(found.notes)])


def _latex(heads: Cells, rows: Iterable[Cells], last: Sequence[Cells], left: int) -> list[str]:
    """Columns but for the first ``left`` are flush right; cells are escaped already."""
    marks = "l" * left + "r" * (len(heads) - left)
    lines = [_ruled(list(map(latex.escape, heads))), r"\hline", *map(_ruled, rows)]
    if last:
        lines += [r"\hline", *map(_ruled, last)]
    return [rf"\begin{{tabular}}{{{marks}}}", r"\hline", *lines, r"\hline", r"\end{tabular}"]


def _ruled(cells: Cells) -> str:
    # A row that begins with [ would be read as an option of the \\ before it.
    cells = [f"{{}}{cell}" if cell.startswith("[") else cell for cell in cells]
    return rf"{' & '.join(cells)} \\"


def _comments(lines: Iterable[str]) -> list[str]:
    return ["% " + "".join(c if " " <= c <= "~" else "?" for c in line) for line in lines]


# ---------------------------------------------------------------- CSV


def to_csv(network: Network, *, layout: Layout = "hwc", count_as: Convention | None = None) -> str:
    """A row a layer: path, op, arguments, the output's shape, and the counts as plain numbers.

    A formula is text, as in the JSON; what is not known is empty.
    """
    counts: list[Mapping[str, Dim | None]]
    if count_as is None:
        heads = ["params", "macs"]
        counts = [
            {n.path: n.params for n in network.layers},
            {n.path: n.macs for n in network.layers},
        ]
    else:
        tables = count_as.tables
        heads = [table.label for table in tables]
        counts = [table.count(network, plain=False).by_layer for table in tables]
    rows: list[list[str]] = [["path", "op", "arguments", "output", *heads]]
    for layer in network.layers:
        shape = spelling.shape(layer.shape, chw=layout == "chw", times="x")
        said = [layer.path, layer.op.name, spelling.arguments(layer.op), shape]
        rows.append([*said, *(_number(count[layer.path]) for count in counts)])
    return _csv(rows)


def family_to_csv(networks: Sequence[Network], count_as: Convention | None = None) -> str:
    """A row a network: its name, the number of layers, and the totals as plain numbers."""
    found = family(networks, count_as)
    heads = ["params", "macs"] if count_as is None else found.heads[2:]
    rows: list[list[str]] = [["network", "layers", *heads]]
    for network, counts in zip(networks, found.counts, strict=True):
        rows.append([network.name, str(len(network.layers)), *map(_number, counts)])
    return _csv(rows)


def _number(count: Dim | None) -> str:
    value = plain(count)
    return "" if value is None else str(value)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    import csv  # only here: it takes a millisecond or two

    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().removesuffix("\n")


# ---------------------------------------------------------------- rows


def _rows(
    found: Sheet, indent: str, escape: Callable[[str], str] = markdown.escape
) -> Iterable[Cells]:
    """The rows of a sheet and its totals: a name, what it is, and the cells."""
    for row in found.rows:
        yield [indent * row.depth + escape(row.name), escape(row.what), *map(escape, row.cells)]
    yield [escape("total"), "", *map(escape, found.total)]
