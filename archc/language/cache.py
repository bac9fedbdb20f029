"""The parser's tables, kept between runs: making them takes ten times as long as reading them.

The file is a pickle, which is code to whoever reads it. So it lies in a directory that only the
user can open, is read from no other place, and is made under a temporary name.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import stat
import sys
import zlib
from pathlib import Path
from typing import Any

import lark

GRAMMAR = Path(__file__).with_name("arch.lark")
OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "basic",
    "start": ["file", "expression", "lone_argument"],
    "keep_all_tokens": True,
    "maybe_placeholders": True,
}


def load_or_build(*, transformer: object, postlex: object) -> Any:
    """The parser, from the cache where it can be had there, else built and put there.

    A cache that cannot be read or written is no error: the parser is built.
    """
    grammar = GRAMMAR.read_text(encoding="utf-8")
    live: dict[str, Any] = {"transformer": transformer, "postlex": postlex}
    directory = private_directory()
    path = directory / f"grammar-{_key(grammar)}.pickle" if directory else None
    if path:
        with contextlib.suppress(Exception):  # a broken file is made anew
            return _load(path, live)
    parser: Any = lark.Lark(grammar, **OPTIONS, **live)
    if path:
        with contextlib.suppress(OSError):
            _save(parser, path, set(live))
    return parser


def private_directory(name: str = "archc") -> Path | None:
    """The user's cache directory for archc, made if need be; None where none is safe to use.

    Safe is a directory of the user's own, not a link, that nobody else may open.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
        directory = root / name
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = directory.lstat()
    except (OSError, RuntimeError):
        return None
    if not stat.S_ISDIR(state.st_mode):
        return None
    if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o077):
        return None
    return directory


def _key(grammar: str) -> str:
    parts = (grammar, repr(OPTIONS), lark.__version__, sys.version, sys.implementation.cache_tag)
    text = "\0".join(map(str, parts)).encode()
    # no cryptographic hash: the directory is the user's alone, and hashlib takes 2 ms to import
    return f"{zlib.crc32(text):08x}-{len(text)}"


def _load(path: Path, live: dict[str, Any]) -> Any:
    with path.open("rb") as file:
        if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
            raise PermissionError(path)
        saved: dict[str, Any] = pickle.load(file)
    saved["data"]["options"].update(live)
    parser: Any = lark.Lark
    return parser.load(saved)


def _save(parser: Any, path: Path, without: set[str]) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            parser.save(file, without)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
