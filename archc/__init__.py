"""archc: a compiler for neural-network architecture specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc._version import __version__
from archc.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from archc.graph.network import Layer, Module, Network


def load(path: str | Path, variant: str | None = None, **params: Any) -> Network:
    """Compile a spec file.

    ``path`` may name the variant too (``"resnet.arch:resnet50"``). ``params`` set the network's
    parameters; a text is an expression of the language (``strided="3x3"``, ``unit="basic"``).
    Raises SpecError, whose ``diagnostics`` say what is wrong and where.
    """
    from pathlib import Path

    from archc.pipeline import compile_spec

    if variant is None and isinstance(path, str) and not Path(path).exists():
        head, _, tail = path.rpartition(":")
        path, variant = (head, tail) if head else (path, None)
    return compile_spec(path, variant, params)


def loads(text: str, variant: str | None = None) -> Network:
    """Compile a spec given as text."""
    from archc.pipeline import compile_text

    return compile_text(text, variant=variant)


def __getattr__(name: str) -> Any:
    if name in ("Layer", "Module", "Network"):
        from archc.graph import network

        return getattr(network, name)
    raise AttributeError(name)


__all__ = [
    "Diagnostic",
    "Layer",
    "Module",
    "Network",
    "SpecError",
    "__version__",
    "load",
    "loads",
]
