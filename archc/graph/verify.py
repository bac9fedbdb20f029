"""What is true of every compiled network. Run by the tests on every network that they compile."""

from __future__ import annotations

from archc.graph.network import Layer, Module, Network


def verify(network: Network) -> None:
    """Check the invariants that backends and audits rely on. Raises AssertionError.

    Paths are unique; each layer follows what it reads; its input shapes are its sources' and its
    shape is what its op makes of them; the tree holds the same layers, paths extending their
    parents'; outputs, labels and shared weights point at what exists.
    """
    shapes = {value.name: value.shape for value in network.inputs}
    assert len(shapes) == len(network.inputs), "two inputs have one name"
    for layer in network.layers:
        assert layer.path not in shapes, f"two layers are called {layer.path}"
        assert all(source in shapes for source in layer.inputs), f"{layer.path} reads a later value"
        assert layer.input_shapes == tuple(shapes[s] for s in layer.inputs), layer.path
        assert layer.shape == layer.op.shape(*layer.input_shapes), layer.path
        shapes[layer.path] = layer.shape
    for output in network.outputs:
        assert output.path in shapes, f"the output {output.name} is no value"
    assert all(path in shapes for path in network.labels.values())
    _verify_tree(network)
    for layer in network.layers:
        if layer.shares is not None:
            owner = network.by_path[layer.shares]
            assert owner.shares is None and owner.weights == layer.weights, layer.path


def _verify_tree(network: Network) -> None:
    assert {id(layer) for layer in network.root.layers()} == {id(n) for n in network.layers}
    paths: set[str] = set()
    stack: list[Module] = [network.root]
    while stack:
        module = stack.pop()
        assert module.path not in paths, f"two modules are called {module.path}"
        paths.add(module.path)
        for child in module.children:
            assert child.parent is module, f"{child.path} is not where its parent says"
            prefix = f"{module.path}." if module.path else ""
            if isinstance(child, Layer) and not child.name:
                assert child.path == module.path
            else:
                assert child.path == prefix + child.name, child.path
            if isinstance(child, Module):
                stack.append(child)


__all__ = ["verify"]
