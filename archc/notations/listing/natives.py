"""What Python and the frameworks give every value: attributes, items, methods, built-ins."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from archc.diagnostics import did_you_mean
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
ATTRIBUTES = {"__getattr__": "getattr", "__setattr__": "setattr"}
"""Methods of an object that are a built-in function of it."""
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
        case Tensor() if name in ("is_cuda", "is_mps", "is_xpu"):
            return False  # no spec says where it runs
        case Example() if name == "shape":
            return value.shape
        case Super():
            for base in value.cls.bases:
                found = base.find(name) if isinstance(base, Class) else None
                if isinstance(found, Function):
                    return found if found.static else Bound(found, value.owner)
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
        return found if found.static else Bound(found, value)
    if found is not None:
        return found
    if name == "training":
        return False  # a spec is what runs after training
    if name in MODULE_METHODS or name in SELF_METHODS or name in ATTRIBUTES:
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


def tensor_item(reader: Evaluator, node: ast.Subscript) -> Any:
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
