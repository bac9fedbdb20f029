"""A call's arguments: matched with what the layer, block or network takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archc.diagnostics import Span, did_you_mean, fail
from archc.graph.evaluate import Evaluator
from archc.graph.names import listing
from archc.graph.values import Element, LayerValue, Scope, kind_of, list_of
from archc.graph.work import spend
from archc.language import syntax
from archc.ops.base import Argument, ArgumentError, Op, Size, Window, coerce
from archc.registry import has_layer

LINEAR = "linear"


@dataclass(slots=True)
class Given:
    """What a call gives a layer: values by argument, where each stands, and ``linear``."""

    values: dict[str, Any]
    spans: dict[str, Span]
    linear: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """A layer's arguments: by name, by flag, the bare ones in order, its kernel and stride."""

    by_name: dict[str, Argument]
    words: dict[str, tuple[Argument, Any]]
    order: list[Argument]
    kernel: Argument | None
    stride: Argument | None


_SIGNATURES: dict[type[Op], Signature] = {}


def signature(op: type[Op]) -> Signature:
    """The signature of a layer's class, made once."""
    if op not in _SIGNATURES:
        arguments = op.arguments()
        _SIGNATURES[op] = Signature(
            {a.name: a for a in arguments},
            {word: (a, value) for a in arguments for word, value in a.words.items()},
            [a for a in arguments if a.positional],
            next((a for a in arguments if a.window == "kernel"), None),
            next((a for a in arguments if a.window == "stride"), None),
        )
    return _SIGNATURES[op]


