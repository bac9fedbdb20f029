"""The summary of a network: what ``archc show`` and ``archc build`` print, in each of its forms."""

from archc.show.data import SCHEMA, plain, to_json
from archc.show.forms import (
    family_to_csv,
    family_to_latex,
    family_to_markdown,
    to_csv,
    to_latex,
    to_markdown,
)
from archc.show.html import to_html
from archc.show.sheet import MANY_LAYERS, Layout, field_texts
from archc.show.text import family_table, to_text_table

__all__ = [
    "MANY_LAYERS",
    "SCHEMA",
    "Layout",
    "family_table",
    "family_to_csv",
    "family_to_latex",
    "family_to_markdown",
    "field_texts",
    "plain",
    "to_csv",
    "to_html",
    "to_json",
    "to_latex",
    "to_markdown",
    "to_text_table",
]
