"""The written model held against inference: by onnx's checker and shape inference, and by a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

from archc.diagnostics import Diagnostic, SpecError
from archc.dims import evaluate, symbols_of
from archc.graph.network import Layer, Network
from archc.ops.base import Shape
from archc.ops.detection import Propose
from archc_backends.onnx.table import torch_order
from archc_backends.shared.sizes import bind, counted, counts

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

TRIED = 2
"""The batch of the run."""

MOST_MACS = 10**11
"""What takes more is not run: some seconds on a processor."""

Sizes = tuple[int | None, ...]


def prove(network: Network, source: bytes) -> str:
    """Check the model, compare every layer's shape with onnx's inference, and the outputs' with
    those of a run, where onnxruntime is installed.

    Returns what was proved in one line. Raises SpecError naming the first layer that differs.
    """
    import onnx

    bindings = bind(network)
    check: Any = import_module("onnx.checker").check_model  # it is typed in part
    try:
        check(source, full_check=True)
    except Exception as error:  # protobuf's, and the checker's own, which have no common class
        _differs(None, f"onnx's checker says: {_first_line(error)}")
    model = onnx.load_from_string(source)
    compared, all_layers = _compare_layers(network, _bound(model, network, bindings), bindings)
    which = "all" if compared == all_layers else f"{compared:,} of"
    said = [
        f"proved with onnx {onnx.__version__}: full check, shapes of {which} {all_layers:,} layers"
    ]
    if find_spec("onnxruntime") is not None:
        heavy = _too_heavy(network, bindings)
        said.append(f"not run: {heavy}" if heavy else _run(network, model, source, bindings))
    sizes = ", ".join(f"{name} = {value}" for name, value in bindings.items())
    return "; ".join(said) + (f" ({sizes})" if sizes else "")


def _too_heavy(network: Network, bindings: Mapping[str, int]) -> str:
    """Why a run would take too long, or too much memory; "" where it does not."""
    if any(isinstance(layer.op, Propose) and counted(layer) for layer in network.layers):
        return "how many boxes there are is in the data"
    macs = TRIED * evaluate(network.cost.macs, bindings)
    return f"it takes {macs:,} multiply-accumulates" if macs > MOST_MACS else ""


def expected(shape: Shape, bindings: Mapping[str, int], in_data: Iterable[str]) -> Sizes:
    """Sizes as ONNX has them, the batch first; None for those that are in the data."""
    unknown = set(in_data)
    return (
        TRIED,
        *(
            None if unknown & set(symbols_of(size)) else evaluate(size, bindings)
            for size in torch_order(shape)
        ),
    )


# ---------------------------------------------------------------- shape inference


def _bound(model: ModelProto, network: Network, bindings: Mapping[str, int]) -> ModelProto:
    """The model with its shapes inferred anew, from numbers for the inputs' sizes; weights are
    left out, and count as inputs."""
    import onnx
    from onnx import helper, shape_inference

    bare = onnx.ModelProto()
    bare.ir_version = model.ir_version
    bare.opset_import.extend(model.opset_import)
    graph = bare.graph
    graph.name = model.graph.name
    graph.node.extend(model.graph.node)
    for given, value in zip(model.graph.input, network.inputs, strict=True):
        kind = given.type.tensor_type.elem_type
        sizes = expected(value.shape, bindings, ())
        graph.input.append(helper.make_tensor_value_info(given.name, kind, sizes))
    for weight in model.graph.initializer:
        graph.input.append(
            helper.make_tensor_value_info(weight.name, weight.data_type, weight.dims)
        )
    graph.value_info.extend(_given(model, network, bindings))
    for output in model.graph.output:
        kind = output.type.tensor_type.elem_type
        graph.output.append(helper.make_tensor_value_info(output.name, kind, None))
    try:
        return shape_inference.infer_shapes(bare, strict_mode=True, data_prop=True)
    except Exception as error:  # onnx's own, which have no common class
        _differs(None, f"onnx's shape inference says: {_first_line(error)}")


NOT_INFERRED = ("GroupNormalization",)
"""Operators of which onnx 1.23 infers nothing, not even the type."""


def _given(
    model: ModelProto, network: Network, bindings: Mapping[str, int]
) -> Iterator[ValueInfoProto]:
    """What those operators give: a layer's shape, or a shape that is not known."""
    from onnx import TensorProto, helper

    for node in model.graph.node:
        if node.op_type in NOT_INFERRED:
            layer = network.by_path[_path(node)]
            last = node.name == layer.path.replace(".", "/")
            sizes = expected(layer.shape, bindings, ()) if last else None
            yield helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, sizes)


