"""From networks to a report: every claim computed, compared, judged."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from archc import registry
from archc.audit.claim import Claim, claims_of, without_network
from archc.audit.explain import Explainer, Explanation
from archc.audit.kind import Kind, NotEvaluable, WrongClaim
from archc.audit.printed import Unreadable
from archc.audit.ratio import ratio
from archc.audit.report import BECAME_TRUE, DAMAGED, Case, Report
from archc.audit.subject import Measured, Subject, UnknownSubject, find
from archc.audit.verdicts import Judgement
from archc.diagnostics import Diagnostic, Span, SpecError, did_you_mean
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.entries import Entry, Ledger
    from archc.audit.specs import Specs


class Progress(Protocol):
    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """Told often; ``total`` is 0 where nobody knows it."""


def _silent(what: str, done: int = 0, total: int = 0) -> None:
    pass


def by_search(cases: Sequence[Case]) -> Mapping[int, Explanation]:
    """The search of :mod:`archc.audit.search`, loaded only where something is to be explained."""
    if all(case.verdict not in ("contradicted", "truncates") for case in cases):
        return {}
    from archc.audit.search import search

    return search(cases)


def check(
    networks: Iterable[Network],
    explain: Explainer = by_search,
    *,
    whole: bool = True,
    ledgers: Iterable[Ledger] = (),
    specs: Specs | None = None,
    held: Iterable[tuple[Ledger, Specs]] = (),
    progress: Progress = _silent,
) -> Report:
    """Evaluate every claim that the networks' specs make about them, and every claim of ledgers.

    A claim in a family's body is evaluated for each of its networks here. It is wrong only where
    its subject is in none of them; a variant without it cannot evaluate it. Where the networks are
    not ``whole`` families as their specs have them (one variant, or parameters set by hand) a
    subject may be in the others: then the claim cannot be evaluated.

    The networks that ledgers speak of are found by ``specs``; those in ``held`` come each with
    what finds its own. ``progress`` is told how far it is.
    """
    networks = tuple(networks)
    ledgers = tuple(ledgers)
    read = [*((ledger, specs) for ledger in ledgers), *held]
    steps = len(networks) + sum(len(ledger.entries) for ledger, _ in read)
    found = _Found(lambda done: progress("checking", done, steps))
    for network in networks:
        found.step()
        measured = Measured(network)
        try:
            claims = list(claims_of(network))
        except SpecError as error:
            found.add(error)
            continue
        for claim in claims:
            found.evaluate(claim, measured)
    for ledger, finds in read:
        found.ledger(ledger, finds)
    cases = found.settle(whole)
    progress("explaining what does not hold")
    left_out = tuple(left for ledger, _ in read for left in ledger.left_out)
    return Report(tuple(explained(cases, explain)), tuple(found.diagnostics), networks, left_out)


class _Found:
    """Cases and diagnostics as they are found."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self.tell = tell
        self.done = 0
        self.cases: list[Case] = []
        self.diagnostics: dict[Diagnostic, None] = {}  # each once, in order
        self.absent: dict[Any, list[tuple[int, Absent]]] = {}  # by the claim's place
        self.right: set[Any] = set()

    def step(self) -> None:
        """Another network or entry is looked at."""
        self.tell(self.done)
        self.done += 1

    def add(self, error: SpecError) -> None:
        self.diagnostics.update(dict.fromkeys(error.diagnostics))

    def ledger(self, ledger: Ledger, specs: Specs | None) -> None:
        """Every entry, about each network that it names."""
        if specs is None:
            from archc.audit.specs import Specs

            specs = Specs()
        self.diagnostics.update(dict.fromkeys(ledger.diagnostics))
        for entry in ledger.entries:
            self.step()
            with self.kept():
                self.entry(entry, ledger, specs)

    def entry(self, entry: Entry, ledger: Ledger, specs: Specs) -> None:
        claim, part = entry.claim, entry.part
        if part is None:
            _kind(claim)
            if specs.given is None:  # else it speaks of another system
                self.cases.append(without_spec(claim))
            return
        if not specs.is_given(part):
            specs.misspells_given(part, ledger.folder)
            return
        for measured in specs.find(part, ledger.folder):
            network = measured.network
            about = replace(claim, network=network.name, keys=without_network(claim.keys, network))
            other = next(specs.find(claim.to, ledger.folder)) if claim.to else None
            self.evaluate(about, measured, other)

    @contextmanager
    def kept(self) -> Generator[None, None, None]:
        try:
            yield
        except SpecError as error:
            self.add(error)

    def evaluate(self, claim: Claim, measured: Measured, other: Measured | None = None) -> None:
        place = _place(claim)
        try:
            self.cases.append(evaluate(claim, measured, other))
            self.right.add(place)
        except Absent as error:
            self.absent.setdefault(place, []).append((len(self.cases), error))
            self.cases.append(Case(claim, "not_evaluable", explanation=error.message))
        except SpecError as error:
            self.add(error)

    def settle(self, whole: bool) -> list[Case]:
        """The cases, without those whose subject is nowhere: of these there are diagnostics."""
        misplaced: set[int] = set()
        for place, found in self.absent.items():
            if whole and place not in self.right:
                self.add(SpecError([found[0][1].diagnostic]))
                misplaced.update(position for position, _ in found)
        return [case for i, case in enumerate(self.cases) if i not in misplaced]


