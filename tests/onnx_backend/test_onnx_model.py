"""What an ONNX file holds besides numbers: names, scopes, sizes, outputs; and what is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx_runs import (
    NETWORKS,
    drawn_module,
    examples,
    initializers,
    run,
    same_as_torch,
    session,
    states,
)

import archc
from archc import pipeline
from archc.diagnostics import SpecError
from archc.graph.network import Network
from archc_backends.onnx import backend
from archc_backends.onnx.model import OLDER, OPSET

SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.parametrize("name", NETWORKS)
def test_branches_blocks_and_shared_weights(name: str) -> None:
    network = pipeline.compile_text(NETWORKS[name], "test.arch", name)
    source = same_as_torch(network)
    written = initializers(source)
    wanted = states(drawn_module(network))
    heads = ("aux.", "shallow.")  # auxiliary outputs, for training
    assert written == {name: shape for name, shape in wanted.items() if not name.startswith(heads)}


SMALL = """
block unit(width) { conv 3x3 width same nobias, bn, relu }

network small {
    input image: 8x8x3
    conv[1]: conv 3x3 4 same, relu
    unit 5 * 2
    pool: maxpool 2x2/2, lrn 5
    head: fc 3, softmax
}
"""


def loaded(network: Network, **options: Any) -> onnx.ModelProto:
    return onnx.load_from_string(backend.write(network, **options))


def test_nodes_have_the_names_of_lines_and_blocks() -> None:
    graph = loaded(archc.loads(SMALL)).graph
    names = [node.name for node in graph.node]
    assert names[:2] == ["conv/1/conv", "conv/1/relu"]
    assert "unit/1/bn" in names and "pool/lrn" in names
    assert [node.output[0] for node in graph.node][:2] == ["conv.1.conv", "conv.1.relu"]
    (bn,) = (node for node in graph.node if node.name == "unit/1/bn")
    assert bn.input[1] == "unit.1.bn.weight"
    told = {entry.key: entry.value for entry in bn.metadata_props}
    assert told["path"] == "unit.1.bn" and told["layer"] == "bn"
    assert told["namespace"] == "small/unit.1: unit"
    assert bn.doc_string == "<text>:2"


def test_several_nodes_of_a_layer_stand_in_its_scope() -> None:
    network = archc.loads("network n { input x: 4; silu }")
    names = {node.name: node.op_type for node in loaded(network).graph.node}
    assert names == {"silu/Sigmoid": "Sigmoid", "silu": "Mul"}


def test_no_two_names_are_equal_whatever_labels_say() -> None:
    text = """network n {
        input x: 4
        batch: fc 4
        silu: silu
        constants: rescale 2
        output Sigmoid: silu
        forward: fc 4 -> 4
        output x2: identity
        class: fc 4
    }"""
    network = archc.loads(text)
    model = loaded(network)
    onnx.checker.check_model(model, full_check=True)
    made = [value for node in model.graph.node for value in node.output]
    names = [node.name for node in model.graph.node]
    assert len(set(made)) == len(made) and len(set(names)) == len(names)
    same_as_torch(network)
    assert "forward_.weight" in {one.name for one in model.graph.initializer}


def test_logits_come_out_or_probabilities() -> None:
    network = archc.loads(SMALL)
    module = drawn_module(network)
    inputs = examples(network)
    for probabilities, call in ((False, module.forward), (True, module.predict)):
        source = backend.write(network, weights=module.state_dict(), probabilities=probabilities)
        (found,) = run(source, inputs)
        with torch.no_grad():
            np.testing.assert_allclose(found, call(*inputs.values()).numpy(), atol=1e-5)


def test_auxiliary_outputs_are_left_out_with_their_weights() -> None:
    model = loaded(pipeline.compile_spec(SPECS / "googlenet.arch", "googlenet"))
    assert [output.name for output in model.graph.output] == ["output"]
    assert not any(weight.name.startswith("aux") for weight in model.graph.initializer)


def test_an_input_may_be_an_output_and_a_value_two() -> None:
    text = """network n {
        input x: 4
        a: fc 3
        output first: from a
        output second: from a
        output same: from x
    }"""
    network = archc.loads(text)
    model = loaded(network)
    assert [value.name for value in model.graph.output] == ["first", "second", "same"]
    inputs = examples(network)
    first, second, same = run(model.SerializeToString(), inputs)
    assert (first == second).all() and (same == inputs["x"].numpy()).all()


def sizes(value: Any) -> list[int | str]:
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def test_letters_are_parameters_of_the_model() -> None:
    network = archc.loads(
        "network n { input image: HxWx3 where H % 4 == 0; conv 3x3/2 8 pad; maxpool 2x2/2 }"
    )
    graph = loaded(network).graph
    assert sizes(graph.input[0]) == ["batch", 3, "H", "W"]
    assert sizes(graph.output[0])[:2] == ["batch", 8]
    shapes = {value.name: sizes(value) for value in graph.value_info}
    assert shapes["conv"][2:] == ["H/2", "floor((W + 1)/2)"]
    same_as_torch(network, sizes=[{"H": 8, "W": 9}, {"H": 20, "W": 6}])


def test_words_are_integers() -> None:
    network = archc.loads(
        "network n { input words: T; input image: 5; w: from words, embed 9 4\n"
        "i: from image, expand like=words\n concat { from w; from i } }"
    )
    kinds = {value.name: value.type for value in session(backend.write(network)).get_inputs()}
    assert kinds == {"words": "tensor(int64)", "image": "tensor(float)"}


def test_the_opset_is_the_newest_that_runs() -> None:
    """The next one does not: then OPSET should be larger."""
    model = loaded(archc.loads(SMALL))
    assert model.opset_import[0].version == OPSET and model.producer_name == "archc"
    model.opset_import[0].version = OPSET + 1
    model.ir_version = 14
    with pytest.raises(Exception, match=r"opset|IR"):
        session(model.SerializeToString())


def test_older_operators_lower_the_opset() -> None:
    text = "network n { input x: 9x9x4; input boxes: Rx4\n y: from x, roialign 2x2 boxes=boxes }"
    model = loaded(archc.loads(text))
    assert model.opset_import[0].version == OLDER["RoiAlign"]
    model.opset_import[0].version = OLDER["RoiAlign"] + 1
    with pytest.raises(Exception, match="RoiAlign"):
        session(model.SerializeToString())


# ---------------------------------------------------------------- proof


def test_a_proof_says_what_it_held_against_what() -> None:
    network = archc.loads(SMALL)
    line = backend.prove(network, backend.write(network))
    assert line is not None and line.startswith(f"proved with onnx {onnx.__version__}: full check")
    assert "shapes of all 11 layers" in line and "run by onnxruntime" in line


def test_a_proof_fails_where_the_model_is_another_network() -> None:
    network, other = archc.loads(SMALL), archc.loads(SMALL.replace("unit 5", "unit 6"))
    with pytest.raises(SpecError, match=r"at `unit.0.conv`.*gives 2 x 6 x 8 x 8"):
        backend.prove(network, backend.write(other))
    with pytest.raises(SpecError, match="checker says"):
        backend.prove(network, b"no model at all")


# ---------------------------------------------------------------- commands


def archc_says(*arguments: str, code: str = "", cwd: Path) -> subprocess.CompletedProcess[str]:
    start = f"import sys; {code}from archc.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", start, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_build_writes_and_proves(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    done = archc_says("build", "small.arch", "--to", "onnx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "wrote build/small.onnx\nproved with onnx" in done.stdout
    written = (tmp_path / "build" / "small.onnx").read_bytes()
    assert written == backend.write(archc.load(tmp_path / "small.arch"))


def test_a_missing_onnx_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    hidden = "sys.modules['onnx'] = None; "
    done = archc_says("build", "small.arch", "--to", "onnx", code=hidden, cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert "error[unsupported]: an ONNX file is written by onnx" in done.stderr
    assert "pip install 'archc-compiler[onnx]'" in done.stderr
    assert not (tmp_path / "build").exists()


def test_the_table_of_rows_needs_no_onnx(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules.update(onnx=None, numpy=None, torch=None)\n"
        "from archc_backends.onnx.model import TABLES; from archc_backends.onnx.table import rows\n"
        "print(len(list(rows)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 60
