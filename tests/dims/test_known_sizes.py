"""Sizes of networks in the literature, as formulas."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from archc.dims import (
    Dim,
    DimError,
    Facts,
    at_least,
    ceil_div,
    decide,
    dim_max,
    dim_min,
    evaluate,
    exact_div,
    floor_div,
    is_concrete,
    proves_equal,
    proves_less,
    substitute,
    symbol,
    symbols_of,
    to_python,
    to_text,
)

H, W, T = symbol("H"), symbol("W"), symbol("T")
H32 = symbol("H", multiple_of=32)


def window(size: Dim, kernel: int, stride: int = 1, pad: int = 0) -> Dim:
    return floor_div(size + 2 * pad - kernel, stride) + 1


def chain(size: Dim, windows: Sequence[tuple[int, int, int]]) -> list[str]:
    texts: list[str] = []
    for kernel, stride, pad in windows:
        size = window(size, kernel, stride, pad)
        texts.append(to_text(size))
    return texts


VGG = [(3, 1, 1), (2, 2, 0)] * 5
RESNET = [(7, 2, 3), (3, 2, 1), (3, 2, 1), (3, 2, 1), (3, 2, 1)]


def test_vgg_with_a_multiple_of_32() -> None:
    assert chain(H32, VGG)[1::2] == ["H/2", "H/4", "H/8", "H/16", "H/32"]


def test_vgg_without_a_constraint_merges_its_floors() -> None:
    halves = [f"floor(H/{2**i})" for i in range(1, 6)]
    assert chain(H, VGG)[1::2] == halves


def test_resnet() -> None:
    assert chain(H32, RESNET) == ["H/2", "H/4", "H/8", "H/16", "H/32"]
    assert chain(H, RESNET) == [
        "floor((H + 1)/2)",
        "floor((H + 3)/4)",
        "floor((H + 7)/8)",
        "floor((H + 15)/16)",
        "floor((H + 31)/32)",
    ]


def test_fcn_pads_by_100_and_crops_back() -> None:
    """Long et al. 2015: conv1_1 pads by 100; the score map, up-sampled, covers the image."""
    size = window(H, 3, 1, 100)
    for _ in range(5):
        size = window(window(size, 3, 1, 1), 2, 2)
    score = window(window(size, 7), 1)
    assert to_text(score) == "floor((H + 6)/32)"
    upsampled = 32 * (score - 1) + 64
    assert to_text(upsampled) == "32*floor((H + 6)/32) + 32"
    assert decide(">=", upsampled, H) is True
    assert evaluate(upsampled, {"H": 500}) == 512


def test_a_pyramid_meets_itself() -> None:
    """Lin et al. 2017: up-sampled maps fit the lateral ones where 32 divides the image."""
    c4, c5 = H32 // 16, H32 // 32
    assert proves_equal(2 * c5, c4) is True
    assert proves_equal(2 * (H // 32), H // 16) is None
    assert evaluate(2 * (H // 32), {"H": 48}) == 2 and evaluate(H // 16, {"H": 48}) == 3


def test_ceil_mode_of_a_pooling_drops_out_where_it_makes_no_difference() -> None:
    rounded_up = dim_min(ceil_div(H - 3, 2) + 1, ceil_div(H, 2))
    assert to_text(rounded_up) == "floor(H/2)"


def test_padding_of_same() -> None:
    total = dim_max(0, (ceil_div(H32, 2) - 1) * 2 + 3 - H32)
    assert total == 1
    odd = dim_max(0, (ceil_div(H, 2) - 1) * 2 + 3 - H)
    assert decide("<=", odd, 2) and decide(">=", odd, 1)


@pytest.mark.parametrize(
    ("dim", "text", "python"),
    [
        (H, "H", "H"),
        (T + 1, "T + 1", "T + 1"),
        (3 - H, "3 - H", "3 - H"),
        (-H, "-H", "-H"),
        (16 * H * W, "16*H*W", "16 * H * W"),
        (H * H - W**3, "H^2 - W^3", "H ** 2 - W ** 3"),
        (H32 // 2, "H/2", "H // 2"),
        (H32 // 32 * 3 // 1, "3*H/32", "3 * H // 32"),
        ((H32 // 32) ** 2, "H^2/1024", "H ** 2 // 1024"),
        (symbol("H", multiple_of=2, residue=1) // 2, "(H - 1)/2", "(H - 1) // 2"),
        (H // 2 * W, "W*floor(H/2)", "W * (H // 2)"),
        (-((H + 1) // 2), "-floor((H + 1)/2)", "-((H + 1) // 2)"),
        (H % 32, "H - 32*floor(H/32)", "H - 32 * (H // 32)"),
        (dim_max(H, W) + 1, "max(W, H) + 1", "max(W, H) + 1"),
        (dim_max(H, dim_max(W, H + 1) - 1), "max(W, H + 1) - 1", "max(W, H + 1) - 1"),
        (H // W, "floor(H/W)", "H // W"),
        ((H + 1) // W * 2, "2*floor((H + 1)/W)", "2 * ((H + 1) // W)"),
        (H * W // W, "H", "H"),
        ((H * H + 2 * H + 1) // (H + 1), "H + 1", "H + 1"),
        (H32 // 3, "floor(H/3)", "H // 3"),
        ((H32 - 3) // 3 + 1, "floor(H/3)", "H // 3"),
        ((H32 + 5) // 3 - 7, "floor((H - 16)/3)", "(H - 16) // 3"),
        (0 * H, "0", "0"),
    ],
)
def test_text(dim: Dim, text: str, python: str) -> None:
    assert (to_text(dim), to_python(dim)) == (text, python)


def test_what_cancels_is_a_number() -> None:
    assert type(H - H) is int
    assert type(H32 - 32 * (H32 // 32)) is int
    assert type((H + 5) - H) is int
    assert is_concrete(symbol("H", least=7, most=7)) and not is_concrete(H)


def test_bounds_prove() -> None:
    assert at_least(H, 1) is True
    assert at_least(H - 1, 1) is None
    assert at_least(symbol("H", least=224) // 32, 7) is True
    assert at_least(symbol("H", most=31) // 32, 1) is False
    assert proves_less(H % 7, 7) is True
    assert proves_less(H, H + 1) is True
    assert proves_less(H * W, H) is False
    assert proves_equal(2 * H, 2 * W + 1) is False
    assert proves_equal(H, W) is None
    assert decide("<=", dim_min(H, W), H) is True
    assert decide("<=", dim_max(H, W), H) is None
    assert decide("<=", dim_max(H // 2, H // 3), H) is True


def test_floors_that_cancel_as_they_are_bounded() -> None:
    """A bound replaces floor(p/k) by p/k; p may hold another floor of the same sum."""
    inner = (2 * H + 1) // 3
    outer = (5 * inner + W) // 7
    for total in (7 * outer - 5 * inner, outer + inner, 5 * inner - 7 * outer):
        for h in (1, 2, 9):
            value = evaluate(total, {"H": h, "W": 4})
            assert at_least(total, value + 1) is not True
    assert decide("<=", 7 * outer - 5 * inner, W) is True


def test_binding() -> None:
    assert evaluate(H // 2 * W, {"H": 5, "W": 3, "unused": 0}) == 6
    assert substitute(H // 2, {"H": 2 * W}) == W
    assert symbols_of(dim_max(H // 2, 5) * T) == ("H", "T")
    with pytest.raises(DimError, match="no value is given for W"):
        evaluate(H * W, {"H": 1})
    with pytest.raises(DimError, match="multiple of 32"):
        evaluate(H32, {"H": 33})
    with pytest.raises(DimError, match="at least 1"):
        evaluate(H, {"H": 0})


def test_exact_division() -> None:
    assert exact_div(6 * H, 3) == 2 * H
    with pytest.raises(DimError, match="not known to be an integer"):
        exact_div(H, 2)


def test_what_cannot_be_computed_says_so() -> None:
    with pytest.raises(DimError, match="divided by 0"):
        H // 0
    with pytest.raises(DimError, match="may be 0"):
        H // (W - 1)
    with pytest.raises(DimError, match="no value of H"):
        symbol("H", least=5, most=4)
    with pytest.raises(DimError, match="negative power"):
        H**-1
    with pytest.raises(TypeError):
        H < W  # type: ignore[operator]  # noqa: B015


def test_formulas_stay_bounded() -> None:
    """Whatever is done to a size, it ends in a formula or in an error, soon."""
    start = time.process_time()
    with pytest.raises(DimError, match=r"10\^30"):
        size: Dim = H
        for _ in range(200):
            size = 3 * size
    with pytest.raises(DimError, match="too long"):
        size = H
        for _ in range(10_000):
            size = 2 * size // 3
    with pytest.raises(DimError):
        size = H
        for i in range(10_000):
            size = size * size + i
    with pytest.raises(DimError):
        size = H
        for i in range(10_000):
            size = dim_max(size // 3, W // 5 + size % 7, T - i)
    assert time.process_time() - start < 10


def test_proofs_stay_bounded() -> None:
    """Comparisons that strangers may write end soon, with a proof or without."""
    symbols = [symbol(letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    start = time.process_time()
    many = sum(floor_div(H * k + 3, k + 7) for k in range(1, 40))
    assert decide("==", many, many * W) is None
    assert decide("==", sum(floor_div(H + k, 512) for k in range(200)), H) is None
    assert decide("==", sum(dim_max(H - k, W // (k + 1)) for k in range(12)), H) is None
    assert decide(">=", (H + W) ** 4 * (T - 2) ** 4, 1) is None
    turned = [
        (">=", 3 * a, b + 2 * c) for a, b, c in zip(symbols, symbols[3:], symbols[7:], strict=False)
    ]
    known = Facts.from_comparisons([*turned, *((">=", a * H, T) for a in symbols)])
    assert known.decide("<", symbols[0], symbols[20] + H) is None
    Facts.from_comparisons([("!=", H % k, 1) for k in range(2, 60)])
    assert time.process_time() - start < 10


def test_a_network_of_windows_costs_milliseconds() -> None:
    start = time.process_time()
    for size in (symbol("H"), symbol("W", multiple_of=32)):
        chain(size, VGG * 4)
    assert time.process_time() - start < 0.5


def test_importing_is_cheap() -> None:
    """No computer algebra system comes along."""
    code = "import archc.dims, sys; print(*sorted(m for m in sys.modules if 'sympy' in m))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""
