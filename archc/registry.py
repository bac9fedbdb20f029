"""One registry for layers, backends, notations and claims: a table of what archc brings, then entry points.

What archc brings is declared as entry points in pyproject.toml like anyone's; the same table stands
here so that a spec of built-in layers needs no scan of the installed distributions (35 ms).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

Group = Literal["archc.ops", "archc.backends", "archc.notations", "archc.claims"]

_FAMILIES = {
    "convolution": {"conv": "Conv", "subsample": None},
}


class PluginError(Exception):
    """A plugin was found by name and could not be imported."""
