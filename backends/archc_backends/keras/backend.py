"""The backend as archc's registry knows it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from archc.graph.network import Network


class KerasBackend:
    """Writes Keras 3 source; see docs/keras.md."""

    name = "keras"
    suffixes = ("_keras.py", ".py")
    requires = "archc-compiler[keras]"

    def write(self, network: Network, suffix: str = "_keras.py", **options: Any) -> str:
        """The network as the source of a Python file that needs Keras alone.

        Raises SpecError (``unsupported``) for what Keras cannot do.
        """
        from archc_backends.keras.source import write

        return write(network)

    def model(self, network: Network) -> Any:
        """The network as a live ``keras.Model``: the source that :meth:`write` gives, executed.

        Raises SpecError (``unsupported``) where Keras, or what it runs on, is not installed.
        """
        from archc_backends.keras.live import instance

        return instance(network, self.write(network))

    def prove(self, network: Network, source: str) -> str | None:
        """Hold the source against inference: every layer's output shape and parameters.

        Returns one line that says what was proved, or None where Keras is not installed. Raises
        SpecError where they differ.
        """
        if find_spec("keras") is None:
            return None
        from archc_backends.keras.proof import prove

        return prove(network, source)
