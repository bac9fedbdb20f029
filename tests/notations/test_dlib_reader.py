"""dlib's templates are read as dlib means them: the documents' listings, famous networks, errors.

The counts are dlib's own, of compiled programs (docs/dlib.md). No C++ is compiled here.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from archc import zoo
from archc.cli import main
from archc.diagnostics import Diagnostic, Source, SpecError
from archc.diagnostics.render import render
from archc.dims import to_text
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.language import writer
from archc.language.parser import parse
from archc.notations.dlib import notation
from archc.notations.dlib.layers import CONTROL, INPUTS, ROWS
from archc.pipeline import NoVariantError, choose, family, read, read_text, setting
from tests.limits import within

HERE = Path(__file__).parent
LISTINGS = HERE / "listings"
NETWORKS = HERE / "dlib"


def compiled(text: str, *, name: str = "net.dlib", repair: bool = False, **sizes: int) -> Network:
    return compile_network(choose(read_text(text, name, "dlib", repair)), sizes)


def listing(name: str, **sizes: int) -> Network:
    path = LISTINGS / f"004_{name}.dlib"
    return compiled(path.read_text(), name=path.name, repair=True, **sizes)


def spec(name: str, variant: str, *texts: str) -> Network:
    directory = zoo.directory()
    assert directory is not None
    return compile_network(
        choose(read(directory / f"{name}.arch"), variant), dict(map(setting, texts))
    )


def graph(network: Network, *, without: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    """Each layer with what it reads, its shape and its parameters, but for identities and those
    left out, which what follows reads through."""
    places: dict[str, object] = {value.name: value.shape for value in network.inputs}
    found: list[tuple[object, ...]] = []
    for layer in network.layers:
        sources = tuple(places[path] for path in layer.inputs)
        if layer.op.name in ("identity", "flatten", *without):
            places[layer.path] = sources[0]
            continue
        places[layer.path] = len(found)
        found.append((layer.op.name, sources, layer.shape, layer.params))
    return found


def shapes(network: Network, *ops: str) -> list[str]:
    return ["x".join(map(to_text, n.shape)) for n in network.layers if n.op.name in ops]


def refused(text: str, repair: bool = False) -> Diagnostic:
    """The one diagnostic of a text."""
    with pytest.raises(SpecError) as error:
        compiled(text, repair=repair)
    (diagnostic,) = error.value.diagnostics
    assert render(diagnostic)
    return diagnostic


def remarks(network: Network, text: str) -> list[str]:
    assert notation.review is not None
    return [d.message for d in notation.review(Source("net.dlib", text), network)]


# ---------------------------------------------------------------- the documents' listings


LISTED = {
    "lenet": ("lenet5", "lenet_dlib", 28),
    "alexnet": ("alexnet", "alexnet_dlib", 227),
    "vgg": ("vgg", "vgg_dlib", 224),
    "vgg_small": ("vgg", "vgg_small", 224),
    "inception": ("dlib_inception", "dlib_inception", 28),
}


@pytest.mark.parametrize("name", LISTED)
def test_a_listing_is_its_spec_but_for_the_softmax_of_the_loss(name: str) -> None:
    file, variant, size = LISTED[name]
    network = listing(name, H=size, W=size)
    expected = graph(spec(file, variant))
    assert expected[-1][0] == "softmax"
    assert graph(network) == expected[:-1]


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("alexnet_1", ("maxpool", "27x27x96")),
        ("alexnet_2", ("maxpool", "13x13x256")),
        ("alexnet_3", ("relu", "13x13x384")),
        ("alexnet_4", ("relu", "13x13x384")),
        ("alexnet_5", ("relu", "13x13x384")),
        ("alexnet_5_twice", ("maxpool", "6x6x384")),
        ("alexnet_closed", ("dropout", "4096")),
    ],
)
def test_the_steps_to_alexnet_are_its_first_layers(name: str, last: tuple[str, str]) -> None:
    whole = graph(listing("alexnet", H=227, W=227))
    network = listing(name, H=227, W=227)
    assert graph(network) == whole[: len(network.layers)]
    assert (network.layers[-1].op.name, shapes(network, network.layers[-1].op.name)[-1]) == last


@pytest.mark.parametrize("step", range(1, 6))
def test_the_steps_to_vgg_are_its_stages(step: int) -> None:
    network = listing(f"vgg_{step}", H=224, W=224)
    whole = graph(listing("vgg", H=224, W=224))
    assert graph(network) == whole[: len(network.layers)]
    assert shapes(network, "maxpool")[-1].startswith(f"{224 >> step}x")


def test_a_listing_without_its_brackets_says_where_and_what_a_balanced_reading_is() -> None:
    diagnostic = refused((LISTINGS / "004_lenet.dlib").read_text())
    assert diagnostic.code == "syntax"
    assert diagnostic.message.startswith("11 `>` are missing")
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (6, 28)
    assert "input<matrix<unsigned char>>>>>>>>>>>>>`; `--repair`" in (diagnostic.help or "")


def test_what_repair_reads_is_what_the_help_says() -> None:
    """The balanced text itself is read without repair, as the same network."""
    for path in sorted(LISTINGS.glob("004_*.dlib")):
        if path.stem == "004_alexnet_upside_down":
            continue
        text = path.read_text()
        assert notation.repair is not None
        tree = notation.repair(Source(path.name, text))
        assert {d.severity for d in tree.remarks} == {"remark"}
        assert "repaired" in {d.code for d in tree.remarks}
        with pytest.raises(SpecError):
            notation.read(Source(path.name, text))


def test_the_listing_that_begins_with_its_input_is_refused_even_for_repair() -> None:
    text = (LISTINGS / "004_alexnet_upside_down.dlib").read_text()
    for repair in (False, True):
        diagnostic = refused(text, repair)
        assert "the input stands before the layers" in diagnostic.message
        assert "--repair" not in (diagnostic.help or "")


def test_a_bracket_too_many_and_those_missing_are_told_apart() -> None:
    text = (LISTINGS / "004_inception.dlib").read_text()
    assert notation.repair is not None
    found = [d for d in notation.repair(Source("x.dlib", text)).remarks if d.code == "repaired"]
    assert [d.span.line if d.span else 0 for d in found] == [7, 31]
    assert found[0].notes == (
        "`>` left out at 7:91: there is no template left that it could close",
    )
    assert found[1].notes[0].startswith("`>>` put in at 31:11")


# ---------------------------------------------------------------- famous networks


def network(file: str, variant: str | None = None) -> Network:
    return compile_network(choose(read(NETWORKS / file), variant))


@pytest.mark.parametrize(
    ("file", "variant", "params"),
    [
        ("alexnet.dlib", None, 62_378_344),
        ("vgg16.dlib", None, 138_357_544),
        ("googlenet.h", None, 6_998_552),
        ("resnet34.h", "net_type", 21_631_464),
        ("resnet34.h", "anet_type", 21_616_232),  # `affine` counts 0: 15,232 fewer
    ],
)
def test_parameters_are_those_that_dlib_counts(file: str, variant: str | None, params: int) -> None:
    assert network(file, variant).params == params


def test_one_tower_of_alexnet_has_the_papers_maps() -> None:
    expected = graph(spec("alexnet", "alexnet", "groups=1"), without=("lrn",))
    assert graph(network("alexnet.dlib")) == expected[:-1]


def test_vgg16_is_the_zoos() -> None:
    assert graph(network("vgg16.dlib")) == graph(spec("vgg16", "vgg16"))[:-1]


def test_googlenet_has_the_papers_layers_and_smaller_maps() -> None:
    """dlib does not pad where the stride is not 1: 109, 54, 26, 12 in place of 112, 56, 28, 14."""
    ours = network("googlenet.h")
    theirs = spec("googlenet", "googlenet")
    kinds = ("conv", "fc")
    widths = Counter(n.params for n in ours.layers if n.op.name in kinds)
    main = [n for n in theirs.layers if not n.path.startswith("aux") and n.op.name in kinds]
    assert widths == Counter(n.params for n in main)
    assert shapes(ours, "concat") == [
        *("26x26x256", "26x26x480", "12x12x512", "12x12x512", "12x12x512", "12x12x528"),
        *("12x12x832", "5x5x832", "5x5x1024"),
    ]


def test_the_shortcuts_of_resnet_are_pooled_and_widened() -> None:
    ours = network("resnet34.h", "net_type")
    assert shapes(ours, "widen") == ["27x27x128", "13x13x256", "6x6x512"]
    assert shapes(ours, "pad") == []
    assert len(shapes(ours, "add")) == 16
    torchvision, projections, their_norms = 21_797_672, 172_032, 1_792
    biases = ours.weights.biases - 1000  # of the convolutions
    assert ours.params - biases == torchvision - projections - their_norms


def test_a_network_becomes_the_spec_that_a_person_would_write(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["convert", f"{NETWORKS / 'resnet34.h'}", "--to", "arch"]) == 0
    text = capsys.readouterr().out
    for lines in (
        "block residual(block_, N, BN) {\n    add { block_ N BN 1; identity }\n}",
        "block residual_down(block_, N, BN) {\n"
        "    add { avgpool 2x2/2, widen N; block_ N BN 2 }\n}",
        "block block_(N, BN, stride) {\n"
        "    conv 3x3/stride N pad=(1 if stride == 1 else 0), BN, relu\n"
        "    conv 3x3 N pad=1, BN\n}",
        "block res_down(N) {\n    residual_down block_ N bn_con, relu\n}",
        'network anet_type(loss = "loss_multiclass_log") {\n    input image: 227x227x3\n',
    ):
        assert lines in text, lines
    again = compile_network(choose(read_text(text), "net_type"))
    assert graph(again) == graph(network("resnet34.h", "net_type"))


def test_a_network_that_was_read_is_written_with_its_loss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"{NETWORKS / 'resnet34.h'}"
    assert main(["convert", f"{path}:net_type", "-o", f"{tmp_path / 'net.dlib'}"]) == 0
    again = compile_network(choose(read(tmp_path / "net.dlib")))
    assert again.parameters["loss"] == "loss_multiclass_log"
    assert again.params == 21_631_464
    capsys.readouterr()
    assert main(["convert", path, "--to", "dlib"]) == 2  # which of its networks?
    assert "anet_type" in capsys.readouterr().err


# ---------------------------------------------------------------- semantics, one by one

MAP = "input<matrix<float,8,8>>"

SEMANTICS = {
    # rules of padding and rounding
    f"con<3,3,3,1,1,{MAP}>": ("8x8x3", 30),
    f"con<2,4,4,1,1,{MAP}>": ("9x9x2", 34),
    f"con<2,3,3,1,2,{MAP}>": ("8x3x2", 20),
    f"con<2,3,3,2,2,{MAP}>": ("3x3x2", 20),
    f"con<4,0,0,1,1,{MAP}>": ("1x1x4", 260),
    f"add_layer<con_<2,3,3,2,2,1,1>,{MAP}>": ("4x4x2", 20),
    f"add_layer<con_<2,3,3,1,1>,{MAP}>": ("8x8x2", 20),
    "cont<2,4,4,2,2,input<matrix<float,4,4>>>": ("10x10x2", 34),
    "max_pool<2,2,1,1,input<matrix<float,4,4>>>": ("5x5x1", 0),
    "max_pool<3,3,2,2,input<matrix<float,112,112>>>": ("55x55x1", 0),
    f"avg_pool_everything<{MAP}>": ("1x1x1", 0),
    f"max_pool<0,0,1,1,{MAP}>": ("1x1x1", 0),
    # dense layers, normalisation, activations
    f"fc<10,{MAP}>": ("10", 650),
    f"fc_no_bias<10,{MAP}>": ("10", 640),
    f"add_layer<fc_<10,FC_NO_BIAS>,{MAP}>": ("10", 640),
    f"bn_con<con<3,1,1,1,1,{MAP}>>": ("8x8x3", 12),
    f"bn_fc<fc<3,{MAP}>>": ("3", 201),
    f"affine<con<3,1,1,1,1,{MAP}>>": ("8x8x3", 6),
    f"layer_norm<con<3,1,1,1,1,{MAP}>>": ("8x8x3", 390),
    f"prelu<con<3,1,1,1,1,{MAP}>>": ("8x8x3", 7),
    f"con<2,1,1,1,1,fc<6,{MAP}>>": ("1x1x2", 404),
    f"upsample<2,{MAP}>": ("16x16x1", 0),
    # tags
    f"add_prev1<con<1,3,3,1,1,tag1<{MAP}>>>": ("8x8x1", 10),
    f"add_prev1<con<3,3,3,2,2,tag1<{MAP}>>>": ("8x8x3", 30),
    f"add_prev1<con<3,4,4,1,1,tag1<con<1,3,3,1,1,{MAP}>>>>": ("9x9x3", 61),
    f"concat2<tag1,tag2,tag1<con<2,1,1,1,1,skip3<tag2<con<3,1,1,1,1,tag3<{MAP}>>>>>>>": (
        "8x8x5",
        10,
    ),
    f"scale1<sig<fc<1,avg_pool_everything<tag1<{MAP}>>>>>": ("8x8x1", 2),
    f"mult_prev1<relu<tag1<{MAP}>>>": ("8x8x1", 0),
    f"relu<repeat<3,relu,con<4,3,3,2,2,{MAP}>>>": ("3x3x4", 40),
    f"inception2<relu,sig,{MAP}>": ("8x8x2", 0),
    f"resize_prev_to_tagged<tag1,max_pool<2,2,2,2,tag1<{MAP}>>>": ("8x8x1", 0),
    # inputs
    "fc<1,input<array2d<rgb_alpha_pixel>>>": ("1", "4*H*W + 1"),
    "fc<1,input<std::array<matrix<float,2,3>,5>>>": ("1", 31),
    "fc<1,input<matrix<rgb_pixel,2,2>>>": ("1", 13),
    "fc<1,input_rgb_image_sized<4>>": ("1", 49),
    "fc<1,input_rgb_image_sized<4,2>>": ("1", 25),
    "fc<1,avg_pool_everything<input_rgb_image>>": ("1", 4),
    "fc<1,avg_pool_everything<input_grayscale_image_pyramid<pyramid_down<6>>>>": ("1", 2),
}


@pytest.mark.parametrize("text", SEMANTICS)
def test_a_layer_means_what_dlib_means(text: str) -> None:
    shape, params = SEMANTICS[text]
    network = compiled(f"using net_type = {text};")
    (output,) = network.outputs
    layer = network.layers[-1]
    assert output.path == layer.path
    assert "x".join(map(to_text, layer.shape)) == shape
    assert to_text(network.params) == str(params)


@pytest.mark.parametrize(
    ("layer", "shape"), [("con<2,1,1,1,1,SUBNET>", (1, 1, 2)), ("fc<2,SUBNET>", (2,))]
)
def test_a_repeat_reads_a_vector(layer: str, shape: tuple[int, ...]) -> None:
    alias = f"template <typename SUBNET> using unit = relu<{layer}>;\n"
    network = compiled(f"{alias}using net_type = repeat<3,unit,fc<6,{MAP}>>;")
    assert network.layers[-1].shape == shape
    assert network.params == (64 * 6 + 6) + (6 * 2 + 2) + 2 * (2 * 2 + 2)


def test_average_pooling_leaves_the_padding_out() -> None:
    (layer,) = compiled(f"avg_pool<3,3,1,1,{MAP}>").layers
    assert getattr(layer.op, "counts_padding") is False  # noqa: B009  # of one class of layers


ALIASES = """
template <typename SUBNET> using left = add_tag_layer<2100 + 1, SUBNET>;
template <typename SUBNET> using right = add_tag_layer<2100 + 2, SUBNET>;
template <template <typename> class TAG, typename SUBNET>
using joined = add_layer<concat_<TAG, right>, right<SUBNET>>;
template <typename SUBNET> using stem = left<relu<con<4,3,3,1,1,SUBNET>>>;
template <long N, long K = 3, typename SUBNET> using unused = con<N,K,K,1,1,SUBNET>;
constexpr long wide = 2 * 4;
using image = matrix<rgb_pixel>;
using net_type = loss_mean_squared<fc<wide, avg_pool_everything<
    joined<left, con<2,1,1,1,1, stem<input<image>>>>>>>;
