"""What a ledger holds, once it is read: entries, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archc.audit.claim import Claim, Part
from archc.diagnostics import Diagnostic, Source


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim, and the part of a spec's network that it speaks of.

    ``part`` is None where the document's ``system`` has no spec; ``to`` is what a ratio is to.
    """

    claim: Claim
    part: Part | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Printed numbers that are no entries here, and why not."""

    document: str
    reason: str
    count: int


@dataclass(frozen=True)
class Ledger:
    """What a document prints. ``diagnostics`` are entries that cannot be read."""

    source: Source
    document: str
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def folder(self) -> Path:
        return Path(self.source.name).parent
