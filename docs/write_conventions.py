"""Writes docs/conventions.md: ``python docs/write_conventions.py > docs/conventions.md``; and for
every network of the zoo docs/counts.md: ``python docs/write_conventions.py zoo > docs/counts.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import archc
from archc import pipeline
from archc.audit.conventions import CONVENTIONS
from archc.audit.conventions.convention import Convention, Row, Table
from archc.audit.conventions.seen import seen
from archc.dims import Dim, symbols_of
from archc.graph.network import Network

SPECS = Path(__file__).parents[1] / "specs"

NETWORKS = (
    "alexnet:alexnet",
    "vgg16:vgg16",
    "zfnet:zfnet",
    "lenet5:lenet5",
    "googlenet:googlenet_inference",
    "resnet:resnet18",
    "resnet:resnet50",
    "resnet:resnet50_v1_5",
    "se_resnet:se_resnet50",
    "densenet:densenet121",
    "keras_bn:keras_bn",
)
"""Spec and network of the rows of the tables."""

HEAD = """\
# Ways of counting

The same network gets as many counts as there are tools. archc counts each kind of thing apart
(weights, biases, scales, running statistics; multiply-accumulates, additions, comparisons), and a
convention says which of them a paper, a framework or a tool adds up, class by class, bugs included.

```
archc show resnet:resnet50 --count-as fvcore
```

prints what fvcore would print for the module that `archc build` writes: per layer, and in total.
`--json` gives the same to programs. A claim may name the convention that its source states:

```
published "a model card" {
    total params "25,610,152" keras, macs "3.879 G" fvcore
}
```

A convention's name is a flag of `params` (of those that count parameters), and of `macs` and `ops`
(of those that count operations). It says all of what counts; flags such as `nobias` add nothing to
it. Where a published number does not hold, `archc check` tries the conventions too.

Two things differ between the command and a claim. The command counts the module that archc
generates, in which some layers are classes of its own (`FullyConnected` flattens a map before
`nn.Linear`): tools that go by classes do not know them. A claim is about somebody else's module, so
that there torch's own class stands in the place of archc's. Both are tested: the first against the
tools on every generated module, the second against them on modules written by hand.

What a tool cannot count, fails on, or counts in a way that no table has, is unknown here, never 0.

In Python:

```python
>>> import archc
>>> from archc.audit.conventions import CONVENTIONS
>>> network = archc.load("specs/resnet.arch", "resnet50")
>>> count = CONVENTIONS["fvcore"].ops(network)   # or .params(network)
>>> count.total, count.by_layer["conv.1.bn"], count.unknown
(3879247872, 1605632, ())
```

The tests run torchinfo, fvcore, ptflops, thop, calflops and torch's FlopCounterMode on every kind
of layer, on random networks and on those of the zoo (fvcore and ptflops' pytorch backend on the
smallest variant of each), and compare to the unit, layer by layer where the tool says so much. A
detector's layers are compared, and not its total: what finding boxes costs depends on the picture.
Keras counts the models that archc writes for it, and a document prints one of its summaries;
torchvision's rows are compared with what torchvision publishes, Caffe's with the shapes that its
layers give their blobs.

What follows is of eleven networks; [counts.md](counts.md) has the same of the whole zoo. This page
is written by `python docs/write_conventions.py > docs/conventions.md`.
"""

HEAD_OF_ZOO = """\
# Every network of the zoo, counted in every way

The numbers that each convention of [conventions.md](conventions.md) gives for each network in
`specs/`, and by which classes they part from the multiply-accumulates: why, the tables by class
there say. An image of any size has {H} by {W} pixels here, and a sequence {T} step; P is the number
of regions that a detector proposes. What finding boxes costs depends on the picture: tools' totals
are unknown there, and `archc show --count-as` gives what is known, layer by layer.

