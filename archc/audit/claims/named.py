"""Counts under a convention that a claim names: as fvcore, as Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from archc.audit.conventions import COUNTING_OPS, COUNTING_PARAMS
from archc.audit.kind import Flags, NotEvaluable
from archc.audit.subject import Subject
from archc.dims import Dim
from archc.graph.network import Layer


def named(
    subject: Subject, flags: Flags, what: Literal["params_table", "ops_table"]
) -> Iterator[tuple[Layer, Dim]]:
    """What each layer of the subject counts under the one convention among the flags.

    It says all of what counts: flags such as ``nobias`` change nothing then. Layers are counted as
    torch's own classes, as the tools' users have them. Raises NotEvaluable where the convention
    does not say, or two are named.
    """
    from archc.audit.conventions import CONVENTIONS  # not before a claim names one

    names = sorted(flags & (COUNTING_PARAMS | COUNTING_OPS))
    if len(names) > 1:
        raise NotEvaluable(f"`{names[0]}` says what counts, and so does `{names[1]}`")
    convention = CONVENTIONS[names[0]]
    table = getattr(convention, what)
    counts = table.count(subject.network).by_layer
    for layer in subject.layers:
        count = counts[layer.path]
        if count is None:
            op = type(layer.op).name
            raise NotEvaluable(f"{convention.title} has no count for `{layer.path}` ({op})")
        yield layer, count
