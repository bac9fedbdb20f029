"""Each layer in Keras gives what it gives in torch with the same weights, and is proved."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from keras_compare import assert_equal, compiled, one_layer

from archc import pipeline, registry
from archc.diagnostics import SpecError
from archc_backends.keras import backend
from archc_backends.keras.table import rows

sys.path.insert(0, str(Path(__file__).parents[1] / "torch_backend"))

from networks import NETWORKS

LAYERS = [
    # convolutions: padding by `same`, by a layer of zeros, strides, dilation, groups
    "conv 3x3 6",
    "conv 3x3 6 pad",
    "conv 3x3 6 same nobias",
    "conv 3x3/2 6 same",
    "conv 3x3/2 6 pad",
    "conv 4x4 6 same",
    "conv 4x4 6 pad",
    "conv 4x4/2 6 same",
    "conv 2x5/1x2 6 same",
    "conv 3x3 6 pad=[1, 0, 2, 1]",
    "conv 3x3 6 same dilation=2",
    "conv 3x3 6 pad=2 dilation=2",
    "conv 3x3/2 6 pad groups=2",
    "conv 1x1/2 6 same",
    "conv 3x3 3 connections=[[0, 1], [3], [0, 2, 3]]",
    "conv 3x3/2 3 same connections=[[0, 1], [3], [0, 2, 3]]",
    "conv 3x3 3 pad=2 connections=[[0, 1], [3], [0, 2, 3]] nobias",
    "depthwise 3x3",
    "depthwise 3x3/2 same multiplier=3",
    "depthwise 3x3 pad=2 dilation=2 nobias",
    "deconv 3x3/2 6",
    "deconv 4x4/2 6 pad=1",
    "deconv 5x5/2 6 same",
    "deconv 3x3/2 6 pad=1",
    "deconv 3x3/2 6 pad=1 outpad=1",
    "deconv 2x2/3 6 same",
    "deconv 2x2/3 6",
    "deconv 3x3 6 dilation=2 nobias",
    # pooling: what is around never wins, and counts only where it should
    "maxpool 3x3/2",
    "maxpool 3x3/2 ceil",
    "maxpool 3x3/2 pad",
    "maxpool 3x3/2 pad ceil",
    "maxpool 3x3/2 same",
    "maxpool 4x4/2 same",
    "maxpool 2x2/1 same",
    "maxpool 3x3/2 pad=[1, 0, 0, 1] ceil",
    "maxpool 3x3/1",
    "maxpool global",
    "maxpool adaptive=3x5",
    "maxpool adaptive=4x3",
    "minpool 3x3/2 same",
    "minpool 3x3/2 pad",
    "avgpool 3x3/2",
    "avgpool 3x3/2 pad",
    "avgpool 3x3/2 pad excludepad",
    "avgpool 3x3/2 same",
    "avgpool 2x2/1 same",
    "avgpool 3x3/1 same",
    "avgpool 3x3/1 same includepad",
    "avgpool 2x2/2 ceil",
    "avgpool 3x3/2 pad ceil",
    "avgpool 3x3/2 pad ceil excludepad",
    "avgpool global",
    "avgpool adaptive=3x5",
    "avgpool adaptive=4x3",
    "subsample 2x2/2",
    "subsample 3x3/2",
    "spp [3, 2, 1]",
    # activations
    *("relu", "relu6", "leaky", "leaky 0.2", "prelu", "prelu shared", "elu", "elu 0.5", "selu"),
    *("gelu", "gelu tanh", "silu", "sigmoid", "tanh", "tanh amplitude=1.7159 slope=(2 / 3)"),
    *("hardtanh", "softplus", "softsign", "softmax", "logsoftmax", "maxout 2", "dropout 0.3"),
    # normalisation
    "lrn",
    "lrn 4 alpha=0.1 beta=0.5 k=1",
    "lrn 3 alpha=0.3 mean",
    "bn",
    "bn eps=0.01 momentum=0.2",
    "bn noscale",
    "bn noshift",
    "bn noscale noshift",
    "ln",
    "ln whole",
    "ln whole noscale",
    "ln eps=0.1 noshift",
    "groupnorm 2",
    "groupnorm 2 noshift",
    "instancenorm",
    "instancenorm affine",
    "lcn 5",
    "l2norm",
    "l2norm 3",
    # shapes
    "fc 7",
    "fc 7 nobias",
    "rbf 7",
    "flatten",
    "upsample 2",
    "upsample 2x3 bilinear",
    "rescale (1 / 255)",
    "rescale 2 0.5",
    "pad 1",
    "pad [1, 2, 0, 3]",
    "widen 7",
    "crop 5x4",
    "crop 5x4 offset=1x2",
    "crop 6x5 center",
    "reshape 10x3x12",
    "reshape 36x10",
    "reshape 360",
    "rows 2",
    "sum axis=height",
    "mean axis=width",
    "sum axis=channels",
]


@pytest.mark.parametrize("layer", LAYERS)
def test_it_gives_what_torch_gives(layer: str) -> None:
    network = one_layer(layer)
    assert_equal(network)
    assert backend.prove(network, backend.write(network))


OTHERS = [
    ("reorg 2", "8x6x4"),
    ("reorg 2 darknet", "8x6x4"),
    *((layer, "12") for layer in ("fc 7", "bn", "ln", "prelu", "prelu shared", "maxout 3")),
    *((layer, "12") for layer in ("softmax", "rbf 3", "reshape 2x2x3", "expand 4", "flatten")),
    *((layer, "Tx6") for layer in ("fc 7", "bn", "ln", "softmax", "flatten", "sum", "mean")),
    *((layer, "Tx6") for layer in ("lstm 4", "lstm 4 last", "gru 4", "gru 4 last")),
    *((layer, "Tx6") for layer in ("lstm 4 layers=2 bidirectional", "gru 4 layers=2")),
    ("gru 4 bidirectional last", "Tx6"),
    ("lstm 3 bidirectional last", "Tx6"),
    ("embed 9 4", "T"),
    *((layer, "3x8x8x2") for layer in ("conv 3x3/2 4 pad", "maxpool 2x2/2", "fc 5", "flatten")),
    *((layer, "3x8x8x2") for layer in ("lrn", "avgpool global", "bn", "upsample 2")),
    ("reshape 3x2x2x4", "3x4x4"),
]


@pytest.mark.parametrize(("layer", "shape"), OTHERS)
def test_it_gives_what_torch_gives_for_other_shapes(layer: str, shape: str) -> None:
    network = one_layer(layer, shape)
    assert_equal(network)
    assert backend.prove(network, backend.write(network))


SYMBOLIC = [
    "conv 3x3/2 6 same",
    "conv 3x3/2 6 pad",
    "conv 4x4 6 same",
    "maxpool 3x3/2 pad",
    "maxpool 3x3/2 ceil",
    "maxpool 2x2/2 same",
    "avgpool 3x3/2 pad",
    "avgpool 3x3/2 ceil",
    "avgpool global",
    "deconv 4x4/2 3 pad=1",
    "upsample 2 bilinear",
    "lrn",
    "l2norm",
    "spp [2, 1]",
]


@pytest.mark.parametrize("layer", SYMBOLIC)
def test_a_symbolic_size_is_none(layer: str) -> None:
    network = one_layer(layer, "HxWx3")
    source = backend.write(network)
    assert "shape=(None, None, 3)" in source
    assert_equal(network)
    assert backend.prove(network, source)


WHOLE = {
    "branches": """
    input image: 8x8x4
    add { conv 3x3 6 same ; conv 1x1 6, relu ; conv 3x3 6 same nobias }
    concat { identity ; maxpool 3x3/1 same ; conv 1x1 2 }
    fc 3, softmax
