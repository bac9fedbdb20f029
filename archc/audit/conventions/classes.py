"""The classes of generated modules, in groups that tools count alike, and what some of them do."""

from __future__ import annotations

from archc.audit.conventions.seen import Seen
from archc.dims import Dim
from archc.ops.base import product
from archc.ops.pooling import Pool
from archc.ops.recurrent import Recurrent
from archc.ops.transposed import Deconv

CONV = ("nn.Conv2d",)
PADDED_CONV = ("PaddedConv2d", "SameConv2d")  # subclasses of nn.Conv2d
CONNECTED_CONV = ("ConnectedConv2d",)
REGION_CONV = ("RegionConv2d",)
DECONV = ("nn.ConvTranspose2d",)
CROPPED_DECONV = ("CroppedConvTranspose2d",)  # a subclass
REGION_DECONV = ("RegionConvTranspose2d",)
LINEAR = ("nn.Linear",)
FLATTENING_LINEAR = ("FullyConnected",)  # a subclass
BATCH_NORM = ("nn.BatchNorm1d", "nn.BatchNorm2d")
STEP_NORM = ("StepNorm",)  # a subclass of nn.BatchNorm1d
REGION_NORM = ("RegionBatchNorm2d",)
LAYER_NORM = ("nn.LayerNorm",)
CHANNEL_NORM = ("ChannelNorm",)  # a subclass of nn.LayerNorm
GROUP_NORM = ("nn.GroupNorm",)
INSTANCE_NORM = ("nn.InstanceNorm2d",)
OTHER_NORM = ("nn.LocalResponseNorm", "LocalContrastNorm", "L2Norm")
MAX_POOL = ("nn.MaxPool2d", "nn.AdaptiveMaxPool2d")
AVG_POOL = ("nn.AvgPool2d",)
ADAPTIVE_AVG_POOL = ("nn.AdaptiveAvgPool2d",)
PADDED_MAX_POOL = ("PaddedMaxPool2d", "SameMaxPool2d")
PADDED_AVG_POOL = ("PaddedAvgPool2d", "SameAvgPool2d")
OTHER_POOL = ("SpatialPyramidPool", "Subsample", "Unpool")
RECTIFIERS = ("nn.ReLU", "nn.ELU", "nn.GELU", "nn.PReLU")
LEAKY = ("nn.LeakyReLU",)
RELU6 = ("nn.ReLU6",)
SILU = ("nn.SiLU",)
SOFTMAX = ("nn.Softmax",)
OTHER_ACTIVATIONS = (
    "nn.SELU",
    "nn.Sigmoid",
    "nn.Tanh",
    "ScaledTanh",
    "nn.Hardtanh",
    "nn.Softplus",
    "nn.Softsign",
    "nn.LogSoftmax",
    "Maxout",
)
RECURRENT = ("LSTM", "GRU")  # subclasses of torch's, which call torch.lstm and torch.gru
PLAIN_RECURRENT = ("nn.LSTM", "nn.GRU")
EMBEDDING = ("Words",)  # a subclass of nn.Embedding
RBF = ("RBF",)
UPSAMPLE = ("nn.Upsample",)
TRANSFORM = ("SpatialTransform",)
MERGES = ("Add", "Mul", "Gate", "Concat", "Select")
REARRANGING = (
    "nn.Identity",
    "nn.Dropout",
    "nn.Flatten",
    "nn.Unflatten",
    "nn.ZeroPad2d",
    "Widen",
    "Rescale",
    "Crop",
    "CropLike",
    "Reorg",
    "DarknetReorg",
    "Reshape",
    "Rows",
    "Expand",
    "ExpandLike",
    "Sum",
    "Mean",
)

PLAIN = {
    "PaddedConv2d": "nn.Conv2d",
    "SameConv2d": "nn.Conv2d",
    "CroppedConvTranspose2d": "nn.ConvTranspose2d",
    "RegionConv2d": "nn.Conv2d",
    "RegionConvTranspose2d": "nn.ConvTranspose2d",
    "RegionBatchNorm2d": "nn.BatchNorm2d",
    "FullyConnected": "nn.Linear",
    "StepNorm": "nn.BatchNorm1d",
    "ChannelNorm": "nn.LayerNorm",
    "PaddedMaxPool2d": "nn.MaxPool2d",
    "SameMaxPool2d": "nn.MaxPool2d",
    "PaddedAvgPool2d": "nn.AvgPool2d",
    "SameAvgPool2d": "nn.AvgPool2d",
    "LSTM": "nn.LSTM",
    "GRU": "nn.GRU",
}
"""torch's own class in place of one that archc brings along: as people write such a layer who pad
and flatten apart. Tools that go by classes then know it."""

