"""Printed numbers: what is read, what precision it claims, and what stays unreadable."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.audit.printed import (
    Unreadable,
    intervals,
    read,
    read_sizes,
    read_window,
)
from archc.audit.verdicts import judge

NUMBERS = {
    "40%": Fraction(2, 5),
    "60 million": 60_000_000,
    "138M": 138_000_000,
    "133 M": 133_000_000,
    "3.2M": 3_200_000,
    "2.7K": 2_700,
    "7.8K": 7_800,
    "1072K": 1_072_000,
    "12 Million": 12_000_000,
    "1.8×10^9": 1_800_000_000,
    "1.8x10^9": 1_800_000_000,
    "1.8 × 10⁹": 1_800_000_000,
    r"1.8 \times 10^{9}": 1_800_000_000,
    "1.2e9": 1_200_000_000,
    "10^6": 1_000_000,
    "3.6 billion": 3_600_000_000,
    "3.8 GFLOPs": 3_800_000_000,
    "360M ops": 360_000_000,
    "34,944": 34_944,
    "34944": 34_944,
    "60,965,224": 60_965_224,
    "23 352": 23_352,
    "23\u202f352": 23_352,
    "1.234.567": 1_234_567,
    "3,8": Fraction(38, 10),
    "0,47": Fraction(47, 100),
    "0.5": Fraction(1, 2),
    ".5": Fraction(1, 2),
    "55*55*96": 290_400,
    "55x55x96": 290_400,
    "224×224×64": 3_211_264,
    "6·6·256 = 9216": 9_216,
    "(3*3*64)*128 = 73,728": 73_728,
    "(227-11)/4+1 = 55": 55,
    "params = 34,944": 34_944,
    "1/12": Fraction(1, 12),
    "60만": 600_000,
    "1.38亿": 138_000_000,
    "60 000 000": 60_000_000,
    "1.95 MB": 1_950_000,
    "3.50 KB": 3_500,
    "2^10": 1_024,
    "~2000": 2_000,
    "<< 112.9M": 112_900_000,
    "650,000 neurons": 650_000,
    "18-layer": 18,
    "8 layers": 8,
    "384 filters": 384,
    "kernel 3": 3,
    "FC-4096": 4_096,
    "padding=1": 1,
    "Dropout(0.5)": Fraction(1, 2),
    "６０，０００": 60_000,
    "５０％": Fraction(1, 2),
    "60,965 mil. parametrů": 60_965_000,
    "60,965 miliard": 60_965_000_000,
    "60,965 million": 60_965_000_000,
    "7,850 ~ 7.8K": 7_800,
    "1.25×1024": 1_280,
    "7{,}850": 7_850,
    r"40\%": Fraction(2, 5),
    "256-96 = 160": 160,
    "60M/2": 30_000_000,
}


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_numbers_are_read_exactly(text: str, value: Fraction) -> None:
    assert read(text).number.value == value


UNREADABLE = {
    "9" * 400: "the number is too large",
    "1/" + "9" * 390: "the number is too small",
    "110–115": "a range is claimed as two bounds",
    "2*3-7": "it comes to less than 0; a range is claimed as two bounds",
    "": "nothing is printed",
    "a8": "`a8` is not a number",
    "J0as": "is not a number",
    "B12": "is not a number",
    "2h6": "`h` is not a unit",
    "147 4£": "not part of a number",
    "(13.3.5+1)/1+1=13": "not closed",
    "27?;;396": "not part of a number",
    "FC4096": "not a number",
    "FC4006": "not a number",
    "less parameters": "not a number",
    "1/0": "division by zero",
    "1e99999": "exponent",
    "2^999": "exponent",
    "9" * 500: "500 characters",
    "(" * 80: "nested too deep",
    "1,23,4": "",
    "12 parrots": "`parrots` is not a unit",
    "50~60M": "a range is claimed as two bounds",
    "16～19": "a range is claimed as two bounds",
    "120M -> 12M": "`> 12M` is not a number",
    "100+": "a number is missing after `+`",
    "1.8×109": "may be a power of ten without its `^`",
    "3.6 x 1010 FLOPs": "may be a power of ten without its `^`",
    "256–96": "a range is claimed as two bounds",
    "60M-50M": "a range is claimed as two bounds",
    "10-4": "a range is claimed as two bounds",
    "4.5-3.2M params": "a range is claimed as two bounds",
    "5×10−4": "may be a power of ten without its `^`",
    "11.7M/1.8G": "a quotient with different units, two numbers",
    "1/2 M": "or a fraction",
    "96 Mb": "`Mb` may be bits or bytes",
    "2012-09-01": "`09` begins with a zero",
    "٦٠,٩٦٥": "is not a number",
    "5 m": "`m` is not a unit",
}


@pytest.mark.parametrize(("text", "reason"), UNREADABLE.items())
def test_what_is_no_number_says_why(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        read(text)
    assert reason in str(error.value)


RELATIONS = {
    "~2000": "~",
    "≈ 93 MB": "~",
    "about 60 million": "~",
    "<< 112.9M": "<<",
    "≪ 112.9M": "<<",
    "< 5": "<",
    "≤ 5": "<=",
    "at least 16": ">=",
    "more than 8": ">",
    ">> 8": ">>",
    "34,944": "=",
    "24M * 4 bytes ≈ 93MB": "~",
}


@pytest.mark.parametrize(("text", "relation"), RELATIONS.items())
def test_relations(text: str, relation: str) -> None:
    assert read(text).relation == relation


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("138M", [(137_500_000, 138_500_000)]),
        ("60 million", [(59_500_000, 60_500_000), (55_000_000, 65_000_000)]),
        ("34,944", [(Fraction(69887, 2), Fraction(69889, 2))]),
        ("1.8×10^9", [(1_750_000_000, 1_850_000_000)]),
        ("1.80×10^9", [(1_795_000_000, 1_805_000_000)]),
        ("200K", [(199_500, 200_500), (195_000, 205_000), (150_000, 250_000)]),
        ("1000K", [(999_500, 1_000_500)]),  # who writes K for what is 1M means the zeros
        ("55*55*96", []),
    ],
)
def test_digits_claim_an_interval(text: str, bounds: list[tuple[Fraction, Fraction]]) -> None:
    assert [(i.low, i.high) for i in intervals(read(text).number)] == bounds


def test_binary_prefixes() -> None:
    (strict,) = intervals(read("159K").number, binary=True)
    assert strict.value == 159 * 1024
    assert strict.unit == 1024
    assert read("1.95 MiB", True).number.scaled(False).value == Fraction(195, 100) * 1024**2
    assert read("60 million").number.scaled(True).value == 60_000_000


def test_a_lone_b_is_bytes_only_where_bytes_are_counted() -> None:
    assert read("2B").number.value == 2_000_000_000
    assert read("512 B", True).number.value == 512


SIZES = {
    "7 by 7": (7, 7),
    "55*55*96": (55, 55, 96),
    "55x55x96": (55, 55, 96),
    "224×224×3": (224, 224, 3),
    "224 x 224 x 3": (224, 224, 3),
    "224x224X3": (224, 224, 3),
    "[227x227x3]": (227, 227, 3),
    "(None, 27, 27, 32)": (27, 27, 32),
    "(None, 3200)": (3200,),
    "(30976)": (30976,),
    "(30976,)": (30976,),
    "6@28x28": (28, 28, 6),
    "224×224 RGB": (224, 224),
    "4,096": (4096,),
    "4096": (4096,),
    "13,13,256": (13, 13, 256),
    "HxWx256": ("H", "W", 256),
    "384*7*7 = 18816": (18816,),
    "256 * 256 -> 224 * 224": (224, 224),
    "FC 4096": (4096,),
    "1x1x1,000": (1, 1, 1000),
    "2,048 × 1,024": (2048, 1024),
    "1,000,000": (1_000_000,),
    "25,088": (25_088,),
    "(224,112)": (224, 112),
    "224,224": (224, 224),
    "(2,048)": (2048,),
}


@pytest.mark.parametrize(("text", "sizes"), SIZES.items())
def test_sizes(text: str, sizes: tuple[int | str, ...]) -> None:
    assert read_sizes(text) == sizes


@pytest.mark.parametrize(
    "text",
    ["224x224Xx64", "6 256", "27?;;396", "", "same", "FC1000", "≤ 224", "≥ 3x3"],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(Unreadable):
        read_sizes(text)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("7×7/2", ((7, 7), (2,))),
        ("3x3", ((3, 3), None)),
        ("3x3, stride 2", ((3, 3), (2,))),
        ("2 x 2 stride 2", ((2, 2), (2,))),
        ("5x5/1", ((5, 5), (1,))),
    ],
)
def test_windows(text: str, window: tuple[object, object]) -> None:
    assert read_window(text) == window


@pytest.mark.parametrize("text", ["7×7, 64, stride 2", "11x11/4,96"])
def test_what_is_more_than_a_window(text: str) -> None:
    with pytest.raises(Unreadable, match="more than a kernel and a stride"):
        read_window(text)


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("computed", "text", "verdict", "note"),
    [
        (34_944, "34,944", "exact", ""),
        (34_848, "34,944", "contradicted", ""),
        (60_965_224, "60 million", "rounds", "read to 1 digit; to 2 digits it truncates"),
        (60_300_000, "60 million", "rounds", "read to 2 digits"),
        (60_000_000, "60 million", "exact", ""),
        (138_357_544, "138M", "rounds", ""),
        (138_500_000, "139M", "rounds", ""),
        (138_500_000, "138M", "rounds", ""),  # a half, to the even digit
        (139_500_000, "139M", "truncates", ""),
        (7_850, "7.9K", "rounds", ""),
        (7_850, "7.8K", "rounds", ""),
        (138_500_001, "138M", "truncates", ""),
        (138_499_999, "138M", "rounds", ""),
        (137_500_000, "138M", "rounds", ""),
        (137_499_999, "138M", "contradicted", ""),
        (3_858_000_000, "3.8×10^9", "truncates", ""),
        (3_900_000_000, "3.8×10^9", "contradicted", ""),
        (1_024_000, "1000K", "contradicted", ""),
        (659_272, "650,000", "truncates", "read to 2 digits"),
        (847_000, "840K", "contradicted", ""),
        (73_728, "(3*3*64)*128 = 73,728", "exact", ""),
        (73_856, "(3*3*64)*128 = 73,728", "contradicted", ""),
        (73_729, "(3*3*64)*128 = 73,729", "contradicted", "its own arithmetic gives 73,728"),
        (5_300_000, "<< 112.9M", "exact", "as a bound"),
        (50_300_000, "<< 112.9M", "contradicted", "as a bound"),
        (16, ">= 16", "exact", "as a bound"),
        (0, "0", "exact", ""),
        (1, "0", "contradicted", ""),
    ],
)
def test_verdicts(computed: int, text: str, verdict: str, note: str) -> None:
    judgement = judge(computed, read(text))
    assert (judgement.verdict, judgement.note) == (verdict, note)


def test_verdict_with_k_as_1024() -> None:
    assert judge(1_024_000, read("1000K"), binary=True).verdict == "exact"
    assert judge(388_096, read("380K"), binary=True).note == "read to 2 digits"
    assert judge(404_096, read("380K"), binary=True).verdict == "contradicted"


# ---------------------------------------------------------------- properties

UNITS = {"": 0, "K": 3, "M": 6, " million": 6, "G": 9, " billion": 9}


def printed_at(value: int, digits: int, unit: str, cut: bool) -> tuple[str, int]:
    """A value as a document would print it at so many digits, rounded half up or cut off."""
    exponent = UNITS[unit]
    drop = max(len(str(value)) - digits, 0)
    unit_value = 10**drop
    kept = value // unit_value if cut else (2 * value + unit_value) // (2 * unit_value)
    shown = Fraction(kept * unit_value, 10**exponent)
    places = max(exponent - drop, 0)
    scaled = shown * 10**places
    assert scaled.denominator == 1
    text = str(int(scaled)).rjust(places + 1, "0")
    return (f"{text[:-places]}.{text[-places:]}" if places else text) + unit, kept


# A unit is used where it leaves one to three digits before the point, as documents do.
@st.composite
def prints(draw: st.DrawFn) -> tuple[int, str, bool]:
    value = draw(st.integers(1, 10**12 - 1))
    digits = draw(st.integers(1, 12))
    cut = draw(st.booleans())
    length = len(str(value))
    fitting = [u for u, e in UNITS.items() if e == 0 or (0 < length - e <= 3)]
    unit = draw(st.sampled_from(fitting))
    if cut and unit:  # 847,000 is cut off to 847K, never to 840K
        digits = max(digits, length - UNITS[unit])
    text, kept = printed_at(value, digits, unit, cut)
    # 999,999 rounded to two digits is 1000K: no longer in the unit's range
    if len(str(kept)) > digits and len(str(value)) > digits:
        text = printed_at(value, digits, "", cut)[0]
    return value, text, cut


@given(prints())
def test_a_printed_value_accepts_it(case: tuple[int, str, bool]) -> None:
    value, text, cut = case
    verdict = judge(value, read(text)).verdict
    assert verdict in (("exact", "rounds", "truncates") if cut else ("exact", "rounds"))


@given(prints(), st.integers(1, 10**12))
def test_exact_means_equal(case: tuple[int, str, bool], other: int) -> None:
    _, text, _ = case
    printed = read(text)
    assert (judge(other, printed).verdict == "exact") == (printed.number.value == other)


@given(prints())
def test_looser_readings_accept_what_stricter_ones_do(case: tuple[int, str, bool]) -> None:
    readings = list(intervals(read(case[1]).number))
    for strict, loose in pairwise(readings):
        assert loose.low <= strict.low < strict.high <= loose.high
        assert loose.digits < strict.digits


@given(prints(), st.integers(1, 10**12), st.integers(1, 10**12), st.integers(1, 10**12))
def test_what_rounds_lies_together(case: tuple[int, str, bool], a: int, b: int, c: int) -> None:
    low, middle, high = sorted((a, b, c))
    printed = read(case[1])
    holding = ("exact", "rounds")
    if judge(low, printed).verdict in holding and judge(high, printed).verdict in holding:
        assert judge(middle, printed).verdict in holding


@given(st.integers(1, 10**9))
def test_group_marks_change_nothing(value: int) -> None:
    plain = read(str(value))
    for text in (f"{value:,}", f"{value:,}".replace(",", " "), f"{value:,}".replace(",", "'")):
        assert read(text).number == plain.number


ALPHABET = "0123456789" * 3 + ".,'xX*×·/^()+-=~<>≈ KMGBeE%\\$²⁹만亿\u00a0"


@given(st.text(st.sampled_from(ALPHABET), max_size=40) | st.text(max_size=40))
def test_any_text_is_read_or_unreadable(text: str) -> None:
    for reader in (read, read_sizes, read_window):
        try:
            reader(text)
        except Unreadable as error:
            assert str(error)


@given(st.text(st.sampled_from(ALPHABET), max_size=30), st.integers(0, 10**12))
def test_any_readable_text_gets_a_verdict(text: str, computed: int) -> None:
    try:
        printed = read(text)
    except Unreadable:
        return
    judge(computed, printed)
    judge(computed, printed, binary=True)
