"""Angle brackets that do not match, and the balanced reading that is nearest.

Listings on slides lose brackets: the closing ones at the end are left off, each line is closed by
itself (``con<96,11,11,4,4,>``), or one is lost from a row of many. Since in dlib's templates the
network below is always the last argument, what is missing belongs at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archc.diagnostics import Diagnostic, Label, Span, fail
from archc.notations.dlib.tokens import Token, joined


@dataclass(frozen=True, slots=True)
class Edit:
    """What a balanced reading puts in at, or leaves out of, a place; ``why`` in words."""

    span: Span
    insert: str
    why: str
    opened: Span | None = None

    @property
    def what(self) -> str:
        return f"`{self.insert}` put in" if self.insert else f"`{_short(self.span.text)}` left out"


def balance(tokens: list[Token], ends: bool) -> tuple[list[Token], list[Edit]]:
    """The tokens of an expression as a balanced reading has them, and what was changed.

    ``ends`` says that a semicolon or the end of the text follows; else one is put in.
    """
    rest, edits = _after_input(tokens)
    tokens = rest if edits else tokens
    result: list[Token] = []
    opened: list[Token] = []
    parentheses = 0
    for token in tokens:
        last = result[-1] if result else None
        if token.text in "()" and token.kind == "sign":
            parentheses += 1 if token.text == "(" else -1
        elif token.text == "<" and not parentheses and last is not None:
            opened.append(last)
        elif token.text == ">" and not parentheses:
            if last is not None and last.text == ",":
                why = "it closes a template after a comma, where its last argument should stand"
                edits.append(Edit(token.span, "", why))
                continue
            if not opened:
                edits.append(Edit(token.span, "", "there is no template left that it could close"))
                continue
            opened.pop()
        elif _comma_lost(last, token, opened):
            assert last is not None
            at = Span(token.span.source, last.span.end, last.span.end)
            edits.append(Edit(at, ",", f"`{last.text}` and `{token.text}` are two arguments"))
            result.append(Token("sign", ",", at))
        result.append(token)
    _close(result, opened, edits)
    if result and not ends:
        end = Span(result[-1].span.source, result[-1].span.end, result[-1].span.end)
        edits.append(Edit(end, ";", "a declaration ends with it"))
    return result, edits


def _close(result: list[Token], opened: list[Token], edits: list[Edit]) -> None:
    if not opened or not result:
        return
    end = Span(result[-1].span.source, result[-1].span.end, result[-1].span.end)
    first = opened[0]
    why = f"the templates from `{first.text}<` on are not closed"
    if len(opened) == 1:
        why = f"`{first.text}<` is not closed"
    edits.append(Edit(end, ">" * len(opened), why, first.span))
    result += [Token("sign", ">", end)] * len(opened)


def _comma_lost(last: Token | None, token: Token, opened: list[Token]) -> bool:
    """Whether two arguments stand side by side: ``1 relu<``."""
    return (
        bool(opened)
        and last is not None
        and token.kind == "name"
        and not token.member
        and (last.kind == "integer" or last.text == ">")
    )


def _after_input(tokens: list[Token]) -> tuple[list[Token], list[Edit]]:
    """What follows an input that stands before the layers; an edit if another is below them."""
    depth = 0
    if not tokens or not tokens[0].text.startswith("input"):
        return [], []
    for i, token in enumerate(tokens):
        depth += (token.text == "<") - (token.text == ">")
        if depth == 0 and i > 0:
            rest = tokens[i + 1 :]
            if not rest or rest[0].kind != "name":
                return [], []
            if not any(t.text.startswith("input") for t in rest):
                return rest, []
            why = "an input is the innermost template, and another stands there"
            return rest, [Edit(tokens[0].span.to(token.span), "", why)]
    return [], []


def explain(edits: list[Edit], balanced: list[Token], sound: bool) -> Diagnostic:
    """The error for an expression that does not balance, with the reading that would; ``sound``
    says that it is one."""
    first = edits[0]
    return Diagnostic(
        "syntax",
        _message(first),
        _visible(first.span),
        "missing here" if first.insert else "surplus",
        (Label(first.opened, "opened here"),) if first.opened else (),
        tuple(_changes(edits)) if len(edits) > 1 else (),
        f"a balanced reading ends `{_tail(balanced)}`; `--repair` reads it so" if sound else None,
    )


def repaired(edits: list[Edit], balanced: list[Token]) -> Diagnostic:
    """The remark that an expression was read otherwise than it stands."""
    message = f"brackets that do not match were repaired: this ends `{_tail(balanced)}`"
    span = _visible(edits[-1].span)
    return Diagnostic("repaired", message, span, notes=tuple(_changes(edits)), severity="remark")


def _changes(edits: list[Edit]) -> Iterator[str]:
    """What is changed, and where, a line for each reason."""
    for why in dict.fromkeys(edit.why for edit in edits):
        same = [edit for edit in edits if edit.why == why]
        places = [f"{edit.span.line}:{edit.span.column}" for edit in same]
        shown = ", ".join(places[:4])
        more = f" and {len(places) - 4} more" if len(places) > 4 else ""
        yield f"{same[0].what} at {shown}{more}: {why}"


def check_order(tokens: list[Token]) -> None:
    """Raise where an input stands before the layers, and none below them."""
    rest, edits = _after_input(tokens)
    if edits or not rest:
        return
    fail(
        "syntax",
        tokens[0].span,
        "the input stands before the layers: dlib nests them from the output to the input",
        caret="this is the innermost template",
        labels=[Label(rest[0].span, "this is above it in the network")],
    )


def _message(edit: Edit) -> str:
    count = len(edit.insert)
    if edit.insert.startswith(">"):
        return f"{count} `>` {'is' if count == 1 else 'are'} missing: {edit.why}"
    if edit.insert:
        return f"a `{edit.insert}` is missing: {edit.why}"
    return f"`{_short(edit.span.text)}` is too many: {edit.why}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def _visible(span: Span) -> Span:
    """A place between two characters, as the character before it."""
    return span if span.end > span.start else Span(span.source, max(span.start - 1, 0), span.end)


def _tail(balanced: list[Token]) -> str:
    opened = [i - 1 for i, token in enumerate(balanced) if token.text == "<"]
    start = opened[-2] if len(opened) >= 2 else 0
    text = joined(balanced[start:])
    return text if len(text) <= 80 else f"…{text[-79:]}"
