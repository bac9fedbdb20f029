"""The zoo's networks, counted by the real tools and by the conventions, layer by layer."""

from __future__ import annotations

from collections.abc import Container, Mapping

import pytest
from counted_networks import load_zoo, zoo
from counting_tools import TOOLS, Said, ask, module_of

from archc.audit.conventions import CONVENTIONS
from archc.audit.conventions.classes import KNOWN
from archc.audit.conventions.convention import Count
from archc.audit.conventions.seen import seen
from archc.graph.network import Network

ZOO = list(zoo())

WITHOUT_DATA = ("torchinfo", "torch", "ptflops_aten", "thop")
"""Tools that run on the meta device. They count every network, at its full size; the others, which
compute, count the smallest of each kind, on smaller images."""


def of_boxes(network: Network) -> bool:
    """Whether it is a detector, whose work depends on what it finds."""
    return any(type(layer.op).family == "detection" for layer in network.layers)


def smallest(spec: str) -> set[str]:
    """Of each network that a spec defines, the variant with the fewest layers."""
    found: dict[str, tuple[int, str]] = {}
    for name, variant in ZOO:
        if name == spec:
            network = load_zoo(spec, variant)
            assert network.definition is not None
            size = len(network.layers), variant
            found[network.definition.name] = min(found.get(network.definition.name, size), size)
    return {variant for _, variant in found.values()}


def counted(network: Network, name: str) -> bool:
    """Whether the convention knows all of a network, and its inputs have sizes."""
    if of_boxes(network):
        return False
    ops = CONVENTIONS[name].ops(network, plain=False)
    assert ops is not None
    if not ops.unknown:
        return all(isinstance(size, int) for one in network.inputs for size in one.shape)
    classes = {one.layer.path: one.name for one in seen(network)}
    strange = [path for path in ops.unknown if classes[path] in KNOWN and not shares(network, path)]
    assert all(classes[path] in FAILING.get(name, ()) for path in strange)
    return False


FAILING = {"fvcore": {"Unpool"}}
"""Classes of which a convention says that the tool fails."""


def shares(network: Network, path: str) -> bool:
    return network.by_path[path].shares is not None


def nearest(path: str, known: Container[str]) -> str | None:
    """The layer that a module belongs to: its own path, or the innermost around it."""
    while path and path not in known:
        path = path.rpartition(".")[0]
    return path or None


def by_layer(numbers: Mapping[str, int], count: Count) -> dict[str, int]:
    """A tool's numbers for modules, by the layers that they belong to; what is left under ""."""
    found = dict.fromkeys(count.by_layer, 0)
    for path, number in numbers.items():
        owner = nearest(path, found) or ""
        found[owner] = found.get(owner, 0) + number
    return found


def assert_same(said: Said, network: Network, name: str) -> None:
    convention = CONVENTIONS[name]
    params, ops = convention.params(network, plain=False), convention.ops(network, plain=False)
    assert ops is not None
    assert said.ops == ops.total, name
    assert said.params == (params.total if params else None), name
    if said.module_ops and not any(layer.shares for layer in network.layers):
        found = by_layer(said.module_ops, ops)
        assert found.pop("", 0) == 0, name
        assert found == dict(ops.by_layer), name
    if said.module_params and params and not any(layer.shares for layer in network.layers):
        ran = {one.layer.path for one in seen(network) if one.runs}
        found = by_layer(said.module_params, params)
        assert {p: found[p] for p in ran} == {p: params.by_layer[p] for p in ran}, name


@pytest.mark.parametrize(("spec", "variant"), ZOO)
def test_networks_count_as_the_tools_count_them(spec: str, variant: str) -> None:
    network = load_zoo(spec, variant)
    names = [name for name in WITHOUT_DATA if counted(network, name)]
    module = module_of(network, "meta") if names else None
    for name in names:
        assert_same(ask(name, network, module=module), network, name)


@pytest.mark.parametrize("spec", sorted({spec for spec, _ in ZOO}))
def test_networks_count_as_tools_that_compute_count_them(spec: str) -> None:
    for variant in sorted(smallest(spec)):
        network = load_zoo(spec, variant, small=True)
        for name in TOOLS.keys() - set(WITHOUT_DATA):
            if counted(network, name):
                assert_same(ask(name, network), network, name)


def test_most_of_the_zoo_is_counted() -> None:
    left_out = [
        variant
        for spec, variant in ZOO
        if not all(counted(load_zoo(spec, variant), name) for name in TOOLS)
    ]
    assert len(left_out) < len(ZOO) / 2
