"""Where a table of configurations contradicts itself: its header says how many weight layers a
column has, and the rows have others.

Character recognition repeats a cell, drops one, or shifts a row. The other columns tell which row
it was: those that agree with their header, and best one that has as many weight layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archc.diagnostics import Diagnostic, Label, Span, SpecError, fail
from archc.language import syntax as s
from archc.language.configurations import counted, lines, read, spell_cell, spell_count

MAX_REPAIRS = 16
WEIGHTS = ("conv", "fc")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong; ``reading`` is the one likely table, and ``read`` says what was read how."""

    diagnostic: Diagnostic
    reading: s.Configurations | None = None
    read: str = ""


def embedded(span: Span) -> s.Configurations:
    """The table of ``configurations { ... }``. Raises SpecError."""
    text = span.text
    start = span.start + text.index("{") + 1
    table = read(lines(span.source, start, span.end - 1), span)
    if table.input is not None:
        help = "the table's row of it is left out"
        fail("variant", table.input.span, "the network's own line says its input", help=help)
    fault = find(table.configurations)
    if fault is not None:
        raise SpecError([fault.diagnostic])
    return table.configurations


def checked(
    table: s.Configurations, repair: bool
) -> tuple[s.Configurations, tuple[Diagnostic, ...]]:
    """The table, or with ``repair`` as it most likely was meant and remarks that say so.

    Raises SpecError (``variant``) where it contradicts itself and there is no such reading.
    """
    first = find(table)
    remarks: list[Diagnostic] = []
    fault, reading = first, table
    while fault is not None and fault.reading is not None and len(remarks) < MAX_REPAIRS:
        seen = fault.diagnostic
        message = f"{seen.message}: {fault.read}"
        remarks.append(Diagnostic("repaired", message, seen.span, severity="remark"))
        reading = fault.reading
        fault = find(reading)
    if first is None or (repair and fault is None):
        return reading, tuple(remarks)
    if fault is not None:  # a part alone is not repaired
        raise SpecError([fault.diagnostic if repair else first.diagnostic])
    seen = first.diagnostic
    raise SpecError([replace(seen, help=f"{seen.help}; `--repair` reads it so")])


def find(table: s.Configurations) -> Fault | None:
    """The first contradiction of a table, or None."""
    columns = len(table.columns)
    for number, row in enumerate(table.rows):
        if len(row.cells) not in (1, columns):
            return _cells_wrong(table, number)
    wrong = list(_wrong(table))
    if not wrong:
        return None
    if len(wrong) > 1:
        shifted = _shifted(table, wrong[0])
        if shifted is not None:
            return shifted
    return _count_wrong(table, wrong[0])


def counts(table: s.Configurations) -> list[int]:
    """The weight layers of each column, as its rows have them."""
    return [
        sum(_weights(_cell(row, column)) for row in table.rows)
        for column in range(len(table.columns))
    ]


def _cell(row: s.TableRow, column: int) -> s.TableCell:
    return row.cells[0] if len(row.cells) == 1 else row.cells[column]


def _weights(cell: s.TableCell) -> int:
    return sum(layer.kind in WEIGHTS for layer in cell.layers)


def _wrong(table: s.Configurations) -> Iterator[int]:
    """The columns whose rows have another number of weight layers than their header says."""
    for column, count in enumerate(counts(table)):
        declared = counted(table.columns[column])
        if declared is not None and declared != count:
            yield column


def _with(table: s.Configurations, number: int, cells: Sequence[s.TableCell]) -> s.Configurations:
    rows = list(table.rows)
    rows[number] = replace(rows[number], cells=tuple(cells))
    return replace(table, rows=tuple(rows))


# ---------------------------------------------------------------- a row too short or too long


