"""Rows of the layers for words and sequences: (N, T, C).

Weights have torch's names and layout; that their gates stand in another order in ONNX is the
graph's business (a runtime folds it into constants).
"""

from __future__ import annotations

from typing import cast

from archc.ops import recurrent
from archc_backends.onnx.graph import Site, Start
from archc_backends.onnx.table import rows

ORDER: dict[type[recurrent.Recurrent], tuple[int, ...]] = {
    recurrent.LSTM: (0, 3, 1, 2),  # torch: input, forget, cell, output; ONNX: i, o, f, c
    recurrent.GRU: (1, 0, 2),  # torch: reset, update, new; ONNX: z, r, h
}


@rows.row(recurrent.Embed)
def _embed(site: Site) -> str:
    op = cast(recurrent.Embed, site.layer.op)
    table = site.weight("weight", (op.vocabulary, op.width), Start("normal"))
    return site.op("Gather", table, site.op("Cast", site.x, to="int64"), axis=0)


@rows.row(recurrent.LSTM, recurrent.GRU)
def _recurrent(site: Site) -> str:
    op = cast(recurrent.Recurrent, site.layer.op)
    site.limit(op.layers, "layers")
    x, width = site.transpose(site.x, 1, 0, 2), site.channels
    steps = last = ""
    for number in range(op.layers):
        steps, last = _one(site, op, x, number, width)
        width = op.directions * op.width
        # (T, directions, N, C) of all steps, and the next layer's (T, N, directions·C)
        x = site.reshape(site.transpose(steps, 0, 2, 1, 3), 0, 0, width)
    if op.last:
        return site.reshape(site.transpose(last, 1, 0, 2), 0, width)
    return site.transpose(x, 1, 0, 2)


def _one(site: Site, op: recurrent.Recurrent, x: str, number: int, width: int) -> tuple[str, str]:
    """One layer: the outputs of all steps, and those after the last."""
    kind = type(op)
    start = Start("uniform", op.width**-0.5)
    values = op.gates * op.width
    shapes: dict[str, tuple[int, ...]] = {
        "weight_ih": (values, width),
        "weight_hh": (values, op.width),
        "bias_ih": (values,),
        "bias_hh": (values,),
    }
    directions: list[list[str]] = []
    for tail in ("", "_reverse")[: op.directions]:
        given = [
            _ordered(site, site.weight(f"{name}_l{number}{tail}", shape, start), ORDER[kind])
            for name, shape in shapes.items()
        ]
        biases = site.op("Concat", *given[2:], axis=0)
        directions.append([site.unsqueeze(value, 0) for value in (*given[:2], biases)])
    matrices = [
        one[0] if len(one) == 1 else site.op("Concat", *one, axis=0)
        for one in zip(*directions, strict=True)
    ]
    options: dict[str, int | str] = {"hidden_size": op.width}
    if op.bidirectional:
        options["direction"] = "bidirectional"
    if kind is recurrent.GRU:
        options["linear_before_reset"] = 1
    found = site.ops(kind.__name__, 2, x, *matrices, **options)
    return found[0], found[1]


def _ordered(site: Site, weight: str, order: tuple[int, ...]) -> str:
    """The gates of a matrix, or of its biases, in ONNX's order."""
    gates = site.ops("Split", len(order), weight, axis=0, num_outputs=len(order))
    return site.op("Concat", *(gates[place] for place in order), axis=0)
