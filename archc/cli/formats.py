"""What the suffix of ``-o`` says about what is written, where no option says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archc import outputs, registry
from archc.diagnostics import Diagnostic, SpecError, did_you_mean
from archc.notations.notation import SUFFIXES

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
        backend = _named(given)
    else:
        backend = owner.backend if owner is not None else outputs.find(_USUAL)
    suffix = outputs.matching(backend, output)
    if suffix is None and owner is not None:
        raise UsageError(f"--to {given}, and `{output}` is no file of {given}'s")
    return backend, suffix or backend.suffixes[0]


def _named(name: str) -> Any:
    """The framework of a name, as ``--to`` has it."""
    if name not in registry.BUILTIN["archc.backends"] and name not in registry.plugins(
        "archc.backends"
    ):
        known = outputs.frameworks()
        help = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise UsageError(f"--to: no backend `{name}`; {help}")
    return outputs.find(name)


def check_named(option: str, name: str | None) -> None:
    """Raise UsageError where an option names a notation that there is not."""
    if name is None or name in registry.BUILTIN["archc.notations"]:
        return
    known = registry.names("archc.notations")
    if name not in known:
        help = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise UsageError(f"{option}: no notation `{name}`; {help}")


def picture(given: str | None, output: str | None) -> tuple[Any, str]:
    """The backend that `draw` means, and the suffix of the diagram that it writes.

    Raises UsageError for a format that nobody draws and where ``-o`` is the file of another one,
    SpecError (``unsupported``) for a file whose suffix nobody draws.
    """
    owner = outputs.of_path(output)
    if given is not None:
        try:
            asked = outputs.diagram(given)
        except SpecError as error:
            said = error.diagnostics[0]
            raise UsageError(f"--format: {said.message}; {said.help}") from None
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
