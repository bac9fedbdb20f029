"""How much evaluating a spec may do: lists and formulas in loops place no layer and are no line."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from archc.diagnostics import Span, fail

MAX_WORK = 10_000_000
"""Operations, and items of lists that are made or gone through: seconds, and less than 1 GB."""

GLANCE = 16
"""Items that are copied or compared in the time of one operation."""

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def bounded_work() -> Generator[None]:
    """What is evaluated inside together stays within the bound: an import's, within its root's."""
    if _left.get() is not None:
        yield
        return
    token = _left.set([MAX_WORK])
    try:
        yield
    finally:
        _left.reset(token)


def spend(amount: int, span: Span | None) -> None:
    """Count operations before they are done. Fails with ``too-large`` where they are too many."""
    left = _left.get()
    if left is None:
        return
    left[0] -= amount
    if left[0] < 0:
        message = f"evaluating the spec takes more than {MAX_WORK:,} operations"
        fail("too-large", span, message)
