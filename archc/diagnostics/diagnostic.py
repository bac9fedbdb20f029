"""One thing to say about a spec, as data; rendering is in ``render``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NoReturn

from archc.diagnostics.codes import CODES
from archc.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, with what to see there."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error in a spec, or (``severity``) a remark on one that compiles.

    ``message`` says what was seen and what was expected, ``span`` is where the caret goes,
    ``caret`` a few words beside it, ``labels`` other places, ``notes`` the formula with its
    numbers, ``help`` the nearest right thing.
    """

    code: str
    message: str
    span: Span | None = None
    caret: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    severity: Literal["error", "remark"] = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"diagnostic code {self.code!r} is not in archc.diagnostics.codes")


class SpecError(Exception):
    """A spec does not compile; ``diagnostics`` says why, most important first."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(
            "\n".join(
                f"{d.span}: error[{d.code}]: {d.message}"
                if d.span
                else f"error[{d.code}]: {d.message}"
                for d in self.diagnostics
            )
        )


def fail(
    code: str,
    span: Span | None,
    message: str,
    *,
    caret: str = "",
    labels: Iterable[Label] = (),
    notes: Iterable[str] = (),
    help: str | None = None,
) -> NoReturn:
    """Raise a :class:`SpecError` of one diagnostic."""
    raise SpecError(
        [Diagnostic(code, message, span, caret, tuple(labels), tuple(notes), help)]
    ) from None
