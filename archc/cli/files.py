"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from archc.diagnostics import Diagnostic, SpecError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write under a temporary name beside the file, then rename. Raises SpecError.

    A link's target is written, not the link; a device or a pipe is written as it is. A file that
    the user may not write stays. Bytes of a file's name that are no UTF-8 are written as `?`.
    """
    data = content.encode(errors="replace") if isinstance(content, str) else content
    try:
        path = Path(os.path.realpath(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
            return
        if path.is_file() and not os.access(path, os.W_OK):  # renaming would not mind
            raise PermissionError(errno.EACCES, "it is read-only")
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        raise SpecError([Diagnostic("import", message)]) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