KNOWN = (
    *(*CONV, *PADDED_CONV, *CONNECTED_CONV, *REGION_CONV),
    *(*DECONV, *CROPPED_DECONV, *REGION_DECONV, *LINEAR, *FLATTENING_LINEAR),
    *(*BATCH_NORM, *STEP_NORM, *REGION_NORM),
    *(*LAYER_NORM, *CHANNEL_NORM, *GROUP_NORM, *INSTANCE_NORM),
    *(*OTHER_NORM, *MAX_POOL, *AVG_POOL, *ADAPTIVE_AVG_POOL, *PADDED_MAX_POOL, *PADDED_AVG_POOL),
    *(*OTHER_POOL, *RECTIFIERS, *LEAKY, *RELU6, *SILU, *SOFTMAX, *OTHER_ACTIVATIONS),
    *(*RECURRENT, *EMBEDDING, *RBF, *UPSAMPLE, *TRANSFORM, *MERGES, *REARRANGING),
)
"""The classes that conventions speak of. What detectors do to find boxes, and to pool the regions
found, depends on the data: it is in no table, so that its counts are unknown and not 0."""


# ---------------------------------------------------------------- what generated layers run


def dense_macs(one: Seen) -> Dim:
    """Of a convolution with a table of connections: its kernel is dense, with zeros in it."""
    return (one.weights.weights + one.weights.masked) * one.positions


def whole_bias_adds(one: Seen) -> Dim:
    """Of a transposed convolution whose output is cut: a bias is added to all of what is cut."""
    op = one.layer.op
    assert isinstance(op, Deconv)
    if not op.bias:
        return 0
    height, width, channels = one.layer.shape
    (top, bottom), (left, right) = op.cut()
    return (height + top + bottom) * (width + left + right) * channels * one.maps


def padded(one: Seen) -> Dim:
    """Positions of one padded map that is pooled, with what windows of `ceil` reach beyond."""
    op = one.layer.op
    assert isinstance(op, Pool)
    sizes: list[Dim] = []
    for axis, (before, after) in enumerate(op.padding(*one.layer.input_shapes)):
        arrives, leaves = one.layer.input_shapes[0][axis], one.layer.shape[axis]
        whole = arrives + before + after
        if op.ceil:
            reached = (leaves - 1) * op.stride[axis] + op.span[axis]
            if isinstance(reached, int) and isinstance(whole, int):
                whole = max(whole, reached)
        sizes.append(whole)
    return product(sizes)


def channels(one: Seen) -> Dim:
    return one.layer.input_shapes[0][-1]


def padded_read(one: Seen) -> Dim:
    """Values that a padded maximum pooling reads."""
    return padded(one) * channels(one) * one.maps


def averaged(one: Seen) -> Dim:
    """Values that a padded average pooling reads: the map, and a map of ones that says how many
    there are in each window, but where all count."""
    if one.name == "SameAvgPool2d" and one.argument("counts_padding"):
        return padded_read(one)
    return padded_read(one) + padded(one)


def response_norm(one: Seen) -> Dim:
    """What the functions that `local_response_norm` is made of read: two products and a sum of all
    values, and a pooling over the channels, padded."""
    size: int = one.argument("size")
    height, width, depth = one.layer.input_shapes[0]
    return 3 * one.read + height * width * (depth + size - 1) * one.maps


def batch_norm(one: Seen) -> Dim:
    """A product and a sum a value; without a scale the sum alone."""
    return (2 if one.scaled else 1) * one.read


def other_norm(one: Seen) -> Dim:
    """Of a normalisation that works its statistics out: 5 a value, 4 without a scale."""
    return (5 if one.scaled else 4) * one.read


def pyramid(one: Seen) -> Dim:
    """The values that poolings of several levels read."""
    levels: tuple[float, ...] = one.argument("levels")
    return len(levels) * one.read


def recurrent(one: Seen, times: int, lstm: int, gru: int) -> Dim:
    """So many for each multiply-accumulate of a recurrent layer, and for each unit and step."""
    op = one.layer.op
    assert isinstance(op, Recurrent)
    each = lstm if one.name == "nn.LSTM" else gru
    return times * one.macs + each * op.units * one.layer.input_shapes[0][0]
