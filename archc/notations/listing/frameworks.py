"""Calls of what frameworks and Python's modules offer: layers made, functions of tensors."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, SpecError, did_you_mean
from archc.dims import symbol
from archc.notations.listing import builtins, keras_layers, methods, natives, torch_functions
from archc.notations.listing.keras_table import FUNCTIONS
from archc.notations.listing.names import canonical
from archc.notations.listing.tables import KERAS_LAYERS, TORCH_LAYERS
from archc.notations.listing.use import Arguments, Row, Use, bind
from archc.notations.listing.values import (
    Chain,
    Class,
    Example,
    Layer,
    Library,
    Model,
    Module,
    Partial,
    Tensor,
    Unknown,
    entries_of,
    items_of,
)

MAX_GIVEN = 100
"""Arguments of a `partial`."""

if TYPE_CHECKING:
    from archc.notations.listing.run import Runner


def call(reader: Runner, node: ast.Call, function: Library, given: Arguments) -> Any:
    where, name = canonical(function.path)
    handler = _PLACES.get(where)
    found = handler(reader, node, name, given) if handler is not None else None
    if found is not None:
        return found
    natives.note_example(reader, given)
    unknown = next((v for v in natives.flat(given.positional) if isinstance(v, Unknown)), None)
    if unknown is not None and where in ("torch", "torch.nn.functional", "tensorflow"):
        return unknown
    shown = reader.source(node.func)
    lost = reader.unknown(node, f"nothing is known of `{shown}`", code="unknown-layer")
    if natives.tensors([*given.positional, *given.named.values()]):
        reader.suspects.append(lost.reason)
    return lost


# ---------------------------------------------------------------- PyTorch


def torch_nn(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    if name in ("Sequential", "ModuleList", "ModuleDict"):
        made = Chain(node, framework="torch", kind=name)
        if name == "Sequential" and given.places and isinstance(given.places[0], ast.Dict):
            reader.says.remark(
                reader.text.span(given.places[0]),
                "PyTorch would refuse a plain dict here: TypeError: dict is not a Module subclass; "
                "read as the `OrderedDict` that it takes",
                help="write `nn.Sequential(OrderedDict(...))`",
            )
        methods.fill_chain(reader, made, given)
        return made
    if name in TORCH_LAYERS:
        return torch_layer(reader, node, name, given)
    message = f"`{reader.source(node.func)}` is no layer that archc reads"
    return reader.unknown(node.func, message, did_you_mean(name, TORCH_LAYERS), "unknown-layer")


LAZY = {"Linear": ("LazyLinear", "out_features"), "Conv2d": ("LazyConv2d", "out_channels")}


def torch_layer(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Layer:
    """A module of torch.nn. ``nn.Linear(120)`` is read as what is meant, with a remark."""
    row = TORCH_LAYERS[name]
    if name in LAZY:
        lazy, missing = LAZY[name]
        first = next(iter(row.parameters))
        alone = (
            len(given.positional) == 1 and missing not in given.named and first not in given.named
        )
        if alone:
            shown = reader.source(node)
            said = (
                f"TypeError: {name}.__init__() missing 1 required positional argument: '{missing}'"
            )
            if name == "Conv2d" and "kernel_size" not in given.named:
                said = said.replace(
                    "1 required positional argument: 'out_channels'",
                    "2 required positional arguments: 'out_channels' and 'kernel_size'",
                )
            else:
                reader.says.remark(
                    reader.text.span(node),
                    f"PyTorch would refuse `{shown}`: {said}; read as `nn.{lazy}`, which takes as "
                    "many values as arrive",
                    help=f"write `nn.{lazy}`, or the number that arrives before this one",
                )
                name, row = lazy, TORCH_LAYERS[lazy]
    values, places = bind(reader, node, f"nn.{name}", row, given)
    return Layer(node, framework="torch", kind=name, given=values, places=places)


def torch_function(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    """``F.relu(x)``, ``torch.cat([a, b], 1)``; ``torch.randn`` gives an example's shape."""
    if name in natives.MAKERS:
        return natives.example(reader, node, given)
    tensors = natives.tensors(given.positional[:2])
    if not tensors:
        key = next((k for k in ("input", "x", "tensors") if k in given.named), None)
        tensors = [] if key is None else natives.tensors([given.named[key]])
        if key is None or not tensors:
            return None
        given = Arguments(
            [given.named[key], *given.positional],
            [node, *given.places],
            {k: v for k, v in given.named.items() if k != key},
            given.named_places,
        )
    shown = reader.source(node.func)
    if name in torch_functions.MERGES:
        return merged(reader, node, shown, torch_functions.MERGES[name], given)
    row = torch_functions.FUNCTIONS.get(name)
    if row is None:
        message = f"`{shown}` is no layer that archc reads"
        help = did_you_mean(name, [*torch_functions.FUNCTIONS, *torch_functions.MERGES])
        reader.suspects.append(reader.unknown(node.func, message, help, "unknown-layer").reason)
        return Unknown(reader.suspects[-1])
    rest = Arguments(given.positional[1:], given.places[1:], given.named, given.named_places)
    return of_one(reader, node, shown, row, rest, tensors[0])