"""


def test_tags_are_read_out_of_the_aliases_that_set_them() -> None:
    network = compiled(ALIASES, H=6, W=5)
    assert shapes(network, "conv", "concat", "fc") == ["6x5x4", "6x5x2", "6x5x6", "8"]
    assert network.parameters["loss"] == "loss_mean_squared"


def test_inner_tags_are_used_again() -> None:
    """A look-up takes the nearest tag below: each unit its own."""
    text = f"""
    template <typename SUBNET> using unit = add_prev1<con<4,3,3,1,1,tag1<SUBNET>>>;
    using net_type = fc<2,unit<unit<con<4,1,1,1,1,{MAP}>>>>;
    """
    network = compiled(text)
    assert [n.inputs for n in network.layers if n.op.name == "add"] == [
        ("unit.0.add.0.conv", "unit.0.add.1.identity"),
        ("unit.1.add.0.conv", "unit.1.add.1.identity"),
    ]


def test_a_loss_on_tags_makes_outputs_of_them() -> None:
    text = f"""
    template <typename S> using coarse = add_tag_layer<4016, S>;
    template <typename S> using fine = add_tag_layer<4008, S>;
    using net_type = loss_yolo<fine, coarse, coarse<con<6,1,1,1,1, con<8,3,3,2,2, skip5<
        fine<con<6,1,1,1,1, tag5<con<4,3,3,1,1,{MAP}>>>>>>>>>;
    """
    network = compiled(text)
    assert {o.name: network.by_path[o.path].shape for o in network.outputs} == {
        "fine": (8, 8, 6),
        "coarse": (3, 3, 6),
    }


def test_one_block_stands_for_uses_that_are_alike_only() -> None:
    """The same alias adds maps that are equally large, and maps that are not."""
    text = """
    template <int S, typename SUBNET> using unit = add_prev1<con<4,3,3,S,S,tag1<SUBNET>>>;
    using net_type = fc<2,unit<2,unit<1,con<4,1,1,1,1,input<matrix<float,9,9>>>>>>;
    """
    network = compiled(text)
    assert shapes(network, "add", "pad") == ["9x9x4", "9x9x4", "9x9x4"]
    assert network.params == 8 + 2 * 148 + 9 * 9 * 4 * 2 + 2


DOWN = """
template <int N, typename SUBNET> using down = relu<add_prev2<avg_pool<2,2,2,2,skip1<tag2<
    con<N,3,3,2,2,tag1<SUBNET>>>>>>>;
