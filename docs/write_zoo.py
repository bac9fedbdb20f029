"""Writes docs/zoo.md from the specs: ``python docs/write_zoo.py > docs/zoo.md``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from archc import zoo
from archc.graph.library import SpecFile
from archc.graph.values import NetworkValue
from archc.language import syntax
from archc.pipeline import compile_network, family, read

HEAD = """\
# The zoo

The specs that come with archc, in `specs/`. A network is named as `archc` takes it: `vgg16.arch`, or
`vgg.arch:D` for one of several in a file. Parameters are what training updates; operations are
multiply-accumulates of one image at the size that the spec declares. Where a cell says what is set,
that is all in which the variant differs from its network; `--set` sets the same.

This page is written from the specs by `python docs/write_zoo.py > docs/zoo.md`.

## The documents

The ledgers in `specs/published/` hold what five documents print, slides and lecture notes of
university courses; specs call them by the ledger's number:

| number | what it is |
|---|---|
| 000 | Korean lecture notes: Keras listings of VGG-16, GoogLeNet and ResNet-50, object detection, segmentation |
| 001 | "CNN & Convolution", Korean and English slides: arithmetic of convolutions, Keras examples, LeNet-5 to ResNet |
| 002 | Chinese slides on convolutional networks: AlexNet layer by layer, ZFNet, VGG's memory and parameters (after Stanford's CS231n), Inception, ResNet |
| 003 | "Deep Learning: Introduction", English and Chinese slides: the tables of VGG, GoogLeNet and ResNet |
| 004 | "Image Analysis II" by Radovan Fusek, English and Czech slides: dlib and PyTorch listings of LeNet, AlexNet and VGG |

Their text went through character recognition; what that destroyed stands in the ledgers as
unreadable. `archc check specs/vgg16.arch` holds all that they say of a spec against it.
"""  # noqa: E501 (rows of a Markdown table)


def page() -> str:
    return HEAD + "".join(part for path in zoo.specs() for part in spec_part(read(path)))


def spec_part(spec: SpecFile) -> Iterator[str]:
    """The section of one file: what its head says, and a row for each network."""
    yield f"\n## {spec.stem}.arch\n\n{comment_above(spec.source.text, 0)}\n\n"
    for item in spec.tree.items:
        if isinstance(item, syntax.Network) and item.parameters:
            yield f"`{item.name}` can be set: {parameters(item)}.\n\n"
    yield "| network | source | parameters | operations | what differs |\n|---|---|---:|---:|---|\n"
    sources = variant_sources(spec)
    for value in family(spec):
        network = compile_network(value)
        alone = value.name == spec.stem
        name = f"{spec.stem}.arch" if alone else f"{spec.stem}.arch:{value.name}"
        source = sources.get(value.name, "")
        cells = [f"`{name}`", source, count(network.params), count(network.macs)]
        yield "| " + " | ".join([*cells, difference(spec, value, alone)]) + " |\n"


def parameters(network: syntax.Network) -> str:
    return ", ".join(
        f"`{p.name}`" + (f" (`{p.default.span.text}`)" if p.default is not None else "")
        for p in network.parameters
    )


def count(number: object) -> str:
    """A number, or a formula: of a long one its letters."""
    if isinstance(number, int):
        return f"{number:,}"
    text = str(number).replace("*", "·")
    letters = sorted(set(re.findall(r"\b[A-Z]\b", text)))
    return text if len(text) <= 60 else f"a formula in {', '.join(letters)}"


def variant_sources(spec: SpecFile) -> dict[str, str]:
    """What each variant's table cites."""
    found: dict[str, str] = {}
    for item in spec.tree.items:
        if isinstance(item, syntax.Variants):
            for row in item.rows:
                if isinstance(name := row.cells[0], syntax.Reference):
                    found[name.text] = item.source or ""
    return found


def difference(spec: SpecFile, value: NetworkValue, alone: bool) -> str:
    """A variant's settings; of another network of the file, what the comment above it says."""
    if value.bound:
        cells = (f"{name}={cell.span.text}" for name, (cell, _) in value.bound.items())
        return f"of `{value.definition.name}`: `{', '.join(cells)}`"
    if alone:
        return ""
    text, start = spec.source.text, value.definition.span.start
    above = comment_above(text, start)
    return "" if above == comment_above(text, 0) else above.replace("\n", " ")


def comment_above(text: str, start: int) -> str:
    """The comment that ends on the line before ``start`` (at 0: the one that opens the file)."""
    lines = text[start:].split("\n") if start == 0 else text[:start].split("\n")[-2::-1]
    taken: list[str] = []
    for line in lines:
        if not line.startswith("#"):
            break
        taken.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(taken if start == 0 else reversed(taken)).strip()


if __name__ == "__main__":
    sys.stdout.write(page())
