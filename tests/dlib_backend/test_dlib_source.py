"""The text, as people read it: held against files that are reviewed as diffs (--update)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc import load
from archc._version import __version__
from archc.diagnostics import SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.pipeline import choose, compile_text, read_text
from archc_backends.dlib import backend
from archc_backends.dlib.names import comment, identifier, namespace, taken

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
GOLDEN = {
    "lenet_dlib.h": (SPECS / "lenet5.arch", "lenet_dlib"),
    "alexnet_dlib.h": (SPECS / "alexnet.arch", "alexnet_dlib"),
    "vgg16.h": (SPECS / "vgg16.arch", None),
    "dlib_inception.dlib": (SPECS / "dlib_inception.arch", None),
    "se_resnet50.h": (SPECS / "se_resnet.arch", "se_resnet50"),
    "densenet121.dlib": (SPECS / "densenet.arch", "densenet121"),
    "everything.h": (HERE / "everything.arch", None),
}


@pytest.mark.parametrize("file", list(GOLDEN))
def test_golden(file: str, request: pytest.FixtureRequest) -> None:
    spec, variant = GOLDEN[file]
    text = backend.write(load(spec, variant), Path(file).suffix).replace(__version__, "VERSION")
    path = HERE / "golden" / f"{file}.txt"
    if request.config.getoption("--update"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"pytest --update writes {path.name} anew"


def network(layers: str, shape: str = "8x8x3", more: str = "") -> Network:
    return compile_text(f"{more}\nnetwork n() {{ input x: {shape}\n{layers}\n}}")


def body(layers: str, shape: str = "8x8x3", more: str = "") -> str:
    """The net of the bare declarations, on one line and without comments."""
    text = backend.write(network(layers, shape, more), ".dlib")
    return re.sub(r"\s+", " ", re.sub(r"//.*", "", text)).replace("< ", "<").strip()


def reasons(layers: str, shape: str = "8x8x3", more: str = "") -> list[str]:
    with pytest.raises(SpecError) as caught:
        backend.write(network(layers, shape, more))
    assert {d.code for d in caught.value.diagnostics} == {"unsupported"}
    return [d.message for d in caught.value.diagnostics]


# ---------------------------------------------------------------- dlib's rules


@pytest.mark.parametrize(
    ("layer", "template"),
    [
        ("conv 3x3 4 pad", "con<4,3,3,1,1,"),
        ("conv 3x3 4", "conp<4,3,3,1,1,0,0,"),
        ("conv 3x3/2 4", "con<4,3,3,2,2,"),
        ("conv 3x3/2 4 pad=1", "conp<4,3,3,2,2,1,1,"),
        ("conv 4x4 4 pad=2", "con<4,4,4,1,1,"),
        ("conv 3x5/1x2 4 pad=1x0", "con<4,3,5,1,2,"),
        ("conv 1x1 4 nobias", "con_no_bias<4,1,1,1,1,"),
        ("conv 3x3 4 nobias", "conp_no_bias<4,3,3,1,1,0,0,"),
        ("conv 2x2/2 4 same", "con<4,2,2,2,2,"),
        ("deconv 4x4/2 4", "cont<4,4,4,2,2,"),
        ("deconv 4x4/2 4 pad=1", "contp<4,4,4,2,2,1,1,"),
        ("maxpool 2x2/2", "max_pool<2,2,2,2,"),
        ("maxpool 2x2/2 ceil", "max_pool<2,2,2,2,"),  # 8 is even: rounding up is the same
        ("maxpool 2x2/1", "max_poolp<2,2,1,1,0,0,"),
        ("avgpool 3x3/1 same", "avg_pool<3,3,1,1,"),
        ("avgpool 3x3/2 pad=1 excludepad", "avg_poolp<3,3,2,2,1,1,"),
        ("avgpool global", "avg_pool_everything<"),
        ("maxpool adaptive=2x4", "max_pool<4,2,4,2,"),
        ("fc 7", "fc<7,"),
        ("fc 7 nobias", "fc_no_bias<7,"),
        ("leaky 0.01", "leaky_relu<"),
        ("leaky 0.1", "leaky_relu_slope<1,10,"),
        ("dropout 0.3", "dropout_rate<30,"),
        ("rescale (1 / 255)", "multiply_by<1,255,"),
        ("reorg 4", "add_layer<reorg_<4,4>,"),
        ("bn", "bn_con<"),
        ("fc 3, bn", "bn_fc<"),
    ],
)
def test_a_layer_is_the_template_that_does_the_same(layer: str, template: str) -> None:
    assert template in body(layer)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ("conv 3x3 4 pad=3", "pads by less than the window, but a window of 3 is padded by 3"),
        ("conv 3x3/2 4 same", "the height is padded by 0 before and 1 after"),
        ("conv 3x3 4 pad=[1, 0, 1, 1]", "the height is padded by 1 before and 0 after"),
        ("conv 3x3 3 groups=3", "has no convolution in groups"),
        ("depthwise 3x3", "has no convolution in groups"),
        ("conv 3x3 4 dilation=2", "has no dilated windows"),
        ("maxpool 3x3/2 ceil", "has no pooling that rounds up (`ceil`)"),
        ("avgpool 3x3/2 pad=1", "averages without the zeros of the padding"),
        ("avgpool adaptive=3x3", "8 positions do not make 3"),
        ("lrn 5", "has no local response normalisation"),
        ("prelu", "has one slope a PReLU, not one a channel"),
        ("dropout 0.125", "takes the rate of dropout in whole percent"),
        ("bn noscale", "has no batch normalisation without its scale"),
        ("upsample 2 bilinear", "with their corners aligned"),
        ("widen 5", "adds channels of zeros in a sum"),
        ("widen 5, relu, conv 1x1 2", "adds channels of zeros in a sum"),
        ("flatten, softmax, fc 3", "flattens a map for a fully connected layer alone"),
        ("flatten", "flattens a map for a fully connected layer alone"),
        ("conv 3x3 3000000000 pad", "a template's argument is an int"),
        ("identity", "needs a layer"),
    ],
)
def test_what_dlib_has_not_is_refused_with_the_reason(layer: str, reason: str) -> None:
    assert any(reason in said for said in reasons(layer)), reasons(layer)


def test_the_papers_alexnet_is_refused_with_both_reasons_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        backend.write(load(SPECS / "alexnet.arch", "alexnet"))
    said = {d.message: d.notes for d in caught.value.diagnostics}
    assert said == {
        "dlib has no local response normalisation": ("also `pool2.lrn`",),
        "dlib has no convolution in groups": ("also `conv4.conv`, `conv5.conv`",),
    }


def test_a_network_of_several_inputs_or_outputs_is_refused() -> None:
    spec = "network n() { input x: 8x8x3\ninput y: 8x8x3\nadd { from x; from y }\n}"
    with pytest.raises(SpecError, match="takes one input, and here are `x`, `y`"):
        backend.write(compile_text(spec))
    assert "gives one output" in reasons("output a: fc 3\nfrom x\nfc 4")[0]


# ---------------------------------------------------------------- the end of a network


def test_a_closing_softmax_becomes_the_loss() -> None:
    assert "net_type = loss_multiclass_log<fc<4," in body("fc 4, softmax")
    assert "loss_multiclass_log_per_pixel<con<4," in body("conv 1x1 4, softmax")
    assert "net_type = fc<4," in body("fc 4")
    assert "loss" not in body("fc 4, softmax, fc 3")


def test_another_loss_may_be_asked_for() -> None:
    net = network("fc 4, softmax")
    assert "loss_mean_squared<softmax<fc<4," in re.sub(
        r"\s*(//.*)?\n\s*", "", backend.write(net, loss="loss_mean_squared")
    )
    assert "= softmax<fc<4," in re.sub(r"\s*(//.*)?\n\s*", " ", backend.write(net, loss=""))
    with pytest.raises(SpecError, match="no loss `loss_mmod`"):
        backend.write(net, loss="loss_mmod")


@pytest.mark.parametrize(
    ("shape", "header", "bare"),
    [
        ("28x28x1", "input<matrix<unsigned char>>", "input<matrix<unsigned char,28,28>>"),
        ("28x20x3", "input_rgb_image_sized<28,20>", "input_rgb_image_sized<28,20>"),
        ("28x28x3", "input_rgb_image_sized<28>", "input_rgb_image_sized<28>"),
        ("[H, W, 3]", "input_rgb_image ", "input_rgb_image "),
        ("8x9x4", "input<std::array<matrix<float>,4>>", "input<std::array<matrix<float,8,9>,4>>"),
        ("[784]", "input<std::array<matrix<float,1,1>,784>>", "matrix<float,1,1>,784>>"),
    ],
)
def test_the_input_layer_follows_the_channels(shape: str, header: str, bare: str) -> None:
    net = network("relu", shape)
    assert header in backend.write(net, ".h")
    assert bare in backend.write(net, ".dlib")


def test_a_shortcut_of_zeros_is_left_to_add_prev() -> None:
    text = body("add { conv 3x3/2 5 pad=1; maxpool 1x1/2, widen 5 }")
    assert "add_prev2<max_pool<1,1,2,2,skip1<tag2<conp<5,3,3,2,2,1,1,tag1<" in text


def test_tags_beyond_dlibs_ten_are_defined() -> None:
    lines = "\n".join(f"c{i}: conv 1x1 3" for i in range(12))
    text = body(f"{lines}\nadd {{ " + "; ".join(f"from c{i}" for i in range(12)) + " }")
    assert "using tag11 = add_tag_layer<2011,SUBNET>;" in text
    assert "add_prev<tag11," in text
    assert "add_prev10<" in text


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("conv[2]", "conv_2"),
        ("P[3]", "p_3"),
        ("SeBottleneck", "se_bottleneck"),
        ("con", "con_layer"),
        ("tag1", "tag1_layer"),
        ("class", "class_layer"),
        ("Linux", "linux_layer"),
        ("__", "line"),
        ("3a", "line_3a"),
        ("größe", "gr_e"),
    ],
)
def test_names_are_identifiers_that_mean_nothing_else(text: str, name: str) -> None:
    assert identifier(text, "line") == name
    assert not taken(name)


def test_a_namespace_ends_as_no_global_name_does() -> None:
    assert [namespace(name) for name in ("vgg16", "alexnet", "index", "net")] == [
        "vgg16_net",
        "alexnet",
        "index_net",
        "net_net",
    ]


def test_nothing_of_a_spec_ends_its_comment() -> None:
    assert comment("a\nb\\") == "a_b_"
    assert comment("what??/") == "what__/"


def test_blocks_that_differ_in_integers_are_one_alias() -> None:
    unit = "block unit(n) { conv 3x3 n pad, relu, conv 1x1 3, bn }"
    text = body("unit 4\nunit 5", more=unit)
    assert "template <int n, typename SUBNET> using unit = " in text
    assert "unit<5, unit<4, input_rgb" in text
    assert "template <typename SUBNET> using unit = " in body("unit 4\nunit 4", more=unit)


def test_equal_blocks_in_a_row_are_repeated_unless_they_are_tagged_from_outside() -> None:
    unit = "block unit(n) { add { conv 3x3 n pad; conv 1x1 n }, relu, conv 1x1 3 }"
    assert "repeat<5,unit, input" in body("{ unit 3 } * 5", more=unit)
    assert "repeat<5,unit_4, unit<2, input" in body("unit 2\n{ unit 4 } * 5", more=unit)
    wired = "block wired(other) { add { conv 3x3 3 pad; from other }, conv 1x1 3 }"
    text = body("a: conv 1x1 3\n{ wired a } * 5", more=wired)
    assert "wired<wired<wired<wired<wired<tag1<con<3," in text


@pytest.mark.parametrize(
    ("shortcut", "params"), [("projection", 21_797_672), ("zeros", 21_623_848)]
)
def test_resnet_34_is_written_with_either_shortcut(shortcut: str, params: int) -> None:
    """The parameters are torchvision's; without the projections' 172,032 + 1,792 dlib's own count
    of its ResNet-34, once its duplicative biases are disabled."""
    net = load(HERE / "resnet34.arch", None, shortcut=shortcut)
    text = backend.write(net, ".dlib")
    assert "using residual =" in text
    assert "using residual_down =" in text
    assert "repeat<5,residual_256,residual_down<256," in text
    again = compile_network(choose(read_text(text, "resnet34.dlib", "dlib")), {})
    assert net.params == again.params == params
    assert again.macs == net.macs
