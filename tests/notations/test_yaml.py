"""YAML holds every spec: trees come back as they were, and errors point at the line of the YAML."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "language"))
from trees import files

from archc import zoo
from archc.cli import main
from archc.diagnostics import Source, SpecError
from archc.graph.compile import compile_network
from archc.language import syntax as s
from archc.language.parser import parse
from archc.language.writer import normalise
from archc.notations.yaml import read, write
from archc.pipeline import family
from archc.pipeline import read as read_spec

EXAMPLES = Path(__file__).parents[1] / "language" / "examples"
SPECS = [*zoo.specs(), *sorted(EXAMPLES.glob("*.arch"))]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_spec_round_trips(path: Path) -> None:
    tree = parse(Source(str(path), path.read_text(encoding="utf-8")))
    written = write(tree)
    assert normalise(read(Source("spec.yaml", written))) == normalise(tree)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(files)
def test_random_trees_round_trip(tree: s.File) -> None:
    assert normalise(read(Source("spec.yaml", write(tree)))) == normalise(tree)


def test_a_spec_in_yaml_compiles_to_the_same_graph(tmp_path: Path) -> None:
    for name in ("resnet", "vgg", "alexnet"):
        original = zoo.directory()
        assert original is not None
        target = tmp_path / f"{name}.yaml"
        assert main(["convert", str(original / f"{name}.arch"), "-o", str(target)]) == 0
        ours = [compile_network(v) for v in family(read_spec(original / f"{name}.arch"))]
        theirs = [compile_network(v) for v in family(read_spec(target))]
        assert [n.name for n in ours] == [n.name for n in theirs]
        for one, other in zip(ours, theirs, strict=True):
            assert [(n.path, n.op, n.inputs, n.shape) for n in one.layers] == [
                (n.path, n.op, n.inputs, n.shape) for n in other.layers
            ]


NAMED = """
- network: small
  parameters: {width: 8}
  body:
  - input: image
    shape: 8x8x1
  - conv: {kernel: 3x3, width: 2 * width, pad: same}
  - relu
"""


def test_arguments_by_name_and_expressions_without_parentheses(tmp_path: Path) -> None:
    path = tmp_path / "small.yml"
    path.write_text(NAMED)
    (network,) = (compile_network(v) for v in family(read_spec(path)))
    assert network.layers[0].shape == (8, 8, 16)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- netwrok: x\n  body: []\n", 1, "network"),
        ("- network: x\n  bdy: []\n", 2, "body"),
        (
            "- network: x\n  body:\n  - input: image\n    shape: 8x8x1\n  - conv: [3x3, 4 +]\n",
            5,
            "",
        ),
        ("- network: x\n  body:\n  - {conv: [], pool: []}\n", 3, "one layer"),
        ("- &a {network: x, body: []}\n- *a\n", 1, "anchor"),
        ("- network: x y\n  body: []\n", 1, "name"),
        ("- network: x\n- !!python/object/apply:os.system [true]\n", 2, "tag"),
        ("- network: x\n  body: !!seq []\n", 2, "tag"),
        ("- network: x\n  network: y\n", 2, "twice"),
        ("- network: x\n---\n- network: y\n", 2, "second document"),
        ("- network: x\n  body: " + "[{group: " * 70, 2, "deep"),
        ("- network: x\n- " + "[" * 5000, 2, "deep"),
        ("- let: y\n  value: '" + "(" * 5000 + "'", 2, "deep"),
        ("- network: x\n  body: \ud800\n", 2, "U+D800"),
        ("- network: x\n  body: \u2028\n", 2, "U+2028"),
        ("- <<: {network: y}\n", 1, "keys"),
        ("- network: x\n- ? [network]\n  : y\n", 2, "word"),
        ("x" * 2_000_001, 1, "2 MB"),
        ("", 1, "empty"),
        ("a: [\n", 2, "YAML"),
    ],
)
def test_errors_point_at_the_line(text: str, line: int, words: str) -> None:
    started = time.monotonic()
    with pytest.raises(SpecError) as caught:
        read(Source("spec.yaml", text))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None and diagnostic.span.line == line
    assert words in diagnostic.message + (diagnostic.help or "")
    assert time.monotonic() - started < 5


def test_a_text_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(b"- network: x\n- let: caf\xe9\n")
    with pytest.raises(SpecError, match=r"wrong.yaml:2:\d+: .*the text is not UTF-8"):
        read_spec(path)


def test_a_long_spec_is_read_soon() -> None:
    started = time.monotonic()
    text = "- network: x\n  body:\n" + "  - relu\n" * 8_000
    tree = read(Source("spec.yaml", text))
    assert isinstance(tree.items[0], s.Network)
    assert len(tree.items[0].body.statements) == 8_000
    assert time.monotonic() - started < 15


def test_an_error_of_meaning_points_into_the_yaml(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(NAMED.replace("pad: same", "padd: same"))
    with pytest.raises(SpecError) as caught:
        compile_network(family(read_spec(path))[0])
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None and diagnostic.span.line == 7
    assert diagnostic.help == "did you mean `pad`?"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="-:[]{}&*!|>'\"#,? \nabcnetworkbody0x/", max_size=80))
def test_random_text_gives_a_tree_or_a_diagnostic(text: str) -> None:
    try:
        read(Source("spec.yaml", text))
    except SpecError as error:
        assert error.diagnostics
