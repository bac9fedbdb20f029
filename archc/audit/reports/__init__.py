"""One result in five forms: text, JSON, Markdown, JUnit XML and an HTML page.

words       what is said of a case, the same in every form
fold        the same claim about several variants, once
scoreboard  how many claims have which verdict, by document and by network
text, json, markdown, junit, html   the forms; each is imported only when it is written
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from archc.audit.check import Report
    from archc.diagnostics import Diagnostic

Form = Literal["text", "json", "markdown", "junit", "html"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True)
class Options:
    """What a report is to show.

    ``fail_on`` as in :meth:`archc.audit.check.Case.fails`; ``errors`` are diagnostics beside the
    report's own, of specs that do not compile. The rest is for text: ``full`` lists every claim,
    else the scoreboard and what needs attention; ``quotes`` quotes the document for each.
    """

    fail_on: Collection[str] = ()
    errors: Sequence[Diagnostic] = ()
    colour: bool = False
    width: int = 100
    full: bool = True
    quotes: bool = False


def render(report: Report, form: Form, options: Options | None = None) -> str:
    """The report in one of its forms, ending with a line end."""
    options = options or Options()
    if form == "text":
        from archc.audit.reports.text import to_text

        return to_text(report, options)
    if form == "json":
        from archc.audit.reports.json import json_text

        return json_text(report, options)
    if form == "markdown":
        from archc.audit.reports.markdown import to_markdown

        return to_markdown(report, options)
    if form == "junit":
        from archc.audit.reports.junit import to_junit

        return to_junit(report, options)
    from archc.audit.reports.html import to_html

    return to_html(report, options)
