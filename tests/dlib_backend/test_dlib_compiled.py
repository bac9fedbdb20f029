"""Headers compiled with g++ and Debian's libdlib-dev, run, and held against inference.

One program runs LeNet, the AlexNet of document 004, VGG-16 and a network of every layer that is
written; of the last the values too are held against torch, on the same weights.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archc import load
from archc.graph.network import Layer, Network
from archc_backends.dlib import backend
from archc_backends.dlib.names import namespace
from archc_backends.dlib.plan import Plan
from archc_backends.dlib.steps import Order
from archc_backends.torch.names import module_path

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
EVERYTHING = "everything"
NETWORKS = {
    "lenet_dlib": (SPECS / "lenet5.arch", 107_786),
    "alexnet_dlib": (SPECS / "alexnet.arch", 81_671_976),
    "vgg16": (SPECS / "vgg16.arch", 138_357_544),
    EVERYTHING: (HERE / "everything.arch", None),
}


@dataclass
class Ran:
    """What the program printed of a network: per layer, the output first."""

    layers: list[tuple[int, str, str]] = field(default_factory=list)  # parameters, shape, name
    values: list[float] = field(default_factory=list)

    @property
    def params(self) -> int:
        return sum(count for count, _, _ in self.layers)


def compiled(networks: dict[str, Network], folder: Path) -> dict[str, Ran]:
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    if not Path("/usr/include/dlib/dnn.h").exists():
        pytest.skip("libdlib-dev is not installed")
    headers, runs = [], []
    for name, network in networks.items():
        (folder / f"{name}.h").write_text(str(backend.write(network, ".h")), encoding="utf-8")
        headers.append(f'#include "{name}.h"')
        height, width, _ = network.inputs[0].shape
        weighted = str(name == EVERYTHING).lower()
        net = f"{namespace(network.name)}::net_type"
        runs.append(f'run<{net}>("{name}", {height}, {width}, {weighted});')
    source = (HERE / "report.cpp.txt").read_text(encoding="utf-8")
    source = source.replace("// headers", "\n".join(headers)).replace("// runs", "\n".join(runs))
    (folder / "report.cpp").write_text(source, encoding="utf-8")
    command = ["g++", "-std=c++14", "-Wall", "-Werror", "-O1", "report.cpp", "-o", "report"]
    subprocess.run([*command, "-ldlib"], cwd=folder, check=True)
    ran = subprocess.run(["./report"], cwd=folder, check=True, capture_output=True, text=True)
    return read(ran.stdout)


def read(printed: str) -> dict[str, Ran]:
    found: dict[str, Ran] = {}
    for line in printed.splitlines():
        if line.startswith("# "):
            ran = found[line[2:]] = Ran()
        elif line.startswith("= "):
            ran.values.append(float(line[2:]))
        else:
            count, shape, said = line.split("\t", 2)
            ran.layers.append((int(count), shape, said.split()[0]))
    for ran in found.values():  # a layer in place has the shape of the one on top
        for at in range(1, len(ran.layers)):
            count, shape, said = ran.layers[at]
            if shape == "in place":
                ran.layers[at] = (count, ran.layers[at - 1][1], said)
    return found


def expected(network: Network) -> list[Layer]:
    """The layers that dlib has too, in its order: the output first."""
    return [step.layer for step in reversed(Order(Plan(network, None)).steps)]


def shape_of(layer: Layer) -> str:
    channels, positions = layer.shape[-1], layer.shape[:-1] or (1, 1)
    return "x".join(map(str, (channels, *positions)))


def same_layers(name: str, network: Network, ran: Ran) -> None:
    """Each layer's shape and parameters, as dlib prints them, are what inference says."""
    inferred = [(layer.params, shape_of(layer)) for layer in expected(network)]
    printed = [(count, shape) for count, shape, _ in ran.layers]
    assert printed == inferred, name
    assert ran.params == network.params, name


def same_values(network: Network, ran: Ran) -> None:
    """What dlib computes is what torch computes with the same weights."""
    import torch
    from torch import nn

    module: Any = network.torch().eval()
    weighted = [layer for layer in expected(network) if layer.params]
    for m, layer in enumerate(weighted):
        part = module.get_submodule(module_path(layer.path))
        count = sum(p.numel() for p in part.parameters())
        formula = [0.4 * math.sin(1.0 + n + 37 * m) for n in range(count)]
        values, at = torch.tensor(formula, dtype=torch.float32), 0
        for parameter in part.parameters():  # weights before biases, in dlib too
            here = values[at : at + parameter.numel()]
            at += parameter.numel()
            if layer.op.name == "fc" and parameter.dim() == 2:  # dlib's is inputs x outputs
                here = here.reshape(parameter.shape[::-1]).T
            parameter.data.copy_(here.reshape(parameter.shape))
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.eps = 1e-4
    height, width, channels = network.inputs[0].shape
    shape = (1, channels, height, width)
    pixels = [math.sin(0.1 * n) for n in range(math.prod(map(int, shape)))]  # type: ignore[arg-type]  # sizes
    with torch.no_grad():
        gave = module(torch.tensor(pixels, dtype=torch.float32).reshape(shape))
    assert ran.values == pytest.approx(gave.flatten().tolist(), rel=1e-4, abs=1e-6)
    assert len({round(value, 3) for value in ran.values}) == len(ran.values), "told apart"


def test_dlib_agrees_with_inference(tmp_path: Path) -> None:
    networks = {name: load(path, _variant(name, path)) for name, (path, _) in NETWORKS.items()}
    ran = compiled(networks, tmp_path)
    for name, (_, params) in NETWORKS.items():
        if name != EVERYTHING:
            same_layers(name, networks[name], ran[name])
            assert ran[name].params == params
    everything = ran[EVERYTHING]
    assert everything.params == networks[EVERYTHING].params
    same_values(networks[EVERYTHING], everything)


def _variant(name: str, path: Path) -> str | None:
    return None if path.stem == name else name
