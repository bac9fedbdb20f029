"""Compiled networks as tables of configurations: one for all networks with the same input.

A network fits where it is a chain of what the table's cells mean, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from archc.diagnostics import Span, fail
from archc.graph.network import Layer, Network
from archc.language import syntax as s
from archc.language.configurations import MAX_COLUMNS, NOTHING, spell, spell_count
from archc.ops.activation import ReLU, Softmax
from archc.ops.base import Shape, shape_text
from archc.ops.convolution import Conv
from archc.ops.dense import FC
from archc.ops.normalization import LRN
from archc.ops.pooling import MaxPool
from archc.ops.regularization import Dropout

POOL = MaxPool(kernel=(2, 2), stride=(2, 2))
NORMALIZATION = LRN()
DROPOUT = Dropout(0.5)


@dataclass(slots=True)
class Stage:
    """Convolutions and normalisations, and whether a pooling closes them."""

    cells: list[str] = field(default_factory=list[str])
    pooled: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A network as a column: its stages, its fully connected layers, and its last layer."""

    name: str
    input: Shape
    stages: list[Stage]
    dense: list[str]
    softmax: bool
    weight_layers: int


def write_networks(networks: Sequence[Network]) -> str:
    """The networks as columns of a table for each input's shape.

    Raises SpecError (``unsupported``), at the layer, where a network is no chain of the layers
    that a table's cells mean.
    """
    columns = [_Reader(network).column() for network in networks]
    groups: dict[Shape, list[Column]] = {}
    for column in columns:
        groups.setdefault(column.input, []).append(column)
    tables = [
        group[start : start + MAX_COLUMNS]
        for group in groups.values()
        for start in range(0, len(group), MAX_COLUMNS)
    ]
    return "\n".join(map(_table, tables))


# ---------------------------------------------------------------- network to column


