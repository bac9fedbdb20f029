"""Tools that go by a module's class, and by functions that they replace: ptflops, thop."""

from __future__ import annotations

from archc.audit.conventions import classes
from archc.audit.conventions.convention import (
    Convention,
    Row,
    Table,
    each_given,
    each_read,
    multiply_accumulates,
    nothing,
    rows,
    stored,
)
from archc.audit.conventions.seen import Seen
from archc.audit.conventions.traced import parameters
from archc.audit.conventions.weightings import TRAINED
from archc.dims import Dim
from archc.ops.base import product

# ---------------------------------------------------------------- ptflops

_MODULES = "ptflops/pytorch_ops.py, MODULES_MAPPING"
_FUNCTIONS = "ptflops/pytorch_ops.py, FUNCTIONAL_MAPPING"
_TWICE = (
    "once for the module, and once for the function that the module calls "
    "([#139](https://github.com/sovrasov/flops-counter.pytorch/issues/139))"
)
_SUBCLASS = "the class must be torch's own: a subclass counts nothing"


def _normalisation(one: Seen) -> Dim:
    return (2 if one.affine else 1) * one.read


def _upsample(one: Seen) -> Dim:
    return product(one.layer.shape) + one.given


PTFLOPS = Convention(
    name="ptflops",
    title="ptflops 0.7.5, pytorch backend",
    source="https://github.com/sovrasov/flops-counter.pytorch",
    words="ptflops' MACs: biases, normalisation, activations and pooling counted too",
    params_table=parameters("params", "ptflops/pytorch_engine.py, get_model_parameters_number"),
    ops_table=Table(
        "macs",
        rows(
            (classes.KNOWN, Row(nothing, "nothing", _MODULES)),
            (
                (*classes.CONV, *classes.DECONV, *classes.LINEAR),
                Row(
                    multiply_accumulates(1, 1),
                    "multiply-accumulates and additions of biases",
                    "ptflops/pytorch_ops.py, conv_flops_counter_hook, linear_flops_counter_hook",
                ),
            ),
            (
                (
                    *(*classes.PADDED_CONV, *classes.CONNECTED_CONV, *classes.CROPPED_DECONV),
                    *(*classes.REGION_CONV, *classes.REGION_DECONV, *classes.REGION_NORM),
                    *(*classes.FLATTENING_LINEAR, *classes.RECURRENT, *classes.STEP_NORM),
                    *classes.CHANNEL_NORM,
                ),
                Row(nothing, "nothing", _MODULES, _SUBCLASS),
            ),
            (
                classes.PLAIN_RECURRENT,
                Row(
                    lambda one: classes.recurrent(one, 1, 10, 7) + one.bias_adds,
                    "multiply-accumulates and additions of biases; a unit and step 10, of a GRU 7",
                    "ptflops/pytorch_ops.py, rnn_flops_counter_hook",
                    "of what a unit computes the functions are left out",
                ),
            ),
            (
                (*classes.BATCH_NORM, *classes.INSTANCE_NORM, *classes.GROUP_NORM),
                Row(
                    _normalisation,
                    "2 a value; 1 without scale and shift",
                    "ptflops/pytorch_ops.py, bn_flops_counter_hook",
                    "([#99](https://github.com/sovrasov/flops-counter.pytorch/issues/99))",
                ),
            ),
            (
                classes.LAYER_NORM,
                Row(
                    each_read(1),
                    "1 a value",
                    "ptflops/pytorch_ops.py, bn_flops_counter_hook",
                    "it asks for `affine`, which nn.LayerNorm calls `elementwise_affine`",
                ),
            ),
            (
                classes.RECTIFIERS,
                Row(each_read(2), "2 a value", f"{_MODULES}, FUNCTIONAL_MAPPING", _TWICE),
            ),
            (
                (*classes.LEAKY, *classes.RELU6),
                Row(each_read(1), "1 a value", "ptflops/pytorch_ops.py, relu_flops_counter_hook"),
            ),
            ((*classes.SILU, *classes.SOFTMAX), Row(each_read(1), "1 a value", _FUNCTIONS)),
            (
                (*classes.MAX_POOL, *classes.AVG_POOL, *classes.ADAPTIVE_AVG_POOL),
                Row(each_read(2), "2 a value read", f"{_MODULES}, FUNCTIONAL_MAPPING", _TWICE),
            ),
            (
                classes.PADDED_MAX_POOL,
                Row(classes.padded_read, "1 a value read, padding included", _FUNCTIONS),
            ),
            (
                classes.PADDED_AVG_POOL,
                Row(
                    classes.averaged,
                    "1 a value read, padding included, and 1 a position",
                    _FUNCTIONS,
                    "the module pools a map of ones too, to divide by what is no padding",
                ),
            ),
            (("SpatialPyramidPool",), Row(classes.pyramid, "1 a value read and level", _FUNCTIONS)),
            (("Subsample",), Row(each_read(1), "1 a value read", _FUNCTIONS)),
            (
                ("nn.LocalResponseNorm",),
                Row(
                    classes.response_norm,
                    "1 a value of each of two products, a sum, and a pooling over channels",
                    "ptflops/pytorch_ops.py, FUNCTIONAL_MAPPING, TENSOR_OPS_MAPPING",
                ),
            ),
            (
                classes.UPSAMPLE,
                Row(
                    _upsample,
                    "2 a value given",
                    f"{_MODULES}, FUNCTIONAL_MAPPING",
                    f"{_TWICE}; of a batch of regions the module counts the first",
                ),
            ),
        ),
    ),
)

# ---------------------------------------------------------------- thop

