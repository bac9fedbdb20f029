"""Listings run by the frameworks themselves have the shapes and the parameters that archc reads;
and where archc says what a framework would say, it says so."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

from archc.diagnostics import Source, SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.notations.listing import read, review
from archc.pipeline import choose
from archc.pipeline import read as read_spec

LISTINGS = Path(__file__).parent / "listings"
WEIGHTED = ("conv", "depthwise", "deconv", "fc", "bn", "ln", "groupnorm", "instancenorm", "prelu")


def compiled(name: str, settings: dict[str, Any]) -> Network:
    return compile_network(choose(read_spec(LISTINGS / f"{name}.py")), settings)


def channels_first(shape: tuple[Any, ...]) -> tuple[int, ...]:
    return (shape[-1], *shape[:-1]) if len(shape) == 3 else tuple(shape)


def weighted(network: Network) -> list[tuple[int, tuple[int, ...]]]:
    """What each layer with weights adds to the parameters, and makes."""
    rows = [n for n in network.layers if n.op.name in WEIGHTED]
    return [(n.weights.trainable, channels_first(n.shape)) for n in rows]


# ---------------------------------------------------------------- PyTorch

TORCH_HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def executed(text: str) -> dict[str, Any]:
    """The names of a listing that Python ran, with PyTorch."""
    names: dict[str, Any] = {"__name__": "listing"}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        exec(compile(TORCH_HEAD + text, "listing.py", "exec"), names)
    return names


def forward(module: Any, inputs: list[Any]) -> tuple[list[tuple[int, tuple[int, ...]]], Any]:
    """For each call of a module with weights of its own: its parameters, its output's shape."""
    found: list[tuple[int, tuple[int, ...]]] = []

    def note(called: Any, _: Any, output: Any) -> None:
        found.append((sum(p.numel() for p in called.parameters()), tuple(output.shape[1:])))

    module.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module(*inputs)  # gives the lazy ones their sizes
        kinds = (torch.nn.InstanceNorm2d,)
        for part in module.modules():
            own = list(part.parameters(recurse=False))
            if own or isinstance(part, kinds):
                part.register_forward_hook(note)
        return found, module(*inputs)


TORCH: list[tuple[str, str, list[tuple[int, ...]], dict[str, Any]]] = [
    ("004_lenet", "net", [(3, 32, 32)], {"H": 32, "W": 32}),
    ("004_alexnet", "net", [(3, 224, 224)], {}),
    ("004_alexnet_two", "net", [(3, 224, 224)], {"H": 224, "W": 224}),
    ("004_alexnet_five", "net", [(3, 224, 224)], {"H": 224, "W": 224}),
    ("004_alexnet_flat", "net", [(3, 224, 224)], {"H": 224, "W": 224}),
    ("004_vgg", "VGGNet", [(3, 64, 64)], {"H": 64, "W": 64}),
    ("torch_alexnet", "AlexNet()", [(3, 224, 224)], {"H": 224, "W": 224}),
    ("torch_dcgan", "generator", [(100, 1, 1)], {}),
    ("torch_dense", "net", [(3, 32, 32)], {}),
    ("torch_inception", "net", [(1, 96, 96)], {}),
    ("torch_lenet", "net", [(3, 32, 32)], {}),
    ("torch_resnet", "ResNet18()", [(3, 32, 32)], {}),
    ("torch_se", "Net()", [(3, 64, 48)], {"H": 64, "W": 48}),
    ("torch_siamese", "Siamese()", [(1, 28, 20), (1, 28, 20)], {"H": 28, "W": 20}),
    ("torch_unet", "UNet()", [(3, 32, 48)], {"H": 32, "W": 48}),
    ("torch_vgg_blocks", "net", [(1, 64, 64)], {}),
]


