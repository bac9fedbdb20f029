"""What stands between angle brackets: integers, templates, types and tags, each by its name."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import NoReturn

from archc.diagnostics import Label, SpecError, did_you_mean, fail
from archc.notations.dlib import layers
from archc.notations.dlib.numbers import binary, name
from archc.notations.dlib.program import (
    ARRIVES,
    INCEPTION,
    MAX_INTEGER,
    Bound,
    Home,
    InPlace,
    Names,
    Scope,
    Template,
    Typed,
    Value,
)
from archc.notations.dlib.safe import safe
from archc.notations.dlib.tree import (
    Alias,
    Argument,
    Arithmetic,
    Class,
    Integer,
    Parameter,
    Use,
)


class Resolver:
    """Resolves names and arguments. Every method raises SpecError where they are wrong."""

    def __init__(self, names: Names, root: Alias | None = None) -> None:
        """``root`` is the alias whose body is read, where it is to be a block's."""
        self.names = names
        self.root = root

    def template(self, node: Use, scope: Scope) -> Template:
        """What a name stands for, where no parameter has it. Raises SpecError for nothing."""
        alias = self.alias(node, scope)
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

    # ------------------------------------------------------------ class templates

    def alias(self, node: Use, scope: Scope) -> Alias | None:
        """The alias that is named, None where there is none; of a class template it must be."""
        if node.of is None:
            return self.names.alias(node.name, scope)
        home = self.home(node.of, scope)
        name = node.name.removeprefix("::")
        found = self.names.member(home, name, scope)
        if found is not None:
            return found
        members = home.of.members
        message = f"`{home.of.name}` has no `using {name} = ...`"
        if name in members:
            message = f"`{name}` is declared below its use: a template knows those above it"
        notes = ["of a class template its aliases are read, not those of its bases"]
        fail(
            "unknown-layer",
            node.name_span,
            message,
            labels=[Label(home.of.name_span, "the class template")],
            notes=notes if home.of.bases else [],
            help=did_you_mean(name, members),
        )

    def home(self, node: Use, scope: Scope) -> Home:
        """A class template with the arguments that it has there."""
        if node.of is not None:
            fail("unsupported", node.name_span, "a class template within another cannot be read")
        found = self.names.of_class(node.name, scope)
        if found is None:
            message = f"there is no class template `{node.name}` above, in this text"
            others = [name for name in self.names.classes if name != node.name]
            help = did_you_mean(node.name, others)
            fail("unknown-layer", node.name_span, message, help=help)
        labels = [Label(found.name_span, "declared here")]
        if found.refused:
            message = f"the class template `{found.name}` cannot be read: {found.refused}"
            fail("unsupported", node.name_span, message, labels=labels)
        given: dict[str, Bound] = {}
        key: list[object] = []
        for parameter, value in self.bind(found, node, scope).items():
            if isinstance(value, Typed):
                message = f"the class template `{found.name}` takes a type, `{parameter}`"
                notes = ["archc reads class templates of templates and numbers"]
                fail("unsupported", node.name_span, message, labels=labels, notes=notes)
            given[parameter] = bare = self.bare(value, node)
            key.append(bare.number if isinstance(bare, Value) else _identity(bare))
        for constant, number in found.constants.items():
            with contextlib.suppress(SpecError):  # what needs it says that it is unknown
                given[constant] = self.integer(number, Scope(dict(given), found.place))
        return self.names.home(found, given, tuple(key))

    def bare(self, value: Value | Template, node: Use) -> Value | Template:
        """A value without the parameter of a block that it came by. Raises InPlace."""
        by = value.written if isinstance(value, Value) else value.parameter
        if by is not None and self.root is not None:
            raise InPlace(self.root.order)  # what its members are depends on the use of the block
        if value == Value(None) or value == Template(None):
            message = f"what `{node.name}` is given has no value in a text without a network"
            fail("unsupported", node.span, message)
        return value

    # ------------------------------------------------------------ values

    def bind(self, alias: Alias | Class, node: Use, scope: Scope) -> dict[str, Bound]:
        given = node.arguments or ()
        parameters = alias.parameters
        least = sum(p.default is None for p in parameters)
        if not least <= len(given) <= len(parameters):
            wrong_count(node, alias.name, least, len(parameters), len(given), alias)
        found: dict[str, Bound] = {}
        for i, parameter in enumerate(parameters):
            if i < len(given):
                found[parameter.name] = self.given(parameter, given[i], scope)
            else:
                assert parameter.default is not None
                inner = Scope(found, alias.place)
                if isinstance(alias, Alias):
                    inner = self.names.scope(alias, found)
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
        alias = self.alias(value, scope)
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
        if depth > 200:
            message = "more than 200 operators and constants within each other in one number"
            fail("too-large", value.span, message)
        if isinstance(value, Arithmetic):
            left = self.integer(value.left, scope, depth + 1)
            return _calculated(value, left, self.integer(value.right, scope, depth + 1))
        bound = scope.bound.get(value.name)
        if isinstance(bound, Value):
            return bound
        constant = self.names.constants.get(value.name)
        if constant is not None and bound is None and value.arguments is None:
            return self.constant(value, constant, depth)
        shown = value.span.text if len(value.span.text) <= 40 else f"{value.span.text[:39]}…"
        kind = "a template" if value.arguments is not None or bound is not None else "unknown"
        message = f"an integer is expected here, but `{shown}` is {kind}"
        numbers = [n for n, v in scope.bound.items() if isinstance(v, Value)]
        help = did_you_mean(value.name, [*numbers, *self.names.constants])
        fail("argument", value.span, message, help=help)

    def constant(self, node: Use, value: Argument, depth: int) -> Value:
        """What a constant is, worked out once."""
        known = self.names.values
        if node.name not in known:
            known[node.name] = None
            try:
                known[node.name] = self.integer(value, Scope({}, 0), depth + 1)
            finally:
                if known[node.name] is None:
                    del known[node.name]
        found = known[node.name]
        if found is None:
            fail("recursion", node.span, f"the constant `{node.name}` contains itself")
        return found

    # ------------------------------------------------------------ tags

    def is_tag(self, alias: Alias) -> bool:
        """Whether an alias does nothing but tag: ``template <typename S> using t = tag9<S>``."""
        while True:
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
            inner = self.alias(body, self.names.scope(alias))
            if inner is None:
                return own_tag(body.name) >= 0
            alias = inner

    def names_tag(self, template: Template) -> bool:
        if template.alias is not None:
            return self.is_tag(template.alias)
        return template.name is not None and own_tag(template.name) >= 0

    def tag_id(self, template: Template, node: Argument) -> int:
        while template.alias is not None:
            body = template.alias.body
            assert isinstance(body, Use) and body.arguments
            scope = self.names.scope(template.alias)
            if body.name == "add_tag_layer":
                number = self.integer(body.arguments[0], scope).number
                return -1 if number is None else number
            inner = self.alias(body, scope)
            template = Template(body.name, inner)
        return own_tag(template.name or "")

    def tag(self, value: Argument, scope: Scope) -> int:
        template = self.as_template(value, scope)
        if not self.names_tag(template):
            known = ["tag1", *(a.name for a in self.names.aliases if self.is_tag(a))]
            shown = template.name or template.parameter or ""
            help = did_you_mean(shown, known) or "a tag is `tag1`, or an alias of `add_tag_layer`"
            fail(
                "argument", value.span, f"a tag is expected here, but `{shown}` is none", help=help
            )
        return self.tag_id(template, value)


