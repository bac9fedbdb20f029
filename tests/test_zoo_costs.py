"""Multiply-accumulates of every network of the zoo, layer by layer, are those that torch counts.

What torch cannot be asked about is left out by name, with the reason (``flops.reason``), and
``LEFT_OUT`` below is the whole list of it.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import flops
import pytest
import torch

import archc
from archc import pipeline

SPECS = Path(__file__).parents[1] / "specs"

LEFT_OUT: dict[str, set[str]] = {
    "lenet5": {"C3.conv", "digit"},
}


def networks() -> list[tuple[str, str]]:
    """Spec and variant of everything in the zoo."""
    return [
        (path.stem, value.name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
    ]


@pytest.mark.parametrize(("spec", "variant"), networks(), ids=[":".join(n) for n in networks()])
def test_multiply_accumulates_are_torchs(spec: str, variant: str) -> None:
    network = archc.load(SPECS / f"{spec}.arch", variant)
    with torch.device("meta"):
        module = network.torch()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of its counter
        comparison = flops.compare(network, module)
    assert comparison.counted == comparison.inferred
    assert comparison.elsewhere == 0
    assert sum(comparison.inferred.values()) > 0
    assert set(comparison.left_out) == LEFT_OUT.get(variant, set())
    assert all(comparison.left_out.values())
