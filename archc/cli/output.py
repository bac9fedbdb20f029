"""What commands print, and the networks that they print about."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from archc.cli.formats import UsageError
from archc.cli.target import Target, settings_for
from archc.diagnostics import Diagnostic
from archc.graph.compile import compile_network, settable
from archc.graph.network import Network
from archc.graph.values import NetworkValue
from archc.pipeline import compile_family, family, setting


def report(diagnostics: Iterable[Diagnostic], as_json: bool = False) -> None:
    """Print diagnostics: the first ones to people on standard error, or all as JSON."""
    from archc.diagnostics.render import render, to_json

    if as_json:
        print_json({"schema": 1, "errors": [to_json(d) for d in diagnostics]})
        return
    colour = coloured(sys.stderr)
    found = list(diagnostics)
    for diagnostic in found[:MOST]:
        print(render(diagnostic, colour), file=sys.stderr)
    if len(found) > MOST:
        print(f"and {len(found) - MOST:,} more: `--json` lists all", file=sys.stderr)


MOST = 100
"""Diagnostics that people are shown: after as many of a ledger they have something in common."""


def coloured(stream: Any) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def print_json(data: Any) -> None:
    import json

    print(json.dumps(data, indent=2, ensure_ascii=False))


def terminal_width() -> int | None:
    """Columns of the terminal; None where the output is no terminal."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def write_standard(content: str | bytes) -> None:
    """Write a file's content to standard output. Raises UsageError for bytes on a terminal."""
    if isinstance(content, bytes) and sys.stdout.isatty():
        raise UsageError("-o -: this is no text for a terminal; name a file or a pipe")
    data = content.encode(errors="replace") if isinstance(content, str) else content
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def all_networks(target: Target, texts: list[str]) -> list[Network]:
    """The networks that `check` and `show` mean."""
    settings = dict(setting(text) for text in texts)
    values = family(target.spec, target.variant)
    alone = len(values) == 1
    if not alone:
        unknown_to_all(values, settings)
    return compile_family(
        target.spec, target.variant, lambda value: settings_for(value, settings, alone)
    )


def unknown_to_all(values: list[NetworkValue], settings: dict[str, Any]) -> None:
    """A setting that no network of the family has is an error, as for one network."""
    for name in settings:
        if not any(name in settable(v) for v in values):
            compile_network(values[0], {name: settings[name]})
