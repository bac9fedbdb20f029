"""Every network of the zoo as a torch module: its source proved layer by layer, run as its graph
says on real numbers, and one of each spec trained, exported, scripted, compiled and pickled."""

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
from archc.graph.network import Network
from archc_backends.torch import backend

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
sys.path.insert(0, str(HERE.parent / "torch_backend"))

from reference import example, interpret, outputs, scripted  # noqa: E402

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "alexnet": ("alexnet", {"size": 99, "classes": 10}),
    "densenet": ("densenet121", {"size": 64, "depths": (2, 2, 2, 2), "classes": 10}),
    "googlenet": ("googlenet", {"classes": 10}),
    "resnet": ("resnet50", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10}),
    "se_resnet": ("se_resnet50", {"size": 64, "depths": (2, 1, 1, 2), "classes": 10}),
    "vgg": ("A", {"size": 64, "classes": 10}),
    "vgg16": ("vgg16", {"size": 32, "classes": 10}),
    "vgg19": ("vgg19", {"size": 32, "classes": 10}),
    "zfnet": ("zfnet", {"size": 96, "classes": 10}),
}
"""The network of a spec that is put through everything, made small by its own parameters."""

NOT_RUN: dict[tuple[str, str], str] = {}
"""Networks that are proved on the meta device alone, with the reason."""


def names() -> list[tuple[str, str]]:
    return [
        (path.stem, value.name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
    ]


def load(spec: str, variant: str, **settings: Any) -> Network:
    return pipeline.compile_spec(SPECS / f"{spec}.arch", variant, settings or None)


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


@pytest.mark.parametrize(("spec", "variant"), names(), ids=[":".join(n) for n in names()])
def test_every_layer_is_torchs(spec: str, variant: str) -> None:
    network = load(spec, variant)
    line = backend.prove(network, backend.write(network))
    assert f" {len(network.layers):,} layers, shapes and parameters equal" in line


@pytest.mark.parametrize(("spec", "variant"), names(), ids=[":".join(n) for n in names()])
def test_it_runs_as_its_graph_says(spec: str, variant: str) -> None:
    if (spec, variant) in NOT_RUN:
        return
    network = load(spec, variant)
    module = built(network).eval()
    module.training = True  # auxiliary outputs, but no dropout
    inputs = [value[:1] for value in example(network)]
    with torch.no_grad():
        given = outputs(network, getattr(module, "predict", module)(*inputs))
        values = interpret(network, module, inputs)
    for output in network.outputs:
        assert given[output.name].isfinite().all()
        torch.testing.assert_close(given[output.name], values[output.path])


@pytest.fixture(scope="module", params=sorted(path.stem for path in SPECS.glob("*.arch")))
def small(request: pytest.FixtureRequest) -> Network:
    spec = request.param
    variant, settings = SMALL.get(spec, (None, {}))
    found = pipeline.family(pipeline.read(SPECS / f"{spec}.arch"))
    return load(spec, variant or found[0].name, **settings)


def tensors(result: Any) -> list[Tensor]:
    found = result if isinstance(result, tuple) else (result,)
    return [value for value in found if value is not None]


def test_it_trains(small: Network) -> None:
    module = backend.module(small).train()
    results = tensors(module(*example(small)))
    torch.stack([value.square().mean() for value in results]).sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("training", [False, True])
def test_it_scripts_exports_compiles_and_pickles(small: Network, training: bool) -> None:
    module = built(small).eval()
    module.training = training
    inputs = example(small)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = tensors(module(*inputs))
        torch._dynamo.reset()
        for other in (
            scripted(module),
            torch.export.export(module, tuple(inputs)).module(),
            torch.compile(module, fullgraph=True, backend="eager"),
            pickle.loads(pickle.dumps(module)),
        ):
            for value, wanted in zip(tensors(other(*inputs)), expected, strict=True):
                torch.testing.assert_close(value, wanted, atol=1e-4, rtol=1e-4)


def test_states_go_from_one_module_to_another(small: Network) -> None:
    first, second = built(small), backend.module(small)
    assert isinstance(second, nn.Module)
    second.load_state_dict(first.state_dict())
    paths = {layer.path for layer in small.layers}
    assert all(key.rpartition(".")[0] in paths for key in first.state_dict())
