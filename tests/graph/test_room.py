"""Copies of a repetition are counted before they are made: the refusal is that of the bound."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc import pipeline
from archc.diagnostics import SpecError
from archc.graph import elaborate, place

BOUND = 60
"""In the place of the 200,000 layers that a network may have."""

PIECES = st.sampled_from(
    [
        "relu",
        "conv 1x1 3",
        "conv 1x1 (it.channels + 1)",
        "conv 1x1 (it.channels // 2 + 1), bn",
        "if it.channels > 5 { relu, relu }",
        "if it.height > 3 { maxpool 2x2/2 } else { tanh }",
        "add { relu; conv 1x1 (it.channels) }",
        "unit 4",
        "unit (it.channels + 1)",
    ]
)


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    return st.tuples(body, st.integers(0, 9)).map(lambda t: f"{{\n{t[0]}\n}} * {t[1]}")


BODIES = st.lists(st.recursive(PIECES, repeated, max_leaves=6), min_size=1, max_size=4)


def layers(body: str) -> int:
    text = (
        "block unit(width) { if it.channels < 8 { conv 1x1 width }\n relu }\n"
        f"network n {{\n input x: 9x9x2\n relu\n{body}\n }}"
    )
    return len(pipeline.compile_family(pipeline.read_text(text))[0].layers)


def test_refused_where_the_layers_are_too_many_and_only_there() -> None:
    sides: set[bool] = set()

    @settings(max_examples=300, deadline=None)
    @given(BODIES)
    def agree(lines: list[str]) -> None:
        body = "\n".join(lines)
        many = layers(body) > BOUND
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(place, "MAX_LAYERS", BOUND)
            patch.setattr(elaborate, "MAX_LAYERS", BOUND)
            if many:
                with pytest.raises(SpecError) as caught:
                    layers(body)
                assert caught.value.diagnostics[0].code == "too-large"
            else:
                assert layers(body) <= BOUND
        sides.add(many)

    agree()
    assert sides == {True, False}


def test_no_copy_beyond_the_second_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    placed: list[object] = []
    add = place.Draft.add

    def counted(*arguments: Any, **named: Any) -> Any:
        placed.append(None)
        return add(*arguments, **named)

    monkeypatch.setattr(place.Draft, "add", counted)
    with pytest.raises(SpecError, match="100,000 times 3 layers"):
        layers("{ conv 1x1 7, bn, relu } * 100000")
    assert len(placed) == 1 + 2 * 3
