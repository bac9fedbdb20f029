"""The generated source: as a person would have written it, and nothing of a spec is executed."""

from __future__ import annotations

import ast
import math
import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras_compare import assert_equal, compiled

import archc
from archc import pipeline
from archc.diagnostics import SpecError
from archc.graph.network import Network
from archc.ops.activation import SiLU
from archc_backends.keras import backend
from archc_backends.keras.brought import custom
from archc_backends.keras.code import Call
from archc_backends.keras.live import import_keras
from archc_backends.keras.table import rows

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
GOLDEN = HERE / "golden"

GOLDENS = {
    "keras_simple": ("keras_simple.arch", None),
    "lenet5": ("lenet5.arch", None),
    "resnet50": ("resnet.arch", "resnet50"),
    "googlenet": ("googlenet.arch", None),
    "densenet121": ("densenet.arch", "densenet121"),
    "rpn_fpn": ("fpn.arch", "rpn_fpn"),
}
"""A chain, one with layers that Keras has not, blocks, auxiliary outputs, loops, shared weights."""


def network(name: str) -> Network:
    spec, variant = GOLDENS[name]
    return archc.load(SPECS / spec, variant)


@pytest.mark.parametrize("name", GOLDENS)
def test_source_is_as_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / f"{name}_keras.py.txt"
    source = backend.write(network(name))
    if request.config.getoption("--update"):
        path.write_text(source)
    assert source == path.read_text()


def test_source_passes_ruff(tmp_path: Path) -> None:
    """No unused import or variable, no long line, imports in order."""
    for name in GOLDENS:
        (tmp_path / f"{name}_keras.py").write_text(backend.write(network(name)))
    check = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,I,W"]
    subprocess.run([*check, "--line-length=100", str(tmp_path)], check=True)


def test_writing_needs_neither_keras_nor_torch() -> None:
    code = f"""
    import sys, archc
    from archc_backends.keras import backend
    backend.write(archc.load({str(SPECS / "resnet.arch")!r}, "resnet50"))
    assert not {{"keras", "torch", "numpy"}} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_a_file_is_written_where_keras_cannot_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "archc", "build", str(SPECS / "keras_simple.arch")]
    environment = {**os.environ, "KERAS_BACKEND": "none"}
    done = subprocess.run(
        [*command, "--to", "keras"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.splitlines()[-1]
    assert said.startswith("not proved: Keras cannot be imported (on none): ")
    assert (tmp_path / "build" / "keras_simple_keras.py").exists()


# ---------------------------------------------------------------- the listing of document 001

LISTING = """
model = Sequential(name="Simple-CNN")
model.add(
    Conv2D(filters=8,
           kernel_size=(3, 3),
           padding="same",
           activation='relu',
           input_shape=(28, 28, 1)))
model.add(MaxPooling2D(pool_size=(2, 2)))

model.add(Conv2D(filters=16, kernel_size=(3, 3), activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))

model.add(Conv2D(filters=16, kernel_size=(3, 3), activation='relu'))

model.add(Flatten())
model.add(Dense(64, activation='sigmoid'))
model.add(Dense(10, activation='softmax'))
"""
"""As document 001 prints it."""

OTHER = {"name"}


def test_keras_simple_is_the_listing_as_printed() -> None:
    """The same Keras layers with the same configurations, under the names of its summary."""
    keras = import_keras()
    names: dict[str, Any] = {"Sequential": keras.Sequential}
    names |= {n: getattr(keras.layers, n) for n in ("Conv2D", "MaxPooling2D", "Flatten", "Dense")}
    keras.utils.clear_session()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
        exec(LISTING, names)
    printed = names["model"]
    written = backend.model(network("keras_simple"))
    assert len(printed.layers) == len(written.layers)
    for ours, theirs in zip(written.layers, printed.layers, strict=True):
        assert type(ours) is type(theirs)
        assert ours.name == theirs.name
        assert tuple(ours.output.shape) == tuple(theirs.output.shape)
        config = {key: v for key, v in theirs.get_config().items() if key not in OTHER}
        assert {key: ours.get_config()[key] for key in config} == config
    assert written.count_params() == printed.count_params() == 20_666


def test_a_division_is_written_as_one() -> None:
    assert "layers.Rescaling(1 / 255, name=" in backend.write(
        archc.load(SPECS / "keras_flower.arch")
    )


# ---------------------------------------------------------------- saving and training


@pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")  # Keras' on torch, numpy 2
def test_a_model_with_custom_layers_is_saved_and_loaded(tmp_path: Path) -> None:
    keras = import_keras()
    model = backend.model(archc.load(SPECS / "lenet5.arch"))
    model.save(tmp_path / "lenet5.keras")
    again = keras.saving.load_model(tmp_path / "lenet5.keras")
    x = np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype("float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_model_is_trained() -> None:
    model = backend.model(archc.load(SPECS / "resnet.arch", "resnet18", size=32, classes=3))
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
    loss = model.fit(x, np.array([0, 1]), verbose=0).history["loss"][0]
    assert math.isfinite(float(loss))


@pytest.mark.parametrize("name", custom())
def test_custom_layers_are_documented_and_can_be_saved(name: str) -> None:
    (made,) = ast.parse(custom()[name]).body
    assert isinstance(made, ast.ClassDef)
    assert ast.get_docstring(made)
    methods = {node.name: node for node in made.body if isinstance(node, ast.FunctionDef)}
    assert "call" in methods
    assert ("__init__" in methods) == ("get_config" in methods)


SWISH = '''
@keras.saving.register_keras_serializable()
class Swish(layers.Layer):
    """x * sigmoid(x)."""

    def call(self, x):
        return x * ops.sigmoid(x)
'''


def test_a_row_brings_a_class_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the row of a layer from another distribution does."""
    monkeypatch.setitem(rows._rows, SiLU, lambda _: Call("Swish", helper=SWISH))
    head = "block two { conv 3x3 4 same, silu, conv 3x3 4 same }\n"
    found = compiled(head + "network one {\n    input image: 8x8x3\n    two\n    two\n}\n")
    monkeypatch.setattr("archc_backends.keras.rows.BY_NAME", {})
    source = backend.write(found)
    assert source.count("class Swish") == 1
    assert_equal(found)


