"""Blocks of the spec, and long lines, as ``template <...> using`` declarations.

Uses of a block that differ in integers alone are one alias with ``int`` parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import cast

from archc.graph.network import Layer, Module
from archc_backends.dlib.names import identifier, taken, unique
from archc_backends.dlib.nest import Group, Nest
from archc_backends.dlib.table import Template

REPEATED = 4
"""So many of the same alias in a row are written with ``repeat``."""

LONGEST = 32
"""An alias, or the network, of more phrases is written in parts."""

ROLES = {
    "con": ("filters", "kernel", "columns", "stride", "stride_x", "padding", "padding_x"),
    "pool": ("kernel", "columns", "stride", "stride_x", "padding", "padding_x"),
    "fc": ("outputs",),
    "repeat": ("times",),
}
"""What the integers of dlib's templates are, by the beginning of their name or its end."""


LIGHT = frozenset(
    {
        *("relu", "prelu", "leaky_relu", "clipped_relu", "sig", "htan", "elu", "gelu", "silu"),
        *("bn_con", "bn_fc", "layer_norm", "dropout", "softmax"),
        *("dropout_rate", "leaky_relu_slope", "elu_alpha", "multiply_by"),
        *(f"{name}{number}" for name in ("tag", "skip") for number in range(1, 11)),
    }
)
"""Templates that stand on the line of the layer under them."""


MERGES = {"add": "residual", "mul": "gated", "concat": "mixed"}
"""Names of merges that have none."""


@dataclass(eq=False)
class Alias:
    """``template <int width, typename SUBNET> using name = ...``; items in the order they run."""

    name: str
    parameters: tuple[str, ...]
    items: Sequence[Template]
    about: str = ""


@dataclass(eq=False)
class Use:
    """A group while aliases are being made; ``done`` is what stands for it then."""

    group: Group
    parts: list[Template | Use] = field(default_factory=list["Template | Use"])
    height: int = 0
    done: list[Template] | None = None

    def flat(self) -> list[Template]:
        """The templates, uses of aliases in place of their groups."""
        if self.done is not None:
            return self.done
        found: list[Template] = []
        for part in self.parts:
            found += [part] if isinstance(part, Template) else part.flat()
        return found

    def inside(self) -> Iterator[Use]:
        """All uses below, those inside first, and this one."""
        for part in self.parts:
            if isinstance(part, Use):
                yield from part.inside()
        yield self


