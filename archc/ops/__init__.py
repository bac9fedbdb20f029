"""The layers: one frozen dataclass each, one file a family."""

from archc.ops.base import Cost, Op, Reach, Shape, ShapeError, Size, Weights, Window

__all__ = ["Cost", "Op", "Reach", "Shape", "ShapeError", "Size", "Weights", "Window"]
