"""Keras 3 source from networks."""

from archc_backends.keras.backend import KerasBackend

backend = KerasBackend()

__all__ = ["KerasBackend", "backend"]
