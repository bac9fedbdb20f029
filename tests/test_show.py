"""The summary table and its JSON."""

from __future__ import annotations

import json
import re

import pytest
from helpers import Add, Builder, Mystery, Relu, conv, small_resnet

import archc
from archc import show, spelling
from archc.dims import symbol
from archc.graph.network import Layer, Network


def rows(text: str) -> dict[str, list[str]]:
    """The table's rows by the layer's name, as words."""
    body = text.split("─\n", 1)[1].split("\n\n", 1)[0]
    return {re.split("  +", line.strip())[0]: line.split() for line in body.splitlines()}


def test_repeated_blocks_are_folded_and_sums_are_of_one_copy() -> None:
    text = show.to_text_table(small_resnet((3, 4)), depth=1)
    assert rows(text)["bottleneck.1 ×2"][-2:] == ["18,624", "18,874,368"]
    assert rows(text)["bottleneck.1 ×3"][-2:] == ["74,112", "18,874,368"]
    # the line's own row is the sum over all of its copies
    assert rows(text)["conv.2"][-2] == f"{14_624 + 2 * 18_624:,}"


def test_totals_and_running_statistics_apart() -> None:
    network = small_resnet((3, 4))
    text = show.to_text_table(network)
    total = sum(layer.weights.trainable for layer in network.layers)  # type: ignore[misc]
    assert f"\nparameters {total:,} (weights " in text
    statistics = sum(layer.weights.statistics for layer in network.layers)  # type: ignore[misc]
    assert f"running statistics, stored but not trained: {statistics:,}" in text


def test_a_longer_period_is_shown_as_a_unit() -> None:
    b = Builder(image=(8, 8, 16))
    for _ in range(5):
        b(conv(16))
        b(Relu())
    lines = show.to_text_table(b.network()).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("×5"))
    assert lines[at + 1].startswith("  conv.0")
    assert lines[at + 2].startswith("  relu.1")
    assert not lines[at + 3]


def test_unknown_costs_are_said_and_never_counted_as_zero() -> None:
    b = Builder()
    with b.line("stem"):
        b(conv(8))
        b(Mystery(), "oracle")
    text = show.to_text_table(b.network())
    assert "unknown: stem.oracle" in text
    assert f"multiply-accumulates unknown (known: {32 * 32 * 9 * 3 * 8:,})" in text
    assert rows(text)["stem"][-1] == rows(text)["oracle"][-1] == "unknown"
    data = show.to_json(b.network())
    assert data["macs"] is None
    assert data["unknown"] == ["stem.oracle"]
    assert data["layers"][1]["macs"] is None


def test_layouts() -> None:
    network = small_resnet()
    assert "input image: 32x32x3" in show.to_text_table(network)
    chw = show.to_text_table(network, layout="chw")
    assert "input image: 3x32x32" in chw
    assert " 64x16x16 " in chw
    assert "16x16x64" not in chw


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_table_keeps_to_the_width(width: int) -> None:
    text = show.to_text_table(small_resnet(), width=width)
    table = text.split("\n\n")[1]
    assert max(map(len, table.splitlines())) <= width
    assert "18,624" in table  # numbers are not what is cut


def test_depth_closes_blocks() -> None:
    assert set(rows(show.to_text_table(small_resnet(), depth=0))) == {"conv.1", "conv.2", "conv.3"}


def symbolic() -> Network:
    height, width = symbol("H"), symbol("W")
    b = Builder(image=(height, width, 3))
    b(conv(8))
    b(conv(8))
    b(Add(), reads=(b.layers[0].path, b.layers[1].path))
    return b.network()


def test_symbolic_sizes_are_formulas() -> None:
    data = show.to_json(symbolic())
    assert data["inputs"]["image"] == [3, "H", "W"]
    assert data["outputs"]["output"] == [8, "H", "W"]
    assert data["params"] == 8 * 28 + 8 * 73
    assert isinstance(data["macs"], str)
    assert {"H", "W"} <= set(re.findall("[A-Z]", data["macs"]))
    assert "HxWx8" in show.to_text_table(symbolic())


