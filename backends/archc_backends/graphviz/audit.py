"""Marks of an audit on a diagram: which box or frame shows the part that a claim speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archc.audit.marks import Mark
from archc.audit.reports.words import STANDINGS, Standing
from archc.diagram.model import Box, Cluster, View
from archc.graph.network import Layer, Network

MOST_LINES = 3
"""Disputed numbers that a box lists; of more it says how many."""

LONGEST = 44
"""Characters of such a line."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a box looks that documents speak of; ``width`` is its border's."""

    fill: str
    line: str
    width: str


LOOKS: dict[Standing, Look] = {
    "disputed": Look("#fbd3cc", "#b3261e", "3"),
    "erratum": Look("#fde7ad", "#8a5a00", "2.4"),
    "if": Look("#d3e5f7", "#0067a5", "1.6"),
    "holds": Look("#d2eedd", "#00694e", "1"),
    "unknown": Look("#eceef0", "#52606d", "1"),
}
"""Texts differ as well as hues and borders, for readers who do not see those."""

UNSAID = Look("#ffffff", "#9aa5b1", "1")
"""Boxes that no document speaks of."""

SERIOUS: tuple[Standing, ...] = tuple(STANDINGS)


def attach(view: View, network: Network, marks: Sequence[Mark]) -> None:
    """Give each mark to the box or frame that shows its part; the rest to the whole diagram."""
    clusters = list(view.root.clusters())
    ends = {box.title: box for box in view.inputs}
    for mark in marks:
        _home(mark, view, network, clusters, ends).marks.append(mark)


def _home(
    mark: Mark, view: View, network: Network, clusters: Sequence[Cluster], ends: dict[str, Box]
) -> Box | Cluster:
    node = network.find(mark.path)
    if node is None or node is network.root:
        return ends.get(mark.path, view.root)
    layers = [node] if isinstance(node, Layer) else list(node.layers())
    boxes = [box for layer in layers if (box := view.home(layer.path)) is not None]
    shown = {id(box) for box in boxes}
    if not shown:
        return view.root
    if len(shown) > 1:
        for cluster in clusters:
            inside = {id(box) for box in cluster.boxes() if box.role != "wire"}
            if shown - inside <= _wires(cluster) and inside <= shown:
                return cluster
    return boxes[-1]


def _wires(cluster: Cluster) -> set[int]:
    return {id(box) for box in cluster.boxes() if box.role == "wire"}


def look(part: Box | Cluster) -> Look:
    """The look of the most serious mark."""
    found = {mark.standing for mark in part.marks}
    return next((LOOKS[one] for one in SERIOUS if one in found), UNSAID)


def looks(view: View) -> list[tuple[str, Look]]:
    """The looks that parts of a diagram have, in words, the most serious first."""
    parts: list[Box | Cluster] = [box for box in view.root.boxes() if box.role != "wire"]
    framed: list[Box | Cluster] = [*view.inputs, *view.outputs, *view.root.clusters()]
    parts += [part for part in framed if part.marks]  # else these have their own colours
    found = {look(part) for part in parts}
    said = {STANDINGS[one].partition(":")[0]: LOOKS[one] for one in SERIOUS}
    return [(words, one) for words, one in {**said, "none printed": UNSAID}.items() if one in found]


def lines(part: Box | Cluster) -> list[str]:
    """What is disputed in words, and how many numbers are not; nothing where none is printed."""
    wrong = [mark for mark in part.marks if mark.standing in ("disputed", "erratum")]
    wrong.sort(key=lambda mark: SERIOUS.index(mark.standing))
    texts = list(dict.fromkeys(_line(mark, part) for mark in wrong))
    if len(texts) > MOST_LINES:
        texts = [*texts[: MOST_LINES - 1], f"… {len(texts) - MOST_LINES + 1} more that do not hold"]
    for standing in ("if", "holds", "unknown"):
        count = sum(mark.standing == standing for mark in part.marks)
        if count:
            texts.append(_SAY[standing][count > 1].format(count))
    return texts


_SAY = {
    "if": ("1 number holds if …", "{} numbers hold if …"),
    "holds": ("1 number holds", "{} numbers hold"),
    "unknown": ("1 number is open", "{} numbers are open"),
}


def _line(mark: Mark, part: Box | Cluster) -> str:
    """``params: “34,848” ≠ 34,944``, with the part's name where the box does not say it."""
    known = mark.subject == "total" or part.title in (mark.subject, mark.path)
    known = known or (bool(part.title) and mark.subject.startswith(part.title + "."))
    text = mark.text if known else f"{mark.subject} {mark.text}"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
