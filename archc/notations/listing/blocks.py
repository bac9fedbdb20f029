"""What repeats in a listing's networks: uses of one class or function become one block, and what
differs between them its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from archc.diagnostics import Diagnostic, SpecError
from archc.dims import Expr
from archc.notations.listing.spell import OCCUPIED, RESERVED, identifier
from archc.notations.listing.trace import Group, Node
from archc.notations.listing.values import items_of, numbers_of
from archc.ops.base import Op
from archc.registry import layer

MAX_FACTOR = 16


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a use of a block gives: the block's parameter, times a factor."""

    name: str
    factor: int = 1


@dataclass(eq=False)
class Block:
    """A block of the spec, written from the first of its uses."""

    name: str
    group: Group
    parameters: list[str]
    values: dict[tuple[int, str], Parameter]
    """Arguments of the body's layers and calls that are parameters, by node and field."""


@dataclass(eq=False)
class Blocks:
    """The blocks of a listing, and for each use (a node, by id) its block and its values."""

    blocks: list[Block] = field(default_factory=list[Block])
    uses: dict[int, tuple[Block, list[Any]]] = field(
        default_factory=dict[int, "tuple[Block, list[Any]]"]
    )


def find(bodies: list[list[Node]], taken: set[str]) -> Blocks:
    """The blocks of networks, given as the nodes of each; the innermost come first.

    ``taken`` are names that no block may have. Raises SpecError where a value within a use is
    needed outside it.
    """
    found = Blocks()
    heights: dict[int, int] = {}
    uses: list[tuple[int, Node]] = []
    for nodes in bodies:
        _collect(nodes, uses, heights)
    for height in sorted({h for h, _ in uses}):
        buckets: dict[Any, list[Node]] = {}
        for h, node in uses:
            if h == height and node.group is not None:
                key = (node.group.callee, _signature(node.group, found))
                buckets.setdefault(key, []).append(node)
        for (callee, _), members in buckets.items():
            _block(str(callee), members, found, taken)
    return found


def _collect(nodes: list[Node], uses: list[tuple[int, Node]], heights: dict[int, int]) -> int:
    """Uses of blocks with how deep others stand within them; the greatest depth."""
    most = 0
    for node in nodes:
        if node.group is None:
            continue
        inside = _collect(body_of(node.group), uses, heights)
        if node.group.callee is not None:
            uses.append((inside, node))
            inside += 1
        most = max(most, inside)
    return most


def body_of(group: Group) -> list[Node]:
    """The nodes of a group that its result needs, in order. Raises SpecError where it needs what
    is outside."""
    wanted: set[int] = set()
    stack = [group.result]
    while stack:
        node = stack.pop()
        if id(node) not in wanted:
            wanted.add(id(node))
            stack.extend(node.inputs)
    inside = {id(node) for node in group.nodes} | {id(group.entry)}
    for node in group.nodes:
        for given in node.inputs:
            if id(node) in wanted and id(given) not in inside:
                raise SpecError([outside(given)])
    return [node for node in group.nodes if id(node) in wanted]


def outside(node: Node) -> Diagnostic:
    message = "a value of the inside of a class or function is read outside it"
    return Diagnostic("unsupported", message, node.span, help="return it")


# ---------------------------------------------------------------- what a use is like


def fields(node: Node, found: Blocks) -> Iterator[tuple[str, Any]]:
    """The arguments of a layer (defaults too), or of a block's use."""
    if node.group is None:
        op = layer(node.op)(**node.arguments)
        for argument in op.arguments():
            yield argument.name, getattr(op, argument.name)
    elif id(node) in found.uses:
        for position, value in enumerate(found.uses[id(node)][1]):
            yield str(position), value


def every(nodes: list[Node]) -> Iterator[Node]:
    """The nodes of a body, those of its groups without a name included."""
    for node in nodes:
        yield node
        if node.group is not None and node.group.callee is None:
            yield from every(body_of(node.group))


def _signature(group: Group, found: Blocks) -> Any:
    """Equal for uses that differ in numbers alone."""
    numbers: dict[int, int] = {id(group.entry): 0}
    owners: dict[tuple[int, int], int] = {}
    nodes = body_of(group)
    parts: list[Any] = []
    for node in nodes:
        numbers[id(node)] = len(numbers)
        inputs = tuple(numbers[id(i)] for i in node.inputs)
        owner = owners.setdefault((id(node.owner), node.part), len(owners)) if node.owner else None
        if node.group is None:
            kind: Any = (node.op, tuple((n, _kind(v)) for n, v in fields(node, found)))
        elif node.group.callee is None:
            kind = _signature(node.group, found)
        else:
            kind = id(found.uses[id(node)][0])
        parts.append((kind, inputs, owner))
    return tuple(parts), numbers[id(group.result)]


