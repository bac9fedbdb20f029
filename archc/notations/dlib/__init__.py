"""dlib's nested templates: networks as C++ types, from the output to the input."""

from archc.notations.dlib.notation import notation

__all__ = ["notation"]