# ---------------------------------------------------------------- names

NASTY = """
block layers(x, name, i) { conv 3x3 (x + i) same, relu, conv 1x1 name }

block lambda(keras) { conv 3x3 keras same, bn }

network class {
    input model: 8x8x3
    ops: layers 3 4 1
    def: layers 5 6 2
    x: layers 5 6 3
    for_: lambda 4
    range: lambda 5
    conv[1]: conv 1x1 3
    conv_1: conv 1x1 4
    _private: conv 1x1 5
    image: conv 1x1 2
    output None: conv 1x1 3
    output True_: from image, conv 1x1 2
}
"""


def test_names_of_a_spec_are_never_pythons_own() -> None:
    found = compiled(NASTY)
    source = backend.write(found)
    assert backend.prove(found, source)
    assert_equal(found)


def test_text_of_a_spec_is_never_code() -> None:
    """A file's name is all the text of a spec that is no identifier."""
    name = 'a""" + exit() #\nimport os.arch'
    found = pipeline.compile_text("network one {\n    input image: 8x8x3\n    fc 2\n}\n", name)
    source = backend.write(found)
    module = ast.parse(source)
    assert [type(node) for node in module.body] == [
        ast.Expr,
        ast.Import,
        ast.ImportFrom,
        ast.Assign,
    ]
    assert "exit() #" in (ast.get_docstring(module) or "")


def test_a_block_used_once_is_written_out_and_twice_a_function() -> None:
    block = "block two(w) { conv 3x3 w same, bn, conv 1x1 2 }\n"
    body = "network one {{\n    input image: 8x8x3\n    add {{ identity ; conv 1x1 3 }}\n{}}}\n"
    once = backend.write(compiled(block + body.format("    two 4\n")))
    twice = backend.write(compiled(block + body.format("    two 4, two 5\n")))
    assert "def " not in once
    assert "def two(x, w, name):" in twice
    assert 'x = two(x, 4, name="two_0")' in twice


def test_a_deep_model_raises_pythons_limit() -> None:
    deep = compiled("network deep {\n    input image: 2x2x1\n    { conv 1x1 1, bn } * 420\n}\n")
    source = backend.write(deep)
    assert "sys.setrecursionlimit(max(sys.getrecursionlimit(), 1840))" in source
    before = sys.getrecursionlimit()
    assert backend.prove(deep, source)
    assert sys.getrecursionlimit() == before


def test_a_fault_in_the_source_is_found() -> None:
    """What the proof is for: a wrong number, another layer's value, a layer left out."""
    found = network("resnet50")
    source = backend.write(found)
    for right, wrong, said in (
        ("layers.Dense(1000", "layers.Dense(1001", "at `softmax`"),
        ("epsilon=1e-5, name=f", "epsilon=1e-5, scale=False, name=f", "trainable weights"),
        ("[residual, shortcut]", "[shortcut, residual]", "does not read what it should"),
        ('name="average"', 'name="avg"', "there is no Keras layer `average`"),
        ("keras.Model(image, x", "keras.Model(image, average", "cannot be made"),
    ):
        assert right in source
        with pytest.raises(SpecError) as caught:
            backend.prove(found, source.replace(right, wrong, 1))
        assert said in caught.value.diagnostics[0].message
