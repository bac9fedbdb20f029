"""The zoo's networks, counted by the real tools and by the conventions, layer by layer."""

from __future__ import annotations

from collections.abc import Container, Mapping

import pytest
import torch
from counted_networks import load_zoo, zoo
from counting_tools import TOOLS, Said, ask, module_of

from archc.audit.conventions import CONVENTIONS
from archc.audit.conventions.convention import Count
from archc.audit.conventions.seen import seen
from archc.dims import Dim, evaluate, symbols_of
from archc.graph.network import Network

ZOO = list(zoo())

WITHOUT_DATA = ("torchinfo", "torch", "ptflops_aten", "thop")
"""Tools that run on the meta device. They count every network, at its full size."""

OF_ALL = ("calflops", "calflops_flops")
"""Tools that compute, and soon enough: they count every network at its full size too. The others,
which trace, count the smallest of each kind, on smaller images."""

_CALFLOPS_FAILS = {"SameConv2d", "ConnectedConv2d", "nn.Upsample"}
FAILING = {"fvcore": {"Unpool"}, **dict.fromkeys(OF_ALL, _CALFLOPS_FAILS)}
"""Classes of which a convention says that the tool fails, with some arguments at least."""

UNCOUNTED = {"fvcore": ["deconvnet", "segnet"], **{name: ["lenet5"] for name in OF_ALL}}
"""The networks that hold such layers."""


def of_boxes(network: Network) -> bool:
    """Whether it is a detector, whose work depends on what it finds."""
    return any(type(layer.op).family == "detection" for layer in network.layers)


DETECTORS = [
    (spec, name)
    for spec, name in ZOO
    if spec in ("fast_rcnn", "faster_rcnn", "mask_rcnn", "ssd", "yolo")
    and name not in ("darknet19", "darknet53")
]
"""By name: to compile the zoo takes longer than to collect all tests."""


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
    """Whether the convention knows all of a network; if not, it is because the tool fails."""
    if of_boxes(network):
        return False
    ops = CONVENTIONS[name].ops(network, plain=False)
    assert ops is not None
    classes = {one.layer.path: one.name for one in seen(network)}
    assert {classes[path] for path in ops.unknown} <= FAILING.get(name, set())
    return not ops.unknown


def nearest(path: str, known: Container[str]) -> str | None:
    """The layer that a module belongs to: its own path, or the innermost around it. A label that is
    a keyword of Python's has an underscore in the module."""
    path = ".".join(part.removesuffix("_") for part in path.split("."))
    while path and path not in known:
        path = path.rpartition(".")[0]
    return path or None


def by_layer(numbers: Mapping[str, int], known: Container[str]) -> dict[str, int]:
    """A tool's numbers for modules, by the layers that they belong to; what is left under ""."""
    found: dict[str, int] = {}
    for path, number in numbers.items():
        owner = nearest(path, known) or ""
        found[owner] = found.get(owner, 0) + number
    return found


def by_module(count: Count, network: Network) -> dict[str, Dim | None]:
    """A convention's numbers by the layers that have modules: the uses of one are added up."""
    found: dict[str, Dim | None] = {}
    for path, number in count.by_layer.items():
        owner = network.by_path[path].shares or path
        before = found.get(owner, 0)
        found[owner] = None if before is None or number is None else before + number
    return found


def assert_same(said: Said, network: Network, name: str) -> None:
    convention = CONVENTIONS[name]
    params, ops = convention.params(network, plain=False), convention.ops(network, plain=False)
    assert ops is not None
    assert said.ops == ops.total, name
    assert said.params == (params.total if params else None), name
    if said.module_ops:
        assert_same_layers(said, network, name)
    if said.module_params and params:
        ran = {one.layer.path for one in seen(network) if one.runs and not one.layer.shares}
        found = by_layer(said.module_params, network.by_path)
        assert {p: found.get(p, 0) for p in ran} == {p: params.by_layer[p] for p in ran}, name


def assert_same_layers(said: Said, network: Network, name: str) -> None:
    """Every layer whose operations a convention knows has as many, and nothing is left over."""
    ops = CONVENTIONS[name].ops(network, plain=False)
    assert ops is not None
    found = by_layer(said.module_ops, network.by_path)
    assert found.pop("", 0) == 0, name
    known = {path: count for path, count in by_module(ops, network).items() if count is not None}
    regions = regions_of(found, known)
    assert {path: found.get(path, 0) for path in known} == {
        path: evaluate(count, regions) for path, count in known.items()
    }, name


def regions_of(found: Mapping[str, int], known: Mapping[str, Dim]) -> dict[str, int]:
    """How many regions a detector found, by the symbol of their number: what the first layer whose
    operations grow with it says."""
    regions: dict[str, int] = {}
    for path, count in known.items():
        for symbol in symbols_of(count):
            regions.setdefault(symbol, found[path] // evaluate(count, {symbol: 1}))
    return regions


@pytest.mark.parametrize(("spec", "variant"), ZOO)
def test_networks_count_as_the_tools_count_them(spec: str, variant: str) -> None:
    network = load_zoo(spec, variant)
    # an LSTM is one operation on a CPU, for which the conventions speak, and many on meta
    meta = "cpu" if any(one.name == "LSTM" for one in seen(network)) else "meta"
    for names, device in ((WITHOUT_DATA, meta), (OF_ALL, "cpu")):
        names = [name for name in names if counted(network, name)]
        module = module_of(network, device) if names else None
        for name in names:
            assert_same(ask(name, network, device, module), network, name)


@pytest.mark.parametrize("spec", sorted({spec for spec, _ in ZOO}))
def test_networks_count_as_tools_that_trace_count_them(spec: str) -> None:
    for variant in sorted(smallest(spec)):
        network = load_zoo(spec, variant, small=True)
        for name in TOOLS.keys() - {*WITHOUT_DATA, *OF_ALL}:
            if counted(network, name):
                assert_same(ask(name, network), network, name)


@pytest.mark.parametrize(("spec", "variant"), DETECTORS)
def test_the_layers_of_detectors_count_as_the_tools_count_them(spec: str, variant: str) -> None:
    """All but those that find boxes. What is found depends on weights, which are initial ones."""
    network = load_zoo(spec, variant, small=True)
    torch.manual_seed(0)
    module = network.torch().eval()
    for name in TOOLS.keys() - {"ptflops_aten"}:  # which says nothing of layers
        said = ask(name, network, "cpu", module)
        assert said.module_ops
        assert_same_layers(said, network, name)


@pytest.mark.parametrize("name", TOOLS)
def test_all_of_the_zoo_is_counted_that_the_tool_can_count(name: str) -> None:
    left_out = {
        pair for pair in ZOO if pair not in DETECTORS and not counted(load_zoo(*pair), name)
    }
    assert sorted({spec for spec, _ in left_out}) == UNCOUNTED.get(name, [])
    assert all(of_boxes(load_zoo(*pair)) for pair in DETECTORS)