class LayerArguments:
    """Binds the arguments of one call (or one default) to the fields of a layer's class."""

    __slots__ = (
        "by_name",
        "evaluator",
        "given",
        "kernel",
        "op",
        "order",
        "plain_window",
        "stride",
        "words",
    )

    def __init__(self, op: type[Op], evaluator: Evaluator) -> None:
        self.op = op
        self.evaluator = evaluator
        takes = signature(op)
        self.by_name, self.words, self.order = takes.by_name, takes.words, takes.order
        self.kernel, self.stride = takes.kernel, takes.stride
        self.given = Given({}, {})
        self.plain_window: Span | None = None

    def bind(self, arguments: tuple[syntax.Argument, ...]) -> Given:
        before: syntax.Argument | None = None
        for argument in arguments:
            if isinstance(argument, syntax.Keyword):
                self.keyword(argument)
            elif not self.word(argument):
                self.bare(argument, before)
            before = argument
        if self.plain_window and self.stride and self.stride.name not in self.given.values:
            self.set(self.stride, 1, self.plain_window)
        return self.given

    def set(self, argument: Argument, value: Any, span: Span) -> None:
        if argument.name in self.given.values:
            fail(
                "argument",
                span,
                f"`{argument.name}` of `{self.op.name}` is given twice",
            )
        if not isinstance(value, Element):
            spend(len(list_of(value) or ()), span)
            try:
                value = coerce(argument, value)
            except ArgumentError as error:
                fail("argument", span, f"{self.op.name}: {error.message}", help=error.help)
        elif argument.kind != "tensor":
            message = f"`{argument.name}` of `{self.op.name}` is no tensor, but this is one"
            fail("argument", span, message)
        self.given.values[argument.name] = value
        self.given.spans[argument.name] = span

    def word(self, e: syntax.Expression) -> bool:
        """A flag of the layer, or ``linear``."""
        name = e.simple if isinstance(e, syntax.Reference) else None
        if name is None:
            return False
        known = self.words.get(name)
        if known is None and name != LINEAR:
            return False
        if self.evaluator.scope.has(name):
            fail(
                "argument",
                e.span,
                f"`{name}` is both a flag of `{self.op.name}` and a name in scope",
                help=f"rename the parameter or value `{name}`",
            )
        if known is None:
            self.given.linear = True
        else:
            self.flag(*known, e.span)
        return True

    def flag(self, argument: Argument, value: Any, span: Span) -> None:
        if argument.name in self.given.values:
            self.twice(argument, span)
        self.given.values[argument.name] = value
        self.given.spans[argument.name] = span

    def twice(self, argument: Argument, span: Span) -> None:
        words = " or ".join(f"`{w}`" for w in argument.words)
        fail(
            "argument",
            span,
            f"`{argument.name}` of `{self.op.name}` is given twice",
            help=f"{words} and `{argument.name}=` are one argument" if words else None,
        )

    def keyword(self, keyword: syntax.Keyword) -> None:
        argument = self.by_name.get(keyword.name)
        if argument is None:
            self.no_such(keyword)
            return
        value = keyword.value
        word = value.simple if isinstance(value, syntax.Reference) else None
        if word in argument.words and not self.evaluator.scope.has(word or ""):
            self.flag(argument, argument.words[word or ""], keyword.span)  # pad=same
            return
        if argument.kind == "choice" and isinstance(value, syntax.Reference):
            name = value.simple
            if name in argument.choices and not self.evaluator.scope.has(name or ""):
                self.set(argument, name, keyword.span)
                return
            if name is not None and self.evaluator.name(name) is None:
                help = did_you_mean(name, argument.choices)
                text = f"`{argument.name}` takes one of {listing(list(argument.choices))}"
                fail("argument", value.span, f"{self.op.name}: {text}, but not `{name}`", help=help)
        self.set(argument, self.evaluator.evaluate(value), value.span)

    def no_such(self, keyword: syntax.Keyword) -> None:
        help = did_you_mean(keyword.name, self.by_name)
        if help is None:
            help = f"it takes {listing(list(self.by_name))}" if self.by_name else "it takes none"
        message = f"`{self.op.name}` has no argument `{keyword.name}`"
        fail("argument", keyword.span, message, help=help)

    def bare(self, e: syntax.Expression, before: syntax.Argument | None) -> None:
        self.check_unknown_word(e)
        value = self.evaluator.evaluate(e)
        if isinstance(value, LayerValue):
            self.missing_comma(e, value.name)
        if self.kernel is not None and self.is_window(value):
            self.window(value, e.span)
            return
        if isinstance(value, Window):
            fail("argument", e.span, f"`{self.op.name}` takes no window, but this is {value}")
        for argument in self.order:
            if argument.name not in self.given.values:
                self.set(argument, value, e.span)
                return
        message = f"`{self.op.name}` takes no further bare value, but this is {kind_of(value)}"
        fail("argument", e.span, message, help=self.instead_of_bare(value, before))

    def instead_of_bare(self, value: Any, before: syntax.Argument | None) -> str:
        """What was likely meant by a bare value that is one too many."""
        tensor = isinstance(value[0] if isinstance(value, tuple) and value else value, Element)
        if tensor and self.op.inputs[1] != 1:
            return f"inputs stand in a body, a line each: `{self.op.name} {{ from a; from b }}`"
        word = before.simple if isinstance(before, syntax.Reference) else None
        if word in self.by_name and word in self.words:
            return f"if it belongs to `{word}`, write `{word}={kind_of(value)}`"
        if self.kernel is not None and self.kernel.name not in self.given.values:
            return "a window is a size, such as `3x3`"
        takes = listing([a.name for a in self.order])
        return f"its bare values are {takes}" if self.order else "it takes no bare value"

    def is_window(self, value: Any) -> bool:
        assert self.kernel is not None
        if isinstance(value, Window | Size):
            return True
        return (
            isinstance(value, tuple)
            and len(value) == 2  # pyright: ignore[reportUnknownArgumentType]
            and self.kernel.name not in self.given.values
            and all(type(v) is int for v in value)  # pyright: ignore
        )

    def window(self, value: Any, span: Span) -> None:
        assert self.kernel is not None
        if not isinstance(value, Window):
            self.set(self.kernel, value, span)
            self.plain_window = span  # its stride is 1, unless `stride=` says otherwise
            return
        self.set(self.kernel, value.kernel, span)
        if self.stride is not None:
            self.set(self.stride, value.stride, span)
        else:
            fail("argument", span, f"`{self.op.name}` has no stride, but this is {value}")

    def check_unknown_word(self, e: syntax.Expression) -> None:
        """An unknown word here is likelier a flag mistyped, or a layer after a missing comma."""
        name = e.simple if isinstance(e, syntax.Reference) else None
        if name is None or self.evaluator.name(name) is not None:
            return
        if name in self.by_name:
            message = f"`{name}` of `{self.op.name}` takes a value"
            fail("argument", e.span, message, help=f"write `{name}=...`")
        help = did_you_mean(name, [*self.words, *self.by_name, LINEAR])
        if help is not None:
            fail("unknown-name", e.span, f"`{self.op.name}` has no flag `{name}`", help=help)

    def missing_comma(self, e: syntax.Expression, layer: str) -> None:
        fail(
            "argument",
            e.span,
            f"`{layer}` is a layer, not an argument of `{self.op.name}`",
            help=f"a comma is missing before `{layer}`",
        )


