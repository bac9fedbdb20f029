"""Sizes of feature maps in the figure: numbers, short formulas, and names for long ones."""

from __future__ import annotations

from archc import spelling
from archc.dims import Dim, Expr, symbols_of, to_text
from archc.latex import escape

LONGEST = 9
"""A longer formula gets a name (H_1), which is explained below the figure."""


class Sizes:
    """Spells sizes, and knows which names it gave."""

    def __init__(self) -> None:
        self.names: dict[str, tuple[str, int]] = {}  # a formula's text -> its symbol and number

    def text(self, size: Dim) -> str:
        """The size in LaTeX."""
        if not isinstance(size, Expr):
            return str(size)
        text = _spelled(size)
        if len(text) <= LONGEST:
            return escape(text)
        if text not in self.names:
            symbol = symbols_of(size)[0]
            number = 1 + sum(known == symbol for known, _ in self.names.values())
            self.names[text] = symbol, number
        return _name(*self.names[text])

    def explained(self) -> list[str]:
        """What the names mean, in LaTeX; those of W in one line where they are as those of H."""
        found: dict[str, dict[int, str]] = {}
        for text, (symbol, number) in self.names.items():
            found.setdefault(symbol, {})[number] = text
        lines: list[str] = []
        for symbol, texts in found.items():
            like = next((other for other in found if self._alike(symbol, other, found)), None)
            if like is not None:
                lines.append(f"{_name(symbol, 'i')} as {_name(like, 'i')}")
                continue
            lines += [f"{_name(symbol, n)} $=$ {escape(text)}" for n, text in texts.items()]
        return lines

    def _alike(self, symbol: str, other: str, found: dict[str, dict[int, str]]) -> bool:
        """Whether the formulas of one symbol are those of an earlier one, with it in its place."""
        if list(found).index(other) >= list(found).index(symbol):
            return False
        if len(symbol) > 1 or len(other) > 1:
            return False
        return {n: text.replace(other, symbol) for n, text in found[other].items()} == found[symbol]


def _name(symbol: str, number: int | str) -> str:
    index = number if isinstance(number, int) else f"{number}"
    return f"{escape(symbol)}$_{{{index}}}$"


def _spelled(size: Dim) -> str:
    return spelling.floors(to_text(size)).replace("*", "·")


def width(size: Dim) -> int:
    """About how many characters a size takes in the figure."""
    text = _spelled(size)
    return len(text) if len(text) <= LONGEST else 2
