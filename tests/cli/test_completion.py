"""Completion in the shell: argcomplete's protocol, and a bash that is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import FAMILY, ROOT

BIN = Path(sys.executable).parent


def completions(line: str, cwd: Path) -> list[str]:
    """What archc offers at the end of a command line: argcomplete's protocol, on descriptor 8."""
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        ["bash", "-c", f"exec {sys.executable} -m archc 8>&{theirs} 9>&2 >/dev/null"],
        cwd=cwd,
        env={
            **os.environ,
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
            "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        },
        pass_fds=(theirs,),
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        offered = pipe.read()
    _, errors = process.communicate(timeout=60)
    assert errors == ""
    return [word.strip() for word in offered.split("\n") if word.strip()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "family.arch").write_text(FAMILY)
    (tmp_path / "broken.arch").write_text("network")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "inner.arch").write_text(FAMILY)
    return tmp_path


def test_commands(folder: Path) -> None:
    offered = completions("archc ", folder)
    assert {"build", "draw", "check", "show", "list", "fmt"} <= set(offered)
    assert completions("archc bu", folder) == ["build"]


def test_options(folder: Path) -> None:
    offered = completions("archc show --", folder)
    assert {"--set", "--json", "--layout", "--depth"} <= set(offered)
    assert set(completions("archc show x --layout ", folder)) == {"hwc", "chw"}


def test_specs(folder: Path) -> None:
    offered = completions("archc show ", folder)
    assert {"family.arch", "broken.arch", "more/", "vgg16", "resnet"} <= set(offered)
    assert "notes.txt" not in offered
    assert completions("archc check more/", folder) == ["more/inner.arch"]
    assert completions("archc check vgg16 goo", folder) == ["googlenet"]


def test_variants(folder: Path) -> None:
    assert completions("archc draw family.arch:", folder) == [
        "family.arch:narrow",
        "family.arch:wide",
    ]
    assert completions("archc draw family.arch:w", folder) == ["family.arch:wide"]
    assert "resnet:resnet50" in completions("archc build resnet:resnet5", folder)


def test_a_broken_spec_offers_nothing(folder: Path) -> None:
    assert completions("archc draw broken.arch:", folder) == []


def test_completion_does_not_import_torch(folder: Path) -> None:
    """It answers while somebody types."""
    program = (
        "import os, sys\nfrom archc.cli.main import make_parser\nimport argcomplete\n"
        "finder = argcomplete.CompletionFinder(make_parser())\n"
        "print(finder._get_completions(['archc', 'draw'], 'family.arch:', '', None))\n"
        "print(sorted({'torch', 'networkx', 'yaml'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["['family.arch:narrow', 'family.arch:wide']", "[]"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["archc", "bu"], {"build"}),
        (["archc", "show", "fam"], {"family.arch"}),
        (["archc", "show", "family.arch", ":", "na"], {"narrow"}),  # bash splits words at colons
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else "",
)
def test_bash(words: list[str], expected: set[str], folder: Path) -> None:
    """The line that docs/cli.md gives for ~/.bashrc, then what bash does at a Tab."""
    line = 'eval "$(register-python-argcomplete archc)"'
    assert f"`{line}`" in (ROOT / "docs" / "cli.md").read_text()
    array = " ".join(f"'{word}'" for word in words)
    typed = " ".join(words).replace(" : ", ":")
    script = f"""
        {line}
        function_name=$(complete -p archc | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}
        COMP_LINE='{typed}'; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9
        COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
        $function_name archc '{words[-1]}' '{words[-2]}'
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert {word.strip() for word in done.stdout.split("\n")} - {""} == expected, done.stderr
