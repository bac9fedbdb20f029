"""The wheel holds what it should, and works where there is nothing else: no checkout, no torch."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-index"]
    subprocess.run(
        [*pip, "--no-build-isolation", "-w", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_contents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = {n for n in names if ".dist-info/" not in n}
    assert {n.split("/")[0] for n in kept} == {"archc", "archc_backends"}
    sources = {
        *(str(p.relative_to(ROOT)) for p in (ROOT / "archc").rglob("*.py")),
        *(str(p.relative_to(ROOT / "backends")) for p in (ROOT / "backends").rglob("*.py")),
        *(
            f"archc/_specs/{p.relative_to(ROOT / 'specs')}"
            for p in (ROOT / "specs").rglob("*.arch")
        ),
        "archc/language/arch.lark",
        "archc/py.typed",
        "archc_backends/py.typed",
    }
    assert sources <= kept
    assert any(n.endswith("/licenses/LICENSE") for n in names)


def core() -> set[str]:
    """The distributions that archc needs without any extra, and theirs."""
    found: set[str] = set()
    waiting = ["archc-compiler"]
    while waiting:
        for requirement in metadata.requires(waiting.pop()) or []:
            name, _, marker = requirement.partition(";")
            plain = re.split(r"[^\w.-]", name.strip(), maxsplit=1)[0].lower()
            if "extra" not in marker and "python_version" not in marker and plain not in found:
                found.add(plain)
                waiting.append(plain)
    return found


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel and its core dependencies (linked, so that no
    network is used), in a folder outside the checkout."""
    folder = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in core():
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            link = packages / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))).resolve())
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    return folder


def run(environment: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(environment / "bin" / "archc"), *arguments],
        cwd=environment.parent,
        env={"PATH": "/usr/bin:/bin", "HOME": str(environment.parent)},
        capture_output=True,
        text=True,
    )


def test_core_is_without_torch(environment: Path) -> None:
    python = str(environment / "bin" / "python")
    imported = subprocess.run([python, "-c", "import torch"], capture_output=True, text=True)
    assert "No module named 'torch'" in imported.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "vgg16"), "none fails"),
        (("check", "resnet:resnet50"), "none fails"),
        (("show", "alexnet:alexnet"), "60,965,224"),
        (("list",), "googlenet"),
        (("draw", "vgg16", "-o", "vgg16.svg"), "wrote vgg16.svg"),
        (("build", "vgg16"), "wrote build/vgg16.py"),
        (("--version",), "archc 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "says",
)
def test_works_alone(environment: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run(environment, *arguments)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    assert done.stderr == ""
