"""What beginners write, each with a message of its own.

A function looks at the scene of an error and says what happened, or None. The first that speaks
is heard; where none does, :mod:`archc.language.errors` names what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archc.diagnostics import nearest
from archc.language.scene import KEYWORDS, Mistake, Scene
from archc.language.tokens import ARITHMETIC, OPENING, span_of

CHARACTERS = {
    **dict.fromkeys("'`‘’“”„«»", '"'),
    **dict.fromkeys("×✕⨯", "x"),
    **dict.fromkeys("→⟶⇒", "->"),
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("·∗⋅", "*"),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "÷": "/",
    "!": "not",
    "\\": "#",
    "\u00a0": " ",
    "…": "...",
}
_OPERATORS = {
    "=>": "`->` before a shape, `>=` to compare",
    ":=": "`name: layer` for a label, or `let name = value`",
    "**": "`^` for a power",
    "&&": "`and`",
    "&": "`and`",
    "<>": "`!=`",
    **dict.fromkeys(
        ("+=", "-=", "*=", "/=", "//=", "%=", "^="),
        "`let` with another name: a name keeps its value",
    ),
}
_DEFINERS = {
    **dict.fromkeys(("def", "fn", "func", "function"), "write `block name(width) { ... }`"),
    **dict.fromkeys(("class", "model"), "write `network name { ... }`"),
}
_LITERALS = frozenset(("INT", "FLOAT", "SIZE", "STRING", "LSQB", "LPAR"))
_NAMES = frozenset(("NAME", "AS", "ERRATUM"))
_LINES = frozenset(("IF", "FOR", "LET", "INPUT", "OUTPUT", "SHARE", "DEFAULT", "BLOCK"))


def find_mistake(scene: Scene) -> Mistake | None:
    """The mistake that has a message of its own, or None."""
    for look in _LOOKS:
        mistake = look(scene)
        if mistake:
            return mistake
    return None


# ---------------------------------------------------------------- lexical


def _bad_token(scene: Scene) -> Mistake | None:
    token = scene.token
    match token.type:
        case "BAD_STRING":
            return Mistake("this quote is not closed on its line", 'close it with `"`')
        case "BAD_OPERATOR":
            return Mistake(f"`{token}` is not of the language", f"write {_OPERATORS[str(token)]}")
        case "BAD_NUMBER":
            return _bad_number(str(token))
        case "POSITION" if scene.previous is None or scene.previous.end_pos != token.start_pos:
            return Mistake("a number begins with a digit", f"write `0{token}`")
        case "POSITION":
            return Mistake(
                "layers are read by their labels, not by their position",
                "give the line a label and read that",
            )
        case "SEMICOLON":
            return Mistake("`;` ends a line, and this one cannot end here")
        case _:
            return None


def _bad_number(text: str) -> Mistake:
    parts = text.replace("X", "x").split("x")
    if len(parts) > 1 and all(part.isdigit() for part in parts):
        return Mistake(f"`{text}` is not a size", f"write `{'x'.join(parts)}`, with a small x")
    if len(parts) > 1 and all(parts):
        return Mistake(
            f"`{text}` is not a size: a size is made of numbers and capital letters",
            f"with names write a list: `[{', '.join(parts)}]`",
        )
    return Mistake(f"`{text}` is neither a number nor a name", "a name does not begin with a digit")


# ---------------------------------------------------------------- `=` and `:`


def _equal(scene: Scene) -> Mistake | None:
    if scene.token.type != "EQUAL" or not scene.statement:
        return None
    name = scene.text(scene.statement)
    if scene.first in _NAMES and "COLON" in scene.accepts:
        return Mistake(
            "a label is followed by a colon",
            f"write `{name}: ...`, or `let {name} = ...` where it names a value",
        )
    if scene.first in _NAMES and not scene.open:
        return Mistake("a value is named with `let`", f"write `let {name} = ...`")
    if scene.first in ("INPUT", "OUTPUT") and "COLON" in scene.accepts:
        return Mistake("the name is followed by a colon", f"write `{name}: ...`")
    if "COMPARE" in scene.accepts or "AND" in scene.accepts:
        return Mistake("`=` does not compare", "write `==`")
    return None


def _colon(scene: Scene) -> Mistake | None:
    if scene.token.type != "COLON" or not scene.statement:
        return None
    last = scene.statement[-1]
    word = str(scene.statement[0])
    if last.type in KEYWORDS and len(scene.statement) == 1:
        fix = {
            "INPUT": "write `input image: 224x224x3`, or `input 224x224x3` without a name",
            "OUTPUT": "write `output name: ...`",
            "ELSE": "write `else { ... }`",
            "DEFAULT": "write `default conv same`, without a colon",
        }
        message = f"`{word}` is a word of the language, and cannot be a label"
        if last.type == "ELSE":
            message = "a body stands in braces"
        return Mistake(message, fix.get(last.type, "choose another label"))
    if scene.first in ("LET", "SHARE"):
        return Mistake(f"`{word}` takes `=`", f"write `{scene.text(scene.statement)} = ...`")
    if "LBRACE" in scene.accepts and scene.first in ("NETWORK", "BLOCK", "FOR", "IF", "VARIANTS"):
        return Mistake("a body stands in braces", "write `{ ... }`")
    if scene.first == "NAME" and scene.accepts <= {*_NAMES, "DOT", "POSITION"}:
        right = f'write `{word} params "..."`'
        return Mistake("a subject is followed by its quantities, without a colon", right)
    close = nearest(word, ("input", "output")) if scene.first == "NAME" else None
    if close and len(scene.statement) == 2:
        return Mistake(f"`{word}` is not of the language", f"did you mean `{close}`?")
    if len(scene.step) > 1 and last.type in _NAMES:
        return Mistake("an argument is given with `=`", f"write `{last}=...`")
    return None


def _missing_colon(scene: Scene) -> Mistake | None:
    if scene.first != "INPUT" or "COLON" not in scene.accepts or scene.previous is None:
        return None
    if scene.token.type not in ("SIZE", "INT", "NAME", "LSQB"):
        return None
    name = scene.text(scene.statement)
    return Mistake("an input's name is followed by a colon", f"write `{name}: ...`")


# ---------------------------------------------------------------- layers and arguments


def _after_comma(scene: Scene) -> Mistake | None:
    """What stands after a comma, where the next layer should."""
    if scene.previous is None or scene.previous.type != "COMMA" or "LBRACE" not in scene.accepts:
        return None
    token = scene.token
    if token.type == "FROM":
        return Mistake("`from` only starts a chain", "begin a new line with it")
    if token.type in _LITERALS:
        written = scene.text(scene.step)
        return Mistake(
            "a comma ends the layer, and the next one begins with its name",
            f"arguments follow without a comma: `{written} {'(...)' if token == '(' else token}`",
        )
    if token.type in _LINES:
        return Mistake(f"`{token}` starts a line of its own", "remove the comma before it")
    if token.type in ("NL", "RBRACE", "$END", "ARROW"):
        return Mistake(
            "a comma is followed by a layer",
            "remove the comma",
            span=span_of(scene.source, scene.previous),
        )
    return None


def _call(scene: Scene) -> Mistake | None:
    """``min(a, b)`` as an argument, ``conv(64)`` as a layer."""
    if scene.token.type != "CALL" or scene.previous is None:
        return None
    inner = _inside(scene)
    name = str(scene.previous)
    if len(scene.step) == 1 and "STAR" in scene.accepts:
        call = " ".join((name, *(part.strip() for part in inner.split(",") if part.strip())))
        return Mistake(
            "a layer's arguments follow its name after a space, without parentheses",
            f"write `{call}`",
        )
    return Mistake(
        "arithmetic stands in parentheses here, functions too", f"write `({name}({inner}))`"
    )


def _inside(scene: Scene) -> str:
    """The text in the parentheses that open here; an ellipsis where it is long or unclosed."""
    text, start = scene.source.text, span_of(scene.source, scene.token).end
    depth = 1
    for at in range(start, min(start + 60, len(text))):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0 and "\n" not in text[start:at]:
            return text[start:at].strip()
    return "..."


def _dash(scene: Scene) -> Mistake | None:
    """``conv-1: ...`` and ``network res-net``: a name with a dash in it."""
    token, previous = scene.token, scene.previous
    if token.type != "MINUS" or previous is None or previous.type != "NAME":
        return None
    named = scene.first in ("NETWORK", "BLOCK") and len(scene.statement) == 2
    if previous.end_pos != token.start_pos or not (named or len(scene.step) == 1):
        return None
    message = f"found `-` behind the name `{previous}`"
    return Mistake(message, "a name is made of the letters A to Z, digits and `_`")


def _times(scene: Scene) -> Mistake | None:
    """``conv 3*3 64`` and ``{ ... } x3``: a product for a size, a size's x for a repeat."""
    token, step = scene.token, scene.step
    if [t.type for t in step[-3:]] == ["INT", "STAR", "INT"] and token.type in ("INT", "SLASH"):
        window = f"{step[-3]}x{step[-1]}"
        return Mistake("`*` repeats a layer, and ends it", f"a window is written `{window}`")
    group = "STAR" in scene.accepts and not scene.statement  # after the `}` of a group
    if group and re.fullmatch("x[0-9]*", token):
        return Mistake("a repeat is written with `*`", f"write `* {token[1:] or 'n'}`")
    return None


