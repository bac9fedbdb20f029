"""The graph as an ONNX model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from archc._version import __version__
from archc.diagnostics import Diagnostic, SpecError
from archc.dims import to_text
from archc.graph.network import Layer, Module, Network
from archc.ops.arranging import Expand
from archc.ops.base import Shape
from archc.ops.recurrent import Embed
from archc.ops.transposed import Unpool
from archc_backends.onnx import (
    rows,
    rows_detection,
    rows_recurrent,
    rows_regions,
    rows_shapes,
    rows_windows,
)
from archc_backends.onnx.graph import Body, Constant, Graph, Node, Site
from archc_backends.onnx.table import torch_order, write_layer
from archc_backends.onnx.weights import INSTALL, as_array, check_size, drawn, matched
from archc_backends.shared.outputs import auxiliary, closing_softmax

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

OPSET = 26
"""The newest that onnxruntime 1.31 runs (onnx 1.23 has 28)."""

OLDER = {"RoiAlign": 21}
"""Operators that onnxruntime 1.31 has no newer version of, and the last opset with theirs."""

BATCH = "batch"
"""The first axis of every input and output, in ONNX a parameter of the model."""

TABLES = (rows, rows_detection, rows_recurrent, rows_regions, rows_shapes, rows_windows)
"""Importing them fills the table."""


def import_onnx() -> None:
    """Import onnx. Raises SpecError (``unsupported``) where it is not installed."""
    try:
        import_module("onnx")
    except ImportError as error:
        message = "an ONNX file is written by onnx, which is not installed"
        raise SpecError([Diagnostic("unsupported", message, help=INSTALL)]) from error


def written(network: Network) -> Graph:
    """All layers as nodes. Raises SpecError (``unsupported``). Needs no onnx."""
    graph = Graph(network, _indexed(network))
    for layer in network.layers:
        site = Site(graph, layer, [graph.values[path] for path in layer.inputs])
        first = len(graph.nodes)
        given = write_layer(site)
        own = graph.nodes[first:]
        if not own or given not in own[-1].outputs:  # what arrives, as it is
            given = site.op("Identity", given)
            own = graph.nodes[first:]
        _rename(own, given, layer.path)
        graph.values[layer.path] = layer.path
        *before, last = own
        last.name = graph.node_name(layer.path)
        for node in before:
            node.name = graph.node_name(f"{layer.path}.{node.op}")
        for node in (inner for outer in own if outer.body for inner in outer.body.nodes):
            node.name = graph.node_name(f"{layer.path}.Scan.{node.op}")
    return graph


def _rename(nodes: Sequence[Node], old: str, new: str) -> None:
    for node in nodes:
        node.rename(old, new)


def _indexed(network: Network) -> frozenset[str]:
    """The poolings whose indices are read."""
    found = (
        layer.op.role("indices", layer.inputs)
        for layer in network.layers
        if isinstance(layer.op, Unpool)
    )
    return frozenset(path for path in found if path is not None)


def outputs(network: Network, probabilities: bool) -> list[tuple[str, str]]:
    """Name and value of each output of the model: what the torch module gives outside training,
    logits and no auxiliary ones; or the probabilities that the network's softmax makes of them."""
    closing = {} if probabilities else closing_softmax(network)
    left_out = auxiliary(network)
    return [
        (output.name, closing.get(output.path, output.path))
        for output in network.outputs
        if output.name not in left_out
    ]


def _named(graph: Graph, wanted: Sequence[tuple[str, str]]) -> list[str]:
    """Let the model's outputs have their names; those names."""
    given: list[str] = []
    for name, path in wanted:
        value = graph.values[path]
        only = [other for _, other in wanted].count(path) == 1
        made = any(value in node.outputs for node in graph.nodes)
        if name == value and only and made:
            given.append(name)
            continue
        found = graph.free(name)
        if only and made:
            _rename(graph.nodes, value, found)
            graph.values[path] = found
        else:
            node = graph.node_name(f"{found}.Identity")
            graph.nodes.append(Node("Identity", [value], [found], node))
        given.append(found)
    return given


def _needed(graph: Graph, outputs: Sequence[str]) -> list[Node]:
    """The nodes that the outputs depend on, in their order."""
    wanted, kept = set(outputs), list[Node]()
    for node in reversed(graph.nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.reads())
            kept.append(node)
    return kept[::-1]


# ---------------------------------------------------------------- as protobuf


