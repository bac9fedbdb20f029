"""Random networks, and documents about them: true numbers, planted changes, and noise.

What is planted is computed here from the layers' arguments, with no help of the search, which
cannot import this file; a test holds it to that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from archc import pipeline
from archc.audit.check import evaluate
from archc.audit.claim import Claim
from archc.audit.report import Case
from archc.audit.subject import Measured
from archc.diagnostics import SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Layer
from archc.graph.values import NetworkValue

LENGTHS = range(1, 9)

# ---------------------------------------------------------------- networks


def spec_text(random: Random) -> str:
    """A network of labelled lines: convolutions, poolings, fully connected layers; a declared
    variant in every second one."""
    size = random.choice((32, 48, 64, 96, 128, 160, 192, 224))
    norm = random.random() < 0.3
    lines = [f"network net(size = {size}, classes = {random.choice((10, 100, 1000))}) {{"]
    lines.append(f"    input image: [size, size, {random.choice((1, 3, 3, 3))}]")
    lines.append("    default conv 3x3 pad, " + ("bn, relu" if norm else "relu"))
    side = size
    for number in range(1, random.randint(3, 6) + 1):
        lines.append(f"    conv{number}: {_conv_line(random, number)}")
        if side >= 8:
            lines.append(f"    pool{number}: maxpool 2x2/2")
            side //= 2
    for number in range(1, random.randint(0, 2) + 1):
        lines.append(f"    fc{number}: fc {random.randrange(64, 2048, 8)}, relu")
    lines.append("    last: fc classes\n}")
    if random.random() < 0.5:
        other = random.choice([s for s in (32, 64, 96, 128, 224, 256) if s != size])
        lines.append(f'variants net "a report" {{\n    name | size\n    other | {other}\n}}')
    return "\n".join(lines) + "\n"


def _conv_line(random: Random, number: int) -> str:
    width = random.randrange(16, 513, 4)
    window = random.choice(("1x1", "3x3", "3x3", "5x5", "7x7"))
    groups = " groups=2" if number > 1 and random.random() < 0.15 else ""
    line = f"conv {window} {width}{groups}"
    if random.random() < 0.3:
        line = f"conv 1x1 {random.randrange(16, 257, 4)}, {line}"
    return line


@dataclass(eq=False)
class Net:
    """A random network, its declared variant where it has one, and its labelled lines."""

    text: str
    measured: Measured
    variant: Measured | None

    @cached_property
    def rows(self) -> list[str]:
        """The lines with weights."""
        labels = dict.fromkeys(layer.path.split(".")[0] for layer in self.weighted)
        return list(labels)

    @cached_property
    def weighted(self) -> list[Layer]:
        return weighted(self.measured)

    def of(self, row: str, measured: Measured | None = None) -> list[Layer]:
        """A line's layers with weights; of `total`, all of them."""
        layers = weighted(measured or self.measured)
        return [x for x in layers if row == "total" or x.path.split(".")[0] == row]

    def with_size(self, size: int) -> Measured | None:
        """The network on images of another size, if it can be."""
        try:
            return Measured(compile_network(_value(self.text), {"size": size}))
        except SpecError:
            return None


def weighted(measured: Measured) -> list[Layer]:
    return [x for x in measured.network.layers if x.op.name in ("conv", "fc")]


def _value(text: str) -> NetworkValue:
    return pipeline.read_text(text).networks["net"]


def network(random: Random) -> Net:
    text = spec_text(random)
    spec = pipeline.read_text(text)
    found = {name: Measured(compile_network(v)) for name, v in spec.networks.items()}
    return Net(text, found["net"], found.get("other"))


# ---------------------------------------------------------------- counts, by arguments alone


def weights_of(layer: Layer) -> int:
    op, channels = layer.op, layer.input_shapes[0]
    if op.name == "fc":
        return math.prod(channels) * op.width  # type: ignore[arg-type,attr-defined]
    height, across = op.kernel  # type: ignore[attr-defined]
    return height * across * channels[-1] // op.groups * op.width  # type: ignore[attr-defined,no-any-return,operator]


def biases_of(layer: Layer) -> int:
    return layer.op.width if layer.op.bias else 0  # type: ignore[attr-defined,no-any-return]


def positions_of(layer: Layer) -> int:
    return math.prod(layer.shape[:-1])  # type: ignore[arg-type]


def macs_of(layer: Layer) -> int:
    return weights_of(layer) * positions_of(layer)


def params(net: Net, row: str, measured: Measured | None = None) -> int:
    """With biases and what a normalisation after the layer trains."""
    layers = net.of(row, measured)
    norms = sum(
        2 * x.shape[-1]  # type: ignore[misc]
        for x in (measured or net.measured).network.layers
        if x.op.name == "bn" and (row == "total" or x.path.split(".")[0] == row)
    )
    return sum(weights_of(x) + biases_of(x) for x in layers) + norms


def macs(net: Net, row: str, measured: Measured | None = None) -> int:
    return sum(macs_of(x) for x in net.of(row, measured))


