"""Tests that are texts: headings, specs in fenced blocks, and below each what is expected of it.

A block ``arch`` is a spec; ``arch file=NAME`` one more file for the specs below that heading;
``arch body`` the body of a network with a 32x32x3 input, to keep examples short. The blocks after
it say what is expected; without any the spec must compile. Words after the kind choose a variant
and set parameters: ``table resnet18 classes=10``.

``error``   the diagnostics, as they are shown
``table``   the layers: path, output shape, trainable parameters
``output``  the network's inputs and outputs with their shapes, and its parameters in all
``graph``   the layers: what each reads
``claims``  the verdicts on what the spec claims
``format``  the canonical form
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from archc.audit.check import check
from archc.audit.reports.json import to_json
from archc.diagnostics import Diagnostic, Source, SpecError
from archc.diagnostics.render import render
from archc.dims import to_text
from archc.graph.arithmetic import shape_text
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.language.writer import format
from archc.pipeline import choose, family, read, setting

SPEC = "spec.arch"
_FENCE = re.compile(r"^```(.*)$")
_HEADING = re.compile(r"^#{1,4} (.*)$")


@dataclass
class Block:
    """A fenced block, the ``number``-th: its kind, the words after it, its text and its lines."""

    number: int
    kind: str
    words: list[str]
    text: str
    first: int  # the line after the opening fence, counted from 0
    last: int  # the line of the closing fence


@dataclass
class Case:
    """One spec and what is expected of it. ``files`` are those it may import."""

    path: Path
    name: str
    spec: Block
    files: dict[str, str]
    expected: list[Block] = field(default_factory=list)


def cases(path: Path) -> list[Case]:
    """The tests of a text."""
    found: list[Case] = []
    heading, count, files = path.stem, 0, dict[str, str]()
    for item in items(path):
        if isinstance(item, str):
            heading, count, files = item, 0, {}
        elif item.kind == "arch" and (name := _file_name(item)):
            files = {**files, name: item.text}
        elif item.kind == "arch":
            count += 1
            name = heading if count == 1 else f"{heading} ({count})"
            found.append(Case(path, name, item, files))
        elif item.kind in EXPECTATIONS:
            found[-1].expected.append(item)
    return found


def items(path: Path) -> list[str | Block]:
    """Headings and fenced blocks, in order."""
    found: list[str | Block] = []
    opening: tuple[int, list[str]] | None = None
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence and opening is None:
            opening = (number + 1, fence.group(1).split() or [""])
        elif fence and opening:
            first, (kind, *words) = opening
            text = "".join(f"{inner}\n" for inner in lines[first:number])
            count = sum(isinstance(item, Block) for item in found)
            found.append(Block(count, kind, words, text, first, number))
            opening = None
        elif opening is None and (heading := _HEADING.match(line)):
            found.append(heading.group(1))
    assert opening is None, f"{path}: a block is not closed"
    return found


def _file_name(block: Block) -> str | None:
    names = [word.removeprefix("file=") for word in block.words if word.startswith("file=")]
    return names[0] if names else None


def write_files(case: Case, folder: Path) -> None:
    """The spec and its imports, as files."""
    text = case.spec.text
    if "body" in case.spec.words:
        lines = "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
        text = f"network example {{\n    input image: 32x32x3\n\n{lines}}}\n"
    for name, content in {**case.files, SPEC: text}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


# ---------------------------------------------------------------- what came of it


def networks(words: list[str]) -> list[Network]:
    """The spec's networks: those of the variant and with the settings that the words give."""
    settings = dict(setting(word) for word in words if "=" in word)
    variants = [word for word in words if "=" not in word]
    spec = read(SPEC)
    values = family(spec) if not variants and spec.networks else []
    values += [choose(spec, variant) for variant in variants]
    return [compile_network(value, settings) for value in values]


def outcome(kind: str, words: list[str]) -> str:
    """What a block of this kind should say, by archc as it is. Raises SpecError."""
    return EXPECTATIONS[kind](words)


def _error(words: list[str]) -> str:
    try:
        report = check(networks(words))
    except SpecError as error:
        return _rendered(error.diagnostics)
    return _rendered(report.diagnostics)


def _rendered(diagnostics: tuple[Diagnostic, ...]) -> str:
    return "\n\n".join(render(d) for d in diagnostics)


def _one(words: list[str]) -> Network:
    (network,) = networks(words)
    return network


def _table(words: list[str]) -> str:
    rows = [(n.path, shape_text(n.shape), to_text(n.params)) for n in _one(words).layers]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{a:{widths[0]}}  {b:{widths[1]}}  {c}" for a, b, c in rows)


def _output(words: list[str]) -> str:
    network = _one(words)
    shapes = {n.path: n.shape for n in network.layers} | {i.name: i.shape for i in network.inputs}
    lines = [f"input {i.name}: {shape_text(i.shape)}" for i in network.inputs]
    lines += [f"output {o.name}: {shape_text(shapes[o.path])}" for o in network.outputs]
    return "\n".join([*lines, f"params: {to_text(network.params)}"])


def _graph(words: list[str]) -> str:
    return "\n".join(f"{', '.join(n.inputs)} -> {n.path}" for n in _one(words).layers)


def _claims(words: list[str]) -> str:
    report = check(networks(words))
    assert not report.diagnostics, _rendered(report.diagnostics)
    rows = [
        f'{c["network"]} {c["subject"]} {c["quantity"]} "{c["printed"]}": {c["verdict"]}'
        + (", a known erratum" if c["erratum"] else "")
        for c in to_json(report)["claims"]
    ]
    return "\n".join(rows)


def _format(words: list[str]) -> str:
    return format(Source(SPEC, Path(SPEC).read_text(encoding="utf-8"))).rstrip("\n")


EXPECTATIONS: dict[str, Callable[[list[str]], str]] = {
    "error": _error,
    "table": _table,
    "output": _output,
    "graph": _graph,
    "claims": _claims,
    "format": _format,
}


def update(path: Path, block: Block, text: str) -> None:
    """Write what came of it into the text."""
    lines = path.read_text(encoding="utf-8").split("\n")
    blocks = [item for item in items(path) if isinstance(item, Block)]
    now = blocks[block.number]
    lines[now.first : now.last] = text.split("\n") if text else []
    path.write_text("\n".join(lines), encoding="utf-8")
