"""Python's collector of circles, kept out of what makes many objects that stay."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Generator


@contextlib.contextmanager
def without_collection() -> Generator[None]:
    """Reading and elaborating make many objects and drop none that lies in a circle.

    Looking for such circles meanwhile doubles the time, and costs most where a caller holds many
    objects of its own: three times as much beside torch and a test suite.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
