"""YAML as it is read from strangers: texts, lists and maps with their places, within limits.

Only the shape of a document is taken: every scalar is the text that stands there, so that
``printed: 34,944`` stays as printed, and no tag makes an object. Anchors and aliases are refused,
so that a document is no larger than its text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import yaml

from archc.diagnostics import Source, Span, fail

MAX_DEPTH = 120


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as it is written; ``empty`` where nothing is."""

    value: str
    span: Span

    @property
    def empty(self) -> bool:
        return not self.value.strip()


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Map:
    """Keys with their values, in the order of the text."""

    entries: dict[str, Node]
    keys: dict[str, Span]
    span: Span


Node = Text | Items | Map

_HELP = {
    "mapping values are not allowed": "quote a text with `: ` in it; "
    "keys of one map stand in one column",
    "cannot start any token": "indent with spaces, not tabs; "
    "quote a text that begins with `@`, `%` or a backquote",
    "did not find expected": "keys of one map stand in one column, the `-` of one list too",
    "unexpected end of stream": "a quotation mark or a bracket is not closed",
}
"""What is mostly meant by words of the parser's."""


def parse(source: Source, code: str = "claim", *, tags: bool = True) -> Node:
    """The document of a text. Raises SpecError, of ``code``, where it is no YAML, or more than is
    read here: tags too, unless they are passed over (``tags``)."""
    try:
        source.text.encode()
    except UnicodeEncodeError as error:
        fail(code, Span(source, error.start, error.start + 1), "half a character stands here")
    reader = _Reader(source, code, tags)
    try:
        return reader.document()
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        span = reader.at(mark, mark) if mark else None
        help = next((said for words, said in _HELP.items() if words in str(error.problem)), None)
        fail(code, span, f"not YAML: {error.problem}", help=help)
    except yaml.reader.ReaderError as error:
        place = error.position if isinstance(error.position, int) else 0
        span = Span(source, min(place, len(source.text)), min(place + 1, len(source.text)))
        fail(code, span, f"not YAML: {error.reason}")
    except yaml.YAMLError as error:
        fail(code, None, f"{source.name} is not YAML: {error}")


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader:
    """Builds nodes from the parser's events: a composer would share what aliases name, and the
    C one recurses without a limit."""

    def __init__(self, source: Source, code: str, tags: bool) -> None:
        self.source = source
        self.code = code
        self.tags = tags
        self.events: Iterator[Any] = iter(cast(Any, yaml).parse(source.text, Loader=_LOADER))

    def at(self, start: Any, end: Any) -> Span:
        last = len(self.source.text)
        return Span(self.source, min(start.index, last), min(max(end.index, start.index), last))

    def next(self) -> Any:
        event = next(self.events)
        span = self.at(event.start_mark, event.end_mark)
        if isinstance(event, yaml.AliasEvent):
            fail(self.code, span, "an alias: write out what it stands for")
        if getattr(event, "anchor", None):
            fail(self.code, span, "an anchor: write out what it names where it is used")
        if not self.tags and getattr(event, "tag", None) not in (None, "!"):
            fail(self.code, span, "a tag: every value is the text that stands there")
        return event

    def document(self) -> Node:
        self.next()  # the stream
        start = self.next()
        if isinstance(start, yaml.StreamEndEvent):
            fail(self.code, Span(self.source, 0, 0), "the document is empty")
        node = self.node(self.next(), 0)
        self.next()  # its end
        after = self.next()
        if not isinstance(after, yaml.StreamEndEvent):
            span = self.at(after.start_mark, after.end_mark)
            fail(self.code, span, "a second document: each is a file of its own")
        return node

    def node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            span = self.at(event.start_mark, event.end_mark)
            fail("too-large", span, f"nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.ScalarEvent):
            return Text(event.value, self.at(event.start_mark, event.end_mark))
        if isinstance(event, yaml.SequenceStartEvent):
            return self.items(event, depth)
        return self.map(event, depth)

    def items(self, start: Any, depth: int) -> Items:
        found: list[Node] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            found.append(self.node(event, depth + 1))
        return Items(tuple(found), self.at(start.start_mark, event.end_mark))

    def map(self, start: Any, depth: int) -> Map:
        entries: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            span = self.at(event.start_mark, event.end_mark)
            if not isinstance(event, yaml.ScalarEvent):
                fail(self.code, span, "a key is a word")
            if event.value in entries:
                help = "quote a text with commas in it" if event.value.isdigit() else None
                fail(self.code, span, f"`{event.value[:40]}` stands here twice", help=help)
            entries[event.value] = self.node(self.next(), depth + 1)
            keys[event.value] = span
        return Map(entries, keys, self.at(start.start_mark, event.end_mark))
