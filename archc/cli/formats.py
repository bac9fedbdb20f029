"""What the suffix of ``-o`` says about what is written, where no option says it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archc import outputs
from archc.diagnostics import Diagnostic, SpecError
from archc.notations.notation import SUFFIXES, by_name

_USUAL = "torch"
"""What `build` writes where nothing says what."""

_DIAGRAM = ".svg"
"""What `draw` writes where nothing says what."""


class UsageError(Exception):
    """Options that contradict each other."""


def framework(given: str | None, output: str | None) -> tuple[Any, str]:
    """The backend that `build` means, and the suffix of what it writes.

    Raises UsageError where there is no such framework and where ``-o`` is another's file,
    SpecError (``plugin``) for a broken one.
    """
    owner = outputs.of_path(output)
    if given is None and owner is not None and owner.diagram:
        raise UsageError(f"`{output}` would be a diagram: archc draw writes those")
    if given is not None:
        with _known("--to"):
            backend = outputs.find(given)
    else:
        backend = owner.backend if owner is not None else outputs.find(_USUAL)
    suffix = outputs.matching(backend, output)
    if suffix is None and owner is not None:
        raise UsageError(f"--to {given}, and `{output}` is no file of {given}'s")
    return backend, suffix or backend.suffixes[0]


@contextmanager
def _known(option: str) -> Generator[None]:
    """A name that an option gives and nobody has is a wrong use of the option."""
    try:
        yield
    except SpecError as error:
        said = error.diagnostics[0]
        if said.code != "unsupported":
            raise  # a plugin that is broken
        raise UsageError(f"{option}: {said.message}; {said.help}") from None


def check_named(option: str, name: str | None) -> None:
    """Raise UsageError where an option names a notation that there is not."""
    if name is not None:
        with _known(option):
            by_name(name)


def picture(given: str | None, output: str | None) -> tuple[Any, str]:
    """The backend that `draw` means, and the suffix of the diagram that it writes.

    Raises UsageError for a format that nobody draws and where ``-o`` is the file of another one,
    SpecError (``unsupported``) for a file whose suffix nobody draws.
    """
    owner = outputs.of_path(output)
    if given is not None:
        with _known("--format"):
            asked = outputs.diagram(given)
        if owner is not None and owner.diagram and owner != asked:
            raise UsageError(f"--format {given}, and `{output}` is no {asked.suffix} file")
        return asked
    suffix = _suffix(output)
    if owner is None and suffix:
        known = ", ".join(outputs.diagram_formats())
        message = f"a diagram is written as one of {known}, and `{output}` is none of them"
        raise SpecError([Diagnostic("unsupported", message)])
    if owner is not None and not owner.diagram:
        raise UsageError(f"`{output}` would be a framework's file: archc build writes those")
    return owner or outputs.diagram(_DIAGRAM.removeprefix("."))


def check_notation(given: str | None, chosen: str, output: str | None) -> None:
    """Raise UsageError where `convert` would write one notation to the file of another, or of
    something else that archc writes."""
    suffix = _suffix(output)
    if given is not None and SUFFIXES.get(suffix, given) != given:
        raise UsageError(f"--to {given}, and `{output}` is a file of `{SUFFIXES[suffix]}`")
    if chosen not in SUFFIXES.values() or suffix in SUFFIXES:
        return  # a plugin's, which may have any suffix; or a notation's
    owner = outputs.of_path(output, others=False)
    if owner is None:
        return
    if owner.diagram:
        raise UsageError(f"`{output}` would be a diagram: archc draw writes those")
    raise UsageError(f"`{output}` would be a framework's file: archc build writes those")


def _suffix(output: str | None) -> str:
    return "" if output in (None, "-") else Path(str(output)).suffix.lower()