using net_type = loss_multiclass_log<fc<10,avg_pool_everything<down<8,input<matrix<rgb_pixel>>>>>>;
"""


def test_sums_of_images_of_any_size_are_padded_once_the_size_is_set() -> None:
    assert shapes(compiled(DOWN, H=28, W=28), "add", "pad") == ["14x14x8", "14x14x8"]
    assert shapes(compiled(DOWN, H=27, W=28), "add", "pad") == ["13x14x8", "13x14x8"]
    assert shapes(compiled(DOWN, H=27, W=27), "add", "pad") == ["13x13x8"]
    diagnostic = refused(DOWN)
    assert diagnostic.code == "undecidable"
    assert diagnostic.span is not None
    assert diagnostic.span.text == "add_prev2"


def test_what_is_below_the_loss_is_a_network_too() -> None:
    text = f"{DOWN} using probabilities = softmax<net_type::subnet_type>;"
    spec = read_text(text, "net.h", "dlib")
    network = compile_network(spec.networks["probabilities"], {"H": 9, "W": 9})
    assert [n.op.name for n in network.layers[-2:]] == ["fc", "softmax"]
    assert "loss" not in network.parameters


def test_a_variable_is_a_network_where_no_other_is_named() -> None:
    text = f"void f() {{ relu<fc<3,{MAP}>> net; softmax<fc<3,{MAP}>> other; }}"
    assert list(read_text(text, "net.cpp", "dlib").networks) == ["net", "other"]
    assert list(read_text(f"{text} {DOWN}", "net.cpp", "dlib").networks) == ["net_type"]


def test_cpp_around_the_declarations_is_skipped() -> None:
    text = f"""
    #include <dlib/dnn.h> // "quotes"
    #define LAYERS relu<con<
    /* using net_type = broken<<; */
    namespace models {{
        using clock = std::chrono::steady_clock;
        template <typename T, typename... Rest> struct other {{ T value; }};
        template <typename T> using vector_of = std::vector<T>;
        const char* text = "using net_type = relu<";
        using net_type = dlib::loss_multiclass_log<dlib::fc<3, dlib::{MAP}>>;
        using trainer = dlib::dnn_trainer<net_type>;
        typedef net_type another;
    }}
    int main() {{ models::net_type net; return 1 << 2 > 3 ? 1'000 : 'x'; }}
    """
    spec = read_text(text, "main.cpp", "dlib")
    assert list(spec.networks) == ["net_type", "another"]
    assert compile_network(spec.networks["another"]).params == 195


# ---------------------------------------------------------------- errors

BELOW = "input<matrix<float,9,9>>"
UNIT = "template <typename S> using unit = relu<S>;"

ERRORS = {
    f"fc<10,reluu<{BELOW}>>": ("unknown-layer", "no template `reluu`", "did you mean `relu`?"),
    f"relu<con<6,5,5,1,{BELOW}>>": ("argument", "takes 6 arguments", None),
    f"relu<con<6,5,5,1,K,{BELOW}>>": ("argument", "`K` is unknown", None),
    f"relu<con<6,5,5,1,1.5,{BELOW}>>": ("syntax", "`1.5` is no integer", None),
    f"relu<con<6,5,5,1,,{BELOW}>>": ("syntax", "an argument of `con` is missing", None),
    "using n = relu<fc<3,SUBNET>>;": ("unknown-layer", "no template `SUBNET`", "the innermost"),
    "relu<fc<3,sig>>": ("argument", "`sig` takes the network below", None),
    f"template <typename S> using a = relu<a<S>>; using n = a<{BELOW}>;": (
        "unknown-layer",
        "`a` is declared below its use",
        None,
    ),
    f"{UNIT} using n = uniit<fc<3,{BELOW}>>;": ("unknown-layer", "`uniit`", "mean `unit`"),
    f"{UNIT} using n = unit<3,{BELOW}>;": ("argument", "`unit` takes 1 argument", None),
    f"template <int N, typename S> using a = fc<N,S>; using n = a<relu,{BELOW}>;": (
        "argument",
        "an integer is expected here, but `relu` is",
        None,
    ),
    f"add_prev1<{BELOW}>": ("unknown-name", "no tag 1 below `add_prev1`", None),
    f"add_prev<relu,{BELOW}>": ("argument", "a tag is expected", "a tag is `tag1`"),
    f"skip1<con<3,3,3,1,1,tag1<{BELOW}>>>": ("unread", "a skip goes back past it", None),
    f"mult_prev1<con<3,3,3,2,2,tag1<{BELOW}>>>": ("unsupported", "pads the smaller input", None),
    f"bn_fc<{BELOW}>": ("unsupported", "each value of a map apart", None),
    f"l2normalize<{BELOW}>": ("unsupported", "whole map by its length", None),
    f"mish<{BELOW}>": ("unsupported", "archc has no such layer", None),
    f"add_layer<con_<3,3,3,1,1,3,3>,{BELOW}>": ("argument", "less than the window", None),
    f"relu<loss_metric<{BELOW}>>": ("flow", "a loss is the outermost layer", None),
    f"fc<1\u0660,{BELOW}>": ("syntax", "a template or an integer", None),
    f"fc<10,{BELOW}": ("syntax", "1 `>` is missing", "a balanced reading ends"),
    f"fc<10,{BELOW}>>": ("syntax", "`>` is too many", "a balanced reading ends"),
    f"using n = fc<10,{BELOW}>": ("syntax", "a `;` is missing", "--repair"),
    f"fc<10 relu<{BELOW}>>": ("syntax", "a `,` is missing", "--repair"),
    "fc<10,input<matrix<pixel>>>": ("argument", "no pixel whose channels are known", None),
    "fc<10,input<matrix>>": ("argument", "an image is a `matrix`", None),
    "fc<10,input_tensor>": ("unsupported", "how many channels", None),
    f"using n = loss_metric<def<relu>::backbone<{BELOW}>>;": (
        "unknown-layer",
        "there is no class template `def`",
        None,
    ),
    f"repeat<3,tag1,{BELOW}>": ("argument", "a template of layers", None),
    "int main() {}": ("syntax", "there is no network in this text", "a network is `using"),
    "": ("syntax", "there is no network in this text", None),
    f"repeat<1000000,relu,{BELOW}>": ("too-large", "200,000 copies", None),
    f"repeat<150000,relu,repeat<150000,sig,{BELOW}>>": ("too-large", "200,000 layers", None),
    f"fc<99999999999999999999,{BELOW}>": ("too-large", "at most 2^40", None),
    f"fc<(1/0),{BELOW}>": ("value", "division by zero", None),
    "relu<" * 2000 + "input_rgb_image" + ">" * 2000: ("too-large", "1,000 deep", None),
    "fc<" + "(" * 100 + "1" + ")" * 100 + f",{BELOW}>": ("too-large", "50 parentheses", None),
    "/" + "*" * 2_000_001: ("too-large", "2 MB", None),
}


@pytest.mark.parametrize("text", ERRORS, ids=lambda text: text[:60])
def test_what_is_wrong_is_said(text: str) -> None:
    code, message, help = ERRORS[text]
    diagnostic = refused(text)
    assert diagnostic.code == code, diagnostic.message
    assert message in diagnostic.message
    assert help is None or help in (diagnostic.help or "")


def test_the_caret_is_in_the_listing() -> None:
    diagnostic = refused(
        "using n =\n  fc<10,\n  con<4,11,11,1,1, relu<\n  fc<0,input<matrix<float,9,9>>>>>>;"
    )
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.text) == (4, "fc<0")


@pytest.mark.parametrize("doubles", [20, 60, 200])
def test_nested_aliases_expand_within_bounds(doubles: int) -> None:
    for layer in ("relu<S>", "tag1<S>"):
        lines = [f"template <typename S> using a0 = {layer};"]
        for i in range(1, doubles):
            lines.append(f"template <typename S> using a{i} = a{i - 1}<a{i - 1}<S>>;")
        text = "\n".join([*lines, f"using n = fc<3,a{doubles - 1}<{BELOW}>>;"])
        with within(SECONDS):
            try:
                compiled(text)
            except SpecError as error:
                assert error.diagnostics[0].code == "too-large"


# ---------------------------------------------------------------- remarks


def test_lenet_is_not_lecuns() -> None:
    text = (LISTINGS / "004_lenet.dlib").read_text()
    (said,) = remarks(listing("lenet", H=28, W=28), text)
    assert "has 107,786 parameters, not the 61,706" in said
    assert "`fc<120>` reads 7x7x16 = 784 values" in said
    assert remarks(listing("lenet"), text) == []  # without a size there are no numbers
    small = compiled(text.replace("char>>", "char,20,20>>"), repair=True)
    assert remarks(small, text.replace("char>>", "char,20,20>>")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_pool<3,3,2,2,input<matrix<float,112,112>>>", "makes 55 of 112, where Caffe makes 56"),
        ("max_pool<3,3,2,2,input<matrix<float,111,111>>>", None),
        ("con<4,7,7,2,2,input<matrix<float,224,224>>>", "makes 109 of 224, where a padding of 3"),
        ("con<4,1,1,2,2,input<matrix<float,224,224>>>", None),
        ("add_layer<con_<4,7,7,2,2,0,0>,input<matrix<float,224,224>>>", None),
        ("con<4,4,4,1,1,input<matrix<float,8,8>>>", "8x8x1 becomes 9x9x4"),
        ("bn_con<con<4,3,3,1,1,input<matrix<float,8,8>>>>", "dlib counts 44 parameters, not 48"),
        ("con<4,3,3,1,1,input<matrix<float,8,8>>>", None),
    ],
)
def test_what_shapes_tell(text: str, said: str | None) -> None:
    found = remarks(compiled(text), text)
    assert len(found) == (0 if said is None else 1), found
    assert said is None or said in found[0]


def test_what_the_text_tells_comes_once_a_kind() -> None:
    tree = notation.read(
        Source("x.dlib", f"dropout<affine<dropout<affine<con<3,1,1,1,1,{BELOW}>>>>>")
    )
    assert [(d.code, d.severity) for d in tree.remarks] == [("framework", "remark")] * 2
    assert [re.findall("`?(affine|dropout)", d.message)[0] for d in tree.remarks] == [
        "affine",
        "dropout",
    ]


# ---------------------------------------------------------------- random texts

TEXTS = [path.read_text() for path in (*sorted(LISTINGS.glob("004*.dlib")), *NETWORKS.iterdir())]
TEXTS += [ALIASES, *(f"using net_type = {text};" for text in SEMANTICS)]
NAMES = [*ROWS, *CONTROL, *INPUTS, "SUBNET", "template", "typename", "using", "int", "class", "N"]
SIGNS = [
    *"<><><>,,,,;;()+-*/%{}=#\"'\\\n",
    "<<",
    "//",
    "/*",
    "::",
    "...",
    "0",
    "1",
    "3",
    "7",
    "99999",
]
SIGNS += [
    "1000000000000000000000",
    "0x",
    "\x00",
    "é",
    "\u2028",
    "tag1",
    "skip1",
    "loss_x",
    "::subnet_type",
    "net::subnet_type",
    'R"(',
]
SECONDS = 10


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A text of dlib's templates in which a few tokens are changed."""
    tokens = re.findall(r"\w+|\s+|.", draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(tokens) - 1, 0)))
        match draw(st.sampled_from(["delete", "replace", "insert", "copy"])):
            case "delete":
                del tokens[at : at + draw(st.integers(1, 3))]
            case "replace":
                tokens[at : at + 1] = [draw(st.sampled_from(NAMES + SIGNS))]
            case "insert":
                tokens.insert(at, draw(st.sampled_from(NAMES + SIGNS)))
            case _:
                start = draw(st.integers(0, max(len(tokens) - 1, 0)))
                tokens[at:at] = tokens[start : start + draw(st.integers(1, 12))]
    return "".join(tokens)


