"""No text takes all time or memory, none meets Python's recursion limit, odd ones are read."""

from __future__ import annotations

import sys
import time

import pytest

from archc.diagnostics import Diagnostic, Source, SpecError
from archc.language import syntax as s
from archc.language.parser import MAX_SOURCE, parse, parse_expression
from archc.language.tokens import MAX_NESTING
from archc.language.writer import format, normalise


def read(text: str) -> s.File:
    return parse(Source("text", text))


def error(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        read(text)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


MANY = 100_000
DEEP = {
    "parentheses": "let x = " + "(" * MANY,
    "closed parentheses": "let x = " + "(" * MANY + "1" + ")" * MANY,
    "brackets": "let x = " + "[" * MANY,
    "signs": "let x = " + "- " * MANY + "1",
    "negations": "let x = " + "not " * MANY + "true",
    "sums": "let x = 1" + " + 1" * MANY,
    "powers": "let x = 2" + "^2" * MANY,
    "conditions": "let x = 1" + " if a else 1" * MANY,
    "braces": "block b " + "{" * MANY,
    "closed braces": "block b " + "{ " * MANY + "}" * MANY,
    "merges": "block b " + "{ add " * MANY,
    "else ifs": "block b { if a { relu }" + " else if a { relu }" * MANY + "}",
    "indices": "block b { from x" + "[x" * MANY,
    "functions": "let x = " + "min(" * MANY,
    "sums of sums": "let x = " + "(" * 90 + "1" + " + 1" * 90 + ")" + " + 1)" * 89,
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_is_too_large(name: str) -> None:
    start = time.process_time()
    diagnostic = error(DEEP[name])
    assert diagnostic.code == "too-large"
    assert "deeper" in diagnostic.message
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        "let x = {}",
        "let x = [{}]",
        "network n {{ conv ({}) }}",
        "block b {{ if {} {{ relu }} }}",
    ],
)
@pytest.mark.parametrize("shape", ["({})", "[{}]", "-{}", "not {}", "1 + {}", "{} + 1", "f({})"])
def test_what_is_just_not_too_deep_needs_little_stack(text: str, shape: str) -> None:
    inner = "1"
    for _ in range(MAX_NESTING - 6):
        inner = shape.format(inner)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(_frames()) + 700)
    try:
        tree = read(text.format(inner))
        formatted = format(Source("text", text.format(inner)))
        assert normalise(read(formatted)) == normalise(tree)
    finally:
        sys.setrecursionlimit(limit)


def _frames() -> list[object]:
    frame, found = sys._getframe(), []
    while frame:
        found.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return found


