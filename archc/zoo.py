"""The specs that come with archc: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def directory() -> Path | None:
    """The folder of the zoo, or None where it was not installed."""
    package = Path(__file__).resolve().parent
    for candidate in (package / "_specs", package.parent / "specs"):
        if candidate.is_dir():
            return candidate
    return None


def specs() -> list[Path]:
    """Every spec of the zoo, by name."""
    folder = directory()
    return sorted(folder.glob("*.arch")) if folder is not None else []
