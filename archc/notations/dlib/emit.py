"""Graphs to the syntax tree: blocks and networks as a person writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from archc.diagnostics import Span
from archc.language import syntax as s
from archc.notations.dlib.graphs import Graph, Instance, Node
from archc.notations.dlib.inputs import shape_literal
from archc.notations.dlib.layers import BN, Made
from archc.notations.dlib.numbers import Number, Whole, expression, literal, name
from archc.notations.dlib.program import Block, InPlace, Names, Repeat, Template, Value
from archc.notations.dlib.safe import safe
from archc.notations.dlib.structure import NOTHING, Chain, Line, Link, lines
from archc.notations.dlib.tree import Alias
from archc.ops.base import Argument
from archc.registry import layer as layer_class

MAJOR = ("conv", "deconv", "fc", "maxpool", "avgpool", "upsample", "reshape")
"""Layers that begin a line; others stand behind what they follow."""

MAX_LINE = 4
"""Steps of a branch that stand on one line."""


@dataclass
class Emitter:
    """``instances`` are the uses of aliases; ``inner`` builds what a ``repeat`` writes in place."""

    names: Names
    instances: dict[int, list[Instance]]
    inner: Callable[[Repeat, Node], Graph | None]
    used: dict[int, Alias] = field(default_factory=dict[int, Alias])
    layers: dict[str, s.Block] = field(default_factory=dict[str, s.Block])
    normalised: Span | None = None

    # ------------------------------------------------------------ blocks and networks

    def block(self, alias: Alias, graph: Graph) -> s.Block:
        uses = self.instances.get(alias.order, [])
        for other in uses[1:]:
            if other.graph.pattern != graph.pattern:
                raise InPlace(alias.order)
        parameters = tuple(
            s.Parameter(p.span, safe(p.name), None)
            for p in alias.parameters
            if p.name != alias.subnet
        )
        taken = {p.name for p in parameters}
        body = _Body(self, graph, uses, alias, taken).body(alias.span)
        return s.Block(alias.span, self.block_name(alias), parameters, body)

    def network(self, alias: Alias, graph: Graph) -> s.Network:
        assert graph.input is not None
        span = alias.span
        use = graph.input.use
        shape = shape_literal(graph.input, self.names)
        head: list[s.Statement] = [s.Input(use.span, "image", shape, None)]
        body = _Body(self, graph, [], None, {"image"}, "image").body(span, head)
        parameters: tuple[s.Parameter, ...] = ()
        if graph.loss is not None:
            at = graph.loss.use.name_span
            parameters = (s.Parameter(at, "loss", s.Text(at, graph.loss.name)),)
        return s.Network(span, safe(alias.name), parameters, body)

    def block_name(self, alias: Alias) -> str:
        """Its name; of several aliases of one name (in C++ each in a scope of its own) a number."""
        same = [a for a in self.names.aliases if safe(a.name) == safe(alias.name)]
        return safe(alias.name) + (f"_{same.index(alias) + 1}" if len(same) > 1 else "")

    # ------------------------------------------------------------ templates by name

    def template(self, template: Template, span: Span) -> s.Reference:
        """A template that is given as a value, or called."""
        if template.parameter is not None:
            return name(span, safe(template.parameter))
        if template.alias is not None:
            self.used[template.alias.order] = template.alias
            return name(span, self.block_name(template.alias))
        return name(span, self.plain(template.name or "", span))

    def plain(self, dlib: str, span: Span) -> str:
        """One of dlib's layers as a value: archc's by its name, or a block of it alone."""
        from archc.notations.dlib.layers import row_of

        row = row_of(dlib)
        if row is None or row.make is None or row.takes:
            raise ValueError(dlib)
        made = row.make()
        if not made.fields:
            return made.name
        block = dlib if dlib == "affine" else safe(dlib)
        if block not in self.layers:
            line = s.Chain(span, None, (self.call(made, span, span),), None)
            self.layers[block] = s.Block(span, block, (), s.Body(span, (line,), True))
        return block

    # ------------------------------------------------------------ layers

    def call(self, made: Made, span: Span, named: Span, body: s.Body | None = None) -> s.Call:
        fields = dict(made.fields)
        if made.name == "bn":
            self.normalised = self.normalised or span
            if fields.get("eps") == BN.fields["eps"]:
                del fields["eps"]  # the file's default
        arguments: list[s.Argument] = []
        for argument in layer_class(made.name).arguments():
            if argument.name in fields and argument.name != "stride":
                arguments += _written(argument, fields[argument.name], fields, span)
        return s.Call(span, name(named, made.name), tuple(arguments), body)


def _written(
    argument: Argument, value: Any, fields: dict[str, Any], span: Span
) -> list[s.Argument]:
    if argument.window == "kernel" and argument.name == "kernel":
        return _window(value, fields["stride"], span)
    for word, meaning in argument.words.items():
        if type(meaning) is type(value) and meaning == value:
            return [name(span, word)]
    if argument.kind in ("size", "pad", "shape"):
        written = _sizes(value, span)
    elif isinstance(value, float):
        written = literal(span, value)
    else:
        written = expression(span, value)
    return [written if argument.positional else s.Keyword(span, argument.name, written)]


def _window(kernel: tuple[Any, Any], stride: tuple[Number, Number], span: Span) -> list[s.Argument]:
    """``3x3/2``, ``[K, K] stride=S``."""
    size = _pair(kernel, span)
    whole = any(isinstance(item, Whole) for item in kernel)
    given: s.Argument = s.Keyword(span, "kernel", size) if whole else size
    one, other = stride
    if one == 1 and other == 1:
        return [given]
    step = expression(span, one) if one == other else _pair(stride, span)
    if isinstance(size, s.SizeLiteral) and not isinstance(step, s.ListLiteral):
        return [s.WindowLiteral(span, size, step)]
    return [given, s.Keyword(span, "stride", step)]


def _pair(pair: tuple[Any, ...], span: Span) -> s.SizeLiteral | s.ListLiteral:
    if all(type(item) is int and item >= 0 for item in pair):
        return s.SizeLiteral(span, tuple(pair))
    return s.ListLiteral(span, tuple(_size(item, span) for item in pair))


def _size(item: Any, span: Span) -> s.Expression:
    if isinstance(item, Whole):
        parts = (s.Part(span, "it", None), s.Part(span, str(item), None))
        return s.Reference(span, parts)
    return expression(span, item)


def _sizes(value: tuple[Any, ...], span: Span) -> s.Expression:
    """Of a padding or a factor: one number where both are the same."""
    if len(value) == 2 and value[0] == value[1]:
        return expression(span, value[0])
    if len(value) == 4:
        return s.ListLiteral(span, tuple(_size(item, span) for item in value))
    return _pair(value, span)


class _Body:
    """One body in the making: of a network, a block, or a repeat."""

    def __init__(
        self,
        emitter: Emitter,
        graph: Graph,
        uses: list[Instance],
        alias: Alias | None,
        taken: set[str],
        arrives: str = "",
    ) -> None:
        self.emitter = emitter
        self.graph = graph
        self.uses = uses
        self.alias = alias
        self.taken = taken
        self.labels: dict[int, str] = {0: arrives} if arrives else {}
        self.named_input = bool(arrives)

    def body(self, span: Span, head: Iterable[s.Statement] = ()) -> s.Body:
        graph = self.graph
        found = lines([n.inputs for n in graph.nodes], graph.final, set(graph.outputs))
        statements = list(head)
        previous = 0
        for line in found:
            if line.node == 0 and self.named_input and len(found) > 1:
                continue
            if line.labelled:
                self.label(line.node)
            statements += self.line(line, previous)
            previous = line.node
        for node in dict.fromkeys(graph.outputs):
            if node != graph.final:
                at = graph.nodes[node].span
                statements.append(s.Output(at, name(at, self.labels[node]), (), None))
        return s.Body(span, tuple(statements))

    def label(self, node: int) -> None:
        if node in self.labels:
            return
        base = safe(self.graph.names.get(node, "value"))
        text, number = base, 2
        while text in self.taken:
            text, number = f"{base}_{number}", number + 1
        self.taken.add(text)
        self.labels[node] = text

    # ------------------------------------------------------------ lines

    def line(self, line: Line, previous: int) -> list[s.Statement]:
        at = self.graph.nodes[line.node].span
        label = name(at, self.labels[line.node]) if line.labelled else None
        steps: list[s.Step] = []
        start = line.chain.start
        if start is not None and start not in (NOTHING, previous):
            steps.append(s.From(at, name(at, self.labels[start])))
        groups = self.groups(steps, line.chain.links)
        if not groups[-1]:
            groups[-1].append(s.Call(at, name(at, "identity"), ()))
        last = len(groups) - 1
        return [
            s.Chain(_over(group), label if i == last else None, tuple(group), None)
            for i, group in enumerate(groups)
        ]

    def groups(self, steps: list[s.Step], links: list[Link]) -> list[list[s.Step]]:
        """Steps by the line that they stand on; the first begins with ``steps``."""
        groups = [steps]
        merged = False
        for link in links:
            begins = merged or self.begins(link)
            if begins and groups[-1] and not isinstance(groups[-1][-1], s.From):
                groups.append([])
            groups[-1].append(self.link(link))
            merged = link.branches is not None
        return groups

    def begins(self, link: Link) -> bool:
        node = self.graph.nodes[link.node]
        if node.kind in ("block", "repeat"):
            step = node.step
            return isinstance(step, Repeat) or step is None or step.template.parameter is None
        return link.branches is not None or (node.made is not None and node.made.name in MAJOR)

    def link(self, link: Link) -> s.Step:
        node = self.graph.nodes[link.node]
        if link.branches is not None:
            assert node.made is not None
            body = self.branches(link.branches, node)
            return self.emitter.call(node.made, node.span, node.named, body)
        if isinstance(node.step, Block):
            return self.block(node.step, node)
        if isinstance(node.step, Repeat):
            return self.repeat(node.step, node)
        if node.kind == "widen":
            width = self.width(link.node)
            return s.Call(node.span, name(node.named, "widen"), (expression(node.span, width),))
        assert node.made is not None
        return self.emitter.call(node.made, node.span, node.named)

    def branches(self, chains: list[Chain], merge: Node) -> s.Body:
        statements: list[s.Statement] = []
        for chain in chains:
            steps: list[s.Step] = []
            if chain.start is not None and chain.start != NOTHING:
                steps.append(s.From(merge.span, name(merge.span, self.labels_of(chain.start))))
            groups = self.groups(steps, chain.links)
            if len(chain.links) > MAX_LINE and len(groups) > 1:
                inner = tuple(s.Chain(_over(g), None, tuple(g), None) for g in groups)
                steps = [s.Braces(merge.span, s.Body(merge.span, inner))]
            else:
                steps = [step for group in groups for step in group]
            if not steps:
                steps.append(s.Call(merge.span, name(merge.named, "identity"), ()))
            statements.append(s.Chain(_over(steps), None, tuple(steps), None))
        short = sum(len(c.links) for c in chains) <= 3
        return s.Body(merge.span, tuple(statements), short)

    def labels_of(self, node: int) -> str:
        self.label(node)
        return self.labels[node]

    # ------------------------------------------------------------ steps of their own

    def block(self, step: Block, node: Node) -> s.Call:
        called = self.emitter.template(step.template, node.named)
        return s.Call(node.span, called, tuple(self.given(v, node.span) for v in step.given))

    def given(self, value: Value | Template, span: Span) -> s.Expression:
        if isinstance(value, Template):
            return self.emitter.template(value, span)
        return expression(span, value.spelled)

    def repeat(self, step: Repeat, node: Node) -> s.Step:
        count = expression(node.span, step.count.spelled)
        alias = step.template.alias
        inner: s.Call | s.Braces
        if alias is not None and alias.order in self.emitter.names.inline:
            graph = self.emitter.inner(step, self.graph.nodes[node.inputs[0]])
            assert graph is not None
            body = _Body(self.emitter, graph, [], None, set()).body(node.span)
            inner = s.Braces(node.span, body)
        else:
            called = self.emitter.template(step.template, node.named)
            inner = s.Call(node.named, called, ())
        return s.Repeat(node.span, inner, count)

    def width(self, at: int) -> Number:
        """The channels that a `widen` gives: a parameter of the block that they are in all of its
        uses, or the same number. Raises InPlace where they are neither.
        """
        widths = [use.graph.nodes[at].width for use in self.uses] or [self.graph.nodes[at].width]
        for parameter in self.alias.parameters if self.alias is not None else ():
            if [use.numbers.get(parameter.name) for use in self.uses] == widths:
                return name(parameter.span, safe(parameter.name))
        if len(set(widths)) > 1:
            assert self.alias is not None
            raise InPlace(self.alias.order)
        return widths[0]


def _over(steps: list[s.Step]) -> Span:
    span = steps[0].span
    for step in steps[1:]:
        span = span.to(step.span)
    return span
