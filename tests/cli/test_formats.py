"""What `-o`'s suffix says of what is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import SMALL, archc

from archc import outputs, registry
from archc.backend import Backend
from archc.cli import main
from archc.cli.formats import UsageError, check_notation, framework, picture
from archc.diagnostics import SpecError


@pytest.mark.parametrize(
    ("given", "output", "name", "suffix"),
    [
        (None, None, "torch", ".py"),
        (None, "-", "torch", ".py"),
        (None, "net.py", "torch", ".py"),
        (None, "net_keras.py", "keras", "_keras.py"),
        (None, "net.text", "torch", ".py"),
        (None, "a.b/net.onnx", "onnx", ".onnx"),
        (None, "a.onnx/net", "torch", ".py"),
        (None, "net.H", "dlib", ".h"),
        (None, "net.hpp", "dlib", ".hpp"),
        (None, "net.dlib", "dlib", ".dlib"),
        ("keras", None, "keras", "_keras.py"),
        ("keras", "net.py", "keras", ".py"),
        ("torch", "net_keras.py", "torch", ".py"),
        ("onnx", "-", "onnx", ".onnx"),
        ("onnx", "net.text", "onnx", ".onnx"),
        ("graphviz", "net.svg", "graphviz", ".svg"),
    ],
)
def test_the_framework(given: str | None, output: str | None, name: str, suffix: str) -> None:
    backend, found = framework(given, output)
    assert (backend.name, found) == (name, suffix)


@pytest.mark.parametrize(
    ("given", "output"),
    [
        (None, "net.svg"),
        (None, "net.tex"),
        ("keras", "net.onnx"),
        ("torch", "n.h"),
        ("dlib", "n.py"),
    ],
)
def test_a_framework_that_the_file_contradicts(given: str | None, output: str) -> None:
    with pytest.raises(UsageError, match=output):
        framework(given, output)


@pytest.mark.parametrize(
    ("given", "output", "name", "suffix"),
    [
        (None, None, "graphviz", ".svg"),
        (None, "-", "graphviz", ".svg"),
        (None, "net", "graphviz", ".svg"),
        (None, "net.PNG", "graphviz", ".png"),
        (None, "net.tex", "tikz", ".tex"),
        ("mermaid", "README.md", "mermaid", ".mmd"),
        ("mmd", None, "mermaid", ".mmd"),
        ("pdf", "figure", "graphviz", ".pdf"),
    ],
)
def test_the_picture(given: str | None, output: str | None, name: str, suffix: str) -> None:
    backend, found = picture(given, output)
    assert (backend.name, found) == (name, suffix)


def test_a_picture_that_nobody_draws() -> None:
    with pytest.raises(UsageError, match=r"no \.png file"):
        picture("png", "net.svg")
    with pytest.raises(UsageError, match="archc build"):
        picture(None, "net.onnx")
    with pytest.raises(SpecError, match=r"net\.gif"):
        picture(None, "net.gif")
    with pytest.raises(UsageError, match="no backend draws `pgn`; did you mean `png`"):
        picture("pgn", None)


class Blueprint:
    """A diagram of somebody else's, whose files archc knows of by the backend alone."""

    name = "blueprint"
    suffixes = (".blue", ".plan.svg")
    diagram = True

    def write(self, network: object, suffix: str = ".blue", **options: object) -> str:
        return f"{suffix} {sorted(options)}"


def test_what_another_distribution_draws(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Blueprint()
    assert isinstance(plan, Backend)
    load = registry.load

    def found(group: registry.Group, name: str) -> object:
        if name == "broken":
            raise SpecError([])
        return plan if name == plan.name else load(group, name)

    monkeypatch.setattr(registry, "plugins", lambda group: {"blueprint": plan, "broken": None})
    monkeypatch.setattr(registry, "load", found)
    assert picture(None, "net.blue") == (plan, ".blue")
    assert picture("blue", None) == (plan, ".blue")
    assert picture(None, "net.plan.svg").backend.name == "graphviz"  # archc's own come first
    assert "blue" in outputs.diagram_formats()
    with pytest.raises(UsageError, match="archc draw"):
        framework(None, "net.blue")
    assert main(["draw", "lenet5:lenet_dlib", "-o", "net.blue", "--audit"]) == 2
    assert "blueprint draws no audit" in capsys.readouterr().err
    assert main(["draw", "lenet5:lenet_dlib", "--format", "blue", "-o", "-", "--depth", "1"]) == 0
    assert capsys.readouterr().out == ".blue ['depth']"


def test_the_notation() -> None:
    check_notation(None, "arch", None)
    check_notation("yaml", "yaml", "net.yml")
    check_notation("dlib", "dlib", "net.txt")
    check_notation("netlist", "netlist", "net.png")  # a plugin's
    for given, chosen, output in (
        ("yaml", "yaml", "net.arch"),
        (None, "arch", "net.onnx"),
        (None, "arch", "net.svg"),
    ):
        with pytest.raises(UsageError, match=output):
            check_notation(given, chosen, output)


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_missing_framework_names_its_extra(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, name, None)
    assert main(["build", "lenet5:lenet_dlib", "--to", name]) == 0
    said = f"not proved: {name} is not installed: pip install 'archc-compiler[{name}]'"
    assert capsys.readouterr().out.splitlines()[-1] == said


@pytest.mark.parametrize("name", registry.BUILTIN["archc.backends"])
def test_every_suffix_finds_its_backend(name: str) -> None:
    backend = registry.load("archc.backends", name)
    first = backend.suffixes[0]
    assert outputs.of_path(f"net{first}") == (backend, first)
    for suffix in backend.suffixes:
        assert outputs.matching(backend, f"net{suffix.upper()}") == suffix


def test_standard_input_is_read_once() -> None:
    text = SMALL.replace(", softmax", "")
    table = archc("convert", "-", "--to", "dlib", stdin=text)
    assert table.returncode == 0 and "input_rgb_image_sized<16>" in table.stdout, table.stderr
    drawn = archc("draw", "-", "--audit", "--format", "dot", "-o", "-", stdin=text)
    plain = archc("draw", "-", "--format", "dot", "-o", "-", stdin=text)
    assert drawn.returncode == 0 and drawn.stdout != plain.stdout and "holds" in drawn.stdout
