"""What each module of a network reads and gives, and which of them have no forward of their own."""

from __future__ import annotations

from archc.graph.network import Layer, Module, Network
from archc_backends.shared.outputs import auxiliary, closing_softmax
from archc_backends.torch import indices


class Plan:
    """The values that go into and out of each module of the tree.

    A value is called by the path of the layer (or input) that makes it. A softmax that closes an
    output is not run by ``forward``, which gives the logits: what it reads stands in its place.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = {layer.path: layer for layer in network.layers}
        self.order: dict[str, int] = {}
        self.spans: dict[Module, tuple[int, int]] = {}
        self.modules: list[Module] = []  # each before those it holds
        self._number(network.root)
        self.indexed = indices.wanted(network)
        """The max poolings that give their indices too."""
        self.order |= {path + indices.SUFFIX: self.order[path] for path in self.indexed}
        self.closing = closing_softmax(network)
        """The value read by the softmax that closes an output, by the softmax's path."""
        self.reads: dict[Module, list[str]] = {}
        self.writes: dict[Module, list[str]] = {}
        self._find_values()
        self.opened = self._opened()
        self.auxiliary = auxiliary(network)

    def outputs(self) -> list[tuple[str, str, str | None]]:
        """Name, value and closing softmax (if any) of each output, the network's own first value
        before its auxiliary ones."""
        found = [
            (output.name, self.value(output.path), output.path)
            if output.path in self.closing
            else (output.name, output.path, None)
            for output in self.network.outputs
        ]
        return sorted(found, key=lambda output: output[0] in self.auxiliary)

    def value(self, path: str) -> str:
        """The value that stands for a layer's output in ``forward``."""
        return self.closing.get(path, path)

    def place(self, path: str) -> tuple[int, str]:
        """Sorts values as they are made: a pooling's indices after its maxima."""
        return self.order[path], path

    def inside(self, path: str, module: Module) -> bool:
        place = self.order.get(path, -1)
        start, end = self.spans[module]
        return start <= place < end

    def _number(self, root: Module) -> None:
        """Give layers their places in the order they run, and modules those of theirs."""
        stack: list[tuple[Module | Layer, bool]] = [(root, False)]
        starts: dict[Module, int] = {}
        while stack:
            node, done = stack.pop()
            if isinstance(node, Layer):
                self.order[node.path] = len(self.order)
            elif done:
                self.spans[node] = (starts[node], len(self.order))
            else:
                self.modules.append(node)
                starts[node] = len(self.order)
                stack.append((node, True))
                stack += [(child, False) for child in reversed(node.children)]

    def _find_values(self) -> None:
        reads: dict[Module, dict[str, None]] = {module: {} for module in self.modules}
        writes: dict[Module, set[str]] = {module: set() for module in self.modules}

        def leaves(path: str, reader: Module | None) -> None:
            """A value is read by a layer of ``reader`` (None: it is an output)."""
            maker = self.layers.get(path.removesuffix(indices.SUFFIX))
            module = maker.parent if maker is not None else None
            while module is not None and not (reader and self._holds(module, reader)):
                writes[module].add(path)
                module = module.parent

        for layer in self.network.layers:
            if layer.path in self.closing:
                continue
            for path in indices.read(layer):
                module: Module | None = layer.parent
                while module is not None and not self.inside(path, module):
                    reads[module][path] = None
                    module = module.parent
                leaves(path, layer.parent)
        for output in self.network.outputs:
            leaves(self.value(output.path), None)
        self.reads = {module: list(paths) for module, paths in reads.items()}
        self.reads[self.network.root] = [value.name for value in self.network.inputs]
        for module, paths in writes.items():
            self.writes[module] = sorted(paths, key=self.place)
        for module in self.modules:
            if module.shares is not None:
                self._agree_on_values(module)

    def _holds(self, module: Module, other: Module) -> bool:
        (start, end), (first, last) = self.spans[module], self.spans[other]
        if start == first and end == last:  # one inside the other, or the same
            node: Module | None = other
            while node is not None and node is not module:
                node = node.parent
            return node is module
        return start <= first and last <= end

    def _agree_on_values(self, use: Module) -> None:
        """A shared module gives at each use whatever any of its uses must give."""
        owner = next((m for m in self.modules if m.path == use.shares), None)
        if owner is None:
            return
        here = {path.removeprefix(use.path) for path in self.writes[use]}
        there = {path.removeprefix(owner.path) for path in self.writes[owner]}
        values = (owner.path + tail for tail in here | there)
        self.writes[owner] = sorted((path for path in values if path in self.order), key=self.place)
        self.writes[use] = [use.path + path.removeprefix(owner.path) for path in self.writes[owner]]

    def _opened(self) -> set[Module]:
        """Modules whose layers are called one by one from outside: a line that closes with softmax,
        and whatever uses weights that it shares with others."""
        opened: set[Module] = set()
        for module in self.modules:
            last = module.children[-1] if module.children else None
            if (
                module.kind in ("line", "group")
                and isinstance(last, Layer)
                and last.path in self.closing
            ):
                opened.add(module)
        nodes: list[Layer | Module] = [*self.network.layers, *self.modules]
        owners = {node.path: node.parent for node in nodes}
        for node in nodes:
            if node.shares is None:
                continue
            if self._within_shared(node):
                continue  # the module that it belongs to is shared as a whole
            for start, other in ((node.parent, node.shares), (owners.get(node.shares), node.path)):
                parent = start
                while parent is not None and not self._owns(parent, other):
                    opened.add(parent)
                    parent = parent.parent
        opened.discard(self.network.root)
        return opened

    def _within_shared(self, node: Module | Layer) -> bool:
        module = node.parent
        while module is not None:
            if module.shares is not None:
                return True
            module = module.parent
        return False

    def _owns(self, module: Module, path: str) -> bool:
        return not module.path or path == module.path or path.startswith(module.path + ".")
