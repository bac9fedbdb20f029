"""The words after a number: thousands, millions, bytes, operations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Measure = Literal["count", "bytes"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A multiplier and what it multiplies.

    ``exponent`` is the power of ten, ``power`` the power of 1000 that a document may mean as a
    power of 1024 (0 for words such as million), ``binary`` says that it is one (``MiB``).
    """

    exponent: int = 0
    power: int = 0
    binary: bool = False
    measure: Measure | None = None


_PREFIXES = {"k": 1, "m": 2, "g": 3, "t": 4}

# Number words of the languages that audited documents are written in. 万 and 만 are ten thousand,
# 亿 and 억 a hundred million.
_WORDS = {
    "thousand": 3, "tisíc": 3, "tis": 3, "千": 3, "천": 3,
    "万": 4, "萬": 4, "만": 4,
    "million": 6, "millions": 6, "mio": 6, "mil": 6, "milion": 6, "miliony": 6, "milionů": 6,
    "百万": 6, "百萬": 6, "백만": 6,
    "亿": 8, "億": 8, "억": 8,
    "billion": 9, "billions": 9, "bn": 9, "miliard": 9, "miliardy": 9,
    "trillion": 12,
}  # fmt: skip

_NOUNS = frozenset(
    (
        *("flop", "flops", "op", "ops", "operation", "operations", "times"),
        *("mac", "macs", "madd", "madds", "mult-adds", "multiply-adds", "multiply-accumulates"),
        *("multiplication", "multiplications", "connection", "connections"),
        *("param", "params", "parameter", "parameters", "parametrů"),
        *("weight", "weights", "bias", "biases", "layer", "layers"),
        *("neuron", "neurons", "unit", "units", "value", "values", "activation", "activations"),
        *("filter", "filters", "channel", "channels", "map", "maps", "path", "paths"),
        *("branch", "branches", "pixel", "pixels", "px"),
    )
)

_BYTES = frozenset(("b", "byte", "bytes"))

_PREFIXED = re.compile(r"([kmgt])(i?)(.*)")

BITS = re.compile(r"[kKMGT]i?b\.?")
"""Bits, and in many a paper bytes."""

DECIMAL_COMMA = re.compile(r"\s*(?:mil\.|mio\b|milion|miliard|tis)", re.IGNORECASE)
"""Words of languages that write a comma before decimals: ``60,965 mil.`` is under 61 million."""


def read_unit(word: str) -> Unit | None:
    """What a word after a number means, or None where it is none of the known ones.

    ``B`` is a billion: only after a prefix does it mean bytes (a lone ``B`` is decided by what is
    counted: see :func:`archc.audit.printed.read`).
    """
    folded = word.casefold().rstrip(".")
    if word in ("m", "g", "t", "b"):
        return None
    if folded == "b":
        return Unit(9)
    if folded in _BYTES:
        return Unit(measure="bytes")
    if folded in _WORDS:
        return Unit(_WORDS[folded])
    if folded in _NOUNS:
        return Unit()
    match = _PREFIXED.fullmatch(folded)
    if match is None:
        return None
    power = _PREFIXES[match[1]]
    rest = match[3]
    if rest in _BYTES:
        return Unit(3 * power, power, bool(match[2]), "bytes")
    if match[2]:
        return None
    if not rest or rest in _NOUNS:
        return Unit(3 * power, power)
    return None
