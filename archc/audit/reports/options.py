"""The forms of a report, and what is chosen about one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic

Form = Literal["text", "json", "markdown", "junit", "html"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True)
class Options:
    """What a report is to show.

    ``fail_on`` as in :meth:`archc.audit.report.Case.fails`; ``errors`` are diagnostics beside the
    report's own, of specs that do not compile. The rest is for text: ``full`` lists every claim,
    else the scoreboard and what needs attention; ``quotes`` quotes the document for each.
    """

    fail_on: Collection[str] = ()
    errors: Sequence[Diagnostic] = ()
    colour: bool = False
    width: int = 100
    full: bool = True
    quotes: bool = False