""",
    "joins along height and width": """
    input image: 8x8x4
    a: concat axis=height { identity ; conv 1x1 4 }
    concat axis=width { from a ; from a }
""",
    "a vector scales a map": """
    input image: 8x8x4
    mul { identity ; { avgpool global, fc 4, sigmoid } }
""",
    "a map of one position scales a map": """
    input image: 8x8x4
    mul { { avgpool global, sigmoid } ; identity }
""",
    "flattened maps beside a vector keep torch's order": """
    input image: 4x5x3
    input speed: 2
    a: from image, flatten
    b: from speed, fc 3
    concat { from a ; from b }
    fc 6
""",
    "a flattened map is read through what treats values alike": """
    input image: 4x5x3
    flatten, relu, dropout 0.5, fc 6, relu, fc 2
""",
    "a flattened map is an output": """
    input image: 4x5x3
    output flat: flatten
    fc 6
""",
    "a flattened map is normalised": """
    input image: 4x5x3
    flatten, bn, fc 6
""",
    "a vector becomes a map": """
    input code: 5
    fc 24, relu, reshape 2x3x4, deconv 4x4/2 3 pad=1, tanh
""",
    "a vector becomes a map after its values were mixed": """
    input code: 5
    fc 48, maxout 2, reshape 2x3x4, conv 1x1 2
