"""PyTorch and Keras listings, read with Python's own ``ast`` and never executed.

``text`` parses and repairs, ``values`` are what names of a listing stand for, ``evaluate`` and
``run`` follow its statements within bounds, ``torch_*`` and ``keras_*`` know the frameworks'
layers and defaults, ``trace`` is the graph that comes of it, ``blocks`` finds what repeats,
``emit`` writes the tree, ``read`` is all of that together.
"""

from archc.notations.listing.read import read, repair, review
from archc.notations.notation import Notation

notation = Notation("listing", (".py",), read, repair=repair, review=review)

__all__ = ["notation", "read", "repair", "review"]
