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
from torch import nn

import archc
from archc.cli import main
from archc.diagnostics import Diagnostic, SpecError
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


def refused(given: Any, text: str = TEXT) -> str:
    """What is said of weights: one diagnostic, its notes and help."""
    with pytest.raises(SpecError) as caught:
        backend.write(archc.loads(text), weights=given)
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


@pytest.mark.parametrize("wrapper", ["", "module.", "module._orig_mod."])
def test_a_listings_own_weights(wrapper: str, tmp_path: Path) -> None:
    """What a listing's class is trained to has the names that the listing's network has; numbers
    within a Sequential stand for its layers in their order. What wraps a module is no part."""
    (tmp_path / "net.py").write_text(LISTING)
    found: dict[str, Any] = {}
    exec(LISTING, found)
    module = found["net"].eval()
    state = {f"{wrapper}{name}": value for name, value in module.state_dict().items()}
    network = archc.load(tmp_path / "net.py")
    inputs = examples(network)
    (image,) = inputs.values()
    remarks: list[Diagnostic] = []
    written = backend.write(network, weights=state, remarks=remarks)
    assert_close(network, run(written, inputs), [module(image).detach()])
    (remark,) = remarks
    assert remark.severity == "remark"
    assert remark.notes == tuple(f"`stage.0.{n}` is `stage.conv.{n}`" for n in ("weight", "bias"))


CHAIN = """network chain {
    input x: 6
    a: fc 6, bn, relu
    b: fc 6, fc 6
}"""


def chain() -> nn.Sequential:
    """The same as a plain Sequential, one within: layers of equal shapes, so that order tells."""
    torch.manual_seed(3)
    inner = nn.Sequential(*(nn.Linear(6, 6) for _ in range(2)))
    made = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Flatten(), inner)
    made(torch.randn(8, 6))
    return made.eval()


def uncounted(state: dict[str, Any]) -> dict[str, Any]:
    return {name: state[name] for name in state if not name.endswith(".num_batches_tracked")}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("form", ["pt", "npz"])
def test_a_sequentials_weights_go_by_their_numbers(form: str, order: int, tmp_path: Path) -> None:
    module, network = chain(), archc.loads(CHAIN)
    state = dict(list(module.state_dict().items())[::order])
    path = tmp_path / f"w.{form}"
    if form == "pt":
        torch.save(state, path)
    else:
        np.savez(path, **{name: value.numpy() for name, value in state.items()})
    inputs = examples(network)
    written = backend.write(network, weights=backend.read_weights(path))
    assert_close(network, run(written, inputs), [module(*inputs.values()).detach()])


def test_what_goes_by_number_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chain.arch").write_text(CHAIN)
    torch.save(chain().state_dict(), tmp_path / "w.pt")
    spec, given, output = (str(tmp_path / name) for name in ("chain.arch", "w.pt", "chain.onnx"))
    assert main(["build", spec, "--weights", given, "-o", output, "--no-prove"]) == 0
    said = capsys.readouterr().err
    assert "remark[framework]: the weights of an nn.Sequential" in said
    assert "`4.1.bias` is `b.1.bias`" not in said and "and 2 more by their numbers" in said


def test_what_numbers_do_not_tell_is_not_guessed() -> None:
    """Another number of layers, another shape, another kind of layer, and branches, of which
    nothing says which is first."""
    state = chain().state_dict()
    branches = CHAIN.replace("b: fc 6, fc 6", "b: add {\n fc 6\n fc 6\n}")
    fewer = {name: value for name, value in state.items() if not name.startswith("4.1")}
    assert "the Sequential has 3 layers with weights, and the network 4" in refused(fewer, CHAIN)
    assert "in this order, which alone does not show" in refused(uncounted(state), branches)
    shorter = {**state, "4.1.bias": torch.zeros(5)}
    assert "`4.1.bias` would be `b.1.bias`: 5, not 6" in refused(shorter, CHAIN)
    scaled = {**fewer, "4.1.scale": torch.ones(6)}
    assert "`4.1.scale` would be `b.1.weight` and `b.1.bias`" in refused(scaled, CHAIN)


def test_names_of_ones_own_in_the_same_order_are_paired_and_not_taken() -> None:
    state = drawn_module(archc.loads(CHAIN)).state_dict()
    others = {f"layer{n}": value for n, value in enumerate(uncounted(state).values())}
    said = refused(others, CHAIN)
    assert said.startswith("the weights have other names than the network's")
    assert "`layer0` stands where `a.fc.weight` does, 6x6" in said and "and 2 more" in said


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_a_checkpoint_with_more_in_it(key: str, tmp_path: Path) -> None:
    state = drawn_module(small()).state_dict()
    torch.save({"epoch": 3, "optimizer": {"state": {}, "lr": 0.1}, key: state}, tmp_path / "c.PTH")
    assert list(backend.read_weights(tmp_path / "c.PTH")) == list(state)


def test_of_several_state_dicts_none_is_guessed(tmp_path: Path) -> None:
    state = drawn_module(small()).state_dict()
    torch.save({"model": state, "average": state}, tmp_path / "w.pt")
    with pytest.raises(SpecError, match="holds no state_dict") as caught:
        backend.read_weights(tmp_path / "w.pt")
    assert caught.value.diagnostics[0].notes == ("there are several in it: `model`, `average`",)


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
