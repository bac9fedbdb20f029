"""What a path such as ``bottomup.conv[5]`` names, and what to say where it names nothing."""

from __future__ import annotations

import re
from typing import Any

from archc.diagnostics import Span, did_you_mean, fail
from archc.graph.values import Element, FileValue, Frame, Lookup, Poison, kind_of
from archc.graph.work import GLANCE, spend
from archc.language import syntax
from archc.registry import layer_names


def part_key(part: syntax.Part, evaluator: Lookup) -> str:
    """A part of a path as a label's key: ``conv``, ``conv[5]``."""
    if part.index is None:
        return part.name
    index = evaluator.evaluate(part.index)
    if isinstance(index, bool) or not isinstance(index, int):
        fail("wrong-kind", part.index.span, f"an index is an integer, but this is {kind_of(index)}")
    if index < 0:
        fail("value", part.index.span, f"an index is not negative, but this is {index}")
    return f"{part.name}[{index}]"


def label_key(reference: syntax.Reference, evaluator: Lookup) -> str:
    """The key of a label that a line gives: one name, perhaps with an index."""
    first_part, *more = reference.parts
    if more:
        fail(
            "syntax",
            reference.span,
            f"a label is one name, but this is the path `{reference.text}`",
            help="an index is written in brackets: `conv[2]:`",
        )
    return part_key(first_part, evaluator)


def resolve(reference: syntax.Reference, evaluator: Lookup) -> Any:
    """What a path names: a label's Element, an item of a list, a name of an imported file."""
    value = first(reference.parts[0], evaluator)
    for part in reference.parts[1:]:
        value = member(value, part, evaluator)
    return value


def first(part: syntax.Part, evaluator: Lookup) -> Any:
    frame = evaluator.frame
    if part.index is None:
        value = evaluator.name(part.name)
        if value is None:
            evaluator.unknown(part.name, part.span)
        return value
    if evaluator.scope.has(part.name):
        value = evaluator.scope.find(part.name)
        if isinstance(value, tuple):
            return item(value, part, evaluator)  # pyright: ignore[reportUnknownArgumentType]
    key = part_key(part, evaluator)
    if frame is None or key not in frame.labels:
        message, help = unknown_name_help(key, part.span, evaluator)
        fail("unknown-name", part.span, message, help=help)
    return frame.labels[key]


def item(value: tuple[Any, ...], part: syntax.Part, evaluator: Lookup) -> Any:
    assert part.index is not None
    index = evaluator.evaluate(part.index)
    if isinstance(index, bool) or not isinstance(index, int):
        fail("wrong-kind", part.index.span, f"an index is an integer, but this is {kind_of(index)}")
    if not 0 <= index < len(value):
        fail("value", part.span, f"`{part.name}` has items 0 to {len(value) - 1}, but not {index}")
    return value[index]


def member(value: Any, part: syntax.Part, evaluator: Lookup) -> Any:
    """``value.part``."""
    if isinstance(value, FileValue):
        if part.index is None and part.name in value.scope.names:
            return value.scope.names[part.name]
        help = did_you_mean(part.name, value.scope.names)
        fail("unknown-name", part.span, f"{kind_of(value)} has no `{part.name}`", help=help)
    if not isinstance(value, Element):
        fail("wrong-kind", part.span, f"{kind_of(value)} has no `{part.name}` inside")
    if isinstance(value.value, Poison) and value.frame is None and not value.parts:
        raise value.value.error
    return inside(value, part_key(part, evaluator), part.span)


def inside(element: Element, key: str, span: Span) -> Element:
    """The label ``key`` in the block that a line ends with, or the step of that name on it."""
    last = element.parts[-1] if element.parts else element
    frame = last.frame
    spend(1 + len(element.parts) // GLANCE, span)
    found = [part for part in element.parts if part.name == key]
    if frame is not None and key in frame.own:
        found.append(frame.own[key])
    if len(found) == 1:
        return found[0]
    what = f"`{element.name}`"
    if found:
        fail(
            "unknown-name",
            span,
            f"{what} has {len(found)} of `{key}`, so the name says too little",
            help="label the line that is meant",
        )
    known = [part.name for part in element.parts] + list(frame.own if frame else ())
    help = did_you_mean(key, known) or (f"it has {listing(known)}" if known else None)
    fail("unknown-name", span, f"{what} has no `{key}` inside", help=help)


def listing(names: list[str], most: int = 8) -> str:
    names = list(dict.fromkeys(names))
    shown = ", ".join(f"`{n}`" for n in names[:most])
    return shown + (" ..." if len(names) > most else "")


# ---------------------------------------------------------------- what to say


def unknown_name_help(name: str, span: Span, evaluator: Lookup) -> tuple[str, str | None]:
    """Message and help for a name that nothing has."""
    if re.fullmatch(r"[a-z]x[a-z]", name):
        a, b = name.split("x")
        return f"unknown name `{name}`", f"a window of variable size is written `[{a}, {b}]`"
    if re.fullmatch(r"(\d+|[A-Za-z]\w*)(x(\d+|[A-Za-z]\w*))+", name) and "x" in name[1:]:
        letters = name.split("x")
        if len(letters) > 1 and all(letters) and (letters[0].isupper() or letters[0].isdigit()):
            return (
                f"unknown name `{name}`",
                f"a shape with names is a list: `[{', '.join(letters)}]`",
            )
    frame = evaluator.frame
    later = defined_later(name, frame, span)
    if later is not None:
        return (
            f"`{name}` is defined later, at line {later.line}",
            "only earlier lines can be read",
        )
    if name.lower() in ("true", "false"):
        return f"unknown name `{name}`", f"write `{name.lower()}`"
    indexed = [k for k in frame.labels if k.startswith(f"{name}[")] if frame else []
    if indexed:
        return f"unknown name `{name}`", f"there are {listing(indexed)}"
    known = list(evaluator.scope.known()) + (list(frame.labels) if frame else [])
    return f"unknown name `{name}`", did_you_mean(name, known) or did_you_mean(name, layer_names())


def defined_later(name: str, frame: Frame | None, span: Span) -> Span | None:
    """Where a line further down in the same body has the label."""
    if frame is None or frame.definition is None or isinstance(frame.definition, syntax.Share):
        return None
    for statement in frame.definition.body.statements:
        label = getattr(statement, "label", None)
        if not isinstance(label, syntax.Reference) or label.text != name:
            continue
        if label.span.start > span.start:
            return label.span
    return None
