"""The backend as archc's registry knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.graph.network import Network

if TYPE_CHECKING:
    from torch import nn


class TorchBackend:
    """Writes PyTorch source; see docs/backends.md."""

    name = "torch"
    suffixes = (".py",)

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

    def prove(self, network: Network, source: str) -> str:
        """Hold the source against inference: every layer's output shape and parameters.

        Returns one line that says what was proved. Raises SpecError where they differ.
        """
        from archc_backends.torch.proof import prove

        return prove(network, source)
