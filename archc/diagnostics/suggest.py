"""The nearest right name to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None where nothing is close."""
    from difflib import get_close_matches

    candidates = list(dict.fromkeys(known))
    folded = {c.casefold(): c for c in candidates}
    if name.casefold() in folded:
        return folded[name.casefold()]
    matches = get_close_matches(name, candidates, n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """``did you mean `conv`?``, or None where nothing is close."""
    match = nearest(name, known)
    return f"did you mean `{match}`?" if match else None
