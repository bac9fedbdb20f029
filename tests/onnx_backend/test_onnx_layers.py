"""Every layer in onnxruntime gives what it gives in torch, with the same weights."""

from __future__ import annotations

import onnx
import pytest
from onnx_runs import drawn_module, examples, initializers, run, same_as_torch, states, tensors

import archc
from archc.diagnostics import SpecError
from archc.ops.table import BUILTIN
from archc_backends.onnx import backend

MAP, WIDE = "x: 9x10x4", "x: 12x13x8"
TABLE = "let table = [[0, 1], [2], [1, 3], [0, 1, 2, 3], [3]]\n"

ONE: dict[str, list[str]] = {
    # what arrives, and the layers that are tried on it
    MAP: [
        "conv 3x3 6",
        "conv 3x2/2x1 8 pad=2x1 dilation=2x1 groups=2 nobias",
        "conv 2x2 3 same",
        "conv 5x3/2 6 same",
        "conv 3x3/3 6 same dilation=2",
        "conv 3x3 6 pad=[1, 0, 2, 1]",
        "depthwise 3x3 pad multiplier=2",
        "depthwise 3x3/2 same nobias",
        "deconv 3x3/2 6",
        "deconv 4x4/2 6 pad=1 groups=2 nobias",
        "deconv 3x3/2 6 same",
        "deconv 2x2/3 6 same",
        "deconv 3x3/2 6 pad=1 outpad=1",
        "deconv 3x3/2 6 pad=[0, 1, 2, 0] dilation=2",
        "deconv 3x3/2 6 outpad=1",
        "maxpool 3x3/2",
        "maxpool 3x3/2 ceil",
        "maxpool 3x3/2 pad",
        "maxpool 3x3/2 same",
        "maxpool 2x2/1 same",
        "maxpool 2x2/1 dilation=3 pad=2",
        "maxpool 3x3/2 pad=[1, 0, 0, 1] ceil",
        "minpool 3x3/2 same",
        "minpool 3x2/2 ceil",
        "avgpool 3x3/2",
        "avgpool 3x3/2 ceil",
        "avgpool 3x3/2 pad",
        "avgpool 3x3/2 pad ceil",
        "avgpool 4x4/3 pad=2 ceil excludepad",
        "avgpool 3x3/2 pad=[1, 0, 0, 1]",
        "avgpool 3x3/2 same",
        "avgpool 3x3/2 same includepad",
        "avgpool global",
        "maxpool global",
        "avgpool adaptive=3x5",
        "avgpool adaptive=4x3",
        "maxpool adaptive=4x7",
        "subsample 2x2/2",
        "spp [3, 2, 1]",
        "fc 5",
        "fc 5 nobias",
        "rbf 3",
        "lrn 3 alpha=0.3 beta=0.6 k=1.5",
        "lrn 3 alpha=0.3 mean",
        "lrn 4 alpha=0.3 beta=0.6 k=1.5",
        "bn eps=0.01",
        "bn noscale",
        "bn noshift",
        "bn noscale noshift",
        "ln",
        "ln noshift",
        "ln whole",
        "ln whole noscale",
        "groupnorm 2",
        "groupnorm 2 noscale",
        "groupnorm 4 noscale noshift",
        "instancenorm",
        "instancenorm affine",
        "lcn 5",
        "l2norm 3",
        "relu",
        "relu6",
        "leaky 0.2",
        "prelu",
        "prelu shared",
        "elu 2",
        "selu",
        "gelu",
        "gelu tanh",
        "silu",
        "sigmoid",
        "tanh",
        "tanh amplitude=1.7159 slope=(2 / 3)",
        "hardtanh",
        "softplus",
        "softsign",
        "softmax, identity",
        "logsoftmax",
        "maxout 2",
        "dropout 0.4",
        "identity",
        "flatten",
        "upsample 2x3",
        "upsample 3x2 bilinear",
        "rescale (1 / 255)",
        "rescale 2 3",
        "pad [1, 2, 3, 4]",
        "widen 7",
        "crop 5x4 offset=2x3",
        "crop 5x3 center",
        "reshape 4x9x10",
        "reshape [18, 20]",
        "rows 2",
        "sum axis=height",
        "mean axis=width",
        "mean axis=channels",
    ],
    "x: 8x12x8": ["reorg 2", "reorg 2 darknet", "reorg 4"],
    # sizes that are found as the graph runs
    "x: HxWx4": [
        "conv 5x3/2 6 same",
        "conv 3x3/2 6 same dilation=2",
        "maxpool 3x3/2 same",
        "maxpool 3x3/2 ceil pad",
        "minpool 2x2/3 same",
        "avgpool 3x3/2 same",
        "avgpool 3x3/2 same includepad",
        "avgpool 3x3/2 ceil",
        "avgpool 3x3/2 ceil pad",
        "avgpool adaptive=3x2",
        "spp [4, 2]",
        "subsample 2x2/2",
        "deconv 3x3/2 2 pad=1",
        "upsample 2 bilinear",
        "maxout 2",
        "rows 2",
        "lrn 5",
        "groupnorm 2",
        "l2norm",
        "avgpool global, flatten, fc 3",
        "crop 3x3 center",
    ],
    "x: HxWx4 where H % 2 == 0 and W % 2 == 0": ["reorg 2", "reorg 2 darknet"],
    "x: 6": [
        "fc 4",
        "rbf 3",
        "relu",
        "softmax, identity",
        "prelu",
        "bn",
        "bn noshift",
        "ln",
        "l2norm",
        "maxout 3",
        "widen 9",
        "reshape 1x2x3",
        "expand 4",
        "flatten",
    ],
    "x: Tx6": [
        "fc 4",
        "fc 4 nobias",
        "relu",
        "softmax, identity",
        "prelu shared",
        "bn",
        "bn noscale",
        "ln",
        "ln whole noshift",
        "l2norm",
        "maxout 2",
        "widen 9",
        "sum",
        "mean",
        "sum axis=channels",
        "lstm 5",
        "lstm 5 last",
        "lstm 5 layers=2 bidirectional",
        "lstm 5 bidirectional last",
        "gru 5",
        "gru 4 layers=2 bidirectional last",
    ],
    "x: T": ["embed 20 6", "embed 20 6, lstm 3 last"],
    # maps of regions: each on its own
    "x: Rx7x6x4": [
        "conv 3x3 6 pad",
        "conv 3x3/2 6 same",
        "conv 3x3 5 pad=[1, 0, 0, 1]",
        "depthwise 3x3 pad",
        "deconv 2x2/2 6",
        "deconv 2x2/3 6 same",
        "maxpool 3x3/2",
        "avgpool global",
        "minpool 2x2/2",
        "subsample 2x2/2",
        "bn",
        "bn noshift",
        "ln",
        "ln whole",
        "groupnorm 2",
        "instancenorm affine",
        "lcn 3",
        "lrn 3",
        "l2norm",
        "prelu",
        "relu",
        "upsample 2",
        "pad 1",
        "widen 6",
        "spp [2, 1]",
        "flatten",
        "fc 5",
        "softmax, identity",
        "maxout 2",
        "reorg 1",
    ],
    "x: 3xHxWx4": ["conv 3x3/2 6 same", "upsample 2", "avgpool adaptive=2x3"],
    # boxes from maps
    "x: HxWx10": [
        "yolo v1 boxes=1 classes=5 stride=16",
    ],
    "x: HxWx16": [
        "yolo v3 anchors=[10, 13, 16, 30.5] classes=3",
        "yolo v2 anchors=[10, 13, 16, 30] classes=3",
    ],
    "x: 5x4x2": ["priors 30 stride=8 next=60", "priors 21.3 stride=4 ratios=[2, 3]"],
}

