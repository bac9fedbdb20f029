"""The generated text: header, what it defines besides dlib, an alias a block, and the network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc._version import __version__
from archc.diagnostics import fail
from archc.dims import to_text
from archc.graph.network import Network
from archc_backends.dlib import text
from archc_backends.dlib.aliases import Aliases
from archc_backends.dlib.defined import KNOWN, definitions, names_used
from archc_backends.dlib.names import comment, namespace
from archc_backends.dlib.nest import Nest
from archc_backends.dlib.plan import Plan
from archc_backends.dlib.remarks import paragraph, remarks
from archc_backends.dlib.steps import Order
from archc_backends.shared.source import file_name

LOSSES = (
    "loss_multiclass_log",
    "loss_multiclass_log_per_pixel",
    "loss_binary_log",
    "loss_binary_hinge",
    "loss_metric",
    "loss_mean_squared",
    "loss_mean_squared_multioutput",
    "loss_mean_squared_per_pixel",
    "loss_multiclass_log_weighted",
    "loss_ranking",
    "loss_epsilon_insensitive",
    "loss_dot",
    "",
)
"""The losses that take no template arguments of their own, and none."""


def write(network: Network, *, bare: bool, loss: str | None) -> str:
    """The header, or (``bare``) its ``using`` declarations. Raises SpecError."""
    if loss is not None and loss not in LOSSES:
        known = ", ".join(filter(None, LOSSES))
        fail("unsupported", None, f"the dlib backend has no loss `{loss}`", help=f"of {known}")
    plan = Plan(network, loss)
    aliases = Aliases(Nest(Order(plan)))
    source, said = input_layer(network, static=bare)
    net = text.network("net_type", aliases.lines, plan.loss, source, said)
    used = [*(item for alias in aliases.made for item in alias.items), *aliases.lines]
    names = names_used(used)
    classes, own = definitions(names)
    parts = [*text.joined([*own, *map(text.declaration, aliases.made)]), net]
    top = header(network, plan, names if bare else set())
    if bare:
        return "\n\n".join([top, *parts]) + "\n"
    return wrapped(network, top, [*classes, *parts])


def header(network: Network, plan: Plan, names: set[str]) -> str:
    """What the text is, where it comes from, and where dlib does otherwise than the spec."""
    params = network.params
    count = f"{params:,}" if isinstance(params, int) else to_text(params)
    where = f" from {comment(file_name(network.root.span))}" if network.root.span else ""
    lines = [
        f"// {comment(network.name)}: {comment(count)} parameters.",
        "//",
        f"// Written by archc {__version__}{where}, for dlib 19.24 and later. A net reads from its",
        "// last layer to its input; comments have the spec's labels and the shape that comes out,",
        "// channels x rows x columns.",
    ]
    said = list(remarks(network, plan))
    unknown = [name for name in KNOWN if name in used_bases(names)]
    if unknown:
        said.append(
            f"Not dlib's own: {', '.join(unknown)}; the header that archc build --to dlib writes "
            "defines them."
        )
    if said:
        lines += ["//", *map(paragraph, said)]
    return "\n".join(lines)


def used_bases(names: set[str]) -> set[str]:
    """The names, and of aliases with a padding the one without."""
    return names | {name.replace("p_no_bias", "_no_bias") for name in names}


def input_layer(network: Network, *, static: bool) -> tuple[str, str]:
    """dlib's input layer, and what a comment says of it. ``static``: with the image's size."""
    value = network.inputs[0]
    said = f"{value.name}: {text.shape_text(value.shape)}"
    channels = value.shape[-1]
    if len(value.shape) == 1:
        return f"input<std::array<matrix<float,1,1>,{channels}>>", said
    height, width = value.shape[0], value.shape[1]
    known = isinstance(height, int) and isinstance(width, int)
    if channels == 3:
        sizes = f"{height}" if height == width else f"{height},{width}"
        return (f"input_rgb_image_sized<{sizes}>" if known else "input_rgb_image"), said
    size = f",{height},{width}" if static and known else ""
    if channels == 1:
        return f"input<matrix<unsigned char{size}>>", said
    return f"input<std::array<matrix<float{size}>,{channels}>>", said


def wrapped(network: Network, top: str, parts: Sequence[str]) -> str:
    space = namespace(network.name)
    guard = f"ARCHC_{space.upper()}_H"
    inside = "\n\n".join(parts)
    indented = re.sub(r"(?m)^(?=.)", text.INDENT, inside)
    return (
        f"{top}\n#ifndef {guard}\n#define {guard}\n\n#include <dlib/dnn.h>\n\n"
        f"namespace {space}\n{{\n{text.INDENT}using namespace dlib;\n\n{indented}\n}}\n\n#endif\n"
    )