def test_a_long_text_is_too_large() -> None:
    assert error("#" * (MAX_SOURCE + 1)).code == "too-large"
    assert error("#" + "é" * (MAX_SOURCE // 2)).code == "too-large"
    assert read("#" * MAX_SOURCE).items == ()


@pytest.mark.parametrize("number", ["1099511627777", "9" * 100_000, "1e99", "3x9999999999999"])
def test_large_numbers_are_too_large(number: str) -> None:
    diagnostic = error(f"let x = {number}")
    assert diagnostic.code == "too-large"
    assert "2^40" in diagnostic.message


def test_the_largest_number() -> None:
    (let,) = read("let x = 1099511627776").items
    assert isinstance(let, s.Let) and isinstance(let.value, s.Number)
    assert let.value.value == 2**40


LINES = {
    "chains": "    c{n}: conv 3x3/2 64 pad=1, relu    -> 112x112x64  # c",
    "values": "    let x{n} = [1, 2 * (3 + {n})]",
    "comments": "    relu  # {n}",
    "own comments": "    # {n}",
    "branches": "    if a {{ relu }} else {{ tanh }}",
    "merges": "    add {{ identity; conv 3x3 64 }}",
}


@pytest.mark.parametrize("name", LINES)
def test_time_is_linear_in_lines(name: str) -> None:
    def seconds(count: int) -> float:
        lines = "\n".join(LINES[name].format(n=n) for n in range(count))
        source = Source("text", f"network n {{\n{lines}\n    relu\n}}\n")
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            format(source)
            best = min(best, time.process_time() - start)
        return best

    seconds(10)
    short, long = seconds(300), seconds(2400)
    assert long < 3 * 8 * short, f"8 times the lines took {long / short:.1f} times as long"


@pytest.mark.parametrize(
    "text",
    [
        "network n { " + "relu; " * 6_000 + "}",
        "network n { relu" + ", relu" * 6_000 + " }",
        "let x = [" + "1, " * 6_000 + "]",
        "let x = [" + "[1, 2], " * 3_000 + "]",
        "network n { conv" + " a=1" * 6_000 + " }",
        "network n { " + "{ relu }, " * 3_000 + "relu }",
        "network n { from x" + ".x" * 6_000 + " }",
    ],
    ids=lambda text: text[:30],
)
def test_long_lines_take_no_longer(text: str) -> None:
    start = time.process_time()
    assert read(format(Source("text", text))) == normalise(read(text))
    assert time.process_time() - start < 5


# ---------------------------------------------------------------- odd input

NETWORK = "network n {\n    input image: 8x8x3\n    conv 3x3 8, relu\n}"


@pytest.mark.parametrize(
    "text",
    [
        NETWORK,
        NETWORK + "\n\n  \n",
        "\n \n" + NETWORK,
        "\ufeff" + NETWORK,
        NETWORK.replace("\n", "\r\n"),
        NETWORK.replace("    ", "\t"),
        NETWORK.replace("\n", "\t\n"),
        NETWORK.replace("\n", ";\n"),
        NETWORK.replace("\n", "  # so\n"),
        NETWORK.replace("\n", "\n\n"),
    ],
    ids=range(10),
)
def test_white_space_does_not_matter(text: str) -> None:
    assert read(text) == read(NETWORK)
    assert format(Source("text", text)).replace("  # so", "").replace("\n\n", "\n") == (
        NETWORK + "\n"
    )


@pytest.mark.parametrize("text", ["", "\n", "  ", "\ufeff", "# nothing", "\r\n", ";\n;"])
def test_an_empty_text_is_an_empty_spec(text: str) -> None:
    assert read(text).items == ()
    assert format(Source("text", text)).strip() in ("", "# nothing")


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ud800", "\x0c"]
)
def test_characters_that_no_spec_may_have(character: str) -> None:
    for text in (f"let x = {character}1", f"# {character}", f'import "{character}"'):
        diagnostic = error(text)
        assert diagnostic.code == "syntax"
        assert f"U+{ord(character):04X}" in diagnostic.message
        assert diagnostic.span is not None
        assert diagnostic.span.text == character


def test_a_carriage_return_alone_ends_no_line() -> None:
    assert "line feed" in (error("let x = 1\rlet y = 2").help or "")


def test_spans_are_exact() -> None:
    text = "\ufeffnetwork n {\r\n\tin_: from a.b[2], conv 3x3/2 pad=-1 * 2 -> 8x8x3\r\n}"
    (network,) = read(text).items
    assert isinstance(network, s.Network)
    assert network.span.text == text[1:]
    (chain,) = network.body.statements
    assert isinstance(chain, s.Chain) and chain.label and chain.assertion
    assert chain.span.text == "in_: from a.b[2], conv 3x3/2 pad=-1 * 2 -> 8x8x3"
    assert (chain.span.line, chain.span.column) == (2, 2)
    source, repeat = chain.steps
    assert isinstance(source, s.From) and isinstance(repeat, s.Repeat)
    assert isinstance(repeat.step, s.Call)
    assert source.source.parts[1].span.text == "b[2]"
    assert repeat.span.text == "conv 3x3/2 pad=-1 * 2"
    assert [a.span.text for a in repeat.step.arguments] == ["3x3/2", "pad=-1"]
    assert chain.assertion.span.text == "-> 8x8x3"


@pytest.mark.parametrize("text", ["", "1,", "let x = 1", "1\n2", "(1", "[1, 2"])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_expression(Source("--set", text))
    assert caught.value.diagnostics[0].code == "syntax"


@pytest.mark.parametrize(
    "text", ["1", "3x3", "[2, 2]", "basic", "vgg.D", "-1", '"a"', " 2^3 ", "1 if a else 2"]
)
def test_expressions(text: str) -> None:
    assert parse_expression(Source("--set", text)).span.text == text.strip()
