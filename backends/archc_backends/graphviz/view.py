"""A network as a plan shows it.

A box is a layer with the layers that follow it (conv, bn, relu), a line of such layers, or a
closed block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc import spelling
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Node, Run, Structure
from archc.ops.base import Shape
from archc_backends.graphviz.model import Box, Cluster, Edge, Plan, TooManyBoxes, View

FOLLOWERS = frozenset({"activation", "normalization", "regularization"})
"""Families of layers that are written into the box of the layer they follow."""

MOST_ROWS = 6
"""A closed box lists so many of its layers or blocks; of more the first and the last."""

FEWEST = 12
"""Where the middle of a network is left out, so many boxes are shown whatever its outputs."""


@dataclass(slots=True)
class _Item:
    """A stretch of layers that makes one box: perhaps leading ones, the main one, followers."""

    layers: list[Layer]
    main: Layer | None


class Viewer:
    """Draws up one network under a plan. ``build`` once; raises TooManyBoxes."""

    def __init__(self, network: Network, exact: Structure, folding: Structure, plan: Plan) -> None:
        self.network = network
        self.exact = exact
        self.folding = folding
        self.plan = plan
        self.layers = list(network.root.layers())
        self.owner: dict[int, Box] = {}
        self.boxes = self.ends = len(network.inputs) + len(network.outputs)
        self.rows: list[list[Box]] = []
        self.first: dict[int, int] = {}  # a place in a later copy -> the same in the first copy
        self.readers = [0] * len(self.layers)
        for layer in self.layers:
            for path in set(layer.inputs):
                self._read(path)
        for output in network.outputs:
            self._read(output.path)

    def _read(self, path: str) -> None:
        place = self.exact.place(path)
        if place >= 0:
            self.readers[place] += 1

    def build(self) -> View:
        network = self.network
        root = network.root
        parts: list[Box | Cluster]
        if self.plan.opened(root, 0):
            parts = self._elide(self._parts(root, root.children, 1))
        else:
            parts = [self._closed(root)]
        inputs = {one.name: Box("input", "", one.name, []) for one in network.inputs}
        outputs = [Box("output", "", one.name, []) for one in network.outputs]
        edges = list(self._edges(inputs, outputs))
        read = {id(edge.source) for edge in edges}
        used = [box for box in inputs.values() if id(box) in read]
        self._count_costs()
        return View(Cluster("", "", 1, parts), edges, used, outputs, self.rows, self._home)

    def _home(self, path: str) -> Box | None:
        """The box that shows a layer: the first copy's, where copies are drawn once."""
        place = self.exact.place(path)
        if place < 0:
            return None
        while place in self.first:
            place = self.first[place]
        return self.owner.get(place)

    def _label(self, node: Node) -> str:
        return self.exact.label(node) or ""

    # ------------------------------------------------------------ parts

    def _parts(self, module: Module, children: Sequence[Node], level: int) -> list[Box | Cluster]:
        """The boxes and clusters of siblings; layers that stand side by side are gathered."""
        parts: list[Box | Cluster] = []
        stretch: list[Layer] = []

        def flush() -> None:
            parts.extend(self._layer_box(item) for item in self._items(stretch))
            stretch.clear()

        for run in self.folding.runs(children, labels=self.plan.labelled):
            if run.count > 1:
                flush()
                parts.extend(self._repeated(module, run, level))
                continue
            for node in run.nodes:
                if isinstance(node, Layer):
                    stretch.append(node)
                elif node.kind == "merge":
                    flush()
                    parts += self._branches(node, level)
                    stretch += [child for child in node.children if isinstance(child, Layer)]
                elif self._transparent(node):
                    # A shortcut of one convolution is drawn as that convolution.
                    flush()
                    parts += self._parts(node, node.children, level)
                else:
                    flush()
                    parts += self._module(node, level)
        flush()
        return parts

    def _branches(self, merge: Module, level: int) -> list[Box | Cluster]:
        parts: list[Box | Cluster] = []
        row: list[Box] = []
        for branch in merge.children:
            if not isinstance(branch, Module):
                continue
            inner = self._parts(branch, branch.children, level)
            inner = self._titled(inner, branch.label or "", "", 1) or self._wire(branch)
            if inner and isinstance(inner[0], Box):
                row.append(inner[0])
            parts += inner
        if len(row) > 1:
            self.rows.append(row)
        return parts

    def _wire(self, branch: Module) -> list[Box | Cluster]:
        """An identity's way past the other branches, kept inside of the block."""
        last = next(iter(list(branch.layers())[-1:]), None)
        if last is None:
            return []
        box = Box("wire", "", "", [])
        self.owner[self.exact.start[last]] = box
        return [box]

    def _module(self, module: Module, level: int) -> list[Box | Cluster]:
        if not self.plan.opened(module, level):
            return [self._closed(module)]
        parts = self._parts(module, module.children, level + 1)
        callee = spelling.call(module, times="×") if module.kind != "line" else ""
        return self._titled(parts, module.label or "", callee, 1)

    def _repeated(self, module: Module, run: Run, level: int) -> list[Box | Cluster]:
        """One copy of what repeats, marked ×N; the places of the others lead to it."""
        start = self.exact.start[run.node]
        end = self.exact.end[run.nodes[-1]]
        length = end - start
        for offset in range(length, length * run.count):
            self.first[start + offset] = start + offset % length
        grows = self._grows(run)
        parts = self._parts(module, run.nodes, level)
        if len(run.nodes) == 1 and len(parts) == 1:
            part = parts[0]
            if part.count == 1:
                part.count, part.grows = run.count, grows
                if self._label(run.node):
                    part.title = self._range(run)
                return parts
        titled = self._titled(parts, "", "", run.count)
        for part in titled:
            part.grows = part.grows or grows
        return titled

    def _grows(self, run: Run) -> bool:
        signatures = [[self.exact.signature(node) for node in copy] for copy in run.copies()]
        return any(one != signatures[0] for one in signatures)

    def _range(self, run: Run) -> str:
        first, last = (self._label(node) for node in (run.members[0], run.members[-1]))
        return f"{first} … {last}"

    def _titled(
        self, parts: list[Box | Cluster], label: str, callee: str, count: int
    ) -> list[Box | Cluster]:
        """The parts in a cluster of their own, where there is something to be said of them."""
        if not parts or (not label and not callee and count == 1):
            return parts
        if len(parts) == 1:
            part = parts[0]
            if isinstance(part, Cluster) and not part.title and not callee and count == 1:
                part.title = label  # a line of one block, perhaps repeated
                return parts
            bare = not part.title and part.count == 1
            if isinstance(part, Box) and bare:
                part.title, part.count = label, count
                return parts
            if isinstance(part, Cluster) and (bare or not (label or callee)) and part.count == 1:
                part.title, part.count = label or part.title, count
                part.callee = callee or part.callee
                return parts
        return [Cluster(label, callee, count, parts)]

    def _transparent(self, module: Module) -> bool:
        """A block, group or branch without a label that comes to one box, or to none."""
        if module.label is not None:
            return False
        if module.kind in ("branch", "group"):
            return True
        if module.kind == "line":
            return False
        main = 0
        for child in module.children:
            if isinstance(child, Module):
                if child.kind == "merge" or not self._transparent(child):
                    return False
                main += sum(1 for one in child.layers() if not _follows(one))
            else:
                main += not _follows(child)
            if main > 1:
                return False
        return True

    # ------------------------------------------------------------ layers

    def _items(self, stretch: Sequence[Layer]) -> Iterator[_Item]:
        """Gather layers into boxes: what follows a layer, and nothing else reads it, joins it."""
        item: _Item | None = None
        for layer in stretch:
            if _is_wire(layer) and not self._label(layer):
                continue
            follows = _follows(layer)
            main = None if follows else layer
            if item is None:
                item = _Item([layer], main)
            elif (follows or item.main is None) and self._continues(item.layers[-1], layer):
                item.layers.append(layer)
                item.main = item.main or main
            else:
                yield item
                item = _Item([layer], main)
        if item is not None:
            yield item

    def _continues(self, before: Layer, layer: Layer) -> bool:
        place = self.exact.start[before]
        return (
            layer.inputs == (before.path,) and self.readers[place] == 1 and not self._label(layer)
        )

    def _layer_box(self, item: _Item) -> Box:
        main = item.main or item.layers[0]
        title = next((label for one in item.layers if (label := self._label(one))), "")
        box = Box("layers", main.op.family, title, [self._row(item)])
        self._own(box, item.layers)
        return box

    def _row(self, item: _Item) -> str:
        """``conv 11×11/4, 96 · relu``."""
        texts: list[str] = []
        for one in item.layers:
            arguments = spelling.arguments(one.op, full=False, times="×", between=", ")
            texts.append(f"{one.op.name} {arguments}".rstrip())
        return " · ".join(texts)

    def _own(self, box: Box, layers: Sequence[Layer]) -> None:
        self.boxes += 1
        if self.plan.limit is not None and self.boxes > self.plan.limit and not self.plan.elide:
            raise TooManyBoxes
        for layer in layers:
            self.owner[self.exact.start[layer]] = box

    def _count_costs(self) -> None:
        """Each box's own costs; of the rest that is left out, with its repeats."""
        for place, layer in enumerate(self.layers):
            first = place
            while first in self.first:
                first = self.first[first]
            box = self.owner.get(first)
            if box is None or (first != place and box.role != "rest"):
                continue
            macs = layer.macs
            box.params = box.params + layer.params
            box.shares = box.shares or layer.shares is not None
            box.macs = None if box.macs is None or macs is None else box.macs + macs
            box.layers += 1

    # ------------------------------------------------------------ closed blocks

    def _closed(self, module: Module) -> Box:
        layers = self.layers[self.exact.start[module] : self.exact.end[module]]
        title = module.label or ""
        if module.kind == "line":
            rows = _fold_rows(list(self._closed_rows(module)))
        else:
            rows = [spelling.call(module, times="×")]
        line = module.kind == "line"
        simple = line and all(isinstance(child, Layer) for child in module.children)
        heaviest = max(layers, key=_weight, default=None)
        family = heaviest.op.family if simple and heaviest is not None else "block"
        box = Box("layers" if simple else "block", family, title, rows)
        box.names = _labels_below(module)
        self._own(box, layers)
        return box

    def _closed_rows(self, module: Module) -> Iterator[str]:
        stretch: list[Layer] = []
        for child in module.children:
            if isinstance(child, Layer):
                stretch.append(child)
                continue
            yield from (self._row(item) for item in self._items(stretch))
            stretch.clear()
            if child.kind in ("line", "branch", "group"):
                yield from self._closed_rows(child)
            elif child.kind == "merge":
                branches = sum(isinstance(c, Module) for c in child.children)
                yield f"{child.callee} of {branches}"
            else:
                yield spelling.call(child, times="×")
        yield from (self._row(item) for item in self._items(stretch))

    def _elide(self, parts: list[Box | Cluster]) -> list[Box | Cluster]:
        if not self.plan.elide or self.plan.limit is None:
            return parts
        most = max(self.plan.limit - self.ends, FEWEST)
        if len(parts) <= most:
            return parts
        head, tail = 2 * most // 3, most // 4
        rest = Box("rest", "", "", [])
        hidden = {id(box) for part in parts[head : len(parts) - tail] for box in _boxes(part)}
        for place, box in self.owner.items():
            if id(box) in hidden:
                self.owner[place] = rest
        return [*parts[:head], rest, *parts[len(parts) - tail :]]

    # ------------------------------------------------------------ edges

    def _edges(self, inputs: dict[str, Box], outputs: list[Box]) -> Iterator[Edge]:
        seen: set[tuple[int, int, Shape]] = set()
        ends = [
            (box, (output.path,)) for box, output in zip(outputs, self.network.outputs, strict=True)
        ]
        boxes = self.owner
        drawn = [
            (boxes[place], layer.inputs)
            for place, layer in enumerate(self.layers)
            if place in boxes and place not in self.first
        ]
        for target, paths in [*drawn, *ends]:
            for path in paths:
                source, shape = self._source(path, inputs)
                key = (id(source), id(target), shape)
                if source is target or key in seen:
                    continue
                seen.add(key)
                yield Edge(source, target, shape)

    def _source(self, path: str, inputs: dict[str, Box]) -> tuple[Box, Shape]:
        """The box that a value comes from, and the value's shape."""
        place = self.exact.place(path)
        if place < 0:
            name = self.network.inputs[-place - 1].name
            return inputs[name], self.network.inputs[-place - 1].shape
        shape = self.layers[place].shape
        while place not in self.owner or place in self.first:
            if place in self.first:
                place = self.first[place]
                continue
            (before,) = self.layers[place].inputs  # a wire
            place = self.exact.place(before)
            if place < 0:
                return inputs[self.network.inputs[-place - 1].name], shape
        return self.owner[place], shape


