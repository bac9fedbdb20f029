"""One use of a framework's layer: its arguments as numbers and sizes, and what arrives."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from archc.diagnostics import Diagnostic, Label, Span, SpecError, did_you_mean
from archc.dims import Dim, Expr, to_text
from archc.notations.listing.trace import NAMES, Node
from archc.notations.listing.values import Library, Module, Tensor, Unknown, items_of
from archc.ops.base import MAX_INTEGER, Shape, shape_text

if TYPE_CHECKING:
    from archc.notations.listing.evaluate import Evaluator

REQUIRED = object()
MAX_PAD = 1_000_000


@dataclass(frozen=True)
class Row:
    """A layer or a function of a framework: its parameters with their defaults, and what it is
    here. ``ignored`` are parameters that change no shape, weight or value outside training."""

    parameters: Mapping[str, Any]
    write: Callable[[Use], Any]
    ignored: frozenset[str] = frozenset()


def signature(text: str) -> dict[str, Any]:
    """``"in_channels kernel_size stride=1"`` as names with defaults."""
    found: dict[str, Any] = {}
    for word in text.split():
        name, sign, default = word.partition("=")
        found[name] = ast.literal_eval(default) if sign else REQUIRED
    return found


@dataclass(slots=True, eq=False)
class Arguments:
    """What a call gives: values and where they stand."""

    positional: list[Any]
    places: list[ast.expr]
    named: dict[str, Any]
    named_places: dict[str, ast.expr]

    def followed(self, more: Arguments) -> Arguments:
        """These, and then those of a later call."""
        return Arguments(
            [*self.positional, *more.positional],
            [*self.places, *more.places],
            {**self.named, **more.named},
            {**self.named_places, **more.named_places},
        )


def bind(
    reader: Evaluator, call: ast.expr, name: str, row: Row, given: Arguments
) -> tuple[dict[str, Any], dict[str, ast.expr]]:
    """Arguments by name, defaults filled in. Raises SpecError (``argument``) for what does not
    fit, as Python would raise a TypeError."""
    span = reader.text.span(call)
    names = list(row.parameters)
    if len(given.positional) > len(names):
        fail_argument(
            span,
            f"`{name}` takes at most {len(names)} arguments, but here are {len(given.positional)}",
        )
    values = dict(zip(names, given.positional, strict=False))
    places = dict(zip(names, given.places, strict=False))
    for key, value in given.named.items():
        if key in row.ignored:
            continue
        at = reader.text.span(given.named_places[key])
        if key not in row.parameters:
            help = did_you_mean(key, row.parameters) or f"its arguments: {', '.join(names)}"
            fail_argument(at, f"`{name}` has no argument `{key}`", help)
        if key in values:
            fail_argument(at, f"`{name}` has two values for `{key}`")
        values[key], places[key] = value, given.named_places[key]
    missing = [k for k, v in row.parameters.items() if v is REQUIRED and k not in values]
    if missing:
        listed = ", ".join(f"`{m}`" for m in missing)
        fail_argument(span, f"`{name}` lacks {listed}")
    return {k: values.get(k, v) for k, v in row.parameters.items()}, places


def fail_argument(span: Span, message: str, help: str | None = None) -> NoReturn:
    raise SpecError([Diagnostic("argument", message, span, help=help)])


class Use:
    """A layer while it is placed: ``node`` is what arrives, then what has been made of it."""

    def __init__(
        self,
        reader: Evaluator,
        framework: str,
        name: str,
        call: ast.expr,
        given: Mapping[str, Any],
        places: Mapping[str, ast.expr],
        inputs: Sequence[Node],
        owner: Module | None,
    ) -> None:
        self.reader = reader
        self.framework = framework
        self.name = name
        self.call = call
        self.given = given
        self.places = places
        self.inputs = inputs
        self.node = inputs[0]
        self.owner = owner
        self.made: Node | None = None  # the first that was placed: what follows belongs to it
        self.parts = 0

    # ------------------------------------------------------------ what arrives

    @property
    def shape(self) -> Shape | None:
        return self.node.shape

    @property
    def rank(self) -> int | None:
        return None if self.node.shape is None else len(self.node.shape)

    def guess(self, kind: str, size: Any) -> None:
        """What the first layer with weights says of the input, where its shape is not known."""
        if self.node.shape is None:
            self.reader.first.append((kind, size, self.node))

    # ------------------------------------------------------------ what is said

    def span(self, argument: str | None = None) -> Span:
        place = self.places.get(argument or "")
        return self.reader.text.span(place if place is not None else self.call)

    def fail(
        self, code: str, message: str, argument: str | None = None, help: str | None = None
    ) -> NoReturn:
        raise SpecError([Diagnostic(code, message, self.span(argument), help=help)])

    def error(self, said: str, argument: str | None = None, **more: Any) -> None:
        """What the framework would refuse."""
        message = f"{NAMES[self.framework]} would refuse this: {said}"
        self.reader.says.error(self.span(argument), message, labels=self.origin(), **more)

    def remark(self, message: str, argument: str | None = None, **more: Any) -> None:
        self.reader.says.remark(self.span(argument), message, **more)

    def origin(self) -> tuple[Label, ...]:
        if self.node.shape is None or self.node.span == self.span():
            return ()
        return (Label(self.node.span, f"{shape_text(self.node.shape)} comes from here"),)

    # ------------------------------------------------------------ arguments

    def value(self, name: str) -> Any:
        """An argument. Raises SpecError where it is not known."""
        value = self.given[name]
        if isinstance(value, Unknown):
            raise SpecError([value.reason])
        return value

    def count(self, name: str, least: int = 1) -> Any:
        """An integer, or a formula of the network's parameters."""
        value = self.value(name)
        if isinstance(value, Expr):
            return value
        if isinstance(value, float) and value.is_integer() and abs(value) < MAX_INTEGER:
            self.fail(
                "argument",
                f"`{name}` is an integer, but this is {value}",
                name,
                "`//` divides integers",
            )
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not least <= value <= MAX_INTEGER
        ):
            self.fail(
                "argument", f"`{name}` is an integer from {least}, but this is {shown(value)}", name
            )
        return value

    def pair(self, name: str, least: int = 1) -> tuple[int, int]:
        """One number for both axes, or height and width."""
        value = self.value(name)
        items: list[Any] = items_of(value) or [value, value]
        items = items * 2 if len(items) == 1 else items
        good = len(items) == 2 and all(
            isinstance(i, int) and not isinstance(i, bool) and least <= i <= MAX_PAD for i in items
        )
        if not good:
            unknown = next((i for i in items if isinstance(i, Unknown)), None)
            if unknown is not None:
                raise SpecError([unknown.reason])
            self.fail(
                "argument", f"`{name}` is an integer or two, but this is {shown(value)}", name
            )
        return items[0], items[1]

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool | int):
            self.fail("argument", f"`{name}` is True or False, but this is {shown(value)}", name)
        return bool(value)

    def number(self, name: str) -> float:
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e30:
            self.fail("argument", f"`{name}` is a number, but this is {shown(value)}", name)
        return value

    def only(self, name: str, *accepted: Any) -> None:
        """Refuse an argument that archc's layer has not."""
        value = self.value(name)
        if value not in accepted:
            self.fail(
                "unsupported", f"archc has no `{self.name}` with `{name}={shown(value)}`", name
            )

    # ------------------------------------------------------------ placing

    def apply(self, op: str, **arguments: Any) -> None:
        """The layer, with this module's weights and label; then whatever follows it."""
        span = self.reader.text.span(self.call)
        inputs = self.inputs if self.node is self.inputs[0] else (self.node,)
        trace = self.reader.trace
        self.node = trace.apply(op, arguments, inputs, span, self.framework, self.owner)
        self.node.part = self.parts
        if self.made is not None:
            self.node.label, self.node.follows = None, self.made
        self.made = self.made or self.node
        self.parts += 1

    @property
    def tensor(self) -> Tensor:
        return Tensor(self.node)


def shown(value: Any) -> str:
    """A value of a listing in words."""
    if isinstance(value, Library):
        return f"`{value.path}`"
    if isinstance(value, Tensor):
        return "a tensor"
    if isinstance(value, Module):
        return "a module"
    if isinstance(value, Expr):
        return to_text(value)
    if value is None or isinstance(value, bool | int | float | str | tuple | list):
        text = repr(cast("object", value))
        return text if len(text) <= 40 else f"{text[:39]}…"
    return "something else"


def known(size: Dim | None) -> int | None:
    """A size as an integer; None for a formula."""
    return size if isinstance(size, int) else None
