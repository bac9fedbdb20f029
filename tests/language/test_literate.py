"""The language's texts: every spec in them does what the blocks below it say.

``pytest tests/language --update`` writes what archc says now into the texts; review the diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from literate import Case, cases, networks, outcome, update, write_files

from archc.diagnostics.codes import CODES

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
PAGES = DOCS / "diagnostics"
TEXTS = [*sorted(HERE.glob("*.md")), DOCS / "language.md", *sorted(PAGES.glob("*.md"))]
CASES = [case for text in TEXTS if text.exists() for case in cases(text)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path.stem}::{case.name}")
def test_text(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(case, tmp_path)
    if not case.expected:
        networks([])
    for block in case.expected:
        found = outcome(block.kind, block.words)
        if pytestconfig.getoption("--update"):
            update(case.path, block, found)
            continue
        assert found == block.text.rstrip("\n")
        if block.kind == "error":
            assert found, "this spec is not wrong"


def errors(case: Case) -> list[str]:
    """The codes that the case's diagnostics have."""
    lines = [line for b in case.expected if b.kind == "error" for line in b.text.splitlines()]
    return [line.split("error[", 1)[1].split("]")[0] for line in lines if "error[" in line]


# These two need more than a spec: a broken distribution, a backend.
ELSEWHERE = {"plugin", "unsupported", "repaired", "framework"}


def test_every_code_has_a_wrong_spec_and_a_page() -> None:
    wrong = {code for case in CASES for code in errors(case)}
    assert set(CODES) - wrong == ELSEWHERE
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == set(CODES)
    for page in PAGES.glob("*.md"):
        shown = {code for case in CASES if case.path == page for code in errors(case)}
        assert page.stem in shown | ELSEWHERE | {"README"}, page


def test_there_are_many_wrong_specs() -> None:
    assert sum(1 for case in CASES if case.path.parent == HERE and errors(case)) >= 40
