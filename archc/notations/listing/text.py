"""A listing's text: parsed by Python, with spans in characters, and mended where it is damaged.

A repair never moves a character: what is struck out becomes spaces, what is added stands at the
end, so that every span of the repaired text is one of the text as printed.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import cached_property
from itertools import pairwise

from archc.diagnostics import Diagnostic, Source, Span, SpecError, fail

MAX_REPAIRS = 40
MAX_LISTING = 500_000
"""Characters; of more, Python's parser alone takes seconds."""

MAX_BRACKETS = 90
"""Brackets within each other; Python's own parser stops at 200, and uses C stack for each."""


class Text:
    """A parsed listing: its tree, and where in the source a node of it stands."""

    def __init__(self, source: Source, code: str, remarks: list[Diagnostic]) -> None:
        self.source = source
        self.code = code
        self.remarks = remarks
        self.tree = _parse(source, code)

    @cached_property
    def _starts(self) -> list[int]:
        # Python ends a line at \r too, which archc's sources do not.
        return [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", self.code))]

    def offset(self, line: int, column: int) -> int:
        """The character at a line (from 1) and a column in UTF-8 bytes, as ``ast`` has them."""
        start = self._starts[min(line, len(self._starts)) - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.code)
        text = self.code[start:end]
        if not text.isascii():
            column = len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
        return min(start + column, len(self.source.text))

    def span(self, node: ast.AST) -> Span:
        """Where a node stands; all of the text for one that has no place."""
        line = getattr(node, "lineno", None)
        if line is None:
            return Span(self.source, 0, len(self.source.text))
        column: int = getattr(node, "col_offset", 0)
        end_line: int = getattr(node, "end_lineno", None) or line
        end_column: int = getattr(node, "end_col_offset", None) or column
        return Span(self.source, self.offset(line, column), self.offset(end_line, end_column))

    def statement(self, line: int) -> str:
        """The text of a line, counted from 1."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.code)
        return self.code[start:end].strip()


def parse(source: Source) -> Text:
    """The listing as it stands. Raises SpecError (``syntax``, ``too-large``)."""
    return Text(source, source.text, [])


def parse_repaired(source: Source) -> Text:
    """The listing with line numbers, literal line breaks and stray brackets mended, each with a
    remark. Raises SpecError where more is wrong."""
    code, remarks = _without_line_numbers(source)
    for _ in range(MAX_REPAIRS):
        try:
            return Text(source, code, remarks)
        except SpecError as error:
            mended = _mend(source, code, error.diagnostics[0])
            if mended is None:
                raise
            code, remark = mended
            remarks.append(remark)
    return Text(source, code, remarks)


def _parse(source: Source, code: str) -> ast.Module:
    if len(code) > MAX_LISTING:
        fail("too-large", None, f"{source.name} is longer than {MAX_LISTING:,} characters")
    _check_nesting(source, code)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the listing's escapes and comparisons
            return ast.parse(code)
    except SyntaxError as error:
        fail("syntax", _place(source, code, error), f"this is not Python: {_said(error)}")
    except ValueError as error:  # a null byte
        fail("syntax", None, f"{source.name} is not Python: {error}")
    except (RecursionError, MemoryError):
        fail("too-large", None, f"{source.name} is nested too deeply for Python's parser")


def _said(error: SyntaxError) -> str:
    return (error.msg or "invalid syntax").replace("\n", " ")


def _place(source: Source, code: str, error: SyntaxError) -> Span:
    starts = [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", code))]
    line = min(max(error.lineno or 1, 1), len(starts))
    start = starts[line - 1]
    end = len(code) if line == len(starts) else starts[line]
    at = min(start + max((error.offset or 1) - 1, 0), max(end - 1, start), len(source.text))
    return Span(source, at, min(at + 1, len(source.text)))


def _check_nesting(source: Source, code: str) -> None:
    """Refuse what would take Python's parser deep: brackets, and runs of prefix operators."""
    depth = 0
    for match in re.finditer(r"[(\[{]|[)\]}]", code):
        depth = depth + 1 if match.group() in "([{" else max(depth - 1, 0)
        if depth > MAX_BRACKETS:
            span = Span(source, match.start(), min(match.end(), len(source.text)))
            fail("too-large", span, f"brackets are nested deeper than {MAX_BRACKETS}")
    run = re.search(r"(?:[-+~]\s*|\bnot\s+|\bawait\s+|\blambda\s*:\s*){200}", code)
    if run is not None:
        span = Span(source, run.start(), run.start() + 1)
        fail("too-large", span, "operators are nested deeper than 200")


# ---------------------------------------------------------------- repairs


def _repaired(source: Source, start: int, end: int, message: str) -> Diagnostic:
    last = len(source.text)
    span = Span(source, min(start, last), min(end, last))
    return Diagnostic("repaired", message, span, severity="remark")


def _without_line_numbers(source: Source) -> tuple[str, list[Diagnostic]]:
    """``7 model.add(...)`` without its number, where the lines are numbered one by one."""
    lines = source.text.splitlines(keepends=True)
    found = [re.match(r"[ \t]*(\d{1,4})(?=[ \t]|$)", line) for line in lines]
    numbers = [(i, m) for i, m in enumerate(found) if m is not None]
    written = sum(1 for line in lines if line.strip())
    steps = [int(b.group(1)) - int(a.group(1)) for (_, a), (_, b) in pairwise(numbers)]
    if len(numbers) < 3 or len(numbers) < written or any(step != 1 for step in steps):
        return source.text, []
    for i, match in numbers:
        line = lines[i]
        rest = line[match.end() :]
        # One space parts number and code; what is more is the code's own indentation.
        lines[i] = _blank(line[: match.end()], rest)
    start = len("".join(lines[: numbers[0][0]]))
    message = f"the lines are numbered from {numbers[0][1].group(1)}: the numbers are left out"
    return "".join(lines), [_repaired(source, start, start + numbers[0][1].end(), message)]


def _blank(number: str, rest: str) -> str:
    """A line whose number is struck out. Its code keeps its place if it can: within brackets and
    in a listing without blocks indentation means nothing, so a form feed, which resets Python's
    count of columns, stands in the number's place."""
    return "\f" * len(number) + ("\f" + rest[1:] if rest[:1] in (" ", "\t") else rest)


def _mend(source: Source, code: str, wrong: Diagnostic) -> tuple[str, Diagnostic] | None:
    """The text with one thing mended, and the remark; None where nothing known is wrong."""
    if wrong.span is None or wrong.code != "syntax":
        return None
    at, message = wrong.span.start, wrong.message
    if "unmatched" in message or "does not match" in message:
        if at >= len(code) or code[at] not in ")]}":
            return None
        return _struck(source, code, at, at + 1, f"a `{code[at]}` that closes nothing")
    if "continuation character" in message or "unexpected character" in message:
        found = re.compile(r"\\n").search(code, max(0, at - 2))
        if found is not None:
            return _struck(source, code, found.start(), found.end(), "a line break written `\\n`")
    closed = re.search(r"'(.)' was never closed", message)
    if closed is not None:
        other = {"(": ")", "[": "]", "{": "}"}[closed.group(1)]
        remark = _repaired(
            source,
            at,
            at + 1,
            f"`{closed.group(1)}` is never closed: read as if `{other}` stood at the end",
        )
        return code + other, remark
    return None


def _struck(source: Source, code: str, start: int, end: int, what: str) -> tuple[str, Diagnostic]:
    remark = _repaired(source, start, end, f"{what} is left out")
    return code[:start] + " " * (end - start) + code[end:], remark
