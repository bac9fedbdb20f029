"""What every layer has in common: its arguments, its place in the tables, its page."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from archc.dims import symbol
from archc.ops import document
from archc.ops.base import (
    ArgumentError,
    Op,
    Size,
    Window,
    argument,
    coerce,
    describe,
    product,
    shape_text,
)
from archc.ops.convolution import Conv
from archc.ops.merging import Concat
from archc.ops.pooling import MaxPool, MinPool
from archc.ops.table import BUILTIN

ROOT = Path(__file__).parents[2]
LAYERS = document.layers()


def test_the_table_is_the_entry_points() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["archc.ops"] == BUILTIN


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "layers.md").read_text()
    assert page == document.document(), "run `python -m archc.ops.document > docs/layers.md`"


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_says_what_it_is(name: str) -> None:
    op = LAYERS[name]
    assert op.name == name
    assert op.family
    text = op.__dict__["__doc__"]
    assert "Shape" in text
    assert "eights" in text
    assert "ost" in text
    for one in op.arguments():
        assert one.doc
        assert not one.doc.endswith(".")
        if one.words:
            assert one.name not in one.words or one.kind in ("flag", "pad")
        if one.kind == "choice":
            assert one.default in one.choices
    windows = [one.window for one in op.arguments() if one.window]
    assert len(set(windows)) == len(windows)
    words = [word for one in op.arguments() for word in one.words]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("name", LAYERS)
def test_default_values_are_of_their_kind(name: str) -> None:
    for one in LAYERS[name].arguments():
        if not one.required and one.default is not None:
            assert coerce(one, one.default) == one.default


def test_every_layer_of_the_package_is_in_the_table() -> None:
    subclasses, found = [Op], set()
    while subclasses:
        op = subclasses.pop()
        subclasses.extend(op.__subclasses__())
        if op.__module__.startswith("archc.ops.") and op.name:
            found.add(op)
    assert found == set(LAYERS.values())


def test_a_spec_of_convolutions_imports_no_other_family() -> None:
    code = (
        "import sys; from archc.registry import layer; "
        "[layer(n) for n in ('conv', 'maxpool', 'fc')]; "
        "print(*sorted(m for m in sys.modules if m.startswith('archc.ops.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    names = ("base", "convolution", "dense", "pooling", "spatial", "table")
    assert done.stdout.split() == [f"archc.ops.{name}" for name in names]


def test_layers_of_the_same_arguments_are_one_value() -> None:
    assert Conv((3, 3), 8) == Conv((3, 3), 8)
    assert len({Conv((3, 3), 8), Conv((3, 3), 8), Conv((3, 3), 9)}) == 2
    assert MinPool((2, 2)) != MaxPool((2, 2))
    with pytest.raises(AttributeError):
        Conv((3, 3), 8).width = 9  # type: ignore[misc]


def one(kind: Any, **rest: Any) -> Any:
    """An argument `x` of a kind."""
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Some(Op):
        x: Any = argument(kind, "an argument", None, **rest)

    return Some.arguments()[0]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("count", 64, 64),
        ("count", 64.0, 64),
        ("integer", 0, 0),
        ("number", 0.5, 0.5),
        ("number", -3, -3),
        ("flag", True, True),
        ("size", 3, (3, 3)),
        ("size", Size((1, 7)), (1, 7)),
        ("size", (2,), (2, 2)),
        ("pad", 0, (0, 0)),
        ("pad", Size((0, 3)), (0, 3)),
        ("pad", (0, 1, 2, 3), (0, 1, 2, 3)),
        ("table", ((0, 1), (2,)), ((0, 1), (2,))),
    ],
)
def test_a_value_becomes_what_the_layer_holds(kind: str, value: Any, expected: Any) -> None:
    assert coerce(one(kind), value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("count", 0, "`x` takes an integer from 1 to 2^40, but this is 0"),
        ("count", True, "`x` takes a positive integer, but this is true"),
        ("count", 2.5, "`x` takes a positive integer, but this is 2.5"),
        ("count", float("inf"), "`x` takes a positive integer, but this is inf"),
        ("count", 2**41, "`x` takes an integer from 1 to 2^40, but this is 2199023255552"),
        ("count", symbol("H"), "`x` takes a positive integer, but this is the formula H"),
        ("integer", -1, "`x` takes an integer from 0 to 2^40, but this is -1"),
        ("number", "a", '`x` takes a number, but this is the text "a"'),
        ("number", float("nan"), "`x` takes a number from -1e30 to 1e30, but this is nan"),
        ("number", 10**400, "`x` takes a number from -1e30 to 1e30"),
        ("number", False, "`x` takes a number, but this is false"),
        ("flag", 1, "`x` takes true or false, but this is 1"),
        ("size", Size((3, 3, 3)), "one number, or a height and a width such as 3x3"),
        ("size", Size((symbol("H"), 3)), "`x` takes a positive integer, but this is the formula H"),
        ("size", Size((0, 3)), "`x` takes an integer from 1 to 2^40, but this is 0"),
        ("pad", (1, 2, 3), "or [top, bottom, left, right], but this is a list of 3"),
        ("table", 3, "`x` takes a list of lists of integers, but this is 3"),
        ("table", (1, 2), "`x` takes a list of lists of integers, but this is a list of 2"),
        ("tensor", 3, "`x` takes the label of an earlier line, but this is 3"),
    ],
)
def test_a_wrong_value_is_named(kind: str, value: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        coerce(one(kind), value)
    assert caught.value.argument == "x"
    assert message in caught.value.message


def test_a_choice_is_one_of_its_words() -> None:
    axis = Concat.arguments()[0]
    assert coerce(axis, "time") == "time"
    with pytest.raises(ArgumentError, match="one of channels, time, rows, height, width"):
        coerce(axis, "depth")


def test_values_in_words() -> None:
    assert describe(Window(Size((3, 3)), Size((2, 2)))) == "the window 3x3/2"
    assert describe(Window(Size((1, 7)), Size((1, 1)))) == "the window 1x7"
    assert describe(Size((3, 3))) == "the size 3x3"


def test_shapes_in_words() -> None:
    height = symbol("H")
    assert shape_text((55, 55, 96)) == "55x55x96"
    assert shape_text((4096,)) == "4096"
    assert shape_text((height, height, 3)) == "HxHx3"
    assert shape_text((2 * height, 4, 3)).startswith("[")
    assert product(()) == 1
    assert product((2, height)) == 2 * height
