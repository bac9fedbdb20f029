"""Draw until everything was seen: a strategy that never draws a kind tests nothing about it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from hypothesis import seed, settings


def draw_until(seen: Callable[[], bool], test: Callable[[], Any], rounds: int) -> None:
    """Run a hypothesis test, with another seed each round, until ``seen()`` or ``rounds`` are over.

    Each round has a seed of its own because a derandomised profile (hypothesis loads one where
    ``CI`` is set) would otherwise draw the first round's examples again.
    """
    first = 0 if settings.default.derandomize else random.getrandbits(32)
    for number in range(rounds):
        seed(first + number)(test)()
        if seen():
            return
