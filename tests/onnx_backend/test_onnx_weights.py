"""Weights that are given, by their names, and those that are drawn."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from onnx_runs import assert_close, drawn_module, examples, run, states

import archc
from archc.diagnostics import SpecError
from archc_backends.onnx import backend, weights

TEXT = """network small {
    input image: 8x8x3
    conv[1]: conv 3x3 4 same, bn, prelu
    out: fc 5
}
"""
NAMES = ["conv.1.conv.weight", "conv.1.conv.bias", "out.weight", "out.bias"]


def small() -> archc.Network:
    return archc.loads(TEXT)


def refused(given: Any) -> str:
    """What is said of weights: one diagnostic, its notes and help."""
    with pytest.raises(SpecError) as caught:
        backend.write(small(), weights=given)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "unsupported"
    return "\n".join([diagnostic.message, *diagnostic.notes, diagnostic.help or ""])


@pytest.mark.parametrize("form", ["pt", "pth", "nested", "npz", "compressed"])
def test_a_file_of_weights(form: str, tmp_path: Path) -> None:
    network, module = small(), drawn_module(small())
    state = module.state_dict()
    arrays = {name: value.numpy() for name, value in state.items()}
    path = tmp_path / f"weights.{form if form in ('pt', 'pth') else 'npz'}"
    if form == "nested":
        path = tmp_path / "weights.pt"
        torch.save({"epoch": 3, "state_dict": state}, path)
    elif form in ("pt", "pth"):
        torch.save(state, path)
    elif form == "npz":
        np.savez(path, **arrays)
    else:
        np.savez_compressed(path, **arrays)
    given = backend.read_weights(path)
    inputs = examples(network)
    with torch.no_grad():
        wanted = [module(*inputs.values())]
    assert_close(network, run(backend.write(network, weights=given), inputs), wanted)


LISTING = """
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.norm = nn.BatchNorm2d(6)
        self.stage = nn.Sequential(nn.Conv2d(6, 4, 3), nn.ReLU())
        self.fc = nn.Linear(4 * 12 * 12, 10)

    def forward(self, x):
        x = self.stage(F.max_pool2d(F.relu(self.norm(self.conv1(x))), 2))
        return self.fc(x.view(-1, 4 * 12 * 12))


