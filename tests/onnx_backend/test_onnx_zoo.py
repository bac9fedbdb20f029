"""Every network of the zoo in onnxruntime gives what it gives in torch, on the same weights.

Images are small where a network's own parameter says so, and fully connected layers of 4096 are of
96: the same layers in the same order, in a tenth of the time. Networks whose inputs have letters
are written with them, and one model is run at two sizes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_runs import TOLERANCE, same_as_torch
from zoo_settings import SIZES, SMALLEST

from archc import pipeline, zoo
from archc.diagnostics import SpecError
from archc.dims import symbols_of
from archc.graph.network import Network
from archc_backends.onnx import backend, model

MOST = 40_000_000
"""Of networks with more weights only the first of a spec is run on them: the others are proved by
the checker, and have the shapes that archc infers, in onnx's inference and in a run on zeros."""

PLACES = 1e-3
"""Where places come of what the network computes (boxes, the positions of unpooling), a rounding
moves what is read, or where it is put."""

REFUSED: dict[tuple[str, str], str] = {}
"""Networks that ONNX cannot write, with what is said of them: none."""


def names() -> list[tuple[str, str]]:
    return [
        (path.stem, value.name)
        for path in zoo.specs()
        for value in pipeline.family(pipeline.read(path))
    ]


FIRST = dict(reversed(names()))


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zoo with narrower fully connected layers."""
    folder = tmp_path_factory.mktemp("specs")
    for path in zoo.specs():
        text = re.sub(r"(?<!\d)4096\b", "96", path.read_text())
        (folder / path.name).write_text(re.sub(r"x4096\b", "x96", text))
    return folder


def settings(spec: str, variant: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if (spec, variant) in SIZES:
        return SIZES[spec, variant]
    small = SMALLEST.get(f"{spec}:{variant}", SMALLEST.get(spec, {}))
    return small, small


def compiled(spec: str, variant: str, narrow: Path) -> tuple[Network, list[dict[str, int]]]:
    """A network with the letters of its inputs, small otherwise, and the sizes to run it at."""
    first, second = settings(spec, variant)
    whole = pipeline.compile_spec(narrow / f"{spec}.arch", variant)
    letters = {s for value in whole.inputs for size in value.shape for s in symbols_of(size)}
    fixed = {name: value for name, value in first.items() if name not in letters}
    network = pipeline.compile_spec(narrow / f"{spec}.arch", variant, fixed) if fixed else whole
    sizes = [{name: one[name] for name in letters} for one in (first, second)]
    return network, sizes if letters else [{}]


@pytest.mark.parametrize(("spec", "variant"), names(), ids=[":".join(n) for n in names()])
def test_it_gives_what_torch_gives(
    spec: str, variant: str, narrow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, sizes = compiled(spec, variant, narrow)
    if (spec, variant) in REFUSED:
        with pytest.raises(SpecError, match=REFUSED[spec, variant]):
            backend.write(network)
        return
    weights = network.weights
    stored = weights.trainable + weights.statistics
    if stored > MOST and variant != FIRST[spec]:
        monkeypatch.setattr(model, "drawn", lambda weight: np.zeros(weight.shape, np.float32))
        line = backend.prove(network, backend.write(network))
        assert re.match(
            r"proved with onnx \S+: full check, shapes of (all|\d+ of) \d+ layers", line
        )
        return
    places = any(layer.op.name in ("propose", "unpool") for layer in network.layers)
    tolerance = PLACES if places else TOLERANCE
    same_as_torch(network, sizes=sizes, batch=1, tolerance=tolerance)