random_texts = st.one_of(
    mutated(),
    st.lists(st.sampled_from(NAMES + SIGNS * 3), max_size=40).map("".join),
    st.text(max_size=60),
)


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_texts, st.booleans())
def test_any_text_is_a_tree_or_a_diagnostic(text: str, repair: bool) -> None:
    note(text)
    with within(SECONDS):
        try:
            spec = read_text(text, "random.dlib", "dlib", repair)
            written = writer.write(spec.tree)
            normal = writer.normalise(parse(Source("random.arch", written)))
            assert normal == writer.normalise(spec.tree)
            for value in family(spec):
                network = compile_network(value)
                assert notation.review is not None
                for remark in notation.review(spec.source, network):
                    assert render(remark)
        except SpecError as error:
            assert all(len(render(d)) < 20_000 for d in error.diagnostics)
        except NoVariantError:
            pass


def test_reorganisation_is_archcs_plain_one() -> None:
    network = compiled("using net_type = add_layer<reorg_<3,3>, reorg<input_rgb_image_sized<48>>>;")
    assert [layer.shape for layer in network.layers] == [(24, 24, 12), (8, 8, 108)]
    diagnostic = refused("using net_type = add_layer<reorg_<3,2>, input_rgb_image_sized<48>>;")
    assert diagnostic.code == "unsupported" and "3x2" in diagnostic.message
