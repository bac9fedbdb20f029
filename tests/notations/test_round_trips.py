"""Every spec of the zoo through every notation that can hold it gives the same graph.

dlib's templates have their own tests in tests/notations/dlib; listings are read and not written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from graphs import graph

from archc import zoo
from archc.diagnostics import SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.notations import by_name
from archc.pipeline import family, read, read_text

PATHS = {path.stem: path for path in zoo.specs()}


def compiled(text: str, notation: str) -> dict[str, Network]:
    spec = read_text(text, f"spec.{notation}", notation)
    return {value.name: compile_network(value) for value in family(spec)}


@pytest.mark.parametrize("stem", PATHS)
def test_the_zoo_round_trips(stem: str) -> None:
    spec = read(PATHS[stem])
    networks = {value.name: compile_network(value) for value in family(spec)}
    for name in ("arch", "yaml"):
        notation = by_name(name)
        assert notation.write is not None
        found = compiled(notation.write(spec.tree), name)
        assert list(found) == list(networks)
        for each, network in networks.items():
            assert graph(found[each]) == graph(network)
            assert [layer.path for layer in found[each].layers] == [
                layer.path for layer in network.layers
            ]
    held = [name for name, network in networks.items() if as_table(network)]
    assert held == TABLES.get(stem, [])


TABLES = {
    "vgg": ["vgg_small", "A", "A_LRN", "B", "C", "D", "E", "vgg_dlib", "vgg_pytorch"],
    "googlenet": ["unreduced_3a", "unreduced_4a"],  # a convolution and its ReLU
    "vgg16": ["vgg16"],
    "vgg19": ["vgg19"],
}
"""The networks of the zoo that are tables of configurations."""


def as_table(network: Network) -> bool:
    """Whether a table holds the network; what it holds is the network's graph."""
    write = by_name("table").write_networks
    assert write is not None
    try:
        text = write([network])
    except SpecError as error:
        assert {d.code for d in error.diagnostics} == {"unsupported"}
        assert all(d.span is not None for d in error.diagnostics)
        return False
    (found,) = compiled(text, "table").values()
    assert graph(found, measured=True) == graph(network, measured=True)
    return True
