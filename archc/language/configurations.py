"""The table of configurations, as VGG's paper prints it: rows and cells to syntax nodes.

Simonyan & Zisserman 2014, Table 1. A column is a network; ``conv3-64`` a 3x3 convolution to 64
channels. Cells stand between bars (Markdown's rules and outer bars are read too) or tabs. A cell
alone on its row is for all columns. The body of ``configurations { ... }`` in a spec, a file of the
table notation and the cells of a spec in YAML are all read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from archc.diagnostics import Label, Source, Span, did_you_mean, fail
from archc.language import syntax as s

MAX_COLUMNS = 64
MAX_ROWS = 1000
MAX_SIZE = 2**40
"""No number in a cell is larger: no integer of a spec is."""

NOTHING = "-"
"""What is written in a cell without layers: an empty one could be read as part of a cell alone."""

_SPELLED = {
    "conv": "conv{}-{}",
    "lrn": "LRN",
    "maxpool": "maxpool",
    "fc": "FC-{}",
    "softmax": "soft-max",
}
_SPELLINGS = "`conv3-64`, `LRN`, `maxpool`, `FC-4096` and `soft-max`"

# Hyphens as printed, and as typesetting and character recognition leave them.
_HYPHEN = "[-\u2010-\u2014\u2212]"
_LAYER = re.compile(
    rf"(?:conv(\d+){_HYPHEN}(\d+)|(lrn)|(max{_HYPHEN}?pool)|fc{_HYPHEN}(\d+)|(soft{_HYPHEN}?max))(?!\w)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?:[\s,;]|<br ?/?>)*", re.IGNORECASE)
_NOTHING = re.compile(rf"{_HYPHEN}+\Z")
_COUNT = re.compile(r"(\d+)\s+weight\s+layers?\Z", re.IGNORECASE)
_INPUT = re.compile(r"input\b", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][\w.+-]*\Z", re.ASCII)
_RULE = re.compile(r"[\s|+:=_\u2010-\u2014\u2212-]+\Z")
_COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, without the space around it; ``exact`` where it is that of its place."""

    text: str
    span: Span
    exact: bool = True

    def part(self, start: int, end: int) -> Span:
        """Where these characters stand."""
        if not self.exact:
            return self.span
        return Span(self.span.source, self.span.start + start, self.span.start + end)

    @property
    def blank(self) -> bool:
        return not self.text

    @property
    def is_count(self) -> bool:
        return _COUNT.match(self.text) is not None

    @property
    def is_input(self) -> bool:
        return _INPUT.match(self.text) is not None

    @property
    def is_layers(self) -> bool:
        return _NOTHING.match(self.text) is not None or _LAYER.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands; ``apart`` where an empty line is above it."""

    cells: tuple[Cell, ...]
    span: Span
    apart: bool

    @property
    def filled(self) -> list[Cell]:
        return [cell for cell in self.cells if not cell.blank]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it stands: rows may have too few cells, or too many. ``input`` is its cell."""

    configurations: s.Configurations
    input: Cell | None


def spell(layer: s.TableLayer) -> str:
    """``conv3-64``."""
    return _SPELLED[layer.kind].format(*layer.sizes)


def spell_cell(cell: s.TableCell) -> str:
    return " ".join(map(spell, cell.layers)) or NOTHING


def spell_count(number: int | None) -> str:
    """``11 weight layers``."""
    if number is None:
        return NOTHING
    return f"{number} weight layer{'' if number == 1 else 's'}"


def counted(column: s.TableColumn) -> int | None:
    """How many weight layers the table says that a column has."""
    return None if column.weight_layers is None else int(column.weight_layers.value)


def printed(table: s.Configurations) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """The lines of a table with the places they come from; a cell alone is for all columns."""
    heads = table.columns
    yield heads[0].span.to(heads[-1].span), tuple(head.name for head in heads)
    numbers = [head.weight_layers for head in heads if head.weight_layers is not None]
    if numbers:
        span = numbers[0].span.to(numbers[-1].span)
        counts = tuple(spell_count(counted(head)) for head in heads)
        yield span, counts
    for row in table.rows:
        yield row.span, tuple(map(spell_cell, row.cells))


# ---------------------------------------------------------------- text to cells


