"""What generated modules bring along for words and sequences.

As helpers.py: never imported by archc, copied into the files that use it; all scripts and exports.
"""

# torch's own signatures are not fully typed:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# and torch's recurrent layers give their states too, which nobody reads here:
# mypy: disable-error-code="override"
# pyright: reportIncompatibleMethodOverride=false

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Words(nn.Embedding):
    """A vector for each word; the words' numbers may come as tensors of any type."""

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input.long(), self.weight)


class LSTM(nn.LSTM):
    """Long short-term memory over a batch of sequences: the outputs of all steps."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input)[0]


class GRU(nn.GRU):
    """Gated recurrent units over a batch of sequences: the outputs of all steps."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input)[0]


class LastLSTM(nn.LSTM):
    """Long short-term memory over a batch of sequences: the output after the last step."""

    def forward(self, input: Tensor) -> Tensor:
        return last(super().forward(input)[0], self.hidden_size)


class LastGRU(nn.GRU):
    """Gated recurrent units over a batch of sequences: the output after the last step."""

    def forward(self, input: Tensor) -> Tensor:
        return last(super().forward(input)[0], self.hidden_size)


def last(outputs: Tensor, width: int) -> Tensor:
    """What each direction gives after its last step: at the end, and backwards at the start."""
    return torch.cat([outputs[:, -1, :width], outputs[:, 0, width:]], dim=1)
