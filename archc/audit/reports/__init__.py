"""One result in five forms: text, JSON, Markdown, JUnit XML and an HTML page.

words       what is said of a case, the same in every form
fold        the same claim about several variants, once
scoreboard  how many claims have which verdict, by document and by network
text, json, markdown, junit, html   the forms; each is imported only when it is written
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archc.audit.reports.options import FORMS, Form, Options

if TYPE_CHECKING:
    from archc.audit.report import Report
__all__ = ["FORMS", "Form", "Options", "render"]


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
