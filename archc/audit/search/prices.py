"""What a change costs in bits, and the limits of the search. The only numbers that were chosen.

A change's code is: whether a declared variant is meant (1 bit), else the kind, then the value, then
the scope. The kinds that are not declared share half of the code; a test asserts that all changes
of a document together stay within 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

CITED = "cited"

KINDS: Mapping[str, float] = {
    CITED: 1,  # of the variants that a spec declares with a source
    "terms": 4,  # biases, normalisation, activations, the input: counted or not
    "binary": 4,  # K is 1024, MB is MiB
    "cut": 4,  # digits cut off, not rounded
    "bias": 4,  # one layer's biases left out
    "parameter": 5,  # of the network
    "factor": 5,  # replaced by another integer of the same layer
    "times": 5,  # twice or half
    "convention": 6,  # another tool's counting
    "shift": 6,  # a neighbouring row's number
    "range": 6,  # contiguous rows summed
    "lost": 6,  # a layer lost, or counted twice
    "separable": 7,  # a convolution as a depthwise and a pointwise one
    "half": 7,  # one device's share
}

OF_LAYERS = ("bias", "factor", "range", "lost", "separable")
"""Kinds that have values for every layer, as many as the network has: which one is meant says
more than the kind."""

DOCUMENT, TABLE, COLUMN, CELL = 1.0, 2.0, 3.0, 3.0
"""Scopes; log2 of how many tables, columns, rows and cells there are comes on top."""

PAIR = 1.0
"""That a second change follows."""

ACCEPTED = 6.0
"""Bits by which an explanation must be shorter than what it explains."""

AMBIGUOUS = 2.0
"""Bits within which a second explanation is as good."""

NEAR = Fraction(5, 4)
"""Ratio within which the number of another reading is named as the nearest to what is printed."""

MOST_BINDINGS = 64
"""Networks that are compiled for one network's parameters."""

MOST_CLAIMS = 200
"""Claims that do not hold of one document and family; what comes after them is not searched."""

MOST_CANDIDATES = 20_000
"""Explanations that are tried for one claim."""

MOST_TOGETHER = 200_000
"""Explanations that are tried for all claims of one document and family."""
