"""What the writer writes, the parser reads back; the canonical form is one and means the same."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trees import bodies, files, values

from archc.diagnostics import Source, SpecError
from archc.diagnostics.render import render, to_json
from archc.language import syntax as s
from archc.language.comments import Comments
from archc.language.parser import parse, parse_expression
from archc.language.spelling import spell
from archc.language.writer import format, normalise, write
from tests.drawing import draw_until

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.arch"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in EXAMPLES}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def read(text: str) -> s.File:
    return parse(Source("text", text))


def comments(text: str) -> Counter[str]:
    return Counter(comment.text for comment in Comments(Source("text", text)).all)


def check_canonical(text: str) -> str:
    """The canonical form means the same, keeps all comments, and is its own canonical form."""
    formatted = format(Source("text", text))
    assert comments(formatted) == comments(text)
    assert normalise(read(formatted)) == normalise(read(text))
    assert format(Source("formatted", formatted)) == formatted
    return formatted


@pytest.mark.parametrize("name", TEXTS)
def test_examples_round_trip(name: str) -> None:
    tree = read(TEXTS[name])
    check_canonical(TEXTS[name])
    written = write(tree)
    assert normalise(read(written)) == normalise(tree)
    assert check_canonical(written).count("\n") >= len(tree.items)


@pytest.mark.parametrize("name", TEXTS)
def test_formatting_keeps_every_comment(name: str) -> None:
    # A comment after every line, and one of its own before it.
    text = "\n".join(
        f"# before {n}\n{line}  # after {n}" if '"' not in line and "#" not in line else line
        for n, line in enumerate(TEXTS[name].split("\n"))
    )
    assert sum(comments(text).values()) > text.count("\n") // 3
    check_canonical(text)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(files)
def test_trees_round_trip(tree: s.File) -> None:
    written = write(tree)
    assert normalise(read(written)) == normalise(tree)
    check_canonical(written)


def test_every_kind_of_node_is_drawn(record_property: pytest.RecordProperty) -> None:
    drawn: Counter[str] = Counter()

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=SLOW)
    @given(st.tuples(files, bodies, bodies, bodies))
    def draw(trees: tuple[s.Node, ...]) -> None:
        drawn.update(type(node).__name__ for node in nodes(trees))

    abstract = {"Node", "Expression", "Step", "Statement"}
    kinds = {
        name
        for name, kind in vars(s).items()
        if isinstance(kind, type) and issubclass(kind, s.Node) and name not in abstract
    }
    draw_until(lambda: kinds <= set(drawn), draw, rounds=20)
    assert kinds <= set(drawn), kinds - set(drawn)
    counts = ", ".join(f"{name} {count}" for name, count in drawn.most_common())
    record_property("summary", f"syntax trees drawn: {counts}")


def nodes(node: object) -> list[s.Node]:
    """A node and all below it."""
    found: list[s.Node] = []
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, s.Node):
            found.append(node)
            stack.extend(getattr(node, name) for name in node.__dataclass_fields__)
    return found


@settings(max_examples=300, deadline=None)
@given(values)
def test_expressions_round_trip(value: s.Expression) -> None:
    text = spell(value)
    assert normalise(parse_expression(Source("text", text))) == normalise(value)


# ---------------------------------------------------------------- wrong texts

WORDS = """
( ) [ ] { } , ; : = | -> + - * / // ^ % == < . 3 0.5 3x3 HxW 3xk x conv relu " # .5 1e99
99999999999999 if else for in from let not and or where input output network block default
variants share published import as erratum => := ** é × ' ! &&
"""
TOKENS = [*re.findall(r"\S+", WORDS), "\n", "\n\n", " ", "\x00", "\t", "\r", "\r\n", "\ufeff"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """An example with pieces cut out, doubled, swapped, or replaced by tokens at random."""
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 6))):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 1, 2, 5, 40)))
        piece = chance.choice((chance.choice(TOKENS), "", text[start:end] * 2, text[:end][-9:]))
        text = text[:start] + piece + text[end:]
    return text


def check_text(text: str) -> None:
    """Any text is a tree, which has a canonical form, or one diagnostic; and soon."""
    start = time.process_time()
    try:
        read(text)
    except SpecError as error:
        (diagnostic,) = error.diagnostics
        assert diagnostic.code in ("syntax", "too-large", "variant")
        shown = render(diagnostic)
        assert shown.startswith("text:")
        assert "None" not in shown or "None" in text
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        to_json(diagnostic)
    else:
        check_canonical(text)
    assert time.process_time() - start < 5


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(mutated())
def test_mutated_examples_are_trees_or_diagnostics(text: str) -> None:
    check_text(text)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(st.sampled_from(TOKENS)).map(" ".join))
def test_random_texts_are_trees_or_diagnostics(text: str) -> None:
    check_text(text)
