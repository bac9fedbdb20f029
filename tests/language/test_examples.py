"""The example specs compile, and their canonical form compiles to the same networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.diagnostics import Source
from archc.dims import Dim
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.language.writer import format
from archc.ops.base import Shape
from archc.pipeline import family, read

EXAMPLES = Path(__file__).parent / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.arch"))

# Trainable parameters, as the literature and torchvision count them.
KNOWN = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "densenet121": 7_978_856,
    "se_resnet50": 28_088_024,
    "D": 138_357_544,
    "E": 143_667_240,
    "lenet5": 60_000,
}


def networks(path: Path) -> dict[str, Network]:
    spec = read(path)
    return {value.name: compile_network(value, {}) for value in family(spec)}


@pytest.fixture(scope="module")
def formatted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the canonical forms of all examples."""
    folder = tmp_path_factory.mktemp("formatted")
    for path in EXAMPLES.glob("*.arch"):
        source = Source(path.name, path.read_text(encoding="utf-8"))
        (folder / path.name).write_text(format(source), encoding="utf-8")
    return folder


def outline(network: Network) -> list[tuple[str, tuple[str, ...], Shape, Dim]]:
    return [(n.path, n.inputs, n.shape, n.params) for n in network.layers]


@pytest.mark.parametrize("name", NAMES)
def test_examples_compile_and_their_canonical_forms_to_the_same(name: str, formatted: Path) -> None:
    found = networks(EXAMPLES / f"{name}.arch")
    again = networks(formatted / f"{name}.arch")
    assert found and found.keys() == again.keys()
    for key, network in found.items():
        assert network.layers
        assert outline(network) == outline(again[key])
        if key in KNOWN:
            assert network.params == KNOWN[key]


def test_the_known_networks_are_all_there() -> None:
    names = [value.name for name in NAMES for value in family(read(EXAMPLES / f"{name}.arch"))]
    assert set(KNOWN) <= set(names)
