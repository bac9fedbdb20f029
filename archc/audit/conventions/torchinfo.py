"""torchinfo: parameters times positions, of whatever has parameters."""

from __future__ import annotations

from archc.audit.conventions import classes
from archc.audit.conventions.convention import (
    Convention,
    Row,
    Table,
    nothing,
    rows,
    stored,
)
from archc.audit.conventions.seen import Seen
from archc.audit.conventions.weightings import TRAINED
from archc.dims import Dim
from archc.ops.base import product

_MACS = "torchinfo/layer_info.py, calculate_macs"
_params = stored(TRAINED)


def _once(one: Seen) -> Dim:
    """Parameters; of a batch of regions' maps for each."""
    return _params(one) * one.maps


def _at_positions(one: Seen) -> Dim:
    return _params(one) * one.positions


def _at_axes_of_regions(one: Seen) -> Dim:
    """What comes out after the batch and the regions: channels, rows and columns."""
    return _params(one) * product(one.layer.shape[1:])


def _at_steps(one: Seen) -> Dim:
    """The first axis of what comes out after the batch: steps, or for `last` values."""
    return _params(one) * one.layer.shape[0]


def _without_parameters(one: Seen) -> Dim | None:
    return 0 if _params(one) == 0 else None


_OPS = rows(
    (classes.KNOWN, Row(nothing, "nothing", _MACS)),
    (
        (*classes.CONV, *classes.PADDED_CONV, *classes.CONNECTED_CONV),
        Row(
            _at_positions,
            "weights and biases, at every output position",
            _MACS,
            "the addition of a bias counts as a multiply-accumulate "
            "([#14](https://github.com/TylerYep/torchinfo/issues/14))",
        ),
    ),
    (
        (*classes.DECONV, *classes.CROPPED_DECONV),
        Row(
            _at_positions,
            "weights and biases, at every output position",
            _MACS,
            "a transposed convolution uses its kernel once for each input position: at a stride "
            "of 2 this is 4 times too many",
        ),
    ),
    (
        (*classes.REGION_CONV, *classes.REGION_DECONV),
        Row(
            _at_axes_of_regions,
            "weights and biases, at every value of a region's output",
            _MACS,
            "the axis of the regions is taken for the channels', and these for positions",
        ),
    ),
    (
        (*classes.LINEAR, *classes.FLATTENING_LINEAR),
        Row(
            _once,
            "weights and biases, once",
            _MACS,
            "over a sequence the steps are left out "
            "([#77](https://github.com/TylerYep/torchinfo/issues/77), mended after 1.8.0 by "
            "[#318](https://github.com/TylerYep/torchinfo/pull/318))",
        ),
    ),
    (
        (
            *(*classes.BATCH_NORM, *classes.STEP_NORM, *classes.REGION_NORM, *classes.LAYER_NORM),
            *(*classes.CHANNEL_NORM, *classes.GROUP_NORM, *classes.INSTANCE_NORM, "L2Norm"),
            *("nn.PReLU", "Subsample"),
        ),
        Row(
            _once,
            "parameters, once",
            _MACS,
            "neither the size of the map nor what is computed there matters",
        ),
    ),
    (
        classes.EMBEDDING,
        Row(_once, "parameters, once", _MACS, "a row of the table is read a word: no product"),
    ),
    (
        (*classes.RECURRENT, *classes.PLAIN_RECURRENT),
        Row(
            _at_steps,
            "parameters, at every step",
            _MACS,
            "additions of biases count as multiply-accumulates; where only the last step's output "
            "comes out, its values are taken for steps",
        ),
    ),
    (
        classes.RBF,
        Row(nothing, "nothing", _MACS, "its targets are a buffer, no parameters"),
    ),
    (
        ("LocalContrastNorm",),
        Row(nothing, "nothing", _MACS, "its kernel is a buffer, no parameters"),
    ),
)

_SUMMARY = "torchinfo/model_statistics.py, ModelStatistics"

TORCHINFO = Convention(
    name="torchinfo",
    title="torchinfo 1.8.0",
    source="https://github.com/TylerYep/torchinfo",
    words="torchinfo's mult-adds: parameters times output positions, biases among them",
    params_table=Table(
        "Total params",
        {},
        once=True,
        idle=True,
        otherwise=Row(stored(TRAINED), "what training updates", _SUMMARY),
    ),
    ops_table=Table(
        "Total mult-adds",
        _OPS,
        otherwise=Row(_without_parameters, "nothing, where there are no parameters", _MACS),
    ),
)
