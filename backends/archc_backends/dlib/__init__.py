"""C++ headers with dlib's templates; see docs/dlib.md."""

from archc_backends.dlib.backend import DlibBackend

backend = DlibBackend()

__all__ = ["DlibBackend", "backend"]