def model(
    network: Network,
    weights: Mapping[str, Any] | None = None,
    *,
    probabilities: bool = False,
    remarks: list[Diagnostic] | None = None,
) -> ModelProto:
    """The network as an ONNX model, with the weights given or random ones.

    ``remarks``: where what is to be said of the weights goes.
    """
    graph = written(network)
    wanted = outputs(network, probabilities)
    names = _named(graph, wanted)
    nodes = _needed(graph, names)
    read = {value for node in nodes for value in node.reads()}
    needed = [name for name in graph.weights if name in read]
    check_size(graph.weights[name] for name in needed)
    arrays: Mapping[str, Any] = {}
    if weights is not None:
        arrays, said = matched(network, graph.weights, needed, weights)
        (remarks if remarks is not None else []).extend(said)
    import_onnx()
    from onnx import defs, helper

    shapes = {value.name: value.shape for value in network.inputs}
    shapes |= {layer.path: layer.shape for layer in network.layers}
    made = {value for node in nodes for value in node.outputs}
    values = {
        graph.values[layer.path]: layer.shape
        for layer in network.layers
        if graph.values[layer.path] in made and graph.values[layer.path] not in names
    }
    words = _words(network)
    constants = {name: value for name, value in graph.constants.items() if name in read}
    body = helper.make_graph(
        [*(_constant(*one) for one in constants.items()), *map(_node, nodes)],
        network.name,
        [_info(v.name, v.shape, words=v.name in words) for v in network.inputs],
        [_info(name, shapes[path]) for name, (_, path) in zip(names, wanted, strict=True)],
        [_tensor(name, arrays.get(name), graph) for name in needed],
        value_info=[_info(name, shape) for name, shape in values.items()],
    )
    opset = helper.make_opsetid("", min(opset_of(nodes), defs.onnx_opset_version()))
    return helper.make_model(
        body,
        opset_imports=[opset],
        ir_version=helper.find_min_ir_version_for([opset]),
        producer_name="archc",
        producer_version=__version__,
        doc_string=_about(network),
    )


def opset_of(nodes: Iterable[Node]) -> int:
    """The newest opset in which all operators run."""
    return min((OLDER.get(node.op, OPSET) for node in nodes), default=OPSET)


def _words(network: Network) -> set[str]:
    """The inputs that are numbers of words: integers."""
    readers: dict[str, list[bool]] = {}
    for layer in network.layers:
        main = set(layer.op.main(layer.inputs))
        for path in layer.inputs:
            sized = isinstance(layer.op, Expand) and path not in main
            readers.setdefault(path, []).append(isinstance(layer.op, Embed) or sized)
    return {v.name for v in network.inputs if v.name in readers and all(readers[v.name])}


def _info(name: str, shape: Shape, *, words: bool = False) -> ValueInfoProto:
    from onnx import TensorProto, helper

    sizes = [BATCH, *(s if isinstance(s, int) else to_text(s) for s in torch_order(shape))]
    kind = TensorProto.INT64 if words else TensorProto.FLOAT
    return helper.make_tensor_value_info(name, kind, sizes)


def _tensor(name: str, given: Any, graph: Graph) -> TensorProto:
    import numpy as np
    from onnx import numpy_helper

    array = drawn(graph.weights[name]) if given is None else as_array(given)
    return numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name)


def _constant(name: str, constant: Constant) -> NodeProto:
    import numpy as np
    from onnx import helper, numpy_helper

    value = numpy_helper.from_array(np.asarray(constant.values, constant.type), name)
    return helper.make_node("Constant", [], [name], name, value=value)


def _node(node: Node) -> NodeProto:
    from onnx import TensorProto, helper

    attributes = dict(node.attributes)
    if node.op == "Cast":
        kinds = {"int64": TensorProto.INT64, "float32": TensorProto.FLOAT}
        attributes["to"] = kinds[attributes["to"]]
    if node.body is not None:
        attributes["body"] = _body(node.name, node.body)
    found = helper.make_node(node.op, node.inputs, node.outputs, node.name, **attributes)
    layer = node.layer
    if layer is not None:
        found.doc_string = _line(layer)
        for key, value in _metadata(layer).items():
            entry = found.metadata_props.add()
            entry.key, entry.value = key, value
    return found


def _body(name: str, body: Body) -> GraphProto:
    from onnx import TensorProto, helper

    integers, truths = TensorProto.INT64, TensorProto.BOOL
    kinds = [*[integers] * (len(body.arriving) - 1), truths]
    return helper.make_graph(
        [_node(node) for node in body.nodes],
        name,
        [
            helper.make_tensor_value_info(*one, None)
            for one in zip(body.arriving, kinds, strict=True)
        ],
        [helper.make_tensor_value_info(body.gives, TensorProto.FLOAT, None)],
    )


def _line(layer: Layer) -> str:
    """Where in the spec a layer stands."""
    return f"{PurePath(layer.span.source.name).name}:{layer.span.line}"


def _metadata(layer: Layer) -> dict[str, str]:
    """What a viewer may show of a node: the layer's path, its name in specs, and the modules that
    it stands in, blocks by their names."""
    return {"path": layer.path, "layer": layer.op.name, "namespace": _scope(layer.parent)}


def _scope(module: Module) -> str:
    """``resnet50/conv[2]: line/conv.2.0: bottleneck``: each module's path, and what it is."""
    parts: list[str] = []
    node: Module | None = module
    while node is not None:
        called = node.callee or node.kind
        parts.append(f"{node.path}: {called}" if node.path else called)
        node = node.parent
    return "/".join(reversed(parts))


def _about(network: Network) -> str:
    source = network.root.span.source.name if network.root.span else ""
    where = f" from {PurePath(source).name}" if source else ""
    return f"{network.name}, written by archc {__version__}{where}"
