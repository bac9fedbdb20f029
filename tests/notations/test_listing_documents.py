"""The listings of the documents, as printed and mended, are the networks of the specs, or differ
as the table says."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from listing_graphs import differences, short

from archc import zoo
from archc.cli import main
from archc.diagnostics import Diagnostic, Source, SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.language.parser import parse
from archc.language.writer import normalise, write
from archc.notations.listing import read as read_listing
from archc.notations.listing import review
from archc.pipeline import choose, read

LISTINGS = Path(__file__).parent / "listings"
SPECS = zoo.directory()
assert SPECS is not None

Settings = dict[str, Any]
KERAS: Settings = {"H": 224, "W": 224, "C": 3, "n_classes": 1000}
SIDE: Settings = {"H": 224, "W": 224}


def compiled(
    path: Path, variant: str | None = None, settings: Settings | None = None, repair: bool = False
) -> Network:
    return compile_network(choose(read(path, None, repair), variant), settings)


# Listing, its network, settings; spec, variant, settings; what differs (`-` is the listing's) and
# why.
SAME: list[tuple[str, str | None, Settings, str, str | None, Settings, dict[str, int]]] = [
    # The document leaves the dropout of the paper out.
    ("000_vgg", "vgg", KERAS, "vgg", "D", {}, {"+dropout": 2}),
    # Keras' batch normalisation has its own epsilon and momentum.
    (
        "000_resnet",
        "resnet",
        KERAS,
        "published/listings",
        "keras_resnet50",
        {},
        {"-bn": 53, "+bn": 53},
    ),
    ("001_simple", None, {}, "keras_simple", None, {}, {}),
    ("001_flower", None, {"H": 180, "W": 180}, "keras_flower", None, {}, {}),
    ("001_bn", None, {}, "keras_bn", None, {}, {}),
    ("001_no_bn", None, {}, "keras_bn", None, {"norm": False}, {}),
    # The auxiliary classifiers, which the spec leaves out as the document does.
    (
        "001_googlenet",
        None,
        {},
        "published/listings",
        "keras_googlenet",
        {},
        {
            "-bn": 2,
            "+bn": 2,
            "-avgpool": 2,
            "-conv": 2,
            "-relu": 4,
            "-fc": 4,
            "-dropout": 2,
            "-softmax": 2,
        },
    ),
    ("004_lenet", None, {"H": 32, "W": 32}, "lenet5", "lenet_pytorch", {}, {}),
    ("004_alexnet", None, {}, "alexnet", "alexnet_pytorch", {}, {}),
    # Steps on the way to it: what is still to come.
    (
        "004_alexnet_two",
        None,
        SIDE,
        "alexnet",
        "alexnet_pytorch",
        {},
        {"+conv": 3, "+relu": 5, "+maxpool": 1, "+fc": 3, "+dropout": 2},
    ),
    (
        "004_alexnet_five",
        None,
        SIDE,
        "alexnet",
        "alexnet_pytorch",
        {},
        {"+maxpool": 1, "+fc": 3, "+relu": 2, "+dropout": 2},
    ),
    (
        "004_alexnet_flat",
        None,
        SIDE,
        "alexnet",
        "alexnet_pytorch",
        {},
        {"+fc": 3, "+relu": 2, "+dropout": 2},
    ),
    # Configuration A under the name of VGG, for two classes, without a softmax.
    ("004_vgg", None, SIDE, "vgg", "A", {"classes": 2}, {"+softmax": 1}),
]


@pytest.mark.parametrize("row", SAME, ids=lambda row: row[0])
def test_a_listing_is_its_spec(row: Any) -> None:
    name, network, settings, spec, variant, its, expected = row
    assert SPECS is not None
    ours = compiled(LISTINGS / f"{name}.py", network, settings)
    theirs = compiled(SPECS / f"{spec}.arch", variant, its)
    found = short(differences(ours, theirs))
    if name == "001_googlenet":  # an equal dropout of the auxiliary classifiers stands earlier
        found = found - Counter({"-dropout": 1, "+dropout": 1})
    assert found == Counter(expected)


def test_the_bn_of_keras_differs_in_epsilon_and_momentum_alone() -> None:
    assert SPECS is not None
    ours = compiled(LISTINGS / "000_resnet.py", "resnet", KERAS)
    theirs = compiled(SPECS / "published" / "listings.arch", "keras_resnet50")
    texts = {text.split(" -> ")[0] for text in differences(ours, theirs)}
    assert texts == {
        "-bn eps=0.001 momentum=0.01 scale=True shift=True",
        "+bn eps=1e-05 momentum=0.1 scale=True shift=True",
    }
    assert ours.params == theirs.params


def test_googlenet_of_document_000_leaves_a_padding_out() -> None:
    """Its second pooling has no padding, and the maps of modules 3a and 3b are 27x27: nobody would
    notice, since the next pooling rounds up to the 14x14 of the paper."""
    assert SPECS is not None
    ours = compiled(LISTINGS / "000_googlenet.py", "googlenet", KERAS)
    theirs = compiled(SPECS / "googlenet.arch", "googlenet_inference")
    found = differences(ours, theirs)
    assert short(found - Counter(t for t in found.elements() if "27x27" in t or "28x28" in t)) == {
        "-maxpool": 3,  # `same` of Keras, `ceil` in the spec: the same windows
        "+maxpool": 3,
        "+lrn": 2,
    }
    assert ours.params == theirs.params


def first(error: SpecError) -> Diagnostic:
    return error.diagnostics[0]


def test_the_first_alexnet_of_document_004_is_refused_as_pytorch_would() -> None:
    with pytest.raises(SpecError) as caught:
        compiled(LISTINGS / "004_alexnet_first.py")
    found = first(caught.value)
    assert (found.code, found.span and found.span.line) == ("framework", 13)
    assert "`nn.Flatten()` is missing" in found.message
    assert "(768x2 and 18816x4096); flattened, 1536 values, not 18816" in found.notes[0]


def test_repaired_it_is_the_network_of_the_ledger() -> None:
    assert SPECS is not None
    ours = compiled(LISTINGS / "004_alexnet_first.py", None, SIDE, repair=True)
    theirs = compiled(SPECS / "published" / "listings.arch", "pytorch_alexnet_first")
    assert short(differences(ours, theirs)) == {"+dropout": 2}
    source = Source("x.py", (LISTINGS / "004_alexnet_first.py").read_text())
    with pytest.raises(SpecError) as caught:
        review(source, ours)
    assert "(768x2 and 18816x4096)" in first(caught.value).message


def test_a_pool_too_many_is_said_as_keras_would() -> None:
    with pytest.raises(SpecError) as caught:
        compiled(LISTINGS / "001_googlenet_twice.py")
    found = first(caught.value)
    assert found.code == "framework" and found.span is not None
    assert found.span.text.startswith("AveragePooling2D(pool_size=(7,7)")
    assert "inputs.shape=[None 4 4 1024]" in found.message


# As printed: the code of the diagnostic, its line and words; and with a repair, where that helps:
# its diagnostic, or the listing mended by hand that it is the same as.
PRINTED: list[tuple[str, str, int, str, str | None]] = [
    ("000_vgg", "syntax", 1, "unmatched ')'", None),
    ("000_googlenet", "syntax", 3, "does not match", None),
    ("000_resnet", "syntax", 1, "unmatched ')'", None),
    ("001_bn", "syntax", 1, "invalid syntax", "001_bn"),
    ("001_no_bn", "syntax", 1, "invalid syntax", "001_no_bn"),
    ("001_flower", "syntax", 22, "unmatched ')'", "001_flower"),
    ("001_googlenet", "syntax", 3, "line continuation", "`Inception` is neither a layer"),
    ("001_googlenet_twice", "syntax", 4, "line continuation", "`Inception` is neither a layer"),
]


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: row[0])
def test_a_listing_as_printed(row: tuple[str, str, int, str, str | None]) -> None:
    name, code, line, words, repaired = row
    path = LISTINGS / f"{name}.as_printed.py"
    with pytest.raises(SpecError) as caught:
        read(path)
    found = first(caught.value)
    assert (found.code, found.span and found.span.line) == (code, line)
    assert words in found.message
    if repaired is None:
        return
    if repaired.startswith("`"):
        with pytest.raises(SpecError) as again:
            read(path, None, repair=True)
        assert repaired in first(again.value).message
        return
    mended = read(path, None, repair=True)
    assert {d.code for d in mended.tree.remarks} == {"repaired"}
    ours, theirs = compiled(path, repair=True), compiled(LISTINGS / f"{repaired}.py")
    assert differences(ours, theirs) == Counter()


LAZY = {"004_lenet": [9, 11, 13], "004_vgg": [24, 27, 30]}


@pytest.mark.parametrize("name", LAZY)
def test_lazily_sized_layers_are_read_with_a_remark(name: str) -> None:
    tree = read(LISTINGS / f"{name}.py").tree
    found = [d for d in tree.remarks if "missing 1 required positional" in d.message]
    assert [d.span.line for d in found if d.span] == LAZY[name]
    assert {d.severity for d in found} == {"remark"}


NAMES = sorted(p.name for p in LISTINGS.glob("*.py") if "printed" not in p.name)


@pytest.mark.parametrize("name", NAMES)
def test_a_listing_written_as_a_spec_is_the_same_spec(name: str) -> None:
    source = Source(name, (LISTINGS / name).read_text())
    try:
        tree = read_listing(source)
    except SpecError:
        assert name in ("004_alexnet_first.py", "001_googlenet_twice.py", "wrong.py")
        return
    assert normalise(parse(Source("x.arch", write(tree)))) == normalise(tree)


def test_the_spec_of_a_listing_reads_well() -> None:
    source = Source("x.py", (LISTINGS / "000_resnet.py").read_text())
    assert write(read_listing(source)).startswith(
        "block conv_bn_rl(k, f, s) {\n"
        "    conv kernel=k stride=s f same, bn eps=0.001 momentum=0.01, relu\n"
        "}\n"
    )


def test_remarks_and_sizes_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(LISTINGS / "004_alexnet.py")
    assert main(["show", path]) == 0
    out, err = capsys.readouterr()
    assert "46,755,202" in out and "224x224 is taken; square images from 193 to 224 fit" in err
    assert main(["show", path, "--set", "size=256"]) == 1
    err = capsys.readouterr().err
    assert f"{path}:16:15: error[framework]" in err and "(1x9216 and 6400x4096)" in err
    assert main(["show", path, "--set", "size=256", "--repair"]) == 0
    assert f"{path}:16:15: remark[framework]" in capsys.readouterr().err
