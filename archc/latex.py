"""Text for LaTeX: whatever stands in it, it is set as it is."""

from __future__ import annotations

import unicodedata

_SIGNS = {
    "\\": r"$\backslash$",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "^": r"\^{}",
    "~": r"\~{}",
    "`": r"\`{}",
    '"': "''",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "*": "$*$",
    "-": "-{}",
    "\u00a0": "~",
    "\u00d7": r"$\times$",
    "\u00b7": r"$\cdot$",
    "\u2026": r"\ldots{}",
    "\u2013": "--{}",
    "\u2014": "---{}",
    "\u2212": "$-$",
    "\u2018": "`{}",
    "\u2019": "'{}",
    "\u201c": "``{}",
    "\u201d": "''{}",
    "\u2192": r"$\rightarrow$",
    "\u2248": r"$\approx$",
    "\u2260": r"$\neq$",
    "\u2264": r"$\leq$",
    "\u2265": r"$\geq$",
    "\u221a": r"$\surd$",
    "\u230a": r"$\lfloor$",
    "\u230b": r"$\rfloor$",
    "\u2308": r"$\lceil$",
    "\u2309": r"$\rceil$",
    "\u00b2": "$^2$",
    "\u00b3": "$^3$",
    "\u00b5": r"$\mu$",
    "\u00df": r"\ss{}",
    "\u00e6": r"\ae{}",
    "\u00f8": r"\o{}",
    "\u00d8": r"\O{}",
    "\u0142": r"\l{}",
    "\u0141": r"\L{}",
    "\u0131": r"\i{}",
}
"""Signs that LaTeX reads something into, and those that its first fonts have under a name."""

_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0308": '"',
    "\u0327": "c",
    "\u030a": "r",
    "\u030c": "v",
    "\u0304": "=",
    "\u0306": "u",
    "\u030b": "H",
}
"""Accents as Unicode's combining characters, and LaTeX's commands for them."""

_GREEK = {
    letter: unicodedata.name(letter).rpartition(" ")[2]
    for letter in "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
}
"""Greek letters that LaTeX has a command for, by Unicode's names: ``LAMDA`` is its lambda."""


def escape(text: str) -> str:
    """The text for LaTeX's text mode, with the signs of its first fonts alone.

    A letter that those do not have (日) is set as its number, ``U+65E5``.
    """
    return "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    if " " <= letter <= "~":
        return letter
    if letter in _GREEK:
        name = _GREEK[letter].replace("LAMDA", "LAMBDA")
        return f"$\\{name.capitalize() if letter.isupper() else name.lower()}$"
    if letter in "\t\n\r":
        return " "
    parts = unicodedata.normalize("NFD", letter)
    base, accent = parts[0], parts[1:]
    if accent in _ACCENTS and base.isascii() and base.isalpha():
        return f"\\{_ACCENTS[accent]}{{{base}}}"
    return f"U+{ord(letter):04X}"
