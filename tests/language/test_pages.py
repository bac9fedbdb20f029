"""The pages of diagnostics that need more than a spec: a broken plugin, a backend, a listing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from literate import SPEC, Block, items, update

from archc import registry
from archc.cli import main
from archc.diagnostics import SpecError
from archc.diagnostics.render import render

PAGES = Path(__file__).parents[2] / "docs" / "diagnostics"
NETWORK = "network small {\n    input image: 28x28x1\n    conv 3x3 32, swirl\n}\n"


def shown(page: Path) -> Block:
    """The first block of a page."""
    return next(item for item in items(page) if isinstance(item, Block))


def check(page: Path, found: str, config: pytest.Config) -> None:
    if config.getoption("--update"):
        update(page, shown(page), found)
    assert shown(page).text.rstrip("\n") == found


@pytest.fixture
def swirl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution that brings a layer and lacks one of its own modules."""
    info = tmp_path / "archc_swirl-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: archc-swirl\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[archc.ops]\nswirl = archc_swirl:Swirl\n")
    (tmp_path / "archc_swirl.py").write_text("import archc_swirl_kernels\n")
    monkeypatch.syspath_prepend(tmp_path)
    caches = (registry.plugins, registry.load, registry.has_layer)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.usefixtures("swirl")
def test_plugin(pytestconfig: pytest.Config) -> None:
    from archc.pipeline import compile_text

    with pytest.raises(SpecError) as caught:
        compile_text(NETWORK, SPEC)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "plugin"
    check(PAGES / "plugin.md", render(diagnostic), pytestconfig)


def test_unsupported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / SPEC).write_text(NETWORK.replace("swirl", "lrn"))
    command = ["build", SPEC, "--to", "dlib"]
    assert main(command) == 1
    found = capsys.readouterr().err.rstrip("\n")
    assert "error[unsupported]" in found
    check(PAGES / "unsupported.md", f"$ archc {' '.join(command)}\n{found}", pytestconfig)


NET = """net = nn.Sequential(
    nn.Conv2d(1, 6, 5), nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(),
    nn.Flatten(),
    nn.Linear(400, 10))
net(torch.randn(1, 1, 28, 28))
"""


def test_framework(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    command = ["show", "net.py"]
    assert main(command) == 1
    found = capsys.readouterr().err.rstrip("\n")
    assert "error[framework]" in found
    check(PAGES / "framework.md", f"$ archc {' '.join(command)}\n{found}", pytestconfig)


LENET = """fc<10,
relu<fc<84,
relu<fc<120,
max_pool<2,2,2,2,relu<con<16,5,5,1,1,
max_pool<2,2,2,2,relu<con<6,5,5,1,1,
input<matrix<unsigned char>>
"""


def test_repaired(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lenet.dlib").write_text(LENET)
    command = ["show", "lenet.dlib", "--repair"]
    assert main(command) == 0
    found = capsys.readouterr().err.rstrip("\n")
    assert "remark[repaired]" in found
    check(PAGES / "repaired.md", f"$ archc {' '.join(command)}\n{found}", pytestconfig)
