"""What shapes tell of a network in dlib: where its rules make it another than the famous one."""

from __future__ import annotations

from collections.abc import Iterable

from archc.diagnostics import Diagnostic, Source
from archc.graph.network import Network


def review(source: Source, network: Network) -> Iterable[Diagnostic]:
    return ()
