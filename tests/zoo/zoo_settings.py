"""How the networks that are no classifiers are made small, for tests that run them."""

from __future__ import annotations

from typing import Any

Settings = dict[str, Any]

AT: dict[tuple[str, str], Settings] = {
    ("fcn", "fcn32s"): {"H": 32, "W": 48},
    ("fcn", "fcn16s"): {"H": 32, "W": 48},
    ("fcn", "fcn8s"): {"H": 48, "W": 33},
    ("segnet", "segnet"): {"H": 64, "W": 96},
    ("fpn", "fpn"): {"H": 64, "W": 128},
    ("fpn", "rpn_fpn"): {"H": 64, "W": 128},
    ("rcnn", "rcnn"): {"R": 2},
    ("spp_net", "spp_net"): {"H": 180, "W": 203},
    ("fast_rcnn", "fast_rcnn"): {"H": 64, "W": 96, "R": 5},
    ("faster_rcnn", "faster_rcnn"): {"H": 64, "W": 96, "P": 20},
    ("faster_rcnn", "faster_rcnn_fpn"): {"H": 64, "W": 128, "P": 20},
    ("faster_rcnn", "rf_rcnn"): {"H": 64, "W": 96, "P": 20},
    ("mask_rcnn", "mask_rcnn"): {"H": 64, "W": 128, "P": 6},
    ("mask_rcnn", "mask_rcnn_c4"): {"H": 64, "W": 96, "P": 6},
    ("yolo", "yolov1"): {"S": 3},
    ("yolo", "yolov2"): {"H": 96, "W": 64},
    ("yolo", "yolov3"): {"H": 96, "W": 64},
    ("nic", "nic"): {"T": 4},
    ("lrcn", "lrcn"): {"T": 3},
}
"""Numbers for symbolic sizes, and fewer proposals: what runs on a processor in a second or two."""

SYSTEMS: dict[str, list[tuple[str, Settings]]] = {
    "fcn": [("fcn8s", {"H": 32, "W": 48, "classes": 3})],
    "segnet": [("segnet", {"H": 32, "W": 64})],
    "fpn": [("fpn", {"H": 64, "W": 128}), ("rpn_fpn", {"H": 128, "W": 64})],
    "rcnn": [("rcnn", {"R": 2})],
    "spp_net": [("spp_net", {"H": 180, "W": 190, "classes": 10})],
    "fast_rcnn": [("fast_rcnn", {"H": 32, "W": 48, "R": 3})],
    "faster_rcnn": [
        ("faster_rcnn", {"H": 64, "W": 64, "P": 8}),
        ("faster_rcnn_fpn", {"H": 64, "W": 64, "P": 8}),
        ("rf_rcnn", {"H": 64, "W": 64, "P": 8}),
    ],
    "mask_rcnn": [
        ("mask_rcnn", {"H": 64, "W": 64, "P": 4}),
        ("mask_rcnn_c4", {"H": 64, "W": 64, "P": 4}),
    ],
    "yolo": [
        ("yolov1", {"S": 2}),
        ("yolov2", {"H": 64, "W": 64}),
        ("yolov3", {"H": 64, "W": 64}),
        ("darknet19", {"size": 64, "classes": 10}),
        ("darknet53", {"size": 64, "classes": 10}),
    ],
    "gan": [("generator", {}), ("discriminator", {})],
    "dcgan": [
        ("generator", {"width": 64}),
        ("discriminator", {"width": 64}),
        ("generator_4x4", {"width": 64}),
        ("discriminator_4x4", {"width": 16}),
    ],
    "pix2pix": [("unet", {"width": 8}), ("patchgan", {"width": 8})],
    "nic": [("nic", {"T": 3, "vocabulary": 50})],
    "lrcn": [("lrcn", {"T": 2, "classes": 5})],
}
"""As ``SMALL``: what is trained, scripted, exported and pickled."""

COUNTED = ("propose", "detect", "nms")
"""Layers that give as many rows as their values say."""
