"""One registry for layers, backends, notations and claims: what archc brings, then entry points.

What archc brings is declared as entry points in pyproject.toml like anyone's. The same names stand
in tables here too, so that a spec of built-in layers costs no scan of the installed
distributions (35 ms); a test holds the two against each other.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from archc.audit.claims.table import BUILTIN as BUILTIN_CLAIMS
from archc.diagnostics import Diagnostic, SpecError
from archc.ops.base import Op
from archc.ops.table import BUILTIN as BUILTIN_OPS

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Group = Literal[
    "archc.ops", "archc.backends", "archc.notations", "archc.claims", "archc.rows", "archc.reports"
]

BUILTIN: dict[Group, dict[str, str]] = {
    "archc.ops": BUILTIN_OPS,
    "archc.backends": {
        "dlib": "archc_backends.dlib:backend",
        "graphviz": "archc_backends.graphviz:backend",
        "keras": "archc_backends.keras:backend",
        "mermaid": "archc_backends.mermaid:backend",
        "onnx": "archc_backends.onnx:backend",
        "tikz": "archc_backends.tikz:backend",
        "torch": "archc_backends.torch:backend",
    },
    "archc.claims": BUILTIN_CLAIMS,
    "archc.notations": {
        "arch": "archc.notations.arch:notation",
        "dlib": "archc.notations.dlib:notation",
        "listing": "archc.notations.listing:notation",
        "table": "archc.notations.table:notation",
        "yaml": "archc.notations.yaml:notation",
    },
    "archc.reports": {
        "check": "archc.audit.check:check",
        "html": "archc.show:to_html",
        "text": "archc.audit.reports.text:to_text",
    },
}


@cache
def plugins(group: Group) -> dict[str, EntryPoint]:
    """Entry points of a group, by name, but for what archc brings itself."""
    from importlib.metadata import entry_points  # 16 ms, by way of email

    builtin = BUILTIN.get(group, {})
    return {
        point.name: point
        for point in entry_points(group=group)
        if builtin.get(point.name) != point.value
    }


def names(group: Group) -> list[str]:
    return sorted({*BUILTIN.get(group, {}), *plugins(group)})


@cache
def load(group: Group, name: str) -> Any:
    """What a name stands for. Raises KeyError; SpecError (``plugin``) where it is broken."""
    target = BUILTIN.get(group, {}).get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        return getattr(import_module(module), attribute)
    point = plugins(group)[name]
    try:
        return point.load()
    except Exception as error:  # whatever a stranger's module does on import
        owner = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
        message = f"the plugin `{name}`{owner} ({point.value}) failed to load"
        text = f"{type(error).__name__}: {error}"
        raise SpecError([Diagnostic("plugin", message, notes=(text,))]) from error


@cache
def has_layer(name: str) -> bool:
    return name in BUILTIN_OPS or name in plugins("archc.ops")


def layer(name: str) -> type[Op]:
    """The class of a layer by its name in specs. Raises KeyError; SpecError for a broken plugin."""
    found = load("archc.ops", name)
    if not (isinstance(found, type) and issubclass(found, Op)):
        message = f"the plugin `{name}` is not a layer: {found!r} is no subclass of archc.ops.Op"
        raise SpecError([Diagnostic("plugin", message)])
    return found


def layer_names() -> list[str]:
    return names("archc.ops")
