"""SVG without a system package, its cache, and what is said where `dot` is missing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archc import SpecError
from archc_backends.graphviz import render

SMALL = 'digraph { a -> b [label="55×55×96"] }'

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="directories have owners on POSIX")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield tmp_path / "cache" / "archc" / "graphviz"


class Builder:
    """Counts how often it had to build."""

    def __init__(self, data: bytes = b"machine code") -> None:
        self.data = data
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        return self.data


def test_svg_from_the_cache_is_the_same_as_without(cache: Path) -> None:
    first = render.svg(SMALL)
    assert "55×55×96" in first
    assert len(list(cache.iterdir())) == 1
    assert render.svg(SMALL) == first


def test_titles_of_frames_lie_over_the_edges_and_nothing_else_moves() -> None:
    frame = 'label="in & <out>" style=filled fillcolor="#f5f7f9" tooltip=t'
    frames = f"subgraph cluster_1 {{ {frame} b }}"
    text = render.svg(f"digraph {{ a -> b -> c; subgraph cluster_0 {{ label=outer {frames} }} }}")
    shown = re.findall(r"<text ([^>]*)>([^<]*)</text>", text)
    assert [said for _, said in shown] == ["a", "b", "c", "outer", "in &amp; &lt;out&gt;"]
    assert ["paint-order" in style for style, _ in shown] == [False] * 3 + [True] * 2
    assert 'stroke="#f5f7f9"' in shown[-1][0]
    assert text.rindex('class="edge"') < text.index("outer</text>")
    ElementTree.fromstring(text)


def test_the_cached_way_is_taken() -> None:
    """Were the packages built otherwise, the public way would be taken without a word: not here."""
    assert render._session() is not None


def test_a_graph_that_cannot_be_laid_out_is_a_diagnostic() -> None:
    with pytest.raises(SpecError, match="cannot be laid out"):
        render.svg("digraph { a -> ")


@posix
def test_the_cache_is_private_and_used(cache: Path) -> None:
    build = Builder()
    assert render.cached("key", build) == b"machine code"
    assert render.cached("key", build) == b"machine code"
    assert build.calls == 1
    assert cache.stat().st_mode & 0o777 == 0o700
    (file,) = cache.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert render.cached("other", build) == b"machine code"
    assert build.calls == 2


@posix
@pytest.mark.parametrize("damage", ["short", "changed", "empty"])
def test_a_damaged_file_is_built_again(cache: Path, damage: str) -> None:
    render.cached("key", Builder())
    file = cache / "key"
    data = file.read_bytes()
    file.write_bytes({"short": data[:-1], "changed": data[:-1] + b"X", "empty": b""}[damage])
    build = Builder()
    assert render.cached("key", build) == b"machine code"
    assert build.calls == 1
    assert file.read_bytes() == data


@posix
@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777])
def test_a_directory_open_to_others_is_not_used(cache: Path, mode: int) -> None:
    render.cached("key", Builder(b"planted"))
    cache.chmod(mode)
    build = Builder()
    assert render.cached("key", build) == b"machine code"
    assert build.calls == 1


@posix
def test_a_file_that_others_may_write_is_not_used(cache: Path) -> None:
    render.cached("key", Builder(b"planted"))
    (cache / "key").chmod(0o666)
    assert render.cached("key", Builder()) == b"machine code"
    assert (cache / "key").stat().st_mode & 0o777 == 0o600


@posix
def test_links_are_not_followed(cache: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    cache.parent.mkdir(parents=True)
    cache.symlink_to(elsewhere)
    build = Builder()
    assert render.cached("key", build) == b"machine code"
    assert not list(elsewhere.iterdir())

    cache.unlink()
    render.cached("key", build)
    (cache / "key").rename(elsewhere / "key")
    (cache / "key").symlink_to(elsewhere / "key")
    before = build.calls
    assert render.cached("key", build) == b"machine code"
    assert build.calls == before + 1


@posix
def test_another_users_directory_is_not_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render.cached("key", Builder(b"planted"))
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    assert render.cached("key", Builder()) == b"machine code"


def test_without_a_place_to_keep_it_the_picture_is_still_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a directory")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "55×55×96" in render.svg(SMALL)


# ---------------------------------------------------------------- png and pdf


def test_without_dot_the_diagnostic_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpecError) as raised:
        render.with_dot(SMALL, "png")
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "unsupported"
    assert "needs the program `dot`" in diagnostic.message
    assert diagnostic.help is not None
    assert "apt install graphviz" in diagnostic.help
    assert "draw .svg" in diagnostic.help


@posix
def test_a_dot_that_fails_is_a_diagnostic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho 'Error: no plugin for png' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SpecError, match="`dot` failed: Error: no plugin for png"):
        render.with_dot(SMALL, "png")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize(("format", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_png_and_pdf_are_the_same_each_time(format: str, magic: bytes) -> None:
    first = render.with_dot(SMALL, format)
    assert first.startswith(magic)
    assert render.with_dot(SMALL, format) == first
