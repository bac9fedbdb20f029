"""What a reader of the generated text must know: where dlib does otherwise than the spec says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from archc.graph.network import Network
from archc.ops.normalization import BatchNorm, LayerNorm
from archc.ops.regularization import Dropout
from archc_backends.dlib.plan import Plan

BN_EPS = 1e-4
"""dlib's DEFAULT_BATCH_NORM_EPS."""

LN_EPS = 1e-5
"""dlib's DEFAULT_LAYER_NORM_EPS."""


def remarks(network: Network, plan: Plan) -> Iterator[str]:
    """One text a remark."""
    yield from _input(network)
    if plan.closing is not None:
        yield (
            f"The softmax at the end is left to {plan.loss}, so the net gives what goes into it. "
            "softmax<net_type::subnet_type> gives probabilities."
        )
    ops = [layer.op for layer in network.layers]
    dropout = any(isinstance(op, Dropout) for op in ops)
    norms = {op.eps for op in ops if isinstance(op, BatchNorm)}
    if dropout:
        yield (
            "dlib's dropout zeroes values whenever it runs, and does not scale what it keeps: to "
            "use a trained net, put multiply (by 1 - the rate) in its place."
        )
    if norms:
        yield (
            "dlib's batch normalisation takes its own batch's statistics whenever it runs on more "
            "than one image: to use a trained net, put affine in its place."
        )
    for eps in sorted(norms - {BN_EPS}):
        yield f"dlib's bn adds {BN_EPS:g} to the variance, the spec {eps:g}."
    others = {op.eps for op in ops if isinstance(op, LayerNorm)}
    for eps in sorted(others - {LN_EPS}):
        yield f"dlib's layer_norm adds {LN_EPS:g} to the variance, the spec {eps:g}."


def _input(network: Network) -> Iterator[str]:
    shape = network.inputs[0].shape
    if len(shape) != 3:
        return
    if shape[-1] == 1:
        yield "dlib divides the pixels of matrix<unsigned char> by 256."
    elif shape[-1] == 3:
        yield (
            "dlib takes a mean colour (122.782, 117.001, 104.298) off each pixel, and divides by "
            "256."
        )


def paragraph(text: str, width: int = 96) -> str:
    """A remark as lines of a comment."""
    lines = textwrap.wrap(text, width, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(f"// {line}" for line in lines)
