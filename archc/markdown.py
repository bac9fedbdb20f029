"""Text for Markdown, GitHub's flavour: it formats nothing, mentions nobody and links nowhere."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")


def escape(text: str) -> str:
    """Text as Markdown shows it, in a paragraph or in a table's cell."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SPECIAL.sub(r"\\\1", text.replace("#", "&#35;"))
    # Neither a mention nor a bare address becomes a link.
    return text.replace("@", "&#64;").replace("://", ":&#47;&#47;").replace("www.", "www&#46;")


def code(text: str) -> str:
    """Text as a code span, in a table's cell as well."""
    text = printable(text)
    if not text.strip():
        return escape(text)
    if "|" in text:  # a cell's end, even in a code span, unless it is escaped
        return escape(text)
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def printable(text: str) -> str:
    """On one line, without what would move a terminal's cursor."""
    if text.isprintable():  # nearly always
        return text
    return "".join(c if c.isprintable() else "?" for c in text)
