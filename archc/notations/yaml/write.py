"""Syntax tree to YAML: the same statements as maps, comments left out."""

from __future__ import annotations

from typing import Any

import yaml

from archc.language import syntax as s
from archc.language.spelling import keyword_value, path, spell
from archc.notations.yaml.read import CLAIM_KEYS
from archc.ops.table import BUILTIN

WIDTH = 100


class _Flow(list[Any]):
    """A list that stands on one line."""


class _FlowMap(dict[str, Any]):
    """A map that stands on one line."""


class _Plain(str):
    """An expression: without quotes wherever YAML takes it so."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(_Flow, lambda d, v: d.represent_sequence("tag:yaml.org,2002:seq", v, True))
_Dumper.add_representer(
    _FlowMap, lambda d, v: d.represent_mapping("tag:yaml.org,2002:map", v, True)
)
_Dumper.add_representer(_Plain, lambda d, v: _scalar(d, str(v)))


def _scalar(dumper: Any, value: str) -> Any:
    """Plain even where YAML would read a number or true: every scalar here is an expression."""
    for tag in ("int", "float", "bool", "null"):
        full = f"tag:yaml.org,2002:{tag}"
        if dumper.resolve(yaml.ScalarNode, value, (True, False)) == full:
            return dumper.represent_scalar(full, value)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value)


def write(file: s.File) -> str:
    """The spec in YAML, one item after another."""
    items = [_statement(item) for item in file.items]
    text: str = yaml.dump(
        items, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, indent=2
    )
    return text


def _statement(node: s.Statement) -> Any:
    match node:
        case s.Import():
            return {"import": node.path, **_some("as", node.alias)}
        case s.Let():
            return {"let": node.name, "value": _value(node.value)}
        case s.Default():
            return {"default": [_step(call) for call in (node.call, *node.followers)]}
        case s.Block():
            return {"block": node.name, **_parameters(node), "body": _body(node.body)}
        case s.Network():
            return {"network": node.name, **_parameters(node), "body": _body(node.body)}
        case s.Alias():
            return {"network": node.name, "is": path(node.target)}
        case s.Variants():
            return _variants(node)
        case s.Published():
            return {"published": node.source, "claims": [_claim(claim) for claim in node.claims]}
        case s.Input():
            where = _some("where", node.where and _value(node.where))
            return {"input": node.name, "shape": _value(node.shape), **where}
        case _:
            return _line(node)


def _line(node: s.Statement) -> Any:
    match node:
        case s.Output():
            chain = {"chain": _chain(node.steps)} if node.steps else {}
            return {"output": path(node.label), **chain, **_assertion(node.assertion)}
        case s.Share():
            return {"share": node.name, "chain": _chain(node.steps)}
        case s.For():
            names = _Flow([node.index, node.item]) if node.index else node.item
            return {"for": names, "in": _value(node.iterable), "body": _body(node.body)}
        case s.If():
            return _if(node)
        case s.Configurations():
            return _configurations(node)
        case s.Chain():
            if node.label is None and node.assertion is None and len(node.steps) == 1:
                return _step(node.steps[0])
            label = {"label": path(node.label)} if node.label else {}
            return {**label, "chain": _chain(node.steps), **_assertion(node.assertion)}
        case _:
            raise TypeError(node)


def _if(node: s.If) -> dict[str, Any]:
    result: dict[str, Any] = {"if": _value(node.condition), "body": _body(node.body)}
    if isinstance(node.otherwise, s.If):
        result["else"] = _if(node.otherwise)
    elif node.otherwise is not None:
        result["else"] = _body(node.otherwise)
    return result


def _some(key: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {key: value}


def _parameters(node: s.Block | s.Network) -> dict[str, Any]:
    if not node.parameters:
        return {}
    pairs = [(p.name, None if p.default is None else _value(p.default)) for p in node.parameters]
    values: Any = dict(pairs)
    if len(values) < len(pairs):  # wrong, but a tree: the compiler says so
        values = [{name: value} for name, value in pairs]
    return {"parameters": values}


def _body(body: s.Body) -> list[Any]:
    return [_statement(statement) for statement in body.statements]


def _assertion(node: s.Assertion | None) -> dict[str, Any]:
    return {} if node is None else {"shape": _value(node.shape)}


def _variants(node: s.Variants) -> dict[str, Any]:
    return {
        "variants": path(node.network),
        **_some("source", node.source),
        "columns": _Flow(path(column) for column in node.columns),
        "rows": [
            _Flow(None if cell is None else _value(cell) for cell in row.cells) for row in node.rows
        ],
    }


def _configurations(node: s.Configurations) -> dict[str, Any]:
    from archc.language.configurations import spell_cell

    def cell(each: s.TableCell) -> str | None:
        return spell_cell(each) if each.layers else None

    numbers = [column.weight_layers for column in node.columns]
    counts = _Flow(None if number is None else _value(number) for number in numbers)
    return {
        "configurations": _Flow(column.name for column in node.columns),
        **({"weight layers": counts} if any(numbers) else {}),
        "rows": [
            cell(row.cells[0]) if len(row.cells) == 1 else _wrapped([*map(cell, row.cells)])
            for row in node.rows
        ],
    }


def _wrapped(cells: list[str | None]) -> list[str | None]:
    """A row on one line, or with a line a cell where it is longer than that."""
    long = sum(len(cell or "null") + 2 for cell in cells) > WIDTH - 10
    return cells if long else _Flow(cells)


def _claim(claim: s.Claim) -> dict[str, Any]:
    subject = ".".join(
        p.name if p.index is None else f"{p.name}[{spell(p.index)}]" for p in claim.subject.parts
    )
    pairs = [
        (q.name, _Flow([q.printed, *q.flags]) if q.flags else q.printed) for q in claim.quantities
    ]
    quantities: dict[str, Any] = dict(pairs)
    if len(quantities) < len(pairs) or not quantities.keys().isdisjoint(CLAIM_KEYS):
        quantities = {"quantities": [_FlowMap({name: printed}) for name, printed in pairs]}
    return {"subject": subject, **quantities, **_some("erratum", claim.erratum)}


# ---------------------------------------------------------------- steps


def _chain(steps: tuple[s.Step, ...]) -> list[Any]:
    found = [_step(step) for step in steps]
    simple = all(isinstance(step, str | _FlowMap) for step in found)
    return _Flow(found) if simple else found


def _step(step: s.Step) -> Any:
    match step:
        case s.From():
            return _FlowMap({"from": path(step.source)})
        case s.Braces():
            return {"group": _body(step.body)}
        case s.Repeat():
            return _repeat(step)
        case s.Call():
            return _call(step)
        case _:
            raise TypeError(step)


def _repeat(step: s.Repeat) -> Any:
    inner = _step(step.step)
    if isinstance(inner, str):
        inner = _FlowMap({inner: _Flow()})
    times = step.count.inner if isinstance(step.count, s.Group) else step.count
    return type(inner)({**inner, "times": _value(times)})


def _call(call: s.Call) -> Any:
    name = path(call.name)
    arguments = _Flow(_argument(argument) for argument in call.arguments)
    head: dict[str, Any]
    if name not in BUILTIN:  # what else is called is told from a layer's name misspelt
        head = {"call": name, **({"args": arguments} if arguments else {})}
    elif not arguments and call.body is None:
        return _Plain(name)
    else:
        head = {name: arguments}
    if call.body is None:
        return _FlowMap(head)
    return {**head, "body": _body(call.body)}


def _argument(argument: s.Argument) -> Any:
    if isinstance(argument, s.Keyword):
        return _FlowMap({argument.name: _value(argument.value)})
    return _value(argument)


def _value(node: s.Expression) -> Any:
    if isinstance(node, s.ListLiteral):
        return _Flow(_value(item) for item in node.items)
    if isinstance(node, s.Group | s.WindowLiteral | s.Unary):
        return _Plain(keyword_value(node))
    if isinstance(node, s.Binary) and node.operator == "/" and isinstance(node.left, s.SizeLiteral):
        return _Plain(f"({spell(node)})")  # else a window and its stride
    return _Plain(spell(node))