SEVERAL: dict[str, str] = {
    # layers of several inputs, by what they are
    "connections": "input x: 9x10x4\n conv 3x3/2 5 pad connections=table",
    "connections of regions": "input x: Rx5x6x4\n conv 3x3 5 connections=table",
    "add": "input x: 5x6x4\n add { identity; conv 1x1 4; relu }",
    "mul": "input x: 5x6x4\n mul { identity; conv 1x1 4; conv 1x1 1 }",
    "gate": "input x: 5x6x4\n mul { identity; avgpool global, flatten, fc 4, sigmoid }",
    "gate of a sequence": "input x: Tx4\n input v: 4\n y: mul { from x; from v }",
    "gate of regions": "input x: Rx3x2x4\n input v: Rx4\n y: mul { from x; from v }",
    "gate of regions by a vector": "input x: Rx3x2x4\n input v: 4\n y: mul { from x; from v }",
    "concat": "input x: 5x6x4\n concat { identity; conv 1x1 3; conv 1x1 2 }",
    "concat height": "input x: 5x6x4\n concat axis=height { identity; maxpool 2x1/1 }",
    "concat width": "input x: 5x6x4\n concat axis=width { identity; maxpool 1x2/1 }",
    "concat time": "input x: 4\n input y: Tx4\n z: concat axis=time { from x; from y }",
    "concat rows": "input x: Rx4\n input y: Sx4\n z: concat axis=rows { from x; from y }",
    "concat regions": "input x: Rx3x2x4\n concat { identity; conv 1x1 3 }",
    "select": "input x: 6\n input c: 3\n"
    " y: select by=c { from x, fc 4; from x, fc 4; from x, fc 4 }",
    "select maps": "input x: 3x4x5\n input c: 2\n y: select by=c { from x; from x, relu }",
    "crop like": "input x: HxWx3 where H >= 6 and W >= 6\n input l: 5x6x2\n y: from x, crop like=l",
    "crop like in the middle": "input x: 9x10x3\n input l: 4x6x2\n y: from x, crop like=l center",
    "expand like a sequence": "input x: 5\n input l: Tx3\n y: from x, expand like=l",
    "expand like a map": "input x: 5\n input l: HxWx3\n y: from x, expand like=l",
    "transform": "input x: 9x10x4\n t: from x, fc 6\n y: from x, transform by=t",
    "transform to a size": "input x: HxWx4\n input t: 6\n m: from t, rescale 0.3\n"
    " y: from x, transform 5x4 by=m",
    "unpool": "input x: 8x10x4\n p: maxpool 2x2/2\n relu, unpool 2x2/2 indices=p",
    "unpool like": "input x: HxWx4\n p: maxpool 3x3/2\n unpool 3x3/2 indices=p like=x",
    "unpool of a padded pooling": "input x: 9x9x2\n p: maxpool 3x3/2 pad\n"
    " unpool 3x3/2 pad=1 indices=p",
    "unpool to another size": "input x: 9x10x4\n p: maxpool 2x2/2\n unpool 2x2/2 indices=p",
    "unpool to another size, unknown": "input x: HxWx4\n p: maxpool 2x2/2\n unpool 2x2/2 indices=p",
    "roipool": "input x: 9x11x4\n input boxes: Rx4\n"
    " y: from x, roipool 3x2 boxes=boxes scale=0.125",
    "roipool 7x7": "input x: HxWx3\n input boxes: Rx6\n"
    " y: from x, roipool 7x7 boxes=boxes scale=0.4",
    "roialign": "input x: 9x11x4\n input boxes: Rx4\n"
    " y: from x, roialign 3x2 boxes=boxes scale=0.125",
    "roialign aligned": "input x: HxWx4\n input boxes: Rx6\n"
    " y: from x, roialign 3x3 boxes=boxes scale=0.1 sampling=3 aligned",
    "roialign of a pyramid": "input x: 20x20x3\n input z: 10x10x3\n input w: 5x5x3\n"
    " input boxes: Rx4\n y: roialign 2x2 boxes=boxes scale=1 level=2 { from x; from z; from w }",
}


