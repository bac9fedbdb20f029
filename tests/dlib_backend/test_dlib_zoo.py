"""The whole zoo: each network is written, and read again as the same graph, or refused with every
reason. The table of both is golden/zoo.txt (--update)."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from archc import zoo
from archc.diagnostics import SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.ops.base import product
from archc.pipeline import choose, family, read, read_text
from archc_backends.dlib import backend

GOLDEN = Path(__file__).parent / "golden" / "zoo.txt"
LEFT_OUT = {"identity", "flatten", "widen"}
"""Layers that dlib's templates stand for without naming them."""


@cache
def networks() -> dict[str, Network]:
    return {
        f"{path.stem}:{value.name}": compile_network(value, {})
        for path in zoo.specs()
        for value in family(read(path))
    }


@cache
def written(name: str) -> tuple[str, str] | list[str]:
    """The header and the bare declarations, or the reasons against."""
    network = networks()[name]
    try:
        return backend.write(network, ".h"), backend.write(network, ".dlib")
    except SpecError as error:
        assert {d.code for d in error.diagnostics} == {"unsupported"}
        assert all(d.span is not None for d in error.diagnostics), "each points at the spec"
        return [d.message for d in error.diagnostics]


def held() -> dict[str, tuple[str, str]]:
    texts = {name: written(name) for name in networks()}
    return {name: text for name, text in texts.items() if isinstance(text, tuple)}


def test_each_network_is_written_or_refused_with_its_reasons(
    request: pytest.FixtureRequest,
) -> None:
    lines = []
    for name in networks():
        text = written(name)
        assert text, name
        lines.append(f"{name}\n" if isinstance(text, tuple) else f"{name}: {'; '.join(text)}\n")
    table = "".join(lines)
    if request.config.getoption("--update"):
        GOLDEN.write_text(table, encoding="utf-8")
    assert table == GOLDEN.read_text(encoding="utf-8"), f"pytest --update writes {GOLDEN} anew"


def test_texts_are_well_formed() -> None:
    for name, texts in held().items():
        for text in texts:
            code = re.sub(r"//.*|->", "", text)
            for opening, closing in ("<>", "()", "{}"):
                assert code.count(opening) == code.count(closing), (name, opening)
            assert text.isascii(), name
            assert max(map(len, text.splitlines())) <= 100, name
            assert not re.search(r"[ \t]+$", text, re.MULTILINE), name
            made = re.findall(r"using (\w+) =", code)
            assert len(made) == len(set(made)), name
            for called in re.findall(r"\btag(\d+)\b", code):
                assert int(called) <= 10 or f"tag{called}" in made, (name, called)


def test_a_deep_network_is_in_parts_that_can_be_read() -> None:
    for name, (header, _) in held().items():
        for body in re.split(r"using \w+ =", header)[1:]:
            declared = body.split(";")[0]
            assert len(re.findall(r"\w<", declared)) <= 100, name


def graph(network: Network) -> str:
    """A digest of what the output is computed by, layer upon layer, but for layers that dlib does
    not name, the softmax that a loss stands for, and the epsilon of normalisations."""
    known = {value.name: "input" for value in network.inputs}
    joined: dict[tuple[str, str], list[str]] = {}
    last = network.outputs[0].path
    for layer in network.layers:
        reads = [known[path] for path in layer.inputs]
        closes = layer.path == last and layer.op.name == "softmax"
        if layer.op.name in LEFT_OUT or closes:
            known[layer.path] = reads[0]
            continue
        if layer.op.name in ("add", "mul"):  # of several values, or two at a time
            terms = sorted(
                term for read in reads for term in joined.get((layer.op.name, read), [read])
            )
            known[layer.path] = sha256(repr((layer.op.name, terms)).encode()).hexdigest()
            joined[layer.op.name, known[layer.path]] = terms
            continue
        exact = layer.op.family in ("activation", "regularization", "reshaping")
        windowed = layer.op.family in ("convolution", "pooling")
        key = (
            layer.op.name,
            layer.op if exact else "",
            layer.op.reach(*layer.input_shapes) if windowed else "",
            product(layer.shape),
            layer.weights,
            layer.cost,
            reads,
        )
        known[layer.path] = sha256(repr(key).encode()).hexdigest()
    return known[last]


def test_what_is_written_is_read_as_the_same_graph() -> None:
    for name, (_, bare) in held().items():
        again = compile_network(choose(read_text(bare, f"{name}.dlib", "dlib")), {})
        original = networks()[name]
        assert again.params == original.params, name
        assert graph(again) == graph(original), name
