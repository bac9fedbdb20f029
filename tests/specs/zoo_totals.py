"""What every network of the zoo must come to: parameters and multiply-accumulates, as literals.

The first networks are here; more are in the files ``totals_*.py`` beside this one, each with its
own ``ROWS``, and their modules written by hand in ``twins_*.py``.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from rows import Row

TORCHVISION = "torchvision, num_params"

ROWS: list[Row] = [
    # 156 + 12 + 1516 + 32 + 48120 + 10164; MACs: those of C1, C3, C5, F6 and the 840 of the RBF
    # units (which subtract, square and add: a multiply-accumulate for each of 84 values)
    Row("lenet5", None, 60_000, 117_600 + 150_000 + 48_000 + 10_080 + 840, "LeCun et al. 1998"),
    Row("lenet5", "lenet_dlib", 107_786, 693_000, "by hand"),
    Row("lenet5", "lenet_pytorch", 61_326, 651_048, "by hand"),
    Row("alexnet", None, 60_965_224, 724_406_816, "BVLC AlexNet (Caffe)"),
    Row("alexnet", "alexnet_dlib", 81_671_976, 1_158_613_856, "by hand"),
    Row("alexnet", "alexnet_pytorch", 46_755_202, 1_005_857_920, "by hand"),
    Row("zfnet", None, 62_357_608, 1_168_032_896, "by hand"),
    Row("vgg", "A", 132_863_336, 7_609_090_048, "torchvision vgg11, num_params"),
    Row("vgg", "A_LRN", 132_863_336, 7_609_090_048, "LRN stores nothing: as A"),
    Row("vgg", "B", 133_047_848, 11_308_466_176, "torchvision vgg13, num_params"),
    Row("vgg", "C", 133_638_952, 11_770_888_192, "by hand"),
    Row("vgg", "D", 138_357_544, 15_470_264_320, "torchvision vgg16, num_params"),
    Row("vgg", "E", 143_667_240, 19_632_062_464, "torchvision vgg19, num_params"),
    Row("vgg", "vgg_dlib", 142_485_928, 15_874_883_584, "by hand"),
    Row("vgg", "vgg_pytorch", 128_774_530, 7_605_002_240, "by hand"),
    Row("vgg", "vgg_small", 42_778_618, 248_397_824, "by hand"),
    Row("vgg16", None, 138_357_544, 15_470_264_320, "torchvision vgg16, num_params"),
    Row("vgg19", None, 143_667_240, 19_632_062_464, "torchvision vgg19, num_params"),
    # the heads: (512 + 528)*128 + 2*(128 + 2048*1024 + 1024 + 1024*1000 + 1000)
    Row("googlenet", None, 6_998_552 + 6_379_728, 1_582_671_872 + 8_372_224, "by hand"),
    Row("googlenet", "googlenet_inference", 6_998_552, 1_582_671_872, "BVLC GoogLeNet (Caffe)"),
    # conv1's 9,472 parameters and 118,013,952 multiply-accumulates become 49*24 + 24*64 weights, 64
    # biases, and 2,712 * 112 * 112
    Row("googlenet", "googlenet_separable", 6_991_856, 1_498_677_248, "by hand"),
    Row("googlenet", "inception_naive", 1_089_952, 854_196_224, "by hand"),
    Row("googlenet", "inception_reduced", 346_720, 271_351_808, "by hand"),
    Row("googlenet", "unreduced_3a", 153_632, 120_422_400, "by hand"),
    Row("googlenet", "unreduced_4a", 576_048, 112_896_000, "by hand"),
    Row("resnet", "resnet18", 11_689_512, 1_814_073_344, TORCHVISION),
    Row("resnet", "resnet34", 21_797_672, 3_663_761_408, TORCHVISION),
    Row("resnet", "resnet50", 25_557_032, 3_857_973_248, TORCHVISION),
    Row("resnet", "resnet101", 44_549_160, 7_570_194_432, TORCHVISION),
    Row("resnet", "resnet152", 60_192_808, 11_282_415_616, TORCHVISION),
    Row("resnet", "resnet50_v1_5", 25_557_032, 4_089_184_256, TORCHVISION),
    Row("resnet", "resnet101_v1_5", 44_549_160, 7_801_405_440, TORCHVISION),
    Row("resnet", "resnet152_v1_5", 60_192_808, 11_513_626_624, TORCHVISION),
    Row("resnet", "plain34", 21_623_848, 3_644_493_824, "by hand"),
    Row("resnet", "resnet34_identity", 21_623_848, 3_644_493_824, "by hand"),
    Row("se_resnet", "se_resnet50", 28_088_024, 3_860_488_192, "imgclsmob, table of models"),
    Row("se_resnet", "se_resnet101", 49_326_872, 7_574_937_600, "imgclsmob, table of models"),
    Row("se_resnet", "se_resnet152", 66_821_848, 11_288_993_792, "imgclsmob, table of models"),
    Row("densenet", "densenet121", 7_978_856, 2_834_161_664, TORCHVISION),
    Row("densenet", "densenet169", 14_149_480, 3_359_843_328, TORCHVISION),
    Row("densenet", "densenet201", 20_013_928, 4_291_365_888, TORCHVISION),
    Row("densenet", "densenet161", 28_681_000, 7_727_907_072, TORCHVISION),
    Row("keras_simple", None, 20_666, 276_224, "document 001: the sum of the summary's rows"),
    Row("keras_flower", None, 3_989_285, 92_611_968, "document 001, total"),
    Row("keras_bn", None, 510_794, 15_749_504, "document 001, trainable"),
]

for path in sorted(Path(__file__).parent.glob("totals_*.py")):
    ROWS += import_module(path.stem).ROWS
