"""Random texts and mutated specs, through all of the compiler: a diagnostic or a network, soon.

Parsing alone is tried in tests/language; here what parses is compiled, shown, drawn as DOT, written
as PyTorch source and checked, within bounded time and memory, and diagnostics are rendered.
"""

from __future__ import annotations

import re
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, given, note
from hypothesis import strategies as st

from archc import pipeline, registry
from archc.audit.check import check
from archc.diagnostics import SpecError
from archc.diagnostics.codes import CODES
from archc.diagnostics.render import render, to_json
from archc.show import to_json as shown_json
from archc.show import to_text_table
from tests.drawing import patient
from tests.limits import within

SPECS = sorted((Path(__file__).parents[1] / "specs").glob("*.arch"))
TEXTS = [path.read_text(encoding="utf-8") for path in SPECS]
SMALL = [
    "network n { input image: 9x9x3\n conv 3x3 4 same, bn, relu\n maxpool 2x2/2\n fc 10, softmax }",
    "block b(w, s = 1) { add { conv 3x3/s w same; conv 1x1/s w } }\n"
    "network n(w = 4) { input x: HxWx3 where H % 4 == 0\n a: b w 2, b (2 * w)\n"
    "output o: from a, fc 3\nfor i in [1, 2] { c[i]: from a, conv 3x3 (i * w) }\n"
    "d: concat { from c[1]; from c[2] } }",
    "default conv pad, relu\nnetwork n(d) { input x: 8x8x2\n { conv 3x3 4 } * d\n avgpool global }"
    '\nvariants n "t" { name | d | params\n one | 1 | "76"\n two | 2 | "224" }',
    "network n { input a: 5; input b: 5\n share f = fc 4\n u: from a, f\n v: from b, f\n"
    " mul { from u; from v }\n if it.channels > 3 { relu } else { tanh }\n let k = 2^3\n fc k\n"
    ' published "x" { total params "60", macs "1.2K" erratum "no" } }',
]

SECONDS = 20
"""What one text may take, and far more than it does: a hang is what is looked for."""

PHASES = set(Phase) - {Phase.explain}  # it traces every line, which takes minutes of a hang

MEGABYTES = 700
"""What the process may grow by in all of a test."""

NUMBERS = ["0", "1", "2", "3", "7", "64", "99999", "(2^40)", "(10^30)", "(-1)", "0.5", "1e9"]
SIZES = ["1x1", "2x3", "3x3/2", "7x7/2", "3x3x3", "99x99", "HxW", "0x3", "3x3/(1 / 0)"]
LAYERS = sorted(registry.BUILTIN["archc.ops"])
KEYWORDS = """network block variants published input output default let share for if else from in
where and or not import as erratum it it.channels it.height true false linear same valid pad ceil
global axis x"""
SIGNS = """{ } ( ) [ ] , ; : -> * / // % ^ + - == < | = . HxWx3 3x3/2 3x3x3 "1.5M" # é"""
WORDS = (*KEYWORDS.split(), *SIGNS.split(), "\n", "\u2028", "\x00", *LAYERS)


def compile_all(text: str) -> str:
    """The code of the diagnostic, or "network"; any other exception is a failure."""
    try:
        spec = pipeline.read_text(text)
        networks = pipeline.compile_family(spec)
        assert networks
        for network in networks:
            if len(network.layers) > 2000:
                continue
            assert to_text_table(network)
            assert shown_json(network)["network"] == network.name
            for name, suffix in (("torch", ".py"), ("graphviz", ".dot")):
                try:
                    assert registry.load("archc.backends", name).write(network, suffix)
                except SpecError as error:
                    assert {d.code for d in error.diagnostics} == {"unsupported"}, name
        check(networks)
        return "network"
    except SpecError as error:
        assert error.diagnostics
        for diagnostic in error.diagnostics:
            assert len(render(diagnostic)) < 20_000
            assert to_json(diagnostic)["code"] in CODES
        return error.diagnostics[0].code
    except pipeline.NoVariantError:
        return "several"


def grown() -> float:
    """Megabytes of the process at its largest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def replaced(draw: st.DrawFn, text: str, what: str, by: list[str]) -> str:
    """The text with one piece of a kind replaced."""
    found = list(re.finditer(what, text))
    if not found:
        return text
    match = draw(st.sampled_from(found))
    return text[: match.start()] + draw(st.sampled_from(by)) + text[match.end() :]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A spec in which a few pieces are changed: numbers, names, lines, words."""
    text = draw(st.sampled_from([*TEXTS, *SMALL * 6]))
    names = sorted(set(re.findall(r"[A-Za-z_]\w*", text)))
    kinds = ["number"] * 4 + ["name"] * 4 + ["line"] * 3 + ["size", "word", "cut"]
    for _ in range(draw(st.integers(1, 4))):
        match draw(st.sampled_from(kinds)):
            case "number":
                text = replaced(draw, text, r"(?<![\w.])\d+(?![\w.])", NUMBERS)
            case "size":
                text = replaced(draw, text, r"\d+x\d+", SIZES)
            case "name":
                text = replaced(draw, text, r"\b[a-z]\w*\b", [*names, *LAYERS])
            case "line":
                lines = text.split("\n")
                at = draw(st.integers(0, len(lines) - 1))
                end = at + draw(st.integers(0, 3))
                other = draw(st.integers(0, len(lines) - 1))
                moved = lines[at:end]
                if draw(st.booleans()):
                    del lines[at:end]
                lines[other:other] = moved
                text = "\n".join(lines)
            case "word":
                at = draw(st.integers(0, len(text)))
                text = f"{text[:at]} {draw(st.sampled_from(WORDS))} {text[at:]}"
            case _:
                at = draw(st.integers(0, len(text)))
                text = text[:at] + text[at + draw(st.integers(1, 30)) :]
    return text


SOUP = st.lists(st.sampled_from([*WORDS, *NUMBERS]), max_size=60).map(" ".join)
BODIES = st.lists(st.sampled_from([*WORDS, *NUMBERS, "\n", "conv 3x3 4", "relu"]), max_size=25).map(
    lambda words: f"network n {{\ninput image: 12x12x3\n{' '.join(words)}\n}}"
)

SOURCES = {
    "mutated specs": (mutated(), 500),
    "bodies": (BODIES, 300),
    "words": (SOUP, 150),
    "characters": (st.text(), 100),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_diagnostic_or_a_network(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    texts, examples = SOURCES[kind]
    found: Counter[str] = Counter()
    for text in (*TEXTS, *SMALL):
        compile_all(text)
    before = grown()

    @given(texts)
    @patient(examples, phases=PHASES)
    def holds(text: str) -> None:
        note(text)
        with within(SECONDS):
            found[compile_all(text)] += 1

    holds()
    record_property("summary", f"{kind} came to: {dict(found.most_common())}")
    assert grown() - before < MEGABYTES
    if kind == "mutated specs":
        assert found["network"] > 50 and len(found) > 8, found


def test_the_small_specs_are_sound() -> None:
    assert [compile_all(text) for text in SMALL] == ["network"] * len(SMALL)
