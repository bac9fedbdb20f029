"""Names in generated source: of layers, functions, parameters and variables."""

from __future__ import annotations

from collections.abc import Container, Iterable

RESERVED: frozenset[str] = frozenset(("keras", "layers", "ops", "model", "range", "name", "i"))
"""What generated code refers to by name."""


def separator(paths: Iterable[str]) -> str:
    """What joins the labels of paths in the names of Keras layers.

    Keras' names hold no dots (on torch they are names of parameters) and no slashes. ``conv[1]``
    is ``conv_1``; a network that also has a label ``conv_1`` gets ``conv-1`` and ``conv_1``.
    """
    known = list(paths)
    return "_" if len({path.replace(".", "_") for path in known}) == len(set(known)) else "-"


def keras_name(path: str, separated: str) -> str:
    """A layer's path as the name of a Keras layer; none begins with an underscore."""
    name = path.replace(".", separated)
    return f"layer{name}" if name.startswith("_") else name


def unique(name: str, taken: Container[str]) -> str:
    """The name, or with the first free number after it."""
    if name not in taken:
        return name
    stem = f"{name}_" if name[-1].isdigit() else name
    number = 2
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"
