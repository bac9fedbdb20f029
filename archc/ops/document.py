"""docs/layers.md, written from the layers themselves: ``python -m archc.ops.document``."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import groupby

from archc.ops.base import Argument, Op, Size
from archc.ops.table import BUILTIN

HEAD = """\
# Layers

Every layer that a spec can call, with its arguments. This page is written from the code by
`python -m archc.ops.document`; change the docstrings there.

Shapes are in the order of the papers, without the batch: `C` a vector, `TxC` a sequence, `HxWxC` a
map, `RxHxWxC` a map for each of R regions. Layers act on the trailing axes. A window is written
`3x3/2`, height × width / stride, the stride 1 where it is left out. An argument marked with its
place (1st, 2nd) may be written bare, in that order; every argument may be written `name=value`; a
flag stands alone. `linear` on any layer drops the layers that a `default` lets follow it.

Weights and costs are counted by kind, and nothing is counted twice. A multiply-accumulate is one
operation. A cost that is unknown never counts as 0: the total is unknown too. A cost is that of one
forward pass of one example outside training, of the formula as written; padding counts as if it
were read.

Padding of windowed layers is one argument, `pad`: `valid` is none; the flag `pad` is half the
window (the holes of a dilation included), rounded down, on every side, as users of Caffe and torch
write it; `pad=p`, `pad=1x3` (height and width) or `pad=[top, bottom, left, right]` is so much; and
`same` is as much as makes the output ⌈in/stride⌉, the odd one at the end, as TensorFlow has it.
"""

TAKES = {
    "count": "integer from 1",
    "integer": "integer from 0",
    "number": "number",
    "numbers": "list of numbers",
    "flag": "true or false",
    "size": "integer, or height x width",
    "shape": "sizes",
    "pad": "padding",
    "choice": "word",
    "table": "list of lists",
    "tensor": "label",
}
FACT = re.compile(
    r"(?:^|(?<=[.)]) |\n)(Shape|Weights|Cost|Weights and cost|Shape, weights and cost): "
)
ORDINALS = ("1st", "2nd", "3rd", "4th")


def layers() -> dict[str, type[Op]]:
    """archc's own layers, by name."""
    found: dict[str, type[Op]] = {}
    for name, target in BUILTIN.items():
        module, _, attribute = target.partition(":")
        found[name] = getattr(import_module(module), attribute)
    return found


def document() -> str:
    """The whole page, in Markdown."""
    known = layers()
    parts = [HEAD, *_index(known)]
    for family, members in groupby(known.items(), lambda item: item[1].family):
        parts.append(f"\n## {family.capitalize()}\n")
        parts.extend(_layer(name, op) for name, op in members)
    return "\n".join(parts).rstrip() + "\n"


def _index(known: dict[str, type[Op]]) -> Iterator[str]:
    for family, members in groupby(known.items(), lambda item: item[1].family):
        yield f"- {family}: {', '.join(f'[`{name}`](#{name})' for name, _ in members)}"


def _layer(name: str, op: type[Op]) -> str:
    arguments = op.arguments()
    lines = [f"### {name}\n", f"`{usage(name, arguments)}`\n", _prose(op), ""]
    least, most = op.inputs
    if (least, most) != (1, 1):
        lines.append(f"Inputs: {least}{' or more' if most is None else f' to {most}'}.\n")
    if arguments:
        lines.append("| argument | takes | default | flags | |")
        lines.append("|---|---|---|---|---|")
        lines.extend(_rows(arguments))
        lines.append("")
    return "\n".join(lines)


def _prose(op: type[Op]) -> str:
    """The docstring, its lines ``Shape:``, ``Weights:``, ``Cost:`` a list."""
    text = inspect.getdoc(op) or ""
    prose, *facts = FACT.split(text.replace("``", "`"))
    listed = [
        f"- **{title}**: {fact.strip()}".replace("\n", "\n  ")
        for title, fact in zip(facts[::2], facts[1::2], strict=True)
    ]
    return "\n\n".join([prose.strip(), "\n".join(listed)])


def usage(name: str, arguments: Iterable[Argument]) -> str:
    """The layer as a spec writes it, with its bare arguments in capitals: ``conv KxK/S WIDTH``."""
    words = [name]
    stride = any(argument.window == "stride" for argument in arguments)
    for argument in arguments:
        if argument.positional:
            word = argument.name.upper()
        elif argument.window == "kernel":
            word = "HxW/STRIDE" if stride else "HxW"
        else:
            continue
        words.append(word if argument.required else f"[{word}]")
    return " ".join(words)


def _rows(arguments: Iterable[Argument]) -> Iterator[str]:
    place = 0
    for argument in arguments:
        name = f"`{argument.name}`"
        if argument.positional:
            name += f" ({ORDINALS[place]})"
            place += 1
        elif argument.window:
            name += " (window)"
        takes = TAKES[argument.kind]
        if argument.choices:
            takes = " or ".join(f"`{choice}`" for choice in argument.choices)
        flags = ", ".join(f"`{word}`" for word in argument.words)
        yield f"| {name} | {takes} | {_default(argument)} | {flags} | {argument.doc} |"


def _default(argument: Argument) -> str:
    default = argument.default
    if argument.required:
        return "required"
    for word, value in argument.words.items():
        if value == default and argument.kind in ("pad", "choice"):
            return f"`{word}`"
    if default is None:
        return ""
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    if argument.kind == "size":
        return f"`{Size(default)}`"
    if argument.kind == "numbers":
        return f"`[{', '.join(f'{number:g}' for number in default)}]`"
    return f"`{default}`"


if __name__ == "__main__":
    sys.stdout.write(document())
