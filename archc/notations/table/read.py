"""A file of tables of configurations to syntax tree: each table is a network with its variants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from archc.diagnostics import Diagnostic, Source, Span, fail
from archc.graph.values import RESERVED
from archc.language import syntax as s
from archc.language.configurations import Cell, Line, identifier, lines
from archc.language.configurations import read as read_table
from archc.language.faults import checked
from archc.language.parser import check_text
from archc.language.scene import KEYWORDS

_SIZE = r"(\d{1,9}|[A-Z])"
_INPUT = re.compile(
    rf"input\s*[:(]?\s*{_SIZE}\s*[xX\u00d7]\s*{_SIZE}(?:\s*[xX\u00d7]\s*(\d{{1,9}}))?"
    r"\s*(?:(rgb|colou?r)|(gr[ae]y(?:[- ]?scale)?))?\s*(?:images?)?\s*\)?\Z",
    re.IGNORECASE,
)


def read(source: Source) -> s.File:
    """The tree of the tables of a text. Raises SpecError."""
    return _file(source, repair=False)


def repair(source: Source) -> s.File:
    """As :func:`read`; a cell that contradicts the header's count of weight layers is read as
    what it most likely was, and the tree's remarks say so."""
    return _file(source, repair=True)


def _file(source: Source, repair: bool) -> s.File:
    check_text(source)
    networks: list[s.Network] = []
    remarks: list[Diagnostic] = []
    names: set[str] = set()
    for rows in _tables(lines(source)):
        span = rows[0].span.to(rows[-1].span)
        table = read_table(rows, span)
        if table.input is None:
            place = table.configurations.columns[0].span
            help = "above its layers: `input (224x224 RGB image)`"
            fail("variant", place, "this table has no row that says its input", help=help)
        configurations, said = checked(table.configurations, repair)
        remarks += said
        taken = names | {identifier(column.name) for column in configurations.columns}
        name = _name(source, taken)
        names = taken | {name}
        body = s.Body(span, (_input(table.input), configurations))
        networks.append(s.Network(span, name, (), body))
    if not networks:
        help = "its first row names the columns: `A | A-LRN | B`"
        fail("variant", Span(source, 0, 0), "there is no table in this text", help=help)
    return s.File(Span(source, 0, len(source.text)), tuple(networks), tuple(remarks))


def _tables(rows: list[Line]) -> Iterator[list[Line]]:
    """The rows of each table: one begins below an empty line, with no layer in its first row."""
    table: list[Line] = []
    complete = False
    for row in rows:
        inner = any(cell.is_layers or cell.is_count or cell.is_input for cell in row.cells)
        if row.apart and complete and not inner:
            yield table
            table, complete = [], False
        table.append(row)
        complete = complete or any(cell.is_layers for cell in row.cells)
    if table:
        yield table


def _name(source: Source, taken: set[str]) -> str:
    """What the family is called: the file's name, where no column has it."""
    stem = re.sub(r"\W", "_", PurePath(source.name).stem, flags=re.ASCII).strip("_")
    stem = stem.lstrip("0123456789_") or "table"
    refused = {*taken, *KEYWORDS.values(), *RESERVED}
    name, number = stem, 1
    while name in refused:
        number += 1
        name = f"{stem}_table" if number == 2 else f"{stem}_table_{number}"
    return name


def _input(cell: Cell) -> s.Input:
    """``input (224 x 224 RGB image)`` as a statement."""
    match = _INPUT.match(cell.text)
    if match is None:
        help = "write `input (224x224 RGB image)`, or `input (28x28x1)`"
        fail("syntax", cell.span, "this input is not a size of images", help=help)
    height, width, third, colour, grey = match.groups()
    channels = 3 if colour else 1 if grey else None if third is None else int(third)
    if channels is None:
        help = "say `RGB`, `grey`, or a third size: `input (28x28x1)`"
        fail("syntax", cell.span, "this input does not say how many channels it has", help=help)
    if third is not None and int(third) != channels:
        word = "RGB" if colour else "grey"
        fail("syntax", cell.span, f"a {word} image has {channels} channels, not {third}")
    sizes = tuple(int(x) if x.isdigit() else x.upper() for x in (height, width))
    shape = s.SizeLiteral(cell.span, (*sizes, channels))
    return s.Input(cell.span, "image", shape, None)
