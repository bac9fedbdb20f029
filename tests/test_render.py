"""Diagnostics as people see them, and as data."""

from __future__ import annotations

import json

from archc.diagnostics import Diagnostic, Label, Source, Span
from archc.diagnostics.render import MAX_WIDTH, render, to_json

TEXT = "network n {\n    input image: 8x8x3\n    conv 3x3 64 relu\n}\n"
SOURCE = Source("small.arch", TEXT)


def span(piece: str, source: Source = SOURCE) -> Span:
    start = source.text.index(piece)
    return Span(source, start, start + len(piece))


def test_all_parts() -> None:
    diagnostic = Diagnostic(
        "argument",
        "`relu` is a layer",
        span("relu"),
        "here",
        (Label(span("conv"), "of this"), Label(span("image"), "reads this")),
        ("a note",),
        "a comma is missing",
    )
    assert render(diagnostic).split("\n") == [
        "small.arch:3:17: error[argument]: `relu` is a layer",
        "  |",
        "3 |     conv 3x3 64 relu",
        "  |                 ^^^^ here",
        "  |     ---- of this",
        "2 |     input image: 8x8x3",
        "  |           ----- reads this",
        "  = note: a note",
        "  = help: a comma is missing",
    ]


def test_without_a_place() -> None:
    assert render(Diagnostic("plugin", "broken", help="mend it")).split("\n") == [
        "error[plugin]: broken",
        "  = help: mend it",
    ]


def test_colour_is_only_added() -> None:
    diagnostic = Diagnostic("shape", "no", span("conv"), help="why")
    coloured = render(diagnostic, colour=True)
    assert "\x1b[1;31merror[shape]\x1b[0m" in coloured
    plain = coloured
    for code in ("1;31", "1;32", "1", "34", "36", "0"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == render(diagnostic)


def test_the_caret_stands_under_what_is_wrong() -> None:
    for before in ("", "\t", "漢字 ", "e\u0301 ", "a" * 300):
        source = Source("x", f"{before}wrong{'b' * 300}")
        lines = render(Diagnostic("syntax", "no", span("wrong", source))).split("\n")
        shown, carets = lines[2], lines[3]
        assert len(shown) <= MAX_WIDTH + 8
        wide = {"漢字 ": 2, "e\u0301 ": -1}.get(before, 0)
        at = carets.index("^") - wide
        assert shown[at : at + 5] == "wrong"
        assert carets.count("^") == 5


def test_a_place_at_the_end_has_a_caret() -> None:
    source = Source("x", "let x =")
    lines = render(Diagnostic("syntax", "no", Span(source, 7, 7))).split("\n")
    assert lines[0].startswith("x:1:8: ")
    assert lines[3] == "  |        ^"


def test_several_lines_are_marked_in_their_first() -> None:
    lines = render(Diagnostic("syntax", "no", Span(SOURCE, 0, len(TEXT)))).split("\n")
    assert lines[2:] == ["1 | network n {", "  | ^^^^^^^^^^^"]


def test_nothing_reaches_the_terminal_that_it_would_obey() -> None:
    source = Source("a\x1b[2Jb\n", 'import "\x1b]0;title\x07\u202e"')
    diagnostic = Diagnostic(
        "import", "no \x1b[1mfile", Span(source, 0, 20), "\x07", notes=("\r",), help="\x9b1m"
    )
    shown = render(diagnostic)
    assert not any(ord(character) < 32 and character != "\n" for character in shown)
    assert not {"\x7f", "\x9b", "\u202e"} & set(shown)
    assert shown.count("\n") == 5


def test_another_file_is_named() -> None:
    other = Source("vgg.arch", "network vgg { relu }")
    label = Label(span("vgg", other), "called here")
    lines = render(Diagnostic("shape", "no", span("conv"), labels=(label,))).split("\n")
    assert lines[4] == "  --> vgg.arch:1:9"
    assert lines[5:] == ["1 | network vgg { relu }", "  |         --- called here"]


def test_data() -> None:
    label = Label(span("image"), "reads this")
    diagnostic = Diagnostic("shape", "no", span("conv 3x3"), "caret", (label,), ("n",), "h")
    data = json.loads(json.dumps(to_json(diagnostic)))
    assert data == {
        "code": "shape",
        "message": "no",
        "file": "small.arch",
        "line": 3,
        "column": 5,
        "end_line": 3,
        "end_column": 13,
        "caret": "caret",
        "labels": [
            {
                "text": "reads this",
                "file": "small.arch",
                "line": 2,
                "column": 11,
                "end_line": 2,
                "end_column": 16,
            }
        ],
        "notes": ["n"],
        "help": "h",
    }
    assert to_json(Diagnostic("plugin", "no"))["file"] is None
