"""Variables for the values of a body: one for a line of layers, others where values live on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archc import registry
from archc.graph.network import Module
from archc_backends.keras.bodies import Body
from archc_backends.keras.names import unique
from archc_backends.shared.source import identifier


def variables(
    body: Body,
    inputs: Mapping[str, str],
    taken: set[str],
    named: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """A variable for each value of a body.

    ``inputs`` has those of the values that come in. A line of layers assigns to one variable
    again and again: ``x``, or that of its branch. A value read after that variable is assigned
    anew has one of its own, named by its label, and so do those that ``named`` has names for.
    """
    branches = _Branches(body.module, taken | set(inputs.values()))
    statements = body.statements
    usual = [branches.variable(statement.parent) for statement in statements]
    last = _last_reads(body)
    found = dict(inputs)
    used = {*taken, *inputs.values(), *usual}
    for number, statement in enumerate(statements):
        for value in statement.outputs:
            until = last.get(value, number)
            again = usual[number] in usual[number + 1 : until]
            alone = len(statement.outputs) == 1 and value not in named
            if alone and not again:
                found[value] = usual[number]
                continue
            hint = statement.label if len(statement.outputs) == 1 else value
            name = unique(named.get(value) or _hint(hint, body.module), used)
            used.add(name)
            found[value] = name
    return found


def input_name(body: Body, taken: set[str]) -> str:
    """The name of a function's first argument: ``x``, if that can be assigned to right away."""
    last = _last_reads(body).get(body.reads[0], 0)
    line = _Branches(body.module, taken)
    names = [line.variable(statement.parent) for statement in body.statements[:last]]
    return unique("inputs" if "x" in names else "x", taken)


def _last_reads(body: Body) -> dict[str, int]:
    """The place of the last statement that reads each value; past the end for what is given."""
    last: dict[str, int] = {}
    for number, statement in enumerate(body.statements):
        last.update(dict.fromkeys(statement.inputs, number))
    last.update(dict.fromkeys(body.writes, len(body.statements)))
    return last


class _Branches:
    """The variables of lines of layers: ``x``, and one for each branch."""

    def __init__(self, module: Module, taken: set[str]) -> None:
        self.module = module
        self.taken = taken
        self.names: dict[Module, str] = {}

    def variable(self, parent: Module) -> str:
        node: Module | None = parent
        while node is not None and node is not self.module:
            if node.kind == "branch":
                return self._branch(node)
            node = node.parent
        return "x"

    def _branch(self, branch: Module) -> str:
        if branch not in self.names:
            merge = branch.parent
            outer = self.variable(merge) if merge is not None else "x"
            name = _branch_name(branch, merge)
            if outer != "x":
                name = f"{outer}_{name.removeprefix('branch')}"
            self.names[branch] = unique(name, self.taken)
        return self.names[branch]


def _branch_name(branch: Module, merge: Module | None) -> str:
    """A branch's label; of two that are added the shorter is a shortcut; else its number."""
    if not branch.name.isdigit():
        return identifier(branch.name, "branch")
    branches = [] if merge is None else [m for m in merge.children if isinstance(m, Module)]
    if merge is not None and merge.callee == "add" and len(branches) == 2:
        here, other = (
            len(list(b.layers())) for b in sorted(branches, key=lambda b: b is not branch)
        )
        if here != other:
            return "residual" if here > other else "shortcut"
    return f"branch{int(branch.name) + 1}"


def _hint(label: str, module: Module) -> str:
    """A name for a value: the last label that its layer stands under in the module, with its index;
    a layer without a label has its own name for one, which says less than that above it."""
    parts = label.removeprefix(module.path).strip(".").split(".")
    while len(parts) > 1:
        name = next((n for n in reversed(range(len(parts))) if not parts[n].isdigit()), 0)
        if name == 0 or not registry.has_layer(parts[name]):
            return identifier("_".join(parts[name:]))
        parts = parts[:name]
    return identifier(parts[0])
