"""Which of a network's outputs ``forward`` gives, and where they are logits.

The same for every framework, so that outputs can be compared between them.
"""

from __future__ import annotations

from archc.graph.network import Layer, Network
from archc.language import syntax
from archc.ops.activation import Softmax


def closing_softmax(network: Network) -> dict[str, str]:
    """The value read by the softmax that closes an output, by the softmax's path.

    Of a softmax that several outputs share, all uses close one, or none counts.
    """
    read = {path for layer in network.layers for path in layer.inputs}
    given = {output.path for output in network.outputs} - read
    uses: dict[str, list[Layer]] = {}
    for layer in network.layers:
        if isinstance(layer.op, Softmax):
            uses.setdefault(layer.shares or layer.path, []).append(layer)
    return {
        layer.path: layer.inputs[0]
        for layers in uses.values()
        if all(layer.path in given for layer in layers)
        for layer in layers
    }


def auxiliary(network: Network) -> set[str]:
    """Names of the outputs that training alone needs: those written as ``output`` lines, where
    the network has a value of its own besides, whose layers feed nothing else."""
    definition = network.definition
    outputs = network.outputs
    if definition is None or len(outputs) < 2:
        return set()
    lines = list(_output_lines(definition.body))
    written = {
        output.name
        for output in outputs
        if any(
            line.span.source is output.span.source
            and line.span.start <= output.span.start < line.span.end
            for line in lines
        )
    }
    if len(written) == len(outputs):
        return set()
    read = {path for layer in network.layers for path in layer.inputs}
    return {o.name for o in outputs if o.name in written and o.path not in read}


def _output_lines(body: syntax.Body) -> list[syntax.Output]:
    found: list[syntax.Output] = []
    bodies = [body]
    while bodies:
        for statement in bodies.pop().statements:
            match statement:
                case syntax.Output():
                    found.append(statement)
                case syntax.For():
                    bodies.append(statement.body)
                case syntax.If():
                    bodies.append(statement.body)
                    otherwise = statement.otherwise
                    while isinstance(otherwise, syntax.If):
                        bodies.append(otherwise.body)
                        otherwise = otherwise.otherwise
                    if otherwise is not None:
                        bodies.append(otherwise)
                case _:
                    pass
    return found