def of_one(
    reader: Runner, node: ast.Call, shown: str, row: Row, given: Arguments, tensor: Tensor
) -> Tensor:
    values, places = bind(reader, node, shown, row, given)
    use = Use(reader, "torch", shown, node, values, places, [tensor.node], None)
    row.write(use)
    return use.tensor


def merged(reader: Runner, node: ast.Call, shown: str, row: Row, given: Arguments) -> Any:
    """A function of several tensors, given as a list or one by one."""
    listed = isinstance(given.positional[0], list | tuple)
    count = 1 if listed else 2
    tensors = natives.tensors(given.positional[:count])
    wanted = len(given.positional[0]) if listed else 2
    if len(tensors) != wanted:
        unknown = next(
            (v for v in natives.flat(given.positional[:count]) if isinstance(v, Unknown)), None
        )
        return unknown or reader.unknown(node, f"not all of what `{shown}` joins is a tensor")
    rest = Arguments(
        given.positional[count:], given.places[count:], given.named, given.named_places
    )
    values, places = bind(reader, node, shown, row, rest)
    use = Use(
        reader, reader.framework, shown, node, values, places, [t.node for t in tensors], None
    )
    if len(tensors) == 1:
        return tensors[0]
    row.write(use)
    return use.tensor


# ---------------------------------------------------------------- Keras


