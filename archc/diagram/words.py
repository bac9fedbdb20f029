"""What diagrams say of boxes, frames and edges, in lines of text, whatever draws them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from textwrap import wrap

from archc import spelling
from archc.diagram.model import Box, Cluster, Edge
from archc.dims import Dim, Expr
from archc.dims.rounded import Monomial, smooth
from archc.graph.network import Network
from archc.ops.base import Shape

NARROW = 18
"""Characters a line, in a diagram that runs from left to right."""

_LIST = re.compile(rf"\[[^][]{{,{NARROW - 2}}}\]")

LONGEST_SHAPE = 28
"""A longer shape has each of its sizes on a line of its own."""

LONGEST_SIZE = 44
"""A longer formula of one size is cut."""


def title(network: Network) -> str:
    """``alexnet · 61.0M params · 724M MACs``."""
    return " · ".join([network.name, *costs(network.params, network.macs)])


def end_lines(box: Box) -> list[str]:
    """An input's name, or the outputs' names."""
    if box.role == "input":
        return [box.title]
    first, *more = box.rows
    return [first if first == "output" else f"output {first}", *more]


def frame(cluster: Cluster) -> str:
    """``inception3a   inception 64 96 128 16 32 32``."""
    return joined(cluster.title, cluster.callee, times(cluster))


def lines(box: Box, narrow: bool = False) -> list[str]:
    """Title and row on one line where there is one row; below the costs."""
    count = times(box)
    rows = box.rows if box.beside else [_untold(row, box.title) for row in box.rows]
    if box.role == "rest":
        rows = [f"… {box.layers:,} more layers …"]
    below = [*(["shared weights"] if box.shares else []), *costs(box.params, box.macs)]
    if below and box.count > 1 and not box.grows:
        below[-1] += ", in all" if box.beside else ", each"
    if narrow:
        found = [joined(box.title, "", count)]
        for row in rows:
            found += [part for text in row.split(" · ") for part in _wrapped(text)]
        return list(filter(None, found + below))
    if len(rows) == 1:
        found = [joined(box.title, rows[0], count)]
    else:
        found = list(filter(None, [joined(box.title, "", count), *rows]))
    return found + ([" · ".join(below)] if below else [])


def _wrapped(text: str) -> Iterator[str]:
    """Lines of about :data:`NARROW` characters; short lists and names stay whole."""
    glued = _LIST.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
    for line in wrap(glued, NARROW, break_long_words=False):
        name, sign, value = line.partition("=")
        parts = [name + sign, value] if len(line) > NARROW and value else [line]
        for part in parts:
            yield from wrap(part.replace("\N{NO-BREAK SPACE}", " "), 2 * NARROW)


def _untold(row: str, title: str) -> str:
    """The row without the layer's name where the title says it: conv1 of a `conv`."""
    stem = title.partition(" ")[0].rstrip("0123456789[]_").casefold()
    name, _, rest = row.partition(" ")
    return rest if rest and name == stem and rest[0].isdecimal() else row


def times(part: Box | Cluster) -> str:
    """``×4``, and how the copies differ; "" for one alone."""
    if part.count == 1:
        return ""
    if not part.grows:
        return f"×{part.count:,}"
    how = "side by side" if part.beside else "growing"
    return f"×{part.count:,}, {how} (the first is shown)"


def joined(*texts: str) -> str:
    return "   ".join(filter(None, texts))


# ---------------------------------------------------------------- shapes


def edge_lines(edge: Edge) -> list[str]:
    """The shape that goes over an edge, or what there is to say of several."""
    texts = [shape_lines(shape) for shape in edge.shapes]
    if len(texts) == 1:
        return texts[0]
    distinct = list(dict.fromkeys(tuple(text) for text in texts))
    if len(distinct) == 1:
        *above, last = distinct[0]
        return [*above, f"{last}  ×{len(texts)}"]
    if len(distinct) == 2 == len(texts):
        return [line for text in distinct for line in text]
    return [*distinct[0], f"… {len(texts)} values", *distinct[-1]]


def shape_lines(shape: Shape) -> list[str]:
    """``55×55×96``; of long formulas each size on a line of its own."""
    text = spelling.shape(shape)
    if len(text) <= LONGEST_SHAPE:
        return [text]
    sizes = [spelling.shorten(spelling.shape((size,)), LONGEST_SIZE) for size in shape]
    return [*(f"{size} ×" for size in sizes[:-1]), sizes[-1]]


# ---------------------------------------------------------------- counts


def costs(params: Dim, macs: Dim | None) -> list[str]:
    """``34.9K params`` and ``105M MACs``; what is zero is left out."""
    texts: list[str] = []
    if not (isinstance(params, int) and params == 0):
        texts.append(f"{count(params)} params")
    if macs is None:
        texts.append("MACs unknown")
    elif not (isinstance(macs, int) and macs == 0):
        texts.append(f"{count(macs)} MACs")
    return texts


def count(number: Dim | None) -> str:
    """Three significant digits: ``34.9K``; of a formula in its coefficients, ``36.9K·H·W``.

    Floors are taken as plain quotients, which ``≈`` says.
    """
    if not isinstance(number, Expr):
        return spelling.short(number)
    found = smooth(number)
    if found is None:
        return spelling.short(number)
    polynomial, changed = found
    by_coefficient: dict[tuple[int, str], list[str]] = {}
    for monomial, coefficient in sorted(polynomial.items(), key=lambda item: _order(item[0])):
        key = (-len(monomial), _rounded(coefficient))
        by_coefficient.setdefault(key, []).append(_product(monomial))
    text = " + ".join(_term(number, group) for (_, number), group in by_coefficient.items())
    return ("≈ " if changed else "") + text.replace("+ -", "− ").replace("-", "−")


def _order(monomial: Monomial) -> tuple[int, Monomial]:
    return -len(monomial), monomial


def _rounded(coefficient: Fraction) -> str:
    sign = "-" if coefficient < 0 else ""
    size = abs(coefficient)
    return sign + (f"{float(size):.3g}" if size < 1000 else spelling.short(round(size)))


def _product(monomial: Monomial) -> str:
    return "·".join(
        name if power == 1 else f"{name}^{power}"
        for name in dict.fromkeys(monomial)
        for power in (monomial.count(name),)
    )


def _term(coefficient: str, products: Sequence[str]) -> str:
    """``3·H·W``; products of one coefficient together, ``3·(H + W)``."""
    if products == [""]:
        return coefficient
    inside = products[0] if len(products) == 1 else f"({' + '.join(products)})"
    if coefficient in ("1", "-1"):
        return coefficient[:-1] + inside
    return f"{coefficient}·{inside}"
