"""What a network's input is: as the listing says, as its examples show, as its layers ask."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any

from archc.dims import DimError, Expr, evaluate, symbol
from archc.notations.listing.trace import Node
from archc.ops.base import Shape

USUAL = (224, 227, 32, 28, 64, 96, 128, 256, 299, 150, 160, 180, 192, 200, 300)
"""Sides of square images that are tried, the most usual first."""

MOST = 1024
"""No larger side is tried."""


def first_shape(first: Sequence[tuple[str, Any, Node]]) -> Shape:
    """The shape that the first layers with weights ask of the input; an image where they say
    nothing."""
    letters = tuple(symbol(letter) for letter in "HWC")
    if not first:
        return letters
    kind, size, node = first[0]
    if kind in ("channels", "any"):
        return (letters[0], letters[1], letters[2] if size is None else size)
    if kind == "words":
        return (symbol("T"),)
    if kind == "sequence":
        return (symbol("T"), symbol("C") if size is None else size)
    if not flattened(node):
        return (symbol("N") if size is None else size,)
    return letters if not isinstance(size, int) else picture(size)


def flattened(node: Node) -> bool:
    """Whether a value has been made a vector since the input."""
    stack, seen = [node], set[int]()
    while stack:
        here = stack.pop()
        if here.op in ("flatten", "reshape"):
            return True
        if id(here) not in seen:
            seen.add(id(here))
            stack.extend(here.inputs)
    return False


def picture(size: int) -> Shape:
    """The square image of so many values: grey, or of three colours; else a vector."""
    for channels in (1, 3):
        side = isqrt(size // channels)
        if side * side * channels == size and side > 1:
            return (side, side, channels)
    return (size,)


def fits(
    example: Sequence[int], first: Sequence[tuple[str, Any, Node]], given: bool = False
) -> Shape | None:
    """A tensor of the listing, in PyTorch's order with its batch, as the input's shape; None
    where the first layer does not take it. One that the network is ``given`` in the listing is
    its input though its numbers do not fit."""
    kind, size, node = first[0] if first else ("channels", None, None)
    size = None if given else size
    sizes = tuple(example)
    if any(s < 1 for s in sizes):
        return None
    if kind in ("channels", "any") or (kind == "features" and node is not None and flattened(node)):
        if len(sizes) == 2 and kind == "features":
            return sizes[1:]
        image = sizes[1:] if len(sizes) == 4 else sizes
        if len(image) != 3:
            return None
        channels, height, width = image
        if kind == "features":
            whole = channels * height * width
            return (height, width, channels) if size in (None, whole) else None
        return (height, width, channels) if size in (None, channels) else None
    if kind == "features" and len(sizes) == 2 and size in (None, sizes[1]):
        return sizes[1:]
    return None


def sides(demands: Sequence[tuple[Any, Any]]) -> list[int]:
    """The sides of square images of which as many values arrive everywhere as are declared."""
    wanted = [(a, d) for a, d in demands if isinstance(a, Expr) and isinstance(d, int)]
    if not wanted:
        return []
    found: list[int] = []
    for side in range(1, MOST + 1):
        try:
            if all(evaluate(a, {"H": side, "W": side}) == d for a, d in wanted):
                found.append(side)
        except DimError:
            continue
    return found


def usual(found: Sequence[int]) -> int | None:
    """The side to take of those that fit: a usual one, or the only one."""
    for side in USUAL:
        if side in found:
            return side
    return found[0] if len(found) == 1 else None
