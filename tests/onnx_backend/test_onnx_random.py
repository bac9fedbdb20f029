"""Random networks in onnxruntime give what they give in torch, on the same weights."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import onnx
import pytest
import torch
from hypothesis import given, note
from onnx import shape_inference
from onnx_runs import drawn_module, examples, same_as_torch, tensors

import archc
from tests.drawing import patient

sys.path.insert(0, str(Path(__file__).parents[1] / "random_networks"))

from plans import Drawn, networks

EXAMPLES = 40

TOLERANCE = 1e-4
"""Of an output's largest value: norms of maps of few positions amplify rounding."""


def test_random_networks_give_what_torch_gives() -> None:
    seen: Counter[str] = Counter()

    @given(networks())
    @patient(EXAMPLES)
    def check(drawn: Drawn) -> None:
        note(drawn.text)
        network = archc.loads(drawn.text)
        with torch.no_grad():
            given = tensors(drawn_module(network)(*examples(network, batch=3).values()))
        if not all(value.isfinite().all() for value in given):
            seen["not finite"] += 1  # a dilated window that is wholly in the padding
            return
        source = same_as_torch(network, batch=3, tolerance=TOLERANCE)
        model = onnx.load_from_string(source)
        shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        seen.update(node.op_type for node in model.graph.node)

    check()
    if len(seen) < 12:
        pytest.fail(f"few operators were written: {dict(seen)}")
