"""docs/spec.schema.json, written from the layers: ``python -m archc.notations.yaml.schema``.

The form of a spec in YAML as JSON Schema (draft 7, the one that editors complete by). It knows
every layer with its arguments; what a name in an expression stands for only the compiler knows.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

from archc.ops.base import Argument, Op
from archc.ops.document import layers, usage

Schema = dict[str, Any]

FLAG_ON_ALL = "linear"
"""A flag of every layer: without the layers that a default lets follow."""

WIDTH = 100

NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
CELL = r"^(conv\d+-\d+|LRN|maxpool|FC-\d+|soft-max)( (conv\d+-\d+|LRN|maxpool|FC-\d+|soft-max))*$"


def schema() -> Schema:
    """The whole schema."""
    known = layers()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A spec of archc in YAML",
        "description": "Networks, blocks and variants; docs/yaml.md describes the form.",
        "anyOf": [{"type": "array", "items": _ref("item")}, _ref("item")],
        "definitions": {
            **_values(),
            **_declarations(),
            **_statements(),
            **_steps(known),
            **_kinds(),
            **{key: value for name, op in known.items() for key, value in _layer(name, op).items()},
        },
    }


# ---------------------------------------------------------------- making schemas


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _described(about: str, of: Schema) -> Schema:
    return {"description": about, "allOf": [of]}  # a `$ref` hides what stands beside it


def _any(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def _list(items: Schema, *, least: int = 0) -> Schema:
    """A list; one item may stand for itself."""
    return _any({"type": "array", "items": items, "minItems": least}, items)


def _map(about: str, required: dict[str, Schema], **optional: Schema) -> Schema:
    """A map with these keys and no other; a key's spaces are ``_`` here."""
    found = {key.strip("_").replace("_", " "): value for key, value in optional.items()}
    return {
        "type": "object",
        "description": about,
        "properties": {**required, **found},
        "required": list(required),
        "additionalProperties": False,
    }


# ---------------------------------------------------------------- values


def _values() -> dict[str, Schema]:
    number = {"type": "number"}
    return {
        "text": {"type": ["string", "number"], "description": "a text, without quotes in it"},
        "name": {"type": "string", "pattern": NAME},
        "path": {"type": "string", "minLength": 1, "description": "a name, or `vgg.conv[5]`"},
        "expression": {
            "description": "a number, a size such as 3x3, a list, or a formula: `2 * width`",
            "anyOf": [
                {"type": "string", "minLength": 1},
                number,
                {"type": "boolean"},
                {"type": "array", "items": _ref("expression")},
            ],
        },
        "formula": {"type": "string", "minLength": 1, "description": "a formula, or a name"},
        "shape": _described(
            "height x width x channels: `224x224x3`, `HxWx3`, `[H, W, 2 * C]`", _ref("expression")
        ),
        "body": {"description": "the lines, one after another", **_list(_ref("line"))},
        "chain": {
            "description": "layers, each on what the one before makes",
            **_list(_ref("step")),
        },
    }


def _parameters() -> Schema:
    value = _any(_ref("expression"), {"type": "null"})
    pairs = {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": value,
    }
    return {
        "description": "names with their defaults; nothing after the name: none",
        "anyOf": [
            {"type": "null"},
            pairs,
            {"type": "array", "items": _any(_ref("name"), pairs)},
        ],
    }


# ---------------------------------------------------------------- items and statements

_SHARED = ("default", "let", "block", "published")
_ITEMS = ("import", "network", "alias", "variants", *_SHARED)
_STATEMENTS = ("input", "output", "share", "for", "if", "configurations", *_SHARED)


