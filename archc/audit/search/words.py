"""What was found, in one line with the arithmetic that a person can check."""

from __future__ import annotations

from archc.audit.explain import Status
from archc.audit.search.items import Fit, Item
from archc.audit.search.readings import Binary, Times, shown
from archc.audit.search.select import Found
from archc.audit.search.ways import Change, Changes, Ways
from archc.audit.verdicts import Verdict

LEVEL: tuple[Verdict, ...] = ("convention", "variant", "contradicted_explained")
"""Of several changes' verdicts the last of these is the claim's: a wrong source outweighs all."""


def verdict(found: Found) -> Verdict:
    """The verdict that a finding gives; what is not accepted leaves the claim contradicted."""
    if found.status == "derived":
        return "contradicted_explained"
    if found.status not in ("found", "variant"):
        return "contradicted"
    verdicts: list[Verdict] = [change.verdict for change in found.way]
    return max(verdicts, key=LEVEL.index)


def status(found: Found) -> Status:
    """Whether a finding is accepted."""
    if found.status in ("weak", "nothing"):
        return found.status
    return "found"


def kinds(found: Found) -> tuple[str, ...]:
    """The kinds of the changes that explain a claim."""
    if found.derivation is not None and verdict(found) == "contradicted_explained":
        return (found.derivation.kind,)
    return tuple(change.kind for change in found.way)


def line(found: Found, ways: Ways, limited: bool = False) -> str:
    """The finding in one line."""
    text = _line(found, ways)
    return f"{text}; the search was cut short at its limit" if limited else text


def _line(found: Found, ways: Ways) -> str:
    item = found.item
    match found.status:
        case "derived":
            assert found.derivation is not None
            return found.derivation.text
        case "variant":
            prediction = ways.predict(item, ())
            assert prediction is not None
            text = told(item, found.way, ways)
            return f"{text}; or {item.measured.network.name}'s {shown(item, prediction)}, cut off"
        case "found" | "weak":
            return _explained(found, ways)
        case _:
            return _unexplained(found, ways)


def _explained(found: Found, ways: Ways) -> str:
    item = found.item
    text = told(item, found.way, ways)
    if found.derivation is not None and verdict(found) == "contradicted_explained":
        text = f"{found.derivation.text}; {text}"
    if found.rivals:
        others = "; or ".join(told(item, way, ways) for way in found.rivals)
        text = f"ambiguous: {text}; or {others}"
    return f"possible, weak: {text}" if found.status == "weak" else text


def _unexplained(found: Found, ways: Ways) -> str:
    item = found.item
    text = "unexplained"
    if found.way:
        text += f"; read as the claims around it: {told(item, found.way, ways)}"
    if found.derivation is not None:
        text += f"; {found.derivation.text}"
    elif found.nearest:
        text += f"; nearest: {told(item, found.nearest, ways)}"
    return text


def told(item: Item, way: Changes, ways: Ways) -> str:
    """Changes one after the other, each with what it makes of the number."""
    parts: list[str] = []
    done: Changes = ()
    for change in sorted(way, key=_order):
        before, after = ways.predict(item, done), ways.predict(item, (*done, change))
        done = (*done, change)
        if before is not None and after is not None:
            parts.append(change.text(item, before, after))
    fit = ways.fit(item, done)
    prediction = ways.predict(item, done)
    if not parts and prediction is not None:
        parts.append(shown(item, prediction))
    return "; ".join(parts) + (_read(item, fit) if fit else "")


def _order(change: Change) -> int:
    if change.structural:
        return 0
    return 3 if isinstance(change, Binary) else 2 if isinstance(change, Times) else 1


def _read(item: Item, fit: Fit) -> str:
    """How the digits were read, where not all of them were rounded."""
    fewer = any(fit.interval.digits < item.strict(binary).digits for binary in (False, True))
    digits = f", read to {fit.interval.digits} digits" if fewer else ""
    return (", cut off" if fit.cut else "") + digits
