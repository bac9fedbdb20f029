"""Syntax errors in the language's words: what was seen, what was expected, what would be right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from lark import Token, UnexpectedCharacters, UnexpectedInput

from archc.diagnostics import Diagnostic, Label, Source, Span, SpecError, fail
from archc.language.mistakes import CHARACTERS, find_mistake
from archc.language.scene import KEYWORDS, Mistake, Scene
from archc.language.tokens import ARITHMETIC, CLOSING, OPENING, Tokens, span_of

_ITEMS = frozenset(("IMPORT", "NETWORK", "VARIANTS"))
_STATEMENTS = frozenset(("INPUT", "OUTPUT", "SHARE", "FOR"))
_VALUES = frozenset(("NAME", "INT", "FLOAT", "SIZE", "STRING", "LSQB", "LPAR"))
_SHAPES = frozenset(("NAME", "INT", "SIZE", "LSQB"))
_STRIDES = frozenset(("NAME", "INT", "SIZE", "LPAR"))
_COUNTS = frozenset(("NAME", "INT", "LPAR"))
_LAYERS = frozenset(("NAME", "LBRACE"))
_OPERATORS = ARITHMETIC | {"COMPARE", "AND", "OR", "IF"}
_LINE_END = frozenset(("NL", "$END"))
_ALL_ITEMS = "`network`, `block`, `variants`, `import`, `let`, `default` or `published`"

# The groups of tokens that have a name of their own, the larger before those they contain.
_GROUPS: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (_ITEMS, _ITEMS | {"BLOCK", "LET", "DEFAULT", "PUBLISHED"}, _ALL_ITEMS),
    (
        _STATEMENTS,
        _STATEMENTS
        | _LAYERS
        | {"BLOCK", "LET", "DEFAULT", "PUBLISHED", "IF", "FROM", "AS", "ERRATUM", "TABLE"},
        "a layer or a statement",
    ),
    (_VALUES | {"NOT"}, _VALUES | {"MINUS", "NOT", "AS", "ERRATUM"}, "a value"),
    (_VALUES | {"MINUS"}, _VALUES | {"MINUS", "AS", "ERRATUM"}, "a value"),
    (_VALUES, _VALUES | {"AS", "ERRATUM"}, "an argument"),
    (_SHAPES, _SHAPES | {"FLOAT", "AS", "ERRATUM"}, "a shape such as `55x55x96`"),
    (_STRIDES, _STRIDES | {"FLOAT", "AS", "ERRATUM"}, "a stride"),
    (_COUNTS, _COUNTS | {"FLOAT", "AS", "ERRATUM"}, "a count"),
    (_LAYERS, _LAYERS | {"FROM", "AS", "ERRATUM"}, "a layer"),
    (frozenset(("PLUS", "STAR")), _OPERATORS, "an operator"),
)

_WORDS = {
    "NAME": "a name",
    "INT": "a number",
    "FLOAT": "a number",
    "SIZE": "a size such as `3x3`",
    "STRING": "a text in quotes",
    "NL": "the end of the line",
    "$END": "the end of the text",
    "COMMA": "a comma",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "DOT": "`.`",
    "BAR": "`|`",
    "ARROW": "`->`",
    "STAR": "`*`",
    "SLASH": "`/`",
    "MINUS": "`-`",
    "COMPARE": "a comparison",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "CALL": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
}
# What can follow almost anything, and helps nobody to hear of.
_UNSAID = frozenset(("DOT", "INDEX", "CALL", "POSITION", "AS", "ERRATUM"))


def explain(error: UnexpectedInput, source: Source, tokens: Tokens) -> NoReturn:
    """Raise the diagnostic of a text that the parser refuses."""
    unexpected: Any = error
    if isinstance(error, UnexpectedCharacters):
        _explain_character(source, int(unexpected.pos_in_stream))
    token: Token = unexpected.token
    accepts: set[str] = set(unexpected.accepts or ())
    scene = Scene(source, token, accepts, tuple(tokens.statement), tuple(tokens.open))
    mistake = find_mistake(scene)
    if mistake is None:
        scene = _at_line_end(scene)
        mistake = Mistake(f"found {seen(scene.token)}, expected {expected(accepts)}")
    span = mistake.span or _place(scene)
    labels = _unclosed(scene, span)
    raise SpecError(
        [Diagnostic("syntax", mistake.message, span, mistake.caret, labels, help=mistake.help)]
    ) from None


def _explain_character(source: Source, at: int) -> NoReturn:
    character = source.text[at]
    if character == "×" and not source.text[:at][-1:].isalnum():
        help_ = "write `*`"  # a repeat, not a size
    elif character in CHARACTERS:
        help_ = f"write `{CHARACTERS[character]}`"
    elif character.isalpha():
        help_ = "a name is made of the letters A to Z, digits and `_`"
    else:
        help_ = None
    span = Span(source, at, at + 1)
    fail("syntax", span, f"the character `{character}` is not of the language", help=help_)


def _at_line_end(scene: Scene) -> Scene:
    """A `}` in a later line than the statement that it cuts off: there the line end is in the way.

    (The parser does not see a line end before `}`.)
    """
    if scene.token.type != "RBRACE" or not scene.statement:
        return scene
    end, start = scene.statement[-1].end_pos, scene.token.start_pos
    if "\n" not in scene.source.text[end:start]:
        return scene
    return replace(scene, token=Token.new_borrow_pos("NL", "\n", scene.statement[-1]))


def _place(scene: Scene) -> Span:
    """The token's own place; of a line end, and of the text's, the character after the last."""
    if scene.token.type not in _LINE_END:
        return span_of(scene.source, scene.token)
    end = len(scene.source.text)
    if scene.statement:
        end = span_of(scene.source, scene.statement[-1]).end
    elif scene.token.type == "$END":
        end = len(scene.source.text.rstrip())
    return Span(scene.source, end, end)


def _unclosed(scene: Scene, span: Span) -> tuple[Label, ...]:
    """The bracket that is still open where the text ends or another kind of bracket closes."""
    if not scene.open:
        return ()
    last = scene.open[-1]
    kind = scene.token.type
    closes = kind in CLOSING and scene.token != OPENING[last.type]
    elsewhere = last.type != "LBRACE" and "\n" in scene.source.text[last.end_pos : span.start]
    if closes or elsewhere or kind in {"$END", *_ITEMS}:
        return (Label(span_of(scene.source, last), f"this `{last}` is still open"),)
    return ()


def seen(token: Token) -> str:
    """What stands there, in words."""
    if token.type in ("NL", "$END"):
        return _WORDS[token.type]
    text = str(token) if len(token) <= 40 else f"{token[:37]}..."
    if token.type in KEYWORDS:
        return f"the word `{text}`"
    if token.type == "NAME":
        return f"the name `{text}`"
    if token.type in ("INT", "FLOAT"):
        return f"the number `{text}`"
    return f"`{text}`"


def expected(accepts: set[str]) -> str:
    """What could stand there, in words: ``a comma, `->` or the end of the line``."""
    left = accepts - _UNSAID or accepts
    phrases: list[str] = []
    for needed, covered, phrase in _GROUPS:
        if needed <= left:
            phrases.append(phrase)
            left = left - covered
    names = [_WORDS.get(name, f"`{name.lower()}`") for name in sorted(left, key=_rank)]
    phrases += [name for name in dict.fromkeys(names) if name not in phrases]
    if "the end of the line" in phrases and "the end of the text" in phrases:
        phrases.remove("the end of the text")
    if len(phrases) < 2:
        return phrases[0] if phrases else "nothing more"
    return f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _rank(name: str) -> tuple[int, str]:
    """Line ends and closing brackets are named last."""
    return (2 if name in _LINE_END else 1 if name in CLOSING else 0, name)
