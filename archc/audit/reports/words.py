"""What is said of a case, in the same words in every report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from archc.audit.claim import Claim
from archc.audit.report import BECAME_TRUE, Case
from archc.audit.verdicts import CONTRADICTS, Verdict
from archc.markdown import printable as printable

Standing = Literal["disputed", "erratum", "if", "holds", "unknown"]
"""How a printed number stands, most serious first: against the spec, wrong and known to be,
right in a way of counting that is named, right, or nothing can be said."""

STANDINGS: Mapping[Standing, str] = {
    "disputed": "does not hold",
    "erratum": "known erratum",
    "if": "holds if …",
    "holds": "holds",
    "unknown": "open: unreadable, or not evaluable",
}

WORDS: Mapping[Verdict, tuple[str, str]] = {
    "exact": ("holds", ""),
    "rounds": ("holds as rounded", ""),
    "truncates": ("holds as truncated", ""),
    "convention": ("holds if", ""),
    "variant": ("holds if", ""),
    "contradicted_explained": ("does not hold", "most likely"),
    "contradicted": ("does not hold", "unexplained"),
    "unreadable": ("unreadable", ""),
    "not_evaluable": ("cannot be evaluated", ""),
}
"""Each verdict in words, and what leads to the explanation."""

_STANDS: Mapping[Verdict, Standing] = {
    "exact": "holds",
    "rounds": "holds",
    "truncates": "holds",
    "convention": "if",
    "variant": "if",
    "contradicted_explained": "disputed",
    "contradicted": "disputed",
    "unreadable": "unknown",
    "not_evaluable": "unknown",
}


def became_true(case: Case) -> bool:
    """Whether the claim is an erratum whose number holds after all."""
    return case.claim.erratum is not None and case.verdict in BECAME_TRUE


def is_erratum(case: Case) -> bool:
    """Whether the number is wrong and known to be."""
    return case.claim.erratum is not None and case.verdict in CONTRADICTS


def standing(case: Case) -> Standing:
    if became_true(case):
        return "disputed"
    return "erratum" if is_erratum(case) else _STANDS[case.verdict]


def word(case: Case) -> str:
    """The verdict in a few words; :func:`reason` goes on."""
    if became_true(case):
        return "no longer an erratum"
    return "known erratum" if is_erratum(case) else WORDS[case.verdict][0]


def reason(case: Case) -> str:
    """What goes on after :func:`word`: ``most likely: ...``; may be nothing."""
    if became_true(case):
        return _joined(WORDS[case.verdict][0], case.explanation)
    return _joined(_taken_as(case), _cause(case))


def _cause(case: Case) -> str:
    found = case.explanation
    lead = WORDS[case.verdict][1]
    if case.verdict == "contradicted":
        if is_erratum(case):  # the erratum itself says why
            return "" if found.startswith(NOTHING) else found
        if found.startswith((NOTHING, WEAK)):
            lead = ""
    return ": ".join(filter(None, (lead, found)))


def _taken_as(case: Case) -> str:
    """The number that does not hold, where what is printed does not show it."""
    claim = case.claim
    if claim.read is None or case.verdict not in CONTRADICTS:
        return ""
    return f"{claim.read} is implied" if claim.implied else f"read as {claim.read}"


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


NOTHING, WEAK = "unexplained", "possible, weak"
"""How the search begins where it found nothing, and where it found too little."""


def sentence(case: Case) -> str:
    """The verdict and why, in one line."""
    why = reason(case)
    if not why:
        return word(case)
    if case.verdict in BECAME_TRUE and not became_true(case):
        return f"{word(case)} ({why})"
    return f"{word(case)}{'; ' if WORDS[case.verdict][1] else ': '}{why}"


def needs_attention(case: Case, fail_on: Collection[str] = ()) -> bool:
    """Whether someone should look: it fails, does not hold, or cannot be evaluated."""
    return case.fails(fail_on) or case.verdict in CONTRADICTS or case.verdict == "not_evaluable"


# ---------------------------------------------------------------- documents and places


def source_of(claim: Claim) -> str:
    """The document. In specs a place may follow, after the first comma outside of parentheses."""
    return claim.document if is_placed(claim) else _split(claim.document)[0]


def place_of(claim: Claim) -> str:
    """Where in the document the number stands, as far as the claim says so."""
    return claim.where if is_placed(claim) else _split(claim.document)[1]


def is_placed(claim: Claim) -> bool:
    """Whether ``where`` is a place in the document, as in ledgers; else it is the spec's line."""
    return claim.where != claim.at


def _split(document: str) -> tuple[str, str]:
    depth = 0
    for i, character in enumerate(document):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth <= 0:
            return document[:i].strip(), document[i + 1 :].strip()
    return document.strip(), ""


def quantity_of(claim: Claim) -> str:
    """``params nobias``; of a ratio what it is to."""
    words = " ".join((claim.quantity, *claim.flags))
    if claim.to is None:
        return words
    other = " ".join(filter(None, (claim.to.spec, *claim.to.variants, claim.to.subject)))
    return f"{words} to {other}'s"
