"""Every network of the zoo as a torch module: its source proved layer by layer, run as its graph
says on real numbers, trained and exported; and some of each spec scripted, compiled and pickled."""

from __future__ import annotations

import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archc import pipeline
from archc.dims import symbols_of
from archc.graph.network import Network
from archc.ops.recurrent import Embed, Recurrent
from archc_backends.torch import backend
from archc_backends.torch.names import module_path
from archc_backends.torch.proof import torch_shape

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
sys.path.insert(0, str(HERE.parent / "torch_backend"))

from reference import example, interpret, outputs, scripted  # noqa: E402
from zoo_settings import COUNTED, SIZES, SMALLEST, SYSTEMS  # noqa: E402

SMALL: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "alexnet": [("alexnet", {"size": 99, "classes": 10})],
    "bn_inception": [
        ("bn_inception", {"size": 64, "classes": 10}),
        ("inception_v2", {"size": 64, "classes": 10}),
    ],
    "cam": [
        ("googlenet_cam", {"size": 64, "classes": 10}),
        ("vgg16_cam", {"size": 48, "classes": 10}),
        ("alexnet_cam", {"size": 99, "classes": 10}),
    ],
    "cats_and_dogs": [("cats_and_dogs_small_2", {"size": 62})],
    "densenet": [
        ("densenet121", {"size": 64, "depths": (2, 2, 2, 2), "classes": 10}),
        ("densenet_bc100", {"size": 16, "depth": 2}),
    ],
    "googlenet": [("googlenet", {"classes": 10})],
    "inception_resnet": [
        ("inception_resnet_v1_embedding", {"size": 107, "classes": 10}),
        ("inception_resnet_v2_figures", {"size": 107, "classes": 10}),
    ],
    "inception_v3": [("inception_v3", {"classes": 10})],
    "inception_v4": [("inception_v4", {"size": 107, "classes": 10})],
    "mlp": [("linear_mnist", {}), ("mlp_2_2_2", {})],
    "nin": [("nin", {"size": 96, "classes": 10}), ("nin_cifar", {})],
    "preact_resnet": [("resnet200", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10})],
    "prelu_net": [("prelu_net_a", {"size": 64, "depth": 1, "classes": 10})],
    "resnet": [
        ("resnet50", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10}),
        ("resnet34_all_projections", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10}),
    ],
    "resnet_cifar": [
        ("plain20", {"n": 1, "size": 16}),
        ("resnet20", {"n": 2, "size": 16}),
        ("resnet20_projection", {"n": 2, "size": 16}),
        ("resnet110_bn_after", {"n": 2, "size": 16}),
        ("resnet110_relu_before", {"n": 2, "size": 16}),
        ("resnet164_relu_only", {"n": 2, "size": 16}),
        ("resnet164_full", {"n": 2, "size": 16}),
    ],
    "resnext": [("resnext50_32x4d", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10})],
    "se_resnet": [("se_resnet50", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10})],
    "senet": [("senet154", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10})],
    "stn": [("stn", {"size": 32}), ("stn_mnist", {})],
    "vgg": [("A", {"size": 64, "classes": 10})],
    "vgg16": [("vgg16", {"size": 32, "classes": 10})],
    "vgg19": [("vgg19", {"size": 32, "classes": 10})],
    "xception": [("xception", {"size": 75, "classes": 10})],
    "zfnet": [("zfnet", {"size": 96, "classes": 10})],
    **SYSTEMS,
}
"""Networks that are scripted, compiled and pickled, made small by their own parameters."""


