"""The options of drawing backends, held against what each knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from archc.diagnostics import did_you_mean, fail

Direction = Literal["TB", "BT", "LR", "RL"]
DIRECTIONS: tuple[str, ...] = get_args(Direction)


def known(given: Iterable[str], options: Sequence[str]) -> None:
    """Raises SpecError (``argument``) for an option that there is not."""
    for option in given:
        one_of("option", option, options)


def one_of(what: str, given: str, choices: Sequence[str]) -> None:
    """Raises SpecError (``argument``) where a choice is not one of these."""
    if given not in choices:
        fail(
            "argument",
            None,
            f"a diagram's {what} is one of {', '.join(choices)}, but this is `{given}`",
            help=did_you_mean(given, choices),
        )


def depth(given: int | None) -> None:
    """Raises SpecError (``argument``) for a depth below 0."""
    if given is not None and given < 0:
        fail("argument", None, f"a depth is an integer from 0, but this is {given}")
