"""Networks run by onnxruntime and by torch, on the same weights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor

from archc.graph.network import Network
from archc.ops.recurrent import Embed
from archc_backends.onnx import backend
from archc_backends.torch import backend as torch_backend

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "torch_backend"))
sys.path.insert(0, str(HERE.parent / "zoo"))

from networks import NETWORKS  # noqa: E402

from archc_backends.shared.outputs import auxiliary  # noqa: E402
from archc_backends.shared.sizes import bind  # noqa: E402
from archc_backends.torch.proof import torch_shape  # noqa: E402

TOLERANCE = 2e-5
"""Of the largest value of an output: what single precision leaves of some hundred layers."""


def drawn_module(network: Network, seed: int = 0) -> Any:
    """The torch module outside training, all weights and statistics drawn so that values neither
    grow nor vanish, and none is one that a wrong name could have."""
    with torch.device("meta"):
        module = torch_backend.module(network)
    module = module.to_empty(device="cpu").eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            leaf = name.rpartition(".")[2]
            if leaf in ("window", "num_batches_tracked"):
                value.fill_(0)
            elif leaf == "targets":
                value.copy_(torch.randint(0, 2, value.shape, generator=generator) * 2.0 - 1)
            elif leaf == "running_var" or (value.dim() == 1 and leaf == "weight"):
                value.uniform_(0.5, 1.5, generator=generator)
            else:
                bound = (3 / value[0].numel()) ** 0.5 if value.dim() > 1 else 0.02
                value.uniform_(-bound, bound, generator=generator)
    return _with_windows(network, module)


def _with_windows(network: Network, module: Any) -> Any:
    """Windows of local contrast normalisation are no weights: as a fresh module has them."""
    if any(layer.op.name == "lcn" for layer in network.layers):
        fresh = torch_backend.module(network)
        fresh.load_state_dict(module.state_dict())
        return fresh.eval()
    return module


def examples(
    network: Network, sizes: dict[str, int] | None = None, batch: int = 2
) -> dict[str, Tensor]:
    """Random inputs by name: values, words where an embedding reads them, boxes in an image."""
    bindings = {**bind(network), **(sizes or {})}
    generator = torch.Generator().manual_seed(5)
    readers = {path: layer.op for layer in network.layers for path in layer.inputs}
    found: dict[str, Tensor] = {}
    for value in network.inputs:
        shape = (batch, *torch_shape(value.shape, bindings)[1:])
        reader = readers.get(value.name)
        if isinstance(reader, Embed):
            found[value.name] = torch.randint(reader.vocabulary, shape, generator=generator)
        elif value.name in ("rois", "boxes"):
            found[value.name] = boxes(shape, generator)
        else:
            found[value.name] = torch.randn(shape, generator=generator)
    return found


def boxes(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Boxes of all sizes in an image of 64 positions and a little beyond; the last is empty."""
    corners = torch.rand(*shape[:2], 2, 2, generator=generator) * 72 - 4
    found = torch.cat([corners.amin(2), corners.amax(2) + 1], dim=2)
    found[:, -1] = 0
    rest = torch.rand(*shape[:2], shape[2] - 4, generator=generator)
    return torch.cat([found, rest], dim=2)


def session(source: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def run(source: bytes, inputs: dict[str, Tensor]) -> list[Array]:
    """What onnxruntime gives."""
    made = session(source)
    kinds = {value.name: value.type for value in made.get_inputs()}
    given = {
        name: value.numpy().astype(np.int64 if kinds[name] == "tensor(int64)" else np.float32)
        for name, value in inputs.items()
        if name in kinds
    }
    found: list[Array] = made.run(None, given)
    return found


def tensors(result: Any) -> list[Tensor]:
    """What a module gave, without auxiliary outputs that it left out."""
    found = result if isinstance(result, tuple) else (result,)
    return [value for value in found if value is not None]


Array = np.ndarray[Any, Any]


def assert_close(
    network: Network,
    found: list[Array],
    wanted: list[Tensor],
    tolerance: float = TOLERANCE,
    ties: bool = False,
) -> None:
    """All outputs are equal to a part of their largest value; of detections those of (nearly) the
    same score may have changed places, or (``ties``) be another of the boxes of that score."""
    left_out = auxiliary(network)
    outputs = [output for output in network.outputs if output.name not in left_out]
    assert len(found) == len(wanted) == len(outputs)
    for one, other, output in zip(found, wanted, outputs, strict=True):
        expected = other.detach().numpy()
        assert one.shape == expected.shape
        assert np.isfinite(expected).all()
        most = tolerance * max(np.abs(expected).max(initial=0), 1e-3)
        maker = network.by_path.get(output.path)
        if maker is not None and maker.op.name in ("detect", "nms"):
            np.testing.assert_allclose(one[..., 4], expected[..., 4], rtol=0, atol=most)
            for rows, others in () if ties else zip(one, expected, strict=True):
                apart = np.abs(rows[:, None] - others[None]).max(-1)
                assert apart.size == 0 or max(apart.min(0).max(), apart.min(1).max()) <= most
        else:
            np.testing.assert_allclose(one, expected, rtol=0, atol=most)


def same_as_torch(
    network: Network,
    *,
    sizes: list[dict[str, int]] | None = None,
    batch: int = 2,
    tolerance: float = TOLERANCE,
    ties: bool = False,
) -> bytes:
    """The model, once onnxruntime has given what torch gives at all sizes, and the checker passed
    it. Its weights are those of the module, under their names."""
    module = drawn_module(network)
    state = module.state_dict()
    source = backend.write(network, weights=state)
    onnx.checker.check_model(source, full_check=True)
    for one in sizes or [{}]:
        inputs = examples(network, one, batch)
        with torch.no_grad():
            wanted = tensors(module(*inputs.values()))
        assert_close(network, run(source, inputs), wanted, tolerance, ties)
    return source


def initializers(source: bytes) -> dict[str, tuple[int, ...]]:
    return {one.name: tuple(one.dims) for one in onnx.load_from_string(source).graph.initializer}


def states(module: Any) -> dict[str, tuple[int, ...]]:
    """The weights of a module that are read outside training."""
    return {
        name: tuple(value.shape)
        for name, value in module.state_dict().items()
        if not name.endswith(".num_batches_tracked")
    }


__all__ = [
    "NETWORKS",
    "TOLERANCE",
    "assert_close",
    "drawn_module",
    "examples",
    "initializers",
    "run",
    "same_as_torch",
    "session",
    "states",
    "tensors",
]