COUNTS: dict[str, Callable[..., int]] = {"params": params, "macs": macs}

# ---------------------------------------------------------------- what is printed


def printed(value: float, digits: int, base: int = 1000) -> str:
    """A number at so many digits: in full, or in K, M, B of ``base``."""
    if base == 1000 and digits >= len(str(round(value))):
        return f"{round(value):,}"
    power = 0
    scaled = float(value)
    while round(scaled) >= 10**digits or (power == 0 and base != 1000):
        scaled, power = scaled / base, power + 1
    whole = len(str(int(scaled))) if scaled >= 1 else 0
    text = f"{scaled:.{max(0, digits - whole)}f}"
    if scaled < 1:  # digits after the point's zeros count
        text = f"{scaled:.{digits - math.floor(math.log10(scaled)) - 1}f}"
    return text + ("", "K", "M", "B", "T")[power]


@dataclass
class Document:
    """Claims about a network; ``targets`` are the positions of those that are not true."""

    net: Net
    claims: list[Claim] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    expected: frozenset[str] = frozenset()

    def add(self, row: str, quantity: str, text: str, target: bool = False) -> None:
        keys = ("total",) if row == "total" else (row,)
        if target:
            self.targets.append(len(self.claims))
        self.claims.append(Claim("a document", "Table 1", "net", row, keys, quantity, text))

    def cases(self) -> list[Case]:
        return [evaluate(claim, self.net.measured) for claim in self.claims]


def among_true(net: Net, quantity: str, row: str, text: str) -> Document:
    """A column of true numbers, printed in full, with one number put in a row's place."""
    document = Document(net)
    for other in net.rows:
        if other == row:
            document.add(row, quantity, text, target=True)
        else:
            document.add(other, quantity, printed(COUNTS[quantity](net, other), 12))
    if row == "total":
        document.add(row, quantity, text, target=True)
    return document


# ---------------------------------------------------------------- noise


def log_uniform(random: Random, net: Net, row: str, quantity: str, digits: int) -> str | None:
    value = COUNTS[quantity](net, row) * math.exp(random.uniform(-1, 1) * math.log(4))
    return printed(value, digits) if value >= 10 ** (digits - 1) else None


def near_miss(random: Random, net: Net, row: str, quantity: str, digits: int) -> str | None:
    value = COUNTS[quantity](net, row) * (1 + random.uniform(-0.05, 0.05))
    return printed(value, digits) if value >= 10 ** (digits - 1) else None


def digit_slip(random: Random, net: Net, row: str, quantity: str, digits: int) -> str | None:
    value = COUNTS[quantity](net, row)
    text = printed(value, digits)
    places = [i for i, c in enumerate(text) if c.isdigit()]
    if value < 10 ** (digits - 1) or not places:
        return None
    at = random.choice(places)
    low = 1 if at == places[0] else 0
    other = random.choice([str(d) for d in range(low, 10) if str(d) != text[at]])
    return text[:at] + other + text[at + 1 :]


def wrong_layer(random: Random, net: Net, row: str, quantity: str, digits: int) -> str | None:
    """Another row's number, and not a neighbour's: that one would be the right explanation."""
    rows = net.rows
    here = rows.index(row) if row in rows else -9
    others = [r for i, r in enumerate(rows) if abs(i - here) > 1]
    if not others:
        return None
    value = COUNTS[quantity](net, random.choice(others))
    return printed(value, digits) if value >= 10 ** (digits - 1) else None


NOISE = {
    "log-uniform": log_uniform,
    "near miss": near_miss,
    "digit slip": digit_slip,
    "wrong layer": wrong_layer,
}


def noise(random: Random, net: Net, kind: str, digits: int) -> Document | None:
    """One number that nothing explains, alone or among true ones; None where there is none of so
    many digits."""
    quantity = random.choice(("params", "macs"))
    row = random.choice((*net.rows, "total"))
    text = NOISE[kind](random, net, row, quantity, digits)
    if text is None:
        return None
    if random.random() < 0.5:
        return among_true(net, quantity, row, text)
    document = Document(net)
    document.add(row, quantity, text, target=True)
    return document


# ---------------------------------------------------------------- planted changes


def plant_binary(random: Random, net: Net, digits: int) -> Document:
    document = Document(net, expected=frozenset({"binary"}))
    for row in net.rows:
        document.add(row, "params", printed(params(net, row), digits, 1024), target=True)
    return document


def plant_terms(random: Random, net: Net, digits: int) -> Document:
    document = Document(net, expected=frozenset({"terms"}))
    for row in net.rows:
        count = sum(weights_of(x) for x in net.of(row))
        document.add(row, "params", printed(count, digits), target=True)
    return document


def plant_twice(random: Random, net: Net, digits: int) -> Document:
    document = Document(net, expected=frozenset({"times"}))
    for row in net.rows:
        document.add(row, "macs", printed(2 * macs(net, row), digits), target=True)
    return document


def plant_bias(random: Random, net: Net, digits: int) -> Document:
    """One row without its last layer's biases."""
    row = random.choice(net.rows)
    value = params(net, row) - biases_of(net.of(row)[-1])
    document = among_true(net, "params", row, printed(value, digits))
    document.expected = frozenset({"bias", "terms"})
    return document


