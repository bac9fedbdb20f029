"""Which parts of a network documents speak of, and how their numbers stand: for diagrams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archc.audit.report import Case
from archc.audit.reports.words import Standing, became_true, printable, quantity_of, standing
from archc.graph.network import Network


@dataclass(frozen=True, slots=True)
class Mark:
    """What a claim says of a part of a network.

    ``path`` is the part's ("" for the whole network), ``text`` the printed number beside the
    computed one, and ``standing`` what came of it.
    """

    path: str
    subject: str
    standing: Standing
    text: str


def marks(cases: Iterable[Case], network: Network) -> tuple[Mark, ...]:
    """The marks of the claims about one network, without those about others."""
    return tuple(_mark(case) for case in cases if _about(case, network))


def _about(case: Case, network: Network) -> bool:
    subject = case.subject
    return subject is not None and (
        subject.network is network or subject.network.name == network.name
    )


def _mark(case: Case) -> Mark:
    subject = case.subject
    assert subject is not None
    node = subject.node
    path = getattr(node, "path", None)
    if path is None:  # an input
        path = subject.name
    claim = case.claim
    return Mark(path, printable(claim.subject), standing(case), _text(case))


def _text(case: Case) -> str:
    claim = case.claim
    text = f"{quantity_of(claim)}: “{claim.printed}”"
    if became_true(case):
        text += " is no longer an erratum"
    elif standing(case) in ("disputed", "erratum"):
        text += f" ≠ {case.shown}"
    return printable(text)
