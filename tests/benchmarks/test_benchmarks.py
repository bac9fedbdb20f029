"""The benchmarks run, and compare what is equal. No time is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_runner_prints_a_table() -> None:
    rows = run("run.py", "zoo", "draw", "--rounds", "1").splitlines()[2:]
    assert rows[0].startswith("| what |")
    assert [row.count("|") for row in rows] == [7] * 8
    assert rows[2].startswith("| `archc check specs/` |")


def test_an_unknown_benchmark_is_named() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "run.py"), "everything"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "everything" in done.stderr


@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_a_generated_module_computes_what_its_hand_written_twin_does(name: str) -> None:
    *_, difference = map(float, run("forward.py", name, "1").split())
    assert difference < 1e-4
