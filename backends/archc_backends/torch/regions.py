"""Layers of maps on RxHxWxC: each region's map on its own."""

from __future__ import annotations

from archc.graph.network import Layer
from archc.ops import (
    convolution,
    depthwise,
    normalization,
    pooling,
    reshaping,
    resizing,
    transposed,
)
from archc.ops.activation import PReLU
from archc_backends.torch.spelling import Call, layer
from archc_backends.torch.table import rows

EACH = (
    convolution.Conv,
    depthwise.Depthwise,
    transposed.Deconv,
    pooling.Pool,
    pooling.Subsample,
    normalization.BatchNorm,
    normalization.LRN,
    normalization.GroupNorm,
    normalization.InstanceNorm,
    normalization.LayerNorm,
    normalization.LCN,
    normalization.L2Norm,
    reshaping.Upsample,
    reshaping.ZeroPad,
    reshaping.Widen,
    resizing.SPP,
    resizing.Reorg,
    PReLU,
)
"""Layers of which torch takes a batch of maps: the regions are made part of the batch."""

WITH_WEIGHTS = {
    "nn.Conv2d": "RegionConv2d",
    "nn.ConvTranspose2d": "RegionConvTranspose2d",
    "nn.BatchNorm2d": "RegionBatchNorm2d",
}
"""Classes of their own, so that weights have the names that they have elsewhere."""


def regional(node: Layer) -> Call | None:
    """The call for a layer of regions' maps; None for any other."""
    if len(node.input_shapes[0]) != 4 or not isinstance(node.op, EACH):
        return None
    one = node.of_one_map
    call = rows.of(one)(one)
    name = WITH_WEIGHTS.get(call.function)
    if name is not None:
        return Call(name, call.args)
    return layer("PerRegion", ("layer", call))
