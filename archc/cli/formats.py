"""What the suffix of ``-o`` says about what is written, where no option says it."""

from __future__ import annotations

from pathlib import Path

from archc.notations.notation import SUFFIXES

PICTURES = {
    "svg": ".svg",
    "png": ".png",
    "pdf": ".pdf",
    "dot": ".dot",
    "tikz": ".tex",
    "mermaid": ".mmd",
}
"""A diagram's format, and the suffix of its file."""

DRAWN = dict.fromkeys((".svg", ".png", ".pdf", ".dot"), "graphviz") | {
    ".tex": "tikz",
    ".mmd": "mermaid",
}
"""The backend that draws a file of a suffix."""

_FRAMEWORKS = {
    ".py": "torch",
    ".onnx": "onnx",
    ".h": "dlib",
    ".hpp": "dlib",
    ".dlib": "dlib",
}
"""What `build` writes to a file without being told."""

_ALSO = {".py": "keras"}
_OWN = {"torch", "onnx", "keras", "dlib", "graphviz", "tikz", "mermaid"}
"""archc's backends; of a plugin's files nothing is known."""


class UsageError(Exception):
    """Options that contradict each other."""


def framework(given: str | None, output: str | None) -> str:
    """The backend that `build` means. Raises UsageError where ``-o`` is another's file."""
    suffix = _suffix(output)
    if given is None and suffix in DRAWN:
        raise UsageError(f"`{output}` would be a diagram: archc draw writes those")
    name = given or _FRAMEWORKS.get(suffix, "torch")
    owners = {_FRAMEWORKS.get(suffix), DRAWN.get(suffix), _ALSO.get(suffix)} - {None}
    if name in _OWN and owners and name not in owners:
        raise UsageError(f"--to {name}, and `{output}` is no file of {name}'s")
    return name


def picture(given: str | None, output: str | None) -> str:
    """The suffix of the diagram that `draw` writes, which may be an unknown one.

    Raises UsageError where ``-o`` is the file of another format.
    """
    suffix = _suffix(output)
    if given is None:
        return suffix or ".svg"
    if suffix in PICTURES.values() and suffix != PICTURES[given]:
        raise UsageError(f"--format {given}, and `{output}` is no {PICTURES[given]} file")
    return PICTURES[given]


def check_notation(given: str | None, chosen: str, output: str | None) -> None:
    """Raise UsageError where `convert` would write one notation to the file of another, or of
    something else that archc writes."""
    suffix = _suffix(output)
    if given is not None and SUFFIXES.get(suffix, given) != given:
        raise UsageError(f"--to {given}, and `{output}` is a file of `{SUFFIXES[suffix]}`")
    if chosen not in SUFFIXES.values():
        return  # a plugin's, which may have any suffix
    if suffix in DRAWN:
        raise UsageError(f"`{output}` would be a diagram: archc draw writes those")
    if suffix in _FRAMEWORKS and suffix not in SUFFIXES:
        raise UsageError(f"`{output}` would be a framework's file: archc build writes those")


def _suffix(output: str | None) -> str:
    return "" if output in (None, "-") else Path(str(output)).suffix.lower()
