"""Pooling indices as values of their own: a max pooling gives them beside its maxima."""

from __future__ import annotations

from archc.backend import unsupported
from archc.graph.network import Layer, Network
from archc.ops.transposed import Unpool
from archc_backends.torch.spelling import Arg, Call

SUFFIX = ":indices"
"""After a pooling's path: the value that its indices are."""


def read(layer: Layer) -> tuple[str, ...]:
    """The values that a layer reads: paths, and of an unpooling the indices of a pooling."""
    op = layer.op
    if not isinstance(op, Unpool):
        return layer.inputs
    position = len(layer.inputs) - len(op.roles()) + op.roles().index("indices")
    paths = list(layer.inputs)
    paths[position] += SUFFIX
    return tuple(paths)


def wanted(network: Network) -> frozenset[str]:
    """The layers whose indices somebody reads; of shared ones all uses."""
    paths = {
        path.removesuffix(SUFFIX)
        for layer in network.layers
        if isinstance(layer.op, Unpool)
        for path in read(layer)
        if path.endswith(SUFFIX)
    }
    if not paths:
        return frozenset()
    owners = {n.shares or n.path for n in network.layers if n.path in paths}
    return frozenset(n.path for n in network.layers if (n.shares or n.path) in owners)


def with_indices(layer: Layer, call: Call) -> Call:
    """The call of a max pooling that gives its indices too."""
    if call.function != "nn.MaxPool2d":
        unsupported("torch", layer, "gives indices of a max pooling with equal padding alone")
    return Call(call.function, (*call.args, Arg("return_indices", True, False, keyword=True)))
