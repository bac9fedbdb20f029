"""Methods of a tensor: ``x.view(-1, 400)``, ``x.size(0)``, ``x.relu()``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from archc.diagnostics import did_you_mean
from archc.notations.listing import frameworks, torch_functions
from archc.notations.listing.natives import size_of, tensors
from archc.notations.listing.use import Arguments, Use
from archc.notations.listing.values import Expanded, Size, Tensor

if TYPE_CHECKING:
    from archc.notations.listing.run import Runner


def call(reader: Runner, node: ast.Call, owner: Tensor, name: str, given: Arguments) -> Any:
    """What a method of a tensor gives; Unknown for one that is no layer of archc."""
    shown = reader.source(node.func)
    if len(shown) > 30:
        shown = f"x.{name}"
    if name in ("size", "dim"):
        return _sizes(reader, node, owner, name, given)
    if name in torch_functions.KEPT:
        return owner
    if name == "expand_as" and tensors(given.positional[:1]):
        message = f"`{shown}` is read where it is multiplied: elsewhere it is no layer of archc"
        return Expanded(reader.unknown(node, message, code="unsupported").reason, owner)
    if name in torch_functions.RESHAPES:
        values = {"sizes": given.positional}
        use = Use(reader, "torch", shown, node, values, {}, [owner.node], None)
        torch_functions.reshape(use, list(given.positional))
        return use.tensor
    if name in ("add", "mul", "add_", "mul_") and tensors(given.positional[:1]):
        row = torch_functions.MERGES[name.rstrip("_")]
        both = Arguments(
            [owner, *given.positional], [node, *given.places], given.named, given.named_places
        )
        return frameworks.merged(reader, node, shown, row, both)
    if name in torch_functions.NAMED_AS_METHODS:
        row = torch_functions.FUNCTIONS[name]
        return frameworks.of_one(reader, node, shown, row, given, owner)
    known = [*torch_functions.NAMED_AS_METHODS, *torch_functions.RESHAPES, "size"]
    help = did_you_mean(name, known)
    lost = reader.unknown(
        node.func, f"`{shown}` is no layer that archc reads", help, "unknown-layer"
    )
    reader.suspects.append(lost.reason)
    return lost


def _sizes(reader: Runner, node: ast.Call, owner: Tensor, name: str, given: Arguments) -> Any:
    whole = size_of(reader, owner)
    if not isinstance(whole, Size):
        return whole
    if name == "dim":
        return len(whole.items)
    if not given.positional:
        return whole
    index = given.positional[0]
    if isinstance(index, int) and -len(whole.items) <= index < len(whole.items):
        return whole.items[index]
    return reader.unknown(node, f"`{reader.source(node)}` is not known")
