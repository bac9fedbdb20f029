"""Ways of counting: a count is a vector, a convention is a weighting of it.

:class:`~archc.ops.base.Weights` and :class:`~archc.ops.base.Cost` are the vectors. A weighting maps
their fields to how often each counts; fields that it leaves out count nothing. Flags in a claim
are changes to the weighting of its quantity.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from archc.dims import Dim
from archc.graph.network import Layer
from archc.ops.base import Cost, Weights

Weighting = Mapping[str, int]

TRAINED: Weighting = {"weights": 1, "biases": 1, "second_biases": 1, "scales": 1, "shifts": 1}
"""What training updates (torch: parameters with gradients; Keras: "Trainable params")."""

STORED: Weighting = {**TRAINED, "statistics": 1, "fixed": 1}
"""All that is stored (Keras: "Total params", which counts running statistics)."""

KERNELS: Weighting = {"weights": 1}
BIASES: Weighting = {"biases": 1, "second_biases": 1}
STATISTICS: Weighting = {"statistics": 1, "fixed": 1}
"""What is stored and not trained (Keras: "Non-trainable params")."""

MACS: Weighting = {"macs": 1}
OPERATIONS: Weighting = {"macs": 2}
"""A multiplication and an addition each (torch's FlopCounterMode)."""

CONNECTIONS: Weighting = {"macs": 1, "bias_adds": 1}
"""As in LeCun et al. 1998, Section II.B: C1's 122,304 connections are 26 for each of its values."""

SUBSAMPLED: Weighting = {"additions": 1, "multiplications": 1, "bias_adds": 1}
"""Connections of trainable subsampling: S2's 5,880 are 4 inputs and a bias for each value."""

_LEAVES_OUT: Mapping[str, Collection[str]] = {
    "nobias": ("biases", "second_biases", "bias_adds"),
    "onebias": ("second_biases",),
    "nonorm": ("scales", "shifts", "statistics"),
}

BYTES_A_VALUE = 4
"""Of a 32-bit float."""

_IN_PLACE_FAMILIES = frozenset(("activation", "normalization", "regularization"))
_IN_PLACE = frozenset(("flatten", "identity", "rescale"))


def weighting(base: Weighting, flags: Collection[str]) -> Weighting:
    """A quantity's weighting as its claim's flags change it."""
    changed = dict(base)
    for flag in flags:
        for field in _LEAVES_OUT.get(flag, ()):
            changed.pop(field, None)
    if "withbias" in flags:
        changed["bias_adds"] = 1
    if "fused" in flags:
        changed["macs"] = 1
    return changed


def weigh(vector: Weights | Cost, by: Weighting) -> Dim:
    """The vector's fields, each counted as often as the weighting says."""
    total: Dim = 0
    for field, times in by.items():
        total = total + times * getattr(vector, field)
    return total


def in_place(layer: Layer) -> bool:
    """Whether a layer makes no new tensor: it may write over the one it reads."""
    op = type(layer.op)
    if op.name in _IN_PLACE:
        return True
    return op.family in _IN_PLACE_FAMILIES and layer.shape == layer.input_shapes[0]
