"""A row of the totals that a network of the zoo must come to.

Trainable parameters, multiply-accumulates at the spec's own input size, and where the number of
parameters is published; "by hand" stands where it is only the sum that the twins and the arithmetic
beside it give.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Row(NamedTuple):
    spec: str
    variant: str | None
    """None: the network named as the file."""
    params: int
    macs: int
    source: str
    at: Mapping[str, int] = MappingProxyType({})
    """Numbers for symbolic sizes."""
