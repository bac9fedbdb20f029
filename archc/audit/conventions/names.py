"""The names of conventions, for claims to flag: known without their tables."""

from __future__ import annotations

COUNTING_PARAMS = frozenset(
    (
        *("paper", "caffe", "keras", "keras_trainable", "torchinfo", "fvcore", "ptflops"),
        *("ptflops_aten", "thop", "calflops", "calflops_flops", "torchvision"),
    )
)
"""Those that give a number of parameters."""

COUNTING_OPS = frozenset(
    (
        *("paper", "torchinfo", "fvcore", "ptflops", "ptflops_aten", "thop"),
        *("calflops", "calflops_flops", "torch", "torchvision"),
    )
)
"""Those that give a number of operations."""
