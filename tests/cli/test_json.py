"""``--json``: the shapes that programs rely on, key by key."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from commands import FAMILY, SMALL, SPECS, as_json

VERDICTS = {
    "exact",
    "rounds",
    "truncates",
    "convention",
    "variant",
    "contradicted_explained",
    "contradicted",
    "unreadable",
    "not_evaluable",
}


def is_shape(value: Any) -> bool:
    """A list, channel first, without the batch; symbolic sizes are strings."""
    return isinstance(value, list) and all(
        (type(size) is int and size > 0) or (isinstance(size, str) and size != "") for size in value
    )


def is_count(value: Any) -> bool:
    """An integer, a formula as a string, or null where unknown."""
    return value is None or type(value) is int or (isinstance(value, str) and value != "")


def is_report(data: Any) -> bool:
    assert isinstance(data, dict)
    assert {
        "schema",
        "network",
        "inputs",
        "outputs",
        "params",
        "macs",
        "unknown",
        "layers",
    } <= set(data)
    assert data["schema"] == 1
    assert isinstance(data["network"], str)
    for ends in (data["inputs"], data["outputs"]):
        assert ends and all(isinstance(k, str) and is_shape(s) for k, s in ends.items())
    assert is_count(data["params"]) and is_count(data["macs"])
    paths = {layer["path"] for layer in data["layers"]}
    assert len(paths) == len(data["layers"])
    assert set(data["unknown"]) <= paths
    for layer in data["layers"]:
        assert {"path", "op", "input", "output", "params", "macs"} <= set(layer)
        assert isinstance(layer["op"], str)
        assert layer["input"] and all(map(is_shape, layer["input"]))
        assert is_shape(layer["output"])
        assert is_count(layer["params"]) and is_count(layer["macs"])
        assert (layer["macs"] is None) == (layer["path"] in data["unknown"])
    return True


def is_check(data: Any) -> bool:
    assert {"schema", "claims", "summary"} <= set(data)
    assert data["schema"] == 1
    counted: dict[str, int] = {}
    for claim in data["claims"]:
        assert {
            "document",
            "where",
            "network",
            "subject",
            "quantity",
            "printed",
            "computed",
            "verdict",
            "erratum",
            "explanation",
        } <= set(claim)
        assert claim["verdict"] in VERDICTS
        assert claim["erratum"] is None or isinstance(claim["erratum"], str)
        for key in ("document", "network", "subject", "quantity", "printed"):
            assert isinstance(claim[key], str) and claim[key]
        counted[claim["verdict"]] = counted.get(claim["verdict"], 0) + 1
    assert {k: v for k, v in data["summary"].items() if v} == counted
    return True


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.arch")), ids=lambda path: path.stem)
def test_show(spec: Path) -> None:
    data = as_json("show", spec)
    networks = data.get("networks", [data])
    assert data["schema"] == 1
    for network in networks:
        assert is_report(network)
        for count in ("params", "macs"):
            if network[count] is not None:
                values = [at_sizes(layer[count]) for layer in network["layers"]]
                assert sum(values) == at_sizes(network[count])


def at_sizes(count: int | str) -> Fraction:
    """A count, or a formula's value where H is 192, W is 128 and so on."""
    sizes = {"H": 192, "W": 128, "T": 7, "R": 5, "P": 11, "D": 3}
    names = {name: Fraction(size) for name, size in sizes.items()}
    functions = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min}
    text = str(count).replace("^", "**")
    return Fraction(eval(text, {"__builtins__": {}}, {**names, **functions}))


def test_show_is_channel_first() -> None:
    data = as_json("show", "vgg16")
    assert data["inputs"] == {"image": [3, 224, 224]}
    first = data["layers"][0]
    assert (first["op"], first["input"], first["output"]) == (
        "conv",
        [[3, 224, 224]],
        [64, 224, 224],
    )
    assert (first["params"], first["macs"]) == (1792, 27 * 64 * 224 * 224)
    assert (data["params"], data["macs"]) == (138_357_544, 15_470_264_320)


def test_show_symbolic_sizes(tmp_path: Path) -> None:
    (tmp_path / "s.arch").write_text(
        "network s {\n  input image: HxWx3 where H % 4 == 0\n  conv 3x3/2 8 same\n  fc 10\n}\n"
    )
    data = as_json("show", "s.arch", cwd=tmp_path)
    assert is_report(data)
    assert data["inputs"] == {"image": [3, "H", "W"]}
    sizes = data["layers"][0]["output"]
    assert sizes[0] == 8 and all(isinstance(s, str) for s in sizes[1:])
    assert isinstance(data["params"], str) and "H" in data["params"]


def test_layout_does_not_reach_json() -> None:
    assert as_json("show", "vgg16", "--layout", "hwc") == as_json(
        "show", "vgg16", "--layout", "chw"
    )


def test_show_a_family(tmp_path: Path) -> None:
    (tmp_path / "f.arch").write_text(FAMILY)
    data = as_json("show", "f.arch", cwd=tmp_path)
    assert [n["network"] for n in data["networks"]] == ["narrow", "wide"]


def test_check_the_zoo() -> None:
    data = as_json("check", SPECS)
    assert is_check(data)
    assert len(data["claims"]) > 500
    assert "errors" not in data


def test_check_says_where(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    (first, second) = as_json("check", "small.arch", cwd=tmp_path)["claims"]
    assert first["document"] == "counted by hand"
    assert (first["network"], first["subject"], first["quantity"]) == ("small", "conv1", "params")
    assert (first["printed"], first["computed"], first["verdict"]) == ("224", 224, "exact")
    assert "small.arch:10" in str(first["where"])
    assert (second["computed"], second["verdict"]) == (5354, "exact")


def test_check_a_false_claim(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(SMALL.replace('"224"', '"225"'))
    data = as_json("check", "small.arch", cwd=tmp_path, status=1)
    assert is_check(data)
    assert data["summary"]["contradicted"] == 1


@pytest.mark.parametrize("command", ["build", "draw", "check", "show"])
def test_errors(command: str, tmp_path: Path) -> None:
    (tmp_path / "broken.arch").write_text("network broken {\n  input image: 9x9x1\n    con 3\n}\n")
    data = as_json(command, "broken.arch", cwd=tmp_path, status=1)
    (error,) = data["errors"]
    assert data["schema"] == 1
    assert error["code"] == "unknown-layer"
    assert (error["file"], error["line"], error["column"]) == ("broken.arch", 3, 5)
    assert (error["end_line"], error["end_column"]) == (3, 8)
    assert "con" in error["message"]
    assert "conv" in error["help"]


def test_build(tmp_path: Path) -> None:
    data = as_json("build", "vgg16", cwd=tmp_path)
    assert is_report(data)
    assert data["written"] == "build/vgg16.py"
    assert "138,357,544" in str(data["proof"]) or data["proof"]


def test_draw(tmp_path: Path) -> None:
    data = as_json("draw", "vgg16", cwd=tmp_path)
    assert data == {"schema": 1, "network": "vgg16", "written": "build/vgg16.svg"}
    assert (tmp_path / "build" / "vgg16.svg").read_text().lstrip().startswith("<")


def test_list() -> None:
    data = as_json("list")
    assert data["schema"] == 1
    assert [row["spec"] for row in data["specs"]] == sorted(p.stem for p in SPECS.glob("*.arch"))
    for row in data["specs"]:
        assert row["networks"]
        assert row["about"].endswith(".")  # a sentence, which the comment's first line ends
