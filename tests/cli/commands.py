"""Run ``archc`` as a user does: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"

SMALL = """\
# A small network.
network small(classes = 10, width = 8) {
    input image: 16x16x3

    conv1: conv 3x3 width pad=1, relu  -> [16, 16, width]
    pool1: maxpool 2x2/2
    fc: fc classes, softmax

    published "counted by hand" {
        conv1 params "224"
        total params "5,354"
    }
}
"""

FAMILY = """\
network small(width) {
    input image: 16x16x3
    conv1: conv 3x3 width
    published "a wrong paper" { conv1 shape "14x14" }
}
variants small "Table 1" {
    name   | width | params
    narrow | 8     | "224"
    wide   | 64    | "1.8K"
}
"""


def archc(
    *arguments: str | Path,
    cwd: Path = ROOT,
    stdin: str | bytes | None = "",
    env: dict[str, str] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """One run of archc. Output is read as UTF-8; no run takes longer than a minute."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "archc", *map(str, arguments)],
        cwd=cwd,
        input=data,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        capture_output=True,
        timeout=60,
        **options,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def as_json(*arguments: str | Path, status: int = 0, **options: Any) -> Any:
    """What a command prints as JSON."""
    done = archc(*arguments, "--json", **options)
    assert done.returncode == status, done.stderr + done.stdout
    assert done.stderr == ""
    return json.loads(done.stdout)


def is_diagnostic(done: subprocess.CompletedProcess[str], status: int = 1) -> bool:
    """Whether the run ended with an error that archc itself reports."""
    return (
        done.returncode == status
        and "error[" in done.stderr
        and "Traceback" not in done.stderr + done.stdout
    )
