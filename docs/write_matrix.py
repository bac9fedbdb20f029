"""Writes docs/matrix.md from docs/matrix.yaml: ``python docs/write_matrix.py > docs/matrix.md``.

Nothing is said by hand: each form of each layer is written by each backend and notation, and what
is refused says why.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from archc import registry
from archc.diagnostics import SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Layer, Network
from archc.language import syntax
from archc.notations import by_name
from archc.ops.document import layers
from archc.pipeline import compile_text, family, read_text

HERE = Path(__file__).parent
BACKENDS = ("torch", "onnx", "keras", "dlib")
DRAWN = (("graphviz", ".dot"), ("mermaid", ".mmd"), ("tikz", ".tex"))
NOTATIONS = ("arch", "yaml", "dlib", "table")
LISTING = "listings"

HEAD = """\
# Layers, backends and notations

What of each layer the backends write and the notations hold. Each layer is tried in several forms
(`docs/matrix.yaml`): *yes* is all of them, a number so many, – none. The reasons stand below the
table.

A form is held by a notation where it is written and read back to the same layers. `.arch` and
`.yaml` hold every network, with blocks, loops and parameters. Listings of PyTorch and Keras are
read alone: there the lines are counted that are read as the layer. Diagrams (`svg`, `png`, `pdf`,
`dot`, `tikz`, `mermaid`) draw every layer.

This page is written by `python docs/write_matrix.py > docs/matrix.md`, which tries all forms.
"""

TORCH = "import torch.nn as nn\nmodel = nn.Sequential({})\n"
KERAS = (
    "from keras import Input, Sequential, layers\nmodel = Sequential([Input((12, 12, 6)), {}])\n"
)
NOT_READ = "is read back otherwise, as other layers or with other numbers"

Refusal = str | None
"""Why a form is not written; None: it is."""


def page() -> str:
    forms, listings = read_forms()
    tries: dict[str, Callable[[Network], Refusal]] = {
        **{name: partial(written, name) for name in BACKENDS},
        **{f"`.{name}`": partial(held, name) for name in NOTATIONS},
    }
    refusals = {column: Refusals() for column in (*tries, LISTING)}
    rows: list[str] = []
    for layer, texts in forms.items():
        networks = [compiled(text) for text in texts]
        for network in networks:
            draw(network)
        found = {column: [one(network) for network in networks] for column, one in tries.items()}
        lines = listings.get(layer, [])
        found[LISTING] = [listed(line, layer) for line in lines]
        for column, each in found.items():
            refusals[column].add(layer, lines if column == LISTING else texts, each)
        cells = [f"[`{layer}`](layers.md#{layer})", str(len(texts)), *map(cell, found.values())]
        rows.append(f"| {' | '.join(cells)} |\n")
    head = f"\n| layer | forms | {' | '.join(refusals)} |\n|---|---:|{'---|' * len(refusals)}\n"
    return "".join([HEAD, head, *rows, *reasons(refusals)])


def read_forms() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    with (HERE / "matrix.yaml").open(encoding="utf-8") as file:
        read: dict[str, dict[str, list[str]]] = yaml.safe_load(file)
    forms, listings = read["forms"], read["listings"]
    lacking = sorted((set(layers()) ^ set(forms)) | (set(listings) - set(forms)))
    if lacking:
        raise ValueError(f"docs/matrix.yaml and the layers differ in {', '.join(lacking)}")
    return {layer: forms[layer] for layer in layers()}, listings


def compiled(form: str) -> Network:
    body = form if form.startswith("input ") else f"input x: 12x12x3; {form}"
    return compile_text(f"network one {{ {body} }}")


def cell(found: list[Refusal]) -> str:
    held = found.count(None)
    return "–" if not held else "yes" if held == len(found) else str(held)


# ---------------------------------------------------------------- trying


def written(name: str, network: Network) -> Refusal:
    backend: Any = registry.load("archc.backends", name)
    try:
        assert backend.write(network, backend.suffixes[0])
    except SpecError as error:
        return reason(error)
    return None


def held(name: str, network: Network) -> Refusal:
    """Why a notation does not give the network back."""
    notation = by_name(name)
    try:
        if notation.write_networks is not None:
            text = notation.write_networks([network])
        else:
            assert notation.write is not None and network.definition is not None
            span = network.definition.span
            text = notation.write(syntax.File(span, (network.definition,)))
        found = [compile_network(value) for value in family(read_text(text, "one", name))]
    except SpecError as error:
        return reason(error)
    return None if [graph(each) for each in found] == [graph(network)] else NOT_READ


def listed(line: str, layer: str) -> Refusal:
    """Why a line of a listing is not read as the layer."""
    text = (KERAS if line.startswith("layers.") else TORCH).format(line)
    try:
        (network,) = (compile_network(v) for v in family(read_text(text, "one.py", "listing")))
    except SpecError as error:
        return reason(error)
    return None if layer in [each.op.name for each in network.layers] else NOT_READ


def graph(network: Network) -> Any:
    """The layers with what they read, by place, whatever they are called; paddings in numbers."""
    places = {value.name: -1 - n for n, value in enumerate(network.inputs)}
    places |= {layer.path: n for n, layer in enumerate(network.layers)}
    return [
        (padded(layer), layer.shape, [places[path] for path in layer.inputs])
        for layer in network.layers
    ]


def padded(layer: Layer) -> Any:
    """The layer with its arguments, its padding in numbers."""
    op: Any = layer.op
    values = {each.name: getattr(op, each.name) for each in op.arguments()}
    if "pad" in values and hasattr(op, "padding"):
        values["pad"] = op.padding(*layer.input_shapes)
    return op.name, values


def draw(network: Network) -> None:
    for name, suffix in DRAWN:
        backend: Any = registry.load("archc.backends", name)
        assert backend.write(network, suffix)


def reason(error: SpecError) -> str:
    """The message, without what is the form's own."""
    message = error.diagnostics[0].message
    message = re.sub(r"^(the \w+ backend|dlib|`one` [^:]+:) ", "", message)
    return re.sub(r", and (here|this) (are|is) .*| `\w+`$", "", message)


# ---------------------------------------------------------------- saying why


class Refusals:
    """Of a backend or notation: each reason with the layers, and the forms, that it is for."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, layer: str, tried: list[str], found: list[Refusal]) -> None:
        said = {text for text in found if text is not None}
        for text in dict.fromkeys(found):
            if text is None:
                continue
            forms = [f"`{form}`" for form, why in zip(tried, found, strict=True) if why == text]
            whole = len(said) == 1 and len(forms) == len(tried)
            self.found.setdefault(text, []).extend([layer] if whole else forms)


def reasons(refusals: dict[str, Refusals]) -> Iterator[str]:
    for column, each in refusals.items():
        known = refusals["dlib"].found if column == "`.dlib`" else {}
        found = {text: forms for text, forms in each.found.items() if text not in known}
        if found:
            yield f"\n## {column}\n\n"
        for text, forms in found.items():
            yield f"- {text}: {', '.join(forms)}\n"


if __name__ == "__main__":
    sys.stdout.write(page())
