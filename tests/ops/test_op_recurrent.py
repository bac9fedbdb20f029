"""Words and sequences: as torch's own layers count and compute them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from live import body, exported, live
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archc
from archc import SpecError
from archc.audit.conventions import TRAINED, weigh, weighting
from archc.dims import symbol
from archc.ops.base import Cost, ShapeError
from archc.ops.recurrent import GRU, LSTM, Embed, Recurrent

KINDS: list[tuple[type[Recurrent], Any]] = [(LSTM, nn.LSTM), (GRU, nn.GRU)]


@pytest.mark.parametrize(("kind", "theirs"), KINDS, ids=["lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("both", [False, True])
def test_counts_are_torchs(kind: type[Recurrent], theirs: Any, layers: int, both: bool) -> None:
    op = kind(7, layers, both)
    module = theirs(5, 7, layers, batch_first=True, bidirectional=both, device="meta")
    weights = op.weights((11, 5))
    assert weights.trainable == sum(p.numel() for p in module.parameters())
    assert weights.biases == weights.second_biases
    with FlopCounterMode(display=False) as counter:
        found = module(torch.empty(1, 11, 5, device="meta"))[0]
    assert op.shape((11, 5)) == tuple(found.shape[1:])
    cost = op.cost((11, 5))
    assert cost is not None
    assert cost.macs == counter.get_total_flops() // 2
    assert cost.bias_adds == 11 * (weights.biases + weights.second_biases)  # type: ignore[operator]


@pytest.mark.parametrize(("kind", "theirs"), KINDS, ids=["lstm", "gru"])
@pytest.mark.parametrize("flags", ["", " layers=2", " bidirectional", " layers=2 bidirectional"])
@pytest.mark.parametrize("last", ["", " last"])
def test_values_are_torchs(kind: type[Recurrent], theirs: Any, flags: str, last: str) -> None:
    network, module = live(body(f"{kind.name} 6{flags}{last}", "x: Tx4"))
    op: Any = network.layers[0].op
    torch.manual_seed(0)
    twin = theirs(4, 6, op.layers, batch_first=True, bidirectional=op.bidirectional).double()
    weights = twin.state_dict()
    module.load_state_dict({f"{kind.name}.{name}": value for name, value in weights.items()})
    x = torch.randn(2, 5, 4).double()
    outputs, states = twin(x)
    state: Tensor = states[0] if isinstance(states, tuple) else states
    directions = op.directions
    expected = torch.cat(list(state[-directions:]), dim=-1) if last else outputs
    torch.testing.assert_close(module(x), expected)
    exported(module, x)


def test_one_step_of_lstm_by_hand() -> None:
    _, module = live(body("lstm 3", "x: Tx2"))
    torch.manual_seed(0)
    x = torch.randn(1, 4, 2).double()
    u, v, a, b = (p.detach() for p in module.parameters())
    h = c = torch.zeros(3).double()
    steps = []
    for value in x[0]:
        i, f, g, o = (u @ value + a + v @ h + b).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        steps.append(h)
    torch.testing.assert_close(module(x)[0], torch.stack(steps))


def test_papers_count_one_bias() -> None:
    """4·(512·512 + 512·512 + 512), as papers write an LSTM of 512 over 512."""
    weights = LSTM(512).weights((symbol("T"), 512))
    assert weigh(weights, TRAINED) == 2_101_248
    assert weigh(weights, weighting(TRAINED, ["onebias"])) == 2_099_200
    assert weigh(weights, weighting(TRAINED, ["nobias"])) == 2_097_152


def test_the_cost_of_a_step() -> None:
    assert LSTM(1).cost((1, 1)) == Cost(
        macs=8,
        bias_adds=8,
        multiplications=3 + 2,
        additions=1 + 3 + 2 * 2,
        exponentials=5,
        divisions=5,
    )


def test_embedding() -> None:
    network, module = live(body("embed 10 4", "words: T"))
    table = next(module.parameters())
    words = torch.tensor([[3, 1, 3], [0, 9, 2]])
    assert torch.equal(module(words), table[words])
    assert torch.equal(module(words.double()), table[words])
    assert network.params == 40
    assert network.cost == Cost()
    exported(module, words)
    with pytest.raises(ShapeError, match="takes T words"):
        Embed(10, 4).shape((3, 4))


CAPTIONS = """
network captions(words = 20) {
    input image: 16x16x3
    input text: T

    picture: from image, conv 3x3/2 8 pad, relu, avgpool global, flatten, fc 6
    from text, embed words 6
    sentence: concat axis=time {
        from picture
        identity
    }
    lstm 6, dropout 0.5, fc words, softmax                    -> [T + 1, words]
}
"""


def test_an_image_and_then_words() -> None:
    network, module = live(CAPTIONS)
    image, text = torch.randn(2, 3, 16, 16).double(), torch.randint(20, (2, 5))
    found = module(image, text)
    assert found.shape == (2, 6, 20)
    found.square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in module.parameters())
    exported(module, image, text)
    assert network.inputs[1].shape == (symbol("T"),)


def test_an_image_at_each_step() -> None:
    lines = """
        picture: from image, flatten
        words: from text, embed 9 5
        spread: from picture, expand like=words
        concat { from spread; from words }
        gru 4, mean axis=time
    """
    _, module = live(body(lines, "image: 2x2x3", "text: T"))
    image, text = torch.randn(2, 3, 2, 2).double(), torch.randint(9, (2, 7))
    assert module(image, text).shape == (2, 4)
    exported(module, image, text)


def test_frames_are_regions() -> None:
    """A map for each of T frames, a vector of each, and an LSTM over them."""
    lines = "conv 3x3/2 4 pad, relu, avgpool global, flatten, lstm 5 last, fc 3"
    network, module = live(body(lines, "frames: [T, 12, 12, 3]"))
    assert [layer.shape[:1] for layer in network.layers[:4]] == [(symbol("T"),)] * 4
    assert module(torch.randn(2, 6, 3, 12, 12).double()).shape == (2, 3)


@pytest.mark.parametrize("layer", ["lstm 5", "gru 5"])
def test_a_map_is_no_sequence(layer: str) -> None:
    with pytest.raises(SpecError) as caught:
        archc.loads(body(layer, "image: 8x8x3"))
    assert "takes a sequence TxC, but 8x8x3 arrives" in str(caught.value)