def names() -> list[tuple[str, str]]:
    return [
        (path.stem, value.name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
    ]


def load(spec: str, variant: str, **settings: Any) -> Network:
    return pipeline.compile_spec(SPECS / f"{spec}.arch", variant, settings or None)


def drawn(network: Network) -> list[Tensor]:
    """Random inputs: values, but words where an embedding reads them, and boxes of 32 pixels."""
    found = example(network)
    readers = {path: layer.op for layer in network.layers for path in layer.inputs}
    for number, value in enumerate(network.inputs):
        reader = readers[value.name]
        if isinstance(reader, Embed):
            found[number] = torch.randint(reader.vocabulary, found[number].shape)
        elif value.name == "rois":
            corners = torch.rand(*found[number].shape[:2], 2) * 16
            found[number] = torch.cat([corners, corners + 4 + corners.flip(1)], 2)
    return found


def counted(network: Network) -> bool:
    """Whether the values decide how many there are, which torch.export does not follow."""
    return any(layer.op.name in COUNTED for layer in network.layers)


def built(network: Network) -> Any:
    """The module with quickly drawn weights: drawing them as a paper says takes longer than running
    the network."""
    torch.manual_seed(0)
    with torch.device("meta"):
        module = backend.module(network)
    module = module.to_empty(device="cpu")
    with torch.no_grad():
        for value in module.parameters():
            value.uniform_(-1, 1).mul_(2.4 * (max(value.dim(), 2) * value[0].numel()) ** -0.5)
        for name, value in module.named_buffers():
            value.fill_(0 if name.endswith(("mean", "tracked")) else 1)
    return module


def tensors(result: Any) -> list[Tensor]:
    found = result if isinstance(result, tuple) else (result,)
    return [value for value in found if value is not None]


@pytest.mark.parametrize(("spec", "variant"), names(), ids=[":".join(n) for n in names()])
def test_every_layer_is_torchs(spec: str, variant: str) -> None:
    network = load(spec, variant)
    line = backend.prove(network, backend.write(network))
    assert f" {len(network.layers):,} layers, shapes and parameters equal" in line


@pytest.mark.parametrize(("spec", "variant"), names(), ids=[":".join(n) for n in names()])
def test_it_runs_as_its_graph_says(spec: str, variant: str) -> None:
    """At the size that it declares; one module at two sizes where it declares letters."""
    sizes: tuple[dict[str, Any], ...] = SIZES.get((spec, variant), ({},))
    network = load(spec, variant, **{k: v for k, v in sizes[0].items() if k == "P"})
    module = built(network).eval()
    module.training = True  # auxiliary outputs, but no dropout
    for at in sizes:
        bound = load(spec, variant, **at)
        inputs = [value[:1] for value in drawn(bound)]
        with torch.no_grad():
            given = outputs(network, getattr(module, "predict", module)(*inputs))
            values = interpret(network, module, inputs)
        for output in network.outputs:
            assert given[output.name].isfinite().all()
            torch.testing.assert_close(given[output.name], values[output.path])
        for layer in bound.layers:
            if not any(symbols_of(size) for size in layer.shape):
                assert values[layer.path].shape[1:] == torch_shape(layer.shape, {})[1:], layer.path


def test_every_network_with_letters_runs_at_two_sizes() -> None:
    open_ = {
        (spec, variant)
        for spec, variant in names()
        for value in load(spec, variant).inputs
        if any(symbols_of(size) for size in value.shape)
    }
    assert open_ == set(SIZES)


@pytest.fixture(scope="module", params=names(), ids=[":".join(name) for name in names()])
def whole(request: pytest.FixtureRequest) -> tuple[Network, Any]:
    """Each network with all its layers, on small images."""
    spec, variant = request.param
    at = SMALLEST.get(f"{spec}:{variant}", SMALLEST.get(spec, {}))
    network = load(spec, variant, **at, **SIZES.get((spec, variant), ({},))[0])
    return network, built(network)


def test_it_trains(whole: tuple[Network, Any]) -> None:
    network, module = whole
    results = tensors(module.train()(*drawn(network)))
    torch.stack([value.square().mean() for value in results if value.numel()]).sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        parameter.grad = None


def test_it_exports(whole: tuple[Network, Any]) -> None:
    network, module = whole
    if counted(network):
        return
    inputs = drawn(network)
    with torch.no_grad():
        expected = tensors(module.eval()(*inputs))
        exported = torch.export.export(module, tuple(inputs)).module()
        for value, wanted in zip(tensors(exported(*inputs)), expected, strict=True):
            torch.testing.assert_close(value, wanted, atol=1e-4, rtol=1e-4)


def smalls() -> list[tuple[str, str, dict[str, Any]]]:
    """Of each spec the networks above, or else its first as it is."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for path in sorted(SPECS.glob("*.arch")):
        first = pipeline.family(pipeline.read(path))[0].name
        found += [(path.stem, *chosen) for chosen in SMALL.get(path.stem, [(first, {})])]
    return found


@pytest.fixture(scope="module", params=smalls(), ids=lambda item: f"{item[0]}:{item[1]}")
def small(request: pytest.FixtureRequest) -> Network:
    spec, variant, settings = request.param
    return load(spec, variant, **settings)


@pytest.mark.parametrize("training", [False, True])
def test_it_scripts_exports_compiles_and_pickles(small: Network, training: bool) -> None:
    module = built(small).eval()
    module.training = training
    inputs = drawn(small)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = tensors(module(*inputs))
        others = [pickle.loads(pickle.dumps(module)), scripted(module)]
        if not counted(small):
            torch._dynamo.reset()
            if training:  # `test_it_exports` has the other
                others.append(torch.export.export(module, tuple(inputs)).module())
            if not any(isinstance(layer.op, Recurrent) for layer in small.layers):
                # torch.compile refuses torch's own LSTM
                others.append(torch.compile(module, fullgraph=True, backend="eager"))
        for other in others:
            for value, wanted in zip(tensors(other(*inputs)), expected, strict=True):
                torch.testing.assert_close(value, wanted, atol=1e-4, rtol=1e-4)


def test_states_go_from_one_module_to_another(small: Network) -> None:
    first, second = built(small), backend.module(small)
    assert isinstance(second, nn.Module)
    second.load_state_dict(first.state_dict())
    paths = {module_path(layer.path) for layer in small.layers}
    assert all(key.rpartition(".")[0] in paths for key in first.state_dict())
