"""A line on a terminal that says how far a long check is; nothing anywhere else."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TextIO

AFTER = 1.0
"""Seconds before the line appears: what is over sooner needs none."""

EVERY = 0.1
"""Seconds between two lines."""

_BAR = 24


class Progress:
    """As a context it shows what it is told, and clears its line at the end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.wanted = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.next = time.monotonic() + AFTER
        self.drawn = False

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """``done`` of ``total`` are through; without a total nobody knows how many there are."""
        if not self.wanted:
            return
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + EVERY
        self.drawn = True
        text = f"{_bar(done, total)} {what} {done:,} of {total:,}" if total else f"{what} ..."
        self._write(f"\r{text[: self._width()]}\x1b[K")

    def _width(self) -> int:
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        return (columns or 80) - 1  # some terminals do not know theirs

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError:  # the terminal is gone
            self.wanted = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.drawn:
            self._write("\r\x1b[K")


def _bar(done: int, total: int) -> str:
    filled = min(_BAR, _BAR * done // total)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}]"
