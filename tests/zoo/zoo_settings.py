"""How the networks that are no classifiers are made small, for tests that run them."""

from __future__ import annotations

from typing import Any

Settings = dict[str, Any]

SIZES: dict[tuple[str, str], tuple[Settings, Settings]] = {
    ("fcn", "fcn32s"): ({"H": 32, "W": 48}, {"H": 50, "W": 33}),
    ("fcn", "fcn16s"): ({"H": 32, "W": 48}, {"H": 50, "W": 33}),
    ("fcn", "fcn8s"): ({"H": 48, "W": 33}, {"H": 32, "W": 70}),
    ("segnet", "segnet"): ({"H": 32, "W": 64}, {"H": 64, "W": 96}),
    ("fpn", "fpn"): ({"H": 64, "W": 128}, {"H": 128, "W": 64}),
    ("fpn", "rpn_fpn"): ({"H": 64, "W": 128}, {"H": 128, "W": 64}),
    ("rcnn", "rcnn"): ({"R": 2}, {"R": 3}),
    ("spp_net", "spp_net"): ({"H": 180, "W": 203}, {"H": 224, "W": 180}),
    ("fast_rcnn", "fast_rcnn"): ({"H": 64, "W": 96, "R": 5}, {"H": 50, "W": 33, "R": 2}),
    ("faster_rcnn", "faster_rcnn"): ({"H": 64, "W": 96}, {"H": 90, "W": 65}),
    ("faster_rcnn", "faster_rcnn_zf"): ({"H": 64, "W": 96}, {"H": 90, "W": 65}),
    ("faster_rcnn", "faster_rcnn_fpn"): (
        {"H": 64, "W": 128, "P": 20},
        {"H": 128, "W": 64, "P": 20},
    ),
    ("faster_rcnn", "rf_rcnn"): ({"H": 64, "W": 96}, {"H": 90, "W": 65}),
    ("mask_rcnn", "mask_rcnn"): ({"H": 64, "W": 128, "P": 6}, {"H": 128, "W": 64, "P": 6}),
    ("mask_rcnn", "mask_rcnn_c4"): ({"H": 64, "W": 96, "P": 6}, {"H": 80, "W": 64, "P": 6}),
    ("yolo", "yolov2"): ({"H": 96, "W": 64}, {"H": 64, "W": 128}),
    ("yolo", "yolov3"): ({"H": 96, "W": 64}, {"H": 64, "W": 128}),
    ("nic", "nic"): ({"T": 4}, {"T": 1}),
    ("lrcn", "lrcn"): ({"T": 3}, {"T": 2}),
}
"""Two sizes for each network whose input has letters; and fewer proposals, where they are a great
part of the work: what runs on a processor in a second or two."""

SMALLEST: dict[str, Settings] = {
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
    "ssd:ssd512": {"size": 257},
    "stn": {"size": 32},
    "stn:stn_mnist": {},
    "vgg": {"size": 64},
    "vgg16": {"size": 32},
    "vgg19": {"size": 32},
    "xception": {"size": 75},
    "yolo:yolov1": {"S": 2},
    "yolo:darknet19": {"size": 64},
    "yolo:darknet53": {"size": 64},
    "zfnet": {"size": 96},
}
"""Smaller images for the networks of a spec, or one of them: all of their layers, in less time."""

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
"""As ``SMALL``: what is scripted, compiled and pickled."""

COUNTED = ("propose", "detect", "nms")
"""Layers that give as many rows as their values say."""
