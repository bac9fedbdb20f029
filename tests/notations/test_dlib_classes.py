"""Members of class templates are read with the arguments that the class is given."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from archc import zoo
from archc.diagnostics import Diagnostic, SpecError
from archc.diagnostics.render import render
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.language import writer
from archc.pipeline import choose, family, read, read_text, setting
from tests.limits import within

RESNET = Path(__file__).parent / "dlib" / "resnet50.h"

IMAGE = "input<matrix<rgb_pixel,9,9>>"

DEF = f"""
template <template <typename> class BN, long K = 8> struct def {{
    static constexpr long W = 2*K;
    template <typename S> using a = BN<con<W,3,3,1,1,S>>;
    template <typename S> using b = repeat<2,a,relu<S>>;
    using n = fc<K,b<{IMAGE}>>;
    struct inner {{ using c = relu<int>; }};
}};
"""


def compiled(text: str, variant: str | None = None) -> Network:
    return compile_network(choose(read_text(text, "net.h", "dlib"), variant))


def layers(network: Network) -> Counter[tuple[object, ...]]:
    return Counter(
        (n.op.name, n.shape, n.params)
        for n in network.layers
        if n.op.name not in ("softmax", "identity")
    )


def resnet(variant: str) -> Network:
    return compile_network(choose(read(RESNET), variant))


def test_resnet50_is_the_zoos() -> None:
    directory = zoo.directory()
    assert directory is not None
    strided = dict([setting("strided=3x3")])  # as common implementations have it
    expected = compile_network(choose(read(directory / "resnet.arch"), "resnet50"), strided)
    train = resnet("train")
    assert train.params == expected.params == 25_557_032
    assert train.macs == expected.macs
    assert layers(train) == layers(expected)


def test_each_set_of_arguments_is_a_network_of_its_own() -> None:
    train, infer, slim = resnet("train"), resnet("infer"), resnet("slim")
    assert layers(resnet("ready")) == layers(train)
    assert train.params - infer.params == train.weights.scales + train.weights.shifts
    assert infer.weights.weights == train.weights.weights
    convolutions = [n for n in slim.layers if n.op.name == "conv"]
    assert convolutions[0].shape == (112, 112, 32)
    assert len(convolutions) == 53


def test_the_spec_that_is_written_has_a_block_for_each() -> None:
    spec = read(RESNET)
    text = writer.write(spec.tree)
    assert "block narrow_1(K, step) {" in text and "bn noscale noshift" in text
    for found, again in zip(family(spec), family(read_text(text)), strict=True):
        assert layers(compile_network(found)) == layers(compile_network(again))


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("using x = def<bn_con>::n;", 13_208),
        ("using x = def<bn_con,5>::n;", 5_285),
        ("using x = typename ::ns::def<dlib::bn_con>::n;", 13_208),
        ("int main() { def<bn_con>::n net; }", 13_208),
        ("int main() { def<bn_con>::n net(options, 3); }", 13_208),
        ("using x = loss_multiclass_log<def<bn_con>::n>; using y = x::subnet_type;", 13_208),
        (f"using x = fc<2,def<affine,3>::template b<{IMAGE}>>;", 1_472),
        # the class' argument is a parameter of a block, which is then written out
        (
            "template <template <typename> class BN, typename S> using q = "
            f"typename def<BN,3>::template b<S>; using x = fc<2,q<affine,{IMAGE}>>;",
            1_472,
        ),
    ],
)
def test_members_are_named(text: str, params: int) -> None:
    spec = read_text(DEF + text, "net.h", "dlib")
    assert compile_network(family(spec)[0]).params == params


def test_what_is_below_a_members_outermost_layer() -> None:
    network = compiled(DEF + "using x = fc<3,def<affine,3>::n::subnet_type>;")
    assert network.params == 9 * 9 * 6 * 3 + 3 + 3 * 9 * 6 + 6 + 6 * 9 * 6 + 6


def test_tags_of_a_class_template_are_numbered_by_its_arguments() -> None:
    text = (
        "template <int N> struct f { template <typename S> using t = add_tag_layer<90+N,S>; };"
        "using n = concat2<f<2>::t,f<1>::t,f<2>::t<relu<f<1>::t<input<matrix<float,3,3>>>>>>;"
    )
    text = text.replace("f<2>::t<", "f<2>::template t<").replace("f<1>::t<", "f<1>::template t<")
    network = compiled(text)
    assert [n.op.name for n in network.layers if n.op.name != "identity"] == ["relu", "concat"]
    assert network.layers[-1].shape == (3, 3, 2)


ERRORS = {
    "using x = def<>::n;": ("argument", "takes 1 to 2 arguments, but has 0"),
    "using x = def<bn_con,1,2>::n;": ("argument", "takes 1 to 2 arguments, but has 3"),
    "using x = def<7>::n;": ("argument", "the name of a template is expected"),
    "using x = def<bn_con>::m;": ("unknown-layer", "`def` has no `using m = ...`"),
    "using x = fc<3,def<bn_con>::inner>;": ("unknown-layer", "has no `using inner"),
    "using x = def<bn_con>::b;": ("argument", "takes 1 argument"),
    "using x = relu<def<bn_con>::>;": ("syntax", "is expected here"),
    "using x = def<bn_con>::template;": ("syntax", "the name of a member"),
    "using x = resnet<bn_con>::n50;": ("unknown-layer", "no class template `resnet`"),
    "using x = def<bn_con>::o<2>::n;": ("unsupported", "a class template within another"),
    "using x = relu<decltype(net)>;": ("unsupported", "`decltype` cannot be read"),
    "": ("syntax", "nothing says what the class template `def` is given"),
    "template <> struct def<affine> {}; using x = def<affine>::n;": (
        "unsupported",
        "it has specialisations",
    ),
    "template <int N> struct e : def<relu,N> {}; using x = relu<e<1>::n>;": (
        "unknown-layer",
        "`e` has no `using n",
    ),
    f"template <typename S> struct e {{ using n = relu<S>; }}; using x = relu<e<{IMAGE}>::n>;": (
        "unsupported",
        "takes a type, `S`",
    ),
    "template <int N> struct e { using n = relu<typename e<N+1>::n>; }; using x = e<1>::n;": (
        "unknown-layer",
        "`n` is declared below its use",
    ),
}


def refused(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as error:
        compiled(text)
    (diagnostic,) = error.value.diagnostics
    assert render(diagnostic)
    return diagnostic


@pytest.mark.parametrize("text", ERRORS, ids=lambda text: text[:50])
def test_what_is_wrong_is_said(text: str) -> None:
    code, message = ERRORS[text]
    diagnostic = refused(DEF + text)
    assert diagnostic.code == code, diagnostic.message
    assert message in diagnostic.message


def test_what_expands_without_end_is_refused() -> None:
    members = "template <typename S> using g0 = relu<fc<N,S>>;"
    for i in range(1, 40):
        inner = f"typename f<N+1>::template g{i - 1}<typename f<N+2>::template g{i - 1}<S>>"
        members += f"template <typename S> using g{i} = {inner};\n"
    text = f"template <int N> struct f {{ {members} }}; using n = f<1>::g39<{IMAGE}>;"
    with within(5):
        assert refused(text).code == "too-large"


def test_long_chains_of_declarations_are_read() -> None:
    tags = "".join(f"template <typename S> using t{i} = t{i - 1}<S>;" for i in range(1, 1500))
    names = "".join(f"using n{i} = n{i - 1};" for i in range(1, 1500))
    numbers = "".join(f"constexpr int c{i} = c{i - 1}+1;" for i in range(1, 40))
    text = (
        f"constexpr int c0 = 1; {numbers} template <typename S> using t0 = tag1<S>; {tags}"
        f"using n0 = add_prev1<fc<c39,relu<t1499<input<matrix<float,40,1>>>>>>; {names}"
    )
    with within(5):
        spec = read_text(text, "net.h", "dlib")
        assert len(spec.tree.items) == 1500
    assert (
        "constant `c` contains itself"
        in refused(f"constexpr int d = c; constexpr int c = d; using n = fc<c,{IMAGE}>;").message
    )