def _operator(scene: Scene) -> Mistake | None:
    """Arithmetic among the arguments of a layer."""
    token, previous = scene.token, scene.previous
    if token.type not in ARITHMETIC | {"COMPARE"} or previous is None:
        if token in ("/", "//") and not scene.statement:
            return Mistake("a comment begins with `#`")
        return None
    if not scene.accepts & {"COMMA", "NL"} or "PLUS" in scene.accepts:
        return None
    if token.type == "PLUS" and len(scene.step) == 1:
        return Mistake("values are not added with `+`", "write `add { from a; from b }`")
    if token.type == "STAR" and any(t.type == "STAR" for t in scene.step):
        return Mistake("a layer is repeated once", "write the product as one count: `* (m * n)`")
    if token.type == "SLASH" and previous.type in _NAMES:
        return Mistake(
            "a stride follows only a window that is written out",
            "write `stride=...`",
        )
    return Mistake(
        f"arithmetic stands in parentheses here: `{token}` cannot follow an argument",
        f"write `({previous} {token} ...)`" if previous.type not in ("RPAR", "RSQB") else None,
    )


def _chained_comparison(scene: Scene) -> Mistake | None:
    if scene.token.type == "COMPARE" and "AND" in scene.accepts:
        return Mistake("comparisons do not chain", "write `a < b and b < c`")
    return None