def keras_layer(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    if name == "Sequential":
        made = Chain(node, framework="keras", kind="Sequential")
        methods.fill_chain(reader, made, given)
        return made
    if name == "Model":
        return model(reader, node, given)
    if name in ("Input", "InputLayer"):
        return keras_input(reader, node, given)
    if name in FUNCTIONS:
        row = KERAS_LAYERS[FUNCTIONS[name]]
        return merged(reader, node, reader.source(node.func), row, given)
    if name in KERAS_LAYERS:
        row = KERAS_LAYERS[name]
        values, places = bind(reader, node, name, row, given)
        label = given.named.get("name")
        made_layer = Layer(node, framework="keras", kind=name, given=values, places=places)
        made_layer.label = label if isinstance(label, str) else None
        for key in ("input_shape", "batch_input_shape", "input_dim"):
            if key in given.named:
                value = given.named[key]
                if key == "batch_input_shape":
                    value = tuple((items_of(value) or [])[1:])
                made_layer.given["input_shape"] = (value,) if key == "input_dim" else value
        return made_layer
    message = f"`{reader.source(node.func)}` is no layer that archc reads"
    return reader.unknown(node.func, message, did_you_mean(name, KERAS_LAYERS), "unknown-layer")


def keras_input(reader: Runner, node: ast.Call, given: Arguments) -> Tensor:
    """``Input(shape=(28, 28, 1))``: an input of the network that is being traced."""
    value: Any = None
    for key in ("shape", "input_shape"):
        value = given.named.get(key, value)
    for key in ("batch_shape", "batch_input_shape"):
        whole = items_of(given.named.get(key))
        if whole is not None:
            value = tuple(whole[1:])
    if value is None and given.positional:
        value = given.positional[0]
    name = given.named.get("name")
    span = reader.text.span(node)
    shape = reader.given.get(span.start) or input_shape(reader, value, node)
    return Tensor(reader.trace.input(name if isinstance(name, str) else "", shape, span))


LETTERS = {1: "N", 2: "TN", 3: "HWC"}


def input_shape(reader: Runner, value: Any, node: ast.AST) -> Any:
    """A shape as the listing gives it, letters for what it leaves open; of an image where
    nothing is known of it."""
    items = items_of(value)
    if items is None:
        if isinstance(value, int):
            return (value,)
        return tuple(symbol(letter) for letter in "HWC")
    letters = LETTERS.get(len(items))
    if letters is None:
        raise SpecError(
            [
                Diagnostic(
                    "unsupported",
                    "an input has one to three axes without the batch's",
                    reader.text.span(node),
                )
            ]
        )
    found: list[Any] = []
    for letter, item in zip(letters, items, strict=True):
        good = isinstance(item, int) and not isinstance(item, bool)
        if good and not 1 <= item <= natives.MAX_AXIS:
            raise SpecError(
                [
                    Diagnostic(
                        "argument",
                        f"a size is positive, but this is {item}",
                        reader.text.span(node),
                    )
                ]
            )
        found.append(item if good else symbol(letter))
    return tuple(found)


def model(reader: Runner, node: ast.Call, given: Arguments) -> Any:
    """``Model(inputs, outputs)``. Raises SpecError where a part of it is not known."""
    names = ["inputs", "outputs"]
    values = dict(zip(names, given.positional, strict=False))
    for key, other in (("inputs", "input"), ("outputs", "output")):
        values.setdefault(key, given.named.get(key, given.named.get(other)))
    label = given.named.get("name")
    made = Model(node)
    made.label = label if isinstance(label, str) else None
    for key in names:
        value = values[key]
        items: list[tuple[str | None, Any]] = [(None, v) for v in natives.flat([value])]
        entries = entries_of(value)
        if entries is not None:
            items = [(str(k), v) for k, v in entries.items()]
        for name, item in items:
            if isinstance(item, Unknown):
                raise SpecError([item.reason])
            if not isinstance(item, Tensor):
                raise SpecError(
                    [
                        Diagnostic(
                            "wrong-kind", f"`{key}` of a Model are tensors", reader.text.span(node)
                        )
                    ]
                )
            if key == "inputs":
                made.inputs.append(item)
            else:
                made.outputs.append((name, item))
    if not made.inputs or not made.outputs:
        raise SpecError(
            [Diagnostic("argument", "a Model has inputs and outputs", reader.text.span(node))]
        )
    return made


def keras_function(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    """``tf.nn.relu(x)``, ``keras.activations.relu(x)``, ``keras.ops.concatenate([x, y])``."""
    first = given.positional[0] if given.positional else None
    if name == "get" and isinstance(first, str) and first in keras_layers.ACTIVATIONS:
        return Library(f"keras.activations.{first}")
    tensors = natives.tensors([first])
    if not tensors:
        return None
    shown = reader.source(node.func)
    if name in ("concat", "concatenate"):
        return merged(reader, node, shown, KERAS_LAYERS["Concatenate"], given)
    if name in ("add", "multiply"):
        return merged(reader, node, shown, KERAS_LAYERS[FUNCTIONS[name]], given)
    if name in keras_layers.ACTIVATIONS and len(given.positional) == 1 and not given.named:
        op, fixed = keras_layers.ACTIVATIONS[name]
        if op == "leaky":
            return None
        span = reader.text.span(node)
        return Tensor(reader.trace.apply(op, fixed, [tensors[0].node], span, "keras"))
    return None


# ---------------------------------------------------------------- Python's modules


def mathematics(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    known = {"ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt, "log2": math.log2}
    values = given.positional
    if name in known and len(values) == 1 and isinstance(values[0], int | float):
        try:
            return known[name](values[0])
        except (ValueError, OverflowError) as error:
            return reader.unknown(node, f"`{reader.source(node)}`: {error}")
    return None


def functools_call(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    """``partial(nn.Conv2d, kernel_size=3)``."""
    if name != "partial" or not given.positional:
        return None
    function, *rest = given.positional
    bound = Arguments(rest, given.places[1:], given.named, given.named_places)
    if isinstance(function, Partial):
        function, bound = function.function, function.given.followed(bound)
    return Partial(function, bound) if len(bound.positional) <= MAX_GIVEN else None


def numpy_call(reader: Runner, node: ast.Call, name: str, given: Arguments) -> Any:
    return natives.example(reader, node, given) if name in natives.MAKERS else None


_PLACES = {
    "torch.nn": torch_nn,
    "torch.nn.functional": torch_function,
    "torch": torch_function,
    "keras.layers": keras_layer,
    "keras.activations": keras_function,
    "keras.ops": keras_function,
    "keras.backend": keras_function,
    "tensorflow": keras_function,
    "math": mathematics,
    "functools": functools_call,
    "numpy": numpy_call,
    "numpy.random": numpy_call,
    "builtins": builtins.builtin,
}

__all__ = ["Class", "Example", "Module", "call"]
