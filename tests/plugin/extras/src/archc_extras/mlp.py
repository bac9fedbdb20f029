"""A notation: a multilayer perceptron as its sizes, as papers write it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc.diagnostics import Source, Span, fail
from archc.graph.network import Network
from archc.language import syntax
from archc.notations import Notation


def read(source: Source) -> syntax.File:
    """``784-300-10``: the input, hidden layers with a ReLU each, and the classes."""
    text = Span(source, 0, len(source.text))
    if not re.fullmatch(r"\s*\d{1,9}(-\d{1,9})+\s*", source.text):
        fail("syntax", text, "a perceptron is its sizes", help="write `784-300-10`")
    numbers = [
        syntax.Number(Span(source, match.start(), match.end()), int(match[0]), match[0])
        for match in re.finditer(r"\d+", source.text)
    ]
    steps: list[syntax.Step] = []
    for number in numbers[1:]:
        follower = "softmax" if number is numbers[-1] else "relu"
        steps += [call(number.span, "fc", number), call(number.span, follower)]
    chain = syntax.Chain(text, None, tuple(steps), None)
    given = syntax.Input(numbers[0].span, "x", numbers[0], None)
    network = syntax.Network(text, "mlp", (), syntax.Body(text, (given, chain)))
    return syntax.File(text, (network,))


def call(span: Span, name: str, *arguments: syntax.Argument) -> syntax.Call:
    """A layer, at the place in the text that asks for it."""
    return syntax.Call(span, syntax.Reference(span, (syntax.Part(span, name, None),)), arguments)


def write_networks(networks: Sequence[Network]) -> str:
    """The sizes of a network that `read` could have given; any other is refused."""
    (network,) = networks
    sizes: list[object] = [*network.inputs[0].shape]
    for place, layer in enumerate(network.layers):
        last = place == len(network.layers) - 1
        expected = "fc" if place % 2 == 0 else "softmax" if last else "relu"
        if layer.op.name != expected or layer.input_shapes != ((sizes[-1],),):
            fail("unsupported", layer.span, f"a perceptron has `{expected}` here")
        if place % 2 == 0:
            sizes.extend(layer.shape)
    return "-".join(map(str, sizes)) + "\n"


notation = Notation("mlp", (".mlp",), read, write_networks=write_networks)
