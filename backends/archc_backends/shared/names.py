"""The names under which torch's ``state_dict`` has a layer's weights."""

from __future__ import annotations

import keyword


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
        "to to_empty train training type xpu zero_grad"
    )
)


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
