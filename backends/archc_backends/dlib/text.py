"""How templates are laid out: a phrase a line, the last layer first."""

from __future__ import annotations

from collections.abc import Sequence

from archc.dims import to_text
from archc.ops.base import Shape
from archc_backends.dlib.aliases import Alias, heavy
from archc_backends.dlib.names import comment
from archc_backends.dlib.table import Template

WIDTH = 100
INDENT = "    "
FITS = WIDTH - len(INDENT)
"""What a line of the namespace may take."""


def declaration(alias: Alias) -> str:
    """``template <typename SUBNET> using name = ...;``"""
    parameters = "".join(f"int {name}, " for name in alias.parameters)
    head = f"template <{parameters}typename SUBNET>"
    about = f"// {comment(alias.about)}\n" if alias.about else ""
    body = "".join(item.opening for item in reversed(alias.items)) + "SUBNET"
    body += ">" * len(alias.items) + ";"
    line = f"{head} using {alias.name} = {body}"
    if len(line) <= FITS:
        return about + line
    second = f"using {alias.name} = {body}"
    if len(second) <= FITS:
        return f"{about}{head}\n{second}"
    rows = phrases(alias.items)
    innermost = "" if heavy(alias.items[0]) else rows.pop()[0]
    lines = noted([(text, note(phrase) if labelled(phrase) else "") for text, phrase in rows])
    lines.append(f"{innermost}SUBNET{'>' * len(alias.items)};")
    return f"{about}{head}\nusing {alias.name} =\n" + "\n".join(INDENT + text for text in lines)


def joined(declarations: Sequence[str]) -> list[str]:
    """Declarations that take a line each are put under one another."""
    found: list[str] = []
    for text in declarations:
        lines = [*(found[-1].split("\n") if found else [""]), *text.split("\n")]
        if all(line.startswith("template") and line.endswith(";") for line in lines):
            found[-1] += "\n" + text
        else:
            found.append(text)
    return found


def phrases(items: Sequence[Template]) -> list[tuple[str, list[Template]]]:
    """Templates from the last to the first, those that stand on one line together: what only
    passes values on goes with the layer under it, a skip with the layer that it serves."""
    found: list[list[Template]] = []
    closed = True
    for item in reversed(items):
        skip = item.name.startswith(("skip", "add_skip_layer"))
        if closed and not skip:
            found.append([])
            closed = False
        found[-1].append(item) if found else found.append([item])
        closed = closed or heavy(item)
    return [("".join(item.opening for item in phrase), phrase) for phrase in found]


def network(name: str, items: Sequence[Template], loss: str, source: str, said: str) -> str:
    """``using net_type = ...;``, each line with its label and shape in a comment."""
    rows = [(f"{loss}<", "")] if loss else []
    rows += [(text, note(phrase)) for text, phrase in phrases(items)]
    rows.append((source, said))
    closing = ">" * (len(items) + bool(loss)) + ";"
    lines = [INDENT + line for line in noted(rows)]
    return "\n".join([f"using {name} =", *lines, INDENT + closing])


def noted(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Lines with their comments beside them, or above where there is no room."""
    room = FITS - len(INDENT)
    wide = max((len(text) for text, said in rows if len(text) + len(said) + 4 <= room), default=0)
    lines: list[str] = []
    for text, said in rows:
        beside = f"{text:{wide}}  // {comment(said)}"
        if not said:
            lines.append(text)
        elif len(beside) <= room:
            lines.append(beside)
        else:
            lines += [f"// {comment(said)}", text]
    return lines


def labelled(phrase: Sequence[Template]) -> bool:
    return any(item.label for item in phrase)


def note(phrase: Sequence[Template]) -> str:
    """The label of the layer that a phrase ends in, and the shape that comes out."""
    label = next((item.label for item in reversed(phrase) if item.label), "")
    layer = next((item.layer for item in phrase if item.layer is not None), None)
    shape = shape_text(layer.shape) if layer is not None else ""
    return f"{label}: {shape}" if label and shape else label or shape


def shape_text(shape: Shape) -> str:
    """channels x rows x columns."""
    return " x ".join(map(to_text, (shape[-1], *shape[:-1])))
