"""What generated files bring along: the custom layers that they use, as source."""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources

FILES = ("custom.py", "custom_windows.py", "custom_shapes.py")


@cache
def custom() -> dict[str, str]:
    """The source of each custom layer, by name, in order."""
    found: dict[str, str] = {}
    for name in FILES:
        source = resources.files("archc_backends.keras").joinpath(name).read_text("utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef):
                first = node.decorator_list[0].lineno  # each is registered with Keras
                found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


def brought(code: str) -> list[str]:
    """The sources of the custom layers that some code makes."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    return [source for name, source in custom().items() if name in used]
