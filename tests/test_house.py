"""The house's own rules: what stands in two places agrees, and skips fail where they must."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from archc import registry
from archc.diagnostics.codes import CODES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("group", sorted(registry.BUILTIN))
def test_builtin_tables_are_the_entry_points(group: registry.Group) -> None:
    """Without a scan of what is installed the same names are found as with one."""
    assert registry.BUILTIN[group] == PROJECT["entry-points"][group]


@pytest.mark.parametrize("group", sorted(registry.BUILTIN))
def test_every_builtin_loads(group: registry.Group) -> None:
    for name in registry.BUILTIN[group]:
        assert registry.load(group, name) is not None


def test_layers_are_registered_under_their_names() -> None:
    for name in registry.BUILTIN["archc.ops"]:
        assert registry.layer(name).name == name


def test_groups_of_the_registry_are_all_declared_or_open() -> None:
    assert set(PROJECT["entry-points"]) == set(registry.BUILTIN)


def test_every_diagnostic_code_is_used() -> None:
    text = "".join(
        path.read_text()
        for folder in ("archc", "backends")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "codes.py"
    )
    assert [code for code in CODES if f'"{code}"' not in text] == []


SKIPPING = {
    "in a test": "import pytest\ndef test_x():\n    pytest.skip('no such tool')\n",
    "in a module": "import pytest\npytest.importorskip('no_such_module')\ndef test_x(): pass\n",
    "by a mark": "import pytest\n@pytest.mark.skip('no such tool')\ndef test_x(): pass\n",
}


@pytest.mark.parametrize("ci", [False, True])
@pytest.mark.parametrize("text", SKIPPING.values(), ids=SKIPPING)
def test_a_skip_fails_under_ci(text: str, ci: bool, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "test_other.py").write_text("def test_y(): pass\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "ARCHC_CI": "1" if ci else "0"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (run.returncode != 0) is ci, run.stdout
    assert ("which is a failure with ARCHC_CI=1" in run.stdout) is ci


def test_every_package_of_the_project_is_pinned() -> None:
    """constraints.txt holds every distribution that pyproject.toml asks for."""
    pinned = {
        line.split("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    asked = [
        *PROJECT["dependencies"],
        *(r for rs in PROJECT["optional-dependencies"].values() for r in rs),
    ]
    names = {requirement.split(">")[0].split("[")[0].lower() for requirement in asked}
    assert names - {PROJECT["name"]} <= pinned


def test_no_backend_imports_another() -> None:
    """What several need stands above or beside them: archc.diagram, archc_backends.shared."""
    for path in sorted((ROOT / "backends" / "archc_backends").rglob("*.py")):
        own = path.relative_to(ROOT / "backends" / "archc_backends").parts[0]
        named = re.findall(r"^\s*(?:from|import) archc_backends\.(\w+)", path.read_text(), re.M)
        assert set(named) <= {own, "shared"}, path
