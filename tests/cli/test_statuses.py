"""Exit statuses: 0 it holds, 1 the spec or a claim does not, 2 the command was used wrongly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import FAMILY, SMALL, SPECS, archc, as_json, is_diagnostic

from archc._version import __version__

COMMANDS = ("build", "draw", "check", "show", "list", "fmt")
ON_A_SPEC = ("build", "draw", "check", "show", "fmt")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.arch"
    path.write_text(SMALL)
    return path


@pytest.fixture
def family(tmp_path: Path) -> Path:
    path = tmp_path / "family.arch"
    path.write_text(FAMILY)
    return path


# ---------------------------------------------------------------- 0


@pytest.mark.parametrize("command", ON_A_SPEC)
def test_a_sound_spec(command: str, small: Path) -> None:
    done = archc(command, small, cwd=small.parent)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["build", "draw", "show"])
def test_the_zoo_by_name(command: str, tmp_path: Path) -> None:
    done = archc(command, "vgg16", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "vgg16" in done.stdout


def test_version() -> None:
    done = archc("--version")
    assert (done.returncode, done.stdout) == (0, f"archc {__version__}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str) -> None:
    assert command in archc("--help").stdout
    done = archc(command, "--help")
    assert done.returncode == 0
    assert f"archc {command}" in done.stdout


def test_check_all_of_the_zoo() -> None:
    done = archc("check", SPECS)
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    assert done.stderr == ""
    assert re.search(r"^[\d,]+ claims: .*none fails\n$", done.stdout, re.MULTILINE | re.DOTALL)


# ---------------------------------------------------------------- 1


@pytest.mark.parametrize("command", ON_A_SPEC)
def test_a_broken_spec(command: str, tmp_path: Path) -> None:
    (tmp_path / "broken.arch").write_text("network broken {\n    input image: 3x3x1\n    con 3\n")
    done = archc(command, "broken.arch", cwd=tmp_path)
    assert is_diagnostic(done)
    assert re.match(r"broken\.arch:\d+:\d+: error\[[a-z-]+\]: \S", done.stderr)
    assert done.stdout == "" or command == "check"
    assert [p.name for p in tmp_path.iterdir()] == ["broken.arch"]


def test_a_false_claim(small: Path) -> None:
    small.write_text(SMALL.replace('"224"', '"225"'))
    done = archc("check", small)
    assert (done.returncode, done.stderr) == (1, "")
    assert "contradicted" in done.stdout


def test_an_erratum_that_has_become_true(small: Path) -> None:
    small.write_text(SMALL.replace('"224"', '"224" erratum "no"'))
    assert archc("check", small).returncode == 1


def test_an_erratum_holds_a_false_claim(small: Path) -> None:
    small.write_text(SMALL.replace('"224"', '"225" erratum "a bias twice"'))
    assert archc("check", small).returncode == 0


def test_fail_on(small: Path) -> None:
    small.write_text(SMALL.replace('"5,354"', '"5.4K"').replace('"224"', '"225" erratum "no"'))
    assert archc("check", small).returncode == 0
    assert archc("check", small, "--fail-on", "rounds").returncode == 1
    assert archc("check", small, "--fail-on", "erratum").returncode == 1
    assert archc("check", small, "--fail-on", "truncates").returncode == 0


def test_one_broken_spec_of_several(small: Path) -> None:
    broken = small.with_name("broken.arch")
    broken.write_text("network")
    done = archc("check", broken, small)
    assert is_diagnostic(done)
    assert "counted by hand" in done.stdout  # the sound one is checked all the same


def test_an_unknown_variant(family: Path) -> None:
    done = archc("show", f"{family}:narow")
    assert is_diagnostic(done)
    assert "error[variant]" in done.stderr
    assert "narrow" in done.stderr.split("help", 1)[1]


def test_an_unknown_spec() -> None:
    done = archc("show", "gogglenet")
    assert is_diagnostic(done)
    assert "googlenet" in done.stderr.split("help", 1)[1]


def test_format_that_would_change(small: Path) -> None:
    done = archc("fmt", "--check", small)
    assert done.returncode == 0
    loose = SMALL.replace("classes = 10", "classes=10")
    small.write_text(loose)
    assert archc("fmt", "--check", small).returncode == 1
    assert small.read_text() == loose
    assert archc("fmt", small).returncode == 0
    assert small.read_text() == SMALL


def test_format_of_another_notation(small: Path) -> None:
    other = small.with_name("small.yaml")
    assert archc("convert", small, "-o", other).returncode == 0
    before = other.read_text()
    done = archc("fmt", other)
    assert is_diagnostic(done)
    assert "--to arch" in done.stderr and other.read_text() == before


# ---------------------------------------------------------------- 2


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("compile",),
        ("show",),
        ("show", "--nonsense", "vgg16"),
        ("show", "vgg16", "vgg19"),
        ("show", "vgg16", "--layout", "nchw"),
        ("check",),
        ("check", "vgg16", "--fail-on", "everything"),
        ("draw", "vgg16", "--depth", "deep"),
        ("draw", "vgg16", "--depth", "-1"),
        ("show", "vgg16", "--depth", "-1"),
        ("show", "vgg16", "--from", "yml"),
        ("check", "vgg16", "--from", "latex"),
        ("convert", "vgg16", "--to", "json"),
        ("fmt", "vgg16", "--from", "yaml"),
        ("build", "vgg16", "--to", "tensorflow"),
        ("build", "vgg16", "-o", "folder/"),
        ("draw", "vgg16", "--format", "gif"),
        ("draw", "vgg16", "--direction", "up"),
        ("build", "vgg16", "-o"),
        ("build", "vgg16", "--to", "onnx", "-o", "net.py"),
        ("draw", "vgg16", "--format", "tikz", "-o", "net.svg"),
        ("draw", "vgg16", "--format", "mermaid", "--audit"),
        ("convert", "vgg16", "--to", "yaml", "-o", "net.dlib"),
    ],
    ids=" ".join,
)
def test_usage(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = archc(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["build", "draw"])
def test_a_family_needs_a_variant(command: str, family: Path) -> None:
    done = archc(command, family, cwd=family.parent)
    assert (done.returncode, done.stdout) == (2, "")
    for name in ("narrow", "wide"):
        assert f"{family}:{name}" in done.stderr
        assert archc(command, f"{family}:{name}", cwd=family.parent).returncode == 0


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_family_is_all_its_variants(command: str, family: Path) -> None:
    done = archc(command, family)
    assert done.returncode == 0
    assert "narrow" in done.stdout and "wide" in done.stdout


def test_one_variant_of_a_family(family: Path) -> None:
    assert as_json("show", f"{family}:wide")["params"] == 1792
    networks = {claim["network"] for claim in as_json("check", f"{family}:wide")["claims"]}
    assert networks == {"wide"}


def test_the_only_network_needs_what_it_says(tmp_path: Path) -> None:
    spec = tmp_path / "net.arch"
    spec.write_text("network a(n) {\n    input x: 4\n    fc n\n}\n")
    for command in ("show", "check", "draw"):
        done = archc(command, spec)
        assert is_diagnostic(done) and "--set n=" in done.stderr
    assert as_json("show", spec, "--set", "n=3")["params"] == 15


def test_a_network_named_as_its_file(tmp_path: Path) -> None:
    """alexnet.arch holds three networks; the one named as the file is meant."""
    written = as_json("build", SPECS / "alexnet.arch", "-o", tmp_path / "alexnet.py")
    assert written["network"] == "alexnet"
