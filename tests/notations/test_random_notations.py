"""Every reader of the registry on random texts and on mutated listings: a tree or a diagnostic,
soon and in bounded memory. What one reads, the language can write."""

from __future__ import annotations

import random
import re
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from archc import registry, zoo
from archc.diagnostics import Source, SpecError
from archc.diagnostics.codes import CODES
from archc.language.parser import parse
from archc.language.syntax import File
from archc.language.writer import normalise, write
from archc.notations import Notation, by_name
from archc.notations.notation import SUFFIXES
from archc.pipeline import compile_text
from tests.drawing import patient
from tests.limits import within

HERE = Path(__file__).parent
SECONDS = 15
"""What one text may take, and far more than it does: a hang is what is looked for."""
MEGABYTES = 500
"""What the process may grow by in all of a test."""
LONGEST = 6000
"""Characters of a text that is mutated: longer ones take their time soundly."""

WORDS = """{ } ( ) [ ] < > , ; : | / // # -- " ' \\ & * ! ? % @ ~ = -> é × 0 1 3 64 -1 1e9 0.5 3x3
99999999999999999999 None True null conv fc relu input def class import using template network
body configurations maxpool FC-10 soft-max"""
SIGNS = [*WORDS.split(), "\t", "\n", "\r\n", "\x00", "\u2028", ""]
CHAIN = "network n { input x: 28x28x1; conv 3x3 8 pad, relu, maxpool 2x2/2, fc 10 }"
SMALL = {"listing": ["model = nn.Sequential(\n    nn.Conv2d(3, 8, 3),\n    nn.ReLU(),\n)\n"]}


def listings(notation: Notation) -> list[str]:
    """Texts of a notation: listings of the documents, and what it writes of small specs."""
    own = [s for s, name in SUFFIXES.items() if name == notation.name]
    texts = SMALL.get(notation.name, []) + [
        path.read_text(encoding="utf-8")
        for path in sorted(HERE.rglob("*"))
        if path.suffix in own and "listings" in path.parts
    ]
    if notation.write is not None:
        trees = [parse(Source(p.name, p.read_text(encoding="utf-8"))) for p in zoo.specs()]
        texts += [notation.write(tree) for tree in trees]
    if notation.write_networks is not None:
        texts.append(notation.write_networks([compile_text(CHAIN)]))
    found = [text for text in texts if len(text) <= LONGEST]
    assert found, notation.name
    return found


@st.composite
def mutated(draw: st.DrawFn, texts: list[str]) -> str:
    """A listing in which a few pieces are cut out, doubled, moved, replaced or put in."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 3))):
        pieces = re.findall(r"\w+|\s+|[^\w\s]", text) or [""]
        at = draw(st.integers(0, len(pieces) - 1))
        end = min(at + draw(st.sampled_from([1, 1, 1, 2, 5, 40])), len(pieces))
        cut = pieces[at:end]
        match draw(st.sampled_from(["cut", "double", "move", "replace", "replace", "put in"])):
            case "cut":
                pieces[at:end] = []
            case "double":
                pieces[at:at] = cut
            case "move":
                pieces[at:end] = []
                other = draw(st.integers(0, len(pieces)))
                pieces[other:other] = cut
            case "replace":
                by = draw(st.sampled_from(SIGNS) | st.sampled_from(pieces))
                pieces[at] = by
            case _:
                pieces[at:at] = [draw(st.sampled_from(SIGNS))]
        text = "".join(pieces)
    return text


def grown() -> float:
    """Megabytes of the process at its largest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def outcome(read: Callable[[Source], File], text: str) -> str:
    """The code of the diagnostic, or "tree"; any other exception is a failure."""
    with within(SECONDS):
        try:
            tree = read(Source("spec", text))
        except SpecError as error:
            assert error.diagnostics
            for diagnostic in error.diagnostics:
                assert diagnostic.code in CODES
                assert diagnostic.message
                if diagnostic.span is not None:
                    assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
            return error.diagnostics[0].code
        assert normalise(parse(Source("written", write(tree)))) == normalise(tree)
        return "tree"


@pytest.mark.parametrize("name", registry.BUILTIN["archc.notations"])
def test_a_tree_or_a_diagnostic(name: str, record_property: Callable[[str, object], None]) -> None:
    notation = by_name(name)
    texts = listings(notation)
    readers = [notation.read, *([notation.repair] if notation.repair is not None else [])]
    assert any(outcome(notation.read, text) == "tree" for text in texts)
    found: Counter[str] = Counter()
    before = grown()

    soup = st.lists(st.sampled_from(SIGNS), max_size=30).map(" ".join)

    @given(st.one_of(mutated(texts), mutated(texts), mutated(texts), soup, st.text()))
    @patient(120)
    def holds(text: str) -> None:
        note(text)
        for read in readers:
            found[outcome(read, text)] += 1

    holds()
    record_property("summary", f"{name} came to: {dict(found.most_common())}")
    assert grown() - before < MEGABYTES
    assert len(found) >= 2, found


HUGE = {
    "one line": "x" * 1_999_000,
    "lines": "x\n" * 30_000,
    "opened": "([{<" * 10_000,
    "opened apart": "( [ { < " * 20_000,
    "bars": "|" * 100_000,
    "tabs": "a\t" * 100_000,
    "indented": "".join(" " * n + "a:\n" for n in range(1000)),
    "quotes": "\"'" * 100_000,
    "digits": "9" * 1_000_000,
    "signs": "-" * 60_000,
    "nothing": "",
    "blank": " \n" * 200_000,
    "comments": "# //\n" * 100_000,
    "nested lists": "- " * 100_000,
    "nested templates": "relu<" * 50_000,
    "nested calls": "Sequential(" * 20_000,
    "a table": "A | B\n" + "conv3-64 | conv3-64\n" * 5_000,
    "wide": " | ".join(f"c{n}" for n in range(10_000)),
    "a name": "Sequential." * 20_000,
    "sum": "x = " + "1 + " * 100_000 + "1",
    "random": "".join(random.Random(5).choices(SIGNS, k=100_000)),
}


@pytest.mark.parametrize("kind", HUGE)
@pytest.mark.parametrize("name", sorted(set(registry.BUILTIN["archc.notations"]) - {"arch"}))
def test_a_huge_text_has_an_end(name: str, kind: str) -> None:
    notation = by_name(name)
    before = grown()
    code = outcome(notation.read, HUGE[kind])
    assert code != "tree"
    assert grown() - before < MEGABYTES
