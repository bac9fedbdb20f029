"""dlib as a notation: read and repaired here, written by the backend of that name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archc.diagnostics import Diagnostic, SpecError
from archc.notations.dlib.read import read, repair
from archc.notations.dlib.review import review
from archc.notations.notation import Notation

if TYPE_CHECKING:
    from archc.graph.network import Network


def write(networks: Sequence[Network]) -> str:
    """A network as bare ``using`` declarations, with the loss that it was read with.

    Raises SpecError (``unsupported``).
    """
    from archc.registry import load

    if len(networks) != 1:
        message = f"a text of dlib's templates is written of one network, not of {len(networks)}"
        raise SpecError([Diagnostic("unsupported", message, help="name one: `FILE:NETWORK`")])
    loss = networks[0].parameters.get("loss")
    own = {"loss": loss} if isinstance(loss, str) and loss.startswith("loss_") else {}
    written: str = load("archc.backends", "dlib").write(networks[0], ".dlib", **own)
    return written


notation = Notation(
    "dlib",
    (".dlib", ".h", ".hpp", ".cpp", ".cc"),
    read,
    write_networks=write,
    repair=repair,
    review=review,
)
