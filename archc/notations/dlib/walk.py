"""A nested type to the steps that it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from archc.diagnostics import Label, did_you_mean, fail
from archc.notations.dlib import layers
from archc.notations.dlib.layers import Row
from archc.notations.dlib.program import (
    ARRIVES,
    INCEPTION,
    Block,
    Bound,
    InPlace,
    Input,
    Layer,
    Loss,
    Names,
    Repeat,
    Scope,
    Skip,
    Step,
    Tag,
    Template,
    Typed,
    Value,
)
from archc.notations.dlib.resolve import Resolver, own_tag, wrong_count
from archc.notations.dlib.tokens import SUBNET_TYPE
from archc.notations.dlib.tree import Alias, Argument, Use

Found = Iterator[Typed | Step | tuple[Template, Use, Scope]]
"""What a template is: steps, then the type below; a template to be put on what arrives."""


class Walker(Resolver):
    """Walks one type; ``root`` is the alias whose body it is, where it is to be a block's."""

    def __init__(self, names: Names, root: Alias | None = None) -> None:
        super().__init__(names, root)

    def steps(self, body: Argument, scope: Scope) -> list[Step]:
        """From the innermost to the outermost. It ends where the subnet of the scope arrives, or
        at an input. Raises SpecError."""
        found: list[Step] = []
        waiting: list[Typed | Step | tuple[Template, Use, Scope]] = [Typed(body, scope)]
        while waiting:
            item = waiting.pop()
            if isinstance(item, tuple):
                waiting += reversed(list(self.applied(*item)))
            elif not isinstance(item, Typed):
                found.append(item)
            elif item.body is not None:
                assert item.scope is not None
                waiting += reversed(list(self.unfold(item.body, item.scope)))
        found.reverse()
        return found

    # ------------------------------------------------------------ one template

    def unfold(self, node: Argument, scope: Scope) -> Found:
        """What a template is: a step or several, then the network below it."""
        self.names.count(node.span)
        if not isinstance(node, Use):
            fail("syntax", node.span, "a template is expected here, but this is an integer")
        bound = scope.bound.get(node.name)
        if isinstance(bound, Typed):
            if node.arguments is not None:
                fail("argument", node.span, f"`{node.name}` is a type, and takes no arguments")
            yield bound
            return
        if node.name in layers.INPUTS and bound is None:
            yield Input(node, scope)
            return
        if node.name.endswith(SUBNET_TYPE):
            yield self.subnet(node, scope)
            return
        if isinstance(bound, Value):
            fail("syntax", node.span, f"a template is expected here, but `{node.name}` is a number")
        template = bound or self.template(node, scope)
        alias = template.alias
        if alias is not None and not alias.templated:
            if node.arguments is not None:
                fail("argument", node.span, f"`{alias.name}` is a type, and takes no arguments")
            yield Typed(alias.body, self.names.scope(alias))
            return
        if alias is not None or template.parameter is not None:
            yield from self.block(template, node, scope)
            return
        yield from self.builtin(node.name if template.name is None else template.name, node, scope)

    def subnet(self, node: Use, scope: Scope) -> Typed:
        """``net_type::subnet_type``: what is below the outermost layer of a network."""
        name = node.name.removesuffix(SUBNET_TYPE)
        alias = self.alias(dataclasses.replace(node, name=name), scope)
        body = alias.body if alias is not None and not alias.templated else None
        known = isinstance(body, Use) and layers.is_known(body.name)
        if alias is None or not known or not isinstance(body, Use) or not body.arguments:
            shown = name.removeprefix("::")
            message = f"`{shown}` is no network above, so that what is below its outermost layer "
            fail("unknown-layer", node.name_span, f"{message}is not known")
        return Typed(body.arguments[-1], self.names.scope(alias))

    def block(self, template: Template, node: Use, scope: Scope) -> Found:
        """An alias: as one step, or what it stands for in place of it."""
        alias = template.alias
        if alias is None:  # a parameter, of no value or of a template of dlib
            yield from self.parameter(template, node, scope)
            return
        given = self.bind(alias, node, scope)
        subnet = None if alias.subnet is None else given[alias.subnet]
        if self.is_tag(alias):
            yield Tag(node, self.tag_id(Template(alias.name, alias), node), alias.name)
            assert isinstance(subnet, Typed)
            yield subnet
        elif subnet is None or self.in_place(alias, given):
            if template.parameter is not None and self.root is not None:
                raise InPlace(self.root.order)  # what its parameter is decides how it is written
            yield Typed(alias.body, self.names.scope(alias, given))
        else:
            values = tuple(
                v
                for p in alias.parameters
                if p.name != alias.subnet and not isinstance(v := given[p.name], Typed)
            )
            yield Block(node, template, values)
            assert isinstance(subnet, Typed)
            yield subnet

    def in_place(self, alias: Alias, given: Mapping[str, Bound]) -> bool:
        """Whether an alias cannot be a block: it is among those that reach out of themselves, or
        takes a tag, or a second type."""
        if alias.order in self.names.inline or self.respells(alias):
            return True
        types = [v for v in given.values() if isinstance(v, Typed)]
        templates = [v for v in given.values() if isinstance(v, Template)]
        return len(types) != 1 or not all(map(self.is_value, templates))

    def is_value(self, template: Template) -> bool:
        """Whether a block can be given the template: a block, or a layer without arguments."""
        if template.name is None or self.names_tag(template):
            return template.name is None
        row = layers.row_of(template.name)
        return template.alias is not None or (row is not None and not row.takes and bool(row.make))

    def respells(self, alias: Alias) -> bool:
        """Whether an alias is one layer with arguments of its own, as ``conp`` is ``con_`` with a
        padding: it says no more than the layer."""
        body = alias.body
        if not isinstance(body, Use) or not body.arguments:
            return False
        values = body.arguments[:-1]
        if body.name == "add_layer" and len(values) == 1 and isinstance(values[0], Use):
            body, values = values[0], values[0].arguments or ()
        row = layers.row_of(body.name)
        integers = {p.name for p in alias.parameters if p.kind == "integer"}
        given = {value.name for value in values if isinstance(value, Use)}
        return row is not None and not row.merge and len(integers) > 1 and given == integers

    def parameter(self, template: Template, node: Use, scope: Scope) -> Found:
        if template.name is not None and self.names_tag(template):
            yield from self.builtin(template.name, node, scope)
            return
        *before, below = self.arguments(node, 1, None)
        given = tuple(self.bound(a, scope) for a in before)
        values = tuple(v for v in given if not isinstance(v, Typed))
        yield Block(node, template, values)
        yield Typed(below, scope)

    def applied(self, template: Template, node: Use, scope: Scope) -> Found:
        """A template that another one is given (``inception4``), on what arrives."""
        alias = template.alias
        if alias is None or template.parameter is not None:
            if template.name is not None and template.parameter is None:
                bare = Use(node.span, template.name, node.name_span, (node,))
                bound: dict[str, Bound] = {**scope.bound, node.name: ARRIVES}
                hole = dataclasses.replace(scope, bound=bound)
                yield from self.builtin(template.name, bare, hole)
            else:
                yield Block(node, template, ())
            return
        self.check_one(alias, node)
        hole = Scope({"": ARRIVES}, alias.place + 1)
        below = Use(node.span, "", node.name_span, None)
        yield from self.block(template, Use(node.span, alias.name, node.name_span, (below,)), hole)

    def check_one(self, alias: Alias, node: Argument) -> None:
        required = [p for p in alias.parameters if p.kind == "type" or p.default is None]
        if len(required) != 1 or alias.subnet is None:
            message = f"`{alias.name}` is given as a template of one argument, the network below"
            label = Label(alias.name_span, "what it takes is another")
            fail("argument", node.span, message, labels=[label])

    def check_repeated(self, template: Template, node: Argument) -> None:
        if template.alias is not None:
            self.check_one(template.alias, node)
        if not self.is_value(template):
            shown = template.name or ""
            fail(
                "argument", node.span, f"`repeat` takes a template of layers, and `{shown}` is none"
            )

    # ------------------------------------------------------------ dlib's own templates

    def builtin(self, name: str, node: Use, scope: Scope) -> Found:
        row = layers.row_of(name)
        if name in ("add_layer", "add_loss_layer"):
            inner, below = self.arguments(node, 2, 2)
            if not isinstance(inner, Use):
                fail("argument", inner.span, f"`{name}` takes a class of layers: `relu_`")
            values = inner.arguments or ()
            bare = Use(node.name_span.to(inner.span), inner.name, inner.name_span, (*values, below))
            yield from self.builtin(self.layer_class(inner, scope), bare, scope)
        elif row is not None:
            given = self.arguments(node, 1, None)
            values, below = given[:-1], given[-1]
            yield self.layer(name, row, node, values, scope)
            yield Typed(below, scope)
        elif layers.is_loss(name):
            given = self.arguments(node, 1, None)
            values, below = given[:-1], given[-1]
            yield self.loss(name, node, values, scope)
            yield Typed(below, scope)
        elif name == "repeat":
            count, inner, below = self.arguments(node, 3, 3)
            template = self.as_template(inner, scope)
            self.check_repeated(template, inner)
            yield Repeat(node, self.integer(count, scope), template)
            yield Typed(below, scope)
        elif name.startswith("inception"):
            yield from self.inception(int(name[9:]), node, scope)
        else:
            yield from self.marker(name, node, scope)

    def layer_class(self, inner: Use, scope: Scope) -> str:
        if layers.row_of(inner.name) is None and not layers.is_loss(inner.name):
            known = [n if n.endswith("_") else f"{n}_" for n in layers.ROWS]
            message = f"there is no class of layers `{inner.name}`"
            fail("unknown-layer", inner.name_span, message, help=did_you_mean(inner.name, known))
        return inner.name

    def marker(self, name: str, node: Use, scope: Scope) -> Iterator[Typed | Step]:
        """Tags and skips."""
        if name in ("add_tag_layer", "add_skip_layer"):
            if len(node.arguments or ()) == 1 and name == "add_tag_layer":
                fail("argument", node.span, "`add_tag_layer` takes a number and the network below")
            first, below = self.arguments(node, 2, 2)
            if name == "add_tag_layer":
                number = self.integer(first, scope).number
                yield Tag(node, -1 if number is None else number, f"tag{number}")
            else:
                yield Skip(node, self.tag(first, scope))
        else:
            (below,) = self.arguments(node, 1, 1)
            if name.startswith(("tag", "itag")):
                yield Tag(node, own_tag(name), name)
            else:
                yield Skip(node, INCEPTION if name == "iskip" else int(name[4:]))
        yield Typed(below, scope)

    def inception(self, count: int, node: Use, scope: Scope) -> Found:
        """Each branch is tagged and skipped back from, the last one first."""
        *branches, below = self.arguments(node, count + 1, count + 1)
        tags = tuple(range(INCEPTION + 1, INCEPTION + 1 + count))
        yield Layer(node, layers.ROWS[f"concat{count}"], node.name, tags=tags)
        for tag, branch in zip(tags, branches, strict=True):
            template = self.as_template(branch, scope)
            assert isinstance(branch, Use)
            yield Tag(branch, tag, f"itag{tag - INCEPTION}")
            yield template, branch, scope
            if tag != tags[-1]:
                yield Skip(branch, INCEPTION)
        yield Tag(node, INCEPTION, "itag0")
        yield Typed(below, scope)

    def layer(
        self, name: str, row: Row, node: Use, values: Sequence[Argument], scope: Scope
    ) -> Layer:
        takes = row.takes
        if takes == "T":
            takes = "t" * max(len(values), 2)
        least, most = len(takes.rstrip("I")), len(takes)
        if not least <= len(values) <= most:
            wrong_count(node, name, least, most, len(values))
        if len(values) not in (least, most):
            wrong_count(node, name, least, most, len(values))
        if row.refused:
            fail("unsupported", node.name_span, f"`{name}` cannot be read: {row.refused}")
        integers: list[Value] = []
        words: list[str] = []
        tags: list[int] = []
        for kind, value in zip(takes, values, strict=False):
            if kind == "m":
                words.append(_word(value))
            elif kind == "t":
                tags.append(self.tag(value, scope))
            else:
                integers.append(self.integer(value, scope))
        if row.merge and not tags:
            tags.append(layers.tag_of(name) or 0)
        return Layer(node, row, name.rstrip("_"), tuple(integers), tuple(words), tuple(tags))

    def loss(self, name: str, node: Use, values: Sequence[Argument], scope: Scope) -> Loss:
        tags: list[int] = []
        for value in values:
            named = isinstance(value, Use) and self.resolved(value, scope)
            if isinstance(named, Template) and self.names_tag(named):
                tags.append(self.tag_id(named, value))
        return Loss(node, name.rstrip("_"), tuple(tags))

    def arguments(self, node: Use, least: int, most: int | None) -> tuple[Argument, ...]:
        given = node.arguments or ()
        if len(given) < least or (most is not None and len(given) > most):
            takes = layers.CONTROL.get(node.name, "the network below as its last argument")
            count = "no arguments" if not given else f"{len(given)} of them"
            message = f"`{node.name}` takes {takes}, but has {count}"
            fail("argument", node.span, message)
        return given


def _word(value: Argument) -> str:
    if isinstance(value, Use) and value.arguments is None:
        return value.name
    fail("argument", value.span, "a mode is expected here: `FC_NO_BIAS`, `CONV_MODE`")