class Absent(Exception):
    """The network has no such subject, or not this quantity of it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.message = diagnostic.message
        self.diagnostic = diagnostic


def explained(cases: Sequence[Case], explain: Explainer) -> list[Case]:
    """The cases with what the search found about them."""
    found = explain(cases)
    return [
        replace(case, verdict=found[i].verdict, explanation=found[i].text) if i in found else case
        for i, case in enumerate(cases)
    ]


def without_spec(claim: Claim) -> Case:
    """A claim about a system that has no spec: what is damaged cannot be read even so."""
    if claim.damaged:
        return Case(claim, "unreadable", explanation=claim.damaged)
    return Case(claim, "not_evaluable", explanation=NO_SPEC)


NO_SPEC = "no spec"
"""Why a claim on a system without a spec is not evaluable."""


def evaluate(claim: Claim, measured: Measured, other: Measured | None = None) -> Case:
    """One claim about one network; of a ratio, ``other`` is the network that it is to.

    Raises SpecError for a quantity or flag that does not exist, Absent where the network has not
    what it speaks of.
    """
    kind = _kind(claim)
    subject = _subject(claim, measured, claim.keys, claim.subject_span)
    flags = frozenset(claim.flags)
    try:
        value = _value(claim, kind, subject, flags)
        if claim.to is not None:
            assert other is not None
            keys = without_network(claim.to.keys, other.network)
            place = claim.to.subject_span or claim.to.span
            below = _value(claim, kind, _subject(claim, other, keys, place), flags)
            kind, value = ratio(kind, value, below)
    except NotEvaluable as error:
        return Case(claim, "not_evaluable", explanation=str(error), kind=kind, subject=subject)
    except WrongClaim as error:
        raise Absent(_wrong(claim, error.message, error.help, claim.span)) from None
    judgement = _judgement(claim, kind, value, flags)
    return Case(
        claim,
        judgement.verdict,
        kind.json(value),
        kind.text(value),
        judgement.note,
        value,
        kind,
        subject,
    )


def _subject(
    claim: Claim, measured: Measured, keys: tuple[str, ...], place: Span | None
) -> Subject:
    try:
        return find(measured, keys)
    except UnknownSubject as error:
        raise Absent(_wrong(claim, error.message, error.help, place)) from None


def _value(claim: Claim, kind: Kind, subject: Subject, flags: frozenset[str]) -> Any:
    return kind.reading(kind.bind(kind.compute(subject, flags), claim.bindings), flags)


def _judgement(claim: Claim, kind: Kind, value: Any, flags: frozenset[str]) -> Judgement:
    """The verdict: of a number that holds under a convention that the claim names, that it does."""
    try:
        if claim.damaged or DAMAGED in flags:
            raise Unreadable(claim.damaged or "damaged in the copy at hand")
        judgement = kind.judge(value, claim.text, flags)
    except Unreadable as error:
        return Judgement("unreadable", str(error))
    if judgement.verdict not in BECAME_TRUE or not (claim.convention or claim.implied):
        return judgement
    precision = "" if judgement.verdict == "exact" else judgement.verdict
    implied = "not printed, but implied" if claim.implied else ""
    notes = (implied, claim.convention, precision, judgement.note)
    return Judgement("convention", "; ".join(note for note in notes if note))


def _kind(claim: Claim) -> Kind:
    """The claim's quantity. Raises SpecError where there is none of the name, or not the flag."""
    try:
        kind = registry.load("archc.claims", claim.quantity)
    except KeyError:
        known = registry.names("archc.claims")
        help = did_you_mean(claim.quantity, known) or f"quantities are {', '.join(known)}"
        message = f"there is no quantity `{claim.quantity}`"
        raise SpecError([_wrong(claim, message, help, claim.quantity_span)]) from None
    if not isinstance(kind, Kind):
        message = f"the plugin `{claim.quantity}` is no quantity: {kind!r} is no Kind"
        raise SpecError([Diagnostic("plugin", message)])
    for flag in claim.flags:
        if flag not in kind.flags and flag != DAMAGED:
            known = sorted(kind.flags)
            listed = f"its flags are {', '.join(known)}" if known else "it has no flags"
            message = f"`{claim.quantity}` has no flag `{flag}`"
            help = did_you_mean(flag, known) or listed
            raise SpecError([_wrong(claim, message, help, claim.flags_span)])
    return kind


def _wrong(claim: Claim, message: str, help: str | None, span: Span | None) -> Diagnostic:
    span = span or claim.span
    notes = () if span else (f"in {claim.document}, {claim.where}",)
    return Diagnostic("claim", message, span, notes=notes, help=help)


def _place(claim: Claim) -> Any:
    """The same for one claim of a spec in all of its networks."""
    span = claim.span
    return (span.source.name, span.start, span.end) if span else claim
