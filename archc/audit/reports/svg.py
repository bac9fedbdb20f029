"""Graphviz's SVG for a page that has many of them: the same picture in half of the bytes."""

from __future__ import annotations

import re
from html import escape

FONTS = "Arial,Helvetica,Liberation Sans,sans-serif"
"""Graphviz has measured the texts in Arial; it says so for each, the page once."""

INK = "#1f2933"
"""The colour of most texts."""

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NAME = re.compile(r"<title>[^<]*</title>")  # Graphviz's own names of boxes
_SPARE = re.compile(r' (?:id|class|font-family|xml:space|text-anchor)="[^"<>]*"')
_USUAL = re.compile(rf' (?:font-size="12\.00"|fill="{INK}")')
_TAG = re.compile(r"<[^>]*>")
_TEXT = re.compile(r"<text[^>]*>")
_GEOMETRY = re.compile(r' (?:d|points|x|y)="[^"]*"')
_DECIMAL = re.compile(r"-?\d*\.\d+")
_ROUNDED = re.compile(r'<path ((?!fill="none")[^>]*) d="M([^"]*)"/>')


def compact(svg: str, title: str) -> str:
    """An SVG of Graphviz as an element of a page, named by its title.

    Boxes become rectangles, lengths keep a tenth of a point, and what is said of every text is
    said once.
    """
    svg = _NAME.sub("", _COMMENT.sub("", svg[svg.index("<svg") :]))
    svg = _TAG.sub(_tag, svg)
    svg = _ROUNDED.sub(_rectangle, svg)
    inner, last, end = svg.replace("<g>", "").rpartition("</g>")  # of the one with attributes
    svg = inner.replace("</g>", "") + last + end
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    head = (
        f'<svg role="img" aria-label="{escape(title)}" font-family="{FONTS}" font-size="12" '
        f'text-anchor="middle" fill="{INK}" '
    )
    return svg.replace("<svg ", head, 1).strip()


def _tag(match: re.Match[str]) -> str:
    tag = match[0]
    if tag.startswith("<text"):
        start = ' text-anchor="start"' if 'text-anchor="start"' in tag else ""
        tag = _USUAL.sub("", _SPARE.sub("", tag)).replace("<text", f"<text{start}", 1)
    elif not tag.startswith("<a"):  # whose title may say anything
        tag = _SPARE.sub("", tag)
    return _GEOMETRY.sub(lambda found: _DECIMAL.sub(_tenth, found[0]), tag)


def _tenth(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0")


def _rectangle(match: re.Match[str]) -> str:
    """A path around a box with round corners as a rectangle; another path as it is."""
    points = [tuple(map(float, p.split(","))) for p in re.findall(r"[-\d.]+,[-\d.]+", match[2])]
    if len(points) != 25 or points[0] != points[-1]:
        return match[0]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    radius = abs(points[0][0] - min(xs))
    radius = min(radius, abs(max(xs) - points[0][0]))
    size = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys), radius]
    x, y, width, height, r = (f"{value:.1f}".removesuffix(".0") for value in size)
    return f'<rect {match[1]} x="{x}" y="{y}" width="{width}" height="{height}" rx="{r}"/>'