def plant_sum(random: Random, net: Net, digits: int) -> Document:
    """A total that adds up printed rows, one of which leaves its biases out."""
    wrong = random.choice(net.rows)
    document, total = Document(net), 0
    for row in net.rows:
        value = params(net, row) - (biases_of(net.of(row)[-1]) if row == wrong else 0)
        total += value
        document.add(row, "params", printed(value, 12))
    document.add("total", "params", printed(total, digits), target=True)
    document.expected = frozenset({"sum", "bias"})
    return document


def plant_shift(random: Random, net: Net, digits: int) -> Document:
    """A row with the number of the row below."""
    at = random.randrange(len(net.rows) - 1)
    document = Document(net, expected=frozenset({"shift"}))
    for i, row in enumerate(net.rows):
        source = net.rows[i + 1] if i == at else row
        document.add(row, "macs", printed(macs(net, source), digits if i == at else 12), i == at)
    return document


def plant_range(random: Random, net: Net, digits: int) -> Document:
    """A total of the convolutions alone."""
    rows = [row for row in net.rows if row.startswith("conv")]
    value = sum(params(net, row) for row in rows)
    document = among_true(net, "params", "total", printed(value, digits))
    document.expected = frozenset({"range", "lost"})
    return document


def plant_lost(random: Random, net: Net, digits: int) -> Document:
    """A total that misses a layer, or counts it twice."""
    layer, sign = random.choice(net.weighted), random.choice((-1, 1))
    value = macs(net, "total") + sign * macs_of(layer)
    document = among_true(net, "macs", "total", printed(value, digits))
    document.expected = frozenset({"lost", "range", "factor"})
    return document


def plant_size(random: Random, net: Net, digits: int) -> Document | None:
    """A column for images of another size; of 64 the search does not know."""
    sizes = [
        s for s in (32, 64, 224, 227, 256, 299) if s != net.measured.network.parameters["size"]
    ]
    other = net.with_size(random.choice(sizes))
    if other is None:
        return None
    document = Document(net, expected=frozenset({"parameter", "cited"}))
    for row in net.rows:
        if row.startswith("conv"):
            document.add(row, "macs", printed(macs(net, row, other), digits), target=True)
    return document


def plant_cited(random: Random, net: Net, digits: int) -> Document | None:
    """A column of the declared variant."""
    if net.variant is None:
        return None
    document = Document(net, expected=frozenset({"cited"}))
    for row in random.sample(net.rows, min(2, len(net.rows))):
        document.add(row, "macs", printed(macs(net, row, net.variant), digits), target=True)
    return document


def plant_factor(random: Random, net: Net, digits: int) -> Document | None:
    """A row of one layer with its width in the place of its input's channels."""
    rows = [row for row in net.rows if len(net.of(row)) == 1 and row.startswith("conv")]
    if not rows:
        return None
    row = random.choice(rows)
    layer = net.of(row)[0]
    channels = layer.input_shapes[0][-1] // layer.op.groups  # type: ignore[attr-defined,operator]
    value = macs_of(layer) // channels * layer.op.width  # type: ignore[attr-defined]
    document = among_true(net, "macs", row, printed(value, digits))
    document.expected = frozenset({"factor"})
    return document


def plant_separable(random: Random, net: Net, digits: int) -> Document | None:
    """A row whose convolution is counted as a depthwise and a pointwise one."""
    rows = [
        row
        for row in net.rows
        if len(net.of(row)) == 1
        and getattr(net.of(row)[0].op, "kernel", (1, 1)) != (1, 1)
        and getattr(net.of(row)[0].op, "groups", 1) == 1
    ]
    if not rows:
        return None
    row = random.choice(rows)
    layer = net.of(row)[0]
    channels, m = layer.input_shapes[0][-1], random.choice((1, 1, 2, 4, 8))
    height, across = layer.op.kernel  # type: ignore[attr-defined]
    between = channels * m
    weights = height * across * between + between * layer.op.width  # type: ignore[attr-defined]
    document = among_true(net, "macs", row, printed(weights * positions_of(layer), digits))
    document.expected = frozenset({"separable", "factor"})
    return document


PLANTED: dict[str, Callable[[Random, Net, int], Document | None]] = {
    "K = 1024, a column": plant_binary,
    "biases left out, a column": plant_terms,
    "twice, a column": plant_twice,
    "input size, a column": plant_size,
    "declared variant, two rows": plant_cited,
    "sum of printed rows": plant_sum,
    "one layer's biases": plant_bias,
    "the row below": plant_shift,
    "convolutions alone": plant_range,
    "layer lost or doubled": plant_lost,
    "factor replaced": plant_factor,
    "separable for dense": plant_separable,
}


def documents(seed: int, nets: int) -> Iterator[tuple[Random, Net]]:
    """Networks, each with a source of chance of its own."""
    for number in range(nets):
        random = Random(f"{seed} {number}")
        yield random, network(random)
