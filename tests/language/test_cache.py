"""The parser's tables: without conflicts, kept where only the user can write, never in the way."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import lark
import pytest

from archc.language import cache
from archc.language.builder import Builder
from archc.language.cache import GRAMMAR, OPTIONS, load_or_build, private_directory
from archc.language.tokens import Tokens

SPEC = "network n {\n    input image: 8x8x3\n    relu\n}\n"


def build() -> lark.Lark:
    return load_or_build(transformer=Builder(), postlex=Tokens())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "archc"


def test_the_grammar_has_no_conflicts() -> None:
    # Strict: no shift is preferred to a reduction, and no two terminals match the same text.
    text = GRAMMAR.read_text(encoding="utf-8")
    lark.Lark(text, **OPTIONS, strict=True, postlex=Tokens())


def test_a_second_process_reads_what_the_first_wrote(home: Path) -> None:
    build()
    (file,) = home.iterdir()
    assert home.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.stat().st_mtime_ns
    assert build().parse(SPEC, start="file").items
    assert file.stat().st_mtime_ns == before


def test_reading_takes_a_fraction_of_building(home: Path) -> None:
    def seconds() -> float:
        start = time.process_time()
        build()
        return time.process_time() - start

    first = seconds()
    again = min(seconds() for _ in range(5))
    assert again < first / 4
    assert again < 0.05  # 5 ms where it was measured; a slow machine has some room


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps({"data": 1})])
def test_a_broken_file_is_made_anew(home: Path, content: bytes) -> None:
    build()
    (file,) = home.iterdir()
    file.write_bytes(content)
    assert build().parse(SPEC, start="file").items
    assert "memo" in pickle.loads(file.read_bytes())


def test_another_grammar_has_another_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    monkeypatch.setattr(lark, "__version__", "0.0.0")
    build()
    assert len(list(home.iterdir())) == 2


def test_a_directory_that_others_can_open_is_not_used(home: Path) -> None:
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    assert private_directory() is None
    build()
    assert not list(home.iterdir())


def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    home.symlink_to(tmp_path / "elsewhere")
    assert private_directory() is None


def test_someone_elses_directory_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: home.stat().st_uid + 1)
    assert private_directory() is None


def test_a_relative_cache_home_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    directory = private_directory()
    assert directory is not None
    assert directory.is_relative_to(tmp_path / "home")


def test_where_nothing_can_be_written_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert private_directory() is None
    assert build().parse(SPEC, start="file").items


def test_a_full_disk_is_no_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert build().parse(SPEC, start="file").items
    assert not list(home.iterdir())


def test_processes_that_start_together_do_not_meet(home: Path) -> None:
    code = (
        "from archc.diagnostics import Source; from archc.language.parser import parse;"
        f"assert parse(Source('x', {SPEC!r})).items"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen(command, env=environment) for _ in range(4)]
    assert [process.wait(timeout=60) for process in running] == [0] * 4
    (file,) = home.iterdir()
    assert file.name.startswith("grammar-") and cache.GRAMMAR.exists()
