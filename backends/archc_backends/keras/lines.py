"""Statements as lines of source: names, loops over what repeats, and the value returned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archc_backends.keras.code import WIDTH, Arg, Call, Name, render
from archc_backends.shared.source import text

MOST_IN_TURN = 12
"""Runs of statements that repeat are looked for up to this many."""

Part = str | int
"""A part of a name: text, or a number that stands alone in it."""


@dataclass(frozen=True, slots=True)
class Line:
    """``target = call(name=...)(inputs)``.

    ``label`` is the layer's name in parts, None where the call has no name; ``inside`` says that
    it begins with the ``name`` that the function is given. Where ``wrapped``, the call makes a
    layer, and ``inputs`` are what that is called on; else it is a function's.
    """

    target: str
    call: Call
    inputs: str
    label: tuple[Part, ...] | None
    inside: bool = False
    wrapped: bool = True
    note: str = ""

    @property
    def key(self) -> object:
        return (self.target, self.call, self.inputs, self.inside)

    def write(self, indent: int, opening: str, at: int = -1) -> str:
        """The line, after ``opening`` (``x = ``), with ``i`` as part ``at`` of its name."""
        call = self.call
        if not self.wrapped:
            call = Call(call.function, (Arg("inputs", Name(self.inputs)), *call.args))
        if self.label is not None:
            name = Name(literal(self.label, self.inside, at))
            call = call.given(Arg("name", name, keyword=True))
        after = f"({self.inputs})" if self.wrapped else ""
        source = render(call, indent, len(opening) + len(after))
        line = f"{' ' * indent}{opening}{source}{after}"
        noted = f"{line}  # {self.note}"
        return noted if self.note and "\n" not in line and len(noted) <= WIDTH else line


def parts(name: str) -> tuple[Part, ...]:
    """A name with the numbers in it apart: ``conv_2_1`` is conv_, 2, _, 1."""
    found = re.split(r"(0|[1-9][0-9]*)", name)
    return tuple(int(part) if place % 2 else part for place, part in enumerate(found))


def literal(label: Sequence[Part], inside: bool, at: int = -1) -> str:
    """A layer's name as source: a string, or one with ``name`` and ``i`` in it."""
    rest = "".join(map(str, label))
    if not inside and at < 0:
        return text(rest)
    if inside and not rest:
        return "name"
    body = "".join(
        "{i}" if place == at else str(part).replace("{", "{{").replace("}", "}}")
        for place, part in enumerate(label)
    )
    return "f" + text(("{name}" if inside else "") + body)


def written(lines: Sequence[Line], indent: int, returned: str = "") -> list[str]:
    """The lines as source, with loops over what repeats; ``returned`` is what a function gives."""
    source: list[str] = []
    place = 0
    while place < len(lines):
        loop = _loop(lines, place)
        if loop is None:
            line = lines[place]
            last = place == len(lines) - 1 and returned == line.target
            source.append(line.write(indent, "return " if last else f"{line.target} = "))
            if last:
                return source
            place += 1
            continue
        period, turns, first, at = loop
        start = f"{first}, {first + turns}" if first else str(turns)
        source.append(f"{' ' * indent}for i in range({start}):")
        for number, part in enumerate(at):
            line = lines[place + number]
            notes = {
                other.note for other in lines[place + number : place + period * turns : period]
            }
            once = line if len(notes) == 1 else replace(line, note="")
            source.append(once.write(indent + 4, f"{line.target} = ", part))
        place += period * turns
    if returned:
        source.append(f"{' ' * indent}return {returned}")
    return source


def _loop(lines: Sequence[Line], place: int) -> tuple[int, int, int, list[int]] | None:
    """What repeats from here: how many lines, how often, the first number in their names, and
    which part of each name it is. None where nothing does, or too little to be worth a loop."""
    best: tuple[int, int, int, list[int]] | None = None
    saved = 1
    for period in range(1, min(MOST_IN_TURN, (len(lines) - place) // 2) + 1):
        at = _counted(lines[place : place + period], lines[place + period : place + 2 * period])
        if at is None:
            continue
        turns = 2
        while _follows(lines, place, period, turns, at):
            turns += 1
        saves = period * (turns - 1) - 1
        if saves > saved and (turns > 2 or period > 3):
            label = lines[place].label or ()
            first = label[at[0]]
            assert isinstance(first, int)
            best, saved = (period, turns, first, at), saves
    return best


def _counted(these: Sequence[Line], those: Sequence[Line]) -> list[int] | None:
    """The part of each line's name that is one more in the next turn, from the same number on."""
    at: list[int] = []
    numbers: set[Part] = set()
    for line, other in zip(these, those, strict=True):
        if line.key != other.key or line.label is None or other.label is None:
            return None
        if len(line.label) != len(other.label):
            return None
        places = [n for n, (a, b) in enumerate(_pairs(line, other)) if a != b]
        if len(places) != 1:
            return None
        numbers.add(line.label[places[0]])
        at.append(places[0])
        if not _next(line, other, places[0], 1):
            return None
    return at if len(numbers) == 1 else None


def _pairs(line: Line, other: Line) -> Iterator[tuple[Part, Part]]:
    return zip(line.label or (), other.label or (), strict=True)


def _next(line: Line, other: Line, at: int, more: int) -> bool:
    a, b = line.label or (), other.label or ()
    if line.key != other.key or len(a) != len(b):
        return False
    number, counted = a[at], b[at]
    if not isinstance(number, int) or counted != number + more:
        return False
    return a[:at] == b[:at] and a[at + 1 :] == b[at + 1 :]


def _follows(lines: Sequence[Line], place: int, period: int, turns: int, at: list[int]) -> bool:
    start = place + turns * period
    run = lines[start : start + period]
    return len(run) == period and all(
        _next(line, other, part, turns)
        for line, other, part in zip(lines[place : place + period], run, at, strict=True)
    )
