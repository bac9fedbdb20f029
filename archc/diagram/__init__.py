"""What a diagram of a network shows, whatever it is drawn with: boxes, frames and edges.

:func:`view` chooses how much of a network is open and gives a :class:`View`; drawing backends
turn that into their notation, with the words of :mod:`archc.diagram.words`.
"""

from archc.diagram.model import Box, Cluster, Edge, View
from archc.diagram.plan import view

__all__ = ["Box", "Cluster", "Edge", "View", "view"]
