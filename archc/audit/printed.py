"""A printed number: text with a precision.

What a document prints is kept as it stands. A claim is never compared as a bare float: its digits
say which numbers it is true of, and :func:`intervals` lists them, strictest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, prod
from typing import Literal

from archc.audit.arithmetic import MAX_LENGTH, Quantity, Unreadable, evaluate

Relation = Literal["=", "~", "<", "<=", "<<", ">", ">=", ">>"]

__all__ = [
    "Interval",
    "Printed",
    "Relation",
    "Sizes",
    "Unreadable",
    "intervals",
    "read",
    "read_product",
    "read_sizes",
    "read_window",
    "wrong_size",
]


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number as read.

    ``relation`` is ``=``, ``~`` (about) or a bound. ``parts`` are the arithmetic before an equals
    sign, read too: ``(3*3*64)*128`` in ``(3*3*64)*128 = 73,728``.
    """

    text: str
    number: Quantity
    relation: Relation = "="
    parts: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers that a reading of the digits accepts: [low, high) where a half goes up.

    ``unit`` is one in the last digit that counts, ``digits`` how many count.
    """

    value: Fraction
    unit: Fraction
    digits: int

    @property
    def low(self) -> Fraction:
        return self.value - self.unit / 2

    @property
    def high(self) -> Fraction:
        return self.value + self.unit / 2

    def rounds(self, computed: Fraction | int) -> bool:
        """Whether ``computed``, rounded at this precision, is what is printed.

        A half goes up, as people round, or to the even digit, as programs do (IEEE 754): 7,850 is
        printed 7.9K or 7.8K.
        """
        if self.low <= computed < self.high:
            return True
        return computed == self.high and (self.value / self.unit) % 2 == 0

    def truncates(self, computed: Fraction | int) -> bool:
        """Whether ``computed``, cut off at this precision, is what is printed."""
        return self.value <= computed < self.value + self.unit


def intervals(number: Quantity, binary: bool = False) -> Iterator[Interval]:
    """The readings of a number's digits, strictest first: with all zeros at its end, then without.

    A number that was calculated exactly has none: it is compared as it is.
    """
    scaled = number.scaled(binary)
    if scaled.ulp == 0:
        return
    digits = max(1, len(str(abs(int(number.value / number.ulp)))))
    for zeros in range(number.zeros + 1):
        yield Interval(scaled.value, scaled.ulp * 10**zeros, digits - zeros)


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUPERSCRIPT = re.compile(r"(?<=[\d)])[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_SAME = str.maketrans(
    {
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width ASCII
        **dict.fromkeys("×·∗⋅•✕✖∙", "*"),
        **dict.fromkeys("−–—‐‑", "-"),
        **dict.fromkeys("\u00a0\u202f\u2009\u2007\u200a\t", " "),
        **dict.fromkeys("≈≃≅", "~="),
        "∼": "~",
        **dict.fromkeys("’´`", "'"),
        "≪": "<<",
        "≫": ">>",
        "≤": "<=",
        "≥": ">=",
        "⩽": "<=",
        "⩾": ">=",
        "$": "",
        "{": "(",
        "}": ")",
        "÷": "/",
    }
)
_TEX = (
    (r"\times", "*"),
    (r"\cdot", "*"),
    (r"\approx", "~="),
    (r"\sim", "~"),
    (r"\ll", "<<"),
    (r"\gg", ">>"),
    (r"\leq", "<="),
    (r"\geq", ">="),
    (r"\,", " "),
    (r"\%", "%"),
)
_WORDS: tuple[tuple[str, Relation], ...] = (
    ("about ", "~"),
    ("approximately ", "~"),
    ("approx. ", "~"),
    ("roughly ", "~"),
    ("around ", "~"),
    ("ca. ", "~"),
    ("circa ", "~"),
    ("cca ", "~"),
    ("약 ", "~"),
    ("约", "~"),
    ("約", "~"),
    ("less than ", "<"),
    ("fewer than ", "<"),
    ("under ", "<"),
    ("at most ", "<="),
    ("up to ", "<="),
    ("more than ", ">"),
    ("over ", ">"),
    ("at least ", ">="),
)
_RELATIONS: tuple[Relation, ...] = ("<<", ">>", "<=", ">=", "<", ">", "~", "=")
_EQUALS = re.compile(r"=|~")
_COMES_TO = re.compile(r"=|~|(?:->)")
_RANGE = re.compile(r"\d[^=~]*~(?!=)[^=~]*$")
"""A lone tilde after a number: about, or a range (``50~60M``)."""
_DIFFERENCE = re.compile(r"[\d.,]+\s*[^\W\d_]*\s*-\s*[\d.,]+(?:\s*[^\W\d_][^*/+-]*)?$")
_LABEL = re.compile(
    r"^(?:filters?|kernel(?:[ _]size)?|strides?|pad(?:ding)?|channels|units|groups?|num_output"
    r"|fc|dropout)[ \-:(]+(?=[\d.])",
    re.IGNORECASE,
)
"""What stands before a number in listings: ``kernel 3``, ``FC-4096``, ``Dropout(0.5)``."""
_LAYER = re.compile(r"(?<=\d)-(?=layers?\b)", re.IGNORECASE)


def _normal(text: str) -> str:
    """One spelling for each sign: ``×`` and ``\\times`` are ``*``, ``10⁹`` is ``10^9``."""
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"{len(text)} characters are no printed number")
    text = _SUPERSCRIPT.sub(lambda m: "^" + m[0].translate(_SUPERSCRIPTS), text)
    text = text.replace("{,}", ",").translate(_SAME)
    if "\\" in text:
        for tex, plain in _TEX:
            text = text.replace(tex, plain)
    text = _LAYER.sub(" ", text.strip())
    label = _LABEL.match(text)
    if label is None:
        return text
    rest = text[label.end() :]
    return rest.removesuffix(")") if "(" in label[0] else rest


def _relation(text: str) -> tuple[Relation, str]:
    folded = text.casefold()
    for word, relation in _WORDS:
        if folded.startswith(word):
            return relation, text[len(word) :].strip()
    for sign in _RELATIONS:
        if text.startswith(sign):
            return sign, text[len(sign) :].strip()
    return "=", text


@lru_cache(maxsize=4096)
def read(text: str, bytes_: bool = False) -> Printed:
    """The number that ``text`` prints. Raises Unreadable with the reason.

    ``bytes_`` says that bytes are counted: then a lone ``B`` is a byte, else a billion.
    """
    relation, rest = _relation(_normal(text))
    if not rest:
        raise Unreadable("nothing is printed")
    *before, last = [part.strip() for part in _EQUALS.split(rest)]
    parts = tuple(
        _bytes(evaluate(part), bytes_)
        for part in before
        if any(c.isdigit() for c in part)  # a name before an equals sign says nothing
    )
    if before and relation == "=" and "~" in rest:
        relation = "~"
    if not before and _DIFFERENCE.match(last):
        raise Unreadable(
            "a range is claimed as two bounds; a difference is printed with its result"
        )
    number = _bytes(evaluate(last), bytes_)
    if parts and _RANGE.search(rest) and _short_of(parts[-1], number):
        raise Unreadable("a range is claimed as two bounds")
    return Printed(text, number, relation, parts)


def _short_of(part: Quantity, number: Quantity) -> bool:
    """Whether a number is less than another, and does not round to it."""
    return number.value - part.value > max(number.ulp, part.ulp) / 2


def _bytes(number: Quantity, bytes_: bool) -> Quantity:
    if not (bytes_ and number.billion):
        return number
    billion = 10**9
    return Quantity(number.value / billion, number.ulp / billion, number.zeros, measure="bytes")


Sizes = tuple[int | str, ...]

_BATCH = re.compile(r"^(?:none|-1|\?|n)\s*[,*x]\s*", re.IGNORECASE)
_MAPS = re.compile(r"^(\d{1,12})\s*@\s*(\d{1,12})\s*[*x]\s*(\d{1,12})$", re.IGNORECASE | re.ASCII)
_SIZE = r"(?:[0-9]{1,12}|[A-WYZ])"
_SIZES = re.compile(rf"^{_SIZE}(?:\s*(?:[*,]|[xX](?![xX]))\s*{_SIZE}){{0,7}}$")
_BY = re.compile(r"(?<=\d)\s+by\s+(?=\d)", re.IGNORECASE)
_SIZE_WORDS = re.compile(r"\s*\(?\b(?:rgb|image|images|pixels?|px|maps?)\b\)?\s*", re.IGNORECASE)
_BRACKETS = (("(", ")"), ("[", "]"))
_GROUPED = re.compile(r"(?<![\d,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])", re.ASCII)
_GROUP_OF_ZERO = re.compile(r",0\d")


@lru_cache(maxsize=4096)
def read_sizes(text: str) -> Sizes:
    """The sizes that ``text`` prints: ``55*55*96``, ``(None, 27, 27, 32)``, ``6@28x28``.

    A batch in front is dropped, maps in front of ``@`` go last. Raises Unreadable.
    """
    normal = _normal(text)
    if normal.startswith(("<", ">")):
        raise Unreadable("a bound is no size")
    # of `384*7*7 = 18816` and of `256*256 -> 224*224` the last is what comes out
    rest = _SIZE_WORDS.sub(" ", _COMES_TO.split(normal)[-1]).strip()
    rest = _BY.sub("x", rest)
    bracketed = False
    for opening, closing in _BRACKETS:
        if rest.startswith(opening) and rest.endswith(closing):
            rest = rest[1:-1].strip().removesuffix(",")
            bracketed = True
    rest = _BATCH.sub("", rest)
    maps = _MAPS.match(rest)
    if maps:
        return int(maps[2]), int(maps[3]), int(maps[1])
    rest = _ungrouped(rest, bracketed)
    if not _SIZES.match(rest):
        raise Unreadable(f"`{text.strip()[:40]}` is not a size")
    return tuple(int(s) if s.isdigit() else s for s in re.findall(_SIZE, rest))


def _ungrouped(text: str, bracketed: bool) -> str:
    """Without the commas that group digits: ``4,096`` is a length, ``13,13,256`` three sizes.

    Commas group between other signs (``1x1x1,000``), and where a size would begin with a zero.
    One comma alone groups, but not in brackets, which are a program's, nor between two equal sides.
    """
    others = re.search(r"[*xX]", text) is not None
    sides = text.split(",")
    alone = len(sides) == 2 and not bracketed and sides[0] != sides[1]
    if others or alone or _GROUP_OF_ZERO.search(text):
        return _GROUPED.sub(lambda match: match[0].replace(",", ""), text)
    return text


def read_product(text: str) -> Sizes | None:
    """The sizes before an equals sign whose product stands after it: ``55*55*96 = 290,400``."""
    before, equals, after = _normal(text).rpartition("=")
    if not equals or not _SIZES.match(before.strip()):
        return None
    sizes = read_sizes(before)
    numbers = [size for size in sizes if isinstance(size, int)]
    if len(numbers) < max(2, len(sizes)) or read_sizes(after) != (prod(numbers),):
        return None
    return sizes


def wrong_size(text: str) -> str:
    """What is wrong with the arithmetic that is printed before a size, or nothing.

    Positions of a window are a whole number: ``(224-11)/4+1 = 54`` cuts off.
    """
    *before, last = _normal(text).split("=")
    if not before or "~" in text or "->" in text:
        return ""
    sizes = read_sizes(last)
    for part in before:
        with suppress(Unreadable):  # a name, or sizes that are printed otherwise
            value = evaluate(part).value
            if len(sizes) == 1 and sizes[0] not in (floor(value), ceil(value)):
                return f"its own arithmetic gives {floor(value):,}"
    return ""


_STRIDE = re.compile(r"\s*(?:/|,?\s*(?:strides?|s)\s*=?)\s*(\d.*)$", re.IGNORECASE)


@lru_cache(maxsize=4096)
def read_window(text: str) -> tuple[Sizes, Sizes | None]:
    """A kernel and its stride, None where none is printed: ``7×7/2``, ``3x3, stride 2``."""
    normal = _normal(text)
    match = _STRIDE.search(normal)
    kernel = read_sizes(normal[: match.start()] if match else text)
    stride = read_sizes(match[1]) if match else None
    several = match is not None and "," in match[1] and len(set(stride or ())) > 1
    if len(kernel) > 2 or several or len(stride or ()) > 2:
        raise Unreadable(f"`{text.strip()[:40]}` is more than a kernel and a stride")
    return kernel, stride
