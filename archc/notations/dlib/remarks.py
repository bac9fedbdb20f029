"""What dlib does otherwise than other frameworks, as far as the text alone tells."""

from __future__ import annotations

from archc.diagnostics import Diagnostic, Span
from archc.notations.dlib.graphs import Graph, Node

_SAID = {
    "affine": "`affine` scales and shifts by numbers that are not trained, so that dlib counts no "
    "parameters for it: it is read as `bn` without a trained scale and shift",
    "dropout": "dlib's dropout does not divide what is left by 1 - p: its networks for testing "
    "have `multiply` in its place; it is read as the usual one",
    "upsample": "dlib aligns the centres of the corners when it interpolates, archc their edges: "
    "shapes are the same, values are not",
    "input_rgb_image_pair": "each example is a pair of images, one after the other in the batch",
    "pyramid": "the network sees a pyramid of the image in one plane: H and W are that plane's",
}


def remarks(graphs: list[Graph]) -> list[Diagnostic]:
    """One remark of a kind, at the first place."""
    first: dict[str, Span] = {}
    for graph in graphs:
        for node in graph.nodes:
            if kind := _kind(node):
                first.setdefault(kind, node.span)
        if graph.input is not None:
            name = graph.input.use.name
            kind = "pyramid" if name.endswith("_pyramid") else name
            if kind in _SAID:
                first.setdefault(kind, graph.input.use.span)
    return [
        Diagnostic("framework", _SAID[kind], span, severity="remark")
        for kind, span in first.items()
    ]


def _kind(node: Node) -> str:
    made = node.made
    if made is None:
        return ""
    if made.name == "bn" and made.fields.get("scale") is False:
        return "affine"
    return made.name if made.name in ("dropout", "upsample") else ""