def network(body: str, head: str = "") -> archc.Network:
    return archc.loads(f"{head}network one {{\n {body}\n}}\n")


CASES = [(shape, layer) for shape, layers in ONE.items() for layer in layers]


@pytest.mark.parametrize(("shape", "layer"), CASES, ids=[f"{s[3:]} {la}" for s, la in CASES])
def test_a_layer(shape: str, layer: str) -> None:
    made = network(f"input {shape}\n {layer}")
    source = same_as_torch(made)
    module = made.torch()
    assert initializers(source) == states(module)
    assert backend.prove(made, source).startswith("proved with onnx")


@pytest.mark.parametrize("name", SEVERAL)
def test_a_layer_of_several_inputs(name: str) -> None:
    made = network(SEVERAL[name], TABLE if "connections" in name else "")
    source = same_as_torch(made)
    assert initializers(source) == states(made.torch())
    backend.prove(made, source)


@pytest.mark.parametrize(
    "layers",
    [
        "pad 1, maxpool 2x2/2",
        "pad 2, maxpool 2x2/2",
        "pad 2, avgpool 2x2/2",
        "pad 1, avgpool 2x2/2 pad=1",
        "pad [1, 0, 2, 1], subsample 2x2/2",
    ],
)
def test_zeros_around_a_pooling_are_values(layers: str) -> None:
    """onnxruntime would make such a `Pad` the pooling's own, which never wins a maximum."""
    network = archc.loads(f"network n {{\n input x: 5x5x3\n minus: rescale 1 (-9)\n {layers}\n}}")
    same_as_torch(network)