_HOOKS = "thop/profile.py, register_hooks"
_LOST = (
    "the class must be torch's own: a subclass has neither operations nor parameters "
    "([ultralytics/thop#144](https://github.com/ultralytics/thop/pull/144) mends it in a fork)"
)
_UNKNOWN_CLASS = "a class that it does not know has neither operations nor parameters"

_SUBCLASSES = (
    *(*classes.PADDED_CONV, *classes.CONNECTED_CONV, *classes.CROPPED_DECONV),
    *(*classes.REGION_CONV, *classes.REGION_DECONV, *classes.REGION_NORM),
    *(*classes.FLATTENING_LINEAR, *classes.STEP_NORM, *classes.CHANNEL_NORM),
    *(*classes.RECURRENT, *classes.EMBEDDING),
)
_STRANGERS = (*classes.GROUP_NORM, *classes.RBF, "LocalContrastNorm", "L2Norm", "Subsample")


def _transposed(one: Seen) -> Dim:
    """As a convolution of the same arguments, whose output the output is."""
    kernel: tuple[int, int] = one.argument("kernel")
    read = one.layer.input_shapes[0][-1]
    groups: int = one.argument("groups")
    depth = read // groups if isinstance(read, int) else read
    return one.given * depth * kernel[0] * kernel[1]


def _norm(one: Seen) -> Dim:
    return (4 if one.affine else 2) * one.read


def _softmax(one: Seen) -> Dim:
    """An exponential and a division a value, and one addition fewer."""
    return 3 * one.read - one.positions


def _adaptive(one: Seen) -> Dim:
    """(h/h'·w/w' + 1) · the values given, which thop computes in floating point and cuts off: where
    h' does not divide h, it may be 1 less than the values read and given."""
    match (*one.layer.input_shapes[0][-3:-1], *one.layer.shape[-3:-1], one.given):
        case (int(height), int(width), int(out_height), int(out_width), int(given)):
            return int(((height / out_height) * (width / out_width) + 1) * given)
        case _:
            return one.read + one.given


def _interpolated(one: Seen) -> Dim:
    return (11 if one.argument("mode") == "bilinear" else 1) * one.given


THOP = Convention(
    name="thop",
    title="thop 0.1.1.post2209072238",
    source="https://github.com/Lyken17/pytorch-OpCounter",
    words="thop's MACs: normalisation 4 a value, average pooling and softmax counted, no biases",
    params_table=Table(
        "params",
        rows(
            (
                (*classes.KNOWN, *classes.PLAIN_RECURRENT),
                Row(stored(TRAINED), "what training updates", _HOOKS),
            ),
            (_SUBCLASSES, Row(nothing, "nothing", _HOOKS, _LOST)),
            (_STRANGERS, Row(nothing, "nothing", _HOOKS, _UNKNOWN_CLASS)),
        ),
        once=True,
    ),
    ops_table=Table(
        "macs",
        rows(
            (classes.KNOWN, Row(nothing, "nothing", _HOOKS)),
            (_SUBCLASSES, Row(nothing, "nothing", _HOOKS, _LOST)),
            (_STRANGERS, Row(nothing, "nothing", _HOOKS, _UNKNOWN_CLASS)),
            (
                classes.PLAIN_RECURRENT,
                Row(
                    lambda one: classes.recurrent(one, 1, 16, 13),
                    "multiply-accumulates; a unit and step 16, of a GRU 13",
                    "thop/rnn_hooks.py, count_lstm, count_gru",
                    "among these the additions of biases, which count in no other layer",
                ),
            ),
            (
                (*classes.CONV, *classes.LINEAR),
                Row(
                    multiply_accumulates(),
                    "multiply-accumulates, without biases",
                    "thop/vision/basic_hooks.py, count_convNd, count_linear",
                ),
            ),
            (
                classes.DECONV,
                Row(
                    _transposed,
                    "a multiply-accumulate a weight, at every output position",
                    "thop/vision/calc_func.py, calculate_conv2d_flops",
                    "a transposed convolution uses its kernel once for each input position "
                    "([#93](https://github.com/Lyken17/pytorch-OpCounter/issues/93))",
                ),
            ),
            (
                (*classes.BATCH_NORM, *classes.LAYER_NORM, *classes.INSTANCE_NORM),
                Row(
                    _norm,
                    "4 a value; 2 without scale and shift",
                    "thop/vision/basic_hooks.py, count_normalization",
                    "([#196](https://github.com/Lyken17/pytorch-OpCounter/issues/196), "
                    "[#220](https://github.com/Lyken17/pytorch-OpCounter/issues/220))",
                ),
            ),
            (
                ("nn.PReLU",),
                Row(each_read(1), "1 a value", "thop/vision/basic_hooks.py, count_prelu"),
            ),
            (
                classes.SOFTMAX,
                Row(
                    _softmax,
                    "3 a value, less 1 a position",
                    "thop/vision/basic_hooks.py, count_softmax",
                ),
            ),
            (
                classes.AVG_POOL,
                Row(
                    each_given(1),
                    "1 a value given",
                    "thop/vision/basic_hooks.py, count_avgpool",
                    "whatever the window's size "
                    "([ultralytics/thop#150](https://github.com/ultralytics/thop/pull/150) mends "
                    "it in a fork)",
                ),
            ),
            (
                classes.ADAPTIVE_AVG_POOL,
                Row(
                    _adaptive,
                    "1 a value read and 1 a value given, in floating point, cut off",
                    "thop/vision/basic_hooks.py, count_adap_avgpool",
                ),
            ),
            (
                classes.UPSAMPLE,
                Row(
                    _interpolated,
                    "1 a value given, `bilinear` 11",
                    "thop/vision/calc_func.py, calculate_upsample",
                ),
            ),
        ),
    ),
)
