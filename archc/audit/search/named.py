"""Conventions that have a name, of papers, frameworks and tools, as changes to the reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from archc.audit.search.items import Group, Item
from archc.audit.search.readings import shown
from archc.audit.search.ways import Change, Draft, Number, Prediction, Ways
from archc.audit.verdicts import Verdict

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention

COUNTED = {"params": "params", "total": "params", "macs": "ops", "ops": "ops"}
"""Which of a convention's two tables counts a quantity."""


@dataclass(frozen=True, eq=False)
class Named(Change):
    """Another tool's way of counting, for parameters or operations."""

    kind: ClassVar[str] = "convention"
    verdict: ClassVar[Verdict] = "convention"

    convention: Convention
    table: str

    def alter(self, draft: Draft, ways: Ways) -> bool:
        if COUNTED.get(draft.item.claim.quantity) != self.table or draft.flags - {"binary", "half"}:
            return False
        if draft.edits or draft.rows:
            return False
        draft.counted = self.count
        return True

    def count(self, draft: Draft, ways: Ways) -> Number | None:
        """The convention's count of what a claim speaks of; None where nobody can say."""
        subject = ways.subject(draft.item, draft.measured)
        by: Any = getattr(self.convention, self.table)(draft.measured.network)
        if subject is None or by is None:
            return None
        counts = [by.by_layer.get(layer.path) for layer in subject.layers]
        known = [count for count in counts if isinstance(count, int)]
        return sum(known) if len(known) == len(counts) else None

    def text(self, item: Item, before: Prediction, after: Prediction) -> str:
        if self.table == "params" and self.convention.ops_table is not None:  # its words say those
            return f"{shown(item, after)}: parameters as {self.convention.title} counts them"
        return f"{shown(item, after)}: {self.convention.words}"


def named(group: Group) -> Iterator[Named]:
    """The named conventions that count what a document claims."""
    tables = {COUNTED.get(item.claim.quantity) for item in group.open} - {None}
    if not tables:
        return
    from archc.audit.conventions import CONVENTIONS

    for table in sorted(table for table in tables if table is not None):
        yield from (Named(convention, table) for convention in CONVENTIONS.values())
