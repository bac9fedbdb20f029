"""The summary as Markdown, LaTeX and CSV. (LaTeX sets the tables in tests/draw/test_tikz.py.)"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys

import pytest

import archc
from archc import Network, show
from archc.audit.conventions import CONVENTIONS
from archc.graph.compile import compile_network
from archc.pipeline import family, read


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "archc", "show", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def table(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table: escaped bars are no borders."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    return [[cell.strip() for cell in row] for row in cells]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def alexnet() -> Network:
    return archc.load("specs/alexnet.arch", "alexnet")


# ---------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    ("spec", "name"),
    [("lenet5", "lenet5"), ("googlenet", "googlenet"), ("mask_rcnn", "mask_rcnn")],
)
def test_csv_has_a_row_a_layer_whose_counts_are_the_networks(spec: str, name: str) -> None:
    network = archc.load(f"specs/{spec}.arch", name)
    found = rows(show.to_csv(network))
    assert [row["path"] for row in found] == [layer.path for layer in network.layers]
    assert [row["op"] for row in found] == [layer.op.name for layer in network.layers]
    assert sum(int(row["params"]) for row in found) == network.params
    expected = ["" if n.macs is None else str(show.plain(n.macs)) for n in network.layers]
    assert [row["macs"] for row in found] == expected


def test_csv_says_arguments_and_shapes(alexnet: Network) -> None:
    first = rows(show.to_csv(alexnet))[0]
    assert (first["arguments"], first["output"]) == ("11x11/4 96", "55x55x96")
    assert rows(show.to_csv(alexnet, layout="chw"))[0]["output"] == "96x55x55"


def test_csv_counts_as_a_convention_does() -> None:
    network = archc.load("specs/keras_bn.arch")
    found = rows(show.to_csv(network, count_as=CONVENTIONS["keras"]))
    assert list(found[0])[4:] == ["Total params", "Trainable params", "Non-trainable params"]
    assert sum(int(row["Total params"]) for row in found) == 511_690


def test_csv_of_a_family_has_a_row_a_network() -> None:
    networks = [compile_network(value) for value in family(read("specs/lenet5.arch"))]
    found = rows(show.family_to_csv(networks))
    assert {row["network"]: int(row["params"]) for row in found} == {
        network.name: network.params for network in networks
    }
    assert list(found[0]) == ["network", "layers", "params", "macs"]


# ---------------------------------------------------------------- Markdown


def test_markdown_has_the_rows_of_the_text_table(alexnet: Network) -> None:
    text = show.to_markdown(alexnet, depth=0)
    heads, marks, *body, total = table(text)
    assert heads == ["layer", "", "output", "parameters", "MACs"]
    assert marks == [":--", ":--", "--:", "--:", "--:"]
    assert [row[0] for row in body][:2] == ["conv1", "pool1"]
    assert total == ["total", "", "", "60,965,224", "724,406,816"]
    assert sum(int(row[3].replace(",", "") or 0) for row in body) == alexnet.params
    assert text.startswith("**alexnet**: input image: 227x227x3, output fc8: 1000\n")
    assert "parameters 60,965,224" in text.splitlines()[-3]


def test_markdown_indents_and_folds() -> None:
    found = table(show.to_markdown(archc.load("specs/resnet.arch", "resnet50"), depth=1))
    names = [row[0] for row in found]
    assert any(name.startswith("&emsp;") and name.endswith(" ×5") for name in names)
    assert all(len(row) == 5 for row in found)


HOSTILE = "a|b`c*_[x](y)<b>@me https://x.y \\ #1\n% & $"


def test_whatever_stands_in_a_name_breaks_no_table() -> None:
    network = archc.loads("network n { input image: 8x8x3\n one: conv 3x3 4, relu\n fc 2 }")
    network.modules["one"].name = HOSTILE
    network.name = HOSTILE
    found = table(show.to_markdown(network))
    assert all(len(row) == 5 for row in found)
    shown = found[2][0]
    assert all(sign not in shown for sign in ("<b>", "@me", "://"))
    body = show.to_latex(network).split("\\hline")[2]
    assert all(re.sub(r"\\&", "", row).count("&") == 4 for row in body.strip().split("\n"))
    assert "%" not in body.replace(r"\%", "")
    assert "\n%" not in show.to_latex(network).split("\\begin")[0][1:].replace("\n% ", "")


# ---------------------------------------------------------------- LaTeX


def test_latex_is_a_plain_tabular(alexnet: Network) -> None:
    lines = show.to_latex(alexnet, depth=0).splitlines()
    assert lines[:3] == ["% alexnet", "% input image: 227x227x3", "% output fc8: 1000"]
    assert lines[3:5] == [r"\begin{tabular}{llrrr}", r"\hline"]
    assert r"total &  &  & 60,965,224 & 724,406,816 \\" in lines
    assert lines[lines.index(r"\end{tabular}") - 1] == r"\hline"
    assert all(line.isascii() for line in lines)


# ---------------------------------------------------------------- the command


def test_format_json_is_json() -> None:
    one = run("lenet5:lenet5", "--format", "json")
    assert one.stdout == run("lenet5:lenet5", "--json").stdout
    assert json.loads(one.stdout)["params"] == 60_000
    wrong = subprocess.run(
        [sys.executable, "-m", "archc", "show", "-", "--format", "json"],
        input="network x { conv }",
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(wrong.stdout)["errors"][0]["code"] == "flow"


def test_each_form_is_printed_for_networks_and_families() -> None:
    assert run("lenet5:lenet5", "--format", "markdown").stdout.startswith("**lenet5**: input")
    assert run("lenet5", "--format", "markdown").stdout.startswith("| variant | layers |")
    assert run("lenet5", "--format", "latex").stdout.startswith("\\begin{tabular}{lrrr}\n")
    assert run("lenet5", "--format", "csv").stdout.startswith("network,layers,params,macs\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--json", "--format", "csv"), "--json and another --format"),
        (("--depth", "1", "--format", "csv"), "CSV has a row a layer"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(arguments: tuple[str, ...], message: str) -> None:
    done = run("lenet5:lenet5", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
