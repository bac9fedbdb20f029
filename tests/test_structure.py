"""Folding of repeated structure."""

from __future__ import annotations

import time

import pytest
from helpers import Add, Builder, Concat, Identity, Norm, Relu, conv, small_resnet

from archc.graph.network import Layer, Module, Network
from archc.graph.structure import Structure


def counts(network: Network, module: Module | None = None, **options: bool) -> list[object]:
    """The runs of a module's children as (names, count), a lone node as its name."""
    runs = Structure(network).fold((module or network.root).children, **options)
    assert [n for run in runs for n in run.members] == (module or network.root).children
    return [
        run.node.name if run.count == 1 else (tuple(n.name for n in run.nodes), run.count)
        for run in runs
    ]


def child(network: Network, name: str) -> Module:
    found = next(c for c in network.root.children if c.name == name)
    assert isinstance(found, Module)
    return found


def test_identical_blocks_fold_and_the_one_with_a_projection_does_not() -> None:
    network = small_resnet((3, 4))
    assert counts(network) == ["conv.1", "conv.2", "conv.3"]
    assert counts(network, child(network, "conv.2")) == [
        "bottleneck.0",
        (("bottleneck.1",), 2),
    ]
    assert counts(network, child(network, "conv.3")) == [
        "bottleneck.0",
        (("bottleneck.1",), 3),
    ]


def test_a_first_copy_may_read_the_parents_input() -> None:
    b = Builder(image=(8, 8, 16))
    with b.block("stage"):
        for _ in range(5):
            b(conv(16))
    network = b.network()
    stage = network.root.children[0]
    assert isinstance(stage, Module)
    assert counts(network, stage) == [(("conv.0",), 5)]


def test_periods_longer_than_one_start_at_the_layer_with_weights() -> None:
    b = Builder()
    for width in (64, 128, 128, 128, 128):
        b(conv(width))
        b(Norm())
        b(Relu())
    # the first conv reads 3 channels, the second 64: only the last three are the same
    assert counts(b.network()) == [
        *("conv.0", "bn.1", "relu.2", "conv.3", "bn.4", "relu.5"),
        (("conv.6", "bn.7", "relu.8"), 3),
    ]


def test_a_unit_with_a_repeat_inside_folds_as_the_longer_run() -> None:
    b = Builder(image=(8, 8, 16))
    for _ in range(3):
        b(conv(16))
        b(conv(16))
        b(Relu())
    network = b.network()
    assert counts(network) == [(("conv.0", "conv.1", "relu.2"), 3)]
    (run,) = Structure(network).fold(network.root.children)
    assert [len(copy) for copy in run.copies()] == [3, 3, 3]
    inner = Structure(network).fold(run.nodes)
    assert [(r.node.name, r.count) for r in inner] == [("conv.0", 2), ("relu.2", 1)]


def test_arguments_and_shapes_count() -> None:
    b = Builder(image=(64, 64, 16))
    for stride in (1, 1, 2, 2):
        b(conv(16, stride=stride))
    assert counts(b.network()) == [(("conv.0",), 2), "conv.2", "conv.3"]


def test_alike_layers_fold_without_shapes() -> None:
    b = Builder(image=(64, 64, 16))
    for _ in range(3):
        b.merge(Concat(), (Identity(),), (conv(8),))
    network = b.network()
    assert len(counts(network)) == 3
    assert [r.count for r in Structure(network, shapes=False).fold(network.root.children)] == [3]


def test_a_copy_that_is_read_from_outside_ends_its_run() -> None:
    b = Builder(image=(8, 8, 16))
    paths = [b(conv(16)) for _ in range(6)]
    b(Add(), reads=(paths[2], paths[5]))
    assert counts(b.network()) == [(("conv.0",), 3), (("conv.3",), 3), "add.6"]


def test_an_output_in_the_middle_ends_a_run() -> None:
    b = Builder(image=(8, 8, 16))
    paths = [b(conv(16)) for _ in range(4)]
    b.output("early", paths[1])
    b.output("late", paths[3])
    assert counts(b.network()) == [(("conv.0",), 2), (("conv.2",), 2)]


def test_equal_lines_that_all_read_the_input_are_no_chain() -> None:
    b = Builder(image=(8, 8, 16))
    paths = [b(conv(16), reads=("image",)) for _ in range(3)]
    b(Add(), reads=tuple(paths))
    assert counts(b.network()) == ["conv.0", "conv.1", "conv.2", "add.3"]


def test_a_value_read_by_every_copy_is_allowed_if_it_is_before_the_run() -> None:
    b = Builder(image=(8, 8, 16))
    first = b(conv(16))
    for _ in range(3):
        b(Add(), reads=(b.value, first))
    assert counts(b.network()) == ["conv.0", "add.1", (("add.2",), 2)]


def test_wiring_that_reaches_two_copies_back_folds_in_pairs_only() -> None:
    b = Builder(image=(8, 8, 16))
    before, last = "image", b(conv(16))
    for _ in range(5):
        before, last = last, b(Add(), reads=(last, before))
    assert counts(b.network()) == ["conv.0", (("add.1", "add.2"), 2), "add.5"]


def test_swapped_inputs_differ() -> None:
    def block(swap: bool) -> None:
        arriving = b.value
        with b.block("joined"):
            inner = b(conv(16))
            b(Add(), reads=(arriving, inner) if swap else (inner, arriving))

    b = Builder(image=(8, 8, 16))
    block(False)
    block(True)
    block(True)
    assert counts(b.network()) == ["joined.0", (("joined.1",), 2)]


def test_shared_weights_fold_apart_from_their_owner() -> None:
    b = Builder(image=(8, 8, 16))
    owner = b(conv(16))
    for _ in range(3):
        b(conv(16), shares=owner)
    assert counts(b.network()) == ["conv.0", (("conv.1",), 3)]


def test_labelled_nodes_stay_by_themselves_where_asked() -> None:
    b = Builder(image=(8, 8, 16))
    b(conv(16), "one")
    b(conv(16), "two")
    b(conv(16))
    b(conv(16))
    network = b.network()
    assert counts(network) == [(("one",), 4)]
    assert counts(network, labels=False) == ["one", "two", (("conv.2",), 2)]


def test_signatures_do_not_depend_on_names() -> None:
    network = small_resnet()
    structure = Structure(network)
    second, third = child(network, "conv.3").children[1:3]
    assert structure.signature(second) == structure.signature(third)
    assert structure.signature(second) != structure.signature(child(network, "conv.2").children[1])


@pytest.mark.parametrize("read_all", [False, True])
def test_time_is_linear(read_all: bool) -> None:
    """Where every layer is read again at the end nothing folds, and that costs no more."""

    def seconds(size: int) -> float:
        b = Builder(image=(8, 8, 16))
        paths = [b(conv(16)) for _ in range(size)]
        if read_all:
            b(Add(), reads=tuple(paths))
        network = b.network()
        start = time.perf_counter()
        runs = Structure(network).fold(network.root.children)
        assert len(runs) == (size + 1 if read_all else 1)
        assert all(isinstance(run.node, Layer) for run in runs)
        return time.perf_counter() - start

    seconds(1_000)
    assert seconds(20_000) < 40 * max(seconds(2_000), 0.005)
