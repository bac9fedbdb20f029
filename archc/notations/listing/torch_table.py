"""PyTorch's modules by name: their parameters as torch.nn has them, and their writers."""

from __future__ import annotations

from typing import Any

from archc.notations.listing import torch_layers as write
from archc.notations.listing import torch_others as others
from archc.notations.listing.use import Row, signature

IGNORED = frozenset(("device", "dtype", "inplace"))
"""Parameters that change no shape, weight or value outside training."""


def row(text: str, writer: Any, *ignored: str) -> Row:
    return Row(signature(text), writer, IGNORED | frozenset(ignored))


_CONV = (
    "out_channels kernel_size stride=1 padding=0 dilation=1 groups=1 bias=True padding_mode='zeros'"
)
_NORM = "eps=1e-05 momentum=0.1 affine=True track_running_stats=True"

LAYERS: dict[str, Row] = {
    "Conv2d": row(f"in_channels {_CONV}", write.conv),
    "LazyConv2d": row(_CONV, write.conv),
    "ConvTranspose2d": row(
        "in_channels out_channels kernel_size stride=1 padding=0 output_padding=0 groups=1 "
        "bias=True dilation=1 padding_mode='zeros'",
        write.conv_transpose,
    ),
    "Linear": row("in_features out_features bias=True", write.linear),
    "LazyLinear": row("out_features bias=True", write.linear),
    "MaxPool2d": row(
        "kernel_size stride=None padding=0 dilation=1 return_indices=False ceil_mode=False",
        write.max_pool,
    ),
    "AvgPool2d": row(
        "kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True "
        "divisor_override=None",
        write.avg_pool,
    ),
    "AdaptiveAvgPool2d": row("output_size", write.adaptive("avgpool")),
    "AdaptiveMaxPool2d": row("output_size", write.adaptive("maxpool"), "return_indices"),
    "BatchNorm1d": row(f"num_features {_NORM}", others.batch_norm),
    "BatchNorm2d": row(f"num_features {_NORM}", others.batch_norm),
    "LazyBatchNorm1d": row(_NORM, others.batch_norm),
    "LazyBatchNorm2d": row(_NORM, others.batch_norm),
    "LayerNorm": row(
        "normalized_shape eps=1e-05 elementwise_affine=True bias=True", others.layer_norm
    ),
    "GroupNorm": row("num_groups num_channels eps=1e-05 affine=True", others.group_norm),
    "InstanceNorm2d": row(
        "num_features eps=1e-05 momentum=0.1 affine=False track_running_stats=False",
        others.instance_norm,
    ),
    "LocalResponseNorm": row("size alpha=0.0001 beta=0.75 k=1.0", others.lrn),
    "ReLU": row("inplace=False", others.plain("relu")),
    "ReLU6": row("inplace=False", others.plain("relu6")),
    "LeakyReLU": row(
        "negative_slope=0.01 inplace=False", others.numbers("leaky", slope="negative_slope")
    ),
    "PReLU": row("num_parameters=1 init=0.25", others.prelu),
    "ELU": row("alpha=1.0 inplace=False", others.numbers("elu", alpha="alpha")),
    "SELU": row("inplace=False", others.plain("selu")),
    "GELU": row("approximate='none'", others.gelu),
    "SiLU": row("inplace=False", others.plain("silu")),
    "Sigmoid": row("", others.plain("sigmoid")),
    "Tanh": row("", others.plain("tanh")),
    "Softsign": row("", others.plain("softsign")),
    "Softmax": row("dim=None", others.softmax("softmax")),
    "LogSoftmax": row("dim=None", others.softmax("logsoftmax")),
    "Softmax2d": row("", others.plain("softmax")),
    "Dropout": row("p=0.5 inplace=False", others.dropout),
    "Dropout1d": row("p=0.5 inplace=False", others.dropout_channels),
    "Dropout2d": row("p=0.5 inplace=False", others.dropout_channels),
    "Flatten": row("start_dim=1 end_dim=-1", others.flatten),
    "Identity": row("", others.identity),
    "Upsample": row(
        "size=None scale_factor=None mode='nearest' align_corners=None",
        others.upsample,
        "recompute_scale_factor",
    ),
    "ZeroPad2d": row("padding", others.zero_pad),
    "Embedding": row("num_embeddings embedding_dim", others.embedding, "padding_idx", "max_norm"),
}