""",
    "a vector becomes a map and is read besides": """
    input code: 5
    a: fc 24
    b: from a, reshape 2x3x4
    c: from a, fc 3
    d: from b, fc 3
    add { from c ; from d }
""",
    "a crop as large as another map": """
    input image: HxWx3
    a: conv 3x3 4 pad
    b: from image, conv 3x3 4
    from a, crop like=b
""",
    "a crop from the middle": """
    input image: HxWx3
    a: conv 3x3 4 pad
    b: from image, conv 5x5 4
    from a, crop like=b center
""",
    "a transformed map": """
    input image: 9x8x3
    by: conv 3x3 4, fc 6
    from image, transform by=by
""",
    "a transformed map of another size": """
    input image: 9x8x3
    by: conv 3x3 4, fc 6
    from image, transform 5x7 by=by
""",
    "a command selects": """
    input image: 6x6x3
    input command: 2
    a: from image, fc 4
    b: from image, fc 4
    select by=command { from a ; from b }
""",
    "an image before words": """
    input image: 6x6x3
    input words: T
    a: from image, fc 4
    b: from words, embed 9 4
    concat axis=time { from a ; from b }
    lstm 5
    fc 9, softmax
""",
    "a vector at each place": """
    input image: 6x6x3
    a: avgpool global, flatten
    b: from a, expand like=image
    concat { from image ; from b }
""",
    "labels that are one name to Keras": """
    input image: 8x8x3
    conv[1]: conv 3x3 4 pad
    conv_1: conv 3x3 5
    layer: conv 1x1 2
    _x: conv 1x1 2
""",
    "the input given back": """
    input image: 8x8x3
    a: identity
    output b: from a, identity
""",
}


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE)
def test_networks_give_what_torch_gives(body: str) -> None:
    network = compiled(f"network whole {{{body}}}\n")
    assert_equal(network)
    assert backend.prove(network, backend.write(network))


@pytest.mark.parametrize("name", sorted(NETWORKS.keys() - {"detector"}))
def test_small_networks_give_what_torch_gives(name: str) -> None:
    network = pipeline.compile_text(NETWORKS[name], "test.arch", name)
    assert_equal(network)
    assert backend.prove(network, backend.write(network))


REFUSED = {
    "conv 3x3/2 6 dilation=2": "cannot convolve with both a stride and a dilation",
    "deconv 3x3/2 6 dilation=2": "cannot convolve with both a stride and a dilation",
    "deconv 3x3 6 groups=2": "has no transposed convolution in groups",
    "deconv 2x2/2 6 outpad=1": "cannot add positions after a transposed convolution",
    "maxpool 3x3 dilation=2": "has no pooling with a dilation",
}


@pytest.mark.parametrize(("layer", "reason"), REFUSED.items())
def test_what_keras_cannot_do_is_said_at_its_line(layer: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        backend.write(one_layer(layer))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "unsupported"
    assert diagnostic.message == f"the keras backend {reason}"
    assert diagnostic.span is not None and diagnostic.span.line == 4


def test_every_layer_of_archc_has_a_row() -> None:
    ops = [registry.layer(name) for name in registry.BUILTIN["archc.ops"]]
    assert [op.name for op in ops if op not in rows and op.name != "identity"] == []