class _Reader:
    """Goes along the layers of a network, which must follow one another."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = network.layers
        self.at = 0
        self.stages = [Stage()]
        self.dense: list[str] = []
        self.weight_layers = 0

    def column(self) -> Column:
        shape = self._input()
        self._check_chain()
        softmax = False
        while (layer := self.take()) is not None:
            if softmax:
                self.refuse(layer, "has a layer after its soft-max")
            match layer.op:
                case Conv():
                    self._conv(layer, layer.op)
                case FC():
                    self._fc(layer, layer.op)
                case MaxPool():
                    self._pool(layer)
                case LRN():
                    self._lrn(layer)
                case Softmax():
                    softmax = True
                case _:
                    self.refuse(layer, f"has no cell for the layer `{layer.op.name}`")
        name = self.network.name
        return Column(name, shape, self.stages, self.dense, softmax, self.weight_layers)

    def take(self) -> Layer | None:
        if self.at == len(self.layers):
            return None
        self.at += 1
        return self.layers[self.at - 1]

    def take_if(self, op: ReLU | Dropout) -> bool:
        found = self.at < len(self.layers) and self.layers[self.at].op == op
        self.at += found
        return found

    def refuse(self, layer: Layer, reason: str, help: str | None = None) -> NoReturn:
        _refuse(self.network, layer.span, reason, layer.path, help)

    def _input(self) -> Shape:
        if len(self.network.inputs) != 1:
            _refuse(self.network, self.network.inputs[1].span, "has one input")
        (given,) = self.network.inputs
        if len(given.shape) != 3 or not all(isinstance(size, int) for size in given.shape):
            seen = shape_text(given.shape)
            reason = f"takes an image of a fixed size, and this is {seen}"
            _refuse(self.network, given.span, reason)
        return given.shape

    def _check_chain(self) -> None:
        before = self.network.inputs[0].name
        for layer in self.layers:
            if layer.inputs != (before,):
                self.refuse(layer, "is a chain, and this layer reads something else")
            if layer.shares:
                self.refuse(layer, "has weights of its own for each layer")
            before = layer.path
        if [output.path for output in self.network.outputs] != [before]:
            span = self.network.outputs[0].span
            _refuse(self.network, span, "has one output, the last layer's")

    def _conv(self, layer: Layer, op: Conv) -> None:
        window = op.kernel[0]
        kept = (window // 2, window // 2)
        plain = Conv(op.kernel, op.width, pad=op.pad)
        square = op.kernel[1] == window and window % 2 == 1
        keeps = op.padding(*layer.input_shapes) == (kept, kept)
        if self.dense or op != plain or not square or not keeps:
            reason = "has square convolutions of stride 1 that keep the map's size, with biases"
            self.refuse(layer, reason)
        if not self.take_if(ReLU()):
            self.refuse(layer, "has a `relu` after each convolution")
        self.weight_layers += 1
        cell = spell(s.TableLayer(layer.span, "conv", (window, op.width)))
        self._stage().cells.append(cell)

    def _lrn(self, layer: Layer) -> None:
        if self.dense or layer.op != NORMALIZATION:
            self.refuse(layer, "has the normalisation `lrn 5` alone")
        self._stage().cells.append(spell(s.TableLayer(layer.span, "lrn", ())))

    def _stage(self) -> Stage:
        if self.stages[-1].pooled:
            self.stages.append(Stage())
        return self.stages[-1]

    def _pool(self, layer: Layer) -> None:
        if self.dense or layer.op != POOL:
            self.refuse(layer, "has the pooling `maxpool 2x2/2` alone")
        self._stage().pooled = True

    def _fc(self, layer: Layer, op: FC) -> None:
        if op != FC(op.width):
            self.refuse(layer, "has biases in its fully connected layers")
        last = not any(isinstance(rest.op, FC) for rest in self.layers[self.at :])
        if not last and not (self.take_if(ReLU()) and self.take_if(DROPOUT)):
            reason = "has `relu, dropout 0.5` after each fully connected layer but the last"
            self.refuse(layer, reason)
        self.weight_layers += 1
        self.dense.append(spell(s.TableLayer(layer.span, "fc", (op.width,))))


def _refuse(
    network: Network, span: Span, reason: str, path: str | None = None, help: str | None = None
) -> NoReturn:
    fail(
        "unsupported",
        span,
        f"`{network.name}` cannot be written as a table of configurations: a column {reason}",
        caret=f"layer `{path}`" if path else "",
        help=help,
    )


# ---------------------------------------------------------------- columns to text


def _table(columns: Sequence[Column]) -> str:
    """A table of columns with one input."""
    rows: list[list[str]] = [
        [column.name for column in columns],
        [spell_count(column.weight_layers) for column in columns],
        [_input_text(columns[0].input)],
        *_stage_rows(columns),
        *_last_rows(columns),
    ]
    full = [row for row in rows if len(row) == len(columns)]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    lines = [
        " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        if len(row) == len(columns)
        else row[0]
        for row in rows
    ]
    return "".join(f"{line}\n" for line in lines)


def _stage_rows(columns: Sequence[Column]) -> Iterator[list[str]]:
    for number in range(max(len(column.stages) for column in columns)):
        stages = [c.stages[number] if number < len(c.stages) else Stage() for c in columns]
        if any(stage.cells for stage in stages):
            yield [" ".join(stage.cells) or NOTHING for stage in stages]
        if any(stage.pooled for stage in stages):
            yield _joined(["maxpool" if stage.pooled else NOTHING for stage in stages])


def _last_rows(columns: Sequence[Column]) -> Iterator[list[str]]:
    """The fully connected layers, the last of all columns in one row, and soft-max."""
    for number in range(max(len(column.dense) for column in columns), 0, -1):
        yield _joined([c.dense[-number] if number <= len(c.dense) else NOTHING for c in columns])
    if any(column.softmax for column in columns):
        yield _joined(["soft-max" if column.softmax else NOTHING for column in columns])


def _joined(cells: list[str]) -> list[str]:
    """One cell for all columns where they are the same."""
    return cells[:1] if len(set(cells)) == 1 else cells


def _input_text(shape: Shape) -> str:
    height, width, channels = shape
    if channels in (1, 3):
        return f"input ({height}x{width} {'RGB' if channels == 3 else 'grey'} image)"
    return f"input ({height}x{width}x{channels})"
