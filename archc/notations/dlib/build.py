"""A program to its graph: what each step reads, with the shapes that arrive.

dlib pads with zeros what it adds (``add_prev`` takes the larger of each size), and lets layers of
maps follow vectors: both become layers here, which needs the shapes. Aliases are walked once for
each set of arguments and shape that they are used with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from archc.diagnostics import Span, fail
from archc.dims import Dim, dim_max, proves_equal
from archc.notations.dlib.graphs import Graph, Inside, Instance, Node, Target
from archc.notations.dlib.inputs import input_shape
from archc.notations.dlib.layers import Made
from archc.notations.dlib.program import (
    ARRIVES,
    EVERYTHING,
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
    Value,
)
from archc.notations.dlib.resolve import block_scope
from archc.notations.dlib.shapes import (
    check_padding,
    check_square,
    check_statistics,
    extent,
    factor_of,
    largest,
    make,
    missing_of,
    shape_of,
)
from archc.notations.dlib.sizes import Sizes
from archc.notations.dlib.tree import Alias, Use
from archc.notations.dlib.walk import Walker
from archc.ops.base import Shape, shape_text

MAX_NESTING = 60
MAX_LAYERS = 200_000

MAPS = ("conv", "deconv", "maxpool", "avgpool", "upsample")


@dataclass
class Builder:
    """Builds networks, and remembers each use of an alias (``instances``, by its order)."""

    names: Names
    instances: dict[int, list[Instance]] = field(default_factory=dict[int, list[Instance]])
    recording: bool = True
    _known: dict[Any, Graph] = field(default_factory=dict[Any, Graph])
    _depth: int = 0

    def network(self, alias: Alias) -> Graph:
        """The graph of an alias without parameters."""
        steps = Walker(self.names).steps(alias.body, self.names.scope(alias))
        return _Body(self, None).run(steps, None)

    def template(
        self, template: Template, given: tuple[Value | Template, ...], use: Use, shape: Shape | None
    ) -> Graph | None:
        """A template on what arrives; None for a parameter without a value."""
        if template.alias is not None:
            return self.alias(template.alias, given, shape, use.name_span)
        if template.name is None:
            return None
        row_scope: dict[str, Bound] = {f"#{i}": v for i, v in enumerate(given)}
        row_scope["#"] = ARRIVES
        arguments = tuple(
            Use(use.span, text, use.name_span, None) for text in (*list(row_scope)[:-1], "#")
        )
        bare = Use(use.span, template.name, use.name_span, arguments)
        steps = Walker(self.names).steps(bare, Scope(row_scope, EVERYTHING))
        return _Body(self, None).run(steps, shape)

    def alias(
        self, alias: Alias, given: tuple[Value | Template, ...], shape: Shape | None, span: Span
    ) -> Graph:
        key = (alias.order, tuple(map(_key, given)), shape)
        found = self._known.get(key)
        if found is not None:
            self.names.count(span)
            return found
        if self._depth >= MAX_NESTING:
            fail("too-large", span, f"aliases are nested more than {MAX_NESTING} deep")
        self._depth += 1
        try:
            root = None if alias.order in self.names.inline else alias
            scope = block_scope(self.names, alias, given, written=root is not None)
            steps = Walker(self.names, root).steps(alias.body, scope)
            graph = _Body(self, alias).run(steps, shape)
        finally:
            self._depth -= 1
        if not self.recording:
            return graph
        self._known[key] = graph
        numbers = {p: v.number for p, v in scope.bound.items() if isinstance(v, Value)}
        self.instances.setdefault(alias.order, []).append(Instance(numbers, graph))
        return graph


def _key(value: Value | Template) -> Any:
    if isinstance(value, Value):
        return value.number
    return value.alias.order if value.alias is not None else value.name


class _Body:
    """One graph in the making."""

    def __init__(self, builder: Builder, alias: Alias | None) -> None:
        self.builder = builder
        self.alias = alias
        self.graph = Graph([])
        self.at = 0

    def run(self, steps: list[Step], shape: Shape | None) -> Graph:
        graph = self.graph
        if steps and isinstance(steps[0], Input):
            graph.input = steps[0]
            shape = input_shape(steps[0], self.builder.names)
            steps = steps[1:]
            span = graph.input.use.span
        else:
            span = self.alias.span if self.alias else steps[0].use.span if steps else _nowhere()
        graph.nodes.append(Node("arrives", (), shape, span, span))
        for i, step in enumerate(steps):
            self.builder.names.count(step.use.name_span)
            if isinstance(step, Loss):
                self.loss(step, last=i + 1 == len(steps))
            else:
                self.step(step)
        graph.final = self.at
        self.check_read()
        return graph

    def step(self, step: Step) -> None:
        match step:
            case Tag():
                self.graph.tags[step.id] = self.at
                if step.id < INCEPTION or step.id > INCEPTION + 5:
                    self.graph.names.setdefault(self.at, step.name)
            case Skip():
                self.at = self.find(step.id, step)
            case Layer():
                self.merge(step) if step.row.merge else self.layer(step)
            case Block():
                self.block(step)
            case Repeat():
                self.repeat(step)
            case _:
                what = "an input" if isinstance(step, Input) else "a loss"
                fail("flow", step.use.name_span, f"{what} cannot stand within a network")

    def loss(self, step: Loss, last: bool) -> None:
        if not last or self.alias is not None:
            fail("flow", step.use.name_span, "a loss is the outermost layer: nothing reads it")
        self.graph.loss = step
        self.graph.outputs = tuple(self.find(tag, step) for tag in step.tags)

    def find(self, tag: int, step: Step) -> int:
        """The node that a tag names. Raises SpecError, InPlace."""
        found = self.graph.tags.get(tag)
        if isinstance(found, Inside):
            raise InPlace(found.order)
        if found is not None:
            return found
        if self.alias is not None and self.alias.order not in self.builder.names.inline:
            raise MissingTag(self.alias.order)
        span = step.use.name_span
        known = ", ".join(f"{t}" for t in sorted(self.graph.tags) if t < INCEPTION)
        help = f"there are tags {known}" if known else "a tag stands further in: `tag1<...>`"
        fail("unknown-name", span, f"no tag {tag} below `{step.use.name}`", help=help)

    def shape(self, node: int) -> Shape | None:
        return self.graph.nodes[node].shape

    def add(self, node: Node, size: int = 1) -> int:
        self.graph.nodes.append(node)
        self.graph.size += size
        if self.graph.size > MAX_LAYERS:
            fail("too-large", node.span, f"the network has more than {MAX_LAYERS:,} layers")
        return len(self.graph.nodes) - 1

    # ------------------------------------------------------------ layers

    def layer(self, step: Layer) -> None:
        known = all(v.number is not None for v in step.values)
        made = make(step, [v.spelled if v.number is None else v.number for v in step.values])
        if self.alias and any(v.number == 0 and v.written for v in step.values[:4]):
            raise InPlace(self.alias.order)  # a window of 0 is another layer than one of K
        span, named = extent(step.use, len(step.values) + len(step.words)), step.use.name_span
        self.vector_to_map(made, span, named)
        shape = self.shape(self.at)
        check_padding(made, span)
        check_square(step, span)
        check_statistics(step, shape, span)
        result = shape_of(made, shape) if known and shape is not None else None
        written = make(step, [v.spelled for v in step.values])
        node = Node("made", (self.at,), result, span, named, written, concrete=made)
        self.at = self.add(node)

    def vector_to_map(self, made: Made, span: Span, named: Span) -> None:
        """In dlib a vector is a map of 1x1."""
        shape = self.shape(self.at)
        if made.name in MAPS and shape is not None and len(shape) == 1:
            self.as_map(shape, span, named)

    def as_map(self, vector: Shape, span: Span, named: Span) -> None:
        wide = (1, 1, vector[0])
        node = Node("fixed", (self.at,), wide, span, named, Made("reshape", {"to": wide}))
        self.at = self.add(node)

    def merge(self, step: Layer) -> None:
        tags = [self.find(tag, step) for tag in step.tags]
        span = extent(step.use, len(step.use.arguments or ()) - 1)
        named = step.use.name_span
        kind = step.row.merge
        if kind == "resize":
            self.resize(tags[0], span, named)
            return
        sources = tuple(tags) if kind == "concat" else (self.at, tags[0])
        op = {"add": "add", "concat": "concat"}.get(kind, "mul")
        target: Target | None = None
        if kind == "add":
            sources, target = self.padded(sources, span, named)
        elif kind == "multiply":
            self.check_multiplied(sources, span)
        if len(sources) == 1:
            self.at = sources[0]
            return
        shapes = [self.shape(source) for source in sources]
        known = [shape for shape in shapes if shape is not None]
        result = None
        if len(known) == len(shapes):
            result = shape_of(Made(op), *known)
        if target is not None:
            result = (*map(dim_max, *(shape[:2] for shape in known)), known[0][2])
        node = Node("merge", sources, result, span, named, Made(op), target=target)
        self.at = self.add(node)

    def padded(
        self, sources: tuple[int, ...], span: Span, named: Span
    ) -> tuple[tuple[int, ...], Target | None]:
        """What is added, each as large as the largest of all along each axis; and the height and
        width to pad to as the network is compiled, where they are not known before."""
        shapes = [self.shape(source) for source in sources]
        known = [shape for shape in shapes if shape is not None]
        if len(known) < len(shapes) or len({len(shape) for shape in known}) > 1:
            return sources, None
        target = [largest(sizes) for sizes in zip(*known, strict=True)]
        padded = tuple(self.pad(source, target, span, named) for source in sources)
        if len(target) == 3 and None in target[:2]:
            return padded, Sizes(self.graph.nodes, self.inner).target(padded)
        return padded, None

    def inner(self, step: Block, shape: Shape) -> Shape | None:
        """What a block makes of a shape that stands for no use of it."""
        before, self.builder.recording = self.builder.recording, False
        try:
            graph = self.builder.template(step.template, step.given, step.use, shape)
        finally:
            self.builder.recording = before
        return None if graph is None else graph.nodes[graph.final].shape

    def pad(self, source: int, target: list[Dim | None], span: Span, named: Span) -> int:
        shape = self.shape(source)
        assert shape is not None
        missing = [missing_of(have, want) for have, want in zip(shape, target, strict=True)]
        if len(missing) == 3 and any(missing[:2]):
            down, right = missing[0], missing[1]
            made = Made("pad", {"by": (0, down, 0, right)})
            wider = (shape[0] + down, shape[1] + right, shape[2])
            source = self.add(Node("fixed", (source,), wider, span, named, made))
            shape = wider
        if missing[-1]:
            width = shape[-1] + missing[-1]
            assert isinstance(width, int)
            node = Node("widen", (source,), (*shape[:-1], width), span, named, width=width)
            source = self.add(node)
        return source

    def check_multiplied(self, sources: tuple[int, ...], span: Span) -> None:
        """Refuse what archc's `mul` would spread and dlib's would pad with zeros."""
        shapes = [self.shape(source) for source in sources]
        known = [shape for shape in shapes if shape is not None]
        for one, other in pairwise(known):
            if len(one) != len(other) or any(
                proves_equal(a, b) is False for a, b in zip(one, other, strict=True)
            ):
                reason = "`mult_prev` pads the smaller input with zeros, which archc cannot write"
                fail("unsupported", span, reason)

    def resize(self, tag: int, span: Span, named: Span) -> None:
        have, want = self.shape(self.at), self.shape(tag)
        if have is None or want is None or len(have) != 3 or len(want) != 3:
            fail("unsupported", span, "it resizes to a size that is not known as the text is read")
        factors = [factor_of(a, b) for a, b in zip(have[:2], want[:2], strict=True)]
        if None in factors:
            reason = "it is not known to resize by a whole factor, as archc's `upsample` does: "
            reason += f"{shape_text(have)} to the size of {shape_text(want)}"
            help = "an input may say its size: `input_rgb_image_sized<224>`"
            fail("unsupported", span, reason, help=help)
        if factors != [1, 1]:
            made = Made("upsample", {"factor": tuple(factors), "mode": "bilinear"})
            node = Node("fixed", (self.at,), shape_of(made, have), span, named, made)
            self.at = self.add(node)

    # ------------------------------------------------------------ templates

    def block(self, step: Block) -> None:
        span, named = extent(step.use, len(step.given)), step.use.name_span
        inner = self.builder.template(step.template, step.given, step.use, self.shape(self.at))
        shape: Shape | None = None
        if inner is not None:
            shape = inner.nodes[inner.final].shape
            owner = step.template.alias or self.alias
            if step.template.parameter is not None and self.alias is not None:
                owner = self.alias
            for tag in inner.tags:
                if owner is not None:
                    self.graph.tags[tag] = Inside(owner.order)
            if len(inner.nodes) == 1:
                return  # it does nothing
        node = Node("block", (self.at,), shape, span, named, step=step)
        self.at = self.add(node, 1 + inner.size if inner is not None else 1)

    def repeat(self, step: Repeat) -> None:
        count = step.count.number
        span, named = extent(step.use, 2), step.use.name_span
        if count is not None and not 0 <= count <= 200_000:
            fail("too-large", span, "a repeat has at most 200,000 copies")
        shape, size = self.shape(self.at), 0
        vector = shape is not None and len(shape) == 1 and (count or 0) > 1
        if vector and shape is not None and self.gives_map(step, shape, named):
            self.as_map(shape, span, named)  # as all copies but the first read one
            shape = self.shape(self.at)
        for _ in range(count or 0):
            self.builder.names.count(span)
            before = shape
            inner = self.copy(step, shape, named)
            shape = inner.nodes[inner.final].shape if inner is not None else None
            size = max(size, inner.size if inner is not None else 0)
            if shape == before:
                break
        if count is None:
            shape = None
        node = Node("repeat", (self.at,), shape, span, named, step=step)
        self.at = self.add(node, 1 + size * (count or 0))

    def copy(self, step: Repeat, shape: Shape | None, named: Span) -> Graph | None:
        """One of the copies of a repeat, for what arrives at it."""
        try:
            return self.builder.template(step.template, (), step.use, shape)
        except MissingTag as missing:
            alias = step.template.alias
            if alias is None or missing.order != alias.order:
                raise
            message = f"`{alias.name}` reads a tag outside of its `repeat`, which dlib cannot"
            fail("unknown-name", named, message)

    def gives_map(self, step: Repeat, shape: Shape, named: Span) -> bool:
        before, self.builder.recording = self.builder.recording, False
        try:
            graph = self.copy(step, shape, named)
        finally:
            self.builder.recording = before
        return graph is not None and len(graph.nodes[graph.final].shape or ()) == 3

    # ------------------------------------------------------------ in the end

    def check_read(self) -> None:
        graph = self.graph
        read = {graph.final, *graph.outputs}
        for node in graph.nodes:
            read.update(node.inputs)
        for i, node in enumerate(graph.nodes):
            if i and i not in read:
                if self.alias is not None and i in graph.tags.values():
                    raise MissingTag(self.alias.order)
                message = "nothing reads this layer: a skip goes back past it"
                fail("unread", node.span, message)


class MissingTag(InPlace):
    """An alias reads a tag that is not below it in its own body."""


def _nowhere() -> Span:
    from archc.diagnostics import Source

    return Span(Source("", ""), 0, 0)
