"""YAML to syntax tree. Errors point at the line of the YAML.

A document is a list of items, or one item. An item, a statement or a step is a map whose key says
what it is (``network``, ``input``, ``conv``); a scalar is an expression of the language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Source, Span, SpecError, fail
from archc.language import syntax as s
from archc.language.parser import check_text, parse_argument
from archc.notations import nodes
from archc.notations.nodes import Items, Map, Node, Text
from archc.notations.yaml.scalars import Scalars, bare, hint

if TYPE_CHECKING:
    from archc.language.configurations import Cell

STEP_KEYS = ("call", "args", "body", "times", "from", "group")
"""Keys of a step that are not the name of what it calls."""

CLAIM_KEYS = ("subject", "erratum", "quantities")


def read(source: Source) -> s.File:
    """The tree of a spec in YAML. Raises SpecError (``syntax``)."""
    check_text(source)
    node = nodes.parse(source, "syntax", tags=False)
    return _Reader(source).file(node)


class _Reader(Scalars):
    # ------------------------------------------------------------ items and statements

    def file(self, node: Node) -> s.File:
        items = node.items if isinstance(node, Items) else (node,)
        span = Span(self.source, 0, len(self.source.text))
        return s.File(span, tuple(self.one_of(item, _ITEMS, "an item") for item in items))

    def one_of(self, node: Node, kinds: dict[str, Callable[..., Any]], what: str) -> Any:
        """The statement that a map is, by the key that names it."""
        if isinstance(node, Map):
            for key, method in kinds.items():
                if key in node.entries:
                    return method(self, node)
        if kinds is _STATEMENTS:
            return self.chain(node)
        known = ", ".join(f"`{k}`" for k in kinds)
        key = next(iter(node.entries)) if isinstance(node, Map) and node.entries else ""
        fail("syntax", node.span, f"{what} has one of the keys {known}", help=hint(key, kinds))

    def take(self, node: Map, *keys: str) -> list[Node | None]:
        """The values of these keys; another one is an error."""
        for key, span in node.keys.items():
            if key not in keys:
                known = ", ".join(f"`{k}`" for k in keys)
                fail("syntax", span, f"`{key}` is no key of this: {known}", help=hint(key, keys))
        return [node.entries.get(key) for key in keys]

    def import_(self, node: Map) -> s.Import:
        path, alias = self.take(node, "import", "as")
        return s.Import(node.span, self.text(path), self.name(alias) if alias else None)

    def let(self, node: Map) -> s.Let:
        name, value = self.take(node, "let", "value")
        return s.Let(node.span, self.name(name), self.expression(value, node))

    def default(self, node: Map) -> s.Default:
        (steps,) = self.take(node, "default")
        calls = [self.step(item) for item in self.list(steps)]
        for call in calls:
            if not isinstance(call, s.Call):
                fail("syntax", call.span, "a default is a layer, then the layers that follow it")
        if not calls:
            fail("syntax", node.span, "a default names a layer")
        first, *rest = (c for c in calls if isinstance(c, s.Call))
        return s.Default(node.span, first, tuple(rest))

    def block(self, node: Map) -> s.Block:
        name, parameters, body = self.take(node, "block", "parameters", "body")
        return s.Block(
            node.span, self.name(name), self.parameters(parameters), self.body(body, node)
        )

    def network(self, node: Map) -> s.Network | s.Alias:
        if "is" in node.entries:
            name, target = self.take(node, "network", "is")
            return s.Alias(node.span, self.name(name), self.path(target))
        name, parameters, body = self.take(node, "network", "parameters", "body")
        return s.Network(
            node.span, self.name(name), self.parameters(parameters), self.body(body, node)
        )

    def parameters(self, node: Node | None) -> tuple[s.Parameter, ...]:
        """A map from name to default, or a list of names and such maps; nothing after the name:
        no default."""
        if node is None or self.null(node):
            return ()
        if isinstance(node, Items):
            lists = [
                (s.Parameter(i.span, self.name(i), None),)
                if isinstance(i, Text)
                else self.parameters(self.map(i))
                for i in node.items
            ]
            return tuple(parameter for each in lists for parameter in each)
        found: list[s.Parameter] = []
        for name, value in self.map(node).entries.items():
            span = self.map(node).keys[name]
            default = None if self.null(value) else self.expression(value, node)
            found.append(s.Parameter(span, self.word(name, span), default))
        return tuple(found)

    def variants(self, node: Map) -> s.Variants:
        network, source, columns, rows = self.take(node, "variants", "source", "columns", "rows")
        heads = tuple(self.path(item) for item in self.list(columns))
        table: list[s.Row] = []
        for row in self.list(rows):
            cells = [self.cell(item) for item in self.list(row)]
            if len(cells) > len(heads):
                message = f"this row has {len(cells)} cells, and there are {len(heads)} columns"
                fail("variant", row.span, message)
            cells += [None] * (len(heads) - len(cells))
            table.append(s.Row(row.span, tuple(cells)))
        return s.Variants(
            node.span,
            self.path(network),
            self.text(source) if source else None,
            heads,
            tuple(table),
        )

    def cell(self, node: Node) -> s.Expression | None:
        return None if self.null(node) else self.expression(node, node)

    def input(self, node: Map) -> s.Input:
        name, shape, where = self.take(node, "input", "shape", "where")
        return s.Input(
            node.span,
            None if self.null(name) else self.name(name),
            self.expression(shape, node),
            self.expression(where, node) if where else None,
        )

    def output(self, node: Map) -> s.Output:
        label, chain, shape = self.take(node, "output", "chain", "shape")
        return s.Output(
            node.span, self.path(label), self.steps(chain) if chain else (), self.assertion(shape)
        )

    def configurations(self, node: Map) -> s.Configurations:
        """The names of the columns, their weight layers, and rows: a list of cells, or the one
        cell that is for all columns."""
        from archc.language import configurations as c
        from archc.language.faults import checked

        names, numbers, rows = self.take(node, "configurations", "weight layers", "rows")
        heads = [c.column(self.table_cell(each)) for each in self.list(names)]
        if not heads:
            fail("variant", node.span, "a table of configurations needs columns")
        c.check_columns(heads, node.span)
        if numbers is not None:
            heads = self.counted(heads, numbers)
        lines = self.list(rows)
        if len(lines) > c.MAX_ROWS:
            fail("too-large", node.span, f"a table has at most {c.MAX_ROWS} rows")
        table = s.Configurations(
            node.span, tuple(heads), tuple(self.table_row(each, len(heads)) for each in lines)
        )
        return checked(table, repair=False)[0]

    def counted(self, heads: list[s.TableColumn], node: Node) -> list[s.TableColumn]:
        numbers = self.list(node)
        if len(numbers) != len(heads):
            message = f"here are {len(numbers)} counts, and the table has {len(heads)} columns"
            fail("variant", node.span, message)
        found: list[s.TableColumn] = []
        for head, number in zip(heads, numbers, strict=True):
            value = None if self.null(number) else self.expression(number, node)
            if value is not None and not (
                isinstance(value, s.Number) and isinstance(value.value, int)
            ):
                fail("variant", number.span, "a count of weight layers is a number")
            found.append(s.TableColumn(head.span, head.name, value))
        return found

    def table_row(self, node: Node, columns: int) -> s.TableRow:
        from archc.language import configurations as c

        if isinstance(node, Items):
            cells = tuple(c.read_layers(self.table_cell(each)) for each in node.items)
            return s.TableRow(node.span, cells)
        return s.TableRow(node.span, (c.read_layers(self.table_cell(node)),))

    def table_cell(self, node: Node) -> Cell:
        from archc.language.configurations import NOTHING, Cell

        if self.null(node):
            return Cell(NOTHING, node.span, exact=False)
        text = self.text(node).strip()
        return Cell(text, node.span, self.source.text[node.span.start : node.span.end] == text)

    def share(self, node: Map) -> s.Share:
        name, chain = self.take(node, "share", "chain")
        return s.Share(node.span, self.name(name), self.steps(chain))

    def for_(self, node: Map) -> s.For:
        names, iterable, body = self.take(node, "for", "in", "body")
        words = [self.name(n) for n in (names.items if isinstance(names, Items) else (names,))]
        if not 1 <= len(words) <= 2:
            fail("syntax", node.span, "`for` names the item, or the index and the item")
        index = words[0] if len(words) == 2 else None
        return s.For(
            node.span, index, words[-1], self.expression(iterable, node), self.body(body, node)
        )

    def if_(self, node: Map) -> s.If:
        condition, body, otherwise = self.take(node, "if", "body", "else")
        rest: s.Body | s.If | None = None
        if isinstance(otherwise, Map) and "if" in otherwise.entries:
            rest = self.if_(otherwise)
        elif otherwise is not None:
            rest = self.body(otherwise, node)
        return s.If(node.span, self.expression(condition, node), self.body(body, node), rest)

    def chain(self, node: Node) -> s.Chain:
        """A line: a map with ``chain``, or a single step as it is."""
        if not isinstance(node, Map) or "chain" not in node.entries:
            return s.Chain(node.span, None, (self.step(node),), None)
        label, chain, shape = self.take(node, "label", "chain", "shape")
        return s.Chain(
            node.span,
            self.path(label) if label else None,
            self.steps(chain),
            self.assertion(shape),
        )

    def body(self, node: Node | None, owner: Node) -> s.Body:
        if node is None:
            fail("syntax", owner.span, "this needs a `body`: a list of lines")
        lines = self.list(node)
        return s.Body(node.span, tuple(self.one_of(line, _STATEMENTS, "a line") for line in lines))

    def assertion(self, node: Node | None) -> s.Assertion | None:
        return s.Assertion(node.span, self.expression(node, node)) if node else None

    # ------------------------------------------------------------ claims

    def published(self, node: Map) -> s.Published:
        source, claims = self.take(node, "published", "claims")
        found = tuple(self.claim(self.map(c)) for c in self.list(claims))
        return s.Published(node.span, self.text(source), found)

    def claim(self, node: Map) -> s.Claim:
        """``subject``, then quantities: each a text as printed, or a list of it and its flags.
        Where one is printed twice they stand in a list, ``quantities``."""
        subject = node.entries.get("subject")
        erratum = node.entries.get("erratum")
        maps = [self.map(m) for m in self.list(node.entries.get("quantities"))] or [node]
        quantities = [
            self.quantity(name, map_.keys[name], value)
            for map_ in maps
            for name, value in map_.entries.items()
            if map_ is not node or name not in CLAIM_KEYS
        ]
        if not quantities:
            fail("claim", node.span, "a claim prints a quantity: `params: 60 million`")
        reason = self.text(erratum) if erratum else None
        return s.Claim(node.span, self.subject(subject, node), tuple(quantities), reason)

    def quantity(self, name: str, span: Span, value: Node) -> s.Quantity:
        items = value.items if isinstance(value, Items) else (value,)
        if not items:
            fail("claim", value.span, "a quantity is the text as printed, and flags")
        printed, *flags = items
        words = tuple(self.name(f) for f in flags)
        return s.Quantity(span.to(value.span), self.word(name, span), self.text(printed), words)

    def subject(self, node: Node | None, owner: Node) -> s.Reference:
        """A path whose parts may be numbers, as in ``conv.2.0``."""
        if node is None:
            fail("claim", owner.span, "a claim needs its `subject`: a label, a path or `total`")
        text = self.text(node)
        parts: list[s.Part] = []
        for part in re.split(r"\.(?![^\[]*\])", text):
            if part.isdigit():
                parts.append(s.Part(node.span, part, None))
                continue
            reference = self.path(Text(part, node.span))
            parts.extend(reference.parts)
        return s.Reference(node.span, tuple(parts))

    # ------------------------------------------------------------ steps

    def steps(self, node: Node | None) -> tuple[s.Step, ...]:
        steps = tuple(self.step(item) for item in self.list(node))
        if not steps and node is not None:
            fail("syntax", node.span, "a chain has a step at least")
        return steps

    def step(self, node: Node) -> s.Step:
        if isinstance(node, Text):
            return s.Call(node.span, self.path(node), ())
        entries = self.map(node)
        if "from" in entries.entries:
            (source,) = self.take(entries, "from")
            return s.From(node.span, self.path(source))
        if "group" in entries.entries:
            group, times = self.take(entries, "group", "times")
            return self.repeated(s.Braces(node.span, self.body(group, node)), times, node)
        return self.call(entries)

    def call(self, node: Map) -> s.Step:
        """``conv: [3x3, 64, {pad: 1}]``; or ``call: conv`` with ``args``."""
        if "call" in node.entries:
            name, arguments, body, times = self.take(node, "call", "args", "body", "times")
            path = self.path(name)
        else:
            names = [key for key in node.entries if key not in STEP_KEYS]
            if len(names) != 1:
                fail("syntax", node.span, "a step is one layer or block with its arguments")
            name = Text(names[0], node.keys[names[0]])
            path = self.path(name)
            arguments, body, times = self.take(node, names[0], "body", "times")
        found = s.Call(
            node.span,
            path,
            self.arguments(arguments),
            self.body(body, node) if body else None,
        )
        return self.repeated(found, times, node)

    def repeated(self, step: s.Call | s.Braces, times: Node | None, node: Node) -> s.Step:
        return s.Repeat(node.span, step, self.expression(times, node)) if times else step

    def arguments(self, node: Node | None) -> tuple[s.Argument, ...]:
        if node is None or self.null(node):
            return ()
        if isinstance(node, Text):
            return (self.argument(node),)
        if isinstance(node, Map):
            return self.keywords(node)
        found: list[s.Argument] = []
        for item in node.items:
            found += self.keywords(item) if isinstance(item, Map) else [self.argument(item)]
        return tuple(found)

    def keywords(self, node: Map) -> tuple[s.Keyword, ...]:
        return tuple(
            s.Keyword(node.keys[k], self.word(k, node.keys[k]), bare(self.expression(v, node)))
            for k, v in node.entries.items()
        )

    def argument(self, node: Node) -> s.Argument:
        if isinstance(node, Text):
            try:
                return self.inner(node, parse_argument)
            except SpecError:
                pass  # an expression without the parentheses that a chain asks for, or an error
        return bare(self.expression(node, node))


_SHARED: dict[str, Callable[..., Any]] = {
    "default": _Reader.default,
    "let": _Reader.let,
    "block": _Reader.block,
    "published": _Reader.published,
}
_ITEMS: dict[str, Callable[..., Any]] = {
    "import": _Reader.import_,
    "network": _Reader.network,
    "variants": _Reader.variants,
    **_SHARED,
}
_STATEMENTS: dict[str, Callable[..., Any]] = {
    "input": _Reader.input,
    "output": _Reader.output,
    "share": _Reader.share,
    "for": _Reader.for_,
    "if": _Reader.if_,
    "configurations": _Reader.configurations,
    **_SHARED,
}
