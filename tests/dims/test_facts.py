"""`where` constraints: what they simplify, prove and contradict."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archc.dims import Dim, DimError, Facts, decide, evaluate, symbol, to_text
from tests.dims.strategies import Known, formulas
from tests.dims.test_formulas import COMPARE

H, W, T, U = (symbol(name) for name in "HWTU")
Comparison = tuple[str, Dim, Dim]


def facts(*comparisons: Comparison) -> Facts:
    return Facts.from_comparisons(list(comparisons))


@pytest.mark.parametrize(
    ("comparisons", "dim", "text"),
    [
        ([("==", H % 32, 0)], (H - 1) // 2 + 1, "H/2"),
        ([("==", H % 32, 0), ("==", W % 32, 0)], H * W // 1024, "H*W/1024"),
        ([("==", H % 2, 1)], H // 2, "(H - 1)/2"),
        ([("==", (H - 1) % 32, 0)], (H - 1) // 32, "(H - 1)/32"),
        ([("==", 3 * H % 12, 0)], H // 4, "H/4"),
        ([("==", 0, H % 6), ("==", H % 4, 0)], H // 12, "H/12"),
        ([("!=", H % 2, 1)], H // 2, "H/2"),
        ([("<", H % 4, 1)], H // 4, "H/4"),
        ([("==", H, 224)], H * W, "224*W"),
        ([("==", H, W)], H - W, "0"),
        ([("==", H, W), ("==", H % 16, 0)], W // 16, "H/16"),
        ([("==", H, 2 * T + 1)], H // 2, "T"),
        ([("==", 3 * H, 2 * W)], H, "2*W/3"),
        ([("==", H // 2, 5), ("==", H % 2, 0)], H, "10"),
        ([(">=", H, 7), ("<=", H, 7)], H, "7"),
        ([("==", H * W, 12)], H, "H"),
    ],
)
def test_sizes_simplify(comparisons: list[Comparison], dim: Dim, text: str) -> None:
    assert to_text(facts(*comparisons).refine(dim)) == text


@pytest.mark.parametrize(
    ("comparisons", "claim", "expected"),
    [
        ([(">=", H, 7)], (">=", H, 7), True),
        ([(">", H, 7)], (">=", H, 8), True),
        ([("<=", H, 7)], ("<", H, 8), True),
        ([("<", H, 7)], (">=", H, 7), False),
        ([("==", H % 2, 1), (">=", H, 6)], (">=", H, 7), True),
        ([(">=", H, W)], (">=", H // 2, W // 2), True),
        ([(">=", H, W)], (">=", H // 3 * 2, W // 3), True),
        ([(">=", H, W)], ("<", H, W), False),
        ([(">=", H, W)], ("==", H, W), None),
        ([(">=", H, W), (">=", W, 10)], (">=", H, 10), True),
        ([(">=", H, W), (">=", W, T), (">=", T, U)], (">=", H, U), True),
        ([("<", T, 2 * U)], ("<=", T, 2 * U - 1), True),
        ([("<", T, 2 * U)], ("<", T // 2, U), True),
        ([("==", T + U, 10)], ("<=", T, 9), True),
        ([("==", (H + W) % 2, 0)], ("==", (W + H) % 2, 1), False),
        ([("!=", H, W)], ("==", W, H), False),
        ([("!=", H, W)], ("!=", H, W), True),
        ([(">=", H // 32, 2)], (">=", H, 64), True),
        ([("<=", H // 32, 2)], ("<=", H, 95), True),
        ([], (">=", H, 1), True),
    ],
)
def test_claims_are_decided(
    comparisons: list[Comparison], claim: Comparison, expected: bool | None
) -> None:
    assert facts(*comparisons).decide(*claim) is expected


@pytest.mark.parametrize(
    "comparisons",
    [
        [("==", H % 2, 0), ("==", H % 4, 1)],
        [("==", H % 2, 0), ("==", H, 3)],
        [("==", H % 2, 2)],
        [(">=", H, 5), ("<", H, 5)],
        [(">", H, W), (">", W, H)],
        [("==", 2 * H, 2 * W + 1)],
        [("==", H, W), ("!=", H, W)],
        [("==", H % 3, 1), ("==", H, 3 * W)],
        [("<", H, 1)],
        [("==", 1, 2)],
        [("!=", H % 2, 0), ("!=", H % 2, 1)],
    ],
)
def test_contradictions_are_errors(comparisons: list[Comparison]) -> None:
    with pytest.raises(ValueError, match=r"constraints|no value"):
        facts(*comparisons)


def test_the_order_does_not_matter() -> None:
    comparisons: list[Comparison] = [
        ("==", H, W),
        ("==", H % 8, 0),
        (">=", W, 30),
        ("==", T, H + 1),
    ]
    texts = {
        to_text(Facts.from_comparisons(order).refine(T * W))
        for order in (comparisons, comparisons[::-1], comparisons[2:] + comparisons[:2])
    }
    assert len(texts) == 1


@st.composite
def comparisons(draw: st.DrawFn) -> list[tuple[str, Dim, Dim]]:
    """Constraints as people write them, and stranger ones."""
    name = st.sampled_from([H, W, T])
    small = st.integers(0, 40)
    modulus = st.integers(1, 12)
    op = st.sampled_from(sorted(COMPARE))
    plain = tuple(Known(n, 1, 1, 0, None) for n in "HWT")
    remainder = st.tuples(
        op, st.tuples(name, modulus).map(lambda p: p[0] % p[1]), st.integers(0, 6)
    )
    bound = st.tuples(op, name, small)
    linear = st.tuples(
        op,
        st.tuples(st.integers(-3, 3), name, st.integers(-3, 3), name).map(
            lambda p: p[0] * p[1] + p[2] * p[3]
        ),
        small,
    )
    strange = st.tuples(op, formulas(plain).map(lambda f: f.dim), small)
    return draw(st.lists(st.one_of(remainder, bound, linear, strange), min_size=1, max_size=3))


@given(st.data(), comparisons())
@settings(max_examples=100, deadline=None)
def test_facts_never_lie(data: st.DataObject, constraints: list[tuple[str, Dim, Dim]]) -> None:
    """For values that satisfy the constraints: refined sizes are equal, decisions true."""
    values = {n: data.draw(st.integers(1, 60), label=n) for n in "HWT"}

    def holds(op: str, a: Dim, b: Dim) -> bool:
        return bool(COMPARE[op](evaluate(a, values), evaluate(b, values)))

    satisfied = all(holds(*c) for c in constraints)
    try:
        known = Facts.from_comparisons(constraints)
    except DimError:
        raise
    except ValueError:
        assert not satisfied, "a contradiction was claimed"
        return
    assume(satisfied)
    plain = tuple(Known(n, 1, 1, 0, None) for n in "HWT")
    for a in (*(c[1] for c in constraints), data.draw(formulas(plain)).dim):
        refined = known.refine(a)
        assert evaluate(refined, values) == evaluate(a, values)
        assert known.refine(refined) == refined
    a, b = data.draw(formulas(plain)).dim, data.draw(formulas(plain)).dim
    for op in COMPARE:
        decided = known.decide(op, a, b)
        assert decided is None or decided is holds(op, a, b)
    for op, a, b in constraints:
        assert known.decide(op, a, b) is not False
        assert decide(op, a, b) is not False