def _assertion(scene: Scene) -> Mistake | None:
    """``->`` where it cannot stand, or something after the shape that it asserts."""
    if scene.token.type == "ARROW" and not scene.statement:
        return Mistake(
            "`->` ends the line whose shape it asserts", "put it at the end of the line before"
        )
    if scene.token.type == "ARROW" and scene.first in ("LET", "INPUT", "DEFAULT", "SHARE"):
        return Mistake(f"`->` asserts the shape of a line of layers, not of `{scene.statement[0]}`")
    ends = {"NL", "RBRACE", "$END"}
    if any(t.type == "ARROW" for t in scene.statement) and scene.accepts & ends:
        if scene.token.type in ARITHMETIC:
            return Mistake("arithmetic stands in a list here", "write `-> [H, W, 2 * C]`")
        if scene.token.type in ("COMMA", "ARROW", *_NAMES):
            return Mistake("an assertion ends its line", "go on in the next line")
    return None


def _comma(scene: Scene) -> Mistake | None:
    if scene.token.type == "COMMA" and scene.open and scene.open[-1].type == "LPAR":
        return Mistake("parentheses hold one value", "a list stands in brackets: `[a, b]`")
    if scene.first == "FROM" and "COMMA" in scene.accepts and scene.token.type in _NAMES:
        return Mistake(
            "a comma stands between `from` and the next layer",
            f"write `{scene.text(scene.statement)}, {scene.token} ...`",
        )
    return None


