"""How tests draw networks and texts.

Until everything was seen: a strategy that never draws a kind tests nothing about it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, seed, settings


def patient(examples: int, **others: Any) -> settings:
    """Settings for examples that are large and slow to draw: whole networks, whole texts."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow, **others)


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
