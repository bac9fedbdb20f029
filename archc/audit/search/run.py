"""The search over all cases of a check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archc.audit.explain import Explanation
from archc.audit.search.items import groups
from archc.audit.search.select import Selection
from archc.audit.search.words import kinds, line, status, verdict

if TYPE_CHECKING:
    from archc.audit.report import Case


def search(cases: Sequence[Case]) -> dict[int, Explanation]:
    """Explanations of the claims that do not hold, by the case's position.

    A claim that holds if digits are cut off has one where a declared variant explains it better.
    """
    found: dict[int, Explanation] = {}
    for group in groups(cases):
        if not group.open and not group.cut:
            continue
        selection = Selection(group)
        for each in selection.run():
            limited = selection.limited(each.item)
            text = line(each, selection.ways, limited)
            found[each.item.position] = Explanation(
                verdict(each), text, status(each), kinds(each), each.score
            )
    return found
