"""Signs that the language does not have, wherever they stand, get a diagnostic."""

from __future__ import annotations

import re
import string
from collections import Counter
from itertools import product

import pytest

from archc.diagnostics import Source, SpecError
from archc.language.cache import GRAMMAR
from archc.language.parser import parse

PLACES = (
    "network n {{\n    input image: 8x8x3\n    conv 3x3 (4 {} 2)\n}}\n",
    "network n {{\n    input image: 8x8x3\n    {} relu\n}}\n",
    "let a {} 2\n",
)
SIGNS = string.punctuation + "×→–½é 1a"


def said(text: str) -> str:
    try:
        parse(Source("spec.arch", text))
    except SpecError as error:
        return error.diagnostics[0].message
    return ""


@pytest.mark.parametrize("place", PLACES)
def test_any_two_signs(place: str) -> None:
    found = Counter(bool(said(place.format(a + b))) for a, b in product(SIGNS, repeat=2))
    assert found[True] > 10 * found[False] > 0


def wrong_operators() -> list[str]:
    grammar = GRAMMAR.read_text(encoding="utf-8")
    line = re.search(r"^BAD_OPERATOR[.\d]*:(.*)$", grammar, re.MULTILINE)
    assert line is not None
    return re.findall(r'"([^"]+)"', line[1])


@pytest.mark.parametrize("operator", wrong_operators())
def test_operators_of_other_languages_are_named(operator: str) -> None:
    assert said(PLACES[0].format(operator)) == f"`{operator}` is not of the language"