def _cells_wrong(table: s.Configurations, number: int) -> Fault:
    """A row with a cell too many or too few: where, if the header's counts tell."""
    row, columns = table.rows[number], len(table.columns)
    message = f"this row has {len(row.cells)} cells, and the table has {columns} columns"
    labels = (Label(table.columns[0].span.to(table.columns[-1].span), "the columns"),)
    diagnostic = Diagnostic("variant", message, row.span, labels=labels)
    others_fit = all(
        len(other.cells) in (1, columns) for n, other in enumerate(table.rows) if n != number
    )
    if not others_fit or not all(column.weight_layers for column in table.columns):
        help = f"an empty cell is written `-`: it would be {_dashed(row, columns)}"
        return Fault(replace(diagnostic, help=help if len(row.cells) < columns else None))
    if len(row.cells) == columns + 1:
        return _cell_too_many(table, number, diagnostic)
    if len(row.cells) == columns - 1:
        return _cell_missing(table, number, diagnostic)
    return Fault(diagnostic)


def _dashed(row: s.TableRow, columns: int) -> str:
    cells = [spell_cell(cell) for cell in row.cells]
    return f"`{' | '.join([*cells, *['-'] * (columns - len(cells))])}`"


def _cell_too_many(table: s.Configurations, number: int, diagnostic: Diagnostic) -> Fault:
    cells = table.rows[number].cells
    readings: dict[tuple[s.TableCell, ...], int] = {}
    for place in range(len(cells)):
        left = (*cells[:place], *cells[place + 1 :])
        if not list(_wrong(_with(table, number, left))):
            readings[left] = place
    if len(readings) != 1:
        return Fault(diagnostic)
    ((left, place),) = readings.items()
    read = f"without `{spell_cell(cells[place])}`, cell {place + 1} of it, all columns have the "
    read += "weight layers that the header counts"
    help = f"{read}"
    return Fault(replace(diagnostic, help=help), _with(table, number, left), f"read {read}")


def _cell_missing(table: s.Configurations, number: int, diagnostic: Diagnostic) -> Fault:
    """Which column's cell is lost: the one without which all the others agree."""
    cells, columns = table.rows[number].cells, table.columns
    nothing = s.TableCell(table.rows[number].span, ())
    places = [
        place
        for place in range(len(columns))
        if set(_wrong(_with(table, number, (*cells[:place], nothing, *cells[place:])))) <= {place}
    ]
    if not places:
        return Fault(diagnostic)
    names = [f"`{columns[place].name}`" for place in places]
    if len(names) > 1:
        help = f"a cell of the columns {', '.join(names[:-1])} and {names[-1]} is lost"
        return Fault(replace(diagnostic, help=help))
    filled = _with(table, number, (*cells[: places[0]], nothing, *cells[places[0] :]))
    count = (counted(columns[places[0]]) or 0) - counts(filled)[places[0]]
    lacks = "a weight layer" if count == 1 else f"{count} weight layers"
    help = f"the cell of column {names[0]} is lost: {lacks} stood there"
    return Fault(replace(diagnostic, help=help))


# ---------------------------------------------------------------- a row that is shifted


def _shifted(table: s.Configurations, first: int) -> Fault | None:
    """Several columns are wrong at once: the row in which cells stand a column too far."""
    columns = len(table.columns)
    for number, row in enumerate(table.rows):
        if len(row.cells) != columns:
            continue
        for place in range(columns - 1):
            if row.cells[place] != row.cells[place + 1]:
                continue  # what shifted the rest was a cell read twice
            back = (*row.cells[: place + 1], *row.cells[place + 2 :], row.cells[-1])
            if set(_wrong(_with(table, number, back))) <= {columns - 1}:
                return Fault(_shift_diagnostic(table, first, number, place))
    return None


def _shift_diagnostic(table: s.Configurations, column: int, number: int, place: int) -> Diagnostic:
    row, names = table.rows[number], [each.name for each in table.columns]
    twice = spell_cell(row.cells[place])
    help = (
        f"from column `{names[place + 1]}` on this row seems shifted: without the second `{twice}` "
        f"the columns before `{names[-1]}` agree with the header, and the cell of "
        f"`{names[-1]}` is lost"
    )
    return replace(_count_diagnostic(table, column, row.cells[column].span), help=help)


# ---------------------------------------------------------------- a cell too long or too short


