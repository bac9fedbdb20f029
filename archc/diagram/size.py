"""About how large a diagram will be, before it is laid out, in points."""

from __future__ import annotations

from dataclasses import dataclass

from archc.diagram import words
from archc.diagram.model import Box, Edge, View

CHARACTER, LINE = 6.2, 15.0
MARGIN = 24.0
GAP = 36.0
"""Between rows of boxes: an arrow with the shape beside it."""

PASSING = 14.0
"""What an arrow takes of a row that it passes by."""

PAGE = (1500.0, 1950.0)
"""Width and height of what can still be read on a page: the letters are then 4 to 5 points high."""

SMALL = 950.0
"""What is no wider can be read, whatever its proportions."""

WIDEST = 2.6
"""The most that a diagram may be wider than it is high."""

DENSEST, BESIDE = 1.6, 3.6
"""The most arrows for each box, and that pass by a row, before they cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a diagram that runs from the top down."""

    width: float
    height: float
    arrows: float
    """For each box."""
    passing: float
    """Arrows beside a row of boxes, in the mean."""

    @property
    def excess(self) -> float:
        """By how much it is too large for a page; at most 1 where it is not."""
        return max(self.width / PAGE[0], self.height / PAGE[1])

    @property
    def legible(self) -> bool:
        """Whether it is neither a strip nor a tangle."""
        wide = self.width > SMALL and self.width > WIDEST * self.height
        return not wide and self.arrows <= DENSEST and self.passing <= BESIDE


def estimate(view: View) -> Size:
    """The size that the view will about have: its boxes in rows, each below what it reads."""
    boxes = [*view.inputs, *view.root.boxes(), *view.outputs]
    row = ranks(boxes, view.edges)
    count = max(row.values(), default=0) + 1
    widths, heights = [0.0] * count, [0.0] * count
    for box in boxes:
        lines = [] if box.role == "wire" else _lines(box)
        at = row[id(box)]
        widths[at] += max((len(line) for line in lines), default=0) * CHARACTER + MARGIN
        heights[at] = max(heights[at], len(lines) * LINE)
    passing = 0
    for edge in view.edges:
        for at in range(row[id(edge.source)] + 1, row[id(edge.target)]):
            widths[at] += PASSING
            passing += 1
    frames = sum(1 for _ in view.root.clusters())
    height = sum(heights) + GAP * count + LINE * frames
    arrows = len(view.edges) / max(len(boxes), 1)
    return Size(max(widths), height, arrows, passing / count)


def ranks(boxes: list[Box], edges: list[Edge]) -> dict[int, int]:
    """How far down each box stands: one below the lowest that it reads."""
    reads: dict[int, list[Box]] = {}
    for edge in edges:
        reads.setdefault(id(edge.target), []).append(edge.source)
    row: dict[int, int] = {}
    for box in boxes:  # in the order they run: what a box reads comes before it
        above = [row[id(source)] for source in reads.get(id(box), []) if id(source) in row]
        row[id(box)] = max(above, default=-1) + 1
    return row


def _lines(box: Box) -> list[str]:
    return words.end_lines(box) if box.role in ("input", "output") else words.lines(box)
