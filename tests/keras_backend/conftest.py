"""Keras keeps what it has seen for as long as its process lives: here that is a whole zoo."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    keras: Any = sys.modules.get("keras")
    if keras is not None:
        # A class that is registered keeps its module, and so the module's model.
        keras.saving.get_custom_objects().clear()
        sys.modules["keras.src.saving.object_registration"].GLOBAL_CUSTOM_NAMES.clear()
        keras.utils.clear_session(free_memory=False)