def _compare_layers(
    network: Network, model: ModelProto, bindings: Mapping[str, int]
) -> tuple[int, int]:
    """How many layers' shapes onnx infers, and of how many that are in the graph."""
    inferred = {
        value.name: _sizes(value)
        for value in (*model.graph.value_info, *model.graph.output)
        if value.type.tensor_type.HasField("shape")
    }
    last = {path: node for node in model.graph.node if (path := _path(node))}
    unknown = counts(network)
    compared = 0
    for layer in network.layers:
        node = last.get(layer.path)
        if node is None or node.op_type in NOT_INFERRED:
            continue
        found = inferred.get(node.output[0])
        if found is None:
            continue
        wanted = expected(layer.shape, bindings, unknown)
        _compare(layer, found, wanted, "onnx")
        compared += all(
            size is not None or other is None for size, other in zip(found, wanted, strict=True)
        )
    return compared, len(last)


def _path(node: NodeProto) -> str:
    """The path of the layer that a node is of; "" for a constant."""
    return next((str(entry.value) for entry in node.metadata_props if entry.key == "path"), "")


def _sizes(value: Any) -> Sizes:
    dims = value.type.tensor_type.shape.dim
    return tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in dims)


def _compare(layer: Layer, found: Sizes, wanted: Sizes, who: str) -> None:
    agree = len(found) == len(wanted) and all(
        a is None or b is None or a == b for a, b in zip(found, wanted, strict=True)
    )
    if not agree:
        texts = [" x ".join(map(_text, sizes)) for sizes in (found, wanted)]
        _differs(layer, f"{who} gives {texts[0]}, and archc expects {texts[1]}")


def _text(size: int | None) -> str:
    return "?" if size is None else str(size)


# ---------------------------------------------------------------- a run


def _run(network: Network, model: ModelProto, source: bytes, bindings: Mapping[str, int]) -> str:
    import numpy as np

    onnxruntime: Any = import_module("onnxruntime")  # it has no types
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone: what is removed as unused is no news
    given = {
        value.name: np.zeros(
            [size or 0 for size in expected(value.shape, bindings, ())],
            np.int64 if info.type.tensor_type.elem_type == model_int() else np.float32,
        )
        for value, info in zip(network.inputs, model.graph.input, strict=True)
    }
    try:
        session: Any = onnxruntime.InferenceSession(
            source, options, providers=["CPUExecutionProvider"]
        )
        results = session.run(None, given)
    except Exception as error:  # onnxruntime's own, which have no common class
        _differs(None, f"onnxruntime says: {_first_line(error)}")
    unknown = counts(network)
    shapes = {layer.path: layer for layer in network.layers}
    makers = {node.output[0]: _path(node) for node in model.graph.node}
    for info, result in zip(model.graph.output, results, strict=True):
        layer = shapes.get(makers.get(info.name, ""))
        if layer is not None:
            wanted = expected(layer.shape, bindings, unknown)
            _compare(layer, tuple(result.shape), wanted, "onnxruntime")
    version = onnxruntime.__version__
    return f"run by onnxruntime {version}, batch {TRIED}: outputs' shapes equal"


def model_int() -> int:
    """ONNX's number for 64-bit integers."""
    from onnx import TensorProto

    return int(TensorProto.INT64)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _differs(layer: Layer | None, what: str) -> NoReturn:
    place = f" at `{layer.path}`," if layer is not None else ""
    message = f"the ONNX model is not the network:{place} {what}"
    span = layer.span if layer is not None else None
    raise SpecError([Diagnostic("unsupported", message, span, notes=("this is a fault of archc",))])


__all__ = ["prove"]
