"""What Python and the frameworks give every value: attributes, items, methods, built-ins."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from archc.diagnostics import did_you_mean
from archc.dims import Expr
from archc.notations.listing.names import canonical
from archc.notations.listing.trace import Node
from archc.notations.listing.use import Arguments
from archc.notations.listing.values import (
    BATCH,
    Bound,
    Chain,
    Class,
    Environment,
    Example,
    Function,
    Instance,
    Layer,
    Library,
    Model,
    Module,
    Native,
    Size,
    Super,
    Tensor,
    Unknown,
    entries_of,
    items_of,
    numbers_of,
)

if TYPE_CHECKING:
    from archc.notations.listing.evaluate import Evaluator
    from archc.notations.listing.run import Runner

MAX_ITEMS = 100_000
MAX_AXIS = 2**31
MAKERS = frozenset(
    ["randn", "rand", "zeros", "ones", "empty", "randint", "random", "normal", "uniform", "full"]
)
"""Functions that make a tensor of a given shape."""


# ---------------------------------------------------------------- attributes


def attribute(reader: Evaluator, value: Any, name: str, node: ast.Attribute) -> Any:
    match value:
        case Unknown():
            return value
        case Library():
            return Library(f"{value.path}.{name}")
        case Instance():
            return of_instance(reader, value, name, node)
        case Chain():
            child = next((m for label, m in value.items if label == name), None)
            return of_module(value, name) if child is None else child
        case Layer() if name in value.given:
            return value.given[name]
        case Model() if name in ("input", "output", "inputs", "outputs"):
            ends = value.inputs if name.startswith("in") else [t for _, t in value.outputs]
            return ends if name.endswith("s") else ends[0]
        case Module():
            return of_module(value, name)
        case Tensor() if name == "shape":
            return size_of(reader, value)
        case Example() if name == "shape":
            return value.shape
        case Super():
            for base in value.cls.bases:
                found = base.find(name) if isinstance(base, Class) else None
                if isinstance(found, Function):
                    return Bound(found, value.owner)
            return Native(value, name)
        case Class():
            found = value.find(name)
            return (
                reader.unknown(node, f"`{reader.source(node)}` is not known")
                if found is None
                else found
            )
        case _:
            return Native(value, name)


def of_instance(reader: Evaluator, value: Instance, name: str, node: ast.AST) -> Any:
    if name in value.attributes:
        return value.attributes[name]
    found = value.cls.find(name)
    if isinstance(found, Function):
        return Bound(found, value)
    if found is not None:
        return found
    if name == "training":
        return False  # a spec is what runs after training
    if name in MODULE_METHODS or name in SELF_METHODS:
        return Native(value, name)
    message = f"`{reader.source(node)}` is set nowhere"
    help = did_you_mean(name, [*value.attributes, *value.cls.names])
    return reader.unknown(node, message, help, "unknown-name")


def of_module(value: Module, name: str) -> Any:
    return Native(value, name)


def size_of(reader: Evaluator, value: Tensor) -> Any:
    """A tensor's shape in its framework's order."""
    shape = value.node.shape
    if shape is None:
        return reader.unknown_size(value.node)
    first = reader.framework == "torch" and len(shape) == 3
    return Size((BATCH, *((shape[-1], *shape[:-1]) if first else shape)))


def super_of(env: Environment) -> Any:
    here: Environment | None = env
    while here is not None:
        if here.owner is not None and here.cls is not None:
            return Super(here.owner, here.cls)
        here = here.parent
    return Library("builtins.super")


# ---------------------------------------------------------------- items and loops


def item(reader: Evaluator, value: Any, index: Any, node: ast.Subscript) -> Any:
    if isinstance(value, Unknown):
        return value
    lost = reader.unknown(node, f"`{reader.source(node)}` is not known")
    if isinstance(index, Unknown):
        return lost
    if isinstance(value, Size):
        value = value.items
    if isinstance(value, Chain):
        if isinstance(index, str):
            return next((m for label, m in value.items if label == index), lost)
        value = [m for _, m in value.items]
    try:
        if isinstance(value, list | tuple | str | range) and isinstance(index, int | slice):
            return cast("Sequence[Any]", value)[index]
        entries = entries_of(value)
        if entries is not None and isinstance(index, int | float | str | tuple):
            return entries[index]
    except (IndexError, KeyError, TypeError, ValueError, OverflowError):
        return lost
    return lost


def tensor_item(reader: Evaluator, value: Tensor, node: ast.Subscript, env: Environment) -> Any:
    return reader.unknown(
        node, f"archc has no layer for `{reader.source(node)}`", code="unsupported"
    )


def iterable(value: Any) -> Sequence[Any] | None:
    """What a loop goes through; None where that is not known."""
    match value:
        case list() | tuple() | range() | str():
            return cast("Sequence[Any]", value)
        case dict():
            return list(entries_of(value) or ())
        case Size():
            return value.items
        case Chain():
            if value.kind == "ModuleDict":
                return [label for label, _ in value.items]
            return [m for _, m in value.items]
        case _:
            return None


def flat(values: Iterable[Any], depth: int = 0) -> list[Any]:
    """Values with the lists among them spread out."""
    found: list[Any] = []
    for value in values:
        items = items_of(value) if depth < 5 else None
        if items is not None:
            found += flat(items, depth + 1)
        else:
            found.append(value)
    return found


def tensors(values: Iterable[Any]) -> list[Tensor]:
    return [v for v in flat(values) if isinstance(v, Tensor)]


def ancestors(results: Iterable[Node]) -> set[int]:
    """The nodes that these need, themselves included, as ids."""
    found: set[int] = set()
    stack = list(results)
    while stack:
        node = stack.pop()
        if id(node) not in found:
            found.add(id(node))
            stack.extend(node.inputs)
    return found


# ---------------------------------------------------------------- examples


def example(reader: Runner, node: ast.AST, given: Arguments) -> Any:
    """``torch.randn(1, 3, 224, 224)``, ``torch.rand(size=(1, 1, 28, 28))``."""
    value = given.named.get("size", given.named.get("shape"))
    values = [value] if value is not None else given.positional
    sizes = tuple(
        v for v in flat(values) if isinstance(v, int) and not isinstance(v, bool) and v <= MAX_AXIS
    )
    if len(sizes) != len(flat(values)) or not 1 <= len(sizes) <= 5:
        return reader.unknown(node, f"the shape of `{reader.source(node)}` is not known")
    made = Example(sizes)
    reader.shapes.append(sizes)
    return made


def example_shape(value: Any) -> tuple[int, ...] | None:
    """A shape with its batch from an Example, or from a tuple such as (3, 224, 224)."""
    if isinstance(value, Example):
        return value.shape
    sizes = numbers_of(value, 1)
    if sizes is not None and max(sizes, default=0) > MAX_AXIS:
        return None
    if sizes is None or len(sizes) not in (3, 4):
        items = items_of(value)
        return example_shape(items[0]) if items is not None and len(items) == 1 else None
    return tuple(sizes) if len(sizes) == 4 else (1, *sizes)


def note_example(reader: Runner, given: Arguments) -> None:
    """``summary(net, (3, 224, 224))``: a shape that the listing itself gives its network."""
    values = [*given.positional, *given.named.values()]
    found = [m for m in values if isinstance(m, Module)]
    for value in values:
        shape = example_shape(value)
        if found and shape is not None:
            reader.examples.append((found[0], shape))


# ---------------------------------------------------------------- methods

MODULE_METHODS = frozenset(
    [
        "add_module",
        "register_module",
        "add",
        "append",
        "extend",
        "insert",
        "children",
        "modules",
        "named_children",
        "named_modules",
        "parameters",
        "named_parameters",
        "state_dict",
        "load_state_dict",
        "register_buffer",
        "summary",
        "compile",
        "fit",
        "evaluate",
        "predict",
        "save",
        "build",
        "layers",
        "get_layer",
        "layer_summary",
        "pop",
    ]
)
SELF_METHODS = frozenset(
    ["to", "cuda", "cpu", "eval", "train", "float", "half", "apply", "requires_grad_", "double"]
)
"""Methods of a module that give the module."""


def call(reader: Runner, node: ast.Call, function: Native, given: Arguments) -> Any:
    owner, name, values = function.owner, function.name, given.positional
    match owner:
        case Module():
            return of_modules(reader, node, owner, name, given)
        case Super():
            if name == "__init__" and owner.cls.sequential:
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
    else:
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


# ---------------------------------------------------------------- built-ins


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
            return _attribute(reader, name, values)
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


def _attribute(reader: Runner, name: str, values: list[Any]) -> Any:
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
