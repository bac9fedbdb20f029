"""A network with a table of configurations as one with a parameter: each column is a branch.

``configurations { A | B ... }`` stands for ``if configuration == "A" { ... }`` and the like, with
the layers of a cell labelled as the literature does: ``conv5_3``, ``pool5``, ``fc6``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archc.diagnostics import Label, Span, fail
from archc.language import syntax as s

PARAMETER = "configuration"
"""What a network with a table has in addition: the name of the column that it is."""

DROPOUT = "0.5"
"""Of all fully connected layers but the last (Simonyan & Zisserman 2014, Section 3.1)."""


def identifier(name: str) -> str:
    """The variant that a column is: ``A_LRN`` for ``A-LRN``."""
    from archc.language import configurations  # few specs have such a table

    return configurations.identifier(name)


def expanded(network: s.Network) -> tuple[s.Network, tuple[s.TableColumn, ...]]:
    """The network with lines in place of its table, and the table's columns: none without one.

    Raises SpecError where it has two, or a parameter of the name that the table's takes.
    """
    statements = network.body.statements
    tables = [each for each in statements if isinstance(each, s.Configurations)]
    if not tables:
        return network, ()
    if len(tables) > 1:
        labels = [Label(tables[0].span, "the first")]
        fail("variant", tables[1].span, "a network has one table of configurations", labels=labels)
    (table,) = tables
    for parameter in network.parameters:
        if parameter.name == PARAMETER:
            message = f"`{PARAMETER}` is the parameter that a table of configurations sets"
            fail("duplicate-name", parameter.span, message)
    lines: list[s.Statement] = []
    for statement in statements:
        lines += _branches(table) if statement is table else [statement]
    parameter = s.Parameter(table.span, PARAMETER, None)
    body = replace(network.body, statements=tuple(lines))
    parameters = (*network.parameters, parameter)
    return replace(network, parameters=parameters, body=body), table.columns


def _branches(table: s.Configurations) -> Iterator[s.If]:
    for number, column in enumerate(table.columns):
        layers = [
            layer
            for row in table.rows
            for layer in (row.cells[0] if len(row.cells) == 1 else row.cells[number]).layers
        ]
        span = column.span
        is_it = s.Binary(span, "==", _name(PARAMETER, span), s.Text(span, column.name))
        yield s.If(span, is_it, s.Body(span, tuple(_Column(layers).lines())), None)


class _Column:
    """The layers of one column as lines of a network."""

    def __init__(self, layers: list[s.TableLayer]) -> None:
        self.layers = layers
        dense = [n for n, layer in enumerate(layers) if layer.kind == "fc"]
        self.last_dense = dense[-1] if dense else -1
        self.stage = 1
        self.convolutions = self.normalizations = self.dense = 0  # of this stage, and of all

    def lines(self) -> Iterator[s.Chain]:
        for number, layer in enumerate(self.layers):
            label, steps = self._line(layer, number)
            if layer.kind == "softmax" and number and self.layers[number - 1].kind == "fc":
                continue  # on the line of the layer whose outputs it normalises
            after = self.layers[number + 1 : number + 2]
            if layer.kind == "fc" and after and after[0].kind == "softmax":
                steps.append(_call(after[0].span, "softmax"))
            yield s.Chain(layer.span, _name(label, layer.span), tuple(steps), None)

    def _line(self, layer: s.TableLayer, number: int) -> tuple[str, list[s.Step]]:
        span = layer.span
        match layer.kind:
            case "conv":
                self.convolutions += 1
                window, width = layer.sizes
                arguments = (_window(span, window, 1), _number(span, width), _name("pad", span))
                label = f"conv{self.stage}_{self.convolutions}"
                return label, [_call(span, "conv", *arguments), _call(span, "relu")]
            case "lrn":
                self.normalizations += 1
                suffix = f"_{self.normalizations}" if self.normalizations > 1 else ""
                return f"norm{self.stage}{suffix}", [_call(span, "lrn", _number(span, 5))]
            case "maxpool":
                self._next_stage()
                pool = _call(span, "maxpool", _window(span, 2, 2), _name("valid", span))
                return f"pool{self.stage - 1}", [pool]
            case "fc":
                return self._dense(layer, number)
            case _:
                return "prob", [_call(span, "softmax")]

    def _dense(self, layer: s.TableLayer, number: int) -> tuple[str, list[s.Step]]:
        if self.convolutions or self.normalizations:
            self._next_stage()
        span = layer.span
        steps: list[s.Step] = [_call(span, "fc", _number(span, layer.sizes[0]))]
        if number != self.last_dense:
            steps += [_call(span, "relu"), _call(span, "dropout", s.Number(span, 0.5, DROPOUT))]
        label = f"fc{self.stage + self.dense}"
        self.dense += 1
        return label, steps

    def _next_stage(self) -> None:
        self.stage += 1
        self.convolutions = self.normalizations = 0


# ---------------------------------------------------------------- nodes


def _call(span: Span, name: str, *arguments: s.Argument) -> s.Call:
    """A layer that no default lets others follow: the table says what its cells are."""
    return s.Call(span, _name(name, span), (*arguments, _name("linear", span)))


def _name(name: str, span: Span) -> s.Reference:
    return s.Reference(span, (s.Part(span, name, None),))


def _number(span: Span, value: int) -> s.Number:
    return s.Number(span, value, str(value))


def _window(span: Span, size: int, stride: int) -> s.WindowLiteral:
    return s.WindowLiteral(span, s.SizeLiteral(span, (size, size)), _number(span, stride))
