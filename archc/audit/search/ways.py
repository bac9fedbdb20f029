"""What a claim's number becomes where something is different: arithmetic on counts at hand.

A :class:`Change` alters a :class:`Draft` of how the number is computed; :class:`Ways` computes it.
Counts are kept, so that a reading costs an addition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

from archc.audit.kind import Kind, NotEvaluable, NumberKind, WrongClaim
from archc.audit.printed import Unreadable
from archc.audit.search.items import Fit, Item
from archc.audit.subject import Measured, Subject, UnknownSubject, find
from archc.audit.verdicts import Verdict
from archc.graph.network import Layer

Number = int | Fraction


@dataclass(slots=True)
class Draft:
    """How a claim's number is computed, while changes alter it."""

    item: Item
    measured: Measured
    kind: Kind
    flags: frozenset[str]
    binary: bool
    times: Number = 1
    rows: tuple[Item, ...] = ()  # other rows' numbers instead of its own, summed
    edits: list[Edit] = field(default_factory=list["Edit"])
    counted: Callable[[Draft, Ways], Number | None] | None = None  # by a named convention


@dataclass(frozen=True, eq=False)
class Change:
    """Something that may be different from how a claim is read. A group has one object for each."""

    kind: ClassVar[str]
    verdict: ClassVar[Verdict]
    once: ClassVar[bool] = True  # two changes of the class exclude each other
    instead_of: ClassVar[str] = ""  # and those that say the same of something: which layers count
    structural: ClassVar[bool] = False

    def alter(self, draft: Draft, ways: Ways) -> bool:
        """Change how the number is computed; False where there is nothing of the sort here."""
        raise NotImplementedError

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        """The change in one line, with its arithmetic."""
        raise NotImplementedError


class Edit(Change):
    """A change of one layer's count: it adds to the number."""

    once = False

    def alter(self, draft: Draft, ways: Ways) -> bool:
        draft.edits.append(self)
        return True

    def delta(self, draft: Draft, subject: Subject, ways: Ways) -> Number | None:
        """What it adds; None where the layer is not counted here."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Prediction:
    """A number under some changes, and whether K is 1024 there."""

    value: Any
    binary: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What the lines before one add to a quantity, and the lines up to it with its own: what
    contiguous lines add is a difference."""

    before: Number
    through: Number


Changes = tuple[Change, ...]
"""Changes that hold together, in the order they were found."""


class Ways:
    """Numbers of claims under changes, each computed once."""

    def __init__(self) -> None:
        self._computed: dict[Any, Any] = {}
        self._found: dict[Any, Subject | None] = {}
        self._parts: dict[Any, Mapping[str, Number]] = {}
        self._lines: dict[Any, Mapping[str, Line]] = {}
        self._predicted: dict[tuple[Item, Changes], Prediction | None] = {}

    def predict(self, item: Item, changes: Changes) -> Prediction | None:
        """The claim's number under changes; None where one of them has no place there."""
        key = item, changes
        if key not in self._predicted:
            self._predicted[key] = self._predict(item, changes)
        return self._predicted[key]

    def fit(self, item: Item, changes: Changes) -> Fit | None:
        """How the printed digits accept the number under changes."""
        prediction = self.predict(item, changes)
        if prediction is None:
            return None
        try:
            return item.fit(prediction.value, prediction.binary)
        except Unreadable:
            return None

    def _predict(self, item: Item, changes: Changes) -> Prediction | None:
        if not changes:
            return Prediction(item.value, item.binary)
        draft = Draft(item, item.measured, item.kind, item.flags, item.binary)
        for change in changes:
            if not change.alter(draft, self):
                return None
        value = self._value(draft)
        if value is None or _is_no_count(value, item):
            return None
        return Prediction(value, draft.binary)

    def _value(self, draft: Draft) -> Any:
        if draft.rows:
            if draft.measured is not draft.item.measured:
                return None
            values = [self.count(row, row.measured, row.kind, draft.flags) for row in draft.rows]
            if not all(isinstance(value, int | Fraction) for value in values):
                return None
            return draft.times * sum(values)
        if draft.counted is not None:
            value = None if draft.edits else draft.counted(draft, self)
        else:
            value = self.count(draft.item, draft.measured, draft.kind, draft.flags)
        if value is None or (not draft.edits and draft.times == 1):
            return value
        if not isinstance(value, int | Fraction):
            return None
        subject = self.subject(draft.item, draft.measured)
        for edit in draft.edits:
            delta = None if subject is None else edit.delta(draft, subject, self)
            if delta is None:
                return None
            value = value + delta
        return value if draft.times == 1 else draft.times * value

    # ------------------------------------------------------------ counts

    def count(self, item: Item, measured: Measured, kind: Kind, flags: frozenset[str]) -> Any:
        """A quantity of what a claim speaks of, in a network; None where it has none."""
        key = item.claim.keys, measured, kind, flags
        if key not in self._computed:
            self._computed[key] = self._count(item, measured, kind, flags)
        return self._computed[key]

    def _count(self, item: Item, measured: Measured, kind: Kind, flags: frozenset[str]) -> Any:
        subject = self.subject(item, measured)
        if subject is None:
            return None
        try:
            value = kind.reading(kind.bind(kind.compute(subject, flags), {}), flags)
        except (NotEvaluable, WrongClaim):
            return None
        return value

    def subject(self, item: Item, measured: Measured) -> Subject | None:
        """What a claim speaks of, in another network."""
        if measured is item.measured:
            return item.subject
        key = item.claim.keys, measured
        if key not in self._found:
            try:
                self._found[key] = find(measured, item.claim.keys)
            except UnknownSubject:
                self._found[key] = None
        return self._found[key]

    def parts(self, draft: Draft, subject: Subject) -> Mapping[str, Number]:
        """What each layer adds to the number; nothing where it is no sum over layers."""
        key = subject.name, subject.measured, draft.kind, draft.flags
        if key not in self._parts:
            self._parts[key] = self._shares(draft, subject)
        return self._parts[key]

    def _shares(self, draft: Draft, subject: Subject) -> Mapping[str, Number]:
        kind = draft.kind
        if not isinstance(kind, NumberKind):
            return {}
        try:
            counts = {layer.path: count for layer, count in kind.parts(subject, draft.flags)}
        except NotEvaluable:
            return {}
        if not all(isinstance(count, int) for count in counts.values()):
            return {}
        return {
            path: Fraction(count, 2) if "half" in draft.flags else count
            for path, count in counts.items()
            if isinstance(count, int)
        }

    def lines(self, draft: Draft) -> Mapping[str, Line]:
        """What the network's lines add to the quantity; lines that add nothing left out."""
        key = draft.measured, draft.kind, draft.flags
        if key not in self._lines:
            root = draft.measured.network.root
            counts = self.parts(draft, Subject(draft.measured, root, draft.measured.network.layers))
            found: dict[str, Line] = {}
            before: Number = 0
            for child in root.children:
                layers = (child,) if isinstance(child, Layer) else child.layers()
                count = sum(counts.get(layer.path, 0) for layer in layers)
                if count:
                    found[child.path] = Line(before, before + count)
                    before += count
            self._lines[key] = found
        return self._lines[key]


def _is_no_count(value: Any, item: Item) -> bool:
    """Whether a change leaves a fraction of what is counted and printed to the unit: half of 3."""
    if not isinstance(value, Fraction) or value.denominator == 1 or item.printed is None:
        return False
    return isinstance(item.value, int) and item.strict(item.binary).unit == 1
