"""Whatever is given as a spec, the answer is a diagnostic, soon."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from commands import SMALL, archc, is_diagnostic

COMMANDS = ("check", "show", "fmt")


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def symlink_loop(folder: Path) -> Path:
    (folder / "a.arch").symlink_to(folder / "b.arch")
    (folder / "b.arch").symlink_to(folder / "a.arch")
    return folder / "a.arch"


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.arch")
    return folder / "pipe.arch"


def folder_with_a_suffix(folder: Path) -> Path:
    (folder / "net.arch").mkdir()
    return folder / "net.arch"


NOT_SPECS = {
    "missing": lambda f: f / "missing.arch",
    "missing folder": lambda f: f / "nowhere" / "missing.arch",
    "below a file": lambda f: write(f / "file", "") / "x.arch",
    "folder": folder_with_a_suffix,
    "empty": lambda f: write(f / "x.arch", ""),
    "blank": lambda f: write(f / "x.arch", " \n\t\n# nothing\n"),
    "binary": lambda f: write(f / "x.arch", random.Random(0).randbytes(100_000)),
    "nul": lambda f: write(f / "x.arch", "network x\0 { }"),
    "utf-16": lambda f: write(f / "x.arch", SMALL.encode("utf-16")),
    "latin-1": lambda f: write(f / "x.arch", ("# é\n" + SMALL).encode("latin-1")),
    "3 MB": lambda f: write(f / "x.arch", SMALL + "# comment\n" * 300_000),
    "one long line": lambda f: write(f / "x.arch", "network x { " + "conv 3x3 8, " * 100_000),
    "symlink loop": symlink_loop,
    "dangling link": lambda f: [(f / "x.arch").symlink_to("nowhere"), f / "x.arch"][1],
    "unreadable": lambda f: Path("/proc/self/mem"),
    "endless": lambda f: Path("/dev/zero"),
    "long name": lambda f: f / ("x" * 5000 + ".arch"),
    "long bare name": lambda f: Path("x" * 5000),
    "nested brackets": lambda f: write(f / "x.arch", "network x { let a = " + "(" * 50_000),
    "nested braces": lambda f: write(f / "x.arch", "network x {" + "{ " * 50_000 + "}" * 50_000),
    "not a spec": lambda f: write(f / "x.arch", (Path(__file__)).read_text()),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("make", NOT_SPECS.values(), ids=NOT_SPECS)
def test_not_a_spec(make: object, command: str, tmp_path: Path) -> None:
    assert callable(make)
    path = make(tmp_path)
    if command == "fmt" and path.name == "x.arch" and path.exists() and path.stat().st_size < 30:
        return  # nothing is formatted as nothing
    done = archc(command, path)
    assert is_diagnostic(done), done.stdout[-500:] + done.stderr[-2000:]
    assert len(done.stderr) < 20_000


def test_a_pipe_is_read(tmp_path: Path) -> None:
    """``archc show <(make_spec)`` is a spec in a pipe."""
    path = fifo(tmp_path)
    if os.fork() == 0:
        path.write_text(SMALL)
        os._exit(0)
    assert archc("show", path).returncode == 0
    os.wait()


@pytest.mark.parametrize("size", [2_000_001, 3_000_000])
def test_too_much_on_standard_input(size: int) -> None:
    done = archc("check", "-", stdin=b"#" * size)
    assert is_diagnostic(done)
    assert "error[too-large]" in done.stderr
    assert "2 MB" in done.stderr


def test_bytes_that_are_no_text_on_standard_input() -> None:
    done = archc("check", "-", stdin=b"\xff\xfe\x00network")
    assert is_diagnostic(done)


# ---------------------------------------------------------------- imports


IMPORTS = [
    "../outside.arch",
    "/etc/passwd",
    "../../../../../../etc/passwd",
    "sub/../../outside.arch",
    "link.arch",
    "loop.arch",
    "missing.arch",
    "sub",
    "",
    ".",
    "spec.arch",
    "x" * 5000,
    "back.arch",
    "wide.arch",
]


@pytest.mark.parametrize("target", IMPORTS, ids=lambda t: t[:20] or "nothing")
def test_an_import_stays_in_the_folder(target: str, tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside.arch").write_text("# secret\n" + SMALL)
    (folder / "link.arch").symlink_to(tmp_path / "outside.arch")
    (folder / "loop.arch").symlink_to(folder / "loop.arch")
    (folder / "back.arch").write_text('import "spec.arch"\n' + SMALL)
    (folder / "wide.arch").write_bytes(b"#" * 2_000_001)
    spec = folder / "spec.arch"
    spec.write_text(f'import "{target}" as other\n' + SMALL)
    for command in ("check", "show"):
        done = archc(command, spec)
        assert is_diagnostic(done), done.stderr
        assert "secret" not in done.stdout + done.stderr
        assert "root:" not in done.stdout + done.stderr


def test_an_import_below_the_folder_works(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "small.arch").write_text(SMALL)
    (tmp_path / "spec.arch").write_text('import "sub/small.arch"\nnetwork spec = small.small\n')
    done = archc("show", "spec.arch", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- what a spec may cost


BOMBS = {
    "repeats": "{ { { { conv 1x1 1 * 99 } * 99 } * 99 } * 99 } * 99",
    "a large repeat": "relu * 1000000000000",
    "for": "for i in range(99) { for j in range(99) { for k in range(99) { relu } } }",
    "a large range": "for i in range(10^12) { relu }",
    "a large power": "let x = 9^9^9^9^9",
    "a product of lists": "let x = [1] * 10^12",
    "a wide layer": "conv 1x1 (10^30)",
    "a long sum": "let x = " + " + ".join(["1"] * 50_000),
    "deep nesting": "let x = " + "(" * 5000 + "1" + ")" * 5000,
    "deep groups": "{ " * 3000 + "relu" + " }" * 3000,
    "deep conditions": "if true { " * 3000 + "relu" + " }" * 3000,
    "blocks that double": "".join(
        f"block b{i}() {{ b{i - 1}; b{i - 1} }}\n    " if i else "block b0() { relu }\n    "
        for i in range(60)
    )
    + "b59",
    "a block of itself": "block b() { b }\n    b",
    "blocks of each other": "block a() { relu; b }\n    block b() { a }\n    b",
    "a block by a parameter": "block f(g) { g g }\n    f f",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_a_spec_that_would_cost_much(body: str) -> None:
    text = f"network bomb {{\n    input image: 8x8x1\n    {body}\n}}\n"
    done = archc("show", "-", stdin=text)
    if done.returncode == 0:  # what is small after all may compile
        assert len(text) > 5_000, done.stdout
    else:
        assert is_diagnostic(done), done.stderr[-2000:]


def test_a_family_has_no_more_layers_than_a_network() -> None:
    rows = "\n".join(f"    v{i} | 70000" for i in range(100))
    text = (
        "network n(d) {\n    input x: 8x8x2\n    { relu } * d\n}\n"
        f'variants n "t" {{\n    name | d\n{rows}\n}}\n'
    )
    done = archc("show", "-", stdin=text)
    assert done.returncode == 1 and is_diagnostic(done)
    assert "more than 200,000 layers together" in done.stderr
    assert archc("show", "-:v1", "--depth", "0", stdin=text).returncode == 0
