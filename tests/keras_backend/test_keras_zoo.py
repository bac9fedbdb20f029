"""Every network of the zoo in Keras: proved layer by layer, refused for a reason that is known, and
run on the torch module's weights."""

from __future__ import annotations

import gc
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from keras_compare import assert_equal

sys.path.insert(0, str(Path(__file__).parents[1] / "zoo"))
from zoo_settings import SIZES, SMALLEST

from archc import pipeline
from archc.diagnostics import SpecError
from archc.graph.network import Network
from archc_backends.keras import backend

SPECS = Path(__file__).parents[2] / "specs"

BOXES = "has no boxes: no decoding, clipping or suppression of them"
DECODING = "has no decoding of boxes"
PRIORS = "has no prior boxes"
REGIONS = "has no pooling of regions of interest"
WHERE = "has no pooling that says where it found its maxima, which `unpool` needs"

REFUSED = {
    ("deconvnet", "deconvnet"): WHERE,
    ("fast_rcnn", "fast_rcnn"): REGIONS,
    ("faster_rcnn", "faster_rcnn"): BOXES,
    ("faster_rcnn", "faster_rcnn_fpn"): BOXES,
    ("faster_rcnn", "faster_rcnn_zf"): BOXES,
    ("faster_rcnn", "rf_rcnn"): BOXES,
    ("mask_rcnn", "mask_rcnn"): BOXES,
    ("mask_rcnn", "mask_rcnn_c4"): BOXES,
    ("segnet", "segnet"): WHERE,
    ("ssd", "ssd300"): PRIORS,
    ("ssd", "ssd512"): PRIORS,
    ("yolo", "yolov1"): DECODING,
    ("yolo", "yolov2"): DECODING,
    ("yolo", "yolov3"): DECODING,
}
"""What Keras cannot write of the zoo, and why: detectors, and unpooling."""

LARGE = 20_000_000
"""Parameters of a network whose weights go before the next are made."""


def names() -> list[tuple[str, str]]:
    return [
        (path.stem, value.name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
    ]


def load(spec: str, variant: str, settings: dict[str, Any] | None = None) -> Network:
    return pipeline.compile_spec(SPECS / f"{spec}.arch", variant, settings or None)


def ids(found: list[tuple[str, str]]) -> list[str]:
    return [":".join(name) for name in found]


WRITTEN = [name for name in names() if name not in REFUSED]


@pytest.mark.parametrize(("spec", "variant"), WRITTEN, ids=ids(WRITTEN))
def test_every_layer_is_keras(spec: str, variant: str) -> None:
    network = load(spec, variant)
    line = backend.prove(network, backend.write(network))
    assert line is not None
    assert f" {len(network.layers):,} layers, shapes and parameters equal" in line


@pytest.mark.parametrize(("spec", "variant"), REFUSED, ids=ids(list(REFUSED)))
def test_what_keras_cannot_write_is_refused_with_its_reason(spec: str, variant: str) -> None:
    with pytest.raises(SpecError) as caught:
        backend.write(load(spec, variant))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == f"the keras backend {REFUSED[spec, variant]}"
    assert diagnostic.span is not None


FCN = [name for name in WRITTEN if name[0] == "fcn"]
"""It pads images by 100, to 20 thousand million multiply-accumulates: run with fewer channels."""

RUN = [name for name in WRITTEN if name not in FCN]


@pytest.mark.parametrize(("spec", "variant"), RUN, ids=ids(RUN))
def test_it_gives_what_torch_gives(spec: str, variant: str) -> None:
    settings = SMALLEST.get(f"{spec}:{variant}", SMALLEST.get(spec, {}))
    network = load(spec, variant, settings)
    if network.parameters.get("classes") == 1000:
        network = load(spec, variant, {**settings, "classes": 10})
    sizes = SIZES[spec, variant][0] if (spec, variant) in SIZES else None
    symbolic = any(not isinstance(size, int) for value in network.inputs for size in value.shape)
    assert isinstance(network.params, int)
    assert symbolic == (sizes is not None)
    assert_equal(network, batch=1, sizes=sizes)
    if network.params > LARGE:
        gc.collect()  # models hold on to themselves in circles, and to their weights


@pytest.mark.parametrize(("spec", "variant"), FCN, ids=ids(FCN))
def test_a_narrower_fcn_gives_what_torch_gives(spec: str, variant: str) -> None:
    """Its trunk with a 32nd of the channels; every window, stride, padding and crop as they are."""
    trunk, found, rest = (SPECS / f"{spec}.arch").read_text().partition("network fcn32s")
    narrow = re.sub(r"\b(64|128|256|512|4096)\b", lambda width: str(int(width[1]) // 32), trunk)
    network = pipeline.compile_text(narrow + found + rest, "narrow.arch", variant)
    assert len(network.layers) == len(load(spec, variant).layers)
    assert network.find("vgg.fc7.conv").op.width == 128
    for height, width in ((33, 50), (64, 41)):
        assert_equal(network, batch=1, sizes={"H": height, "W": width})


def test_the_tables_name_networks_of_the_zoo() -> None:
    known = set(names())
    assert set(REFUSED) <= known
    assert {variant for _, variant in FCN} == {"fcn32s", "fcn16s", "fcn8s"}
