"""Every kind of layer, counted by the real tools and by the conventions that speak for them."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from counted_networks import load_small, small
from counting_tools import DISTRIBUTIONS, STEPS, TOOLS, ask, quiet, symbols
from packaging.version import Version

from archc.audit.conventions import CONVENTIONS
from archc.audit.conventions.convention import Count
from archc.dims import Dim, evaluate
from archc.graph.network import Network

_CALFLOPS_FAILS = {
    f"{input}: {line}"
    for input in ("map", "regions")
    for line in ("conv 3x3/2 4 connections=[[0,1],[1],[2,3],[0]]", "upsample 2x3")
}
FAILS = {
    **dict.fromkeys(("calflops", "calflops_flops"), _CALFLOPS_FAILS),
    "fvcore": {"whole: unpooling", "whole: unpooling like"},
}
"""What a tool cannot count: its convention says unknown."""


def number(count: Count | None, network: Network) -> int | None:
    if count is None or count.total is None:
        return None
    total: Dim = count.total
    return evaluate(total, dict.fromkeys(symbols(network), STEPS))


@pytest.mark.parametrize("name", sorted({*DISTRIBUTIONS.values()} - {"torch"}))
def test_the_tools_are_those_that_the_conventions_name(name: str) -> None:
    with quiet():
        pytest.importorskip(name)
    assert CONVENTIONS[name].title.split(",")[0] == f"{name} {Version(version(name))}"


@pytest.mark.parametrize("case", small())
def test_layers_count_as_the_tools_count_them(case: str, tmp_path: Path) -> None:
    network = load_small(case, tmp_path)
    for name in TOOLS:
        convention = CONVENTIONS[name]
        params, ops = convention.params(network, plain=False), convention.ops(network, plain=False)
        assert ops is not None
        if case in FAILS.get(name, ()):
            assert ops.total is None
            with pytest.raises(TypeError):
                ask(name, network, "cpu")
            continue
        said = ask(name, network, "cpu")
        assert (name, number(params, network), number(ops, network)) == (
            name,
            said.params,
            said.ops,
        )
        assert not ops.unknown
