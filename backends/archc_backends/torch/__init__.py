"""The torch backend: networks as PyTorch source, and as live modules made by executing it."""

from archc_backends.torch.backend import TorchBackend

backend = TorchBackend()

__all__ = ["TorchBackend", "backend"]
