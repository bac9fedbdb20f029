"""The backend as archc's registry knows it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from archc.backend import Spelled
from archc.graph.network import Layer, Network

if TYPE_CHECKING:
    from torch import nn


class TorchBackend:
    """Writes PyTorch source; see docs/backends.md."""

    name = "torch"
    suffixes = (".py",)
    requires = "archc-compiler[torch]"

    def write(self, network: Network, suffix: str = ".py", **options: Any) -> str:
        """The network as the source of a Python module that needs torch alone.

        Raises SpecError (``unsupported``) for what torch cannot do.
        """
        from archc_backends.torch.source import write

        return write(network)

    def module(self, network: Network) -> nn.Module:
        """The network as a live module: the source that :meth:`write` gives, executed."""
        from archc_backends.torch.live import instance

        return instance(network, self.write(network))

    def spelled(self, network: Network) -> dict[str, Spelled]:
        """The class of each layer in the generated module, by the layer's path. Needs no torch."""
        from archc_backends.torch.spelled import spelled

        return spelled(network)

    def spelled_alone(self, layer: Layer) -> Spelled:
        """The class of one layer, by itself, in a generated module. Needs no torch."""
        from archc_backends.torch.spelled import spelled_alone

        return spelled_alone(layer)

    def prove(self, network: Network, source: str) -> str | None:
        """Hold the source against inference: every layer's output shape and parameters.

        Returns one line that says what was proved, or None where torch is not installed. Raises
        SpecError where they differ.
        """
        if find_spec("torch") is None:
            return None
        from archc_backends.torch.proof import prove

        return prove(network, source)
