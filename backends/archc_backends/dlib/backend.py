"""The backend as archc's registry knows it."""

from __future__ import annotations

from typing import Any

from archc.graph.network import Network


class DlibBackend:
    """Writes C++ for dlib 19.24 and later; see docs/dlib.md."""

    name = "dlib"
    suffixes = (".h", ".hpp", ".dlib")

    def write(
        self, network: Network, suffix: str = ".h", *, loss: str | None = None, **options: Any
    ) -> str:
        """The network as a C++ header (``.h``), or as its ``using`` declarations alone (``.dlib``).

        ``loss`` is the loss layer to put on top (``loss_mean_squared``), "" for none; where it is
        not given, ``loss_multiclass_log`` stands for a softmax that closes the network. Raises
        SpecError (``unsupported``) with every reason for which dlib cannot hold the network.
        """
        from archc_backends.dlib.source import write

        return write(network, bare=suffix == ".dlib", loss=loss)
