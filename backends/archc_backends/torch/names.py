"""Names in generated source: of attributes, classes, parameters and variables."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable


def _words(text: str) -> list[str]:
    return text.split()


# The attributes of torch.nn.Module, Sequential and ModuleList (torch 2.13), and those that
# generated classes have. A module under one of these names would hide it, or be hidden by it.
TAKEN = frozenset(
    _words(
        "T_destination add_module append apply bfloat16 buffers call_super_init children "
        "compile cpu cuda double dump_patches eval extend extra_repr float forward get_buffer "
        "get_extra_state get_parameter get_submodule half insert ipu load_state_dict modules "
        "mtia named_buffers named_children named_modules named_parameters parameters pop "
        "predict register_backward_hook register_buffer register_forward_hook "
        "register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
        "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module "
        "register_parameter register_state_dict_post_hook register_state_dict_pre_hook "
        "requires_grad_ reset_parameters set_extra_state set_submodule share_memory state_dict "
        "to to_empty train training type xpu zero_grad "
    )
)

TAKEN_IN_DICT = frozenset({"clear", "items", "keys", "pop", "update", "values"})
"""What torch.nn.ModuleDict has besides."""

TAKEN_IN_FILE = frozenset(
    _words(
        "F List NamedTuple Optional OrderedDict Tensor dict enumerate float getattr int isinstance "
        "len list max nn print range self str super torch tuple type x zip "
    )
)
"""What generated code refers to by name."""


def attribute(part: str) -> str:
    """A part of a layer's path as the name of a submodule: as it is, but for a trailing underscore
    on a Python keyword, on a name that torch's modules have themselves, and on one that begins
    with an underscore (of two it loses one, or Python would rename it)."""
    if part.startswith("_"):
        return f"_{part.lstrip('_')}_"
    return f"{part}_" if part in TAKEN or keyword.iskeyword(part) else part


def module_path(path: str) -> str:
    """A layer's path as ``named_modules()`` of the generated module has it."""
    return ".".join(map(attribute, path.split(".")))


def identifier(text: str, fallback: str = "value") -> str:
    """Any text as an identifier: ``P[3]`` becomes ``P_3``."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    if not name:
        name = fallback
    if name[0].isdigit():
        name = f"{fallback}_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def camel(text: str) -> str:
    """``se_bottleneck`` as a class's name: ``SeBottleneck``."""
    parts = identifier(text, "Net").split("_")
    return "".join(part[:1].upper() + part[1:] for part in parts if part) or "Net"


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or with the first free number after it."""
    known = taken if isinstance(taken, set | frozenset) else set(taken)
    if name not in known:
        return name
    number = 2
    while f"{name}{number}" in known or f"{name}_{number}" in known:
        number += 1
    return f"{name}_{number}" if name[-1].isdigit() else f"{name}{number}"
