"""Generated modules run as the graph says, train, export, script, compile and pickle."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from typing import Any

import pytest
import torch
from networks import NETWORKS
from reference import compiled, example, interpret, live, outputs, scripted
from torch import Tensor

from archc.graph.network import Network
from archc.ops.activation import Softmax
from archc_backends.torch import backend
from archc_backends.torch.names import module_path


@pytest.fixture(params=list(NETWORKS))
def network(request: pytest.FixtureRequest) -> Network:
    return compiled(NETWORKS[request.param], request.param)


def tensors(result: Any) -> list[Tensor]:
    found = result if isinstance(result, tuple) else (result,)
    return [value for value in found if value is not None]


def same(a: Any, b: Any) -> None:
    """One result is another's, missing outputs too."""
    assert type(a) is type(b) or (isinstance(a, tuple) and isinstance(b, tuple))
    if isinstance(a, tuple):
        assert [value is None for value in a] == [value is None for value in b]
    for first, second in zip(tensors(a), tensors(b), strict=True):
        torch.testing.assert_close(first, second)


def whole(module: Any) -> Any:
    """Outside training, but with the auxiliary outputs of training."""
    module.eval()
    module.training = True
    return module


def test_it_runs_as_the_graph_says(network: Network) -> None:
    module = whole(live(network))
    inputs = example(network)
    with torch.no_grad():
        values = interpret(network, module, inputs)
        probabilities = outputs(network, getattr(module, "predict", module)(*inputs))
        logits = outputs(network, module(*inputs))
    for output in network.outputs:
        torch.testing.assert_close(probabilities[output.name], values[output.path])
        layer = network.by_path[output.path]
        before = layer.inputs[0] if isinstance(layer.op, Softmax) else output.path
        torch.testing.assert_close(logits[output.name], values[before])


def test_every_layer_is_a_submodule_at_its_path(network: Network) -> None:
    module = live(network)
    paths = dict(module.named_modules())
    for layer in network.layers:
        assert module_path(layer.path) == layer.path
        if layer.shares is None:
            assert layer.path in paths
            weights = [k for k in module.state_dict() if k.rpartition(".")[0] == layer.path]
            assert bool(weights) == bool(layer.weights.trainable), layer.path
        else:
            assert layer.path not in paths
    assert sum(p.numel() for p in module.parameters()) == network.params


def test_training_reaches_every_parameter(network: Network) -> None:
    reached: set[str] = set()
    for seed in range(12):  # a ReLU that never opens is bad luck, and not the wiring
        torch.manual_seed(seed)
        module = live(network).train()
        results = tensors(module(*example(network, seed)))
        torch.stack([value.square().mean() for value in results]).sum().backward()
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None, name
            if parameter.grad.abs().sum() > 0:
                reached.add(name)
        if len(reached) == len(list(module.parameters())):
            return
    assert {name for name, _ in module.named_parameters()} <= reached


@pytest.mark.parametrize("training", [False, True])
def test_script_export_and_copies_give_the_same(network: Network, training: bool) -> None:
    module = live(network).eval()
    module.training = training  # dropout stays out of it
    inputs = example(network)
    with torch.no_grad():
        expected = module(*inputs)
        script = scripted(module)
        same(script(*inputs), expected)
        if hasattr(module, "predict"):
            same(script.predict(*inputs), module.predict(*inputs))
        exported = torch.export.export(module, tuple(inputs)).module()
        same(exported(*inputs), expected)
        same(pickle.loads(pickle.dumps(module))(*inputs), expected)
        same(copy.deepcopy(module)(*inputs), expected)
        stream = io.BytesIO()
        torch.save(module.state_dict(), stream)
        stream.seek(0)
        other = live(network).eval()
        other.training = training
        other.load_state_dict(torch.load(stream))
        same(other(*inputs), expected)


@pytest.mark.parametrize("name", ["inception_net", "pyramid", "shared"])
@pytest.mark.parametrize("training", [False, True])
def test_compiled_whole(name: str, training: bool) -> None:
    torch._dynamo.reset()
    network = compiled(NETWORKS[name], name)
    module = live(network).train(training)
    inputs = example(network)
    fast = torch.compile(module, fullgraph=True, backend="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        result = fast(*inputs)
    assert isinstance(result, tuple)
    if not training:
        same(result, module(*inputs))


def test_auxiliary_outputs_are_for_training() -> None:
    network = compiled(NETWORKS["inception_net"], "inception_net")
    module = live(network)
    trained = module(*example(network))
    assert trained._fields == ("output", "aux")
    assert trained.aux.shape == (2, 10)
    assert module.eval()(*example(network)).aux is None
    assert type(trained) is type(module(*example(network)))
    predicted = whole(module).predict(*example(network))
    for value in predicted:
        torch.testing.assert_close(value.sum(1), torch.ones(2))


def test_outputs_that_are_all_written_are_none_of_them_auxiliary() -> None:
    network = compiled(NETWORKS["detector"], "detector")
    result = live(network).eval()(*example(network))
    assert result._fields == ("large", "small")
    assert all(value is not None for value in result)


def test_shared_weights_are_one_set() -> None:
    network = compiled(NETWORKS["shared"], "shared")
    module = live(network)
    left, right = example(network)
    result = module(left, right)
    swapped = module(right, left)
    torch.testing.assert_close(result.scores_1, swapped.scores_2)
    torch.testing.assert_close(result.deltas_2, swapped.deltas_1)
    names = [name for name, _ in module.named_parameters()]
    assert all(name.startswith(("l.", "first.")) for name in names)


def test_the_live_module_is_the_source_executed() -> None:
    network = compiled(NETWORKS["chains"], "chains")
    import inspect

    module = live(network)
    source = inspect.getsource(type(module))
    assert source.strip() in backend.write(network)
    assert type(live(network)) is type(module)


def test_a_module_runs_at_any_size_that_its_spec_allows() -> None:
    network = compiled(NETWORKS["pyramid"], "pyramid")
    module = live(network).eval()
    for height, width in ((4, 8), (20, 12), (64, 36)):
        result = module(torch.zeros(1, 3, height, width))
        assert result.heat.shape == (1, 2, height, width)