def test_json_is_the_contracts() -> None:
    network = small_resnet((1,))
    data = json.loads(json.dumps(show.to_json(network)))
    keys = ["schema", "network", "inputs", "outputs", "params", "macs", "unknown"]
    assert list(data)[:7] == keys
    assert data["schema"] == 1
    assert data["inputs"] == {"image": [3, 32, 32]}
    assert data["outputs"] == {"output": [32, 32, 32]}
    assert data["params"] == network.params
    assert len(data["layers"]) == len(network.layers)
    add = next(entry for entry in data["layers"] if entry["op"] == "add")
    assert add["input"] == [[32, 32, 32], [32, 32, 32]]
    assert add["output"] == [32, 32, 32]
    for entry, layer in zip(data["layers"], network.layers, strict=True):
        assert {"path", "op", "input", "output", "params", "macs"} <= set(entry)
        assert entry["path"] == layer.path
        assert entry["params"] == layer.params


def test_shared_weights_are_counted_once() -> None:
    b = Builder(image=(8, 8, 16))
    owner = b(conv(16), "one")
    b(conv(16), "two", shares=owner)
    network = b.network()
    data = show.to_json(network)
    assert data["params"] == 9 * 16 * 16 + 16
    assert [entry["params"] for entry in data["layers"]] == [data["params"], 0]
    assert data["layers"][1]["shares"] == "one"
    assert rows(show.to_text_table(network))["two"][-2] == "shared"


def test_families_are_listed_with_their_totals() -> None:
    text = show.family_table([small_resnet((1,)), small_resnet((2,))], title="small.arch")
    assert text.startswith("small.arch\n\nvariant")
    for depths in ((1,), (2,)):
        network = small_resnet(depths)
        assert f"{network.params:,}" in text
        assert f"{network.macs:,}" in text


def test_labelled_lines_fold_only_in_large_networks() -> None:
    def chain(length: int) -> Network:
        b = Builder(image=(8, 8, 16))
        for i in range(length):
            b(conv(16), f"c.{i}")
        return b.network()

    assert "c.3" in rows(show.to_text_table(chain(5)))
    large = show.to_text_table(chain(show.MANY_LAYERS + 1))
    assert f"c.0 ×{show.MANY_LAYERS + 1}" in rows(large)


def test_every_layer_of_the_zoos_vgg16_is_in_the_table() -> None:
    network = archc.load("specs/vgg16.arch")
    text = show.to_text_table(network, fields=True)
    assert "parameters 138,357,544 " in text
    assert "multiply-accumulates 15,470,264,320" in text
    assert rows(text)["fc6"][1:] == ["4096", "102,764,544", "102,760,448", "404x404"]
    # Araujo, Norris and Sim 2019 (Distill) list 212 and the stride 32 for VGG-16's last map; fc6
    # reads all 7 positions of it.
    assert rows(text)["pool.5"][-1] == "212x212/32"


def test_html_has_the_diagram_and_the_escaped_summary() -> None:
    network = archc.load("specs/vgg16.arch")
    html = show.to_html(network)
    assert "<svg" in html
    assert "<?xml" not in html
    assert "multiply-accumulates 15,470,264,320" in html


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00K"),
        (34_944, "34.9K"),
        (99_949, "99.9K"),
        (99_950, "100K"),
        (999_499, "999K"),
        (999_500, "1.00M"),
        (138_357_544, "138M"),
        (1_582_671_872, "1.58G"),
        (10**18, "1000P"),
        (None, "?"),
    ],
)
def test_short_counts_have_three_digits(count: int | None, text: str) -> None:
    assert spelling.short(count) == text


def test_layers_are_spelled_as_a_spec_writes_them() -> None:
    network = archc.loads(
        """
        network n {
            input image: 64x64x4
            conv 3x5/2 8 pad=1 groups=2 nobias
            conv 1x1 8 pad=[0, 1, 2, 3]
            maxpool 3x3/2 ceil
            avgpool global, leaky 0.1
            fc 10
        }
        """
    )
    assert [spelling.layer(layer.op) for layer in network.layers] == [
        "conv 3x5/2 8 pad=1 groups=2 nobias",
        "conv 1x1 8 pad=[0, 1, 2, 3]",
        "maxpool 3x3/2 ceil",
        "avgpool global",
        "leaky 0.1",
        "fc 10",
    ]
    assert isinstance(network.layers[0], Layer)
