"""``--set name=value`` sets a network's parameter."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import FAMILY, SMALL, SPECS, archc, as_json, is_diagnostic


def params(*arguments: str) -> int:
    found = as_json("show", *arguments)["params"]
    assert isinstance(found, int)
    return found


def test_a_number() -> None:
    assert params("alexnet:alexnet", "--set", "groups=1") == 62_378_344


def test_several() -> None:
    one, two = ("--set", "groups=1"), ("--set", "classes = 10")
    assert params("alexnet:alexnet", *one, *two) == 62_378_344 - 990 * 4097


def test_the_last_of_the_same_name_holds() -> None:
    assert params("alexnet:alexnet", "--set", "groups=2", "--set", "groups=1") == 62_378_344


def test_a_truth_value() -> None:
    assert params("googlenet:googlenet", "--set", "aux=false") == 6_998_552


def test_an_expression_and_a_list() -> None:
    assert params("vgg16", "--set", "classes=2 * 500") == 138_357_544
    assert params("zfnet", "--set", "widths=[512, 1024, 512]") == 107_627_624


def test_a_block_of_the_file() -> None:
    spec = "resnet:resnet34"
    assert params(spec, "--set", "shortcut=zero_padded") == 21_623_848


def test_settings_reach_build(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    written = as_json("build", "small.arch", "--set", "classes=7", cwd=tmp_path)
    assert written["outputs"] == {"fc": [7]}
    assert "7" in (tmp_path / "build" / "small.py").read_text()


def test_sizes_of_the_input_and_counts_that_layers_bring() -> None:
    at = ("--set", "H=64", "--set", "W=96")
    found = as_json("show", "faster_rcnn:faster_rcnn", *at)
    assert found["outputs"]["class"] == ["P", 21]
    assert "119967744*P" in found["macs"]
    found = as_json("show", "faster_rcnn:faster_rcnn", *at, "--set", "P=300", "--set", "D=7")
    assert (found["outputs"]["class"], found["outputs"]["detections"]) == ([300, 21], [7, 6])
    assert found["macs"] == 37_926_789_120


def test_a_family_where_one_network_has_the_parameter(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(FAMILY + SMALL.replace("small", "other"))
    assert archc("show", "small.arch", "--set", "classes=7", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clases=10", "classes"),
        ("classes", "name=value"),
        ("=10", "name=value"),
        ("classes=", "--set:1:"),
        ("classes=1 +", "--set:1:"),
        ("classes=many", "many"),
        ("classes=1/0", "zero"),
        ("classes=0", "0"),
        ("classes=-3", "-3"),
        ("classes=2.5", "2.5"),
        ("classes=[1, 2]", ""),
        ("classes=2^200", ""),
        ("classes=" + "(" * 3000 + "1" + ")" * 3000, ""),
    ],
    ids=lambda value: value[:20],
)
@pytest.mark.parametrize("command", ["show", "check"])
def test_a_wrong_setting(command: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    done = archc(command, "small.arch", "--set", text, cwd=tmp_path)
    assert is_diagnostic(done), done.stderr[-300:]
    assert says in done.stderr


def test_a_family_knows_none_of_the_name() -> None:
    done = archc("show", SPECS / "resnet.arch", "--set", "depht=3")
    assert is_diagnostic(done)
    assert "depht" in done.stderr
