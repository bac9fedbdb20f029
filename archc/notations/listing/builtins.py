"""Python's own functions on what is known: ``range``, ``len``, ``zip``, ``isinstance``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archc.dims import Expr
from archc.notations.listing.names import canonical
from archc.notations.listing.use import Arguments
from archc.notations.listing.values import (
    Chain,
    Class,
    Instance,
    Layer,
    Library,
    Unknown,
    entries_of,
    items_of,
)

if TYPE_CHECKING:
    from archc.notations.listing.run import Runner


from archc.notations.listing.natives import MAX_ITEMS, iterable


def builtin(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    """Python's own functions on what is known."""
    values = given.positional
    lost = next((v for v in values if isinstance(v, Unknown)), None)
    if lost is None:
        lost = reader.unknown(node, f"`{reader.source(node)}` is not known")
    try:
        found = _builtin(reader, name, values, given.named)
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError):
        return lost
    return lost if found is NotImplemented else found


def _builtin(reader: Runner, name: str, values: list[Any], named: dict[str, Any]) -> Any:
    first = values[0] if values else None
    items = iterable(first)
    if items is not None and not isinstance(items, range) and len(items) > MAX_ITEMS:
        return NotImplemented
    match name:
        case "range" if 1 <= len(values) <= 3 and all(isinstance(v, int) for v in values):
            return range(*values)
        case "len" if items is not None:
            return len(items)
        case "list" | "tuple" | "sorted" | "reversed" | "set" if (
            items is not None and len(items) <= MAX_ITEMS
        ):
            if name == "sorted" and not named:
                return sorted(items)
            made = list(reversed(items)) if name == "reversed" else list(items)
            return tuple(made) if name == "tuple" else made
        case "list" | "dict" | "tuple" if not values:
            return dict(named) if name == "dict" else ([] if name == "list" else ())
        case "dict" if isinstance(first, dict):
            return dict(entries_of(first) or {})
        case "dict" if items is not None:
            pairs = [items_of(pair) or [] for pair in items]
            return {p[0]: p[1] for p in pairs if len(p) == 2 and isinstance(p[0], str | int)}
        case "enumerate" if items is not None and len(items) <= MAX_ITEMS:
            start = values[1] if len(values) > 1 else named.get("start", 0)
            return [(start + i, v) for i, v in enumerate(items)]
        case "zip":
            lists = [iterable(v) for v in values]
            if any(one is None or len(one) > MAX_ITEMS for one in lists):
                return NotImplemented
            return [
                tuple(each)
                for each in zip(*(one for one in lists if one is not None), strict=False)
            ]
        case "int" | "float" | "bool" if len(values) == 1 and isinstance(first, int | float):
            return {"int": int, "float": float, "bool": bool}[name](first)
        case "str" if len(values) == 1 and isinstance(first, int | float | str):
            return str(first)
        case "min" | "max" | "sum" | "any" | "all":
            return _reduce(name, values, items)
        case "abs" | "round" if isinstance(first, int | float):
            return abs(first) if name == "abs" else round(*values)
        case "isinstance" if len(values) == 2:
            return _is_instance(first, values[1])
        case "getattr" | "hasattr" | "setattr" if len(values) >= 2 and isinstance(values[1], str):
            return attribute(reader, name, values)
        case _:
            return NotImplemented


def _reduce(name: str, values: list[Any], items: Sequence[Any] | None) -> Any:
    over = (
        list(items)
        if items is not None and len(values) == 1 and len(items) <= MAX_ITEMS
        else values
    )
    if not all(isinstance(v, int | float) for v in over) or (not over and name in ("min", "max")):
        return NotImplemented
    functions: dict[str, Any] = {"min": min, "max": max, "sum": sum, "any": any, "all": all}
    return functions[name](over)


def _is_instance(value: Any, kinds: Any) -> Any:
    wanted = items_of(kinds) or [kinds]
    results: list[bool] = []
    for kind in wanted:
        if isinstance(kind, Library):
            where, name = canonical(kind.path)
            if where == "builtins":
                types: dict[str, Any] = {
                    "int": int,
                    "float": float,
                    "str": str,
                    "list": list,
                    "tuple": tuple,
                    "dict": dict,
                    "bool": bool,
                }
                if name not in types or isinstance(value, Unknown | Expr):
                    return NotImplemented
                results.append(isinstance(value, types[name]))
            elif isinstance(value, Layer):
                results.append(value.kind == name or name == "Module")
            elif isinstance(value, Chain | Instance):
                results.append(
                    (isinstance(value, Chain) and value.kind == name) or name == "Module"
                )
            else:
                return NotImplemented
        elif isinstance(kind, Class) and isinstance(value, Instance):
            results.append(value.cls is kind)
        else:
            return NotImplemented
    return any(results)


def attribute(reader: Runner, name: str, values: list[Any]) -> Any:
    owner, key = values[0], values[1]
    if not isinstance(owner, Instance):
        return NotImplemented
    if name == "setattr" and len(values) == 3:
        reader.set_attribute(owner, key, values[2])
        return ()
    if name == "hasattr":
        return key in owner.attributes or owner.cls.find(key) is not None
    if key in owner.attributes:
        return owner.attributes[key]
    return values[2] if len(values) > 2 else NotImplemented
