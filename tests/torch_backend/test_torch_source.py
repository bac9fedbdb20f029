"""The source, as people read it: held against files that are reviewed as diffs (--update)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from networks import NETWORKS
from reference import compiled

from archc._version import __version__
from archc_backends.torch import backend

GOLDEN = Path(__file__).parent / "golden"


def written(name: str) -> str:
    return backend.write(compiled(NETWORKS[name], name)).replace(__version__, "VERSION")


@pytest.mark.parametrize("name", list(NETWORKS))
def test_golden(name: str, request: pytest.FixtureRequest) -> None:
    source = written(name)
    path = GOLDEN / f"{name}.py.txt"
    if request.config.getoption("--update"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    assert source == path.read_text(encoding="utf-8"), f"pytest --update writes {path.name} anew"


@pytest.mark.parametrize("name", list(NETWORKS))
def test_it_is_clean(name: str) -> None:
    source = written(name)
    assert source.isascii() or "\u00b7" in source
    assert max(map(len, source.splitlines())) <= 100
    assert not re.search(r"[ \t]+$", source, re.MULTILINE)
    assert "archc" not in re.sub(r"Written by archc VERSION", "", source)
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in (
            node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")]
        )
    }
    assert imported <= {"torch", "collections", "typing"}
    check = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F", "--ignore"]
    result = subprocess.run(
        [*check, "E501,E741", "--stdin-filename", "made.py", "-"],
        input=source,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout


def test_it_is_the_same_each_time() -> None:
    for name in NETWORKS:
        assert written(name) == written(name)


def test_a_block_is_one_class_with_its_own_arguments() -> None:
    source = written("residual")
    assert source.count("class Bottleneck(") == 1
    match = re.search(r"class Bottleneck\(.*?def __init__\((.*?)\)", source, re.DOTALL)
    assert match is not None
    names = [part.split(":")[0].strip() for part in match[1].split(",") if part.strip()]
    assert names == ["self", "in_channels", "width", "stride", "shortcut"]
    assert "4 * width" in source


def test_it_needs_no_torch_to_be_written() -> None:
    code = (
        "import sys; from archc import pipeline; from archc_backends.torch import backend;"
        "text = 'network n { input x: 8x8x3; conv 3x3 4; fc 2, softmax }';"
        "backend.write(pipeline.compile_text(text));"
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_weights_begin_as_the_papers_say() -> None:
    import torch

    from archc import pipeline

    specs = Path(__file__).parents[2] / "specs"
    network = pipeline.compile_spec(specs / "alexnet.arch", "alexnet")
    torch.manual_seed(0)
    module = backend.module(network)
    state = module.state_dict()
    for name, value in state.items():
        if name.endswith("weight"):
            assert abs(value.std().item() - 0.01) < 5e-4, name
        else:
            ones = name.split(".")[0] in ("conv2", "conv4", "conv5", "fc6", "fc7")
            assert torch.equal(value, torch.full_like(value, float(ones))), name


def test_torch_decides_where_no_paper_does() -> None:
    assert "reset_parameters" not in written("chains")
