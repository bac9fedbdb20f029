"""Rows of the layers for words and sequences: (N, T, C) in torch."""

from __future__ import annotations

from typing import cast

from archc.graph.network import Layer
from archc.ops import recurrent
from archc_backends.torch.spelling import Call, layer
from archc_backends.torch.table import channels, rows


@rows.row(recurrent.Embed)
def _embed(node: Layer) -> Call:
    op = cast(recurrent.Embed, node.op)
    return layer("Words", ("num_embeddings", op.vocabulary), ("embedding_dim", op.width))


@rows.row(recurrent.LSTM, recurrent.GRU)
def _recurrent(node: Layer) -> Call:
    op = cast(recurrent.Recurrent, node.op)
    return layer(
        "LSTM" if isinstance(op, recurrent.LSTM) else "GRU",
        ("input_size", channels(node)),
        ("hidden_size", op.width),
        num_layers=(op.layers, 1),
        bidirectional=(op.bidirectional, False),
        last=(op.last, False),
    )
