"""Paths: every module and layer gets its name from labels, or from what it is and which one.

The rules are in docs/language.md (Paths). Names are given before anything is dropped, so a layer
of a called network keeps its name whatever is read of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from archc.graph.network import Layer, Module

Node = Module | Layer


def path_of_label(label: str) -> str:
    """``conv[2]`` as a part of a path: ``conv.2``."""
    return re.sub(r"\[(\d+)\]", r".\1", label)


def assign_paths(root: Module, inputs: Iterable[str]) -> None:
    """Name every node below ``root``, whose own path is empty; ``inputs`` have their names."""
    lift_single_lines(root)
    stack = [root]
    while stack:
        module = stack.pop()
        name_children(module, set(inputs) if module is root else set())
        for child in module.children:
            if isinstance(child, Layer) and not child.name:
                child.path = module.path  # a merge's own layer
                continue
            child.path = f"{module.path}.{child.name}" if module.path else child.name
            if isinstance(child, Module):
                stack.append(child)


def lift_single_lines(root: Module) -> None:
    """A labelled line of one element is that element, under the line's label."""
    modules = [root]
    for module in modules:
        modules.extend(c for c in module.children if isinstance(c, Module))
    for module in reversed(modules):  # inner ones first
        for position, child in enumerate(module.children):
            if isinstance(child, Module) and child.kind == "line" and len(child.children) == 1:
                only = child.children[0]
                if isinstance(only, Layer):
                    only.name = f":{child.label}"  # marks a label, see `name_children`
                else:
                    only.label = child.label
                only.parent = module
                module.children[position] = only


def name_children(module: Module, reserved: set[str]) -> None:
    """Give each child its part of the path, unique among its siblings."""
    labels: dict[int, str] = {}
    automatic: list[tuple[int, str]] = []
    for position, child in enumerate(module.children):
        label = child.label if isinstance(child, Module) else label_of(child)
        if label is not None:
            labels[position] = path_of_label(label)
        elif isinstance(child, Module) and child.kind == "branch":
            labels[position] = child.name
        elif child.name:
            automatic.append((position, child.name))
    taken = reserved | {label.split(".", 1)[0] for label in labels.values()}
    counts = Counter(name for _, name in automatic)
    alone = module.kind == "line" and not labels and len(counts) == 1 and len(automatic) > 1
    seen: Counter[str] = Counter()
    for position, name in automatic:
        index = seen[name]
        seen[name] += 1
        if alone:
            labels[position] = str(index)
            continue
        free = name
        while free in taken or (free != name and free in counts):
            free += "_"
        labels[position] = f"{free}.{index}" if counts[name] > 1 else free
    for position, label in labels.items():
        module.children[position].name = label


def label_of(layer: Layer) -> str | None:
    return layer.name[1:] if layer.name.startswith(":") else None
