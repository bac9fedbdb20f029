"""Names in the generated C++: of aliases, their parameters, the namespace and the guard."""

from __future__ import annotations

import re
from collections.abc import Container


def _words(text: str) -> list[str]:
    return text.split()


KEYWORDS = frozenset(
    _words(
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t "
        "char32_t char8_t class co_await co_return co_yield compl concept const const_cast "
        "consteval constexpr constinit continue decltype default delete do double dynamic_cast "
        "else enum explicit export extern false final float for friend goto if import inline int "
        "long module mutable namespace new noexcept not not_eq nullptr operator or or_eq override "
        "private protected public register reinterpret_cast requires return short signed sizeof "
        "static static_assert static_cast struct switch template this thread_local throw true try "
        "typedef typeid typename union unsigned using virtual void volatile wchar_t while xor "
        "xor_eq"
    )
)

MACROS = frozenset(
    _words("assert errno i386 linux major minor setjmp stderr stdin stdout unix va_arg va_end")
)
"""Names in small letters that the standard headers define as macros, or g++ does."""

DLIB = frozenset(
    _words(
        "add_layer add_prev add_prev_ add_skip_layer add_tag_layer affine affine_ array2d avg_pool "
        "avg_pool_ avg_pool_everything avg_poolp bn_ bn_con bn_fc clipped_relu clipped_relu_ con "
        "con_ con_no_bias con_no_bias_ concat_ conp conp_no_bias cont cont_ cont_no_bias "
        "cont_no_bias_ contp contp_no_bias dimpl dlib dropout dropout_ dropout_rate dropout_rate_ "
        "elu elu_ elu_alpha elu_alpha_ extract extract_ fc fc_ fc_no_bias gelu gelu_ htan htan_ "
        "impl input input_rgb_image input_rgb_image_sized iskip l2normalize layer layer_norm "
        "layer_norm_ leaky_relu leaky_relu_ leaky_relu_slope leaky_relu_slope_ linear matrix "
        "max_pool max_pool_ max_pool_everything max_poolp mish mult_prev mult_prev_ multiply "
        "multiply_ multiply_by multiply_by_ net_type num_con_outputs prelu prelu_ relu relu_ reorg "
        "reorg_ repeat resize_to "
        "rgb_pixel scale scale_ scale_prev scale_prev_ sig sig_ silu silu_ smelu softmax softmax_ "
        "softmax_all std subnet tag_id tensor upsample upsample_ visit_layers"
    )
)
"""What the generated text, or dlib where it works on a network, calls by these names."""

NUMBERED = re.compile(
    r"(tag|skip|itag|add_prev|mult_prev|scale|scale_prev|concat|inception)\d+_?|loss_.*|input_.*"
)


def taken(name: str) -> bool:
    """Whether a name has a meaning in C++ or dlib already."""
    return (
        name in KEYWORDS or name in MACROS or name in DLIB or NUMBERED.fullmatch(name) is not None
    )


def identifier(text: str, fallback: str) -> str:
    """Any text as an identifier in small letters, as dlib's own are: ``conv[2]`` is ``conv_2``.

    Capitals are left to macros; a name that has a meaning already gets ``_layer`` after it.
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_") or fallback
    if name[0].isdigit():
        name = f"{fallback}_{name}"
    return f"{name}_layer" if taken(name) else name


def unique(name: str, used: Container[str]) -> str:
    """The name, or with the first free number after it."""
    if name not in used:
        return name
    number = 2
    while f"{name}_{number}" in used or taken(f"{name}_{number}"):
        number += 1
    return f"{name}_{number}"


def namespace(text: str) -> str:
    """A namespace for a network; none of the C library's global names ends in ``net``."""
    name = identifier(text, "spec")
    return name if name.endswith("net") and len(name) > 3 else f"{name}_net"


def comment(text: str) -> str:
    """A text as it may stand in a ``//`` comment: no line breaks, backslashes or trigraphs."""
    return re.sub(r"[^A-Za-z0-9 _.,:;=+*/()\[\]{}<>&%#@'\"|~^$-]", "_", text)
