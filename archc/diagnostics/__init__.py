"""What goes wrong with a spec, as plain data: where, what was seen, what was expected."""

from archc.diagnostics.diagnostic import Diagnostic, Label, SpecError, fail
from archc.diagnostics.source import Source, Span
from archc.diagnostics.suggest import did_you_mean, nearest

__all__ = [
    "Diagnostic",
    "Label",
    "Source",
    "Span",
    "SpecError",
    "did_you_mean",
    "fail",
    "nearest",
]
