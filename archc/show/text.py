"""The summary of a network or a family as text: what `archc show` and `archc build` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archc import spelling
from archc.graph.network import Network
from archc.show.family import Family, family
from archc.show.sheet import Layout, Row, sheet

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention

_NARROWEST = 20  # columns that a layer's name and arguments keep, whatever the width
_MARGIN = 3  # blanks between columns


def _format(heads: tuple[str, ...], rows: list[Row], width: int | None) -> list[str]:
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


def to_text_table(
    network: Network,
    *,
    layout: Layout = "hwc",
    width: int | None = None,
    depth: int | None = None,
    fields: bool = False,
    count_as: Convention | None = None,
) -> str:
    """The sheet of a network (:func:`archc.show.sheet.sheet` says what the options are) as text.

    ``width`` is how many columns the text may take (None: as many as it needs).
    """
    found = sheet(network, layout=layout, depth=depth, fields=fields, count_as=count_as)
    lines = _format(found.heads, found.rows, width)
    return "\n".join([*found.head, "", *lines, "", *found.foot])


def family_table(
    networks: Sequence[Network], *, title: str | None = None, count_as: Convention | None = None
) -> str:
    """A family's variants, one a row, with their totals; ``count_as`` as a convention counts."""
    found: Family = family(networks, count_as)
    rows = [found.heads, *found.rows]
    widths = [min(max(map(len, column)), spelling.LONGEST) for column in zip(*rows, strict=True)]
    lines = [_line(row[0], row[1:], widths[0], widths[1:]) for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    notes = ["", *found.notes] if found.notes else []
    return "\n".join([*([title, ""] if title else []), *lines, *notes])