def _declarations() -> dict[str, Schema]:
    quantity = {
        "description": "as printed, or a list of that and its conventions: [60M, nobias]",
        "anyOf": [
            _ref("text"),
            {"type": "array", "items": [_ref("text")], "additionalItems": _ref("name"),
             "minItems": 1},
        ],
    }  # fmt: skip
    return {
        "item": _any(*map(_ref, _ITEMS)),
        "import": _map("another file", {"import": _ref("text")}, as_=_ref("name")),
        "network": _map(
            "a network",
            {"network": _ref("name"), "body": _ref("body")},
            parameters=_parameters(),
        ),
        "alias": _map("a variant by another name", {"network": _ref("name"), "is": _ref("path")}),
        "block": _map(
            "lines under a name, called as a layer is",
            {"block": _ref("name"), "body": _ref("body")},
            parameters=_parameters(),
        ),
        "variants": _map(
            "a table: parameters and published numbers of each variant",
            {
                "variants": _ref("path"),
                "columns": _list(_ref("path"), least=1),
                "rows": {"type": "array", "items": {"type": "array", "items": _cell()}},
            },
            source=_ref("text"),
        ),
        "published": _map(
            "what a document prints",
            {"published": _ref("text"), "claims": _list(_ref("claim"))},
        ),
        "claim": {
            "type": "object",
            "description": "quantities of a subject: a label, a path, or `total`",
            "properties": {
                "subject": _ref("text"),
                "erratum": _described("why the document is wrong", _ref("text")),
                "quantities": {
                    "description": "where one is printed twice",
                    **_list({"type": "object", "additionalProperties": quantity}),
                },
            },
            "required": ["subject"],
            "propertyNames": {"pattern": NAME},
            "additionalProperties": quantity,
            "minProperties": 2,
        },
    }


def _cell() -> Schema:
    return _any({"type": "null"}, _ref("expression"))


def _statements() -> dict[str, Schema]:
    names = _list(_ref("name"))
    names["anyOf"][0]["maxItems"] = 2
    cells = _any({"type": "null"}, {"type": "string", "pattern": CELL})
    counts = {"type": "array", "items": _any({"type": "null"}, {"type": "integer", "minimum": 0})}
    return {
        "line": _any(*map(_ref, ("step", "labelled", *_STATEMENTS))),
        "input": _map(
            "what the network takes",
            {"input": _any(_ref("name"), {"type": "null"}), "shape": _ref("shape")},
            where=_described("what must hold: `H % 32 == 0`", _ref("expression")),
        ),
        "output": _map(
            "a side branch whose value is an output, or a label that is one",
            {"output": _ref("path")},
            chain=_ref("chain"),
            shape=_ref("shape"),
        ),
        "share": _map(
            "one set of weights for all its uses", {"share": _ref("name"), "chain": _ref("chain")}
        ),
        "for": _map(
            "its lines for each item of a list",
            {
                "for": {"description": "the item, or [index, item]", **names},
                "in": _ref("expression"),
                "body": _ref("body"),
            },
        ),
        "if": _map(
            "its lines where the condition holds",
            {"if": _ref("expression"), "body": _ref("body")},
            else_=_any(_ref("if"), _ref("body")),
        ),
        "let": _map("a value by a name", {"let": _ref("name"), "value": _ref("expression")}),
        "default": _map(
            "what holds for each such layer around: arguments, then the layers that follow it",
            {"default": _list(_ref("step"), least=1)},
        ),
        "configurations": _map(
            "VGG's table: a column is a variant",
            {
                "configurations": _list(
                    {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.+-]*$"}, least=1
                ),
                "rows": _list(_any(cells, {"type": "array", "items": cells})),
            },
            weight_layers={"description": "how many each column has", **counts},
        ),
        "labelled": _map(
            "layers in a line, under a label",
            {"chain": _ref("chain")},
            label=_ref("path"),
            shape=_described("the shape that the line makes", _ref("shape")),
        ),
    }


# ---------------------------------------------------------------- steps