def _count_wrong(table: s.Configurations, column: int) -> Fault:
    """One column is wrong by itself: the cell that is too long or too short."""
    twin = _twin(table, column)
    if twin is not None:
        rows = [
            number
            for number, row in enumerate(table.rows)
            if _weights(_cell(row, column)) != _weights(_cell(row, twin))
        ]
        like = f"column `{table.columns[twin].name}`, with as many in its header,"
    else:
        rows, like = list(_out_of_line(table, column)), ""
    if len(rows) != 1:
        lines = ", ".join(str(table.rows[number].span.line) for number in rows)
        help = f"{like} differs from it in the lines {lines}" if like else None
        return Fault(replace(_count_diagnostic(table, column, None), help=help))
    row = table.rows[rows[0]]
    cell = _cell(row, column)
    help = "that cell is out of line with those beside it"
    if twin is not None:
        help = f"{like} has `{spell_cell(_cell(row, twin))}` there"
    diagnostic = replace(_count_diagnostic(table, column, cell.span), help=help)
    reading = _shortened(table, column, cell)
    if reading is None and twin is not None and _alike(table, column, twin, rows[0]):
        reading = _like(cell, _cell(row, twin))
    if reading is None or len(row.cells) == 1:
        return Fault(diagnostic)
    cells = (*row.cells[:column], reading, *row.cells[column + 1 :])
    read = f"read `{spell_cell(cell)}` as `{spell_cell(reading)}`"
    return Fault(diagnostic, _with(table, rows[0], cells), read)


def _shortened(table: s.Configurations, column: int, cell: s.TableCell) -> s.TableCell | None:
    """The cell without the surplus, where it does not matter which of its layers that is."""
    surplus = counts(table)[column] - (counted(table.columns[column]) or 0)
    weights = [layer for layer in cell.layers if layer.kind in WEIGHTS]
    if not 0 < surplus < len(weights) or any(layer != weights[0] for layer in weights):
        return None
    dropped = {id(layer) for layer in weights[:surplus]}
    return replace(cell, layers=tuple(x for x in cell.layers if id(x) not in dropped))


def _alike(table: s.Configurations, column: int, twin: int, but: int) -> bool:
    """Whether two columns have the same weight layers in all rows but one."""
    return all(
        _like(_cell(row, column), _cell(row, twin)) == _cell(row, column)
        for number, row in enumerate(table.rows)
        if number != but
    )


def _like(cell: s.TableCell, like: s.TableCell) -> s.TableCell:
    """A cell with the weights of another: its normalisation stays."""
    weights = [replace(layer, span=cell.span) for layer in like.layers if layer.kind in WEIGHTS]
    rest = [layer for layer in cell.layers if layer.kind not in WEIGHTS]
    return replace(cell, layers=(*weights, *rest))


def _count_diagnostic(table: s.Configurations, column: int, span: Span | None) -> Diagnostic:
    """``span``: the cell that is most likely at fault, if one is."""
    head = table.columns[column]
    assert head.weight_layers is not None
    message = (
        f"column `{head.name}` has {spell_count(counts(table)[column])}, "
        f"and its header says {head.weight_layers.text}"
    )
    where = head.weight_layers.span
    if span is None:
        return Diagnostic("variant", message, where, labels=(Label(head.span, "the column"),))
    return Diagnostic("variant", message, span, labels=(Label(where, "the header's count"),))


def _twin(table: s.Configurations, column: int) -> int | None:
    """Another column that has as many weight layers as this one should, and agrees with it."""
    wrong, wanted = set(_wrong(table)), counted(table.columns[column])
    others = [
        other
        for other in range(len(table.columns))
        if other not in wrong and counted(table.columns[other]) == wanted
    ]
    return min(others, key=lambda other: abs(other - column), default=None)


def _out_of_line(table: s.Configurations, column: int) -> Iterator[int]:
    """The rows in which a column has fewer weight layers than one that has fewer in all, or more
    than one that has more: each column of such a table deepens the one before it."""
    wrong, wanted = set(_wrong(table)), counted(table.columns[column]) or 0
    for number, row in enumerate(table.rows):
        own = _weights(_cell(row, column))
        for other in range(len(table.columns)):
            declared = counted(table.columns[other])
            if declared is None or other in wrong or declared == wanted:
                continue
            theirs = _weights(_cell(row, other))
            if (own > theirs) if declared > wanted else (own < theirs):
                yield number
                break
