"""Where output goes: standard streams, colour, files written whole."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import FAMILY, ROOT, SMALL, archc, is_diagnostic

from archc.cli import main

ESCAPE = "\x1b"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.arch"
    path.write_text(SMALL)
    return path


# ---------------------------------------------------------------- standard input


@pytest.mark.parametrize("command", ["build", "draw", "check", "show", "fmt"])
def test_standard_input(command: str, tmp_path: Path) -> None:
    done = archc(command, "-", stdin=SMALL, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_standard_input_and_a_variant() -> None:
    done = archc("show", "-:wide", stdin=FAMILY)
    assert done.returncode == 0, done.stderr
    assert "1,792" in done.stdout


def test_a_diagnostic_of_standard_input() -> None:
    done = archc("show", "-", stdin="network x {\n  input 3x3x1\n  con 3\n}")
    assert is_diagnostic(done)
    assert done.stderr.startswith("<stdin>:3:3: error[unknown-layer]: ")


def test_format_is_a_filter() -> None:
    done = archc("fmt", "-", stdin=SMALL.replace("    ", "\t"))
    assert (done.returncode, done.stdout) == (0, SMALL)


# ---------------------------------------------------------------- standard output


def test_build_to_standard_output(small: Path) -> None:
    done = archc("build", small, "-o", "-", cwd=small.parent)
    assert done.returncode == 0
    compile(done.stdout, "small.py", "exec")
    assert "class Small" in done.stdout
    assert [p.name for p in small.parent.iterdir()] == ["small.arch"]


@pytest.mark.parametrize("format", ["svg", "dot"])
def test_draw_to_standard_output(format: str, small: Path) -> None:
    done = archc("draw", small, "-o", "-", "--format", format, cwd=small.parent)
    assert done.returncode == 0
    assert ("<svg" if format == "svg" else "digraph") in done.stdout


def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m archc show resnet:resnet152 --depth 9 | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", ">/dev/full"])
@pytest.mark.parametrize("command", ["show -", "check -", "list", "build - -o -"])
def test_streams_that_do_not_work(command: str, redirection: str, tmp_path: Path) -> None:
    line = f"{sys.executable} -m archc {command} {redirection}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, input=SMALL, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
    if redirection == ">/dev/full":
        assert done.returncode == 1
        assert "No space left" in done.stderr


@pytest.mark.parametrize("command", ["show", "check", "list"])
def test_a_terminal_of_few_characters(command: str) -> None:
    spec = () if command == "list" else ("vgg16",)
    done = archc(command, *spec, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- colour


def in_terminal(*arguments: str, env: dict[str, str] | None = None) -> str:
    """What a command shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "archc", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", **(env or {})},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # the terminal is gone once its last program ends
            break
        if not data:
            break
        shown += data
    process.wait(timeout=60)
    os.close(ours)
    return shown.decode()


def test_no_colour_in_a_file(small: Path) -> None:
    broken = small.with_name("broken.arch")
    broken.write_text("network")
    for arguments in (("check", small), ("show", small), ("check", broken)):
        done = archc(*arguments, env={"TERM": "xterm"})
        assert ESCAPE not in done.stdout + done.stderr


def test_colour_on_a_terminal(small: Path) -> None:
    (small.parent / "broken.arch").write_text("network")
    broken = str(small.parent / "broken.arch")
    assert ESCAPE in in_terminal("check", str(small))
    assert ESCAPE in in_terminal("show", broken)
    for off in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert ESCAPE not in in_terminal("check", str(small), env=off)
        assert ESCAPE not in in_terminal("show", broken, env=off)


def test_a_terminal_gets_no_bytes(small: Path) -> None:
    said = in_terminal("build", str(small), "--to", "onnx", "--no-prove", "-o", "-")
    assert said.strip() == ("archc: -o -: this is no text for a terminal; name a file or a pipe")
    assert "class Small" in in_terminal("build", str(small), "--no-prove", "-o", "-")


def test_a_spec_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """Control characters of a stranger's spec reach no terminal."""
    evil = f"{ESCAPE}]0;title\x07{ESCAPE}[2J"
    (tmp_path / "evil.arch").write_text(
        SMALL.replace("counted by hand", f"counted {evil} hand") + f"# {evil}\n"
    )
    (tmp_path / "broken.arch").write_text(f"network x {{\n    {evil}\n}}")
    for arguments in (("check", "evil.arch"), ("show", "evil.arch"), ("show", "broken.arch")):
        done = archc(*arguments, cwd=tmp_path)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout + done.stderr)


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("command", ["build", "draw"])
def test_the_usual_place(command: str, small: Path) -> None:
    done = archc(command, small, cwd=small.parent)
    suffix = ".py" if command == "build" else ".svg"
    assert f"wrote build/small{suffix}" in done.stdout
    assert [p.name for p in (small.parent / "build").iterdir()] == [f"small{suffix}"]


