"""What the networks for segmentation, detection, generation and control must come to (``rows.py``).

Of a detector on a pyramid torchvision's ``num_params`` leaves out the 53,120 scales and shifts that
its weights freeze; ``weights=None`` counts them.
"""

from __future__ import annotations

from rows import Row

TORCHVISION = "torchvision, weights=None"

ROWS = [
    Row("fcn", "fcn32s", 136_152_917, 25_378_824_960, "by hand", {"H": 64, "W": 96}),
    Row("fcn", "fcn16s", 134_815_994, 25_396_833_216, "by hand", {"H": 64, "W": 96}),
    Row(
        "fcn",
        "fcn8s",
        134_489_759,
        25_412_541_888,
        "YBIGTA/DL_Models, models/fcn",
        {"H": 64, "W": 96},
    ),
    Row("segnet", None, 29_449_355, 3_786_670_080, "by hand", {"H": 64, "W": 96}),
    Row("deconvnet", None, 251_805_653, 32_745_979_904, "by hand"),
    Row("gan", "generator", 2_503_984, 2_500_800, "by hand"),
    Row("gan", "discriminator", 1_231_441, 1_229_040, "by hand"),
    Row("dcgan", "generator", 18_855_040, 640_614_400, "by hand"),
    Row("dcgan", "discriminator", 17_232_768, 638_992_384, "by hand"),
    Row("dcgan", "generator_4x4", 3_576_704, 104_628_224, "pytorch/examples, dcgan"),
    Row("dcgan", "discriminator_4x4", 2_765_568, 103_817_216, "pytorch/examples, dcgan"),
    Row("pix2pix", "unet", 54_413_955, 6_048_186_368, "by hand"),
    Row("pix2pix", "patchgan", 2_768_705, 3_197_140_992, "by hand"),
    Row("dqn", None, 1_693_362, 9_352_192, "Rusu et al. 2016, Policy distillation"),
    Row("nic", None, 17_663_675, 1_615_296_000, "by hand", {"T": 4}),
    Row("lrcn", None, 44_571_365, 1_416_031_808, "by hand", {"T": 2}),
    Row("cirl", None, 6_769_708, 166_297_600, "by hand"),
    Row("deepgestalt", None, 1_822_104, 764_411_904, "by hand"),
    Row("fpn", None, 26_852_416, 1_131_282_432, "by hand", {"H": 64, "W": 128}),
    Row("fpn", "rpn_fpn", 27_446_351, 1_536_161_280, "by hand", {"H": 64, "W": 128}),
    Row("spp_net", None, 77_037_672, 931_949_056, "by hand", {"H": 180, "W": 224}),
    Row("rcnn", None, 57_728_489, 1_442_341_952, "by hand", {"R": 2}),
    Row("fast_rcnn", None, 134_690_729, 2_239_082_496, "by hand", {"H": 64, "W": 96, "R": 3}),
    Row("faster_rcnn", None, 137_078_239, 37_926_789_120, "by hand", {"H": 64, "W": 96, "P": 300}),
    Row(
        "faster_rcnn",
        "faster_rcnn_zf",
        59_294_751,
        16_709_878_272,
        "by hand",
        {"H": 64, "W": 96, "P": 300},
    ),
    Row(
        "faster_rcnn",
        "rf_rcnn",
        154_203_699,
        43_063_173_120,
        "by hand",
        {"H": 64, "W": 96, "P": 300},
    ),
    Row(
        "faster_rcnn",
        "faster_rcnn_fpn",
        41_808_406,
        15_895_713_280,
        TORCHVISION,
        {"H": 64, "W": 128, "P": 1000},
    ),
    Row(
        "mask_rcnn", None, 44_454_513, 547_962_017_280, TORCHVISION, {"H": 64, "W": 128, "P": 1000}
    ),
    Row(
        "mask_rcnn",
        "mask_rcnn_c4",
        31_202_651,
        252_446_932_992,
        "by hand",
        {"H": 64, "W": 96, "P": 300},
    ),
    Row("yolo", "yolov1", 271_703_550, 20_285_153_280, "by hand"),
    Row("yolo", "darknet19", 20_842_376, 2_790_989_824, "by hand"),
    Row("yolo", "darknet53", 41_609_928, 9_285_115_904, "imgclsmob, table of models"),
    Row("yolo", "yolov2", 50_962_889, 523_032_576, "YAD2K, summary", {"H": 64, "W": 96}),
    Row("yolo", "yolov3", 61_949_149, 1_169_184_768, "keras-yolo3, summary", {"H": 64, "W": 96}),
    Row("ssd", "ssd300", 26_285_486, 31_373_537_792, "ssd_keras, summary"),
    Row("ssd", "ssd512", 27_188_676, 90_207_908_864, "by hand"),
]
