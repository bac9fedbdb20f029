"""Ways of counting: a count is a vector, a convention is a weighting of it.

``CONVENTIONS`` are those that have a name: the papers', Keras', fvcore's ... They are read when
they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.audit.conventions.names import COUNTING_OPS, COUNTING_PARAMS
from archc.audit.conventions.weightings import (
    BIASES,
    BYTES_A_VALUE,
    CONNECTIONS,
    KERNELS,
    MACS,
    OPERATIONS,
    STATISTICS,
    STORED,
    SUBSAMPLED,
    TRAINED,
    Weighting,
    in_place,
    weigh,
    weighting,
)

if TYPE_CHECKING:
    from archc.audit.conventions.named import CONVENTIONS

__all__ = [
    "BIASES",
    "BYTES_A_VALUE",
    "CONNECTIONS",
    "CONVENTIONS",
    "COUNTING_OPS",
    "COUNTING_PARAMS",
    "KERNELS",
    "MACS",
    "OPERATIONS",
    "STATISTICS",
    "STORED",
    "SUBSAMPLED",
    "TRAINED",
    "Weighting",
    "in_place",
    "weigh",
    "weighting",
]


def __getattr__(name: str) -> Any:
    if name == "CONVENTIONS":  # a claim that names none needs no table of them
        from archc.audit.conventions.named import CONVENTIONS

        return CONVENTIONS
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