@pytest.mark.parametrize("row", TORCH, ids=lambda row: row[0])
def test_pytorch_agrees(row: tuple[str, str, list[tuple[int, ...]], dict[str, Any]]) -> None:
    name, made, shapes, settings = row
    text = (LISTINGS / f"{name}.py").read_text()
    text = re.sub(r"nn\.Linear\((\d+)\)", r"nn.LazyLinear(\1)", text)  # as archc remarks
    module = eval(made, executed(text))
    found, output = forward(module, [torch.zeros(2, *shape) for shape in shapes])
    network = compiled(name, settings)
    assert sorted(weighted(network)) == sorted(found)
    if name != "torch_siamese":  # whose branches run in another order
        assert weighted(network) == found
    assert network.params == sum(p.numel() for p in module.parameters())
    statistics = sum(b.numel() for n, b in module.named_buffers() if "running" in n)
    assert network.weights.statistics == statistics
    last = network.by_path[network.outputs[0].path].shape
    assert channels_first(last) == tuple(output.shape[1:])


# What PyTorch refuses: the listing, its input, and how its error begins.
REFUSED = [
    ("nn.Sequential(nn.Conv2d(3, 6, 5), nn.Conv2d(5, 16, 3))", (3, 32, 32)),
    ("nn.Sequential(nn.Conv2d(4, 8, (3, 1), groups=2), nn.Conv2d(8, 8, 3))", (2, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 6, 5), nn.Flatten(), nn.Linear(400, 10))", (3, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 6, 5), nn.Linear(400, 10))", (3, 9, 8)),
    ("nn.Sequential(nn.Conv2d(3, 6, 5), nn.MaxPool2d(2), nn.MaxPool2d(2))", (3, 6, 7)),
    (
        "nn.Sequential(nn.Conv2d(3, 6, 5), nn.Conv2d(6, 6, 3, 2, 1), nn.Conv2d(6, 6, 5))",
        (3, 6, 9),
    ),
    ("nn.Sequential(nn.Conv2d(3, 6, 5), nn.BatchNorm2d(16))", (3, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 6, 5), nn.PReLU(3))", (3, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 6, 5), nn.Flatten(), nn.Conv2d(6, 6, 5))", (3, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 8, 5, stride=2, padding='same'))", (3, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 8, 5, groups=2))", (3, 9, 9)),
    ("nn.Sequential(nn.ConvTranspose2d(4, 8, 2), nn.ConvTranspose2d(4, 8, 2))", (4, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 8, 5), nn.InstanceNorm2d(4, affine=True))", (3, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 8, 5), nn.Dropout(1.5))", (3, 9, 9)),
    ("nn.Sequential(nn.Conv2d(3, 8, 1), nn.LayerNorm([8, 4, 5]))", (3, 5, 5)),
]
VIEW = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(400, 10)

    def forward(self, x):
        return self.fc(self.conv(x).view(-1, 400))
