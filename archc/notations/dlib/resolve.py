"""What stands between angle brackets: integers, templates, types and tags, each by its name."""

from __future__ import annotations

import dataclasses
from typing import NoReturn

from archc.diagnostics import Label, did_you_mean, fail
from archc.notations.dlib import layers
from archc.notations.dlib.numbers import binary, name
from archc.notations.dlib.program import (
    ARRIVES,
    INCEPTION,
    MAX_INTEGER,
    Bound,
    Names,
    Scope,
    Template,
    Typed,
    Value,
)
from archc.notations.dlib.safe import safe
from archc.notations.dlib.tree import Alias, Argument, Arithmetic, Integer, Parameter, Use


class Resolver:
    """Resolves names and arguments. Every method raises SpecError where they are wrong."""

    def __init__(self, names: Names) -> None:
        self.names = names

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

    # ------------------------------------------------------------ values

    def bind(self, alias: Alias, node: Use, scope: Scope) -> dict[str, Bound]:
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
        return self.is_tag(inner) if inner is not None else own_tag(body.name) >= 0

    def names_tag(self, template: Template) -> bool:
        if template.alias is not None:
            return self.is_tag(template.alias)
        return template.name is not None and own_tag(template.name) >= 0

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
    node: Use, name: str, least: int, most: int, given: int, alias: Alias | None = None
) -> NoReturn:
    own = 0 if alias else 1  # the network below is not among a row's
    least, most, given = least + own, most + own, given + own
    takes = f"{least}" if least == most else f"{least} to {most}" if alias else f"{least} or {most}"
    words = "argument" if takes == "1" else "arguments"
    labels = [Label(alias.name_span, "declared here")] if alias else []
    message = f"`{name}` takes {takes} {words}, the network below among them, but has {given}"
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
            inner = Scope(bound, alias.order)
            value = Resolver(names).given(parameter, parameter.default, inner)
        if written and isinstance(value, Value):
            value = Value(value.number, name(parameter.span, safe(parameter.name)))
        elif written and isinstance(value, Template):
            value = dataclasses.replace(value, parameter=parameter.name)
        bound[parameter.name] = value
    return Scope(bound, alias.order)
