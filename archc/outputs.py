"""Which backend writes which file: what every backend says of its own suffixes.

Backends are asked, archc's and others' alike; those of other distributions only where none of
archc's writes the file, since to look for them takes longer than all else here (35 ms).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archc import registry
from archc.backend import Backend
from archc.diagnostics import Diagnostic, SpecError, did_you_mean


class Output(NamedTuple):
    """A kind of file, and who writes it."""

    backend: Backend
    suffix: str

    @property
    def diagram(self) -> bool:
        return draws(self.backend)


def find(name: str) -> Any:
    """The backend of a name. Raises SpecError (``unsupported``; ``plugin`` for a broken one)."""
    try:
        return registry.load("archc.backends", name)
    except KeyError:
        known = registry.names("archc.backends")
        help = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise SpecError([Diagnostic("unsupported", f"no backend `{name}`", help=help)]) from None


def draws(backend: Backend) -> bool:
    """Whether what a backend writes is a diagram."""
    return bool(getattr(backend, "diagram", False))


def matching(backend: Backend, path: str | None) -> str | None:
    """The suffix of the backend's that a file has, the longest one; None where it has none."""
    name = "" if path in (None, "-") else str(path).lower()
    return max((s for s in backend.suffixes if name.endswith(s)), key=len, default=None)


def of_path(path: str | None, others: bool = True) -> Output | None:
    """Who writes a file, by its name; None where nobody says so. ``others``: not archc's alone.

    Where several do, the one with the longer suffix (``lenet_keras.py`` is Keras'), then the one
    whose usual file it is (``lenet.py`` is torch's).
    """
    if path in (None, "-"):
        return None
    for group in (_own(), _plugged() if others else ()):
        found = [
            (len(suffix), suffix == backend.suffixes[0], Output(backend, suffix))
            for backend in group
            if (suffix := matching(backend, path)) is not None
        ]
        if found:
            return max(found, key=lambda each: each[:2])[2]
    return None


def diagram(format: str) -> Output:
    """Who draws a format, by its name: a suffix without the dot, or the name of a backend with one.

    Raises SpecError (``unsupported``) where nobody does.
    """
    for group in (_own(), _plugged()):
        for backend in filter(draws, group):
            if f".{format}" in backend.suffixes:
                return Output(backend, f".{format}")
            if format == backend.name and len(backend.suffixes) == 1:
                return Output(backend, backend.suffixes[0])
    known = diagram_formats()
    help = did_you_mean(format, known) or f"there are {', '.join(known)}"
    message = f"no backend draws `{format}`"
    raise SpecError([Diagnostic("unsupported", message, help=help)])


def diagram_formats() -> list[str]:
    """The names of all formats of diagrams: of a backend that has one, its name."""
    return [
        name
        for backend in (*_own(), *_plugged())
        if draws(backend)
        for name in (
            [suffix.removeprefix(".") for suffix in backend.suffixes]
            if len(backend.suffixes) > 1
            else [backend.name]
        )
    ]


def _own() -> Iterator[Backend]:
    return (registry.load("archc.backends", name) for name in registry.BUILTIN["archc.backends"])


def _plugged() -> Iterator[Backend]:
    for name in sorted(registry.plugins("archc.backends")):
        try:
            backend = registry.load("archc.backends", name)
        except SpecError:
            continue  # broken; who asks for it by its name is told
        if isinstance(backend, Backend):
            yield backend
