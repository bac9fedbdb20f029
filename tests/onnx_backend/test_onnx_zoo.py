"""Every network of the zoo in onnxruntime gives what it gives in torch, on the same weights.

Images are small where a network's own parameter says so, and fully connected layers of 4096 are of
96: the same layers in the same order, in a tenth of the time. Networks whose inputs have letters
are written with them, and one model is run at two sizes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from onnx_runs import TOLERANCE, same_as_torch
from zoo_settings import SIZES, SMALLEST

from archc import pipeline, zoo
from archc.diagnostics import SpecError
from archc.dims import symbols_of
from archc.graph.network import Network
from archc_backends.onnx import backend

TIES = {("faster_rcnn", "faster_rcnn_fpn")}
"""Where proposals of one region have equal scores, and suppression keeps either: what it keeps is
compared by scores alone, and all that goes into it by every value."""

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
def test_it_gives_what_torch_gives(spec: str, variant: str, narrow: Path) -> None:
    network, sizes = compiled(spec, variant, narrow)
    if (spec, variant) in REFUSED:
        with pytest.raises(SpecError, match=REFUSED[spec, variant]):
            backend.write(network)
        return
    places = any(layer.op.name in ("propose", "unpool") for layer in network.layers)
    tolerance = PLACES if places else TOLERANCE
    ties = (spec, variant) in TIES
    same_as_torch(network, sizes=sizes, batch=1, tolerance=tolerance, ties=ties)