net = Net()
x = torch.ones(1, 1, 28, 28)
"""


def test_a_listings_own_weights_by_its_attributes_names(tmp_path: Path) -> None:
    """What a listing's class is trained to has the names that the listing's network has; numbers
    within a Sequential are no names, and what does not fit is said."""
    (tmp_path / "net.py").write_text(LISTING)
    found: dict[str, Any] = {}
    exec(LISTING, found)
    module = found["net"].eval()
    state = module.state_dict()
    network = archc.load(tmp_path / "net.py")
    with pytest.raises(SpecError) as caught:
        backend.write(network, weights=state)
    notes = caught.value.diagnostics[0].notes
    assert notes[0] == "missing: `stage.conv.weight`, 4x6x3x3 (there is `stage.0.weight`)"
    for name in ("weight", "bias"):
        state[f"stage.conv.{name}"] = state.pop(f"stage.0.{name}")
    inputs = examples(network)
    (image,) = inputs.values()
    written = backend.write(network, weights=state)
    assert_close(network, run(written, inputs), [module(image).detach()])


def test_half_precision_is_made_single(tmp_path: Path) -> None:
    state = {k: v.bfloat16() for k, v in drawn_module(small()).state_dict().items()}
    torch.save(state, tmp_path / "w.pt")
    source = backend.write(small(), weights=backend.read_weights(tmp_path / "w.pt"))
    for one in onnx.load_from_string(source).graph.initializer:
        expected = state[one.name].float().numpy()
        np.testing.assert_array_equal(numpy_helper.to_array(one), expected)


def test_what_does_not_fit_is_listed_in_one_diagnostic() -> None:
    state = dict(drawn_module(small()).state_dict())
    state["conv.1.cnv.weight"] = state.pop("conv.1.conv.weight")
    state["out.weight"] = state["out.weight"][:, :7]
    state["out.bias"] = np.array(["a"] * 5)
    del state["conv.1.bn.bias"]
    said = refused(state)
    assert "missing: `conv.1.conv.weight`, 4x3x3x3 (there is `conv.1.cnv.weight`)" in said
    assert "not in the network: `conv.1.cnv.weight` (did you mean `conv.1.conv.weight`?)" in said
    assert "missing: `conv.1.bn.bias`, 4" in said
    assert "`out.weight` is 5x7, expected 5x256" in said
    assert "`out.bias` holds <U1, expected numbers" in said


def test_long_lists_are_cut() -> None:
    said = refused({f"layer{n}.weight": np.zeros(3) for n in range(30)})
    assert said.count("not in the network") == 8 and "and 22 more surplus" in said


def test_weights_of_auxiliary_heads_may_be_there_or_not() -> None:
    text = """network n {
        input x: 8
        a: fc 4
        output aux: fc 2
        from a, fc 3
    }"""
    network = archc.loads(text)
    state = drawn_module(network).state_dict()
    backend.write(network, weights=state)
    fewer = {name: value for name, value in state.items() if not name.startswith("aux")}
    assert len(fewer) < len(state)
    assert backend.write(network, weights=fewer) == backend.write(network, weights=state)


FILES: dict[str, tuple[bytes, str]] = {
    "none.pt": (b"", "torch cannot read"),
    "text.pt": (b"this is no file of weights", "torch cannot read"),
    "text.npz": (b"this is no archive", "is no archive of NumPy arrays"),
    "weights.h5": (b"", "is none of the files that weights are read from"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_something_else(name: str, tmp_path: Path) -> None:
    content, said = FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SpecError, match=said):
        backend.read_weights(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no file"):
        backend.read_weights(tmp_path / "w.pt")


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(self.path),))

    path = ""


def test_a_pickle_is_not_executed(tmp_path: Path) -> None:
    trap = Trap()
    Trap.path = str(tmp_path / "sprung")
    torch.save({"out.weight": trap}, tmp_path / "w.pt")
    with pytest.raises(SpecError, match="holds more than tensors") as raised:
        backend.read_weights(tmp_path / "w.pt")
    assert "weights_only" not in str(raised.value)
    np.savez(tmp_path / "w.npz", a=np.array([trap], dtype=object))
    with pytest.raises(SpecError, match="is no archive of NumPy arrays"):
        backend.read_weights(tmp_path / "w.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_whole_module_is_no_state_dict(tmp_path: Path) -> None:
    torch.save(torch.zeros(3), tmp_path / "w.pt")
    with pytest.raises(SpecError, match="holds no state_dict"):
        backend.read_weights(tmp_path / "w.pt")


def test_tensors_without_plain_values(tmp_path: Path) -> None:
    for tensor, kind in ((torch.eye(2).to_sparse(), "sparse"), (torch.ones(2).to("meta"), "meta")):
        torch.save({"out.weight": tensor}, tmp_path / "w.pt")
        with pytest.raises(SpecError, match=f"`out.weight` of .* is no plain tensor: .*{kind}"):
            backend.read_weights(tmp_path / "w.pt")


def test_an_archive_that_would_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "MOST_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "w.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", b"\0" * 2000)
    with pytest.raises(SpecError, match="more than the 2 GB"):
        backend.read_weights(tmp_path / "w.npz")


def test_a_missing_torch_is_a_message(tmp_path: Path) -> None:
    torch.save(drawn_module(small()).state_dict(), tmp_path / "w.pt")
    (tmp_path / "small.arch").write_text(TEXT)
    code = "import sys; sys.modules['torch'] = None; from archc.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "build", "small.arch", "--to", "onnx"]
    command += ["--weights", "w.pt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "it is not installed" in done.stderr and "archc-compiler[torch]" in done.stderr


# ---------------------------------------------------------------- at random


def test_random_weights_are_the_same_every_time_and_as_torchs_layers_begin() -> None:
    text = """network n {
        input x: 12x12x8
        a: conv 5x5 64 pad, bn, prelu
        b: deconv 4x4 32
        c: fc 64
    }"""
    network = archc.loads(text)
    first = backend.write(network)
    assert first == backend.write(archc.loads(text))
    drawn = {
        w.name: numpy_helper.to_array(w) for w in onnx.load_from_string(first).graph.initializer
    }
    torch.manual_seed(0)
    module = network.torch()
    assert {name: value.shape for name, value in drawn.items()} == states(module)
    for name, value in module.state_dict().items():
        if name in drawn and value.numel() > 1:
            theirs, ours = value.numpy(), drawn[name]
            np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.25, atol=1e-6)
            assert np.abs(ours).max() <= np.abs(theirs).max() * 1.2 + 1e-6


def test_more_than_an_onnx_file_holds_is_said_before_it_is_made() -> None:
    text = "network n {\n    input x: 100000\n    a: fc 1000000\n}"
    with pytest.raises(SpecError) as caught:
        backend.write(archc.loads(text))
    (diagnostic,) = caught.value.diagnostics
    assert "the weights take 400,004,000,000 bytes" in diagnostic.message
    assert diagnostic.span is not None and diagnostic.span.line == 3


def test_every_layer_of_a_name_shares_one_weight() -> None:
    text = """network n {
        input x: 6
        share both = fc 6
        both, relu, both
    }"""
    graph = onnx.load_from_string(backend.write(archc.loads(text))).graph
    assert len(graph.initializer) == 2
    readers = [node.name for node in graph.node if graph.initializer[0].name in node.input]
    assert len(readers) == 2
