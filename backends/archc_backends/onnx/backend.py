"""The backend as archc's registry knows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archc.diagnostics import Diagnostic
from archc.graph.network import Network


class OnnxBackend:
    """Writes ONNX models; see docs/onnx.md."""

    name = "onnx"
    suffixes = (".onnx",)

    def write(
        self,
        network: Network,
        suffix: str = ".onnx",
        *,
        weights: Mapping[str, Any] | None = None,
        probabilities: bool = False,
        remarks: list[Diagnostic] | None = None,
        **options: Any,
    ) -> bytes:
        """The network as an ONNX model, with its weights.

        ``weights`` are arrays or tensors by their names in the torch module's ``state_dict``, or
        a Sequential's by its numbers, which is said in ``remarks``; without them they are random,
        the same every time. ``probabilities``: where the network closes with a softmax, give what
        it makes, and not the logits that go into it.

        Raises SpecError (``unsupported``) for what ONNX cannot do, for weights that are not the
        network's, and where onnx is not installed.
        """
        from archc_backends.onnx.model import model

        found = model(network, weights, probabilities=probabilities, remarks=remarks)
        written: bytes = found.SerializeToString()
        return written

    def read_weights(self, path: str | Path) -> dict[str, Any]:
        """The arrays of a ``.pt`` (a state_dict; needs torch) or ``.npz`` file, by name.

        Raises SpecError where it cannot be read.
        """
        from archc_backends.onnx.weights import read_weights

        return read_weights(Path(path))

    def prove(self, network: Network, source: bytes) -> str | None:
        """Hold the model against inference: the checker, every layer's shape, and a run.

        Returns one line that says what was proved. Raises SpecError where they differ.
        """
        from archc_backends.onnx.proof import prove

        return prove(network, source)
