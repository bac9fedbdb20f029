"""The same claim about several variants of a network, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archc.audit.claim import Claim
from archc.audit.report import Case, Report
from archc.graph.network import Network

MOST_NAMES = 6
"""Of more networks the first are named, and how many more there are."""


@dataclass(frozen=True)
class Fold:
    """Cases of one claim that say the same of ``networks``.

    ``everywhere`` is true where these are all networks of a family of several, ``family`` is its
    name (the network's own where there is but one).
    """

    cases: tuple[Case, ...]
    networks: tuple[str, ...]
    family: str
    everywhere: bool

    @property
    def case(self) -> Case:
        return self.cases[0]

    @cached_property
    def about(self) -> str:
        """``alexnet``, ``A, B, C of vgg`` or ``resnet in all 5 variants``."""
        if self.everywhere:
            count = len(self.networks)
            return f"{self.family} in {'both' if count == 2 else f'all {count}'} variants"
        named = ", ".join(self.networks[:MOST_NAMES])
        more = len(self.networks) - MOST_NAMES
        if more > 0:
            named += f" and {more} more"
        told = all(self.family in name for name in self.networks)
        return named if told else f"{named} of {self.family}"


class Families:
    """Which networks of a report are variants of one."""

    def __init__(self, report: Report) -> None:
        self.networks: dict[str, Network] = {n.name: n for n in report.networks}
        for case in report.cases:
            if case.subject is not None:
                self.networks.setdefault(case.subject.network.name, case.subject.network)
        self.members: dict[str, set[str]] = {}
        for network in self.networks.values():
            self.members.setdefault(_family(network), set()).add(network.name)

    def family(self, name: str) -> str:
        network = self.networks.get(name)
        return _family(network) if network is not None else name

    def are_all(self, names: Iterable[str]) -> bool:
        """Whether these are all variants of one network, and at least two."""
        found = set(names)
        families = {self.family(name) for name in found}
        return len(found) > 1 and len(families) == 1 and self.members.get(*families) == found

    def knows(self, name: str) -> bool:
        """Whether there is a spec of the name; else it is that of a system without one."""
        return name in self.networks


def _family(network: Network) -> str:
    return network.definition.name if network.definition is not None else network.name


def fold(report: Report, families: Families | None = None) -> list[Fold]:
    """The report's cases, those that say the same of variants joined, in the order of the first."""
    families = families or Families(report)
    groups: dict[Any, list[Case]] = {}
    for case in report.cases:
        key = (_identity(case.claim), families.family(case.claim.network))
        groups.setdefault((*key, case.verdict, case.shown, case.explanation), []).append(case)
    return [_folded(cases, families) for cases in groups.values()]


def _folded(cases: Sequence[Case], families: Families) -> Fold:
    names = tuple(dict.fromkeys(case.claim.network for case in cases))
    return Fold(tuple(cases), names, families.family(names[0]), families.are_all(names))


def _identity(claim: Claim) -> Any:
    """The same for one claim, whichever network it is evaluated for."""
    span = claim.span
    place = (span.source.name, span.start, span.end) if span else (claim.where, claim.id)
    printed = (claim.printed, claim.flags, claim.erratum)
    return claim.document, place, claim.subject, claim.quantity, printed


def by_section(folds: Iterable[Fold]) -> Mapping[tuple[str, str], list[Fold]]:
    """Folds by what they speak of and document, in the order of the first."""
    sections: dict[tuple[str, str], list[Fold]] = {}
    for one in folds:
        sections.setdefault((one.about, one.case.claim.document), []).append(one)
    return sections
