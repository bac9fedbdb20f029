"""Formulas equal plain arithmetic for every value of their symbols, and provers never lie."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from archc.dims import (
    Dim,
    Expr,
    decide,
    dim_max,
    dim_min,
    evaluate,
    floor_div,
    proves_equal,
    substitute,
    symbols_of,
    to_python,
    to_text,
)
from archc.dims.expr import bounds
from tests.dims.strategies import Formula, Known, formulas, known_symbols
from tests.drawing import draw_until

COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def draw_values(data: st.DataObject, symbols: tuple[Known, ...]) -> dict[str, int]:
    return {s.name: data.draw(s.values(), label=s.name) for s in symbols}


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_normal_form_evaluates_as_written(data: st.DataObject) -> None:
    symbols = data.draw(known_symbols())
    formula = data.draw(formulas(symbols))
    for _ in range(3):
        values = draw_values(data, symbols)
        expected = formula.compute(values)
        assert evaluate(formula.dim, values) == expected, formula.text
        python = to_python(formula.dim, {"H": "x.shape[0]"})
        scope = {**values, "x": type("X", (), {"shape": (values["H"],)}), "max": max, "min": min}
        assert eval(python, scope) == expected, python
        low, high = bounds(formula.dim)
        assert low is None or low <= expected
        assert high is None or expected <= high


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_text_evaluates_as_the_formula(data: st.DataObject) -> None:
    symbols = data.draw(known_symbols())
    formula = data.draw(formulas(symbols))
    text = to_text(formula.dim)
    values = draw_values(data, symbols)
    python = text.replace("^", "**").replace("/", "//").replace("floor(", "(")
    assert eval(python, {**values, "max": max, "min": min}) == formula.compute(values), text


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_decide_never_lies(data: st.DataObject) -> None:
    symbols = data.draw(known_symbols("HW"))
    a, b = data.draw(formulas(symbols)), data.draw(formulas(symbols))
    for op, compare in COMPARE.items():
        decided = decide(op, a.dim, b.dim)
        if decided is not None:
            for _ in range(4):
                values = draw_values(data, symbols)
                assert compare(a.compute(values), b.compute(values)) is decided, (op, a, b)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_substitution_composes(data: st.DataObject) -> None:
    plain = tuple(Known(n, 0, 1, 0, None) for n in "HWT")
    a, b = data.draw(formulas(plain)), data.draw(formulas(plain[1:]))
    values = draw_values(data, plain)
    inner = evaluate(b.dim, values)
    replaced = substitute(a.dim, {"H": dim_max(b.dim, 0)})
    assert evaluate(replaced, values) == evaluate(a.dim, {**values, "H": max(inner, 0)})
    assert substitute(a.dim, {"H": plain[0].dim}) == a.dim


@given(st.data(), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_algebraic_laws_hold_in_the_normal_form(data: st.DataObject, k: int) -> None:
    symbols = data.draw(known_symbols())
    a, b, c = (data.draw(formulas(symbols)).dim for _ in range(3))
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert (a + b) - b == a
    assert a % k == a - k * floor_div(a, k)
    assert dim_max(a, b) == dim_max(b, a)
    assert dim_max(a, a) == a == dim_min(a, a)
    assert hash(a + b) == hash(b + a)
    assert symbols_of(a) == tuple(sorted(symbols_of(a)))


@given(st.data(), st.integers(1, 12), st.integers(-30, 30), st.integers(-30, 30))
@settings(max_examples=100, deadline=None)
def test_equality_of_floors_of_one_symbol_is_always_decided(
    data: st.DataObject, k: int, slope: int, shift: int
) -> None:
    (h,) = (s.dim for s in data.draw(known_symbols("H")))
    whole = data.draw(st.integers(-5, 5)) * h + data.draw(st.integers(-5, 5))
    part = slope * h + shift
    assert proves_equal(floor_div(whole * k + part, k), whole + floor_div(part, k))
    assert proves_equal(sum(floor_div(part + i, k) for i in range(k)), part)  # Hermite's identity
    assert proves_equal(part % k, (part + 1) % k) is (k == 1)


def plain_floor(value: Dim, divisors: list[int]) -> Dim:
    for k in divisors:
        value = floor_div(value, k)
    return value


@given(st.lists(st.integers(1, 6), max_size=6), st.integers(-20, 20))
def test_nested_floors_merge(divisors: list[int], shift: int) -> None:
    h = Known("H", 0, 1, 0, None).dim
    product = 1
    for k in divisors:
        product *= k
    assert plain_floor(h + shift, divisors) == floor_div(h + shift, product)


def test_every_kind_of_formula_is_drawn() -> None:
    """The properties above are worth what the strategy draws."""
    wanted = {"floor(", "max(", "min(", "^2", "*", "/"}
    seen: set[str] = set()

    @given(st.data())
    @settings(max_examples=100, deadline=None, database=None)
    def collect(data: st.DataObject) -> None:
        formula: Formula = data.draw(formulas(data.draw(known_symbols())))
        if isinstance(formula.dim, Expr):
            seen.update(w for w in wanted if w in str(formula.dim))

    draw_until(lambda: seen == wanted, collect, rounds=40)
    assert seen == wanted
