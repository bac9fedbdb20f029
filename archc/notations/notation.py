"""What a notation is, and which one a file is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archc.diagnostics import Diagnostic, Source, SpecError, did_you_mean
from archc.language import syntax
from archc.language.parser import parse
from archc.registry import load, names, plugins

if TYPE_CHECKING:
    from archc.graph.network import Network


@dataclass(frozen=True)
class Notation:
    """Text to tree and tree to text; none has a semantics of its own.

    ``read`` raises SpecError where the text is not of the notation, ``write`` where the notation
    cannot hold the tree (``unsupported``, with the reason). A notation without parameters, loops
    and imports has ``write_networks`` in place of ``write``: it is given compiled networks, the
    one that is meant or, where it ``holds_families``, all of a file.

    ``repair`` reads a text that is damaged in a way that the notation knows (a bracket that is
    missing) as what it most likely was, and says so in the tree's remarks. ``review`` says what
    only the shapes tell: it is given the text again and a network compiled from it, whose spans
    point into the text.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Source], syntax.File]
    write: Callable[[syntax.File], str] | None = None
    write_networks: Callable[[Sequence[Network]], str] | None = None
    holds_families: bool = False
    repair: Callable[[Source], syntax.File] | None = None
    review: Callable[[Source, Network], Iterable[Diagnostic]] | None = None


SUFFIXES = {
    ".arch": "arch",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".dlib": "dlib",
    ".h": "dlib",
    ".hpp": "dlib",
    ".cpp": "dlib",
    ".cc": "dlib",
    ".table": "table",
    ".py": "listing",
}
"""The suffixes of archc's own notations: a file's notation is known without loading the others."""


def by_name(name: str) -> Notation:
    """The notation that users call ``name``. Raises SpecError for none."""
    try:
        found: Notation = load("archc.notations", name)
    except KeyError:
        known = names("archc.notations")
        help = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise SpecError([Diagnostic("unsupported", f"no notation `{name}`", help=help)]) from None
    return found


def of_path(path: Path) -> Notation:
    """The notation of a file by its suffix; ``.arch`` where no notation has it."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return by_name(SUFFIXES[suffix])
    for name in plugins("archc.notations"):
        if suffix in by_name(name).suffixes:
            return by_name(name)
    return by_name("arch")


def reader(notation: Notation, repair: bool) -> Callable[[Source], syntax.File]:
    """How a notation reads a text, repaired where that is asked for and the notation can."""
    return notation.repair if repair and notation.repair is not None else notation.read


def parse_file(source: Source, path: Path | None) -> syntax.File:
    """The tree of a file, in the notation that its suffix says. Raises SpecError."""
    if path is None or path.suffix == ".arch":
        return parse(source)
    return of_path(path).read(source)
