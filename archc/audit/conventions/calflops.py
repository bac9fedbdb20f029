"""calflops: MACs, and FLOPs, of the functions of torch.nn.functional that it replaces."""

from __future__ import annotations

from archc.audit.conventions import classes
from archc.audit.conventions.convention import (
    Convention,
    Row,
    Table,
    each_read,
    multiply_accumulates,
    nothing,
    rows,
    unknown,
)
from archc.audit.conventions.seen import Seen
from archc.audit.conventions.traced import parameters
from archc.dims import Dim, floor_div
from archc.ops.base import product
from archc.ops.transposed import Deconv

_OPS = "calflops/pytorch_ops.py"
_FAILS = Row(
    unknown,
    "unknown: calflops fails",
    f"{_OPS}, _conv_flops_compute",
    "it takes a stride that is a list for a number",
)
_HOOKS = f"{_OPS}, MODULE_HOOK_MAPPING"
_RECURRENT = Row(
    nothing, "nothing", _HOOKS, "the class must be torch's own: a subclass counts nothing"
)
_ANY_LINEAR = (*classes.LINEAR, *classes.FLATTENING_LINEAR)
_ANY_CONV = (*classes.CONV, *classes.PADDED_CONV, *classes.REGION_CONV)
_ANY_DECONV = (*classes.DECONV, *classes.CROPPED_DECONV, *classes.REGION_DECONV)
_TRANSPOSED_NOTE = (
    "groups divide twice ([#33](https://github.com/MrYxJ/calculate-flops.pytorch/issues/33))"
)


def _group_width(one: Seen) -> tuple[int, int]:
    """Groups, and output channels of a group: the second size of a transposed kernel."""
    width: int = one.argument("width")
    groups: int = one.argument("groups")
    return groups, width // groups


