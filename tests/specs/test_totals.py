"""Every network of the zoo comes to its published or hand-counted totals, and so does a module
written by hand in PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from rows import Row
from zoo_totals import ROWS

import archc
from archc import pipeline

SPECS = Path(__file__).parents[2] / "specs"
IDS = [f"{row.spec}:{row.variant}" if row.variant else row.spec for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_totals(row: Row) -> None:
    network = archc.load(SPECS / f"{row.spec}.arch", row.variant, **row.at)
    assert (network.params, network.macs) == (row.params, row.macs)


def test_every_network_of_the_zoo_has_a_row() -> None:
    found = [
        (path.stem, None if value.name == path.stem else value.name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
    ]
    assert sorted(map(str, found)) == sorted(str((row.spec, row.variant)) for row in ROWS)


def test_running_statistics_of_the_keras_network() -> None:
    network = archc.load(SPECS / "keras_bn.arch")
    statistics = sum(layer.weights.statistics for layer in network.layers)
    assert statistics == 896
    assert network.params + statistics == 511_690
    assert archc.load(SPECS / "keras_bn.arch", norm=False).params == 509_898


STORED = [
    # Google's tests of TF-Slim count all that is stored but the classifier; nothing is scaled
    ("bn_inception", "inception_v2", 10_173_112),  # inception_v2_test.py
    ("inception_v3", "inception_v3_inference", 21_802_784),  # inception_v3_test.py
]


@pytest.mark.parametrize(("spec", "variant", "stored"), STORED)
def test_what_is_stored_without_scales_and_classifier(spec: str, variant: str, stored: int) -> None:
    network = archc.load(SPECS / f"{spec}.arch", variant)
    body = [layer.weights for layer in network.layers if layer.path != "linear"]
    assert sum(w.weights + w.biases + w.shifts + w.statistics for w in body) == stored


PARAMETERS = [
    # spec, variant, parameters, trainable parameters, where from
    ("alexnet", None, {"groups": 1}, 62_378_344),  # 001 and others print 62M
    ("alexnet", None, {"pool_first": True}, 60_965_224),
    # 224x224 without padding: maps of 54, 26, 12 and 5, so fc6 reads 6,400 values, not 9,216
    ("alexnet", None, {"size": 224}, 60_965_224 - (9216 - 6400) * 4096),
    ("googlenet", None, {"aux": False}, 6_998_552),
    ("googlenet", None, {"aux": False, "classes": 10}, 6_998_552 - 990 * 1025),
    ("vgg", "D", {"classes": 10}, 134_260_544 + 4097 * 10),
    ("vgg", "D", {"lrn": True}, 138_357_544),
    ("zfnet", None, {"widths": (512, 1024, 512)}, 107_627_624),
    ("zfnet", None, {"widths": (512, 512, 1024)}, 180_765_800),
    ("resnet", "resnet50", {"classes": 10}, 25_557_032 - 990 * 2049),
    # a global average pool: no parameter depends on the size of the image
    ("resnet", "resnet50", {"size": 320}, 25_557_032),
    ("densenet", "densenet121", {"size": 320}, 7_978_856),
]


@pytest.mark.parametrize(("spec", "variant", "values", "params"), PARAMETERS)
def test_parameters(spec: str, variant: str | None, values: dict[str, object], params: int) -> None:
    assert archc.load(SPECS / f"{spec}.arch", variant, **values).params == params


DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
D121, D169, D201, D161 = ((6, 12, n, m) for n, m in [(24, 16), (32, 32), (48, 32), (36, 24)])


def twins() -> dict[str, tuple[Callable[[], object], tuple[int, ...]]]:
    """The hand-written module of each row and the input it reads (channel first)."""
    import twins as t

    colour, grey, mnist = (3, 224, 224), (1, 224, 224), (1, 28, 28)

    def resnet(strided: int, gated: bool, *depths: int) -> Callable[[], object]:
        return lambda: t.resnet(t.bottleneck(strided, gated), 4, depths)

    def basic(parameters: bool, *depths: int) -> Callable[[], object]:
        return lambda: t.resnet(t.basic(parameters), 1, depths)

    def vgg(stages: str, *others: int) -> Callable[[], object]:
        return lambda: t.vgg(stages, *others)

    found: dict[str, tuple[Callable[[], object], tuple[int, ...]]] = {
        "lenet5": (t.lenet5, (1, 32, 32)),
        "lenet5:lenet_dlib": (lambda: t.lenet(1, 2, 7, 10), mnist),
        "lenet5:lenet_pytorch": (lambda: t.lenet(3, 0, 5, 2), (3, 32, 32)),
        "alexnet": (lambda: t.alexnet(3, 0, 2, 256, 6, 1000), (3, 227, 227)),
        "alexnet:alexnet_dlib": (lambda: t.alexnet(1, 0, 1, 384, 6, 1000), (1, 227, 227)),
        "alexnet:alexnet_pytorch": (lambda: t.alexnet(3, 1, 1, 256, 5, 2), colour),
        "zfnet": (lambda: t.zfnet((384, 384, 256)), colour),
        "vgg:A": (vgg("3 3 33 33 33"), colour),
        "vgg:A_LRN": (vgg("3 3 33 33 33"), colour),
        "vgg:B": (vgg("33 33 33 33 33"), colour),
        "vgg:C": (vgg("33 33 331 331 331"), colour),
        "vgg:D": (vgg("33 33 333 333 333"), colour),
        "vgg:E": (vgg("33 33 3333 3333 3333"), colour),
        "vgg:vgg_dlib": (vgg("33 33 33 3333 3333", 1), grey),
        "vgg:vgg_pytorch": (vgg("3 3 33 33 33", 3, 2), colour),
        "vgg:vgg_small": (t.vgg_small, grey),
        "vgg16": (vgg("33 33 333 333 333"), colour),
        "vgg19": (vgg("33 33 3333 3333 3333"), colour),
        "googlenet": (lambda: t.GoogLeNet(True), colour),
        "googlenet:googlenet_inference": (lambda: t.GoogLeNet(False), colour),
        "googlenet:googlenet_separable": (lambda: t.GoogLeNet(False, True), colour),
        "googlenet:inception_naive": (t.naive_inception, (256, 28, 28)),
        "googlenet:inception_reduced": (
            lambda: t.inception(256, 128, 64, 192, 64, 96, 64),
            (256, 28, 28),
        ),
        "googlenet:unreduced_3a": (lambda: t.nn.Conv2d(192, 32, 5, 1, 2), (192, 28, 28)),
        "googlenet:unreduced_4a": (lambda: t.nn.Conv2d(480, 48, 5, 1, 2), (480, 14, 14)),
        "resnet:resnet18": (basic(True, *DEPTHS[18]), colour),
        "resnet:resnet34": (basic(True, *DEPTHS[34]), colour),
        "resnet:resnet50": (resnet(1, False, *DEPTHS[34]), colour),
        "resnet:resnet101": (resnet(1, False, *DEPTHS[101]), colour),
        "resnet:resnet152": (resnet(1, False, *DEPTHS[152]), colour),
        "resnet:resnet50_v1_5": (resnet(3, False, *DEPTHS[34]), colour),
        "resnet:resnet101_v1_5": (resnet(3, False, *DEPTHS[101]), colour),
        "resnet:resnet152_v1_5": (resnet(3, False, *DEPTHS[152]), colour),
        "resnet:plain34": (lambda: t.resnet(t.plain, 1, DEPTHS[34]), colour),
        "resnet:resnet34_identity": (basic(False, *DEPTHS[34]), colour),
        "se_resnet:se_resnet50": (resnet(1, True, *DEPTHS[34]), colour),
        "se_resnet:se_resnet101": (resnet(1, True, *DEPTHS[101]), colour),
        "se_resnet:se_resnet152": (resnet(1, True, *DEPTHS[152]), colour),
        "densenet:densenet121": (lambda: t.densenet(D121, 32), colour),
        "densenet:densenet169": (lambda: t.densenet(D169, 32), colour),
        "densenet:densenet201": (lambda: t.densenet(D201, 32), colour),
        "densenet:densenet161": (lambda: t.densenet(D161, 48), colour),
        "keras_simple": (t.keras_simple, mnist),
        "keras_flower": (t.keras_flower, (3, 180, 180)),
        "keras_bn": (t.keras_bn, mnist),
    }
    for path in sorted(Path(__file__).parent.glob("twins_*.py")):
        found |= import_module(path.stem).TWINS
    return found


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_twins(row: Row) -> None:
    """The literals themselves, against torch: its own parameters and its own operation counter."""
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    make, shape = twins()[f"{row.spec}:{row.variant}" if row.variant else row.spec]
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.filterwarnings("ignore", "Failed to initialize NumPy")
        module = make().eval()
        with FlopCounterMode(display=False) as counter:
            module(torch.empty(1, *shape))
    params = sum(value.numel() for value in module.parameters())
    macs = counter.get_total_flops() // 2
    if row.spec == "lenet5" and row.variant is None:
        # torch has no connection tables: C3 is made whole, then its 36 missing pairs taken away;
        # and the twin ends at F6, before the 840 distances of the output units
        cut = 6 * 16 * 25 - module[4].left
        assert cut == 36 * 25
        params, macs = params - cut, macs - cut * 100 + 840
    assert (params, macs) == (row.params, row.macs)
