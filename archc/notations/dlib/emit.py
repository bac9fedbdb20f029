"""Graphs to the syntax tree: blocks and networks as a person writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from archc.diagnostics import Span
from archc.language import syntax as s
from archc.notations.dlib.graphs import Graph, Instance, Node
from archc.notations.dlib.inputs import shape_literal
from archc.notations.dlib.layers import BN, Made
from archc.notations.dlib.numbers import Number, expression, name
from archc.notations.dlib.program import Block, InPlace, Names, Repeat, Template, Value
from archc.notations.dlib.safe import safe
from archc.notations.dlib.spell import padding, spelled, written
from archc.notations.dlib.structure import NOTHING, Chain, Line, Link, lines
from archc.notations.dlib.tree import Alias
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
                arguments += written(argument, fields[argument.name], fields, span)
        return s.Call(span, name(named, made.name), tuple(arguments), body)


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
        self.sizes: dict[int, list[s.Let]] = {}  # of sums, by their ids
        self.kept: list[s.Step] = []  # so that no other step gets their ids

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
        self.labels[node] = self.unused(safe(self.graph.names.get(node, "value")))

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
        return self.statements(groups, label)

    def statements(
        self, groups: list[list[s.Step]], label: s.Reference | None = None
    ) -> list[s.Statement]:
        """A chain a group; above a sum whose inputs are padded the sizes that they get."""
        found: list[s.Statement] = []
        for group in groups:
            if group:
                found += self.sizes.get(id(group[0]), ())
                last = label if group is groups[-1] else None
                found.append(s.Chain(_over(group), last, tuple(group), None))
        return found

    def groups(self, steps: list[s.Step], links: list[Link]) -> list[list[s.Step]]:
        """Steps by the line that they stand on; the first begins with ``steps``."""
        groups = [steps]
        merged = False
        for link in links:
            step = self.link(link)
            from_ = bool(groups[-1]) and isinstance(groups[-1][-1], s.From)
            begins = (merged or self.begins(link)) and not from_
            if groups[-1] and (begins or id(step) in self.sizes):
                groups.append([])
            groups[-1].append(step)
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
            sizes = self.padded_to(node)
            body = self.branches(link.branches, node, [size.name for size in sizes])
            call = self.emitter.call(node.made, node.span, node.named, body)
            if sizes:
                self.sizes[id(call)] = sizes
                self.kept.append(call)
            return call
        if isinstance(node.step, Block):
            return self.block(node.step, node)
        if isinstance(node.step, Repeat):
            return self.repeat(node.step, node)
        if node.kind == "widen":
            width = self.width(link.node)
            return s.Call(node.span, name(node.named, "widen"), (expression(node.span, width),))
        assert node.made is not None
        return self.emitter.call(node.made, node.span, node.named)

    def branches(self, chains: list[Chain], merge: Node, padded: list[str]) -> s.Body:
        statements: list[s.Statement] = []
        for i, chain in enumerate(chains):
            short = merge.target is not None and merge.target.short[i]
            steps: list[s.Step] = []
            if chain.start is not None and chain.start != NOTHING:
                steps.append(s.From(merge.span, name(merge.span, self.labels_of(chain.start))))
            groups = self.groups(steps, chain.links)
            long = len(chain.links) > MAX_LINE and len(groups) > 1
            if long or short or any(id(g[0]) in self.sizes for g in groups if g):
                inner = self.statements(groups)
                if short:
                    inner.append(padding(merge.named, *padded))
                steps = [s.Braces(merge.span, s.Body(merge.span, tuple(inner)))]
            else:
                steps = [step for group in groups for step in group]
            if not steps:
                steps.append(s.Call(merge.span, name(merge.named, "identity"), ()))
            statements.append(s.Chain(_over(steps), None, tuple(steps), None))
        inline = sum(len(c.links) for c in chains) <= 3 and not padded
        return s.Body(merge.span, tuple(statements), inline)

    def padded_to(self, merge: Node) -> list[s.Let]:
        """Names for the height and width that a sum's inputs are padded to, if they are."""
        if merge.target is None:
            return []
        sizes = (("tall", merge.target.height), ("wide", merge.target.width))
        return [
            s.Let(merge.span, self.unused(base), spelled(size, merge.named)) for base, size in sizes
        ]

    def unused(self, base: str) -> str:
        """The name, or one like it that nothing in the body has."""
        text, number = base, 2
        while text in self.taken:
            text, number = f"{base}_{number}", number + 1
        self.taken.add(text)
        return text

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