class Aliases:
    """``made`` are the declarations, each after those that it uses; ``lines`` the templates of the
    network itself, in the order they run."""

    def __init__(self, nest: Nest) -> None:
        self.nest = nest
        self.made: list[Alias] = []
        self._used: set[str] = set()
        self._repeatable: set[str] = set()
        """Aliases without parameters that have all their tags inside."""
        self._shrinking: dict[object, set[bool]] = {}
        """By family whether its uses make maps smaller: where some do, their alias's name says."""
        self._bound: dict[Template, str] = {}
        self._plain: dict[tuple[str | Template, ...], str] = {}
        root = measured(nest.root)
        self._blocks(root)
        self.lines = self._parted(self._repeats(self._top(root)), "")

    # ---------------------------------------------------------------- blocks and branches

    def _blocks(self, root: Use) -> None:
        """Make the aliases of blocks, and of an inception's branches, the innermost first."""
        uses = [use for use in root.inside() if use is not root]
        families: dict[tuple[int, object], list[Use]] = {}
        for use in uses:
            family = self._family(use)
            families.setdefault((use.height, family), []).append(use)
            self._shrinking.setdefault(family, set()).add(shrinks(use))
        for height in range(max((use.height for use in uses), default=0) + 1):
            for (at, _), family in list(families.items()):
                if at == height:
                    self._make(family)

    def _family(self, use: Use) -> object:
        """What is alike in all uses of one piece of the spec's text."""
        module = use.group.module
        if module.kind == "block":
            definition = module.definition
            return ("block", module.callee, id(definition))
        span = module.span
        return (module.kind, span.source.name, span.start, span.end) if span else module.path

    def _make(self, family: list[Use]) -> None:
        first = family[0].group
        if first.inception:
            for use in family:
                use.done = self._inception(use)
        elif first.module.kind == "block":
            self._unify(family, identifier(first.module.callee or "", "block"))
        # a line, a merge or a branch stands where it is, unless it is an inception's branch

    def _inception(self, use: Use) -> list[Template]:
        """``inceptionN<first,...,last,``: its branches as aliases, which run the last first."""
        base = own_name(use.group.module)
        branches = [part for part in use.parts if isinstance(part, Use)]
        last = cast(Template, use.parts[-1])
        names: list[int | str] = []
        for branch in reversed(branches):
            module = branch.group.module
            label = identifier(module.label, "branch") if module.label else str(len(names) + 1)
            items = self._repeats(branch.flat())
            names.append(self._named(items, f"{base}_{label}", module.path))
        return [Template(last.name, tuple(names), last.layer)]

    def _named(self, items: Sequence[Template], name: str, about: str) -> str:
        """The alias without parameters of these templates, made where there is none yet."""
        key: tuple[str | Template, ...] = (name, *items)
        if key not in self._plain:
            self._plain[key] = self._declare(name, (), items, about).name
        return self._plain[key]

    def _declare(
        self, name: str, parameters: tuple[str, ...], items: Sequence[Template], about: str
    ) -> Alias:
        parted = items if parameters else self._parted(items, name)
        alias = Alias(self._free(name), parameters, parted, about)
        if about and identifier(about, "line") == alias.name:
            alias.about = ""
        self.made.append(alias)
        return alias

    def _free(self, name: str) -> str:
        free = unique(f"{name}_layer" if taken(name) else name, self._used)
        self._used.add(free)
        return free

    def _unify(self, family: list[Use], name: str) -> None:
        """One alias for all uses of a block with the same templates."""
        classes: dict[tuple[object, ...], list[tuple[Use, list[Template]]]] = {}
        for use in family:
            items = self._repeats(use.flat())
            if len(items) > 1 or (items and items[0].name.startswith("inception")):
                classes.setdefault(skeleton(items), []).append((use, items))
        some_shrink = len(self._shrinking[self._family(family[0])]) > 1
        for members in sorted(classes.values(), key=len, reverse=True):
            down = "_down" if some_shrink and shrinks(members[0][0]) else ""
            self._parametric(members, name + down)

    def _parametric(self, members: list[tuple[Use, list[Template]]], name: str) -> None:
        columns = Columns(members, self._used, {a.name: a.parameters for a in self.made})
        paths = [use.group.module.path for use, _ in members]
        about = paths[0] + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
        alias = self._declare(name, columns.names, columns.items, about)
        if not any(use.group.module in self.nest.opened for use, _ in members):
            self._repeatable.add(alias.name)
        for number, (use, items) in enumerate(members):
            use.done = [Template(alias.name, columns.values(number), last_layer(items))]

    # ---------------------------------------------------------------- the network's own lines

    def _top(self, root: Use) -> list[Template]:
        """A line of the network where it is short, an alias under its label where it is not."""
        found: list[Template] = []
        for part in root.parts:
            if isinstance(part, Template):
                found.append(replace(part, label=label_of(part.layer)))
                continue
            items = self._repeats(part.flat())
            module = part.group.module
            if sum(map(heavy, items)) > 1:
                name = self._named(items, own_name(module), module.path)
                items = [Template(name, (), last_layer(items))]
            if items:
                items[-1] = replace(items[-1], label=module.label or "")
            found += items
        return found

    def _repeats(self, items: Sequence[Template]) -> list[Template]:
        """Runs of one alias as ``repeat<n,alias,``."""
        found: list[Template] = []
        at = 0
        while at < len(items):
            item, run = items[at], 1
            while at + run < len(items) and same(items[at + run], item):
                run += 1
            if run >= REPEATED and item.name in self._repeatable:
                name = self._bind(item)
                found.append(Template("repeat", (run, name), items[at + run - 1].layer))
            else:
                found += items[at : at + run]
            at += run
        return found

    def _bind(self, item: Template) -> str:
        """An alias with its parameters filled: ``repeat`` takes one of a network alone."""
        if not item.args:
            return item.name
        if item not in self._bound:
            plain = replace(item, layer=None)
            numbers = "_".join(map(str, item.args))
            bound = self._declare(f"{item.name}_{numbers}", (), [plain], "")
            self._bound[item] = bound.name
        return self._bound[item]

    def _parted(self, items: Sequence[Template], name: str) -> list[Template]:
        """The templates, in aliases of their own by the ``LONGEST`` where they are too many."""
        weights = [index for index, item in enumerate(items) if heavy(item)]
        if len(weights) <= LONGEST:
            return list(items)
        found: list[Template] = []
        starts = [0, *weights[LONGEST::LONGEST], len(items)]
        for start, end in pairwise(starts):
            part = items[start:end]
            alias = Alias(self._free(f"{name}_part".lstrip("_")), (), part)
            self.made.append(alias)
            found.append(Template(alias.name, (), last_layer(part)))
        return found


