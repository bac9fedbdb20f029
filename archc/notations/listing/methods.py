"""Methods of lists, dicts and modules: ``layers.append(...)``, ``model.add(...)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from archc.notations.listing import builtins
from archc.notations.listing.use import Arguments
from archc.notations.listing.values import (
    Chain,
    Example,
    Instance,
    Layer,
    Module,
    Native,
    Super,
    Tensor,
    Unknown,
    entries_of,
    items_of,
)

if TYPE_CHECKING:
    from archc.notations.listing.run import Runner


from archc.notations.listing.natives import (
    ATTRIBUTES,
    MAX_ITEMS,
    SELF_METHODS,
    example_shape,
    iterable,
)


def call(reader: Runner, node: ast.Call, function: Native, given: Arguments) -> Any:
    owner, name, values = function.owner, function.name, given.positional
    match owner:
        case Module():
            return of_modules(reader, node, owner, name, given)
        case Super():
            if name != "__init__":
                message = f"`{reader.source(node.func)}` is a framework's own, and not read"
                return reader.unknown(node, message)
            if owner.cls.sequential:
                fill(reader, owner.owner, given)
            return None
        case Example():
            return owner if name in ("to", "cuda", "float") else reader.unknown(node, "not known")
        case list():
            return of_list(reader, node, function.owner, name, values)
        case dict():
            return of_dict(reader, node, function.owner, name, values)
        case str() if name in ("lower", "upper", "strip") and not values:
            return getattr(owner, name)()
        case _:
            return reader.unknown(node, f"nothing is known of `{reader.source(node)}`")


MUTATORS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "add",
        "add_module",
        "register_module",
        "popitem",
    ]
)
"""Methods that change what they belong to."""


def spoil(owner: Any, lost: Unknown) -> None:
    """Something was done to a list, a dict or a module that is not known: it is an error where a
    network needs it."""
    if isinstance(owner, Chain):
        owner.items.append((None, lost))
    elif isinstance(owner, list):
        grown: list[Any] = owner  # pyright: ignore[reportUnknownVariableType]
        grown.append(lost)
    else:
        entries = entries_of(owner)
        for key in entries or {}:
            (entries or {})[key] = lost


def set_part(reader: Runner, owner: Module, name: str, value: Any, node: ast.AST) -> None:
    """``net.fc = nn.Linear(8, 2)`` on a Sequential; ``conv.bias = None`` on a layer."""
    if isinstance(owner, Chain):
        for number, (label, _) in enumerate(owner.items):
            if label == name:
                owner.items[number] = (label, value)
                if isinstance(value, Module):
                    value.within, value.label = True, value.label or name
                return
        if isinstance(value, Module):
            add(reader, owner, name, value, node)
    elif isinstance(owner, Layer) and name == "bias" and value is None:
        owner.given["bias"] = False


def set_item(reader: Runner, owner: Any, index: Any, value: Any, node: ast.AST) -> None:
    """``layers[2] = x``, ``options["a"] = x``, ``net[0] = nn.Conv2d(...)``."""
    entries = entries_of(owner)
    if entries is not None and isinstance(index, int | str):
        entries[index] = value
    elif isinstance(owner, Chain) and owner.kind == "ModuleDict" and isinstance(index, str):
        set_part(reader, owner, index, value, node)
    elif isinstance(owner, Chain) and isinstance(index, int) and abs(index) < len(owner.items):
        owner.items[index] = (owner.items[index][0], value)
        if isinstance(value, Module):
            value.within = True
    elif isinstance(owner, list) and isinstance(index, int) and -len(owner) <= index < len(owner):  # pyright: ignore[reportUnknownArgumentType]
        items: list[Any] = owner  # pyright: ignore[reportUnknownVariableType]
        items[index] = value
    else:
        spoil(owner, reader.unknown(node, f"`{reader.source(node)}` is not followed"))


def delete(reader: Runner, owner: Any, index: Any, node: ast.AST) -> None:
    """``del layers[-1]``, of a list or a Sequential."""
    items: list[Any] | None = None
    if isinstance(owner, Chain):
        items = owner.items
    elif isinstance(owner, list):
        items = owner  # pyright: ignore[reportUnknownVariableType]
    if items is not None and isinstance(index, int) and -len(items) <= index < len(items):
        del items[index]
    else:
        spoil(owner, reader.unknown(node, f"`{reader.source(node)}` is not followed"))


def of_list(reader: Runner, node: ast.Call, owner: list[Any], name: str, values: list[Any]) -> Any:
    added: list[Any] = []
    if name == "append" and len(values) == 1:
        added = values
    elif name == "extend" and len(values) == 1:
        added = list(iterable(values[0]) or [reader.unknown(node, "not known")])
    elif name == "insert" and len(values) == 2 and isinstance(values[0], int):
        owner.insert(values[0], values[1])
        return None
    elif name == "pop" and owner:
        index = values[0] if values and isinstance(values[0], int) else -1
        return owner.pop(index) if -len(owner) <= index < len(owner) else None
    elif name == "copy":
        return list(owner)
    elif name == "reverse":
        owner.reverse()
        return None
    else:
        if name in MUTATORS:
            spoil(owner, reader.unknown(node, f"`{reader.source(node)}` is not followed"))
        return reader.unknown(node, f"nothing is known of `{reader.source(node)}`")
    if len(owner) + len(added) <= MAX_ITEMS:
        owner.extend(added)
    return None


def of_dict(
    reader: Runner, node: ast.Call, owner: dict[Any, Any], name: str, values: list[Any]
) -> Any:
    if name in ("items", "keys", "values"):
        return [*map(tuple, owner.items())] if name == "items" else list(getattr(owner, name)())
    if name == "get" and values and isinstance(values[0], str | int):
        return owner.get(values[0], values[1] if len(values) > 1 else None)
    return reader.unknown(node, f"nothing is known of `{reader.source(node)}`")


def of_modules(reader: Runner, node: ast.Call, owner: Module, name: str, given: Arguments) -> Any:
    values = given.positional
    if name in SELF_METHODS:
        return owner
    if name in ("add_module", "register_module") and len(values) == 2:
        if isinstance(owner, Instance) and isinstance(values[0], str):
            reader.set_attribute(owner, values[0], values[1])
        elif isinstance(owner, Chain):
            add(reader, owner, str(values[0]), values[1], node)
        return None
    if isinstance(owner, Chain):
        if name in ("add", "append") and values:
            for value in values:
                add(reader, owner, None, value, node)
            return owner if name == "append" else None
        if name == "extend" and values:
            for value in iterable(values[0]) or ():
                add(reader, owner, None, value, node)
            return owner
        if name == "insert" and len(values) == 2 and isinstance(values[0], int):
            add(reader, owner, None, values[1], node)
            owner.items.insert(values[0], owner.items.pop())
            return None
        if name == "build":
            shape = items_of(given.named.get("input_shape", values[0] if values else None))
            if shape:
                owner.input_shape = tuple(shape[1:])
            return None
        if name == "pop" and owner.items and not values:
            return owner.items.pop()[1]
        if name == "items":
            return [(label, m) for label, m in owner.items]
        if name == "values":
            return [m for _, m in owner.items]
        if name in MUTATORS:
            spoil(owner, reader.unknown(node, f"`{reader.source(node)}` is not followed"))
    if name in ATTRIBUTES and values and isinstance(values[0], str):
        found = builtins.attribute(reader, ATTRIBUTES[name], [owner, *values])
        if found is not NotImplemented:
            return found
    if name == "children":
        return children(owner)
    if name == "layer_summary" and values:
        shape_given = example_shape(values[0])
        if shape_given is not None:
            reader.examples.append((owner, shape_given))
    return reader.unknown(node, f"nothing is known of `{reader.source(node)}`")


def children(owner: Module) -> list[Any]:
    if isinstance(owner, Chain):
        return [m for _, m in owner.items]
    if isinstance(owner, Instance):
        return [m for m in owner.attributes.values() if isinstance(m, Module)]
    return []


def add(reader: Runner, owner: Chain, label: str | None, value: Any, node: ast.AST) -> None:
    """A part at the end of a Sequential or a list of modules."""
    if (
        isinstance(value, Tensor)
        and not owner.items
        and not value.node.inputs
        and not value.node.op
    ):
        owner.input_shape = value.node.shape  # Keras's `Input` as its first part
        return
    if len(owner.items) >= MAX_ITEMS:
        return
    if isinstance(value, Module):
        value.within = True
        if label is not None and not label.isdigit():
            value.label = label
    owner.items.append((label, value))


def fill_chain(reader: Runner, owner: Chain, given: Arguments) -> None:
    """The parts that a Sequential, ModuleList or ModuleDict is made with."""
    name = given.named.get("name")
    if isinstance(name, str):
        owner.label = name
    values = [*given.positional]
    values += [given.named[k] for k in ("layers", "modules") if k in given.named]
    if len(values) == 1 and not isinstance(values[0], Module):
        value = values[0]
        entries = entries_of(value)
        if entries is not None:
            for key, part in entries.items():
                add(reader, owner, str(key), part, owner.call)
            return
        pairs = iterable(value)
        if pairs is not None:
            for part in pairs:
                pair = items_of(part)
                if pair is not None and len(pair) == 2 and isinstance(pair[0], str):
                    add(reader, owner, pair[0], pair[1], owner.call)
                else:
                    add(reader, owner, None, part, owner.call)
            return
        if value is None:
            return
    for value in values:
        add(reader, owner, None, value, owner.call)


def fill(reader: Runner, owner: Instance, given: Arguments) -> None:
    """The parts of an object whose class is a Sequential."""
    inner = Chain(owner.call, framework="torch", kind="Sequential")
    fill_chain(reader, inner, given)
    for position, (label, part) in enumerate(inner.items):
        owner.attributes[label or str(position)] = part
