"""What generated files bring along: classes and functions of the helpers, as source."""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources

from archc_backends.torch.classes import Classes
from archc_backends.torch.spelling import Value, calls

HELPERS = (
    "helpers.py",
    "helpers_pooling.py",
    "helpers_resizing.py",
    "helpers_recurrent.py",
    "helpers_regions.py",
    "helpers_detection.py",
)


@cache
def helpers() -> dict[str, str]:
    """The source of each class and function that files bring along, by name, in order."""
    found: dict[str, str] = {}
    for name in HELPERS:
        source = resources.files("archc_backends.torch").joinpath(name).read_text("utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                first = min([node, *node.decorator_list], key=lambda part: part.lineno)
                found[node.name] = "\n".join(lines[first.lineno - 1 : node.end_lineno])
    return found


@cache
def _uses(name: str) -> frozenset[str]:
    """The helpers that a helper needs."""
    nodes = ast.walk(ast.parse(helpers()[name]))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset((names & set(helpers())) - {name})


def needed_helpers(found: Classes, body: str) -> list[str]:
    """The sources of the helpers that the classes call, and of those that they need in turn."""
    names = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    wanted = names & set(helpers())
    while True:
        more = {other for name in wanted for other in _uses(name)} - wanted
        if not more:
            break
        wanted |= more
    own = [source for name, source in helpers().items() if name in wanted]
    values: list[Value] = [value for _, value in found.root.members]
    values += [value for made in found.found for _, value in made.body.members]
    brought = {
        call.helper.strip(): None for value in values for call in calls(value) if call.helper
    }
    return [*own, *brought]