def lines(source: Source, start: int = 0, end: int | None = None) -> list[Line]:
    """The rows of a text, without comments, rules and empty lines."""
    text = source.text[start:end]
    uncommented = _COMMENT.sub(lambda m: " " * len(m[0]), text)
    separator = "|" if "|" in uncommented else "\t"
    found: list[Line] = []
    outer: bool | None = None
    apart = False
    at = start
    for line in uncommented.split("\n"):
        if not line.strip():
            apart = True
        elif not _RULE.match(line):
            if outer is None:
                outer = line.lstrip().startswith("|")
            cells = tuple(_cells(source, line, at, separator, outer))
            span = cells[0].span.to(cells[-1].span)
            found.append(Line(cells, span, apart))
            apart = False
        at += len(line) + 1
    return found


def _cells(source: Source, line: str, at: int, separator: str, outer: bool) -> Iterator[Cell]:
    """The cells of a line; ``outer``: bars stand around the whole of it too."""
    pieces = line.rstrip("\r" if separator == "\t" else None).split(separator)
    if separator == "|" and outer and len(pieces) > 1:
        if not pieces[0].strip():
            at += len(pieces.pop(0)) + 1
        if len(pieces) > 1 and not pieces[-1].strip():
            pieces.pop()
    for piece in pieces:
        inner = piece.strip()
        start = at + (len(piece) - len(piece.lstrip()) if inner else 0)
        yield Cell(inner, Span(source, start, start + len(inner)))
        at += len(piece) + 1


# ---------------------------------------------------------------- cells to nodes


def read_layers(cell: Cell) -> s.TableCell:
    """The layers of a cell. Raises SpecError (``syntax``)."""
    found: list[s.TableLayer] = []
    text = cell.text
    if _NOTHING.match(text):
        return s.TableCell(cell.span, ())
    at = 0
    while at < len(text):
        match = _LAYER.match(text, at)
        after = match.end() if match else at
        gap = _BETWEEN.match(text, after)
        next_ = gap.end() if gap else after
        if match is None or (next_ == after < len(text)):
            _no_layer(cell, at)
        found.append(_layer(match, cell.part(at, after)))
        at = next_
    return s.TableCell(cell.span, tuple(found))


def _layer(match: re.Match[str], span: Span) -> s.TableLayer:
    window, channels, lrn, pool, width, _ = match.groups()
    if window:
        sizes = (_size(window, span), _size(channels, span))
        if sizes[0] % 2 == 0:
            message = f"a window of {window}x{window} keeps no map's size: an odd one does"
            fail("syntax", span, message)
        return s.TableLayer(span, "conv", sizes)
    if width:
        return s.TableLayer(span, "fc", (_size(width, span),))
    return s.TableLayer(span, "lrn" if lrn else "maxpool" if pool else "softmax", ())


def _size(digits: str, span: Span, least: int = 1) -> int:
    # The length first: converting a million digits takes minutes.
    if len(digits) > 20 or int(digits) > MAX_SIZE:
        fail("too-large", span, "no number in a spec is larger than 2^40", caret="too large")
    if int(digits) < least:
        fail("syntax", span, "no layer has the size 0")
    return int(digits)


def _no_layer(cell: Cell, at: int) -> NoReturn:
    word = re.split(r"[\s,;]", cell.text[at:], maxsplit=1)[0]
    span = cell.part(at, at + len(word))
    shown = word if len(word) <= 40 else f"{word[:37]}..."
    known = [text.format(3, 64) for text in _SPELLED.values()]
    fail(
        "syntax",
        span,
        f"`{shown}` is no layer of a table of configurations",
        help=did_you_mean(word, known) or f"its layers are {_SPELLINGS}",
    )


def row(cells: Sequence[Cell], span: Span, columns: int) -> s.TableRow:
    """A row of layers; too few cells or too many are left to :mod:`archc.language.faults`."""
    filled = [cell for cell in cells if not cell.blank]
    if len(filled) == 1:
        alone = read_layers(filled[0])
        # A convolution that stands below another column than the first is that column's.
        if cells[0] is filled[0] or any(x.kind not in ("conv", "lrn") for x in alone.layers):
            return s.TableRow(span, (alone,))
    nodes = [s.TableCell(c.span, ()) if c.blank else read_layers(c) for c in cells]
    while len(nodes) > columns and cells[len(nodes) - 1].blank:
        nodes.pop()
    return s.TableRow(span, tuple(nodes))


