"""The proof finds whatever differs between a generated module and inference."""

from __future__ import annotations

import pytest
from networks import CHAINS, NETWORKS, PYRAMID
from reference import compiled

from archc.diagnostics import SpecError
from archc_backends.torch import backend, proof


def broken(name: str, *replacements: tuple[str, str]) -> str:
    """What is said of a network's source with an error put in."""
    network = compiled(NETWORKS[name], name)
    source = backend.write(network)
    for old, new in replacements:
        assert old in source, f"{old} is not in\n{source}"
        source = source.replace(old, new, 1)
    with pytest.raises(SpecError) as caught:
        backend.prove(network, source)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None and "this is a fault of archc" in diagnostic.notes
    return diagnostic.message


@pytest.mark.parametrize("name", list(NETWORKS))
def test_what_is_written_is_proved(name: str) -> None:
    network = compiled(NETWORKS[name], name)
    line = backend.prove(network, backend.write(network))
    assert line.startswith("proved on torch ")
    assert f": {len(network.layers)} layers, shapes and parameters equal (meta device" in line
    assert "\n" not in line


def test_symbolic_sizes_get_numbers_that_fit() -> None:
    network = compiled(PYRAMID, "pyramid")
    assert "H = 224, W = 256" in backend.prove(network, backend.write(network))
    odd = compiled("network n { input x: HxWx3 where H % 7 == 3; conv 3x3 4 }")
    sizes = proof.bind(odd)
    assert sizes["H"] % 7 == 3


def test_a_shape_that_differs() -> None:
    message = broken(
        "chains", ("fc7 = chain(fc=nn.Linear(20, 10)", "fc7 = chain(fc=nn.Linear(20, 9)")
    )
    assert "at `fc7.fc`, torch has 189 parameters, and archc expects 210" in message
    message = broken("chains", ('"2": nn.MaxPool2d(2)', '"2": nn.MaxPool2d(3)'))
    assert "at `pool.2`, torch gives 16 x 5 x 5, and archc expects 16 x 8 x 8" in message


def test_values_that_are_not_trained_are_compared_too() -> None:
    message = broken("residual", ("bn=nn.BatchNorm2d(8)", "bn=nn.GroupNorm(1, 8)"))
    assert "torch has 0 values not trained, and archc expects 16" in message


def test_a_layer_that_is_left_out_or_called_twice() -> None:
    message = broken("chains", ('x = self.pool["1"](x)', "x = nn.functional.max_pool2d(x, 2)"))
    assert "at `pool.1`, it is never called" in message
    message = broken(
        "detector", ("large = self.large(stage)", "large = self.large(self.stage(image))")
    )
    assert "at `stage.conv`, it is called 2 times" in message


def test_a_layer_that_reads_something_else() -> None:
    message = broken("pyramid", ("edge = self.edge(top)", "edge = self.edge(heat)"))
    assert "at `edge.conv`" in message
    message = broken("shared", ("self.first(relu)", "self.first(relu2)"))
    assert "does not read what `l.relu` gives" in message


def test_a_submodule_that_is_missing() -> None:
    message = broken("chains", ("dropout=nn.Dropout(0.5)", "drop=nn.Dropout(0.5)"))
    assert "at `fc6.dropout`, there is no submodule `fc6.dropout`" in message


def test_a_forward_that_fails_says_where() -> None:
    message = broken(
        "chains", ("fc7 = chain(fc=nn.Linear(20, 10)", "fc7 = chain(fc=nn.Linear(10, 20)")
    )
    assert "at `fc7.fc`" in message


def test_large_networks_are_proved_by_their_different_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proof, "MOST_LAYERS", 10)
    network = compiled(CHAINS, "chains")
    line = backend.prove(network, backend.write(network))
    assert f" different layers of {len(network.layers)}, each on its own, " in line
    small = compiled(NETWORKS["pyramid"], "pyramid")
    assert "each on its own" in backend.prove(small, backend.write(small))
