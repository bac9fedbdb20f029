"""docs/spec.schema.json: written from the layers, true of what archc writes, false of mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from archc import zoo
from archc.diagnostics import Source
from archc.language.parser import parse
from archc.notations.yaml import read, write
from archc.notations.yaml.schema import text
from archc.ops.document import layers

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "spec.schema.json"
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
SPECS = [*zoo.specs(), *sorted((ROOT / "tests" / "language" / "examples").glob("*.arch"))]
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def validator() -> Any:
    return jsonschema.Draft7Validator(SCHEMA)


def errors(text: str) -> list[str]:
    return [error.message for error in validator().iter_errors(yaml.load(text, Loader=LOADER))]


def test_the_file_is_up_to_date() -> None:
    help = "run `python -m archc.notations.yaml.schema > docs/spec.schema.json`"
    assert FILE.read_text(encoding="utf-8") == text(), help
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_every_spec_of_the_zoo_is_valid() -> None:
    """In one test: a validator's cost is its schema's."""
    item = jsonschema.Draft7Validator({**SCHEMA, "anyOf": [{"$ref": "#/definitions/item"}]})
    count = 0
    for path in SPECS:
        tree = parse(Source(str(path), path.read_text(encoding="utf-8")))
        for each in yaml.load(write(tree), Loader=LOADER):
            found = jsonschema.exceptions.best_match(item.iter_errors(each))
            assert found is None, (path.name, list(found.absolute_path), found.message)
            count += 1
    assert count > 200


def test_every_layer_and_argument_is_described() -> None:
    steps = SCHEMA["definitions"]["layers"]["properties"]
    for name, op in layers().items():
        assert name in steps
        assert SCHEMA["definitions"][f"layer_{name}"]["description"].startswith(name)
        known = SCHEMA["definitions"][f"layer_{name}_arguments"]["properties"]
        assert {a.name: a.doc for a in op.arguments()} == {
            key: value["description"] for key, value in known.items()
        }


def line(step: str) -> str:
    """A network with one line, in flow style."""
    return f"{{network: n, body: [{{input: x, shape: 8x8x3}}, {step}]}}"


VALID = [
    "relu",
    "{conv: [3x3, 64]}",
    "{conv: [3x3/2, 64, same, {groups: 2}]}",
    "{conv: {kernel: 3x3, width: (2 * w), pad: [1, 1, 0, 0], bias: false}}",
    "{fc: 10}",
    "{fc: classes}",
    "{softmax: }",
    "{avgpool: global, times: 2}",
    "{chain: [{fc: 10}, softmax], label: head, shape: 10}",
    "{call: inception, args: [64, {reduce: 16}]}",
    "{call: resnet.basic}",
    "{concat: [{axis: time}], body: [relu, {chain: [relu, tanh]}]}",
    "{group: [relu, tanh], times: n - 1}",
    "{for: [i, w], in: [1, 2], body: [{conv: [3x3, w]}]}",
    "{if: a == 1, body: [relu], else: {if: b, body: [tanh], else: [relu]}}",
    "{configurations: [A, A-LRN], weight layers: [1, 1],"
    " rows: [[conv3-64, conv3-64 LRN], maxpool, [null, LRN]]}",
]


@pytest.mark.parametrize("step", VALID)
def test_what_reads_is_valid(step: str) -> None:
    assert errors(line(step)) == []
    read(Source("spec.yaml", line(step)))


WRONG = [
    "covn",
    "{covn: [3x3, 64]}",
    "{conv: {widht: 64}}",
    "{conv: [3x3, {group: 2}]}",
    "{conv: {width: 1.5}}",
    "{conv: {width: 0}}",
    "{conv: {width: true}}",
    "{conv: {width: [1, 2]}}",
    "{conv: {bias: 3}}",
    "{conv: {pad: -1}}",
    "{conv: {kernel: {height: 3}}}",
    "{conv: [3x3, 64], relu: }",
    "{conv: [3x3, 64], relu: , times: 2}",
    "{times: 2}",
    "{dropout: {p: }}",
    "{call: }",
    "{call: inception, arguments: [64]}",
    "{from: x, times: 2}",
    "{for: [a, b, c], in: [1], body: []}",
    "{let: two words, value: 1}",
    "{if: a}",
    "{input: x}",
    "{output: x, body: []}",
    "{configurations: [A], rows: [conv3x3-64]}",
    "{published: us, claims: [{subject: total}]}",
    "[relu, tanh]",
]


@pytest.mark.parametrize("step", WRONG)
def test_mistakes_are_not_valid(step: str) -> None:
    assert errors(line(step))


@pytest.mark.parametrize(
    "item",
    [
        "{netwrok: n, body: []}",
        "{network: n}",
        "{network: n, body: [], is: m}",
        "{network: n, boby: []}",
        "{import: [a.arch]}",
        "{variants: n, columns: [name], rows: [a]}",
        "relu",
        "3",
    ],
)
def test_mistakes_of_items_are_not_valid(item: str) -> None:
    assert errors(item)
    assert errors(f"[{item}]")
