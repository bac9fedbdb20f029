"""How the torch backend spells the layer: a call, and the class that the file must bring."""

from __future__ import annotations

from typing import cast

from archc.graph.network import Layer
from archc_backends.torch.spelling import Arg, Call
from archc_extras.swish import Swish

SOURCE = '''
class Swish(nn.Module):
    """x · sigmoid(beta · x), with a beta for each channel."""

    def __init__(self, channels: int, initial: float = 1.0) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.full((channels, 1, 1), initial))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.beta * x)
'''


def swish(layer: Layer) -> Call:
    channels = layer.input_shapes[0][-1]
    assert isinstance(channels, int)
    initial = float(cast(Swish, layer.op).initial)
    args = (Arg("channels", channels), Arg("initial", initial, 1.0, keyword=True))
    return Call("Swish", args, helper=SOURCE)
