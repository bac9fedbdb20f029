"""Every convention that has a name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archc.audit.conventions.calflops import CALFLOPS, CALFLOPS_FLOPS
from archc.audit.conventions.convention import Convention
from archc.audit.conventions.frameworks import CAFFE, KERAS, KERAS_TRAINABLE, PAPER
from archc.audit.conventions.hooked import PTFLOPS, THOP
from archc.audit.conventions.torchinfo import TORCHINFO
from archc.audit.conventions.traced import FLOP_COUNTER_MODE, FVCORE, PTFLOPS_ATEN, TORCHVISION

CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        convention.name: convention
        for convention in (
            PAPER,
            CAFFE,
            KERAS,
            KERAS_TRAINABLE,
            TORCHINFO,
            FVCORE,
            PTFLOPS,
            PTFLOPS_ATEN,
            THOP,
            CALFLOPS,
            CALFLOPS_FLOPS,
            FLOP_COUNTER_MODE,
            TORCHVISION,
        )
    }
)
"""By their names, as ``archc show --count-as`` takes them and claims flag them."""
