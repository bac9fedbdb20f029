"""What generated modules bring along for words and sequences.

As helpers.py: never imported by archc, copied into the files that use it; all scripts and exports.
"""

# torch's own signatures are not fully typed:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportAssignmentType=false, reportPrivateUsage=false
# and torch's recurrent layers give their states too, which nobody reads here:
# pyright: reportIncompatibleMethodOverride=false
# mypy: disable-error-code="override, assignment"

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Words(nn.Embedding):
    """A vector for each word; the words' numbers may come as tensors of any type."""

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input.long(), self.weight)


class LSTM(nn.LSTM):
    """Long short-term memory over a batch of sequences: the outputs of all steps,
    or of the last."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bidirectional: bool = False,
        last: bool = False,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional
        )
        self.last = last

    def forward(self, input: Tensor) -> Tensor:
        weights: list[Tensor] = self._flat_weights
        rows = self.num_layers * (2 if self.bidirectional else 1)
        start = input.new_zeros([rows, input.size(0), self.hidden_size])
        outputs = torch.lstm(
            input,
            [start, start],
            weights,
            self.bias,
            self.num_layers,
            0.0,
            self.training,
            self.bidirectional,
            True,
        )[0]
        return last_step(outputs, self.hidden_size) if self.last else outputs


class GRU(nn.GRU):
    """Gated recurrent units over a batch of sequences: the outputs of all steps,
    or of the last."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bidirectional: bool = False,
        last: bool = False,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional
        )
        self.last = last

    def forward(self, input: Tensor) -> Tensor:
        weights: list[Tensor] = self._flat_weights
        rows = self.num_layers * (2 if self.bidirectional else 1)
        start = input.new_zeros([rows, input.size(0), self.hidden_size])
        outputs = torch.gru(
            input,
            start,
            weights,
            self.bias,
            self.num_layers,
            0.0,
            self.training,
            self.bidirectional,
            True,
        )[0]
        return last_step(outputs, self.hidden_size) if self.last else outputs


def last_step(outputs: Tensor, width: int) -> Tensor:
    """What each direction gives after its last step: at the end, and backwards at the start."""
    return torch.cat([outputs[:, -1, :width], outputs[:, 0, width:]], dim=1)
