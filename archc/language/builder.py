"""From the parser's reductions to the syntax tree: one method a rule of arch.lark.

Lark calls these while it parses, so no tree of its own is ever made. A method gets the values of
its rule's symbols in order, tokens included, None for an optional one that is absent.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from lark import Token

from archc.diagnostics import Label, Source, Span, fail
from archc.language import syntax as s
from archc.language.tokens import span_of

MAX_INTEGER = 2**40
"""No integer in a spec is larger."""

Children = list[Any]

_SHAPE_NAME = re.compile(r"([A-Z]|[A-Za-z]\w*(?=x[A-Z]))(x\w+)+")


class Builder:
    """Makes the nodes of one text."""

    def __init__(self) -> None:
        self.source = Source("", "")

    def start(self, source: Source) -> None:
        self.source = source

    def _span(self, children: Children) -> Span:
        """From the first child that is there to the last."""
        first = next(c for c in children if c is not None)
        last = next(c for c in reversed(children) if c is not None)
        start = first.start_pos if isinstance(first, Token) else first.span.start
        end = last.end_pos if isinstance(last, Token) else last.span.end
        return Span(self.source, start or 0, end or 0)

    # ------------------------------------------------------------ declarations

    def file(self, c: Children) -> s.File:
        span = Span(self.source, 0, len(self.source.text))
        return s.File(span, _nodes(c))

    def expression(self, c: Children) -> s.Expression:
        value: s.Expression = c[0]
        return value

    def lone_argument(self, c: Children) -> s.Argument:
        argument: s.Argument = c[0]
        return argument

    def import_(self, c: Children) -> s.Import:
        _, path, as_, alias = c
        return s.Import(self._span(c), _unquote(path), str(alias) if as_ else None)

    def network(self, c: Children) -> s.Network:
        _, name, parameters, body = c
        return s.Network(self._span(c), str(name), parameters or (), body)

    def alias(self, c: Children) -> s.Alias:
        _, name, _, target = c
        return s.Alias(self._span(c), str(name), target)

    def block(self, c: Children) -> s.Block:
        _, name, parameters, body = c
        return s.Block(self._span(c), str(name), parameters or (), body)

    def parameters(self, c: Children) -> tuple[s.Parameter, ...]:
        return tuple(x for x in c if isinstance(x, s.Parameter))

    def parameter(self, c: Children) -> s.Parameter:
        name, _, default = c
        return s.Parameter(self._span(c), str(name), default)

    def variants(self, c: Children) -> s.Variants:
        _, network, source, brace, *rest = c
        rows = [x for x in rest if isinstance(x, s.Row)]
        if not rows:
            fail("variant", self._span([brace]), "a table needs a line that names its columns")
        header, *others = rows
        columns = tuple(self._column(header, cell) for cell in header.cells)
        for row in others:
            self._check_row(row, columns)
        text = _unquote(source) if source else None
        return s.Variants(self._span(c), network, text, columns, tuple(others))

    def _column(self, header: s.Row, cell: s.Expression | None) -> s.Reference:
        if not isinstance(cell, s.Reference):
            fail(
                "variant",
                cell.span if cell else header.span,
                "every column of a table has a name: a parameter, or a published quantity",
                help="the table's first line names its columns: `name | depths | params`",
            )
        return cell

    def _check_row(self, row: s.Row, columns: tuple[s.Reference, ...]) -> None:
        first = row.cells[0]
        if not (isinstance(first, s.Reference) and first.simple):
            fail(
                "variant",
                first.span if first else row.span,
                "a row of the table begins with the variant's name",
                help="a name is letters, digits and `_`, and does not begin with a digit",
            )
        if len(row.cells) != len(columns):
            fail(
                "variant",
                row.span,
                f"this row has {_count(len(row.cells), 'cell')}, "
                f"the table has {_count(len(columns), 'column')}",
                labels=(Label(columns[0].span.to(columns[-1].span), "the columns"),),
                help="an empty cell keeps its bar: `name | |`",
            )

    def row(self, c: Children) -> s.Row:
        cells: list[s.Expression | None] = []
        filled = False
        for x in c:
            if isinstance(x, Token):
                if not filled:
                    cells.append(None)
                filled = False
            elif x is not None:
                cells.append(x)
                filled = True
        if not filled:
            cells.append(None)
        return s.Row(self._span(c), tuple(cells))

    # ------------------------------------------------------------ statements

    def body(self, c: Children) -> s.Body:
        span = self._span(c)
        inline = self.source.text.find("\n", span.start, span.end) < 0
        return s.Body(span, _nodes(c), inline)

    def input(self, c: Children) -> s.Input:
        _, name, _, shape, _, where = c
        _check_shape(shape)
        return s.Input(self._span(c), str(name) if name else None, shape, where)

    def output(self, c: Children) -> s.Output:
        _, label, _, *steps, assertion = c
        return s.Output(self._span(c), label, _nodes(steps), assertion)

    def default(self, c: Children) -> s.Default:
        call, *followers = _nodes(c)
        return s.Default(self._span(c), call, tuple(followers))

    def let(self, c: Children) -> s.Let:
        _, name, _, value = c
        return s.Let(self._span(c), str(name), value)

    def share(self, c: Children) -> s.Share:
        _, name, _, *steps = c
        return s.Share(self._span(c), str(name), _nodes(steps))

    def for_(self, c: Children) -> s.For:
        _, first, _, second, _, iterable, body = c
        index, item = (str(first), str(second)) if second else (None, str(first))
        return s.For(self._span(c), index, item, iterable, body)

    def if_(self, c: Children) -> s.If:
        _, condition, body, _, otherwise = c
        return s.If(self._span(c), condition, body, otherwise)

    def configurations(self, c: Children) -> s.Configurations:
        from archc.language.faults import embedded  # few specs have such a table

        return embedded(self._span(c))

    def chain(self, c: Children) -> s.Chain:
        label, _, *steps, assertion = c
        return s.Chain(self._span(c), label, _nodes(steps), assertion)

    def assertion(self, c: Children) -> s.Assertion:
        _check_shape(c[1])
        return s.Assertion(self._span(c), c[1])

    # ------------------------------------------------------------ steps

    def from_(self, c: Children) -> s.From:
        return s.From(self._span(c), c[1])

    def call(self, c: Children) -> s.Call:
        name, *arguments, body = c
        if body is not None:
            self._check_branches(body)
        for argument in arguments:
            _check_window(argument)
        return s.Call(self._span(c), name, tuple(arguments), body)

    def braces(self, c: Children) -> s.Braces:
        return s.Braces(self._span(c), c[0])

    def repeat(self, c: Children) -> s.Repeat:
        step, star, count = c
        if isinstance(step, s.Call):
            self._check_count(step, star, count)
        return s.Repeat(self._span(c), unbraced(step), count)

    def _check_count(self, call: s.Call, star: Token, count: s.Expression) -> None:
        """After a bare number ``*`` reads as a product: there the count must be a number too."""
        last = call.arguments[-1] if call.arguments else None
        if not isinstance(last, s.Number) or isinstance(count, s.Number) or call.body:
            return
        before = self.source.text[call.span.start : last.span.start].rstrip()
        inner = count.inner if isinstance(count, s.Group) else count
        plain = count.span.text
        product = f"{last.text} * {inner.span.text if inner is not count else plain}"
        if isinstance(inner, s.Binary | s.Conditional | s.Unary):
            product = f"{last.text} * {plain}"
        fail(
            "syntax",
            span_of(self.source, star),
            f"`{last.text} * {plain}` reads as a product, and `*` repeats the layer here",
            caret="a product, or a repeat?",
            help=f"write `{before} ({product})` for the product, "
            f"or `{{ {call.span.text} }} * {plain}` for the repeat",
        )

    def _check_branches(self, body: s.Body) -> None:
        """In a merge each line is a branch: a comma does not continue it on the next line."""
        for statement in body.statements:
            if isinstance(statement, s.Chain | s.Output):
                self._check_branch(statement.steps)
            elif isinstance(statement, s.For):
                self._check_branches(statement.body)
            elif isinstance(statement, s.If):
                self._check_branches(statement.body)
                if isinstance(statement.otherwise, s.Body):
                    self._check_branches(statement.otherwise)
                elif statement.otherwise:
                    self._check_branches(s.Body(statement.span, (statement.otherwise,)))

    def _check_branch(self, steps: tuple[s.Step, ...]) -> None:
        text = self.source.text
        for one, next_ in pairwise(steps):
            if text.find("\n", one.span.end, next_.span.start) >= 0:
                comma = text.index(",", one.span.end)
                fail(
                    "syntax",
                    Span(self.source, comma, comma + 1),
                    "a branch of a merge ends with its line, and this one goes on after a comma",
                    caret="the line ends here",
                    help="brace a long branch: `{ ... }` may take several lines",
                )

    # ------------------------------------------------------------ arguments

    def keyword(self, c: Children) -> s.Keyword:
        name, _, value = c
        return s.Keyword(self._span(c), str(name), value)

    def window(self, c: Children) -> s.WindowLiteral:
        kernel, _, stride = c
        return s.WindowLiteral(self._span(c), kernel, stride)

    def negative(self, c: Children) -> s.Unary:
        return s.Unary(self._span(c), "-", c[1])

    # ------------------------------------------------------------ claims

    def published(self, c: Children) -> s.Published:
        _, source, _, *claims, _ = c
        return s.Published(self._span(c), _unquote(source), _nodes(claims))

    def claim(self, c: Children) -> s.Claim:
        subject, *quantities, _, reason = c
        erratum = _unquote(reason) if reason else None
        return s.Claim(self._span(c), subject, _nodes(quantities), erratum)

    def quantity(self, c: Children) -> s.Quantity:
        name, printed, *flags = c
        return s.Quantity(self._span(c), str(name), _unquote(printed), tuple(map(str, flags)))

    def subject(self, c: Children) -> s.Reference:
        parts: list[s.Part] = []
        for x in c:
            if isinstance(x, s.Part):
                parts.append(x)
            elif x.type == "POSITION":
                span = Span(self.source, x.start_pos + 1, x.end_pos)
                parts.append(s.Part(span, x[1:], None))
        return s.Reference(self._span(c), tuple(parts))

    # ------------------------------------------------------------ expressions

    def path(self, c: Children) -> s.Reference:
        return s.Reference(self._span(c), tuple(c[::2]))

    def part(self, c: Children) -> s.Part:
        name, _, index, _ = c
        return s.Part(self._span(c), str(name), index)

    def list(self, c: Children) -> s.ListLiteral:
        return s.ListLiteral(self._span(c), _nodes(c))

    def group(self, c: Children) -> s.Group:
        return s.Group(self._span(c), c[1])

    def function(self, c: Children) -> s.Function:
        name, _, *arguments, _ = c
        return s.Function(self._span(c), name, _nodes(arguments))

    def conditional(self, c: Children) -> s.Conditional:
        then, _, condition, _, otherwise = c
        return s.Conditional(self._span(c), then, condition, otherwise)

    def binary(self, c: Children) -> s.Binary:
        left, operator, right = c
        return s.Binary(self._span(c), str(operator), left, right)

    def unary(self, c: Children) -> s.Unary:
        return s.Unary(self._span(c), str(c[0]), c[1])

    def number(self, c: Children) -> s.Number:
        token: Token = c[0]
        span = self._span(c)
        if token.type == "INT":
            return s.Number(span, self._integer(str(token), span), str(token))
        value = float(token)
        if not abs(value) <= MAX_INTEGER:
            self._too_large(span)
        return s.Number(span, value, str(token))

    def size(self, c: Children) -> s.SizeLiteral:
        span = self._span(c)
        items = (x if x.isalpha() else self._integer(x, span) for x in str(c[0]).split("x"))
        return s.SizeLiteral(span, tuple(items))

    def text(self, c: Children) -> s.Text:
        return s.Text(self._span(c), _unquote(c[0]))

    def _integer(self, digits: str, span: Span) -> int:
        # The length first: converting a million digits takes minutes.
        if len(digits) > 100 or int(digits) > MAX_INTEGER:
            self._too_large(span)
        return int(digits)

    def _too_large(self, span: Span) -> None:
        fail("too-large", span, "no number in a spec is larger than 2^40", caret="too large")


def _unquote(token: Token) -> str:
    return str(token[1:-1])


def _nodes(items: Children) -> tuple[Any, ...]:
    """Without the tokens and what is absent."""
    return tuple(x for x in items if isinstance(x, s.Node))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _check_shape(shape: s.Expression) -> None:
    """``HxWxclasses`` reads as one name."""
    name = shape.simple if isinstance(shape, s.Reference) else None
    if name and _SHAPE_NAME.fullmatch(name):
        fail(
            "syntax",
            shape.span,
            f"`{name}` is not a shape: one is made of numbers and capital letters",
            caret="reads as one name",
            help=f"with names write a list: `[{', '.join(name.split('x'))}]`",
        )


def _check_window(argument: s.Argument) -> None:
    """``kxk`` reads as one name."""
    name = argument.simple if isinstance(argument, s.Reference) else None
    if name and len(name) in (3, 5) and set(name[1::2]) == {"x"} and len(set(name[::2])) == 1:
        fail(
            "syntax",
            argument.span,
            f"`{name}` is not a window: one is made of numbers and capital letters",
            caret="reads as one name",
            help=f"with names write a list: `[{', '.join(name[::2])}]`",
        )


def unbraced(step: s.Call | s.Braces) -> s.Call | s.Braces:
    """``{ conv 3x3 64 } * n`` is ``conv 3x3 64 * n``: the braces only keep ``*`` apart."""
    while isinstance(step, s.Braces) and len(step.body.statements) == 1:
        (line,) = step.body.statements
        if not isinstance(line, s.Chain) or line.label or line.assertion or len(line.steps) != 1:
            break
        inner = line.steps[0]
        if not isinstance(inner, s.Call | s.Braces):
            break
        step = inner
    return step
