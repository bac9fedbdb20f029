"""A real third-party distribution: a layer, its rows, a backend and a notation work by entry
points alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

SPEC = """network extra {
    input image: 8x8x3
    stem: conv 3x3 4, swish 0.5
    fc 10, softmax
}
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both distributions in it, as pip installs them."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run(
        [*pip, "--no-build-isolation", "--target", folder, HERE / "extras", HERE / "broken"],
        check=True,
        capture_output=True,
    )
    return folder


def run(installed: Path | None, *arguments: str, code: str | None = None) -> tuple[int, str, str]:
    """Exit status and output of the command, or of Python code, with the plugins or without."""
    environment = dict(os.environ)
    folders = [str(ROOT), str(ROOT / "backends"), *([str(installed)] if installed else [])]
    environment["PYTHONPATH"] = os.pathsep.join(folders)
    code = code or "import sys; from archc.cli import main; sys.exit(main())"
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=environment,
    )
    return result.returncode, result.stdout, result.stderr


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "extra.arch"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def test_the_layer_is_unknown_without_the_plugin(spec: str) -> None:
    status, _, errors = run(None, "show", spec)
    assert status == 1
    assert "error[unknown-layer]" in errors and "swish" in errors


def test_the_layer_is_a_layer(installed: Path, spec: str) -> None:
    status, shown, errors = run(installed, "show", spec, "--json")
    assert status == 0, errors
    assert '"op": "swish"' in shown
    assert f'"params": {3 * 9 * 4 + 4 + 4 + 6 * 6 * 4 * 10 + 10}' in shown


def test_the_backend_writes_with_its_rows(installed: Path, spec: str) -> None:
    status, text, errors = run(installed, "build", spec, "--backend", "outline", "-o", "-")
    assert status == 0, errors
    assert "extra, 1,566 parameters" in text
    assert "  stem.conv: 3 by 3 convolution to 4 channels, giving 6x6x4" in text
    assert "  stem.swish: swish, giving 6x6x4" in text


def test_a_row_that_the_backend_lacks(installed: Path, tmp_path: Path) -> None:
    path = tmp_path / "lacks.arch"
    path.write_text("network lacks {\n    input image: 8x8x3\n    lrn 5\n}\n", encoding="utf-8")
    status, _, errors = run(installed, "build", str(path), "--backend", "outline", "-o", "-")
    assert status == 1
    assert "lacks.arch:3:5: error[unsupported]" in errors
    assert "the outline backend has no row for the layer `lrn`" in errors


def test_the_torch_backend_writes_the_layer(installed: Path, spec: str) -> None:
    status, text, errors = run(installed, "build", spec, "-o", "-")
    assert status == 0, errors
    assert "swish=Swish(4, initial=0.5)" in text
    assert text.count("class Swish(nn.Module)") == 1
    code = """
import sys, torch, archc
network = archc.load(sys.argv[1])
module = network.torch()
module(torch.zeros(2, 3, 8, 8)).sum().backward()
assert module.state_dict()["stem.swish.beta"].flatten().tolist() == [0.5] * 4
assert module.stem.swish.beta.grad is not None
torch.jit.script(module)
from archc_backends.torch import backend
print(backend.prove(network, backend.write(network)))
"""
    status, text, errors = run(installed, spec, code=code)
    assert status == 0, errors
    assert "4 layers, shapes and parameters equal" in text


def test_the_notation_is_read_by_its_suffix(installed: Path, tmp_path: Path) -> None:
    path, back = tmp_path / "digits.mlp", tmp_path / "back.mlp"
    path.write_text("784-300-10\n", encoding="utf-8")
    status, shown, errors = run(installed, "show", str(path), "--json")
    assert status == 0, errors
    assert f'"params": {784 * 300 + 300 + 300 * 10 + 10}' in shown
    status, _, errors = run(installed, "convert", str(path), "-o", str(back))
    assert status == 0, errors
    assert back.read_text(encoding="utf-8") == "784-300-10\n"
    status, _, errors = run(installed, "fmt", str(path))
    assert status == 1
    assert "is a file of `mlp`, and .arch has a canonical form alone" in errors


def test_the_notation_refuses_at_the_place(installed: Path, spec: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("784+300\n", encoding="utf-8")
    status, _, errors = run(installed, "check", str(path), "--from", "mlp")
    assert status == 1
    assert "wrong.txt:1:1: error[syntax]: a perceptron is its sizes" in errors
    status, _, errors = run(installed, "convert", spec, "--to", "mlp")
    assert status == 1
    assert "extra.arch:3:11: error[unsupported]: a perceptron has `fc` here" in errors


def test_a_broken_plugin_is_named_and_only_where_it_is_asked_for(
    installed: Path, spec: str, tmp_path: Path
) -> None:
    assert run(installed, "show", spec)[0] == 0
    path = tmp_path / "cracked.arch"
    path.write_text("network c {\n    input image: 8x8x3\n    cracked\n}\n", encoding="utf-8")
    status, _, errors = run(installed, "show", str(path))
    assert status == 1
    assert "error[plugin]" in errors
    assert (
        "the plugin `cracked` of archc-broken 0.3 (archc_broken:Cracked) failed to load" in errors
    )
    assert "libcracked.so.2 is missing" in errors
    assert "Traceback" not in errors
    status, _, errors = run(installed, "build", spec, "--backend", "cracked")
    assert status in (1, 2)
    assert "the plugin `cracked` of archc-broken 0.3" in errors


def test_a_plugin_that_is_no_layer_is_named(installed: Path, tmp_path: Path) -> None:
    path = tmp_path / "number.arch"
    path.write_text("network c {\n    input image: 8x8x3\n    number\n}\n", encoding="utf-8")
    status, _, errors = run(installed, "show", str(path))
    assert status == 1
    assert "the plugin `number` is not a layer: 7" in errors


def test_an_unknown_backend_suggests_the_nearest(installed: Path, spec: str) -> None:
    status, _, errors = run(installed, "build", spec, "--backend", "outlines")
    assert status in (1, 2)
    assert "outline" in errors


def test_the_page_shows_the_plugin_as_it_is() -> None:
    """The examples of docs/backends.md are this plugin's files, word for word."""
    page = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
    files = [
        path.read_text(encoding="utf-8")
        for path in sorted((HERE / "extras").rglob("*"))
        if path.suffix in (".py", ".toml")
    ]
    blocks = re.findall(r"```(?:py|toml)\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        assert any(block.strip() in text for text in files), block
