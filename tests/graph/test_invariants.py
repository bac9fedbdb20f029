"""The invariants of every network that the zoo and the language's examples compile to."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc import SpecError, zoo
from archc.graph.compile import compile_network
from archc.graph.verify import verify
from archc.pipeline import family, read

EXAMPLES = Path(__file__).parents[1] / "language" / "examples"
SPECS = [*zoo.specs(), *sorted(EXAMPLES.glob("*.arch"))]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_invariants(path: Path) -> None:
    try:
        spec = read(path)
        networks = [compile_network(value) for value in family(spec)]
    except SpecError as error:
        known = [d for d in error.diagnostics if d.code == "unknown-layer"]
        if EXAMPLES in path.parents and known:
            pytest.xfail(f"a layer that is not built yet: {known[0].message}")
        raise
    for network in networks:
        verify(network)
        assert set(network.graph) == {
            *(value.name for value in network.inputs),
            *(layer.path for layer in network.layers),
        }
