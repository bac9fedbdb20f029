"""What a SPEC on the command line means: a file, a variant in it, the zoo, standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc import zoo
from archc.cli.words import STDIN
from archc.diagnostics import Diagnostic, Source, SpecError, did_you_mean
from archc.graph.compile import settable
from archc.graph.library import MAX_SOURCE, SpecFile, decode, read_source
from archc.graph.values import NetworkValue

if TYPE_CHECKING:
    from archc.graph.network import Network


@dataclass(frozen=True, slots=True)
class Target:
    """A spec that was read, and the variant that was named, if one was."""

    spec: SpecFile
    variant: str | None
    notation: str | None = None
    repair: bool = False

    def remarks(self, networks: Iterable[Network] = ()) -> list[Diagnostic]:
        """What the spec's notation has to say of the text, and of networks compiled from it."""
        from archc.pipeline import review

        found = list(self.spec.tree.remarks)
        for network in networks:
            said = review(self.spec, network, self.notation, self.repair)
            found += [d for d in said if d not in found]
        return found


def exists(path: Path) -> bool:
    """Whether there is such a file: no for a name that no file can have."""
    try:
        return path.exists()
    except OSError:
        return False


def locate(name: str) -> Path:
    """The file that a name means: a path, or a spec of the zoo. Raises SpecError."""
    path = Path(name)
    if path.suffix or "/" in name or exists(path):
        return path
    known = {p.stem: p for p in zoo.specs()}
    if name in known:
        return known[name]
    help = did_you_mean(name, known)
    message = f"there is no file `{name}`, and no spec of that name in the zoo"
    raise SpecError([Diagnostic("import", message, help=help or "`archc list` lists the zoo")])


def split(text: str) -> tuple[str, str | None]:
    """``FILE:VARIANT`` as its parts."""
    if exists(Path(text)):
        return text, None
    head, colon, variant = text.rpartition(":")
    return (head, variant) if colon and head else (text, None)


def read_target(text: str, notation: str | None = None, repair: bool = False) -> Target:
    """The spec that an argument names, in its suffix's notation or the named one.

    With ``repair`` a text that is damaged is read as what it most likely was. Raises SpecError.
    """
    from archc.pipeline import read, read_text

    name, variant = split(text)
    if name in ("-", STDIN):
        text = standard_input().text
        return Target(read_text(text, "<stdin>", notation, repair), variant, notation, repair)
    return Target(read(locate(name), notation, repair), variant, notation, repair)


def standard_input() -> Source:
    data = sys.stdin.buffer.read(MAX_SOURCE + 1)
    if len(data) > MAX_SOURCE:
        raise SpecError([Diagnostic("too-large", "the spec is larger than 2 MB")])
    return Source("<stdin>", decode(data, "<stdin>"))


def expand(texts: Sequence[str], also: Callable[[Path], bool] | None = None) -> Iterator[str]:
    """Arguments with folders replaced by the specs below them, and by what ``also`` takes.

    Raises SpecError for a folder without any.
    """
    for text in texts:
        path = Path(text)
        if text != "-" and exists(path) and path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix == ".arch" and p.is_file())
            if also is not None:
                found += sorted(p for p in path.rglob("*") if p.is_file() and also(p))
            if not found:
                raise SpecError([Diagnostic("import", f"there is no spec below {text}")])
            yield from map(str, found)
        else:
            yield text


def is_ledger(path: Path) -> bool:
    """Whether a file is a ledger: YAML with `document:` at its top level. Raises SpecError."""
    return path.suffix in _YAML and _DOCUMENT.search(read_source(path).text) is not None


_YAML = (".yaml", ".yml")
_DOCUMENT = re.compile(r"""^(['"]?)document\1[ \t]*:""", re.MULTILINE)


def settings_for(value: NetworkValue, settings: Mapping[str, Any], alone: bool) -> dict[str, Any]:
    """The settings that a network of a family takes; one network alone must take them all."""
    known = settable(value)
    return {name: v for name, v in settings.items() if alone or name in known}
