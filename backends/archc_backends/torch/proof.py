"""The generated module held against inference, layer by layer, on torch's meta device."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, cast

from archc.diagnostics import Diagnostic, SpecError
from archc.dims import evaluate
from archc.graph.network import Layer, Network
from archc.ops.base import Shape
from archc_backends.shared.sizes import bind, numbers
from archc_backends.torch import indices
from archc_backends.torch.counts import count, without_data
from archc_backends.torch.live import load_source, network_class
from archc_backends.torch.names import module_path
from archc_backends.torch.spell import spell
from archc_backends.torch.spelling import render
from archc_backends.torch.table import joins

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST_LAYERS = 5_000
"""A larger network is proved by one of each of its different layers, on their own."""

BATCH = 2


def prove(network: Network, source: str) -> str:
    """Compare every layer's output shape and parameters with inference.

    Returns what was proved in one line. Raises SpecError naming the first layer that differs.
    """
    module = load_source(source, network.name)
    import torch

    bindings = bind(network)
    if len(network.layers) > MOST_LAYERS:
        with without_data(vars(module)):
            different = _prove_apart(network, vars(module), bindings)
        what = f"{different} different layers of {len(network.layers):,}, each on its own"
    else:
        with torch.device("meta"):
            model = network_class(module)()
        with without_data(vars(module)):
            _prove_whole(network, model, bindings)
        what = f"{len(network.layers):,} layers"
    sizes = ", ".join(f"{name} = {value}" for name, value in bindings.items())
    where = f"meta device, {sizes}" if sizes else "meta device"
    return f"proved on torch {_version()}: {what}, shapes and parameters equal ({where})"


def _version() -> str:
    import torch

    return str(torch.__version__).split("+")[0]


def torch_shape(shape: Shape, bindings: Mapping[str, int]) -> tuple[int, ...]:
    """The shape as torch has it: the batch first, then regions, channels, height and width."""
    sizes = numbers(shape, bindings)
    if len(sizes) >= 3:
        sizes = (*sizes[:-3], sizes[-1], *sizes[-3:-1])
    return (BATCH, *sizes)


def _prove_whole(network: Network, model: nn.Module, bindings: dict[str, int]) -> None:
    import torch

    watch = _Watch(network, bindings)
    watch.register(model)
    # Auxiliary outputs are computed in training; layers that act otherwise in training need not.
    model.eval()
    model.training = True
    inputs = [
        torch.zeros(torch_shape(value.shape, bindings), device="meta") for value in network.inputs
    ]
    watch.values.update(zip((value.name for value in network.inputs), inputs, strict=True))
    run: Any = getattr(model, "predict", model)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(*inputs)
    except SpecError:
        raise
    except Exception as error:
        _differs(watch.current, f"torch says: {error}")
    watch.finish()


class _Watch:
    """Sees every layer's module called, and compares what it reads and gives."""

    def __init__(self, network: Network, bindings: dict[str, int]) -> None:
        self.bindings = bindings
        self.uses: dict[str, list[Layer]] = {}  # by the path of the module that has the weights
        for layer in network.layers:
            self.uses.setdefault(module_path(layer.shares or layer.path), []).append(layer)
        self.called = dict.fromkeys(self.uses, 0)
        self.values: dict[str, Tensor] = {}
        self.current = network.layers[0]

    def register(self, model: nn.Module) -> None:
        modules = dict(cast("Iterable[tuple[str, nn.Module]]", model.named_modules()))
        for path, layers in self.uses.items():
            module = modules.get(path)
            if module is None:
                _differs(layers[0], f"there is no submodule `{path}`")
            _compare_weights(layers[0], module, self.bindings)
            module.register_forward_pre_hook(partial(self._begin, path))
            module.register_forward_hook(partial(self._end, path))

    def _begin(self, path: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        index = self.called[path]
        if index >= len(self.uses[path]):
            _differs(self.uses[path][0], f"it is called {index + 1} times")
        layer = self.current = self.uses[path][index]
        if type(layer.op) in joins:
            return  # what arrives is for its branches
        for source, value in zip(indices.read(layer), inputs, strict=True):
            if self.values.get(source, value) is not value:
                _differs(layer, f"it does not read what `{source}` gives")

    def _end(self, path: str, _: nn.Module, __: Any, output: Any) -> None:
        layer = self.uses[path][self.called[path]]
        self.called[path] += 1
        given: list[Tensor] = [*output] if type(output) is tuple else [output]
        for tail, value in zip(("", indices.SUFFIX), given, strict=False):  # of a max pooling
            self.values[layer.path + tail] = value
        _compare_shape(layer, tuple(given[0].shape), self.bindings)

    def finish(self) -> None:
        """Every layer has been seen; a merge that has no call of its own cannot be."""
        for path, calls in self.called.items():
            layers = self.uses[path]
            if calls < len(layers) and type(layers[0].op) not in joins:
                _differs(layers[calls], "it is never called")


def _prove_apart(network: Network, namespace: Mapping[str, Any], bindings: dict[str, int]) -> int:
    """Make one of each different layer; those that merge have no module of their own to make."""
    import torch

    first: dict[Any, Layer] = {}
    for layer in network.layers:
        if type(layer.op) not in joins:
            first.setdefault((layer.op, layer.input_shapes), layer)
    for layer in first.values():
        expression = render(spell(layer))
        with torch.device("meta"), torch.no_grad():
            module: nn.Module = eval(expression, {**_torch_names(), **namespace})
            inputs = [torch.zeros(torch_shape(s, bindings)) for s in layer.input_shapes]
            output = module.eval()(*inputs)
        _compare_weights(layer, module, bindings)
        _compare_shape(layer, tuple(output.shape), bindings)
    return len(first)


def _torch_names() -> dict[str, Any]:
    from torch import nn

    return {"nn": nn}


def _compare_shape(layer: Layer, found: tuple[int, ...], bindings: dict[str, int]) -> None:
    count(layer, found, bindings)
    expected = torch_shape(layer.shape, bindings)
    if found != expected:
        texts = [" x ".join(map(str, shape[1:])) for shape in (found, expected)]
        _differs(layer, f"torch gives {texts[0]}, and archc expects {texts[1]}")


def _compare_weights(layer: Layer, module: nn.Module, bindings: Mapping[str, int]) -> None:
    if type(layer.op) in joins:
        return  # its module holds the branches, and they are compared
    trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
    weights = layer.weights
    expected = evaluate(weights.trainable, bindings)
    if trained != expected:
        _differs(layer, f"torch has {trained:,} parameters, and archc expects {expected:,}")
    fixed = sum(
        b.numel()
        for name, b in module.named_buffers()
        if name.endswith(("running_mean", "running_var", "targets"))
    )
    stored = evaluate(weights.statistics + weights.fixed, bindings)
    if fixed != stored:
        _differs(layer, f"torch has {fixed:,} values not trained, and archc expects {stored:,}")


def _differs(layer: Layer, what: str) -> NoReturn:
    message = f"the generated module is not the network: at `{layer.path}`, {what}"
    raise SpecError(
        [Diagnostic("unsupported", message, layer.span, notes=("this is a fault of archc",))]
    )


__all__ = ["bind", "prove", "torch_shape"]