DETECTORS: dict[str, str] = {
    "nms": "input boxes: Rx7\n nms keep=8 overlap=0.3",
    "nms without a count": "input boxes: Rx7\n nms threshold=0.4 overlap=0.2 before=30",
    "detect": "input p: Rx3\n input boxes: Rx4\n input d: Rx12\n input image: 40x50x3\n"
    " c: from p, softmax\n y: from c, detect boxes=boxes deltas=d image=image keep=9",
    "detect with deltas of all classes": "input p: Rx3\n input boxes: Rx4\n input d: Rx4\n"
    " c: from p, sigmoid\n y: from c, detect boxes=boxes deltas=d nobackground threshold=0.3",
    "detect boxes as they are": "input p: Rx3\n input boxes: Rx4\n"
    " c: from p, sigmoid\n y: from c, detect boxes=boxes threshold=0.9",
    "propose": "input s: HxWx18\n input d: HxWx36\n"
    " y: from s, propose deltas=d keep=12 stride=8 sizes=[10, 20, 30]",
    "propose from one score": "input s: HxWx3\n input d: HxWx12\n input image: 30x37x3\n"
    " y: from s, propose deltas=d stride=4 sizes=[9] image=image before=50",
    "propose from a pyramid": "input s: 8x6x3\n input d: 8x6x12\n input t: 4x3x3\n"
    " input e: 4x3x12\n"
    " y: propose keep=15 stride=4 sizes=[6] overlap=0.5 before=20 {\n"
    " from s; from d; from t; from e }",
}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", DETECTORS)
def test_boxes_that_come_out(name: str, batch: int) -> None:
    """Scores are all different: which of two equal ones comes first is nobody's promise."""
    made = network(DETECTORS[name])
    rows = {"R": 40, "H": 7, "W": 9}
    sizes = {k: v for k, v in rows.items() if f"{k}x" in DETECTORS[name].replace(f"{k}x{k}", "")}
    source = same_as_torch(made, sizes=[sizes], batch=batch)
    assert backend.prove(made, source)


def test_nothing_comes_out_where_nothing_is_good_enough() -> None:
    made = network("input boxes: Rx7\n nms threshold=5")
    (found,) = run(backend.write(made), examples(made, {"R": 6}))
    assert found.shape == (2, 0, 6)
    assert [tuple(t.shape) for t in tensors(drawn_module(made)(*examples(made).values()))]


def test_every_layer_has_a_row_and_a_test() -> None:
    """A layer that is added is written, or refused in so many words, and tried."""
    texts = [
        *(f" {layer}" for layers in ONE.values() for layer in layers),
        *SEVERAL.values(),
        *DETECTORS.values(),
    ]
    untried = [name for name in BUILTIN if not any(_calls(text, name) for text in texts)]
    assert untried == []


def _calls(text: str, name: str) -> bool:
    import re

    return re.search(rf"(?:^|[\s,;{{]){name}\b", text) is not None


REFUSED = {
    # a body, and what is said of it
    "input x: 7x7x4\n lcn 2001": "writes at most 1,000 positions of a window, not 2,001",
    "input x: HxWx4\n avgpool adaptive=1099511627776": "writes at most 1,000 bins along an axis",
    "input x: Tx4\n lstm 2 layers=1000000000": "writes at most 1,000 layers, not 1,000,000,000",
    "input x: Tx8\n lrn 5": "cannot write `lrn` of 2 axes",
    "input x: HxWx3\n fc 3": "needs a number for the values read, which is 3*H*W",
    "input x: HxWxC\n conv 3x3 4": "needs a number for the channels, which is C",
    "input x: HxWx4\n reshape [H, 2, 2 * W]": "needs numbers for all but one size",
    "input x: 9x9x4\n p: maxpool 2x2/2 dilation=3 pad=2\n unpool 2x2/2 indices=p like=x": (
        "gives indices of a max pooling with"
    ),
}


@pytest.mark.parametrize("body", list(REFUSED))
def test_what_onnx_cannot_write_is_said_at_the_line_that_asks(body: str) -> None:
    with pytest.raises(SpecError) as caught:
        backend.write(network(body))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "unsupported"
    assert diagnostic.span is not None and diagnostic.span.line == 3
    assert f"the onnx backend {REFUSED[body]}" in diagnostic.message


def test_nodes_are_few() -> None:
    """What ONNX has an operator for is one node."""
    for layer in ("conv 3x3 6 same", "avgpool 3x3/2 pad", "bn", "deconv 3x3/2 same 4", "lrn 5"):
        graph = onnx.load_from_string(backend.write(network(f"input x: 8x8x4\n {layer}"))).graph
        assert len([n for n in graph.node if n.op_type != "Constant"]) == 1