def _boxes(part: Box | Cluster) -> Iterator[Box]:
    return iter((part,)) if isinstance(part, Box) else part.boxes()


def _labels_below(module: Module) -> list[str]:
    """Labels of the parts, for the tooltip of a closed box."""
    return [c.label for c in module.children if isinstance(c, Module) and c.label is not None]


def _follows(layer: Layer) -> bool:
    return layer.op.family in FOLLOWERS or layer.op.name == "flatten" or _is_wire(layer)


def _is_wire(layer: Layer) -> bool:
    return layer.op.name == "identity"


def _weight(layer: Layer) -> int:
    """How much a layer says of what its line does."""
    params = layer.params
    if _follows(layer):
        return -1
    return params if isinstance(params, int) else 1


def _fold_rows(rows: list[str]) -> list[str]:
    """Equal rows after one another as one with ×N; the middle of a long list left out."""
    folded: list[tuple[str, int]] = []
    for row in rows:
        if folded and folded[-1][0] == row:
            folded[-1] = (row, folded[-1][1] + 1)
        else:
            folded.append((row, 1))
    texts = [row if count == 1 else f"{row}  ×{count}" for row, count in folded]
    if len(texts) <= MOST_ROWS:
        return texts
    left_out = len(texts) - (MOST_ROWS - 1)
    return [*texts[: MOST_ROWS - 2], f"… {left_out} more", texts[-1]]
