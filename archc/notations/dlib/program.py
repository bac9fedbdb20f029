"""A nested type as the program that it is: layers from the input to the output, tags and skips.

Templates are walked from the outermost in, and the list is turned round. An alias of layers on a
subnet is one step, a block, unless it is among those to be written out in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from archc.diagnostics import Label, Span, did_you_mean, fail
from archc.language import syntax as s
from archc.notations.dlib import layers
from archc.notations.dlib.layers import Row
from archc.notations.dlib.numbers import Number, binary
from archc.notations.dlib.tree import Alias, Argument, Arithmetic, Integer, Parameter, Use

MAX_STEPS = 300_000
MAX_INTEGER = 2**40
INCEPTION = 1000  # the tags that dlib's inception layers use begin here


@dataclass(frozen=True, slots=True)
class Value:
    """An integer: what it is (None where a template's parameter has no value), and how a block
    writes it in its own parameters (None where they do not come into it)."""

    number: int | None
    written: s.Expression | None = None

    @property
    def spelled(self) -> Number:
        if self.written is not None:
            return self.written
        assert self.number is not None
        return self.number


@dataclass(frozen=True, slots=True)
class Template:
    """A template as a value: a layer's, dlib's own, an alias; ``parameter`` is the name of the
    block's parameter that it came by. ``alias`` and ``name`` are None where that has no value."""

    name: str | None
    alias: Alias | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """A type as a value: the network below, an input, a pixel. None is what arrives at a body."""

    body: Argument | None
    scope: Scope | None


Bound = Value | Template | Typed


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """What the names in an alias' body stand for; ``order`` is how many aliases it knows."""

    bound: Mapping[str, Bound]
    order: int


ARRIVES = Typed(None, None)


@dataclass(frozen=True, slots=True)
class Layer:
    """``values`` are the integers, ``words`` the modes, ``tags`` what a merge reads."""

    use: Use
    row: Row
    name: str
    values: tuple[Value, ...] = ()
    words: tuple[str, ...] = ()
    tags: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    use: Use
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Skip:
    use: Use
    id: int


@dataclass(frozen=True, slots=True)
class Block:
    """A use of an alias, or of a template given as a parameter, as one step."""

    use: Use
    template: Template
    given: tuple[Value | Template, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    use: Use
    count: Value
    template: Template


@dataclass(frozen=True, slots=True)
class Input:
    use: Use
    scope: Scope


@dataclass(frozen=True, slots=True)
class Loss:
    use: Use
    name: str
    tags: tuple[int, ...] = ()


Step = Layer | Tag | Skip | Block | Repeat | Input | Loss


class InPlace(Exception):
    """The alias of this order cannot be a block, and is to be written out where it is used."""

    def __init__(self, order: int) -> None:
        super().__init__(order)
        self.order = order


@dataclass
class Names:
    """What a text declares, and how much of it has been walked."""

    aliases: list[Alias]
    constants: Mapping[str, Argument]
    inline: set[int] = field(default_factory=set[int])
    steps: int = 0
    _by_name: dict[str, list[Alias]] = field(default_factory=dict[str, list[Alias]])

    def __post_init__(self) -> None:
        for alias in self.aliases:
            self._by_name.setdefault(alias.name, []).append(alias)

    def alias(self, name: str, scope: Scope) -> Alias | None:
        """The alias of that name, the last above the place that names it."""
        for alias in reversed(self._by_name.get(name, ())):
            if alias.order < scope.order:
                return alias
        return None

    def below(self, name: str) -> Alias | None:
        return self._by_name[name][0] if name in self._by_name else None

    def count(self, span: Span) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            fail("too-large", span, f"the templates expand to more than {MAX_STEPS:,} steps")

    def similar(self, name: str, scope: Scope) -> str | None:
        return did_you_mean(name, [*self._by_name, *scope.bound, *layers.names()])


class Walker:
    """Walks one type; ``root`` is the alias whose body it is, where it is to be a block's."""

    def __init__(self, names: Names, root: Alias | None = None) -> None:
        self.names = names
        self.root = root

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

    def unfold(
        self, node: Argument, scope: Scope
    ) -> Iterator[Typed | Step | tuple[Template, Use, Scope]]:
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
        if isinstance(bound, Value):
            fail("syntax", node.span, f"a template is expected here, but `{node.name}` is a number")
        template = bound or self.template(node, scope)
        alias = template.alias
        if alias is not None and not alias.templated:
            if node.arguments is not None:
                fail("argument", node.span, f"`{alias.name}` is a type, and takes no arguments")
            yield Typed(alias.body, Scope({}, alias.order))
            return
        if alias is not None or template.parameter is not None:
            yield from self.block(template, node, scope)
            return
        yield from self.builtin(node.name if template.name is None else template.name, node, scope)

    def template(self, node: Use, scope: Scope) -> Template:
        """What a name stands for, where no parameter has it. Raises SpecError for nothing."""
        alias = self.names.alias(node.name, scope)
        if alias is not None:
            return Template(alias.name, alias)
        if layers.is_known(node.name):
            return Template(node.name)
        later = self.names.below(node.name)
        if later is not None:
            label = Label(later.name_span, "declared here")
            message = f"`{node.name}` is declared below its use: a template knows those above it"
            fail("unknown-layer", node.name_span, message, labels=[label])
        help = self.names.similar(node.name, scope)
        if node.arguments is None and help is None:
            help = "the innermost template is an input: `input<matrix<unsigned char>>`"
        fail("unknown-layer", node.name_span, f"there is no template `{node.name}`", help=help)

    def block(
        self, template: Template, node: Use, scope: Scope
    ) -> Iterator[Typed | Step | tuple[Template, Use, Scope]]:
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
            yield Typed(alias.body, Scope(given, alias.order))
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
        if alias.order in self.names.inline:
            return True
        types = [v for v in given.values() if isinstance(v, Typed)]
        tags = [v for v in given.values() if isinstance(v, Template) and self.names_tag(v)]
        return len(types) != 1 or bool(tags)

    def parameter(
        self, template: Template, node: Use, scope: Scope
    ) -> Iterator[Typed | Step | tuple[Template, Use, Scope]]:
        if template.name is not None and self.names_tag(template):
            yield from self.builtin(template.name, node, scope)
            return
        *before, below = self.arguments(node, 1, None)
        given = tuple(self.bound(a, scope) for a in before)
        values = tuple(v for v in given if not isinstance(v, Typed))
        yield Block(node, template, values)
        yield Typed(below, scope)

    def applied(
        self, template: Template, node: Use, scope: Scope
    ) -> Iterator[Typed | Step | tuple[Template, Use, Scope]]:
        """A template that another one is given (``inception4``), on what arrives."""
        alias = template.alias
        if alias is None or template.parameter is not None:
            if template.name is not None and template.parameter is None:
                bare = Use(node.span, template.name, node.name_span, (node,))
                hole = Scope({**scope.bound, node.name: ARRIVES}, scope.order)
                yield from self.builtin(template.name, bare, hole)
            else:
                yield Block(node, template, ())
            return
        required = [p for p in alias.parameters if p.kind == "type" or p.default is None]
        if len(required) != 1 or alias.subnet is None:
            message = f"`{alias.name}` is given as a template of one argument, the network below"
            fail("argument", node.span, message, labels=[Label(alias.name_span, "it takes more")])
        hole = Scope({"": ARRIVES}, alias.order + 1)
        below = Use(node.span, "", node.name_span, None)
        yield from self.block(
            template, Use(node.span, alias.name, node.name_span, (below,)), hole
        )

    # ------------------------------------------------------------ dlib's own templates

    def builtin(
        self, name: str, node: Use, scope: Scope
    ) -> Iterator[Typed | Step | tuple[Template, Use, Scope]]:
        row = layers.row_of(name)
        if name == "add_layer" or name == "add_loss_layer":
            inner, below = self.arguments(node, 2, 2)
            if not isinstance(inner, Use):
                fail("argument", inner.span, f"`{name}` takes a class of layers: `relu_`")
            values = inner.arguments or ()
            bare = Use(node.name_span.to(inner.span), inner.name, inner.name_span, (*values, below))
            yield from self.builtin(self.layer_class(inner, scope), bare, scope)
        elif row is not None:
            *values, below = self.arguments(node, 1, None)
            yield self.layer(name, row, node, values, scope)
            yield Typed(below, scope)
        elif layers.is_loss(name):
            *values, below = self.arguments(node, 1, None)
            yield self.loss(name, node, values, scope)
            yield Typed(below, scope)
        elif name == "repeat":
            count, inner, below = self.arguments(node, 3, 3)
            yield Repeat(node, self.integer(count, scope), self.as_template(inner, scope))
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
            if name.startswith("tag") or name.startswith("itag"):
                yield Tag(node, _own_tag(name), name)
            else:
                yield Skip(node, INCEPTION if name == "iskip" else int(name[4:]))
        yield Typed(below, scope)

    def inception(
        self, count: int, node: Use, scope: Scope
    ) -> Iterator[Typed | Step | tuple[Template, Use, Scope]]:
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
        self, name: str, row: Row, node: Use, values: list[Argument], scope: Scope
    ) -> Layer:
        takes = row.takes
        if takes == "T":
            takes = "t" * max(len(values), 2)
        least, most = len(takes.rstrip("I")), len(takes)
        if not least <= len(values) <= most:
            _count(node, name, least, most, len(values))
        if len(values) not in (least, most):
            _count(node, name, least, most, len(values))
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

    def loss(self, name: str, node: Use, values: list[Argument], scope: Scope) -> Loss:
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

    # ------------------------------------------------------------ values

    def bind(self, alias: Alias, node: Use, scope: Scope) -> dict[str, Bound]:
        given = node.arguments or ()
        parameters = alias.parameters
        least = sum(p.default is None for p in parameters)
        if not least <= len(given) <= len(parameters):
            _count(node, alias.name, least, len(parameters), len(given), alias)
        found: dict[str, Bound] = {}
        for i, parameter in enumerate(parameters):
            if i < len(given):
                found[parameter.name] = self.given(parameter, given[i], scope)
            else:
                assert parameter.default is not None
                inner = Scope(found, alias.order)
                found[parameter.name] = self.given(parameter, parameter.default, inner)
        return found

    def given(self, parameter: Parameter, value: Argument, scope: Scope) -> Bound:
        if parameter.kind == "integer":
            return self.integer(value, scope)
        if parameter.kind == "template":
            return self.as_template(value, scope)
        return Typed(value, scope)

    def bound(self, value: Argument, scope: Scope) -> Bound:
        """An argument of a template that is a parameter itself, whose kind is not looked up."""
        if isinstance(value, Use) and value.arguments is None:
            found = scope.bound.get(value.name)
            if found is not None:
                return found
            if value.name not in self.names.constants:
                return self.as_template(value, scope)
        return self.integer(value, scope)

    def resolved(self, value: Use, scope: Scope) -> Bound | None:
        found = scope.bound.get(value.name)
        if found is not None or value.arguments is not None:
            return found
        alias = self.names.alias(value.name, scope)
        if alias is not None:
            return Template(alias.name, alias)
        return Template(value.name) if layers.is_known(value.name) else None

    def as_template(self, value: Argument, scope: Scope) -> Template:
        if isinstance(value, Use) and value.arguments is None:
            found = scope.bound.get(value.name)
            if found is None:
                found = self.template(value, scope)
            if isinstance(found, Template):
                return found
        fail(
            "argument",
            value.span,
            "the name of a template is expected here, without its arguments",
        )

    def integer(self, value: Argument, scope: Scope, depth: int = 0) -> Value:
        """Raises SpecError where it is none."""
        if isinstance(value, Integer):
            return Value(value.value)
        if isinstance(value, Arithmetic):
            if depth > 200:
                fail("too-large", value.span, "more than 200 operators in one number")
            left = self.integer(value.left, scope, depth + 1)
            return _calculated(value, left, self.integer(value.right, scope, depth + 1))
        bound = scope.bound.get(value.name)
        if isinstance(bound, Value):
            return bound
        constant = self.names.constants.get(value.name)
        if constant is not None and bound is None and value.arguments is None:
            if depth > 50:
                fail("recursion", value.span, f"the constant `{value.name}` contains itself")
            return self.integer(constant, Scope({}, 0), depth + 10)
        shown = value.span.text if len(value.span.text) <= 40 else f"{value.span.text[:39]}…"
        kind = "a template" if value.arguments is not None or bound is not None else "unknown"
        message = f"an integer is expected here, but `{shown}` is {kind}"
        numbers = [n for n, v in scope.bound.items() if isinstance(v, Value)]
        help = did_you_mean(value.name, [*numbers, *self.names.constants])
        fail("argument", value.span, message, help=help)

    # ------------------------------------------------------------ tags

    def is_tag(self, alias: Alias) -> bool:
        """Whether an alias does nothing but tag: ``template <typename S> using t = tag9<S>``."""
        body = alias.body
        if not isinstance(body, Use) or len(alias.parameters) != 1 or not body.arguments:
            return False
        last = body.arguments[-1]
        if not isinstance(last, Use) or last.name != alias.subnet or last.arguments is not None:
            return False
        if body.name == "add_tag_layer":
            return len(body.arguments) == 2
        if len(body.arguments) != 1:
            return False
        inner = self.names.alias(body.name, Scope({}, alias.order))
        return self.is_tag(inner) if inner is not None else _own_tag(body.name) >= 0

    def names_tag(self, template: Template) -> bool:
        if template.alias is not None:
            return self.is_tag(template.alias)
        return template.name is not None and _own_tag(template.name) >= 0

    def tag_id(self, template: Template, node: Argument) -> int:
        while template.alias is not None:
            body = template.alias.body
            assert isinstance(body, Use) and body.arguments
            scope = Scope({}, template.alias.order)
            if body.name == "add_tag_layer":
                number = self.integer(body.arguments[0], scope).number
                return -1 if number is None else number
            inner = self.names.alias(body.name, scope)
            template = Template(body.name, inner)
        return _own_tag(template.name or "")

    def tag(self, value: Argument, scope: Scope) -> int:
        template = self.as_template(value, scope)
        if not self.names_tag(template):
            known = ["tag1", *(a.name for a in self.names.aliases if self.is_tag(a))]
            shown = template.name or template.parameter or ""
            help = did_you_mean(shown, known) or "a tag is `tag1`, or an alias of `add_tag_layer`"
            fail("argument", value.span, f"a tag is expected here, but `{shown}` is none", help=help)
        return self.tag_id(template, value)


def _own_tag(name: str) -> int:
    """The number of one of dlib's own tags; -1 for another name."""
    if name not in layers.CONTROL:
        return -1
    if name.startswith("itag"):
        return INCEPTION + int(name[4:])
    return int(name[3:]) if name.startswith("tag") else -1


def _word(value: Argument) -> str:
    if isinstance(value, Use) and value.arguments is None:
        return value.name
    fail("argument", value.span, "a mode is expected here: `FC_NO_BIAS`, `CONV_MODE`")


def _calculated(node: Arithmetic, left: Value, right: Value) -> Value:
    """As C++ has it: a quotient is rounded towards zero."""
    number: int | None = None
    if left.number is not None and right.number is not None:
        number = _number(node, left.number, right.number)
    if left.written is None and right.written is None:
        return Value(number)
    operator = "//" if node.operator == "/" else node.operator
    return Value(number, binary(operator, left.spelled, right.spelled, node.span))


def _number(node: Arithmetic, a: int, b: int) -> int:
    if node.operator in "/%" and b == 0:
        fail("value", node.span, "a division by zero")
    if node.operator == "/":
        value = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    elif node.operator == "%":
        value = abs(a) % abs(b) * (-1 if a < 0 else 1)
    else:
        value = a + b if node.operator == "+" else a - b if node.operator == "-" else a * b
    if abs(value) > MAX_INTEGER:
        fail("too-large", node.span, "integers are at most 2^40")
    return value


def _count(
    node: Use, name: str, least: int, most: int, given: int, alias: Alias | None = None
) -> NoReturn:
    own = 0 if alias else 1  # the network below is not among a row's
    least, most, given = least + own, most + own, given + own
    takes = f"{least}" if least == most else f"{least} to {most}" if alias else f"{least} or {most}"
    words = "argument" if takes == "1" else "arguments"
    labels = [Label(alias.name_span, "declared here")] if alias else []
    message = f"`{name}` takes {takes} {words}, the network below among them, but has {given}"
    fail("argument", node.span, message, labels=labels)
