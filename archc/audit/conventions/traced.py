"""Tools that watch torch's own operations as they run: fvcore, ptflops' aten backend, torch's
FlopCounterMode, torchvision's own."""

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
    unknown,
)
from archc.audit.conventions.seen import Seen
from archc.audit.conventions.weightings import TRAINED
from archc.dims import Dim


def parameters(label: str, source: str) -> Table:
    """All that requires a gradient, whether it runs or not."""
    row = Row(stored(TRAINED), "what training updates", source)
    return Table(label, {}, once=True, idle=True, otherwise=row)


_DENSE_NOTE = "its kernel is dense, with zeros where nothing connects"
_ANY_CONV = (
    *(*classes.CONV, *classes.PADDED_CONV, *classes.REGION_CONV),
    *(*classes.DECONV, *classes.CROPPED_DECONV, *classes.REGION_DECONV),
)
_ANY_LINEAR = (*classes.LINEAR, *classes.FLATTENING_LINEAR)


# ---------------------------------------------------------------- fvcore

_HANDLES = "fvcore/nn/flop_count.py, _DEFAULT_SUPPORTED_OPS"


def _upsample(one: Seen) -> Dim:
    return (4 if one.argument("mode") == "bilinear" else 1) * one.given


FVCORE = Convention(
    name="fvcore",
    title="fvcore 0.1.5.post20221221",
    source="https://github.com/facebookresearch/fvcore/blob/main/docs/flop_count.md",
    words="fvcore's flops: multiply-accumulates without biases, normalisation and global pooling",
    params_table=parameters("parameter_count", "fvcore/nn/parameter_count.py, parameter_count"),
    ops_table=Table(
        "FlopCountAnalysis.total()",
        rows(
            (classes.KNOWN, Row(nothing, "nothing", _HANDLES)),
            (
                (*_ANY_CONV, *_ANY_LINEAR, "LocalContrastNorm"),
                Row(
                    multiply_accumulates(),
                    "multiply-accumulates, without biases",
                    "fvcore/nn/jit_handles.py, conv_flop_count, linear_flop_jit",
                ),
            ),
            (
                classes.CONNECTED_CONV,
                Row(
                    classes.dense_macs,
                    "multiply-accumulates of the dense kernel",
                    "fvcore/nn/jit_handles.py, conv_flop_count",
                    _DENSE_NOTE,
                ),
            ),
            (
                (*classes.BATCH_NORM, *classes.STEP_NORM, *classes.REGION_NORM),
                Row(
                    classes.batch_norm,
                    "2 a value; 1 without a scale",
                    "fvcore/nn/jit_handles.py, batchnorm_flop_jit",
                    "([#124](https://github.com/facebookresearch/fvcore/issues/124))",
                ),
            ),
            (
                (
                    *(*classes.LAYER_NORM, *classes.CHANNEL_NORM),
                    *(*classes.GROUP_NORM, *classes.INSTANCE_NORM),
                ),
                Row(
                    classes.other_norm,
                    "5 a value; 4 without a scale",
                    "fvcore/nn/jit_handles.py, norm_flop_counter",
                ),
            ),
            (
                classes.ADAPTIVE_AVG_POOL,
                Row(
                    each_read(1),
                    "1 a value read",
                    _HANDLES,
                    "average pooling with a window counts nothing, this does",
                ),
            ),
            (
                classes.UPSAMPLE,
                Row(_upsample, "1 a value given, `bilinear` 4", _HANDLES),
            ),
            (classes.TRANSFORM, Row(each_given(4), "4 a value given", _HANDLES)),
            (
                (*classes.RECURRENT, *classes.PLAIN_RECURRENT),
                Row(
                    nothing,
                    "nothing",
                    _HANDLES,
                    "aten::lstm and aten::gru have no handle "
                    "([#98](https://github.com/facebookresearch/fvcore/issues/98))",
                ),
            ),
            (
                ("Unpool",),
                Row(unknown, "unknown: fvcore fails", _HANDLES, "torch cannot trace its sizes"),
            ),
            (
                classes.RBF,
                Row(nothing, "nothing", _HANDLES, "a square is no product with a weight to it"),
            ),
        ),
    ),
)


# ---------------------------------------------------------------- by aten operations


def _aten(source: str, times: int, bias: int) -> dict[str, Row]:
    """Convolutions and products of matrices, as torch's dispatcher sees them on a CPU."""
    words = "multiply-accumulates" if times == 1 else "2 a multiply-accumulate"
    counted = f"{words} and additions of biases" if bias else f"{words}, without biases"

    def cropped(one: Seen) -> Dim:
        return times * one.macs + bias * classes.whole_bias_adds(one)

    def dense(one: Seen) -> Dim:
        return times * classes.dense_macs(one) + bias * one.bias_adds

    def recurrent(one: Seen) -> Dim:
        return 0 if "LSTM" in one.name else times * one.macs + bias * one.bias_adds

    return rows(
        (classes.KNOWN, Row(nothing, "nothing", source)),
        (
            (*_ANY_CONV, *_ANY_LINEAR),
            Row(multiply_accumulates(times, bias), counted, source),
        ),
        (
            classes.CROPPED_DECONV,
            Row(cropped, counted, source, "biases are added to what is cut off too" * bias),
        ),
        (
            classes.CONNECTED_CONV,
            Row(dense, f"{counted}, of the dense kernel", source, _DENSE_NOTE),
        ),
        (("LocalContrastNorm",), Row(multiply_accumulates(times), words, source)),
        (
            (*classes.RECURRENT, *classes.PLAIN_RECURRENT),
            Row(
                recurrent,
                f"GRU: {counted}; LSTM: nothing",
                source,
                "on a CPU an LSTM is one operation, aten::mkldnn_rnn_layer, that is not known; "
                "elsewhere it counts as a GRU does",
            ),
        ),
        (
            classes.RBF,
            Row(nothing, "nothing", source, "a square is no product with a weight to it"),
        ),
    )


_PTFLOPS = "ptflops/aten_ops.py, ATEN_OPS_MAPPING"

PTFLOPS_ATEN = Convention(
    name="ptflops_aten",
    title="ptflops 0.7.5, aten backend",
    source="https://github.com/sovrasov/flops-counter.pytorch",
    words="multiply-accumulates and additions of biases, as ptflops' aten backend counts",
    params_table=parameters("params", "ptflops/pytorch_engine.py, get_model_parameters_number"),
    ops_table=Table("macs", _aten(_PTFLOPS, 1, 1)),
)

_REGISTRY = "torch/utils/flop_counter.py, flop_registry"

FLOP_COUNTER_MODE = Convention(
    name="torch",
    title="torch 2.13.0, FlopCounterMode",
    source="https://docs.pytorch.org/docs/stable/utils.html",
    words="two operations a multiply-accumulate of convolutions and matrices, as torch counts",
    params_table=None,
    ops_table=Table("get_total_flops()", _aten(_REGISTRY, 2, 0), unit=2),
)

_MAPPING = "pytorch/vision, test/common_extended_utils.py, flop_mapping"

TORCHVISION = Convention(
    name="torchvision",
    title="torchvision 0.29, num_params and _ops",
    source="https://docs.pytorch.org/vision/stable/models.html",
    words="multiply-accumulates, which torchvision prints as GFLOPS",
    params_table=parameters("num_params", "pytorch/vision, test/test_extended_models.py"),
    ops_table=Table("_ops, times 10^9", _aten(_MAPPING, 1, 0)),
)
