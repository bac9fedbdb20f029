"""What the shell may offer for SPEC: files, the zoo, and the variants of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def complete_spec(prefix: str, **_: Any) -> list[str]:
    """Specs that begin with ``prefix``; after ``FILE:`` the file's networks and variants."""
    try:
        return _complete(prefix)
    except Exception:  # completion never disturbs the shell
        return []


def _complete(prefix: str) -> list[str]:
    from archc import zoo

    if ":" in prefix:
        from archc.cli.target import locate
        from archc.pipeline import family, read

        head, _, start = prefix.rpartition(":")
        names = [value.name for value in family(read(locate(head)))]
        return [f"{head}:{name}" for name in names if name.startswith(start)]
    slash = prefix.rfind("/") + 1
    folder = Path(prefix[:slash] or ".")
    found: list[str] = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if entry.is_dir() and not entry.name.startswith("."):
            found.append(f"{prefix[:slash]}{entry.name}/")
        elif entry.suffix == ".arch":
            found.append(f"{prefix[:slash]}{entry.name}")
    if not slash:
        found += [path.stem for path in zoo.specs()]
    return [name for name in found if name.startswith(prefix)]
