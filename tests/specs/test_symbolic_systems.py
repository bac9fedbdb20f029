"""Formulas in H, W, T, R, P and D are the numbers that the network has at those sizes; what
detectors are published to have at a size they have."""

from __future__ import annotations

import random
from dataclasses import fields
from pathlib import Path

import pytest

import archc
from archc import SpecError, pipeline
from archc.dims import evaluate, symbols_of
from archc.graph.network import Network
from archc.ops.base import Cost

SPECS = Path(__file__).parents[2] / "specs"
MULTIPLE = {"segnet": 32, "fpn": 64, "yolo": 32, "mask_rcnn": 64, "faster_rcnn": 64}
"""What the sizes of an image must be multiples of."""
LEAST = {"spp_net": 180, "fcn": 1}
SYMBOLIC = [
    ("fcn", "fcn32s"),
    ("fcn", "fcn16s"),
    ("fcn", "fcn8s"),
    ("segnet", "segnet"),
    ("fpn", "fpn"),
    ("fpn", "rpn_fpn"),
    ("rcnn", "rcnn"),
    ("spp_net", "spp_net"),
    ("fast_rcnn", "fast_rcnn"),
    ("faster_rcnn", "faster_rcnn"),
    ("faster_rcnn", "faster_rcnn_zf"),
    ("faster_rcnn", "faster_rcnn_fpn"),
    ("faster_rcnn", "rf_rcnn"),
    ("mask_rcnn", "mask_rcnn"),
    ("mask_rcnn", "mask_rcnn_c4"),
    ("yolo", "yolov1"),
    ("yolo", "yolov2"),
    ("yolo", "yolov3"),
    ("ssd", "ssd300"),
    ("ssd", "ssd512"),
    ("nic", "nic"),
    ("lrcn", "lrcn"),
]


COUNTS = "RTPD"
"""Letters that are no side of an image."""
BRING = ("propose", "detect", "nms")
"""Layers that give as many boxes as the data says."""


def letters(network: Network) -> list[str]:
    """What is left open: sizes of the inputs, and how many boxes layers bring."""
    shapes = [value.shape for value in network.inputs]
    shapes += [layer.shape for layer in network.layers if layer.op.name in BRING]
    return sorted({name for shape in shapes for size in shape for name in symbols_of(size)})


def test_every_network_with_letters_is_here() -> None:
    found = {
        (path.stem, value.name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
        if letters(pipeline.compile_network(value))
    }
    assert found == set(SYMBOLIC)


@pytest.mark.parametrize(("spec", "variant"), SYMBOLIC, ids=[name for _, name in SYMBOLIC])
def test_formulas_are_the_numbers(spec: str, variant: str) -> None:
    path = SPECS / f"{spec}.arch"
    network = archc.load(path, variant)
    chance = random.Random(f"{spec}:{variant}")
    for _ in range(2):
        step = MULTIPLE.get(spec, 1)
        least = max(LEAST.get(spec, 64), step)
        at = {
            name: chance.randint(1, 40)
            if name in COUNTS
            else step * chance.randint(-(-least // step), 700 // step)
            for name in letters(network)
        }
        bound = archc.load(path, variant, **at)
        assert not letters(bound)
        assert evaluate(network.macs, at) == bound.macs
        assert network.params == bound.params
        for layer, fixed in zip(network.layers, bound.layers, strict=True):
            assert tuple(evaluate(size, at) for size in layer.shape) == fixed.shape, layer.path
            for field in fields(Cost):
                formula, number = getattr(layer.cost, field.name), getattr(fixed.cost, field.name)
                assert evaluate(formula, at) == number, (layer.path, field.name, at)


PROPOSING = [pair for pair in SYMBOLIC if pair[0] in ("faster_rcnn", "mask_rcnn")]


@pytest.mark.parametrize(("spec", "variant"), PROPOSING, ids=[name for _, name in PROPOSING])
def test_proposals_and_detections_are_letters(spec: str, variant: str) -> None:
    network = archc.load(SPECS / f"{spec}.arch", variant)
    assert letters(network) == ["D", "H", "P", "W"]
    assert "P" in symbols_of(network.macs)
    with pytest.raises(SpecError, match="the count `P` is an integer from 1, but this is 0"):
        archc.load(SPECS / f"{spec}.arch", variant, P=0)


BILLIONS = [
    # the table of pjreddie.com/darknet/yolo, in 10^9 operations, two for each multiply-accumulate
    ("yolov2", 608, "62.94"),
    ("yolov3", 320, "38.97"),
    ("yolov3", 416, "65.86"),
    ("yolov3", 608, "140.69"),
]


@pytest.mark.parametrize(("variant", "size", "printed"), BILLIONS)
def test_operations_of_yolo(variant: str, size: int, printed: str) -> None:
    network = archc.load(SPECS / "yolo.arch", variant, H=size, W=size)
    assert f"{2 * network.macs / 10**9:.2f}" == printed


@pytest.mark.parametrize(("variant", "boxes"), [("ssd300", 8732), ("ssd512", 24564)])
def test_default_boxes_of_ssd(variant: str, boxes: int) -> None:
    """Liu et al. 2016, Table 7."""
    network = archc.load(SPECS / "ssd.arch", variant)
    shapes = {layer.path: layer.shape for layer in network.layers}
    paths = {output.name: output.path for output in network.outputs}
    assert shapes[paths["logits"]] == (boxes, 21)
    assert shapes[paths["regressed"]] == (boxes, 4)
