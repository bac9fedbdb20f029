"""A network as a plan shows it.

A box is a layer with the layers that follow it (conv, bn, relu), a line of such layers, or a
closed block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archc import spelling
from archc.diagram import beside
from archc.diagram.edges import Places, Wiring
from archc.diagram.items import Gatherer, Item, transparent, weight
from archc.diagram.model import Box, Cluster, Plan, TooManyBoxes, View
from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Node, Run, Structure

FEWEST = 12
"""Where the middle of a network is left out, so many boxes are shown whatever its outputs."""


FEW = 8
"""A block of more layers is never drawn as one layer with those that follow it."""


class Viewer:
    """Draws up one network under a plan. ``build`` once; raises TooManyBoxes.

    ``folding`` says which parts repeat, ``kinds`` which are built alike whatever
    their arguments (None: no parts are drawn side by side).
    """

    def __init__(
        self,
        network: Network,
        plan: Plan,
        exact: Structure,
        folding: Structure,
        kinds: Structure | None,
        layers: Sequence[Layer],
        gatherer: Gatherer,
    ) -> None:
        self.network = network
        self.plan = plan
        self.exact = exact
        self.folding = folding
        self.kinds = kinds
        self.layers = layers
        self.gatherer = gatherer
        self.places = Places()
        self.copies = 0
        self.boxes = self.ends = len(network.inputs) + len(network.outputs)
        self.rows: list[list[Box]] = []

    def build(self) -> View:
        network = self.network
        root = network.root
        parts: list[Box | Cluster]
        if self.plan.opened(root, 0):
            parts = self._elide(self._parts(root, root.children, 1))
        else:
            parts = [self._closed(root)]
        inputs = {one.name: Box("input", "", one.name, []) for one in network.inputs}
        wiring = Wiring(network, self.exact, self.layers, self.places, inputs)
        ends = self._outputs(wiring)
        edges = wiring.edges(ends)
        read = {id(edge.source) for edge in edges}
        used = [box for box in inputs.values() if id(box) in read]
        self._count_costs()
        outputs = list(dict.fromkeys(box for box, _ in ends))
        return View(Cluster("", "", 1, parts), edges, used, outputs, self.rows, self._home)

    def _outputs(self, wiring: Wiring) -> list[tuple[Box, str]]:
        """A box for the outputs that leave one box, with what it reads."""
        leaving: dict[int, list[tuple[str, str]]] = {}
        for output in self.network.outputs:
            source = wiring.source(output.path)[0]
            leaving.setdefault(id(source), []).append((output.name, output.path))
        ends: list[tuple[Box, str]] = []
        for found in leaving.values():
            names = [name for name, _ in found]
            box = Box("output", "", names[0] if len(names) == 1 else "", beside.gathered(names))
            ends += [(box, path) for _, path in found]
        return ends

    def _home(self, path: str) -> Box | None:
        """The box that shows a layer: the first copy's, where copies are drawn once."""
        place = self.exact.place(path)
        return None if place < 0 else self.places.box(place)

    def _label(self, node: Node) -> str:
        return self.exact.label(node) or ""

    # ------------------------------------------------------------ parts

    def _parts(self, module: Module, children: Sequence[Node], level: int) -> list[Box | Cluster]:
        """The boxes and clusters of siblings, those that stand side by side as one."""
        if self.kinds is None or len(children) == 1:
            return self._siblings(module, children, level)
        parts: list[Box | Cluster] = []
        for group, nodes in beside.groups(children, self.exact, self.kinds):
            make = self._beside if group else self._siblings
            parts += make(module, nodes, level)
        return parts

    def _siblings(self, module: Module, nodes: Sequence[Node], level: int) -> list[Box | Cluster]:
        """Boxes and clusters; layers after one another are gathered."""
        parts: list[Box | Cluster] = []
        stretch: list[Layer] = []

        def flush() -> None:
            parts.extend(self._layer_box(item) for item in self.gatherer.items(stretch))
            stretch.clear()

        for run in self.folding.runs(nodes, labels=self.plan.labelled):
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
                elif transparent(node):
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
        self.places.owner[self.exact.start[last]] = box
        return [box]

    def _module(self, module: Module, level: int) -> list[Box | Cluster]:
        if not self.plan.opened(module, level):
            return [self._closed(module)]
        parts = self._parts(module, module.children, level + 1)
        callee = spelling.call(module, times="×") if module.kind != "line" else ""
        return self._titled(parts, module.label or "", callee, 1)

    # ------------------------------------------------------------ copies

    def _repeated(self, module: Module, run: Run, level: int) -> list[Box | Cluster]:
        """One copy of what repeats, marked ×N; the places of the others lead to it."""
        start = self.exact.start[run.node]
        end = self.exact.end[run.nodes[-1]]
        length = end - start
        for offset in range(length, length * run.count):
            self.places.first[start + offset] = start + offset % length
        grows = self._differ(run.copies())
        parts = self._parts(module, run.nodes, level)
        if len(run.nodes) == 1 and len(parts) == 1:
            part = parts[0]
            if part.count == 1:
                part.count, part.grows = run.count, grows
                if self._label(run.node):
                    part.title = self._range(run.members)
                return parts
        titled = self._titled(parts, "", "", run.count)
        for part in titled:
            part.grows = part.grows or grows
        return titled

    def _beside(self, module: Module, nodes: Sequence[Node], level: int) -> list[Box | Cluster]:
        """The first of the parts that stand side by side; the places of the others lead to it."""
        start, end = self.exact.start[nodes[0]], self.exact.end[nodes[0]]
        for node in nodes[1:]:
            self.copies += 1
            for offset in range(end - start):
                place = self.exact.start[node] + offset
                self.places.first[place] = start + offset
                self.places.copy[place] = self.copies
        parts = self._siblings(module, nodes[:1], level)
        part = parts[0]
        if len(parts) > 1 or part.count > 1:
            part = Cluster("", "", 1, parts)
        part.count, part.beside, part.title = len(nodes), True, self._range(nodes)
        if isinstance(part, Cluster):
            part.grows = self._differ((node,) for node in nodes)
        elif all(isinstance(node, Module) and node.kind == "block" for node in nodes):
            calls = [spelling.call(n, times="×") for n in nodes if isinstance(n, Module)]
            part.rows = [beside.common(calls)]
        return [part]

    def _differ(self, copies: Iterable[Sequence[Node]]) -> bool:
        signatures = [[self.exact.signature(node) for node in copy] for copy in copies]
        return any(one != signatures[0] for one in signatures)

    def _range(self, nodes: Sequence[Node]) -> str:
        return f"{self._label(nodes[0])} … {self._label(nodes[-1])}"

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

    # ------------------------------------------------------------ boxes

    def _layer_box(self, item: Item) -> Box:
        main = item.main or item.layers[0]
        title = next((label for one in item.layers if (label := self._label(one))), "")
        box = Box("layers", main.op.family, title, [item.row()])
        self._own(box, item.layers)
        return box

    def _closed(self, module: Module) -> Box:
        layers = self.layers[self.exact.start[module] : self.exact.end[module]]
        items = self.gatherer.items(layers) if len(layers) <= FEW else ()
        if len(found := list(items)) == 1:
            return self._alone(found[0], module.label or "")
        line = module.kind == "line"
        rows = self.gatherer.rows(module) if line else [spelling.call(module, times="×")]
        simple = line and all(isinstance(child, Layer) for child in module.children)
        heaviest = max(layers, key=weight, default=None)
        family = heaviest.op.family if simple and heaviest is not None else "block"
        box = Box("layers" if simple else "block", family, module.label or "", rows)
        # Labels of the parts, for the tooltip of a closed box.
        below = [c.label for c in module.children if isinstance(c, Module)]
        box.names = [label for label in below if label is not None]
        self._own(box, layers)
        return box

    def _alone(self, item: Item, label: str) -> Box:
        """A block or line of one layer with those that follow it: drawn as that layer."""
        box = self._layer_box(item)
        box.title = label or box.title
        return box

    def _own(self, box: Box, layers: Sequence[Layer]) -> None:
        self.boxes += 1
        if self.plan.limit is not None and self.boxes > self.plan.limit and not self.plan.elide:
            raise TooManyBoxes
        box.content = list(layers)
        for layer in layers:
            self.places.owner[self.exact.start[layer]] = box

    def _count_costs(self) -> None:
        """Each box's own costs; of the rest that is left out, and of a box that stands for parts
        side by side, with the copies'."""
        for place, layer in enumerate(self.layers):
            original = self.places.original(place)
            box = self.places.box(place)
            if box is None:
                continue
            repeated = original in self.places.first
            if (repeated or (original != place and not box.beside)) and box.role != "rest":
                continue
            macs = layer.macs
            box.params = box.params + layer.params
            box.shares = box.shares or layer.shares is not None
            box.macs = None if box.macs is None or macs is None else box.macs + macs
            box.layers += 1

    def _elide(self, parts: list[Box | Cluster]) -> list[Box | Cluster]:
        if not self.plan.elide or self.plan.limit is None:
            return parts
        most = max(self.plan.limit - self.ends, FEWEST)
        if len(parts) <= most:
            return parts
        head, tail = 2 * most // 3, most // 4
        rest = Box("rest", "", "", [])
        hidden = {id(box) for part in parts[head : len(parts) - tail] for box in part.boxes()}
        for place, box in self.places.owner.items():
            if id(box) in hidden:
                self.places.owner[place] = rest
        return [*parts[:head], rest, *parts[len(parts) - tail :]]
