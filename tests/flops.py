"""torch's own count of multiply-accumulates, layer by layer, beside inference's.

torch's FlopCounterMode counts the matrix products and convolutions that run, two operations for
each multiply-accumulate, under the name of the module in which they run. Where a layer's
multiply-accumulates are not those of one such product, :func:`reason` says why, and the layer is
left out of the comparison by name, never by silence.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archc.dims import evaluate
from archc.graph.network import Layer, Network
from archc.ops.convolution import Conv
from archc.ops.dense import RBF
from archc.ops.normalization import LCN
from archc_backends.torch import counts
from archc_backends.torch.counts import without_data
from archc_backends.torch.names import module_path
from archc_backends.torch.proof import BATCH, bind, torch_shape


def reason(layer: Layer) -> str | None:
    """Why a layer's count cannot be compared with torch's; None where it can."""
    op = layer.op
    if layer.cost is None:
        return "its cost is unknown, and counted by neither"
    if isinstance(op, Conv) and op.connections is not None:
        return "torch multiplies by a dense kernel with zeros in it; the spec counts what connects"
    if isinstance(op, RBF):
        return "torch subtracts, squares and adds value by value: no product that it counts"
    if isinstance(op, LCN):
        return "its weights are no parameters, and how it sums a neighbourhood is the backend's"
    return None


@dataclass
class Comparison:
    """Multiply-accumulates by layer's path: inference's and torch's; and what was left out."""

    inferred: dict[str, int] = field(default_factory=dict[str, int])
    counted: dict[str, int] = field(default_factory=dict[str, int])
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    elsewhere: int = 0
    """What torch counted outside of the modules of layers: nothing, if all is as it should be."""


@contextmanager
def slow_paths() -> Iterator[None]:
    """torch without the fused paths that its counter cannot see into."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.backends.mkldnn.flags(enabled=False):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def count(module: nn.Module, *inputs: Tensor) -> dict[str, int]:
    """Multiply-accumulates of one example by the path of the module that ran them itself, not by
    one of those in it; the outermost is "".
    """
    namespace = vars(sys.modules[type(module).__module__])
    with (
        slow_paths(),
        without_data(namespace),  # what suppression leaves is in the data, and there is none
        torch.no_grad(),
        FlopCounterMode(display=False) as counter,
    ):
        module(*inputs)
    root = type(module).__name__
    within: dict[str, int] = {}
    for name, kinds in counter.get_flop_counts().items():
        flops = sum(kinds.values())
        assert flops % (2 * BATCH) == 0
        if name == "Global":
            within[""] = flops // (2 * BATCH)
        elif name.startswith(f"{root}."):
            within[name.removeprefix(f"{root}.")] = flops // (2 * BATCH)
    own = dict(within)
    for path, macs in within.items():
        if path:
            own[_nearest(path.rpartition(".")[0], within)] -= macs
    return own


def _nearest(path: str, known: Container[str]) -> str:
    """The path itself if it is known, else the innermost around it that is; "" for none."""
    while path and path not in known:
        path = path.rpartition(".")[0]
    return path


def inputs_of(network: Network, **sizes: int) -> list[Tensor]:
    """A batch for each input, without data; ``sizes`` are the values of the network's symbols."""
    return [torch.empty(torch_shape(one.shape, sizes), device="meta") for one in network.inputs]


def _see(layer: Layer, sizes: dict[str, int], _: nn.Module, __: object, output: object) -> None:
    if isinstance(output, Tensor):
        counts.count(layer, tuple(output.shape), sizes)


def compare(network: Network, module: nn.Module, **sizes: int) -> Comparison:
    """Count a network's generated module, in training (so that auxiliary heads run too).

    ``sizes`` are values of symbols; for others some are found. How many proposals and detections
    there are is seen as it runs.
    """
    module = module.to("meta").train()
    result = Comparison()
    sizes = {**bind(network), **sizes}
    modules = dict(module.named_modules())
    for layer in network.layers:
        made = modules.get(module_path(layer.path))
        if made is not None and made is not module:
            made.register_forward_hook(partial(_see, layer, sizes))
    ran = count(module, *inputs_of(network, **sizes))
    for layer in network.layers:
        path = module_path(layer.shares or layer.path)
        why = reason(layer)
        if why is not None:
            result.left_out[path] = why
        else:
            macs = evaluate(layer.macs or 0, sizes)
            result.inferred[path] = result.inferred.get(path, 0) + macs
    result.counted = dict.fromkeys(result.inferred, 0)
    paths = result.inferred.keys() | result.left_out.keys()
    for path, macs in ran.items():
        owner = _nearest(path, paths)  # a layer may be written as several modules
        if owner in result.counted:
            result.counted[owner] += macs
        elif owner not in result.left_out:
            result.elsewhere += macs
    return result
