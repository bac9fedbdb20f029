"""What `-o`'s suffix says of what is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import SMALL, archc

from archc import registry
from archc.cli import main
from archc.cli.formats import DRAWN, UsageError, check_notation, framework, picture


@pytest.mark.parametrize(
    ("given", "output", "name"),
    [
        (None, None, "torch"),
        (None, "-", "torch"),
        (None, "net.py", "torch"),
        (None, "net.txt", "torch"),
        (None, "a.b/net.onnx", "onnx"),
        (None, "net.H", "dlib"),
        (None, "net.dlib", "dlib"),
        ("keras", "net.py", "keras"),
        ("onnx", "-", "onnx"),
        ("onnx", "net.txt", "onnx"),
        ("graphviz", "net.svg", "graphviz"),
        ("outline", "net.svg", "outline"),  # a plugin's
    ],
)
def test_the_framework(given: str | None, output: str | None, name: str) -> None:
    assert framework(given, output) == name


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


def test_the_picture() -> None:
    assert [picture(None, o) for o in (None, "-", "net", "net.PNG", "net.gif")] == [
        ".svg",
        ".svg",
        ".svg",
        ".png",
        ".gif",
    ]
    assert picture("mermaid", "README.md") == ".mmd"
    with pytest.raises(UsageError, match=r"no \.png file"):
        picture("png", "net.svg")


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


@pytest.mark.parametrize(("suffix", "name"), DRAWN.items())
def test_a_suffix_is_one_of_its_backends(suffix: str, name: str) -> None:
    assert suffix in registry.load("archc.backends", name).suffixes


def test_standard_input_is_read_once() -> None:
    text = SMALL.replace(", softmax", "")
    table = archc("convert", "-", "--to", "dlib", stdin=text)
    assert table.returncode == 0 and "input_rgb_image_sized<16>" in table.stdout, table.stderr
    drawn = archc("draw", "-", "--audit", "--format", "dot", "-o", "-", stdin=text)
    plain = archc("draw", "-", "--format", "dot", "-o", "-", stdin=text)
    assert drawn.returncode == 0 and drawn.stdout != plain.stdout and "holds" in drawn.stdout
