"""Names: whatever a spec calls its lines, paths stay and nothing of a spec is executed."""

from __future__ import annotations

import ast
import keyword

import pytest
import torch
from reference import compiled, example, interpret, live, scripted
from torch import nn

from archc.diagnostics import SpecError
from archc_backends.shared.source import comment, text
from archc_backends.torch import backend, names

LABELS = [
    *["forward", "train", "eval", "children", "type", "half", "parameters", "modules", "to"],
    *["class", "lambda", "def", "None", "async", "is"],
    *["self", "nn", "torch", "F", "Tensor", "OrderedDict", "chain", "x", "super"],
    *[
        "keys",
        "values",
        "items",
        "pop",
        "predict",
        "reset_parameters",
        "training",
        "__init__",
        "_apply",
    ],
]


def labelled(label: str) -> str:
    return f"""network hostile {{
        input image: 8x8x3
        first: conv 3x3 4 same, relu
        {label}: conv 3x3 4 same, relu
        add {{
            identity
            conv 1x1 4
        }}
        fc 5, softmax
    }}"""


@pytest.mark.parametrize("label", LABELS)
def test_any_label_runs_scripts_exports_and_keeps_its_path(label: str) -> None:
    network = compiled(labelled(label))
    (x,) = example(network)
    torch.manual_seed(0)
    module = live(network).eval()
    expected = module(x)
    torch.testing.assert_close(scripted(module)(x), expected)
    torch.testing.assert_close(torch.export.export(module, (x,)).module()(x), expected)
    values = interpret(network, module, [x])
    torch.testing.assert_close(module.predict(x), values[network.outputs[0].path])
    assert "proved" in backend.prove(network, backend.write(network))


def test_only_keywords_and_attributes_of_modules_are_spelled_otherwise() -> None:
    for label in ("conv", "keys", "values", "self", "nn", "x", "softmax", "branch", "input"):
        assert names.module_path(f"a.{label}.0") == f"a.{label}.0"
    assert names.module_path("a.forward.class.0") == "a.forward_.class_.0"


def test_every_attribute_of_modules_is_known() -> None:
    """A label that a module has as an attribute would hide it, or be hidden by it."""
    known = {*dir(nn.Module()), *dir(nn.Sequential()), *dir(nn.ModuleList())}
    missing = {name for name in known if not name.startswith("_")} - names.TAKEN
    assert not missing
    in_dict = {name for name in dir(nn.ModuleDict()) if not name.startswith("_")}
    assert not in_dict - names.TAKEN - names.TAKEN_IN_DICT
    assert not any(keyword.iskeyword(name) for name in names.TAKEN)


def test_two_names_that_become_one_are_refused() -> None:
    network = compiled(
        """network n {
            input image: 8x8x3
            forward: conv 3x3 4
            forward_: conv 3x3 4
        }"""
    )
    with pytest.raises(SpecError, match="two modules the name `forward_`"):
        backend.write(network)


@pytest.mark.parametrize("branch", ["values", "keys", "pop", "forward"])
def test_labels_of_branches(branch: str) -> None:
    network = compiled(
        f"""network n {{
            input image: 8x8x3
            merged: mul {{ {branch}: conv 1x1 4; other: conv 1x1 4, sigmoid }}
        }}"""
    )
    (x,) = example(network)
    module = live(network)
    values = interpret(network, module, [x])
    torch.testing.assert_close(scripted(module)(x), values["merged"])


def test_text_of_a_spec_is_never_pasted() -> None:
    hostile = 'a"""\n\\x41 \u2028 \U0001f600 {x} \x00 \' """ + boom()'
    assert ast.literal_eval(text(hostile)) == hostile
    assert text(hostile).isascii()
    safe = comment(hostile)
    assert ast.literal_eval(f'"""{safe}"""') == safe
    assert "\n" not in safe and '"' not in safe and "\\" not in safe


def test_a_hostile_file_name_stays_in_its_docstring() -> None:
    from archc import pipeline

    name = 'x"""\nimport os\nraise SystemExit(1)\n""".arch'
    network = pipeline.compile_text(labelled("a"), name, "hostile")
    tree = ast.parse(backend.write(network))
    assert not any(
        isinstance(node, ast.Import) and node.names[0].name == "os" for node in tree.body
    )
    backend.module(network)


@pytest.mark.parametrize("name", ["class", "lambda", "self", "nn", "x1"])
def test_a_blocks_parameter_has_any_name(name: str) -> None:
    network = compiled(f"""network hostile {{
        input image: 8x8x3
        block unit({name}, stride = 1) {{ conv 3x3/stride {name} pad, relu }}
        unit 4, unit 6 stride=2
    }}""")
    (x,) = example(network)
    module = live(network).eval()
    assert module(x).shape == (len(x), 6, 4, 4)
    assert "proved" in backend.prove(network, backend.write(network))