This page is written by `python docs/write_conventions.py zoo > docs/counts.md`.
"""

SIZES = {"H": 256, "W": 256, "T": 1, "R": 1}
"""What symbols in the inputs of the zoo are set to: an image, a step, a region."""


def page() -> str:
    networks = {name.partition(":")[2]: load(name) for name in NETWORKS}
    parts = [HEAD, names(), "".join(counts(networks)), "".join(parting(networks))]
    return "\n".join([*parts, "".join(tables())])


def page_of_zoo() -> str:
    networks = {
        name: load(name)
        for path in sorted(SPECS.glob("*.arch"))
        for value in pipeline.family(pipeline.read(path))
        for name in [f"{path.stem}:{value.name}"]
    }
    parts = [HEAD_OF_ZOO.format(**SIZES), "".join(counts(networks))]
    return "\n".join([*parts, "".join(parting(networks))])


def load(name: str) -> Network:
    """A network, its symbolic sizes set."""
    spec, _, variant = name.partition(":")
    network = archc.load(SPECS / f"{spec}.arch", variant)
    symbols = {name for one in network.inputs for size in one.shape for name in symbols_of(size)}
    if not symbols:
        return network
    settings = {name: SIZES[name] for name in symbols}
    return archc.load(SPECS / f"{spec}.arch", variant, **settings)


def names() -> str:
    lines = [
        "## The conventions\n",
        "| name | whose | parameters | operations |",
        "|---|---|---|---|",
    ]
    for one in CONVENTIONS.values():
        params = one.params_table.label if one.params_table else "none"
        ops = one.ops_table.label if one.ops_table else "none"
        lines.append(f"| `{one.name}` | [{one.title}]({link(one.source)}) | {params} | {ops} |")
    text = "\n".join(lines) + "\n"
    return text.replace("]()", "]").replace("[papers' FLOPs]", f"papers' FLOPs ({_paper()})")


def _paper() -> str:
    return CONVENTIONS["paper"].source


def link(source: str) -> str:
    return source if source.startswith("https://") else ""


def with_ops() -> list[tuple[Convention, Table]]:
    return [(one, one.ops_table) for one in CONVENTIONS.values() if one.ops_table is not None]


def with_params() -> list[tuple[Convention, Table]]:
    return [(one, one.params_table) for one in CONVENTIONS.values() if one.params_table is not None]


def counts(networks: Mapping[str, Network]) -> Iterator[str]:
    """Every network under every convention."""
    for title, found, own in (
        ("Operations", with_ops(), "macs"),
        ("Parameters", with_params(), "params"),
    ):
        yield f"\n## {title}, of the modules that archc generates\n\n"
        yield f"| network | archc | {' | '.join(f'`{one.name}`' for one, _ in found)} |\n"
        yield f"|---|{'---:|' * (len(found) + 1)}\n"
        for name, network in networks.items():
            cells = [table.count(network, plain=False).total for _, table in found]
            texts = [number(getattr(network, own)), *map(number, cells)]
            yield f"| {name} | {' | '.join(texts)} |\n"
    yield "\n## In torch's own classes, as claims count\n\n"
    names = ("ptflops", "thop", "calflops_flops")
    yield f"| network | {' | '.join(f'`{n}`' for n in names)} | `thop`, parameters |\n"
    yield f"|---|{'---:|' * (len(names) + 1)}\n"
    for label, network in networks.items():
        found = [CONVENTIONS[name].ops(network) for name in names]
        cells = [number(count.total) for count in found if count is not None]
        params = CONVENTIONS["thop"].params(network)
        cells.append(number(params.total if params else None))
        yield f"| {label} | {' | '.join(cells)} |\n"
    yield "\nUnknown: the tool fails there, or has no such layer; the next section says where.\n"


def parting(networks: Mapping[str, Network]) -> Iterator[str]:
    """By how much, and at which classes, each tool parts from the multiply-accumulates."""
    yield "\n## Where they part\n\n"
    yield (
        "What each tool's number is more or less than the multiply-accumulates (of those that take "
        "one for\ntwo operations: than twice as many), added up by class. Why, the tool's table "
        "below says.\n"
    )
    for convention, table in with_ops():
        yield f"\n### {convention.title}: operations\n\n"
        differing = [(name, n, list(differences(n, table))) for name, n in networks.items()]
        if not any(found for *_, found in differing):
            yield "The multiply-accumulates of every network above.\n"
            continue
        yield "| network | differs by | where |\n|---|---:|---|\n"
        for name, network, found in differing:
            if not found:
                continue
            total = table.count(network, plain=False).total
            macs = network.macs
            by = "unknown" if total is None or macs is None else signed(total - table.unit * macs)
            yield f"| {name} | {by} | {'; '.join(found)} |\n"
        same = [name for name, _, found in differing if not found]
        if same:
            yield f"\nOf {', '.join(same)}: the multiply-accumulates.\n"


def differences(network: Network, table: Table) -> Iterator[str]:
    sums: dict[str, Dim] = {}
    unknown: dict[str, None] = {}
    counts = table.count(network, plain=False).by_layer
    for one in seen(network):
        count = counts[one.layer.path]
        name = one.name if one.runs else f"{one.name} (does not run)"
        if count is None:
            unknown[name] = None
        else:
            sums[name] = sums.get(name, 0) + count - table.unit * one.macs
    for name, difference in sums.items():
        if difference != 0:
            yield f"`{name}` {signed(difference)}"
    yield from (f"`{name}` unknown" for name in unknown)


def tables() -> Iterator[str]:
    """Each convention's rows."""
    done: set[int] = set()
    for convention in CONVENTIONS.values():
        for table in convention.tables:
            if id(table) in done:
                continue
            done.add(id(table))
            yield f"\n## {convention.title}: {table.label}\n\n"
            what = "layer" if table.by == "layer" else "class"
            yield f"| {what} | counted | by | remarks |\n|---|---|---|---|\n"
            for names, row in grouped(table):
                yield f"| {names} | {row.words} | {row.source} | {row.note} |\n"
            yield f"\n{rules(table)}\n"


def rules(table: Table) -> str:
    uses = "A further use of shared weights counts nothing." if table.once else "Every use counts."
    idle = (
        "What runs in training alone counts too."
        if table.idle
        else "What `forward` does not run outside training counts nothing: auxiliary heads, the "
        "softmax that\ncloses an output."
    )
    return f"{uses} {idle}"


def grouped(table: Table) -> Iterable[tuple[str, Row]]:
    """Rows with the classes that have them, in the order of the table."""
    classes: dict[int, list[str]] = {}
    found: dict[int, Row] = {}
    for name, row in table.rows.items():
        classes.setdefault(id(row), []).append(f"`{name}`")
        found[id(row)] = row
    order = sorted(found, key=lambda key: found[key].words == "nothing" and not found[key].note)
    for key in order:
        yield ", ".join(classes[key]), found[key]
    if table.otherwise is not None:
        yield ("all others" if table.rows else "all"), table.otherwise


def number(count: Dim | None) -> str:
    return "unknown" if count is None else f"{count:,}" if isinstance(count, int) else str(count)


def signed(count: Dim) -> str:
    return f"{count:+,}" if isinstance(count, int) else str(count)


if __name__ == "__main__":
    sys.stdout.write(page_of_zoo() if sys.argv[1:] == ["zoo"] else page())