def _transposed_macs(one: Seen) -> Dim:
    """A group's output channels are divided by the groups once more."""
    kernel: tuple[int, int] = one.argument("kernel")
    groups, width = _group_width(one)
    return one.read * (kernel[0] * kernel[1] * (width // groups))


def _transposed(one: Seen) -> Dim:
    """Twice those; biases at the positions that a convolution, not transposed, would have."""
    op = one.layer.op
    assert isinstance(op, Deconv)
    if not op.bias:
        return 2 * _transposed_macs(one)
    padded = one.name in (*classes.DECONV, *classes.REGION_DECONV)
    cut = op.cut() if padded else ((0, 0), (0, 0))
    *maps, height, width, _ = one.layer.input_shapes[0]
    positions = product(maps) * one.maps
    for axis, ((before, _), arrives) in enumerate(zip(cut, (height, width), strict=True)):
        length = floor_div(arrives + 2 * before - op.span[axis], op.stride[axis]) + 1
        positions = positions * length
    return 2 * _transposed_macs(one) + _group_width(one)[1] * positions


def _upsample(one: Seen) -> Dim | None:
    factor = one.argument("factor")
    return one.read if factor[0] == factor[1] else None


_MACS = rows(
    (classes.KNOWN, Row(nothing, "nothing", f"{_OPS}, _patch_functionals")),
    (classes.RECURRENT, _RECURRENT),
    (classes.PLAIN_RECURRENT, Row(nothing, "nothing", _HOOKS, "its hook adds FLOPs alone")),
    (
        (*_ANY_CONV, *_ANY_LINEAR, "LocalContrastNorm"),
        Row(
            multiply_accumulates(),
            "multiply-accumulates, without biases",
            f"{_OPS}, _conv_flops_compute, _linear_flops_compute",
        ),
    ),
    (("SameConv2d", *classes.CONNECTED_CONV), _FAILS),
    (
        classes.UPSAMPLE,
        Row(
            lambda one: None if _upsample(one) is None else 0,
            "nothing; unknown where the factors differ: calflops fails",
            f"{_OPS}, _upsample_flops_compute",
        ),
    ),
    (
        _ANY_DECONV,
        Row(
            _transposed_macs,
            "multiply-accumulates, over the groups",
            f"{_OPS}, _conv_trans_flops_compute",
            _TRANSPOSED_NOTE,
        ),
    ),
)

_FLOPS = rows(
    (classes.KNOWN, Row(nothing, "nothing", f"{_OPS}, _patch_functionals")),
    (classes.RECURRENT, _RECURRENT),
    (
        classes.PLAIN_RECURRENT,
        Row(
            lambda one: classes.recurrent(one, 2, 10, 7),
            "2 a multiply-accumulate; a unit and step 10, of a GRU 7",
            f"{_OPS}, _rnn_forward_hook",
            "the additions of biases stand for the one that each sum has too many",
        ),
    ),
    (
        (*_ANY_CONV, "LocalContrastNorm"),
        Row(
            multiply_accumulates(2, 1),
            "2 a multiply-accumulate, and additions of biases",
            f"{_OPS}, _conv_flops_compute",
        ),
    ),
    (("SameConv2d", *classes.CONNECTED_CONV), _FAILS),
    (
        _ANY_LINEAR,
        Row(
            multiply_accumulates(2),
            "2 a multiply-accumulate, without biases",
            f"{_OPS}, _linear_flops_compute",
            "biases count in convolutions and not here",
        ),
    ),
    (
        _ANY_DECONV,
        Row(
            _transposed,
            "2 a multiply-accumulate, over the groups, and some of the additions of biases",
            f"{_OPS}, _conv_trans_flops_compute",
            f"{_TRANSPOSED_NOTE}; the output's size is a convolution's",
        ),
    ),
    (
        (*classes.BATCH_NORM, *classes.STEP_NORM, *classes.REGION_NORM),
        Row(
            classes.batch_norm,
            "2 a value; 1 without a scale",
            f"{_OPS}, _batch_norm_flops_compute",
        ),
    ),
    (
        (*classes.LAYER_NORM, *classes.CHANNEL_NORM, *classes.GROUP_NORM, *classes.INSTANCE_NORM),
        Row(
            classes.other_norm,
            "5 a value; 4 without a scale",
            f"{_OPS}, _layer_norm_flops_compute",
        ),
    ),
    (
        (*classes.RECTIFIERS, *classes.LEAKY, *classes.SILU, *classes.SOFTMAX),
        Row(each_read(1), "1 a value", f"{_OPS}, _relu_flops_compute"),
    ),
    (
        (*classes.MAX_POOL, *classes.AVG_POOL, *classes.ADAPTIVE_AVG_POOL, "Subsample"),
        Row(each_read(1), "1 a value read", f"{_OPS}, _pool_flops_compute"),
    ),
    (
        classes.PADDED_MAX_POOL,
        Row(
            classes.padded_read, "1 a value read, padding included", f"{_OPS}, _pool_flops_compute"
        ),
    ),
    (
        classes.PADDED_AVG_POOL,
        Row(
            classes.averaged,
            "1 a value read, padding included, and 1 a position",
            f"{_OPS}, _pool_flops_compute",
            "the module pools a map of ones too, to divide by what is no padding",
        ),
    ),
    (
        ("SpatialPyramidPool",),
        Row(classes.pyramid, "1 a value read and level", f"{_OPS}, _pool_flops_compute"),
    ),
    (
        ("nn.LocalResponseNorm",),
        Row(
            classes.response_norm,
            "1 a value of each of two products, a sum, and a pooling over channels",
            f"{_OPS}, _pool_flops_compute, _elementwise_flops_compute",
        ),
    ),
    (
        classes.UPSAMPLE,
        Row(
            _upsample,
            "1 a value read; unknown where the factors differ: calflops fails",
            f"{_OPS}, _upsample_flops_compute",
            "the product with the factor is thrown away "
            "([#22](https://github.com/MrYxJ/calculate-flops.pytorch/issues/22))",
        ),
    ),
)

_PARAMS = parameters("Params", "calflops/calculate_pipline.py, reset_flops_calculate")
_MACS_TABLE = Table("MACs", _MACS)
_FLOPS_TABLE = Table("FLOPs", _FLOPS, unit=2)

CALFLOPS = Convention(
    name="calflops",
    title="calflops 0.3.2",
    source="https://github.com/MrYxJ/calculate-flops.pytorch",
    words="calflops' MACs",
    params_table=_PARAMS,
    ops_table=_MACS_TABLE,
    also=(_FLOPS_TABLE,),
)

CALFLOPS_FLOPS = Convention(
    name="calflops_flops",
    title="calflops 0.3.2, FLOPs",
    source="https://github.com/MrYxJ/calculate-flops.pytorch",
    words="calflops' FLOPs: two a multiply-accumulate, biases, normalisation, activations, pooling",
    params_table=_PARAMS,
    ops_table=_FLOPS_TABLE,
)
