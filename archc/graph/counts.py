"""Counts that layers bring and no input declares: P proposals, D detections.

They are no names of the spec, and stay symbols where nothing is said. A setting may give them
numbers; a layer then keeps so many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from archc.diagnostics import Span, fail
from archc.graph.arguments import Given
from archc.graph.values import kind_of
from archc.language import syntax
from archc.ops.base import MAX_INTEGER, Op
from archc.registry import has_layer, layer


def brought(definition: syntax.Network) -> list[str]:
    """The letters that the layers of a network's own lines bring, where they keep no number."""
    found = [
        argument.letter
        for call in calls(definition.body)
        if call.name.simple is not None and has_layer(call.name.simple)
        for argument in layer(call.name.simple).arguments()
        if argument.letter and argument.name not in keywords(call)
    ]
    return list(dict.fromkeys(found))


def calls(body: syntax.Body) -> Iterator[syntax.Call]:
    """The calls in a body, those in its groups, loops and branches too."""
    stack: list[Any] = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Call):
            yield node
        if isinstance(node, tuple):
            stack.extend(reversed(node))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(node, syntax.Node) and not isinstance(node, syntax.Expression):
            stack.extend(getattr(node, field.name) for field in reversed(fields(node)))


def keywords(call: syntax.Call) -> set[str]:
    return {a.name for a in call.arguments if isinstance(a, syntax.Keyword)}


def numbers(letters: list[str], values: Mapping[str, Any]) -> dict[str, int]:
    """Those of the values that are counts. Raises SpecError for one that is no count."""
    found = {letter: values[letter] for letter in letters if letter in values}
    for letter, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_INTEGER:
            what = value if isinstance(value, int) else kind_of(value)
            fail("argument", None, f"the count `{letter}` is an integer from 1, but this is {what}")
    return found


def fill(op_class: type[Op], given: Given, known: Mapping[str, int], call: Span) -> None:
    """Let a layer keep as many as the settings say, where its call says nothing."""
    if not known:
        return
    for argument in op_class.arguments():
        if argument.letter in known and argument.name not in given.values:
            given.values[argument.name] = known[argument.letter]
            given.spans[argument.name] = call
