"""Keras's layers by name: their parameters as Keras has them, and their writers."""

from __future__ import annotations

from typing import Any

from archc.notations.listing import keras_layers as write
from archc.notations.listing.torch_others import numbers, plain
from archc.notations.listing.use import Row, signature

IGNORED = frozenset(
    [
        "name",
        "dtype",
        "trainable",
        "input_shape",
        "input_dim",
        "batch_input_shape",
        "batch_size",
        "data_format",
        "kernel_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
        "depthwise_initializer",
        "pointwise_initializer",
        "depthwise_regularizer",
        "pointwise_regularizer",
        "depthwise_constraint",
        "pointwise_constraint",
        "beta_initializer",
        "gamma_initializer",
        "moving_mean_initializer",
        "moving_variance_initializer",
        "beta_regularizer",
        "gamma_regularizer",
        "beta_constraint",
        "gamma_constraint",
        "synchronized",
        "renorm",
        "fused",
        "seed",
        "noise_shape",
        "weights",
        "embeddings_initializer",
        "embeddings_regularizer",
        "recurrent_initializer",
        "recurrent_regularizer",
    ]
)
"""Parameters that change no shape, weight or value outside training."""


def row(text: str, writer: Any, *ignored: str) -> Row:
    return Row(signature(text), writer, IGNORED - set(signature(text)) | frozenset(ignored))


_CONV = "strides=(1,1) padding='valid' data_format=None"
_POOL = row("pool_size=(2,2) strides=None padding='valid'", write.pooling("maxpool"))
_AVERAGE = row("pool_size=(2,2) strides=None padding='valid'", write.pooling("avgpool"))
_WHOLE = "data_format=None keepdims=False"

LAYERS: dict[str, Row] = {
    "Conv2D": row(
        f"filters kernel_size {_CONV} dilation_rate=(1,1) groups=1 activation=None use_bias=True",
        write.conv,
    ),
    "DepthwiseConv2D": row(
        f"kernel_size {_CONV.replace(' data_format=None', '')} depth_multiplier=1 data_format=None "
        "dilation_rate=(1,1) activation=None use_bias=True",
        write.depthwise,
    ),
    "SeparableConv2D": row(
        f"filters kernel_size {_CONV} dilation_rate=(1,1) depth_multiplier=1 activation=None "
        "use_bias=True",
        write.separable,
    ),
    "Conv2DTranspose": row(
        "filters kernel_size strides=(1,1) padding='valid' output_padding=None data_format=None "
        "dilation_rate=(1,1) activation=None use_bias=True",
        write.transpose,
    ),
    "Dense": row("units activation=None use_bias=True", write.dense),
    "MaxPooling2D": _POOL,
    "AveragePooling2D": _AVERAGE,
    "GlobalAveragePooling2D": row(_WHOLE, write.whole("avgpool")),
    "GlobalMaxPooling2D": row(_WHOLE, write.whole("maxpool")),
    "BatchNormalization": row(
        "axis=-1 momentum=0.99 epsilon=0.001 center=True scale=True", write.batch_norm
    ),
    "LayerNormalization": row("axis=-1 epsilon=0.001 center=True scale=True", write.layer_norm),
    "GroupNormalization": row(
        "groups=32 axis=-1 epsilon=0.001 center=True scale=True", write.group_norm
    ),
    "Activation": row("activation", write.activation),
    "ReLU": row("max_value=None negative_slope=0.0 threshold=0.0", write.relu),
    "LeakyReLU": row("negative_slope=0.3 alpha=None", write.leaky),
    "PReLU": row("alpha_initializer='zeros' shared_axes=None", write.prelu),
    "ELU": row("alpha=1.0", numbers("elu", alpha="alpha")),
    "Softmax": row("axis=-1", plain("softmax")),
    "Dropout": row("rate", write.dropout),
    "SpatialDropout2D": row("rate", write.dropout),
    "Flatten": row("data_format=None", write.flatten),
    "Rescaling": row("scale offset=0.0", write.rescaling),
    "Resizing": row(
        "height width",
        write.resizing,
        "interpolation",
        "crop_to_aspect_ratio",
        "pad_to_aspect_ratio",
    ),
    "ZeroPadding2D": row("padding=(1,1)", write.zero_padding),
    "UpSampling2D": row("size=(2,2) data_format=None interpolation='nearest'", write.upsampling),
    "Reshape": row("target_shape", write.reshape),
    "Embedding": row("input_dim output_dim", write.embedding, "mask_zero", "input_length"),
    "Concatenate": row("axis=-1", write.concatenate),
    "Add": row("", write.merge("add")),
    "Multiply": row("", write.merge("mul")),
    **{
        name: row(
            "anything=None",
            write.augmentation,
            "factor",
            "height_factor",
            "width_factor",
            "mode",
            "fill_mode",
            "stddev",
        )
        for name in (
            "RandomFlip",
            "RandomRotation",
            "RandomZoom",
            "RandomContrast",
            "RandomTranslation",
            "GaussianNoise",
        )
    },
}
LAYERS.update(
    {
        "MaxPool2D": _POOL,
        "AvgPool2D": _AVERAGE,
        "GlobalAvgPool2D": LAYERS["GlobalAveragePooling2D"],
        "GlobalMaxPool2D": LAYERS["GlobalMaxPooling2D"],
        "Convolution2D": LAYERS["Conv2D"],
        "SeparableConvolution2D": LAYERS["SeparableConv2D"],
        "Convolution2DTranspose": LAYERS["Conv2DTranspose"],
    }
)

MERGES = {"Concatenate", "Add", "Multiply"}
"""Layers of several tensors."""

FUNCTIONS = {"concatenate": "Concatenate", "add": "Add", "multiply": "Multiply"}
"""Functions of Keras that are layers in one call: ``add([x, y])``."""
