"""Names in generated source: of attributes, classes, parameters and variables."""

from __future__ import annotations

from collections.abc import Iterable

from archc_backends.shared.names import TAKEN, attribute, module_path
from archc_backends.shared.source import identifier


def _words(text: str) -> list[str]:
    return text.split()


TAKEN_IN_DICT = frozenset({"clear", "items", "keys", "pop", "update", "values"})
"""What torch.nn.ModuleDict has besides."""

TAKEN_IN_FILE = frozenset(
    _words(
        "F List NamedTuple Optional OrderedDict Tensor dict enumerate float getattr int isinstance "
        "len list max nn print range self str super torch tuple type x zip "
    )
)
"""What generated code refers to by name."""


def camel(text: str) -> str:
    """``se_bottleneck`` as a class's name: ``SeBottleneck``."""
    parts = identifier(text, "Net").split("_")
    return "".join(part[:1].upper() + part[1:] for part in parts if part) or "Net"


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or with the first free number after it."""
    known = taken if isinstance(taken, set | frozenset) else set(taken)
    if name not in known:
        return name
    number = 2
    while f"{name}{number}" in known or f"{name}_{number}" in known:
        number += 1
    return f"{name}_{number}" if name[-1].isdigit() else f"{name}{number}"


__all__ = [
    "TAKEN",
    "TAKEN_IN_DICT",
    "TAKEN_IN_FILE",
    "attribute",
    "camel",
    "module_path",
    "unique",
]