def make_op(op: type[Op], given: Given, call: Span) -> Op:
    """The layer itself. A missing or wrong argument is an error at the call."""
    for argument in op.arguments():
        if argument.required and argument.name not in given.values:
            fail(
                "argument",
                call,
                f"`{op.name}` needs its {argument.doc.rstrip('.')} (`{argument.name}`)",
                help=usage(op),
            )
    try:
        return op(**given.values)
    except ArgumentError as error:
        span = given.spans.get(error.argument or "", call)
        fail("argument", span, f"{op.name}: {error.message}", help=error.help)


def usage(op: type[Op]) -> str:
    """How a layer is written: ``write `conv HxW/STRIDE WIDTH ...```."""
    words = [op.name]
    for argument in op.arguments():
        if argument.window == "kernel":
            words.append("HxW/STRIDE")
        elif argument.positional:
            words.append(argument.name.upper())
    return f"write `{' '.join(words)}`"


def bind_parameters(
    name: str,
    parameters: tuple[syntax.Parameter, ...],
    call: syntax.Call,
    evaluator: Evaluator,
    inputs: tuple[str, ...] = (),
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Span]]:
    """A block's or network's arguments by parameter, those for further inputs, and their places."""
    known = {p.name for p in parameters}
    values: dict[str, Any] = {}
    tensors: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    order = iter(parameters)
    for argument in call.arguments:
        if isinstance(argument, syntax.Keyword):
            key, value = argument.name, evaluator.evaluate(argument.value)
            if key in inputs and key not in known:
                tensors[key] = value
                spans[key] = argument.span
                continue
            if key not in known:
                help = did_you_mean(key, [*known, *inputs])
                fail("argument", argument.span, f"`{name}` has no parameter `{key}`", help=help)
        else:
            key, value = next_parameter(name, order, values, argument, evaluator, parameters)
        if key in values:
            fail("argument", argument.span, f"`{key}` of `{name}` is given twice")
        values[key] = value
        spans[key] = argument.span
    return values, tensors, spans


def next_parameter(
    name: str,
    order: Any,
    values: dict[str, Any],
    argument: syntax.Expression,
    evaluator: Evaluator,
    parameters: tuple[syntax.Parameter, ...],
) -> tuple[str, Any]:
    word = argument.simple if isinstance(argument, syntax.Reference) else None
    if word == LINEAR and not evaluator.scope.has(word):
        help = "only a layer takes `linear`; the block's own layers may"
        fail("argument", argument.span, f"`{name}` is no layer and takes no `linear`", help=help)
    for parameter in order:
        if parameter.name not in values:
            return parameter.name, evaluator.evaluate(argument)
    takes = listing([p.name for p in parameters]) if parameters else "none"
    if word is not None and has_layer(word) and evaluator.scope.has(word) is False:
        help = f"a comma is missing before `{word}`"
    else:
        help = f"its parameters: {takes}"
    count = len(parameters)
    fail(
        "argument",
        argument.span,
        f"`{name}` takes {count} arguments, and this is one more",
        help=help,
    )


def complete(
    name: str,
    parameters: tuple[syntax.Parameter, ...],
    values: dict[str, Any],
    scope: Scope,
    call: Span | None,
) -> None:
    """Put the parameters into ``scope``, the given ones and the defaults, in order."""
    spend(len(parameters), call)
    for parameter in parameters:
        if parameter.name in values:
            value = values[parameter.name]
        elif parameter.default is not None:
            value = Evaluator(scope, None).evaluate(parameter.default)
        else:
            help = f"its parameters: {listing([p.name for p in parameters])}"
            if call is None:
                help = f"it has no default: `--set {parameter.name}=...` sets it"
            where = call or parameter.span
            fail("argument", where, f"`{name}` needs `{parameter.name}`", help=help)
        scope.define(parameter.name, value, parameter.span)
