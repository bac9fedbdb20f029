"""What generated text defines besides dlib's own templates, where it uses it.

The classes follow dlib's ``fc_no_bias`` and (dlib 20's) ``dropout_rate``: what dlib sets by a
constructor's argument or a call is in the type, so that ``net_type`` alone says all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from archc_backends.dlib.table import OWN_TAGS, PADDED_NAMES, Template

FILTERS = "long num_filters, long nr, long nc, int stride_y, int stride_x"
WINDOW = "long nr, long nc, int stride_y, int stride_x"
PADDING = "int padding_y, int padding_x"

CLASSES = {
    "con_no_bias": ("con_", "con", "A convolution without biases, as fc_no_bias is fc without."),
    "cont_no_bias": ("cont_", "cont", "A transposed convolution without biases."),
}
"""By alias the class that it derives from, its name in dlib and what it is."""

NUMBERS = {
    "dropout_rate": (
        "int percent",
        "percent",
        "dropout_",
        "percent / 100.0f",
        "Dropout of another rate than one half.",
    ),
    "leaky_relu_slope": (
        "long numerator, long denominator",
        "numerator, denominator",
        "leaky_relu_",
        "float(numerator) / denominator",
        "A leaky ReLU with another slope than 0.01.",
    ),
    "elu_alpha": (
        "long numerator, long denominator",
        "numerator, denominator",
        "elu_",
        "float(numerator) / denominator",
        "An ELU with another alpha than 1.",
    ),
    "multiply_by": (
        "long numerator, long denominator",
        "numerator, denominator",
        "multiply_",
        "float(numerator) / denominator",
        "Multiplies by a fixed number.",
    ),
}
"""By alias its parameters, their names, the class it derives from, what it hands to that and what
it is."""

KNOWN = (*CLASSES, *NUMBERS)
"""What the bare declarations use and do not define: the notation knows them."""


def names_used(used: Iterable[Template]) -> set[str]:
    """Every name in the templates, those among their arguments too."""
    found: set[str] = set()
    for item in used:
        found.add(item.name)
        for arg in item.args:
            if isinstance(arg, str):
                found.update(re.findall(r"\w+", arg))
    return found


def definitions(names: set[str]) -> tuple[list[str], list[str]]:
    """Of what is used the classes with their aliases, and the aliases of dlib's own classes."""
    classes: list[str] = []
    for name, (base, plain, about) in CLASSES.items():
        padded = PADDED_NAMES[plain + "_no_bias"]
        if name in names or padded in names:
            classes.append(without_bias(name, base, about))
        if name in names:
            classes[-1] += "\n\n" + alias_of(name, f"{name}_", FILTERS)
    for name, (parameters, arguments, base, value, about) in NUMBERS.items():
        if name in names:
            classes.append(
                f"// {about}\ntemplate <{parameters}>\nstruct {name}_ : {base}\n{{\n"
                f"    {name}_() : {base}({value}) {{}}\n}};\n\n"
                f"template <{parameters}, typename SUBNET>\n"
                f"using {name} = add_layer<{name}_<{arguments}>, SUBNET>;"
            )
    own = [
        alias_of(padded, f"{plain}_", f"{WINDOW if 'pool' in plain else FILTERS}, {PADDING}")
        for plain, padded in PADDED_NAMES.items()
        if padded in names
    ]
    if any(name in names for name in PADDED_NAMES.values()):
        own[0] = "// With a padding other than dlib's own.\n" + own[0]
    return classes, [*own, *tags(names)]


def alias_of(name: str, layer: str, parameters: str) -> str:
    """``template <...> using name = add_layer<layer<...>, SUBNET>;``"""
    before, padding = parameters, ""
    if PADDING in parameters:
        before, padding = parameters.removesuffix(f", {PADDING}"), f"\n          {PADDING},"
    return (
        f"template <{before},{padding} typename SUBNET>\n"
        f"using {name} =\n    add_layer<{layer}<{arguments(parameters)}>, SUBNET>;"
    )


def arguments(parameters: str) -> str:
    """The names of template parameters: ``long nr, long nc`` gives ``nr,nc``."""
    return re.sub(r"\b(long|int) ", "", parameters).replace(", ", ",")


def without_bias(name: str, base: str, about: str) -> str:
    return (
        f"// {about}\n"
        f"template <{FILTERS},\n"
        "          int padding_y = stride_y != 1 ? 0 : nr / 2,\n"
        "          int padding_x = stride_x != 1 ? 0 : nc / 2>\n"
        f"struct {name}_ : {base}<{arguments(f'{FILTERS}, {PADDING}')}>\n"
        f"{{\n    {name}_() {{ this->disable_bias(); }}\n}};"
    )


def tags(names: set[str]) -> list[str]:
    """Tags beyond those that dlib names; ids from 2000 on are no one's."""
    numbers = sorted(
        int(name[3:])
        for name in names
        if re.fullmatch(r"tag\d+", name) and int(name[3:]) > OWN_TAGS
    )
    return [
        f"template <typename SUBNET> using tag{number} = add_tag_layer<{2000 + number},SUBNET>;"
        for number in numbers
    ]