"""


@pytest.mark.parametrize(("made", "shape"), [*REFUSED, (VIEW + "net = Net()", (1, 9, 9))], ids=str)
def test_pytorch_says_what_archc_says_it_would(made: str, shape: tuple[int, ...]) -> None:
    text = made if "net =" in made else f"net = {made}"
    with pytest.raises((RuntimeError, ValueError)) as theirs:
        executed(text)["net"](torch.zeros(1, *shape))
    with pytest.raises(SpecError) as ours:
        read(Source("x.py", f"{text}\nX = torch.zeros(1, {', '.join(map(str, shape))})\nnet(X)\n"))
    assert_says(ours.value, theirs.value)


def assert_says(ours: SpecError, theirs: BaseException) -> None:
    found = ours.diagnostics[0]
    said = str(theirs).split("\n")[0].split(", with padding")[0]
    words = f"{type(theirs).__name__}: {said}"
    assert found.code == "framework"
    assert plain(words) in plain(found.message)


def plain(text: str) -> str:
    """Words without the spaces and dots in which versions differ."""
    return re.sub(r"[\s.]+", " ", text.replace("torch.Size", "")).strip()


def test_pytorch_refuses_a_linear_of_one_number_in_these_words() -> None:
    with pytest.raises(TypeError) as theirs:
        torch.nn.Linear(120)
    tree = read(Source("x.py", "net = nn.Sequential(nn.Flatten(), nn.Linear(120))"))
    assert f"TypeError: {theirs.value}" in tree.remarks[0].message


def test_pytorch_refuses_a_sequential_of_a_plain_dict_in_these_words() -> None:
    with pytest.raises(TypeError) as theirs:
        torch.nn.Sequential({"a": torch.nn.ReLU()})  # type: ignore[arg-type]  # what is refused
    tree = read(Source("x.py", "net = nn.Sequential({'a': nn.ReLU(), 'b': nn.Linear(3, 2)})"))
    assert f"TypeError: {theirs.value}" in tree.remarks[0].message
    made = "net = nn.Sequential(OrderedDict({'a': nn.ReLU(), 'b': nn.Linear(3, 2)}))"
    assert not read(Source("x.py", made)).remarks


def test_pytorch_never_notices_a_missing_flatten_where_the_width_agrees() -> None:
    text = "net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.Linear(8, 10))"
    assert executed(text)["net"](torch.zeros(1, 3, 9, 12)).shape == (1, 6, 5, 10)
    with pytest.raises(SpecError) as ours:
        read(Source("x.py", f"{text}\nX = torch.rand(size=(1, 3, 9, 12))\n"))
    assert "multiply the last axis alone, the width of 8, and never notice" in str(ours.value)


def test_pytorch_warns_of_dropout2d_on_a_vector() -> None:
    with pytest.warns(
        UserWarning, match="dropout2d: Received a 2-D input to dropout2d, which is"
    ) as caught:
        torch.nn.Dropout2d(0.5)(torch.zeros(2, 3))
    said = str(caught[0].message)
    tree = read(Source("x.py", "net = nn.Sequential(nn.Linear(4, 3), nn.Dropout2d(0.5))"))
    words = re.findall(r'"(.*?)"', tree.remarks[0].message)[0]
    assert plain(words) in plain(said)


def test_a_review_with_sizes_says_what_pytorch_would() -> None:
    text = "net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.Flatten(), nn.Linear(18816, 10))"
    source = Source("net.py", text)
    spec = read_spec_text(source)
    network = compile_network(
        choose(spec), {"size": 30} if "size" in str(spec.tree) else {"H": 30, "W": 30}
    )
    with pytest.raises(RuntimeError) as theirs:
        executed(text)["net"](torch.zeros(1, 3, 30, 30))
    with pytest.raises(SpecError) as ours:
        review(source, network)
    assert_says(ours.value, theirs.value)


def read_spec_text(source: Source) -> Any:
    from archc.graph.library import Library

    return Library(lambda text, _: read(text)).load_text(source)


# ---------------------------------------------------------------- Keras


@pytest.fixture(scope="module")
def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pytest.importorskip("keras")
    found.utils.disable_interactive_logging()
    return found


def keras_names(keras: Any) -> dict[str, Any]:
    """What listings use of Keras without saying where it comes from."""
    import numpy

    tensorflow = ModuleType("tensorflow")
    tensorflow.keras = keras  # type: ignore[attr-defined]  # a stand-in of Keras alone
    names = {"tf": tensorflow, "np": numpy, "keras": keras, "layers": keras.layers}
    names |= {n: getattr(keras.layers, n) for n in dir(keras.layers) if n[0].isupper()}
    return {**names, "Model": keras.Model, "Sequential": keras.Sequential}


SIZES = "IMAGE_WIDTH, IMAGE_HEIGHT = 180, 180\n"
KERAS = [
    ("000_vgg", "vgg((64, 64, 3), 10)", {"H": 64, "W": 64, "C": 3, "n_classes": 10}),
    (
        "000_googlenet",
        "googlenet((224, 224, 3), 10)",
        {"H": 224, "W": 224, "C": 3, "n_classes": 10},
    ),
    ("000_resnet", "resnet((64, 64, 3), 10)", {"H": 64, "W": 64, "C": 3, "n_classes": 10}),
    ("001_simple", "model", {}),
    ("001_flower", "model", {"H": 180, "W": 180}),
    ("001_bn", "model", {}),
    ("001_no_bn", "model", {}),
    ("001_googlenet", "model_fin", {}),
    ("keras_auxiliary", "model", {}),
    ("keras_mobile", "model", {}),
    ("keras_nested", "model", {}),
]


def cut(text: str) -> str:
    """A listing without what trains the network."""
    return re.split(r"\nmodel_fin\.compile|\nmodel\.summary", text)[0]


def leaves(model: Any) -> list[Any]:
    found: list[Any] = []
    for part in model.layers:
        found += leaves(part) if hasattr(part, "layers") else [part]
    return found


@pytest.mark.parametrize("row", KERAS, ids=lambda row: row[0])
def test_keras_agrees(keras: Any, row: tuple[str, str, dict[str, Any]]) -> None:
    name, made, settings = row
    names = keras_names(keras)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        exec(SIZES + cut((LISTINGS / f"{name}.py").read_text()), names)
        model = eval(made, names)
    variant = made.split("(")[0] if "(" in made else None
    network = compile_network(choose(read_spec(LISTINGS / f"{name}.py"), variant), settings)
    assert network.params + network.weights.statistics == model.count_params()
    rows = [
        (n.weights.trainable + n.weights.statistics, tuple(n.shape))
        for n in network.layers
        if n.op.name in WEIGHTED
    ]
    theirs = [
        (p.count_params(), tuple(p.output.shape[1:])) for p in leaves(model) if p.count_params()
    ]
    if "mobile" in name:  # a separable convolution is one layer there, two here
        assert sum(count for count, _ in rows) == sum(count for count, _ in theirs)
    else:
        assert sorted(rows) == sorted(theirs)
    shapes = sorted(tuple(network.by_path[o.path].shape) for o in network.outputs)
    assert shapes == sorted(tuple(o.shape[1:]) for o in model.outputs)


KERAS_REFUSED = [
    "[Input((9, 9, 3)), Conv2D(4, 3), MaxPooling2D(4), Conv2D(4, 3)]",
    "[Input((9, 9, 3)), Conv2D(4, 3), MaxPooling2D(4), AveragePooling2D((7, 7), strides=1)]",
    "[Input((4, 4, 3)), Conv2D(4, 5)]",
    "[Input((9,)), Conv2D(4, 3)]",
    "[Input((9, 9, 3)), Dropout(1.5)]",
]


@pytest.mark.parametrize("parts", KERAS_REFUSED)
def test_keras_says_what_archc_says_it_would(keras: Any, parts: str) -> None:
    text = f"model = Sequential({parts})"
    with pytest.raises(ValueError) as theirs:
        exec(text, keras_names(keras))
    with pytest.raises(SpecError) as ours:
        read(Source("x.py", text))
    found = ours.value.diagnostics[0]
    assert found.code == "framework"
    quoted = found.message.split("ValueError: ")[1].split(" Received")[0]
    quoted = quoted.removeprefix("Input ")
    assert plain(quoted) in plain(str(theirs.value))
    for part in re.findall(r"inputs.shape=[(\[].*?[)\]]|ndim=\d|rate=\S+", found.message):
        assert part in str(theirs.value)


def test_keras_never_notices_a_missing_flatten(keras: Any) -> None:
    text = "model = Sequential([Input((9, 8, 3)), Conv2D(4, 3), Dense(10)])"
    names = keras_names(keras)
    exec(text, names)
    assert names["model"].output_shape == (None, 7, 6, 10)
    source = Source("x.py", text)
    network = compile_network(choose(read_spec_text(source)))
    assert network.layers[-1].shape == (7, 6, 10)
    assert network.params == names["model"].count_params()
    assert "never notices that `Flatten()` is missing" in read(source).remarks[0].message
