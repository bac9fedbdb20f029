"""Every network of the zoo in Keras: proved layer by layer, refused for a reason that is known, and
run on the torch module's weights."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from keras_compare import assert_equal

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

Settings = dict[str, Any]

SMALL: dict[str, Settings] = {
    "alexnet": {"size": 99},
    "bn_inception": {"size": 64},
    "cam": {"size": 99},
    "cats_and_dogs": {"size": 62},
    "densenet": {"size": 64},
    "densenet:densenet_bc100": {"size": 16},
    "inception_resnet": {"size": 107},
    "inception_v3:inception_v3_inference": {"size": 107},
    "inception_v4": {"size": 107},
    "nin": {"size": 96},
    "nin:nin_cifar": {},
    "preact_resnet": {"size": 64},
    "prelu_net": {"size": 64},
    "resnet": {"size": 64},
    "resnet_cifar": {"size": 16},
    "resnext": {"size": 64},
    "se_resnet": {"size": 64},
    "senet": {"size": 64},
    "stn": {"size": 32},
    "stn:stn_mnist": {},
    "vgg": {"size": 64},
    "vgg16": {"size": 32},
    "vgg19": {"size": 32},
    "xception": {"size": 75},
    "yolo": {"size": 64},
    "zfnet": {"size": 96},
}
"""Smaller images, for the networks of a spec or one of them."""

SIZES: dict[tuple[str, str], Settings] = {
    ("fpn", "fpn"): {"H": 64, "W": 128},
    ("fpn", "rpn_fpn"): {"H": 128, "W": 64},
    ("rcnn", "rcnn"): {"R": 2},
    ("spp_net", "spp_net"): {"H": 180, "W": 203},
    ("nic", "nic"): {"T": 4},
    ("lrcn", "lrcn"): {"T": 2},
}
"""Numbers for the letters of inputs."""

UNRUN = {
    ("fcn", "fcn8s"): "it pads images by 100, to 20 thousand million multiply-accumulates",
    ("fcn", "fcn16s"): "as fcn8s",
    ("fcn", "fcn32s"): "as fcn8s",
    ("prelu_net", "prelu_net_b"): "prelu_net_a with more of the same layers: 1.4 GB of weights",
    ("prelu_net", "prelu_net_c"): "prelu_net_a with wider layers: 2.6 GB of weights",
}
"""Networks that are proved and not run."""


LARGE = 20_000_000
"""Parameters of a network whose weights go before the next are made."""


def names() -> list[tuple[str, str]]:
    return [
        (path.stem, value.name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
    ]


def load(spec: str, variant: str, settings: Settings | None = None) -> Network:
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


RUN = [name for name in WRITTEN if name not in UNRUN]


@pytest.mark.parametrize(("spec", "variant"), RUN, ids=ids(RUN))
def test_it_gives_what_torch_gives(spec: str, variant: str) -> None:
    settings = SMALL.get(f"{spec}:{variant}", SMALL.get(spec, {}))
    network = load(spec, variant, settings)
    if network.parameters.get("classes") == 1000:
        network = load(spec, variant, {**settings, "classes": 10})
    sizes = SIZES.get((spec, variant))
    symbolic = any(not isinstance(size, int) for value in network.inputs for size in value.shape)
    assert isinstance(network.params, int)
    assert symbolic == (sizes is not None)
    assert_equal(network, batch=1, sizes=sizes)
    if network.params > LARGE:
        gc.collect()  # models hold on to themselves in circles, and to their weights


def test_the_tables_name_networks_of_the_zoo() -> None:
    known = set(names())
    assert {*REFUSED, *SIZES, *UNRUN} <= known
    assert SMALL.keys() <= {spec for spec, _ in known} | set(ids(list(known)))