def test_a_chosen_place_in_a_new_folder(small: Path) -> None:
    archc("build", small, "-o", "a/b/net.py", cwd=small.parent)
    assert (small.parent / "a" / "b" / "net.py").exists()


def test_the_suffix_chooses_the_format(small: Path) -> None:
    archc("draw", small, "-o", "small.dot", cwd=small.parent)
    assert "digraph" in (small.parent / "small.dot").read_text()
    done = archc("draw", small, "-o", "small.gif", cwd=small.parent)
    assert is_diagnostic(done)
    assert not (small.parent / "small.gif").exists()


def test_nothing_is_left_of_what_failed(small: Path) -> None:
    """A file is written whole or not at all, and an old one stays."""
    target = small.parent / "small.py"
    target.write_text("old")
    small.write_text(SMALL.replace("fc classes", "fc clases"))
    assert archc("build", small, "-o", target).returncode == 1
    assert target.read_text() == "old"
    assert sorted(p.name for p in small.parent.iterdir()) == ["small.arch", "small.py"]


def test_mode_of_what_is_replaced_is_kept(small: Path) -> None:
    target = small.parent / "small.dot"
    target.write_text("old")
    target.chmod(0o640)
    assert archc("draw", small, "-o", target).returncode == 0
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_read_only_stays(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = small.parent / "small.py"
    target.write_text("old")
    target.chmod(0o444)
    if os.access(target, os.W_OK):  # root may write anything
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != target)
    assert main(["build", str(small), "--no-prove", "-o", str(target)]) == 1
    assert f"cannot write {target}: it is read-only" in capsys.readouterr().err
    assert target.read_text() == "old"


@pytest.mark.parametrize("place", ["folder", "file/small.py", "/proc/small.py", "x" * 300, ""])
def test_a_place_that_cannot_be_written(place: str, small: Path) -> None:
    (small.parent / "folder").mkdir()
    (small.parent / "file").write_text("")
    done = archc("build", small, "-o", place, cwd=small.parent)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in small.parent.iterdir()) == ["file", "folder", "small.arch"]


def test_a_pipe_is_written_not_replaced(small: Path) -> None:
    """So is a device, which no test should try: root could replace /dev/null."""
    pipe = small.parent / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True)
    assert archc("build", small, "-o", pipe).returncode == 0
    assert "class Small" in reader.communicate(timeout=10)[0]
    assert pipe.is_fifo()


def test_a_link_stays_a_link(small: Path) -> None:
    link = small.parent / "link.py"
    link.symlink_to("target.py")
    assert archc("build", small, "-o", link).returncode == 0
    assert link.is_symlink()
    assert "class Small" in (small.parent / "target.py").read_text()


# ---------------------------------------------------------------- what is imported


SLOW = ("torch", "numpy", "networkx", "yaml", "email")
"""What takes long to import and no command needs that neither runs modules nor reads YAML."""

UNUSED = {
    ("check", "specs/vgg16.arch", "--no-ledgers"): (
        *SLOW,
        "archc.language.errors",
        "archc_backends",
    ),
    ("show", "vgg16"): (*SLOW, "archc.language.errors", "archc.audit.check", "archc_backends"),
    ("list",): (*SLOW, "archc.language.errors", "archc.audit.check", "archc_backends"),
    ("fmt", "-"): (*SLOW, "archc.language.errors", "archc.audit.check", "archc_backends"),
    ("draw", "vgg16", "-o", "-"): (*SLOW[:-1], "archc.audit.check", "archc_backends.torch"),
    ("build", "vgg16", "-o", "-", "--no-prove"): (*SLOW, "archc_backends.graphviz"),
}


@pytest.mark.parametrize("arguments", UNUSED, ids=" ".join)
def test_nothing_is_imported_in_vain(arguments: tuple[str, ...]) -> None:
    program = (
        "import sys\nfrom archc.cli import main\nstatus = main(sys.argv[1:])\n"
        f"print(status, *sorted({set(UNUSED[arguments])} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        input=SMALL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == "0\n"