def _identity(template: Template) -> object:
    return template.name if template.alias is None else template.alias.order


def own_tag(name: str) -> int:
    """The number of one of dlib's own tags; -1 for another name."""
    if name not in layers.CONTROL:
        return -1
    if name.startswith("itag"):
        return INCEPTION + int(name[4:])
    return int(name[3:]) if name.startswith("tag") else -1


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


def wrong_count(
    node: Use, name: str, least: int, most: int, given: int, alias: Alias | Class | None = None
) -> NoReturn:
    own = 0 if alias else 1  # the network below is not among a row's
    least, most, given = least + own, most + own, given + own
    takes = f"{least}" if least == most else f"{least} to {most}" if alias else f"{least} or {most}"
    words = "argument" if takes == "1" else "arguments"
    labels = [Label(alias.name_span, "declared here")] if alias else []
    below = "" if isinstance(alias, Class) else ", the network below among them"
    message = f"`{name}` takes {takes} {words}{below}, but has {given}"
    fail("argument", node.span, message, labels=labels)


def block_scope(
    names: Names, alias: Alias, given: tuple[Value | Template, ...], written: bool
) -> Scope:
    """The scope of an alias' body; ``written`` says that its parameters stand there by name."""
    bound: dict[str, Bound] = {}
    values = iter(given)
    for parameter in alias.parameters:
        if parameter.name == alias.subnet:
            bound[parameter.name] = ARRIVES
            continue
        value: Bound | None = next(values, None)
        if value is None:
            assert parameter.default is not None
            inner = names.scope(alias, bound)
            value = Resolver(names).given(parameter, parameter.default, inner)
        if written and isinstance(value, Value):
            value = Value(value.number, name(parameter.span, safe(parameter.name)))
        elif written and isinstance(value, Template):
            value = dataclasses.replace(value, parameter=parameter.name)
        bound[parameter.name] = value
    return names.scope(alias, bound)