def column(cell: Cell, count: s.Number | None = None) -> s.TableColumn:
    """A column's name."""
    if cell.is_layers or cell.is_count or cell.is_input or not _NAME.match(cell.text):
        shown = cell.text if len(cell.text) <= 40 else f"{cell.text[:37]}..."
        fail(
            "variant",
            cell.span,
            "the first row of a table of configurations names its columns, "
            + (f"and `{shown}` is no name" if shown else "and one has no name"),
            help="cells are separated by `|`: `A | A-LRN | B`",
        )
    return s.TableColumn(cell.span, cell.text, count)


def identifier(name: str) -> str:
    """The variant that a column is: ``A_LRN`` for ``A-LRN``."""
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def check_columns(columns: Sequence[s.TableColumn], span: Span) -> None:
    """Raise where columns are too many, or share a name."""
    if len(columns) > MAX_COLUMNS:
        fail("too-large", span, f"a table of configurations has at most {MAX_COLUMNS} columns")
    seen: dict[str, s.TableColumn] = {}
    for each in columns:
        first = seen.setdefault(identifier(each.name), each)
        if first is not each:
            labels = [Label(first.span, "first here")]
            fail("duplicate-name", each.span, f"two columns are `{each.name}`", labels=labels)


# ---------------------------------------------------------------- rows to a table


def read(rows: Sequence[Line], span: Span) -> Table:
    """A table of a text. Raises SpecError where a row is none of a table's."""
    rows = _untitled(rows)
    if not rows:
        help = "its first row names the columns: `A | A-LRN | B`"
        fail("variant", span, "a table of configurations needs columns", help=help)
    if len(rows) > MAX_ROWS:
        fail("too-large", span, f"a table of configurations has at most {MAX_ROWS} rows")
    header, *others = rows
    names = list(header.cells)
    while names[-1].blank:
        names.pop()
    columns = [column(cell) for cell in names]
    check_columns(columns, header.span)
    found: list[s.TableRow] = []
    input: Cell | None = None
    for line in others:
        kinds = line.filled
        if any(cell.is_count for cell in kinds):
            columns = _counted(columns, line)
        elif len(kinds) == 1 and kinds[0].is_input:
            if input is not None or found:
                fail("variant", line.span, "a table has one input, above its layers")
            input = kinds[0]
        else:
            found.append(row(line.cells, line.span, len(columns)))
    return Table(s.Configurations(span, tuple(columns), tuple(found)), input)


def _untitled(rows: Sequence[Line]) -> Sequence[Line]:
    """Without a first line that is the table's title: alone on its row, above several names."""
    if len(rows) < 2 or len(rows[0].filled) != 1:
        return rows
    title = rows[0].filled[0]
    reads = title.is_layers or title.is_count or title.is_input
    below = rows[1].filled
    if reads or any(c.is_layers or c.is_count or c.is_input for c in below):
        return rows
    return rows[1:]


def _counted(columns: Sequence[s.TableColumn], line: Line) -> list[s.TableColumn]:
    """The columns with the numbers of weight layers that their table says."""
    if any(each.weight_layers for each in columns):
        fail("variant", line.span, "the weight layers are counted twice in this table")
    cells = list(line.cells)
    while len(cells) > 1 and cells[-1].blank and len(cells) > len(columns):
        cells.pop()
    if len(line.filled) == 1:
        cells = line.filled * len(columns)
    if len(cells) != len(columns):
        message = f"this row has {len(cells)} cells, and the table has {len(columns)} columns"
        fail("variant", line.span, message)
    return [
        s.TableColumn(each.span, each.name, _count(cell))
        for each, cell in zip(columns, cells, strict=True)
    ]


def _count(cell: Cell) -> s.Number | None:
    match = _COUNT.match(cell.text)
    if match is None:
        if cell.blank or _NOTHING.match(cell.text):
            return None
        fail("variant", cell.span, "the other cells of this row count weight layers")
    span = cell.span
    digits = Span(span.source, span.start, span.start + len(match[1]))
    number = _size(match[1], digits, 0)
    return s.Number(digits, number, str(number))
