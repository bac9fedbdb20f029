"""Names of frameworks: what ``nn``, ``layers`` or a bare ``Conv2D`` mean, and which framework a
listing is written for."""

from __future__ import annotations

import re

BUILTINS = frozenset(
    [
        "range",
        "len",
        "list",
        "tuple",
        "dict",
        "set",
        "int",
        "float",
        "str",
        "bool",
        "min",
        "max",
        "sum",
        "enumerate",
        "zip",
        "reversed",
        "abs",
        "round",
        "isinstance",
        "sorted",
        "print",
        "super",
        "getattr",
        "setattr",
        "hasattr",
        "any",
        "all",
        "object",
        "type",
        "iter",
        "next",
    ]
)

ROOTS = {
    "nn": "torch.nn",
    "torch": "torch",
    "F": "torch.nn.functional",
    "keras": "keras",
    "tf": "tensorflow",
    "tensorflow": "tensorflow",
    "layers": "keras.layers",
    "models": "keras.models",
    "np": "numpy",
    "numpy": "numpy",
    "math": "math",
    "d2l": "d2l",
    "OrderedDict": "collections.OrderedDict",
    "collections": "collections",
}
"""Names that listings use without the import that they left out."""

_KERAS = re.compile(
    r"^(?:tensorflow\.(?:compat\.v\d\.)?keras|tensorflow\.python\.keras|tf_keras|keras)(?:\.(.+))?$"
)
_KERAS_PARTS = ("layers", "models", "engine", "engine.input_layer", "src.layers")


def canonical(path: str) -> tuple[str, str]:
    """A path as (where, name): where is ``torch.nn``, ``torch.nn.functional``, ``torch``,
    ``keras.layers``, ``keras.activations``, ``keras.ops``, ``tensorflow``, or as it stands."""
    keras = _KERAS.match(path)
    if keras is not None:
        rest = keras.group(1) or ""
        where, _, name = rest.rpartition(".")
        if where.startswith("layers.") or where in _KERAS_PARTS or not where:
            return "keras.layers", name
        return f"keras.{where}", name
    where, _, name = path.rpartition(".")
    if where.startswith("torch.nn.modules"):
        where = "torch.nn"
    if where == "tensorflow.nn":
        where = "keras.activations"
    if path == "collections.OrderedDict":
        return "builtins", "dict"
    return where, name


def known_root(name: str, framework: str) -> str | None:
    """What a name means that the listing does not define; None where nothing is known of it."""
    from archc.notations.listing.tables import KERAS_LAYERS, TORCH_LAYERS

    if name in ROOTS:
        return ROOTS[name]
    in_keras = name in KERAS_LAYERS or name in _KERAS_OTHERS
    in_torch = name in TORCH_LAYERS or name in _TORCH_OTHERS
    if in_torch and (framework == "torch" or not in_keras):
        return f"torch.nn.{name}"
    return f"keras.layers.{name}" if in_keras else None


_KERAS_OTHERS = ("Sequential", "Model", "Input", "InputLayer", "Layer")
_TORCH_OTHERS = ("Sequential", "ModuleList", "ModuleDict", "Module")


def framework_of(text: str) -> str:
    """``torch`` or ``keras``: whichever more of a listing's words belong to."""
    torch = len(re.findall(r"\bnn\.|\btorch\b|\bConv2d\b|\bMaxPool2d\b|\bdef forward\b", text))
    keras = len(
        re.findall(
            r"\bkeras\b|\btf\.|\bConv2D\b|\bDense\(|\bMaxPool(?:ing)?2D\b|\blayers\.|\bInput\(|\bModel\(|\bSequential\(\[",
            text,
        )
    )
    return "keras" if keras > torch else "torch"
