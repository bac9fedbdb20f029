"""What of Python a listing may say: followed, or an error where a network needs it, and never a
network that is not the listing's."""

from __future__ import annotations

from typing import Any

import pytest

from archc.diagnostics import Diagnostic, Source, SpecError
from archc.language.writer import write
from archc.notations.listing import read
from archc.notations.listing.trace import Trace


def spec(text: str) -> str:
    """The body of the listing's network as a spec, without its input, on one line."""
    written = write(read(Source("x.py", text)))
    lines = [line.strip() for line in written.splitlines()]
    return "; ".join(line for line in lines[1:-1] if line and not line.startswith("input "))


def wrong(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        read(Source("x.py", text))
    return caught.value.diagnostics[0]


HEAD = "layers = [nn.Linear(2, 3), nn.ReLU()]\n"
END = "\nnet = nn.Sequential(*layers)\n"

FOLLOWED = {
    "layers.append(nn.Linear(3, 4))": "fc 3, relu; fc 4",
    "layers += [nn.Linear(3, 4)]": "fc 3, relu; fc 4",
    "layers.extend([nn.Linear(3, 4), nn.Tanh()])": "fc 3, relu; fc 4, tanh",
    "layers.insert(1, nn.Tanh())": "fc 3, tanh, relu",
    "layers.pop()": "fc 3",
    "del layers[-1]": "fc 3",
    "layers[1] = nn.Tanh()": "fc 3, tanh",
    "layers = layers[:1]": "fc 3",
    "layers.reverse(); layers.reverse()": "fc 3, relu",
    "for n in (4, 5):\n    layers += [nn.Linear(n - 1, n)]": "fc 3, relu; fc 4; fc 5",
    "for i in range(9):\n    if i == 1: break\n    layers.append(nn.Tanh())": "fc 3, relu, tanh",
    "layers += [nn.Linear(a, b) for a, b in zip([3, 4], [4, 5])]": "fc 3, relu; fc 4; fc 5",
    "sizes = [3, 4, 5]\nfor a, b in zip(sizes[:-1], sizes[1:]): layers.append(nn.Linear(a, b))": (
        "fc 3, relu; fc 4; fc 5"
    ),
    "n = 2 ** 3 // 2\nlayers.append(nn.Linear(3, n if n > 3 else 1))": "fc 3, relu; fc 4",
    "layers.append(nn.Dropout(p=1 / 4))": "fc 3, relu, dropout 0.25",
    "act = {'relu': nn.ReLU, 'tanh': nn.Tanh}\nlayers.append(act['tanh']())": "fc 3, relu, tanh",
    "make = lambda n: nn.Linear(3, n)\nlayers.append(make(4))": "fc 3, relu; fc 4",
    "def make(*n, **more): return nn.Linear(*n, **more)\nlayers += [make(3, 4, bias=False)]": (
        "fc 3, relu; fc 4 nobias"
    ),
    "n = 2\nwhile n - 1:\n    layers.append(nn.Tanh())\n    n -= 1": "fc 3, relu, tanh",
    "while len(layers) < 9:\n    layers.append(nn.Tanh())\n    if len(layers) > 3: break": (
        "fc 3, relu, tanh, tanh"
    ),
    "act = {k: f for k, f in [('tanh', nn.Tanh)]}\nlayers.append(act['tanh']())": (
        "fc 3, relu, tanh"
    ),
    "_, *more, (n, _) = (1, nn.Tanh(), (4, 5))\nlayers += [*more, nn.Linear(3, n)]": (
        "fc 3, relu, tanh; fc 4"
    ),
    "try:\n    layers.append(nn.Tanh())\nexcept ValueError:\n    pass": "fc 3, relu, tanh",
    "with torch.no_grad():\n    layers.append(nn.Tanh())": "fc 3, relu, tanh",
    "if __name__ == '__main__':\n    print(layers)": "fc 3, relu",
    "layers[0].bias = None": "fc 3 nobias, relu",
    "print('lr', lr)\noptimizer = torch.optim.SGD(net.parameters(), lr)": "fc 3, relu",
}


@pytest.mark.parametrize("line", FOLLOWED)
def test_what_is_followed(line: str) -> None:
    assert spec(HEAD + line + END) == FOLLOWED[line]


CHANGED = {
    "net[1] = nn.Tanh()": "fc 3, tanh",
    "del net[1]": "fc 3",
    "net.append(nn.Tanh())": "fc 3, relu, tanh",
    "net.add_module('last', nn.Tanh())": "fc 3, relu; last: tanh",
    "net.last = nn.Tanh()": "fc 3, relu; last: tanh",
    "net.to('cuda').eval()": "fc 3, relu",
}


@pytest.mark.parametrize("line", CHANGED)
def test_a_network_that_is_changed(line: str) -> None:
    assert spec(HEAD + END + line) == CHANGED[line]


LOST = [
    "if unknown: layers.append(nn.Tanh())",
    "if unknown: layers[1] = nn.Tanh()",
    "if unknown: layers.pop()",
    "if unknown: del layers[1]",
    "while unknown: layers.append(nn.Tanh())",
    "while True: layers.append(nn.Tanh())",
    "n = 0\nwhile n < 2000:\n    layers.append(nn.Tanh())\n    n += 1",
    "for x in unknown: layers.append(nn.Tanh())",
    "for i in range(3):\n    if unknown: break\n    layers.append(nn.Tanh())",
    "layers.sort()",
    "layers.append(nn.Linear(3, unknown))",
    "layers.append(unknown(3))",
    "layers = unknown",
    "layers += unknown",
]


@pytest.mark.parametrize("line", LOST)
def test_what_is_not_known_is_an_error_where_a_network_needs_it(line: str) -> None:
    assert wrong(HEAD + line + END).code in (
        "unknown-name",
        "unknown-layer",
        "undecidable",
        "value",
        "wrong-kind",
    )


@pytest.mark.parametrize("line", LOST)
def test_and_none_where_it_does_not(line: str) -> None:
    assert spec(HEAD + "net = nn.Sequential(*layers)\n" + line) == "fc 3, relu"


@pytest.mark.parametrize(
    ("text", "code", "place", "help"),
    [
        ("net = nn.Sequential(nn.Lineer(3, 4))", "unknown-layer", "nn.Lineer", "Linear"),
        ("net = nn.Sequential(nn.Linear(3, widht=4))", "argument", "4", "out_features"),
        ("net = nn.Sequential(nn.Conv2d(3, 4.0, 3))", "argument", "4.0", "//"),
        ("net = nn.Sequential(nn.Conv3d(3, 4, 3))", "unknown-layer", "nn.Conv3d", "Conv2d"),
        ("m = Sequential([Input((9, 9, 3)), Conv2d(4, 3)])", "argument", "Conv2d(4, 3)", ""),
        ("m = Sequential([Dense(4, activation='rellu')])", "unknown-layer", "'rellu'", "relu"),
        ("i = Input((4,))\nm = Model(i, Denze(3)(i))", "unknown-layer", "Denze", "Dense"),
        ("net = nn.Sequential(nn.Softmax(dim=0), nn.Linear(3, 3))", "framework", "0", "dim=1"),
        ("net = nn.Sequential(nn.Conv2d(3, 4, 3, padding_mode='reflect'))", "unsupported", "", ""),
    ],
)
def test_a_diagnostic_names_the_nearest_right_thing(
    text: str, code: str, place: str, help: str
) -> None:
    found = wrong(text)
    assert found.code == code and found.span is not None
    assert place in found.span.text
    assert help in (found.help or "")


@pytest.mark.parametrize("sequential", ["nn.Sequential(m, m)", "Sequential([m, m])"])
def test_doubled_networks_are_counted_as_their_layers_come(
    sequential: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed: list[object] = []
    apply = Trace.apply

    def counted(*arguments: Any, **named: Any) -> Any:
        placed.append(None)
        return apply(*arguments, **named)

    monkeypatch.setattr(Trace, "apply", counted)
    first = "m = nn.Sequential(nn.ReLU())" if "nn" in sequential else "m = Sequential([ReLU()])"
    found = wrong("\n".join([first, *[f"m = {sequential}"] * 40]))
    assert found.code == "too-large" and "20,000 layers" in found.message
    assert len(placed) == 20_001  # sizes are not tried again and again


def test_a_module_that_is_never_called_is_remarked() -> None:
    text = (
        "class A(nn.Module):\n"
        "  def __init__(self):\n    super().__init__()\n"
        "    self.a, self.b = nn.Linear(3, 4), nn.Linear(3, 5)\n"
        "  def forward(self, x): return self.a(x)\n"
    )
    (remark,) = read(Source("x.py", text)).remarks
    assert "`b` is made and never called" in remark.message


def test_a_value_that_nobody_reads_is_remarked() -> None:
    text = (
        "class A(nn.Module):\n"
        "  def __init__(self):\n    super().__init__()\n"
        "    self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 5)\n"
        "  def forward(self, x):\n    y = self.b(x)\n    return F.relu(self.a(x))\n"
        "net = nn.Sequential(A(), A())\n"
    )
    (remark,) = read(Source("x.py", text)).remarks
    assert "read by nobody" in remark.message
    assert remark.span is not None and remark.span.text == "nn.Linear(3, 5)"


def test_weights_shared_out_of_reach_are_refused() -> None:
    text = (
        "layer = nn.Linear(4, 4)\n"
        "class Part(nn.Module):\n"
        "  def forward(self, x): return F.relu(layer(x))\n"
        "net = nn.Sequential(layer, Part(), Part())\n"
    )
    assert "shared" in wrong(text).message


SCALED = """
class Scaled(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a = nn.Conv2d(3, n, 1)
        setattr(self, "gate%d" % 1, self.gate(n))

    @staticmethod
    def gate(n):
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(n, n, 1), nn.Sigmoid())

    def forward(self, x):
        x = self.a(x)
        g = self.__getattr__("gate1")(x)
        if x.is_cuda:
            g = nn.parallel.data_parallel(g)
        return USE
"""


def test_a_gate_is_expanded_where_it_multiplies() -> None:
    for use in ("x * g.expand_as(x)", "g.expand_as(x) * x"):
        found = spec(SCALED.replace("USE", use) + "net = Scaled(4)\n")
        assert "a: conv 1x1 4; mul {" in found and "avgpool global" in found
    assert (
        "where it is multiplied"
        in wrong(SCALED.replace("USE", "g.expand_as(x)") + "net = Scaled(4)").message
    )


def test_what_a_function_tries_is_a_network_and_its_input() -> None:
    test = "def test():\n    net = Scaled(4)\n    net(torch.randn(2, 3, 20, 30))\n"
    text = SCALED.replace("USE", "x * g")
    tree = write(read(Source("x.py", text + test)))
    assert "input image: 20x30x3" in tree and "conv 1x1 4" in tree
    whole = text + "def build():\n    return Scaled(5)\n" + test
    tree = write(read(Source("x.py", whole)))
    assert "input image: 20x30x3" in tree and "network build" in tree and "conv 1x1 5" in tree


def test_a_class_that_lacks_its_width_is_a_network_with_a_parameter() -> None:
    text = SCALED.replace("n):\n        super", "wide):\n        n = wide\n        super")
    text = text.replace("Conv2d(3, n", "Conv2d(wide, n").replace("USE", "x * g")
    assert "network Scaled(wide) {\n    input image: [H, W, wide]" in write(
        read(Source("x.py", text))
    )


def test_a_partial_call_is_followed() -> None:
    head = "from functools import partial\nconv = partial(nn.Conv2d, kernel_size=3, padding=1)\n"
    text = head + "same = partial(conv, 3)\nnet = nn.Sequential(same(4), conv(4, 5, kernel_size=1))"
    assert spec(text) == "conv 3x3 4 pad=1; conv 1x1 5 pad=1"
    again = head + "for i in range(200):\n    conv = partial(conv, 3)\nnet = nn.Sequential(conv(4))"
    assert "nothing is known of `partial`" in wrong(again).message


def test_an_activation_by_its_name_is_followed() -> None:
    text = (
        "class Unit(keras.layers.Layer):\n"
        "    def __init__(self, act='relu'):\n"
        "        super().__init__()\n"
        "        self.act = keras.activations.get(act)\n"
        "        self.main = [keras.layers.Dense(4), self.act]\n"
        "    def call(self, x):\n"
        "        for layer in self.main: x = layer(x)\n"
        "        return x\n"
        "first = keras.layers.Dense(3, input_shape=(5,))\n"
        "model = keras.Sequential([first, Unit(), Unit('tanh')])\n"
    )
    found = write(read(Source("x.py", text)))
    assert "relu" in found and "tanh" in found


def test_a_network_that_is_only_tried_is_found() -> None:
    text = "class Net(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n"
    text += "        self.a = nn.LazyConv2d(n, 1)\n    def forward(self, x): return self.a(x)\n"
    found = write(read(Source("x.py", text + "Net(7).layer_summary((2, 3, 8, 9))")))
    assert "network Net {" in found and "input image: 8x9x3" in found and "a: conv 1x1 7" in found


def test_padding_to_the_size_of_another_tensor_asks_for_even_sizes() -> None:
    text = (
        "class Net(nn.Module):\n    def forward(self, x):\n"
        "        y = F.interpolate(F.max_pool2d(x, 2), scale_factor=2)\n"
        "        d = x.size(2) - y.size(2)\n"
        "        e = x.size(3) - y.size(3)\n"
        "        y = F.pad(y, [e // 2, e - e // 2, d // 2, d - d // 2])\n"
        "        return torch.cat([x, y], dim=1)\n"
        "net = nn.Sequential(nn.Conv2d(3, 4, 1), Net())\n"
    )
    found = write(read(Source("x.py", text)))
    assert "HxWx3 where H % 2 == 0 and W % 2 == 0" in found and "pad" not in found
