"""Parts of one label that stand side by side: the same head on each level of a pyramid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from archc.graph.structure import Node, Structure

FEWEST = 3
"""So many parts make a group; two are as soon read as one and a count."""


def groups(
    children: Sequence[Node], exact: Structure, kinds: Structure
) -> Iterator[tuple[bool, tuple[Node, ...]]]:
    """The siblings in stretches, in order, each with whether it is a group.

    A group's parts are called ``label[i]``, are built alike whatever their arguments (``kinds``
    tells), and none reads another's values.
    """
    plain: list[Node] = []
    i = 0
    while i < len(children):
        end = _end(children, i, exact, kinds)
        if end - i < FEWEST:
            plain.append(children[i])
            i += 1
            continue
        if plain:
            yield False, tuple(plain)
            plain = []
        yield True, tuple(children[i:end])
        i = end
    if plain:
        yield False, tuple(plain)


def _end(children: Sequence[Node], start: int, exact: Structure, kinds: Structure) -> int:
    """Behind the last part of the group that begins at ``start``."""
    first = children[start]
    stem = stem_of(exact.label(first))
    if stem is None:
        return start + 1
    begin = exact.start[first]
    end = start + 1
    while end < len(children):
        node = children[end]
        alike = kinds.signature(node) == kinds.signature(first)
        if not alike or stem_of(exact.label(node)) != stem:
            break
        own = exact.start[node]
        if any(not code & 1 and begin <= code >> 1 < own for code in exact.reads[node]):
            break
        end += 1
    return end


def stem_of(label: str | None) -> str | None:
    """``scores`` of ``scores[2]``; None for a label without an index."""
    stem, bracket, _ = (label or "").partition("[")
    return stem if bracket else None


def common(rows: Sequence[str]) -> str:
    """What rows of several parts have in common at their beginning: ``head 21 …``."""
    words = [row.split(" ") for row in rows]
    shared: list[str] = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    if all(len(row) == len(shared) for row in words):
        return rows[0]
    return " ".join([*shared, "…"])


def gathered(names: Sequence[str]) -> list[str]:
    """Names with those of one label after another as a range: ``P[2] … P[5]``."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(stem_of(name) or name, []).append(name)
    return [
        f"{group[0]} … {group[-1]}" if len(group) >= FEWEST and _even(group) else ", ".join(group)
        for group in found.values()
    ]


def _even(names: Sequence[str]) -> bool:
    """Whether the indices count up or down by one."""
    texts = [name.partition("[")[2].removesuffix("]") for name in names]
    if not all(text.isdecimal() for text in texts):
        return False
    numbers = [int(text) for text in texts]
    steps = {b - a for a, b in pairwise(numbers)}
    return steps in ({1}, {-1})
