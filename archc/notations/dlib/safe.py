"""Names of C++ as names of the language: what means something else there gets an underscore."""

from __future__ import annotations

import re
from functools import cache

_KEYWORDS = """network block variants published input output default let share if else for from in
where and or not import as erratum it true false linear min max len range floor ceil round same
valid pad half global nobias bias noscale noshift nearest bilinear mean whole shared tanh affine
includepad excludepad center darknet padding loss image"""

_SIZE = re.compile(r"([0-9]+|[A-Z])(x([0-9]+|[A-Z]))+")


@cache
def _taken() -> frozenset[str]:
    from archc.registry import layer_names

    return frozenset((*_KEYWORDS.split(), *layer_names()))


def safe(name: str) -> str:
    """The name, or one like it that can be a block's, a parameter's or a label's."""
    name = re.sub(r"\W", "_", name, flags=re.ASCII)
    if not name or not (name[0].isalpha() or name[0] == "_"):
        name = f"p{name}"
    return f"{name}_" if name in _taken() or _SIZE.fullmatch(name) else name
