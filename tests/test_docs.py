"""What the documents show is what archc prints.

README.md and the pages below docs/ are followed from top to bottom in an empty folder that has the
zoo as `specs`: a block ```` ```arch NAME ```` (in any notation) is the file NAME, each command of a
```` ```console ```` block is run and its output compared, and a ```` ```python ```` block of `>>>`
lines is a doctest. `pytest tests/test_docs.py --update` writes what is printed now.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import xml.etree.ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)[ \t]*(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONIOENCODING": "utf-8",
    "COLUMNS": "100",  # argparse fits help to it
}


@dataclass(frozen=True)
class Block:
    """A fenced block: ``start`` and ``end`` of its text in the page."""

    language: str
    name: str
    text: str
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    return [Block(m[1], m[2], m[3], m.start(3), m.end(3)) for m in BLOCK.finditer(text)]


def run(command: str, folder: Path) -> str:
    """What a command prints: both streams, as a terminal would show them."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert "Traceback (most recent call last)" not in done.stdout, done.stdout
    return done.stdout


def session(text: str, folder: Path) -> str:
    """A console block as its commands print it now."""
    shown: list[str] = []
    command = ""
    for line in text.splitlines():
        if line.startswith("$ ") or command.endswith("\\"):
            command = line[2:] if not command else f"{command[:-1]}{line.lstrip()}"
            shown.append(line)
            if not command.endswith("\\"):
                shown += [out.rstrip() for out in run(command, folder).splitlines()]
                command = ""
    return "\n".join(shown) + "\n"


def interpreter(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A python block of `>>>` lines, as a doctest; one without is run."""
    monkeypatch.chdir(folder)
    if ">>>" not in block.text:
        exec(compile(block.text, "block", "exec"), {})
        return
    test = doctest.DocTestParser().get_doctest(block.text, {}, "block", None, 0)
    told: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    runner.run(test, out=told.append)
    assert runner.failures == 0, "".join(told)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    text = page.read_text()
    current, done = [], 0
    for block in blocks(text):
        if block.name and block.language not in ("console", "python"):
            (tmp_path / block.name).write_text(block.text)
        elif block.language == "python":
            interpreter(block, tmp_path, monkeypatch)
        elif block.language == "console":
            current += [text[done : block.start], session(block.text, tmp_path)]
            done = block.end
    now = "".join([*current, text[done:]])
    if request.config.getoption("--update"):
        page.write_text(now)
    else:
        assert text == now


WRONG = {"wrong.arch"}
"""Specs that show an error, not good style."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_specs_are_in_canonical_form(page: Path, tmp_path: Path) -> None:
    for block in blocks(page.read_text()):
        if block.language == "arch" and block.name and block.name not in WRONG:
            (tmp_path / block.name).write_text(block.text)
            run(f"archc fmt {block.name}", tmp_path)
            assert (tmp_path / block.name).read_text() == block.text


LINK = re.compile(r"""(?:\]\(|src="|href=")(?!https?:|mailto:)([^)"#\s]*)(?:#([^)"\s]*))?""")


def anchors(page: Path) -> set[str]:
    """What links into a page may name: its headings, as GitHub spells them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link, anchor in LINK.findall(text):
        target = page.parent / link if link else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


PICTURE = re.compile(r"`archc draw (.+?) -o (docs/images/\S+?)`")


SET_BY_LATEX = {"docs/images/alexnet_figure.svg"}
"""Made of the TikZ figure by `pdflatex` and `pdftocairo -svg`, whose bytes go with their versions;
tests/draw/test_tikz.py holds what the figure is."""


def test_pictures(request: pytest.FixtureRequest) -> None:
    """Every picture is what the command beside it draws."""
    commands = [m.groups() for page in PAGES for m in PICTURE.finditer(page.read_text())]
    images = {str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "images").iterdir()}
    assert {target for _, target in commands} == images - SET_BY_LATEX
    for arguments, target in commands:
        drawn = run(f"archc draw {arguments} -o -", ROOT)
        assert xml.etree.ElementTree.fromstring(drawn).tag.endswith("svg")
        if request.config.getoption("--update"):
            (ROOT / target).write_text(drawn)
        else:
            assert (ROOT / target).read_text() == drawn


def test_readme_commands_are_those_of_ci() -> None:
    """.ci/run takes the commands of the README by these marks; each stands above one block."""
    readme = (ROOT / "README.md").read_text()
    ci = (ROOT / ".ci" / "run").read_text()
    for mark in ("a first build", "the tests"):
        assert f'readme "{mark}"' in ci
        assert re.search(rf"^<!-- {mark} -->\n```sh\n.+\n```$", readme, re.MULTILINE)


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"^\| \[(\w+\.md)\]", index, re.MULTILINE))
