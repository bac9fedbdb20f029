"""The steps as a tree of groups, a group a module of the spec, with tags and skips in place."""

from __future__ import annotations

from dataclasses import dataclass, field

from archc.graph.network import Module
from archc_backends.dlib.steps import Chain, Order, Step
from archc_backends.dlib.table import OWN_TAGS, Template


@dataclass(eq=False)
class Group:
    """What of a module is written, in the order in which it runs."""

    module: Module
    items: list[Template | Group] = field(default_factory=list["Template | Group"])
    inception: bool = False


class Nest:
    """The tree of groups; ``tags`` are the numbers of the tags that it has."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.tags: set[int] = set()
        self.opened: set[Module] = set()
        """Modules that read a tag from outside, or one of whose tags is read outside: they cannot
        be repeated."""
        self._busy: dict[int, int] = {}
        """By number of a tag in use the last step that reads it."""
        self._had: dict[Module, set[int]] = {}
        self._numbers: dict[str, int] = {}
        self._placed: dict[str, Chain] = {}
        self._last = {value: uses[-1] for value, uses in order.uses.items()}
        self.root = Group(order.network.root)
        self._stack = [self.root]
        self._build()

    def _build(self) -> None:
        steps = self.order.steps
        here: Chain = (self.order.network.root,)
        value = self.order.network.inputs[0].name
        for number, step in enumerate(steps):
            self._tag(value, number - 1, here, step.chain)
            if step.skips is not None:
                self._skip(step.skips, shared_chain(here, step.chain))
            self._write(step)
            here, value = step.chain, step.layer.path
        root = (self.order.network.root,)
        self._tag(value, len(steps) - 1, here, root)
        if self.order.end is not None:
            self._skip(self.order.end, root)

    # ---------------------------------------------------------------- items

    def _write(self, step: Step) -> None:
        group = self._group(step.chain)
        layer = step.layer
        if isinstance(step.spelled, Template):
            group.items.append(step.spelled)
        elif step.inception:
            group.inception = True
            branches = sum(isinstance(item, Group) for item in group.items)
            group.items.append(Template(f"inception{branches}", (), layer))
        else:
            tags = tuple(self._read(value, step.chain) for value in step.tagged)
            if step.name == "concat":
                group.items.append(concat(tags, step))
            else:
                for tag in tags:
                    group.items.append(by_tag(step.name, tag, step))

    def _skip(self, value: str, chain: Chain) -> None:
        number = self._read(value, chain)
        name = f"skip{number}" if number <= OWN_TAGS else "add_skip_layer"
        args = () if number <= OWN_TAGS else (f"tag{number}",)
        self._group(chain).items.append(Template(name, args))

    def _tag(self, value: str, number: int, here: Chain, there: Chain) -> None:
        """Tag the value of step ``number`` where something reads it by a tag.

        The tag stands in the smallest module that begins here and holds all readers, so that a
        block that reads its input twice tags it itself; else between the modules on both sides.
        """
        uses = self.order.uses.get(value)
        if uses is None:
            return
        chain = shared_chain(here, there)
        readers = [self._chain(use) for use in uses]
        for depth in range(len(chain) + 1, len(there) + 1):
            if all(reader[:depth] == there[:depth] for reader in readers):
                chain = there[:depth]
        tag = self._free(number, chain)
        self._busy[tag] = self._last[value]
        self._numbers[value], self._placed[value] = tag, chain
        self.tags.add(tag)
        self._group(chain).items.append(Template(f"tag{tag}"))

    def _chain(self, use: int) -> Chain:
        steps = self.order.steps
        return steps[use].chain if use < len(steps) else (self.order.network.root,)

    def _free(self, number: int, chain: Chain) -> int:
        """The lowest tag that no step after ``number`` reads, and that its block has not had yet:
        a block reads more easily where each of its tags is one value."""
        had = self._had.setdefault(chain[-1], set()) if len(chain) > 1 else set[int]()
        tag = 1
        while self._busy.get(tag, -1) > number or tag in had:
            tag += 1
        if tag > OWN_TAGS:
            tag = min(n for n in range(1, tag + 1) if self._busy.get(n, -1) <= number)
        had.add(tag)
        return tag

    def _read(self, value: str, chain: Chain) -> int:
        """The tag of a value that is read in a module; modules between the two are open."""
        placed = self._placed[value]
        both = len(shared_chain(chain, placed))
        for part in (chain[both:], placed[both:]):
            self.opened.update(part)
        return self._numbers[value]

    # ---------------------------------------------------------------- groups

    def _group(self, chain: Chain) -> Group:
        """The group of a module, made where this is its first item."""
        depth = 1
        while depth < min(len(chain), len(self._stack)):
            if self._stack[depth].module is not chain[depth]:
                break
            depth += 1
        del self._stack[depth:]
        for module in chain[depth:]:
            group = Group(module)
            self._stack[-1].items.append(group)
            self._stack.append(group)
        return self._stack[-1]


def shared_chain(one: Chain, other: Chain) -> Chain:
    """The modules that hold both."""
    depth = 0
    for a, b in zip(one, other, strict=False):
        if a is not b:
            break
        depth += 1
    return one[:depth]


def concat(tags: tuple[int, ...], step: Step) -> Template:
    names = tuple(f"tag{tag}" for tag in tags)
    if len(names) <= 5:
        return Template(f"concat{len(names)}", names, step.layer)
    return Template("add_layer", (f"concat_<{','.join(names)}>",), step.layer)


def by_tag(name: str, tag: int, step: Step) -> Template:
    """``add_prev1<`` or, of a tag that dlib has no such name for, ``add_prev<tag11,``."""
    if tag <= OWN_TAGS:
        return Template(f"{name}{tag}", (), step.layer)
    return Template(name, (f"tag{tag}",), step.layer)