# ---------------------------------------------------------------- words, quotes, brackets


def _word(scene: Scene) -> Mistake | None:
    """A word of the language where a name could stand, or out of its place."""
    token = scene.token
    if token == "elif":
        return Mistake("`elif` is not of the language", "write `else if`")
    if token.type == "ELSE":
        return Mistake("this `else` has no `if` before it")
    if token.type in ("NETWORK", "IMPORT", "VARIANTS") and scene.open:
        return Mistake(f"`{token}` stands at the top of the file, not inside braces")
    if token.type == "FROM" and scene.statement:
        return Mistake("`from` only starts a chain", "begin a new line with it")
    if token.type in KEYWORDS and "NAME" in scene.accepts and "FOR" not in scene.accepts:
        return Mistake(
            f"`{token}` is a word of the language, and cannot be a name", "choose another name"
        )
    return None


def _outside(scene: Scene) -> Mistake | None:
    """A line of a body at the top of a file."""
    if scene.open or scene.statement or "NETWORK" not in scene.accepts:
        return None
    if scene.token in _DEFINERS:
        return Mistake(f"`{scene.token}` is not of the language", _DEFINERS[scene.token])
    close = nearest(str(scene.token), KEYWORDS.values()) if scene.token.type == "NAME" else None
    if close and str(scene.token) != close:
        return Mistake(f"`{scene.token}` is not of the language", f"did you mean `{close}`?")
    if scene.token.type in {"NAME", "LBRACE", "FROM", *_LINES}:
        return Mistake(
            "layers stand in a `network` or a `block`, not at the top of the file",
            "write `network name { ... }` around them",
        )
    return None


def _quotes(scene: Scene) -> Mistake | None:
    if "STRING" not in scene.accepts or scene.accepts & {"INT", "LBRACE"}:
        return None
    if scene.token.type not in ("NAME", "INT", "FLOAT", "SIZE"):
        return None
    if scene.first == "IMPORT":
        return Mistake("the file's name stands in quotes", f'write `import "{scene.token}.arch"`')
    what = "the source" if scene.first == "PUBLISHED" else "what the source prints"
    return Mistake(f"{what} stands in quotes", f'write `"{scene.token}"`')


def _closing(scene: Scene) -> Mistake | None:
    kind = scene.token.type
    if kind == "$END" and scene.open:
        return Mistake(f"the text ends before its `{scene.open[-1]}` is closed")
    if kind in ("RBRACE", "RPAR", "RSQB"):
        if not scene.open:
            return Mistake(f"there is nothing open that this `{scene.token}` closes")
        wanted = OPENING[scene.open[-1].type]
        if wanted != scene.token:
            return Mistake(f"found `{scene.token}` where `{wanted}` is still to come")
    return None


def _bar(scene: Scene) -> Mistake | None:
    if scene.token.type == "BAR":
        opened = (scene.open[-1].start_pos or 0) if scene.open else 0
        if scene.source.text[:opened].rstrip(" \t").endswith("configurations"):
            message = "this table of configurations is not read as one"
            return Mistake(message, "it ends with `}`, and has no braces inside")
        return Mistake("`|` only stands in a `variants` table", "alternatives are joined by `or`")
    return None


_LOOKS: tuple[Callable[[Scene], Mistake | None], ...] = (
    _bad_token,
    _closing,
    _equal,
    _colon,
    _missing_colon,
    _after_comma,
    _call,
    _assertion,
    _chained_comparison,
    _dash,
    _times,
    _operator,
    _comma,
    _word,
    _outside,
    _quotes,
    _bar,
)
