"""Wirings that are rare in papers: each is proved, runs as its graph says, scripts and exports."""

from __future__ import annotations

import pytest
import torch
from reference import compiled, example, interpret, live, outputs, scripted

from archc.diagnostics import SpecError
from archc_backends.torch import backend

CASES = {
    "softmax only": """
        network n {
            input x: 5
            softmax
        }
    """,
    "flow only": """
        network n {
            input x: 5
            output y: softmax
            output z: from x, softmax
        }
    """,
    "same value twice": """
        network n {
            input x: 8x8x3
            a: conv 3x3 4
            output p: softmax
            output q: from a, softmax
            output r: from a, relu
        }
    """,
    "output inner": """
        network n {
            input x: 8x8x3
            a: conv 3x3 4, relu
            output a
            b: conv 1x1 2
            output b
        }
    """,
    "two inputs unused order": """
        network n {
            input a: 4
            input b: 4
            c: from b, fc 3
            d: from a, fc 3
            add { from c; from d }
        }
    """,
    "add from same": """
        network n {
            input a: 4
            c: from a, fc 4
            add { from c; from c }
        }
    """,
    "nested merges": """
        network n {
            input x: 8x8x4
            add { identity; concat { conv 1x1 2; add { conv 1x1 2; conv 1x1 2 } } }
            add { conv 1x1 4; identity; conv 1x1 4 }
        }
    """,
    "branch reading two": """
        network n {
            input x: 8x8x4
            a: conv 1x1 4
            add { identity; conv 1x1 4, add { identity; from a } }
        }
    """,
    "repeat group nested": """
        network n {
            input x: 8x8x4
            { { conv 3x3 4 same, relu } * 2, maxpool 1x1/1 } * 3
            fc 2
        }
    """,
    "block multi use of label": """
        block b(w) {
            p: conv 1x1 w
            q: conv 1x1 w
            add { from p; from q }
        }
        network n {
            input x: 8x8x4
            b 4 * 2
            b 8
        }
    """,
    "block exposes inner": """
        block b(w) {
            p: conv 1x1 w
            q: conv 1x1 w, relu
        }
        network n {
            input x: 8x8x4
            u: b 4
            v: b 4
            output o: from u.p, conv 1x1 2
            output z: from v, conv 1x1 2
        }
    """,
    "softmax in block closing": """
        block head(c) {
            fc 8, relu
            fc c, softmax
        }
        network n {
            input x: 8x8x4
            output a: head 3
            output b: head 4
            fc 5
        }
    """,
    "softmax nested blocks": """
        block inner(c) {
            fc c, softmax
        }
        block head(c) {
            fc 8, relu
            inner c
        }
        network n {
            input x: 8x8x4
            head 3
        }
    """,
    "softmax in line in block": """
        block head(c) {
            fc 8, relu
            out: fc c, softmax
        }
        network n {
            input x: 8x8x4
            conv 1x1 2
            h: head 3
        }
    """,
    "softmax in group": """
        network n {
            input x: 8x8x4
            { fc 4, softmax } * 2
        }
    """,
    "softmax in branch": """
        network n {
            input x: 8
            concat { fc 4, softmax; fc 3, softmax }
        }
    """,
    "softmax shared": """
        network n {
            input x: 8
            input y: 8
            share h = { fc 4, softmax }
            output a: from x, h
            output b: from y, h
        }
    """,
    "share in block": """
        block b {
            share s = conv 1x1 4
            s
            relu
            s
            tanh
        }
        network n {
            input x: 4x4x4
            b
            b
            fc 2
        }
    """,
    "share across lines": """
        network n {
            input x: 4x4x4
            share s = conv 1x1 4
            a: s, relu
            b: s, tanh
            c: s
            d: {s, relu} * 2
            fc 2
        }
    """,
    "share in merge": """
        network n {
            input x: 4x4x4
            share s = conv 1x1 4
            a: s, relu
            add { s, relu; identity }
            concat { s; s }
        }
    """,
    "share block in repeat": """
        block r(w) {
            conv 3x3 w same, relu
        }
        network n {
            input x: 4x4x4
            share s = r 4
            s * 3
            s
            fc 2
        }
    """,
    "called network": """
        network body {
            input i: 8x8x3
            a: conv 3x3 4, relu
            fc 3, softmax
        }
        network n {
            input x: 8x8x3
            body
            fc 2
        }
    """,
    "called network twice cut": """
        network body {
            input i: 8x8x3
            a: conv 3x3 4, relu
            b: conv 3x3 4
            fc 3, softmax
        }
        network n {
            input x: 8x8x3
            u: body
            v: from x, body
            m: from u.a, conv 1x1 2
            add { identity; from v.a, conv 1x1 2 }
        }
    """,
    "aux two lines": """
        network n {
            input x: 8x8x3
            a: conv 3x3 4
            s: maxpool 2x2/2
            output aux: from s, fc 5, relu, fc 3, softmax
            output aux2: from a, fc 3
            conv 1x1 2
            fc 3, softmax
        }
    """,
    "aux with labels": """
        network n {
            input x: 8x8x3
            a: conv 3x3 4
            t: from a, conv 1x1 4, relu
            output aux: from t, fc 3, softmax
            b: from a, fc 3, softmax
        }
    """,
    "names of outputs": """
        network n {
            input x: 4
            output count: fc 2
            output index: from x, fc 3
            output _a: from x, fc 2
            output def: from x, fc 2
        }
    """,
    "output named as input": """
        network n {
            input logits: 4
            output logits2: fc 2, softmax
            output self: from logits, fc 3, softmax
        }
    """,
    "big index": """
        network n {
            input x: 8x8x3
            for i in [7, 3, 100] { c[i]: conv 1x1 4 }
            fc 2
        }
    """,
    "two idx": """
        network n {
            input x: 8x8x3
            for i in [0, 1] { for j in [0, 1] { c[2 * i + j]: conv 1x1 4, relu } }
            fc 2
        }
    """,
    "dropout rank": """
        network n {
            input x: Tx4
            dropout 0.3, fc 3, relu
        }
    """,
    "mul scalar": """
        network n {
            input x: 6x6x4
            mul { identity; avgpool global, conv 1x1 4, sigmoid }
        }
    """,
    "maxpool 1x1": """
        network n {
            input x: 7x5x2
            maxpool 3x2/2x1 pad=1x1
            avgpool 2x3/1x2 ceil
            fc 2
        }
    """,
}


@pytest.mark.parametrize("name", list(CASES))
def test_wiring(name: str) -> None:
    network = compiled(CASES[name], "n")
    assert "proved" in backend.prove(network, backend.write(network))
    module = live(network).eval()
    module.training = True
    inputs = example(network)
    with torch.no_grad():
        values = interpret(network, module, inputs)
        given = outputs(network, getattr(module, "predict", module)(*inputs))
        for output in network.outputs:
            torch.testing.assert_close(given[output.name], values[output.path])
        expected = module(*inputs)
        for other in (scripted(module), torch.export.export(module, tuple(inputs)).module()):
            torch.testing.assert_close(tuple(other(*inputs)), tuple(expected))


def test_a_label_that_is_also_an_index_is_refused() -> None:
    text = "network n {\n input x: 8x8x3\n conv[1]: conv 3x3 4\n conv: conv 3x3 4\n}"
    with pytest.raises(SpecError, match="two modules the name `conv`"):
        backend.write(compiled(text))