def _steps(known: dict[str, type[Op]]) -> dict[str, Schema]:
    times = _described("how often, with fresh weights", _ref("expression"))
    body = _described("the lines whose values are its inputs", _ref("body"))
    calls = {
        "type": "object",
        "description": "a layer: `conv: [3x3, 64, {pad: 1}]`",
        "properties": {
            **{name: _ref(f"layer_{name}") for name in known},
            "body": body,
            "times": times,
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 3,
        "not": {"propertyNames": {"enum": ["body", "times"]}},
        # One layer: no more keys than it and what stands beside it.
        "allOf": [
            {"if": {"not": {"required": ["times"]}}, "then": {"maxProperties": 2}},
            {"if": {"not": {"required": ["body"]}}, "then": {"maxProperties": 2}},
            {
                "if": {"not": _any({"required": ["times"]}, {"required": ["body"]})},
                "then": {"maxProperties": 1},
            },
        ],
    }
    arguments = _any(
        {"type": "null"},
        _ref("expression"),
        {"type": "object", "additionalProperties": _ref("expression")},
        {
            "type": "array",
            "items": _any(
                _ref("expression"),
                {"type": "object", "additionalProperties": _ref("expression")},
            ),
        },
    )
    return {
        "step": _any(
            _ref("layers"),
            {"enum": list(known), "description": "a layer without arguments"},
            _ref("call"),
            _ref("from"),
            _ref("group"),
        ),
        "layers": calls,
        "call": _map(
            "a block, a network, a shared name or a layer of a plugin, with its arguments",
            {"call": _ref("path")},
            args=arguments,
            body=body,
            times=times,
        ),
        "from": _map("the chain starts at an earlier value", {"from": _ref("path")}),
        "group": _map("lines that count as one step", {"group": _ref("body")}, times=times),
    }


def _layer(name: str, op: type[Op]) -> dict[str, Schema]:
    """What may follow a layer's name: nothing, an argument, a list of them, or a map by name."""
    arguments = op.arguments()
    words = [word for a in arguments for word in (*a.words, *a.choices)]
    flags = {"enum": list(dict.fromkeys([*words, FLAG_ON_ALL])), "description": "a flag"}
    by_name = _ref(f"layer_{name}_arguments")
    scalar = {"type": ["string", "number", "boolean"]}
    about = (inspect.getdoc(op) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
    return {
        f"layer_{name}": {
            "description": f"{usage(name, arguments)}. {about}",
            "anyOf": [
                {"type": "null"},
                flags,
                scalar,
                by_name,
                {"type": "array", "items": _any(flags, _ref("expression"), by_name)},
            ],
        },
        f"layer_{name}_arguments": {
            "type": "object",
            "properties": {a.name: _argument(a) for a in arguments},
            "additionalProperties": False,
        },
    }


def _argument(argument: Argument) -> Schema:
    if argument.kind == "choice":
        choices = {"enum": list(argument.choices)}
        return {"description": argument.doc, **_any(choices, _ref("formula"))}
    return _described(argument.doc, _ref(f"kind_{argument.kind}"))


def _kinds() -> dict[str, Schema]:
    """What an argument of each kind takes, as far as it is no formula."""
    count, integer = ({"type": "integer", "minimum": least} for least in (1, 0))
    number = {"type": ["number", "string"]}

    def sizes(one: Schema, most: int) -> Schema:
        several = {"type": "array", "items": _any(one, _ref("formula")), "maxItems": most}
        return _any(one, _ref("formula"), several)

    row = _any(_ref("formula"), {"type": "array", "items": _any(integer, _ref("formula"))})
    found = {
        "count": _any(count, _ref("formula")),
        "integer": _any(integer, _ref("formula")),
        "number": number,
        "numbers": _any(number, {"type": "array", "items": number, "minItems": 1}),
        "flag": {"type": ["boolean", "string"]},
        "size": sizes(count, 2),
        "shape": sizes(count, 4),
        "pad": sizes(integer, 4),
        "table": _any(_ref("formula"), {"type": "array", "items": row}),
        "tensor": _ref("formula"),
    }
    return {f"kind_{kind}": each for kind, each in found.items()}


# ---------------------------------------------------------------- text


def text() -> str:
    return _laid_out(schema(), 0) + "\n"


def _laid_out(value: Any, indent: int) -> str:
    """JSON, each list and object on one line where it fits."""
    flat = json.dumps(value, ensure_ascii=False)
    if indent + len(flat) <= WIDTH or flat[0] not in "{[":
        return flat
    if flat[0] == "[":
        items = [_laid_out(item, indent + 1) for item in value]
    else:
        items = [f"{json.dumps(k)}: {_laid_out(v, indent + 1)}" for k, v in value.items()]
    before = f"\n{' ' * (indent + 1)}"
    return f"{flat[0]}{before}{f',{before}'.join(items)}\n{' ' * indent}{flat[-1]}"


if __name__ == "__main__":
    sys.stdout.write(text())
