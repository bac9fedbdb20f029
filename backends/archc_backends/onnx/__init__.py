"""The ONNX backend: networks as models with weights, for runtimes and viewers."""

from archc_backends.onnx.backend import OnnxBackend

backend = OnnxBackend()

__all__ = ["OnnxBackend", "backend"]