# ---------------------------------------------------------------- integers that differ


class Columns:
    """The integers of a block's uses, position by position: those that differ become parameters.

    ``names`` are the parameters', in the order of the block's own arguments where they have the
    values of one; ``items`` the templates with the names in place.
    """

    def __init__(
        self,
        members: list[tuple[Use, list[Template]]],
        used: set[str],
        parameters: Mapping[str, tuple[str, ...]],
    ) -> None:
        found: dict[tuple[int, ...], str] = {}
        modules = [use.group.module for use, _ in members]
        lists = [items for _, items in members]
        self.items: list[Template] = []
        for at, first in enumerate(lists[0]):
            args: list[int | str] = []
            for position, arg in enumerate(first.args):
                column = [items[at].args[position] for items in lists]
                if isinstance(arg, str) or all(value == arg for value in column):
                    args.append(arg)
                    continue
                values = tuple(value for value in column if isinstance(value, int))
                if values not in found:
                    inner = parameters.get(first.name)
                    own = inner[position] if inner else role(first.name, position)
                    name = argument_of(modules, values) or own
                    known = {*used, *found.values()}
                    found[values] = unique(identifier(name, "n"), known)
                args.append(found[values])
            self.items.append(replace(first, args=tuple(args)))
        order = [identifier(name, "n") for name in modules[0].arguments]
        ranked = sorted(
            found.items(), key=lambda pair: order.index(pair[1]) if pair[1] in order else len(order)
        )
        self.names = tuple(name for _, name in ranked)
        self._values = [values for values, _ in ranked]

    def values(self, number: int) -> tuple[int, ...]:
        """The parameters of one use."""
        return tuple(values[number] for values in self._values)


def argument_of(modules: list[Module], values: tuple[int, ...]) -> str | None:
    """The block's argument that has these values in its uses."""
    for name in modules[0].arguments:
        if tuple(module.arguments.get(name) for module in modules) == values:
            return name
    return None


def role(name: str, position: int) -> str:
    """What an integer of a template is."""
    for part, roles in ROLES.items():
        if (name.startswith(part) or part in name) and position < len(roles):
            return roles[position]
    return "n"


def skeleton(items: Sequence[Template]) -> tuple[object, ...]:
    """Templates without their integers."""
    return tuple(
        (item.name, *(arg if isinstance(arg, str) else None for arg in item.args)) for item in items
    )


# ---------------------------------------------------------------- groups


def measured(group: Group) -> Use:
    """The tree of uses, with their heights."""
    use = Use(group)
    for item in group.items:
        use.parts.append(item if isinstance(item, Template) else measured(item))
    inside = [part.height for part in use.parts if isinstance(part, Use)]
    use.height = 1 + max(inside, default=0)
    return use


def heavy(item: Template) -> bool:
    """Whether a template ends a line: a layer with weights or windows, a merge, an alias."""
    return item.name not in LIGHT


def same(one: Template, other: Template) -> bool:
    return one == other and one.label == other.label


def last_layer(items: Sequence[Template]) -> Layer | None:
    return next((item.layer for item in reversed(items) if item.layer), None)


def label_of(layer: Layer | None) -> str:
    return layer.path if layer is not None else ""


def own_name(module: Module) -> str:
    """The name of the alias of a module: its label's, its block's, or its path's."""
    node: Module | None = module
    while node is not None and not node.label and node.kind != "block":
        node = node.parent
    if node is not None and node.label:
        return identifier(node.label, "line")
    if node is not None and node.kind == "block":
        return identifier(node.callee or "", "block")
    return MERGES.get(module.callee or "") or identifier(module.path, "line")


def shrinks(use: Use) -> bool:
    """Whether the maps of a block's use come out smaller than they go in."""
    layers = [item.layer for item in use.flat() if item.layer is not None]
    if not layers:
        return False
    first, last = layers[0].input_shapes[0], layers[-1].shape
    return len(first) == len(last) == 3 and first[0] != last[0]