def _kind(value: Any) -> Any:
    """What must be the same for two values to be one parameter's."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float | Expr):
        return "number"
    sizes = numbers_of(value)
    return value if sizes is None else ("sizes", len(sizes))


# ---------------------------------------------------------------- one block


def _block(callee: str, members: list[Node], found: Blocks, taken: set[str]) -> None:
    groups = [m.group for m in members if m.group is not None]
    base = name = identifier(callee)
    number = 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    columns = [list(every(body_of(group))) for group in groups]
    block = Block(name, groups[0], [], {})
    vectors: dict[str, list[Any]] = {}
    avoid = _avoid(columns[0])
    for nodes in zip(*columns, strict=True):
        rows = [list(fields(node, found)) for node in nodes]
        for position, (key, _) in enumerate(rows[0]):
            vector = [row[position][1] for row in rows]
            if all(v == vector[0] and type(v) is type(vector[0]) for v in vector):
                continue
            hint = _hint(nodes[0], key, found)
            parameter = _parameter(vector, groups, hint, vectors, avoid)
            block.values[id(nodes[0]), key] = parameter
    block.parameters = list(vectors)
    found.blocks.append(block)
    for number, member in enumerate(members):
        found.uses[id(member)] = block, [vector[number] for vector in vectors.values()]
    _common_labels(columns)


def _common_labels(columns: list[list[Node]]) -> None:
    """A label that only some uses have (`name=f"{stage}_conv"`) is none of the block's."""
    for nodes in zip(*columns, strict=True):
        if any(node.label != nodes[0].label for node in nodes):
            nodes[0].label = None


def _avoid(nodes: list[Node]) -> set[str]:
    """Names that no parameter of a block may have: labels, flags of its layers, layers."""
    found = set(RESERVED | OCCUPIED)
    for node in nodes:
        found.update(n for n in (node.label, node.hint) if n)
        if node.op:
            op: type[Op] = layer(node.op)
            found.add(node.op)
            found.update(word for argument in op.arguments() for word in argument.words)
    return found


def _hint(node: Node, key: str, found: Blocks) -> str:
    if node.group is not None:
        return found.uses[id(node)][0].parameters[int(key)]
    return {"pad": "padding"}.get(key, key)


def _parameter(
    vector: list[Any],
    groups: list[Group],
    hint: str,
    vectors: dict[str, list[Any]],
    avoid: set[str],
) -> Parameter:
    """The parameter that has these values in the uses, one of those that the listing has."""
    names = dict.fromkeys(key for group in groups for key in group.arguments)
    # `planes` says more than `in_planes`, which the language does not need.
    for exact in (True, False):
        for name in sorted(names, key=lambda n: n.startswith("in")):
            own = [_plain(group.arguments.get(name)) for group in groups]
            factor = _factor(vector, own)
            if factor is not None and (factor == 1) is exact:
                return Parameter(
                    _named(name, own if factor != 1 else vector, vectors, avoid), factor
                )
            place = _place(vector, own)
            if place is not None:
                return Parameter(_named(f"{name}_{place}", vector, vectors, avoid))
    return Parameter(_named(hint, vector, vectors, avoid))


def _place(vector: list[Any], own: list[Any]) -> int | None:
    """Which item of a list of the listing's these values are."""
    rows = [items_of(o) for o in own]
    kept = [row for row in rows if row is not None and len(row) == len(rows[0] or ())]
    if len(kept) != len(own):
        return None
    for place in range(len(kept[0])):
        if all(_same(v, row[place]) for v, row in zip(vector, kept, strict=True)):
            return place
    return None


def _plain(value: Any) -> Any:
    items = items_of(value)
    return value if items is None else tuple(items)


def _factor(vector: list[Any], own: list[Any]) -> int | None:
    """By what a parameter of the listing is multiplied in these values; None: it is another."""
    if all(_same(v, o) for v, o in zip(vector, own, strict=True)):
        return 1
    if not all(
        type(v) is int and type(o) is int and o > 0 for v, o in zip(vector, own, strict=True)
    ):
        return None
    pairs = list(zip(vector, own, strict=True))
    factor = vector[0] // own[0]
    exact = all(v == factor * o for v, o in pairs)
    return factor if exact and 2 <= factor <= MAX_FACTOR else None


def _same(value: Any, own: Any) -> bool:
    sizes = items_of(value)
    if sizes is not None and isinstance(own, int) and not isinstance(own, bool):
        return all(v == own for v in sizes)
    return type(value) is type(own) and bool(value == own)


def _named(name: str, vector: list[Any], vectors: dict[str, list[Any]], avoid: set[str]) -> str:
    """A parameter of that name with these values, made where there is none."""
    base = identifier(name)
    number = 1
    while True:
        free = base if number == 1 else f"{base}_{number}"
        number += 1
        if free in avoid:
            continue
        if free not in vectors:
            vectors[free] = vector
            return free
        if vectors[free] == vector:
            return free


def weighted(node: Node) -> bool:
    """Whether a value's layer, or one of its group, stores anything."""
    if node.group is not None:
        return any(weighted(inner) for inner in body_of(node.group))
    return node.op in WEIGHTED


WEIGHTED = frozenset(
    [
        "conv",
        "depthwise",
        "deconv",
        "fc",
        "bn",
        "ln",
        "groupnorm",
        "instancenorm",
        "prelu",
        "embed",
        "lstm",
        "gru",
    ]
)
