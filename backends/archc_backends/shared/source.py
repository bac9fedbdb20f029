"""What generated Python says and calls by name, with nothing of a spec's texts left to run."""

from __future__ import annotations

import keyword
import re

from archc.diagnostics import Span
from archc.graph.network import Network


def text(value: str) -> str:
    """Any text as a Python literal of ASCII characters, in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(map(_escape, escaped)) + '"'


def comment(value: str) -> str:
    """Any text as it may stand in a comment or a docstring: one line, no escape, no quote."""
    line = " ".join(value.split())
    safe = "".join(c if c.isprintable() else "?" for c in line)
    return safe.replace("\\", "/").replace('"', "'")


def identifier(text: str, fallback: str = "value") -> str:
    """Any text as an identifier: ``P[3]`` becomes ``P_3``."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    if not name:
        name = fallback
    if name[0].isdigit():
        name = f"{fallback}_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def display(network: Network) -> str:
    """The network's name, after that of its family where it is not in it: ``vgg D``."""
    family = network.definition.name if network.definition else ""
    name = network.name if family.lower() in network.name.lower() else f"{family} {network.name}"
    return comment(name)


def file_name(span: Span) -> str:
    """The name of the file that a span is in, without its folders."""
    return span.source.name.replace("\\", "/").rsplit("/", 1)[-1]


def _escape(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
