"""A claim: one printed number, where it stands, and what it speaks of.

Claims come from `published` blocks and from quoted cells of variants tables, which elaboration
hands over as `published` blocks too, and from ledgers. Here they are the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from archc.audit.subject import TOTAL, spelled
from archc.diagnostics import Span, fail
from archc.graph.network import Network
from archc.language import syntax


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a network that a ledger names: which spec's, which network there, which path.

    ``settings`` are the network's parameters as texts. No ``spec`` is the spec that is checked.
    ``span`` is the entry's, the others those of its own words or of its group's.
    """

    spec: str | None = None
    variants: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    subject: str = TOTAL
    keys: tuple[str, ...] = (TOTAL,)
    span: Span | None = field(default=None, repr=False, compare=False)
    spec_span: Span | None = field(default=None, repr=False, compare=False)
    variant_span: Span | None = field(default=None, repr=False, compare=False)
    set_span: Span | None = field(default=None, repr=False, compare=False)
    subject_span: Span | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a document prints about a part of a network.

    ``document`` is the source's name, ``where`` the place (in a document, or of the claim in its
    spec), ``network`` the network's name in that spec, ``subject`` the part as the claim names it,
    ``keys`` its path's names and indices. ``erratum`` says why the source is known to be wrong.
    ``bindings`` fix symbolic sizes.

    In ledgers: ``id`` names the claim for good; ``quote`` is what stands there, a few words of it.
    ``read`` is what is read there, where ``printed`` is no number by itself ("4 paths" says 4);
    ``implied`` says that the document does not print it: it follows from a table or a listing.
    ``convention`` says in words under which way of counting the number stands. ``damaged`` says
    what a scan made of it. ``to`` makes it a ratio: the quantity of the subject to that of another.
    """

    document: str
    where: str
    network: str
    subject: str
    keys: tuple[str, ...]
    quantity: str
    printed: str
    flags: tuple[str, ...] = ()
    erratum: str | None = None
    quote: str = ""
    id: str = ""
    read: str | None = None
    implied: bool = False
    convention: str = ""
    damaged: str = ""
    to: Part | None = None
    bindings: Mapping[str, int] = field(default_factory=dict[str, int])
    span: Span | None = field(default=None, repr=False, compare=False)
    subject_span: Span | None = field(default=None, repr=False, compare=False)
    quantity_span: Span | None = field(default=None, repr=False, compare=False)
    flags_span: Span | None = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """What is compared: what is read in what is printed."""
        return self.printed if self.read is None else self.read

    @property
    def at(self) -> str:
        """Where the claim is written: its file and line."""
        return f"{self.span.source.name}:{self.span.line}" if self.span else self.where


def claims_of(network: Network) -> Iterator[Claim]:
    """The claims that a network's spec makes about it.

    Raises SpecError for a subject whose index is no number.
    """
    for block in network.published:
        for claim in block.claims:
            keys = without_network(keys_of(claim.subject), network)
            for quantity in claim.quantities:
                yield Claim(
                    document=block.source,
                    where=f"{quantity.span.source.name}:{quantity.span.line}",
                    network=network.name,
                    subject=_text(keys),
                    keys=keys,
                    quantity=quantity.name,
                    printed=quantity.printed,
                    flags=quantity.flags,
                    erratum=claim.erratum,
                    span=quantity.span,
                    subject_span=claim.subject.span,
                )


def keys_of(subject: syntax.Reference) -> tuple[str, ...]:
    """``conv[2].conv[0]`` as ``("conv", "2", "conv", "0")``."""
    keys: list[str] = []
    for part in subject.parts:
        keys.append(part.name)
        if part.index is not None:
            keys.append(str(_index(part.index)))
    return tuple(keys)


def _index(expression: syntax.Expression) -> int:
    if not isinstance(expression, syntax.Number) or not isinstance(expression.value, int):
        fail("claim", expression.span, "the index of a claim's subject is a whole number")
    return expression.value


def without_network(keys: tuple[str, ...], network: Network) -> tuple[str, ...]:
    """Without the family's and the variant's name in front, as claims beside networks have them."""
    names = {network.name}
    if network.definition is not None:
        names.add(network.definition.name)
    if keys and keys[0] not in names:
        return keys
    labels = {path.split(".")[0] for path in network.labels}
    stripped = keys
    while stripped and stripped[0] in names and stripped[0] not in labels:
        stripped = stripped[1:]
    return stripped or (TOTAL,)


def _text(keys: tuple[str, ...]) -> str:
    return spelled(".".join(keys))
