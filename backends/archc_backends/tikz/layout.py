"""Where the units of a figure stand: columns along the flow, lanes for branches, rows of a page.

Lengths are centimetres, y runs up. A row runs from left to right; of a network that goes down and
up again with arrows across (U-Net) the second row runs back, below the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from archc.diagram.model import Box, Edge
from archc.diagram.size import ranks
from archc_backends.tikz.volumes import LINE, SLANT, Unit

GAP, AIR = 0.5, 0.3
"""The least length of an arrow, and the room beside what stands over it."""

WIDEST = 25.0
"""A longer row is broken."""

ARC, ARC_STEP = 0.3, 0.22
"""How far arcs stand above what they pass over, and above each other."""

BETWEEN = 0.7
"""Between rows."""

UP, DOWN = 0.12, 0.28
"""How far behind a column arrows go up, and before one down: apart where both are in one gap."""

APART = 0.25
"""How far beside the middle arrows leave a unit's top and reach it, in parts of its width, where
some do either."""


@dataclass(slots=True)
class Path:
    """An arrow: its corners, and a word on it."""

    points: list[tuple[float, float]]
    word: str = ""
    at: tuple[float, float] = (0.0, 0.0)
    anchor: str = "north"
    """Where on the word that is: it stands below the arrow, over it (south) or beside it (west)."""


@dataclass(slots=True)
class Row:
    """Columns ``first`` to ``last``; ``back`` where it runs from right to left."""

    first: int
    last: int
    back: bool = False
    height: dict[int, float] = field(default_factory=dict[int, float])  # a lane's middle


class Layout:
    """Places the units (their ``x`` and ``y``) and draws the arrows between them."""

    def __init__(self, units: Sequence[Unit], edges: Sequence[Edge]) -> None:
        self.units = list(units)
        self.edges = list(edges)
        self.of: dict[int, Unit] = {id(unit.box): unit for unit in units}
        self.column = ranks([unit.box for unit in units], self.edges)
        self.reads: dict[int, list[Box]] = {}
        self.readers: dict[int, list[Box]] = {}
        for edge in self.edges:
            self.reads.setdefault(id(edge.target), []).append(edge.source)
            self.readers.setdefault(id(edge.source), []).append(edge.target)
        self.columns = max(self.column.values(), default=0) + 1
        self.lane: dict[int, int] = {}
        self._assign_lanes()
        self.rows = self._rows()
        self._place()
        self.apart: set[int] = set()
        """The units whose top arrows leave and others reach."""
        self.paths = self._arrows()
        if self.apart:
            self.paths = self._arrows()

    @property
    def width(self) -> float:
        return max(unit.x + unit.wide / 2 for unit in self.units)

    # ------------------------------------------------------------ lanes

    def _assign_lanes(self) -> None:
        """The longest way through is lane 0; each branch gets the lowest lane that is free."""
        ends = [unit.box for unit in self.units if not self.readers.get(id(unit.box))]
        box: Box | None = max(reversed(ends), key=lambda end: self.column[id(end)])
        while box is not None:
            self.lane[id(box)] = 0
            before = self.reads.get(id(box), [])
            at = self.column[id(box)] - 1
            box = next((one for one in before if self.column[id(one)] == at), None)
        taken: dict[int, list[tuple[int, int]]] = {}
        for unit in sorted(self.units, key=lambda unit: self.column[id(unit.box)]):
            if id(unit.box) in self.lane:
                continue
            chain = self._chain(unit.box)
            first, last = self._span(chain)
            lane = 1
            while any(a < last and first < b for a, b in taken.get(lane, [])):
                lane += 1
            taken.setdefault(lane, []).append((first, last))
            self.lane |= {id(box): lane for box in chain}

    def _chain(self, box: Box) -> list[Box]:
        """A branch: the box and what follows it, up to where it joins another."""
        chain = [box]
        while True:
            free = [b for b in self.readers.get(id(chain[-1]), []) if id(b) not in self.lane]
            free = [b for b in free if b not in chain]
            if not free:
                return chain
            chain.append(min(free, key=lambda b: self.column[id(b)]))

    def _span(self, chain: list[Box]) -> tuple[int, int]:
        """The columns that the branch and the arrows to and from it take."""
        sources = [self.column[id(b)] for b in self.reads.get(id(chain[0]), [])]
        targets = [self.column[id(b)] for b in self.readers.get(id(chain[-1]), [])]
        first, last = self.column[id(chain[0])], self.column[id(chain[-1])]
        return min([first - 1, *sources]), max([last + 1, *targets])

    # ------------------------------------------------------------ rows

    def _rows(self) -> list[Row]:
        widths = [self._gap(c) + self._wide(c) for c in range(self.columns)]
        if sum(widths) <= WIDEST:
            return [Row(0, self.columns - 1)]
        if (turn := self._turn(widths)) is not None:
            return [Row(0, turn - 1), Row(turn, self.columns - 1, back=True)]
        number = int(sum(widths) // WIDEST) + 1
        goal = sum(widths) / number
        rows: list[Row] = []
        first, long = 0, 0.0
        for c, wide in enumerate(widths):
            long += wide
            full = long > goal * 0.9 and sum(widths[c + 1 :]) > goal * 0.3
            if c + 1 < self.columns and full and self._crossing(c) == 1:
                rows.append(Row(first, c))
                first, long = c + 1, 0.0
        return [*rows, Row(first, self.columns - 1)]

    def _turn(self, widths: list[float]) -> int | None:
        """The first column behind the middle of a network whose long arrows lie in each other."""
        arcs = [(self.column[id(e.source)], self.column[id(e.target)]) for e in self.edges]
        arcs = [(a, b) for a, b in arcs if b - a > 2]
        nested = sorted(arcs, key=lambda arc: arc[1] - arc[0])
        for (a, b), (c, d) in pairwise(nested):
            if not (c <= a and b <= d):
                return None
        if len(nested) < 3 or any(self.lane.values()):
            return None
        start, end = nested[0]
        middle = range(start + 1, end + 1)
        return min(middle, key=lambda c: abs(sum(widths[:c]) - sum(widths[c:])))

    def _crossing(self, c: int) -> int:
        """How many arrows lead from column ``c`` or before to what is behind it."""
        return sum(self.column[id(e.source)] <= c < self.column[id(e.target)] for e in self.edges)

    # ------------------------------------------------------------ places

    def _at(self, c: int) -> list[Unit]:
        return [unit for unit in self.units if self.column[id(unit.box)] == c]

    def _wide(self, c: int) -> float:
        return max(unit.wide for unit in self._at(c))

    def _gap(self, c: int) -> float:
        """Before a column: room for the words over the arrow, and for labels below."""
        if c == 0:
            return 0.0
        words = max((unit.gap + AIR for unit in self._at(c) if unit.work), default=0.0)
        spare = 0.0
        for right in self._at(c):
            for left in self._at(c - 1):
                if self.lane[id(left.box)] == self.lane[id(right.box)]:
                    spare = max(spare, left.tail + right.lead + 0.1)
                    body = (left.wide + right.wide) / 2
                    spare = max(spare, (left.label + right.label) / 2 + 0.15 - body)
        return max(GAP, words, spare)

    def _place(self) -> None:
        places = self._along()
        for row in self.rows:
            self._lanes(row)
        for unit in self.units:
            c = self.column[id(unit.box)]
            row = self._row(c)
            unit.x = places[c]
            unit.y = row.height[self.lane[id(unit.box)]]

    def side(self, unit: Unit) -> int:
        """1 where the unit's arrow comes from its left, -1 where from its right."""
        return -1 if self._row(self.column[id(unit.box)]).back else 1

    def _row(self, c: int) -> Row:
        return next(row for row in self.rows if row.first <= c <= row.last)

    def _along(self) -> dict[int, float]:
        """The middle of each column: at least as far from its neighbours as they need."""
        after: dict[int, list[tuple[int, float]]] = {c: [] for c in range(self.columns)}
        for row in self.rows:
            for c in range(row.first, row.last):
                need = (self._wide(c) + self._wide(c + 1)) / 2 + self._gap(c + 1)
                left, right = (c + 1, c) if row.back else (c, c + 1)
                after[left].append((right, need))
        same = self._aligned(after)
        x = dict.fromkeys(range(self.columns), 0.0)
        for row in self.rows:
            x[row.last if row.back else row.first] = self._wide(row.first) / 2
        for _ in range(self.columns):  # longest ways; a pair that stands below each other is one
            for left, found in after.items():
                for right, need in found:
                    x[right] = max(x[right], x[left] + need)
            for a, b in same:
                x[a] = x[b] = max(x[a], x[b])
        return x

    def _aligned(self, after: dict[int, list[tuple[int, float]]]) -> list[tuple[int, int]]:
        """Columns that stand below each other where the second row runs back."""
        if not self.rows[-1].back:
            return []
        turn = self.rows[-1].first
        arcs = [(self.column[id(e.source)], self.column[id(e.target)]) for e in self.edges]
        pairs = sorted({(a, b) for a, b in arcs if a < turn <= b and b - a > 2})
        return [(a, b) for i, (a, b) in enumerate(pairs) if i == 0 or b < pairs[i - 1][1]]

    def _lanes(self, row: Row) -> None:
        """The height of each lane of a row, the row below those before it."""
        here = [u for u in self.units if row.first <= self.column[id(u.box)] <= row.last]
        above = 0.0
        for lane in sorted({self.lane[id(unit.box)] for unit in here}):
            units = [unit for unit in here if self.lane[id(unit.box)] == lane]
            low = max(unit.high / 2 + unit.below for unit in units)
            row.height[lane] = above + low
            words = max((len(unit.work) * LINE for unit in units), default=0.0)
            top = max(max(unit.high / 2 for unit in units), words + 0.1)
            arcs = self._arcs(row, lane)
            above = row.height[lane] + top + 0.1 + (ARC + ARC_STEP * arcs if arcs else 0.0)
        number = self.rows.index(row)
        bottom = 0.0
        if number:
            bottom = min(self.rows[number - 1].height.values()) - self._low(number - 1) - BETWEEN
        for lane in row.height:
            row.height[lane] += bottom - above

    def _low(self, number: int) -> float:
        row = self.rows[number]
        here = [u for u in self.units if row.first <= self.column[id(u.box)] <= row.last]
        return max(u.high / 2 + u.below for u in here if self.lane[id(u.box)] == 0)

    def _arcs(self, row: Row, lane: int) -> int:
        """How many arcs stand over each other in a lane, at most."""
        spans = [
            (self.column[id(e.source)], self.column[id(e.target)])
            for e in self.edges
            if self.lane[id(e.source)] == self.lane[id(e.target)] == lane
        ]
        inside = [(a, b) for a, b in spans if row.first <= a and b <= row.last and b - a > 1]
        return max((sum(a <= c < b for a, b in inside) for c in range(self.columns)), default=0)

    # ------------------------------------------------------------ arrows

    def _arrows(self) -> list[Path]:
        short = sorted(
            self.edges, key=lambda e: self.column[id(e.target)] - self.column[id(e.source)]
        )
        arcs: list[tuple[float, float, float]] = []  # from, to, height
        paths: list[Path] = []
        for edge in short:
            path = self._arrow(edge, arcs)
            if len(edge.shapes) > 1:
                path.word = f"×{len(edge.shapes)}"
                (a, b), (c, d) = path.points[-2:]
                path.at = ((a + c) / 2, (b + d) / 2)
                if a == c:
                    path.anchor = "west"
                elif not self.of[id(edge.target)].work:
                    path.anchor = "south"
            paths.append(path)
        pairs = list(zip(short, paths, strict=True))
        leaving = {id(e.source) for e, p in pairs if self._meets(self.of[id(e.source)], p, 0)}
        reaching = {id(e.target) for e, p in pairs if self._meets(self.of[id(e.target)], p, -1)}
        self.apart = leaving & reaching
        return paths

    def _meets(self, unit: Unit, path: Path, end: int) -> bool:
        """Whether an end of an arrow is at the unit's top: it goes straight up from there."""
        (x, _), (next_x, _) = path.points[end], path.points[1 if end == 0 else -2]
        return x == next_x and abs(x - unit.x) < unit.wide / 2

    def _leaves(self, unit: Unit) -> tuple[float, float]:
        """Where arrows leave a unit's top."""
        return self._on_top(unit, self.side(unit))

    def _reached(self, unit: Unit) -> tuple[float, float]:
        """Where arrows reach a unit's top."""
        return self._on_top(unit, -self.side(unit))

    def _on_top(self, unit: Unit, side: int) -> tuple[float, float]:
        apart = id(unit.box) in self.apart and unit.kind != "sign"
        x = unit.x + (side * APART * unit.wide if apart else 0.0)
        return x, _top(unit, x)

    def _arrow(self, edge: Edge, arcs: list[tuple[float, float, float]]) -> Path:
        source, target = self.of[id(edge.source)], self.of[id(edge.target)]
        a, b = self.column[id(edge.source)], self.column[id(edge.target)]
        from_row, to_row = self._row(a), self._row(b)
        if from_row is not to_row:
            return self._over(source, target, from_row, to_row, b - a == 1)
        side = -1 if from_row.back else 1
        lanes = self.lane[id(edge.source)], self.lane[id(edge.target)]
        start = (source.x + side * source.wide / 2, source.y)
        end = (target.x - side * target.wide / 2, target.y)
        between = [u for u in self.units if a < self.column[id(u.box)] < b]
        blocked = any(self.lane[id(u.box)] == lanes[0] for u in between)
        if lanes[0] == lanes[1] and not blocked:
            return Path([start, end])
        if lanes[0] < lanes[1]:
            aside = source.kind == "sign" and id(edge.source) in self.apart
            if not self._between(a, lanes) and not aside:
                top = self._leaves(source)
                return Path([top, (top[0], target.y), end])
            x = source.x + side * (self._wide(a) / 2 + UP)
            return Path([start, (x, source.y), (x, target.y), end])
        if lanes[0] > lanes[1] and not blocked:
            taken = any(self.lane[id(unit.box)] == lanes[0] for unit in self._at(b))
            if not taken and not self._between(b, lanes):
                top = self._reached(target)
                return Path([start, (top[0], source.y), top])
            x = target.x - side * (self._wide(b) / 2 + self._gap(b) - DOWN)
            return Path([start, (x, source.y), (x, target.y), end])
        return self._arc(source, target, [*between, source, target], arcs)

    def _between(self, c: int, lanes: tuple[int, int]) -> bool:
        """Whether a column has units in the lanes between two."""
        low, high = sorted(lanes)
        return any(low < self.lane[id(unit.box)] < high for unit in self._at(c))

    def _arc(
        self,
        source: Unit,
        target: Unit,
        between: Sequence[Unit],
        arcs: list[tuple[float, float, float]],
    ) -> Path:
        left, right = sorted((source.x, target.x))
        lane = self.lane[id(source.box)]
        tops = [_top(u) for u in between if self.lane[id(u.box)] == lane]
        tops += [u.y + LINE * len(u.work) + 0.1 for u in between if self.lane[id(u.box)] == lane]
        over = [h + ARC_STEP for a, b, h in arcs if a < right and left < b]
        height = max([max(tops) + ARC, *(h for h in over if h > max(tops))])
        arcs.append((left, right, height))
        start, end = self._leaves(source), self._reached(target)
        return Path([start, (start[0], height), (end[0], height), end])

    def _over(self, source: Unit, target: Unit, a: Row, b: Row, next_one: bool) -> Path:
        """From one row to the next: around the turn, straight down, or back to the beginning."""
        if b.back:
            if next_one:
                right = max(source.x + source.wide / 2, target.x + target.wide / 2) + GAP
                start = (source.x + source.wide / 2, source.y)
                end = (target.x + target.wide / 2, target.y)
                return Path([start, (right, source.y), (right, target.y), end])
            low = source.y - source.high / 2 - source.below
            middle = low - BETWEEN / 3
            down = [(source.x, low)]
            if abs(source.x - target.x) > 0.01:
                down += [(source.x, middle), (target.x, middle)]
            return Path([*down, (target.x, _top(target, target.x))])
        low = min(a.height.values()) - self._low(self.rows.index(a))
        middle = low - BETWEEN / 2
        right = source.x + source.wide / 2 + GAP / 2
        left = target.x - target.wide / 2 - max(GAP, target.gap + AIR)
        start = (source.x + source.wide / 2, source.y)
        end = (target.x - target.wide / 2, target.y)
        return Path(
            [start, (right, source.y), (right, middle), (left, middle), (left, target.y), end]
        )


def _top(unit: Unit, x: float | None = None) -> float:
    """The top of a unit; of a map at ``x``, on the slanted edge or behind it."""
    top = unit.y + unit.high / 2
    if x is None or unit.kind != "volume":
        return top
    slab = unit.slabs[0]
    corner = unit.x - unit.wide / 2 + slab.deep * SLANT[0]
    behind = unit.y - unit.high / 2 + slab.high + slab.deep * SLANT[1]
    return top if x >= corner else behind - (corner - x) / SLANT[0] * SLANT[1]
