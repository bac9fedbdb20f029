"""`archc check` and `archc draw --audit`: forms, files, the scoreboard, progress, start-up."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import report_samples as samples

from archc.cli import progress
from archc.cli.main import main
from archc.cli.progress import Progress

ROOT = Path(__file__).parents[2]


def archc(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archc", *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.arch").write_text(samples.FAMILY)
    (tmp_path / "published").mkdir()
    ledger = samples.LEDGER.replace("claims:", "spec: net\nclaims:", 1)
    (tmp_path / "published" / "ours.yaml").write_text(ledger)
    return tmp_path


FORMS = {
    "json": ("json", '{\n  "schema": 1'),
    "markdown": ("md", "### ❌ archc check\n"),
    "junit": ("xml", "<?xml "),
    "html": ("html", "<!DOCTYPE html>\n"),
    "text": ("txt", "net in both variants: a paper, Table 1\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_on_standard_output_and_in_a_file(form: str, folder: Path) -> None:
    suffix, begin = FORMS[form]
    printed = archc("check", "net.arch", "--format", form, cwd=folder)
    assert (printed.returncode, printed.stderr) == (1, "")
    assert printed.stdout.startswith(begin)
    written = archc("check", "net.arch", "-o", f"out/a.{suffix}", cwd=folder)
    assert written.returncode == 1
    assert written.stdout.splitlines()[-1] == f"wrote out/a.{suffix}"
    assert (folder / "out" / f"a.{suffix}").read_text() == printed.stdout


def test_json_as_before(folder: Path) -> None:
    (folder / "published" / "ours.yaml").unlink()
    for arguments in (["--json"], ["--format", "json"], ["--json", "--format", "json"]):
        done = archc("check", "net.arch", *arguments, cwd=folder)
        assert json.loads(done.stdout)["summary"] == {"exact": 6, "contradicted": 2}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "a.pdf"), "`a.pdf` is none"),
        (("-o", "a.json", "--format", "html"), "`a.json` is a file of `json`"),
    ],
)
def test_a_file_is_named_after_its_form(
    arguments: tuple[str, ...], said: str, folder: Path
) -> None:
    done = archc("check", "net.arch", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr
    assert not list(folder.glob("a.*"))


def test_wrong_usage(folder: Path) -> None:
    done = archc("check", "net.arch", "--json", "--format", "html", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert archc("check", "net.arch", "--format", "pdf", cwd=folder).returncode == 2


def test_a_folder_has_a_scoreboard_and_a_spec_has_all_claims(folder: Path) -> None:
    whole = archc("check", ".", cwd=folder).stdout
    assert "net, 2 variants" in whole
    assert "8x8x3" not in whole
    assert "8x8x3" in archc("check", ".", "--verbose", cwd=folder).stdout
    single = archc("check", "net.arch", cwd=folder).stdout
    assert "8x8x3" in single
    assert "documents" not in single


@pytest.mark.parametrize("form", FORMS)
def test_what_does_not_compile_is_in_every_form(form: str, folder: Path) -> None:
    (folder / "wrong.arch").write_text("network wrong { conv }")
    done = archc("check", ".", "--format", form, cwd=folder)
    assert done.returncode == 1
    assert "has no input" in (done.stderr if form == "text" else done.stdout)
    if form == "junit":
        assert ET.fromstring(done.stdout).get("errors") == "1"


def test_a_folder_without_specs_is_in_every_form_and_stops_no_other(folder: Path) -> None:
    (folder / "empty").mkdir()
    done = archc("check", "empty", "net.arch:small", "--format", "junit", cwd=folder)
    assert (done.returncode, done.stderr) == (1, "")
    (suites, error) = (ET.fromstring(done.stdout), "there is no spec below empty")
    assert suites.get("errors") == "1" and error in done.stdout and "8x8x3" in done.stdout


def test_an_output_that_cannot_be_written(folder: Path) -> None:
    done = archc("check", "net.arch", "-o", "net.arch/x.html", cwd=folder)
    assert done.returncode == 1
    assert "cannot write" in done.stderr


@pytest.mark.parametrize("form", FORMS)
def test_a_file_whose_name_is_no_utf8(form: str, folder: Path) -> None:
    strange = folder / os.fsdecode(b"n\xff.arch")
    try:
        (folder / "net.arch").rename(strange)
    except OSError:
        pytest.skip("such a name cannot be given here")
    path = folder / f"a.{FORMS[form][0].upper()}"  # suffixes are told in capitals as well
    assert main(["check", str(strange), "--no-ledgers", "-o", str(path)]) == 1
    text = path.read_text("utf-8")
    assert text.startswith(FORMS[form][1])
    assert "n?.arch" in text or form == "junit"  # where what XML cannot hold is another sign


# ---------------------------------------------------------------- diagrams


def test_draw_marks_the_specs_and_the_ledgers_claims(folder: Path) -> None:
    plain = archc("draw", "net.arch:small", "-o", "-", cwd=folder)
    audited = archc("draw", "net.arch:small", "--audit", "-o", "-", cwd=folder)
    assert (plain.returncode, audited.returncode) == (0, 0), audited.stderr
    assert "does not hold" not in plain.stdout
    assert "“999” ≠ 112" in audited.stdout  # of published/ours.yaml
    assert "is no longer an erratum" in audited.stdout  # of the spec
    other = archc("draw", "net.arch:large", "--audit", "-o", "-", cwd=folder)
    assert "“999”" not in other.stdout  # a claim about small


def test_draw_marks_a_ledger_by_name(folder: Path) -> None:
    (folder / "published" / "ours.yaml").rename(folder / "mine.yaml")
    without = archc("draw", "net.arch:small", "--audit", "-o", "-", cwd=folder)
    assert "“999”" not in without.stdout
    named = archc("draw", "net.arch:small", "--claims", "mine.yaml", "-o", "-", cwd=folder)
    assert "“999” ≠ 112" in named.stdout
    missing = archc("draw", "net.arch:small", "--claims", "none.yaml", "-o", "-", cwd=folder)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "none.yaml" in missing.stderr


# ---------------------------------------------------------------- progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO, after: float) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "AFTER", after)
        patch.setattr(progress, "EVERY", 0.0)
        with Progress(stream) as show:
            show("checking", 1, 4)
            show("explaining")
    return stream.getvalue()


def test_progress_is_a_line_that_goes_away() -> None:
    assert told(Terminal(), 0.0) == (
        "\r[######..................] checking 1 of 4\x1b[K\rexplaining ...\x1b[K\r\x1b[K"
    )


def test_no_progress_of_what_is_short_or_where_nobody_looks() -> None:
    assert told(Terminal(), 60.0) == ""
    assert told(io.StringIO(), 0.0) == ""


def test_progress_leaves_the_terminal_clean() -> None:
    """On a real terminal, with nothing of it in the output."""
    leader, follower = pty.openpty()
    code = (
        "import archc.cli.progress as p, sys; p.AFTER = p.EVERY = 0\n"
        "from archc.cli import main; sys.exit(main(['check', 'specs/lenet5.arch']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=follower, timeout=60
    )
    os.close(follower)
    shown = os.read(leader, 1 << 16).decode()
    os.close(leader)
    assert done.returncode == 0
    assert b"\r" not in done.stdout
    assert "checking" in shown
    assert shown.endswith("\r\x1b[K")


# ---------------------------------------------------------------- start-up


LAZY = {
    "json": ("markdown", "junit", "html", "scoreboard"),
    "text": ("json", "markdown", "junit", "html"),
    "markdown": ("json", "junit", "html"),
    "junit": ("json", "markdown", "html", "text"),
    "html": ("json", "markdown", "junit", "text"),
}


@pytest.mark.parametrize("form", LAZY)
def test_a_form_imports_no_other(form: str) -> None:
    code = (
        "import sys; from archc.cli import main\n"
        f"main(['check', 'specs/lenet5.arch', '--format', '{form}'])\n"
        "print([m for m in sys.modules if 'archc.audit.reports.' in m], file=sys.stderr)"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60)
    loaded = done.stderr.splitlines()[-1]
    assert f"reports.{form}" in loaded
    assert [name for name in LAZY[form] if f"reports.{name}'" in loaded] == []


def test_other_commands_import_no_report() -> None:
    code = (
        "import sys; from archc.cli import main\n"
        "main(['show', 'specs/lenet5.arch']); main(['draw', 'specs/lenet5.arch', '-o', '-'])\n"
        "print([m for m in sys.modules if 'archc.audit' in m], file=sys.stderr)"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "archc.audit.reports" not in done.stderr
    assert "archc.audit.check" not in done.stderr
