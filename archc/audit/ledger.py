"""Ledgers: what one document prints about networks, as YAML beside the specs.

    document: "Our paper"
    spec: ours
    claims:
      - {where: Table 1, subject: total, quantity: params, printed: "25.6M"}

An entry that has ``claims`` of its own is a group: what it says holds for all of them. Entries
become the same :class:`~archc.audit.claim.Claim` as those of `published` blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from archc.audit.arithmetic import MAX_LENGTH
from archc.audit.claim import Claim, Part
from archc.audit.entries import Entry, Ledger, LeftOut
from archc.audit.subject import TOTAL, spelled
from archc.diagnostics import Diagnostic, Source, Span, SpecError, did_you_mean, fail
from archc.graph.library import read_source
from archc.notations.nodes import Items, Map, Node, Text, parse

__all__ = ["Entry", "Ledger", "LeftOut", "keys_of_text", "read_ledger", "read_ledger_text"]

MAX_CLAIMS = 20_000
"""Of one ledger; an entry about several variants is as many."""
MAX_WORDS = 2_000
"""Characters of a text: a group hands its own down to every entry."""
MAX_ERRORS = 20
"""Diagnostics of one ledger that are kept."""

_PLACED = ("spec", "system", "variant", "set")
_SHARED = (*_PLACED, "where", "quote", "subject", "quantity", "convention", "flags", "erratum")
_OWN = ("id", "printed", "read", "implied", "damaged", "to")
_HEAD = ("document", "about", "left_out")
_PART = (*_PLACED, "subject")
_NUMBERS = ("printed", "read", "implied")


def read_ledger(path: Path) -> Ledger:
    """The ledger in a file. Raises SpecError where it is none at all."""
    return read_ledger_text(read_source(path))


def read_ledger_text(source: Source) -> Ledger:
    """The ledger in a text; what is wrong with single entries is in its ``diagnostics``."""
    top = parse(source)
    if not isinstance(top, Map):
        fail("claim", _begin(top.span), "a ledger is a map with `document:` and `claims:`")
    if "document" not in top.entries:
        fail("claim", _begin(top.span), "a ledger names its `document:`")
    document = _words(top, "document")
    if not document:
        fail("claim", top.keys["document"], "the document's name is missing")
    reader = _Reader(document)
    with reader:
        _known(top, (*_HEAD, *_SHARED, "claims"))
    if "claims" not in top.entries:
        fail("claim", _begin(top.span), "a ledger lists its `claims:`")
    reader.group(top, _Shared())
    left_out: tuple[LeftOut, ...] = ()
    with reader:
        left_out = tuple(_left_out(top, document))
    return Ledger(source, document, tuple(reader.entries), left_out, tuple(reader.diagnostics))


def keys_of_text(text: str) -> tuple[str, ...] | None:
    """``conv[2].conv[0]`` as ``("conv", "2", "conv", "0")``; None where it is no path."""
    if len(text) > MAX_LENGTH or not _PATH.fullmatch(text):
        return None
    return tuple(_STEP.findall(text))


_PATH = re.compile(r"\w+(?:\[\d+\])*(?:\.\w+(?:\[\d+\])*)*")
_STEP = re.compile(r"\w+")


# ---------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class _Shared:
    """What a group says for all of its entries; ``places`` is where it says it, by key."""

    spec: str | None = None
    system: str = ""
    variants: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    where: str = ""
    quote: str = ""
    subject: str = TOTAL
    keys: tuple[str, ...] = (TOTAL,)
    quantity: str = ""
    convention: str = ""
    flags: tuple[str, ...] = ()
    erratum: str | None = None
    span: Span | None = None
    places: Mapping[str, Span] = field(default_factory=dict[str, Span])

    @property
    def part(self) -> Part | None:
        """None for a system without a spec."""
        if self.spec is None and self.system:
            return None
        places = [self.places.get(key) for key in ("spec", "variant", "set", "subject")]
        said = (self.spec, self.variants, self.settings, self.subject, self.keys)
        return Part(*said, self.span, *places)


class _Reader:
    """Reads the entries; as a context it keeps what is wrong with one and goes on."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.entries: list[Entry] = []
        self.diagnostics: list[Diagnostic] = []
        self.ids: dict[str, Span] = {}
        self.wrong = 0
        self.claims = 0

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, SpecError):
            return False
        self.wrong += 1
        if self.wrong <= MAX_ERRORS:
            self.diagnostics.extend(error.diagnostics)
        elif self.wrong == MAX_ERRORS + 1:
            message = "more entries of this ledger cannot be read"
            self.diagnostics.append(Diagnostic("claim", message, error.diagnostics[0].span))
        return True

    def group(self, map: Map, outer: _Shared) -> None:
        shared = outer
        with self:
            shared = _shared(map, outer)
            for entry in _items(map, "claims", "entries"):
                with self:
                    self.entry(entry, shared)

    def entry(self, node: Node, outer: _Shared) -> None:
        if not isinstance(node, Map):
            fail("claim", _begin(node.span), "an entry is a map: `subject: conv1`, ...")
        if "claims" in node.entries:
            _known(node, (*_SHARED, "claims"))
            self.group(node, outer)
            return
        _known(node, (*_SHARED, *_OWN))
        shared = _shared(node, outer)
        self.claims += max(1, len(shared.variants))
        if self.claims > MAX_CLAIMS:
            fail("too-large", _begin(node.span), f"more than {MAX_CLAIMS:,} claims in a ledger")
        self.entries.append(Entry(self.claim(node, shared), shared.part))

    def claim(self, node: Map, shared: _Shared) -> Claim:
        if not shared.quantity:
            fail("claim", _begin(node.span), "an entry names its `quantity`: params, shape, ...")
        printed = _words(node, "printed")
        if not printed:
            fail("claim", _begin(node.span), "an entry quotes what is `printed`")
        _one_of(node, "read", "implied")
        implied = _words(node, "implied")
        claim = Claim(
            document=self.document,
            where=shared.where,
            network=shared.system or shared.spec or "",
            subject=shared.subject,
            keys=shared.keys,
            quantity=shared.quantity,
            printed=printed,
            flags=shared.flags,
            erratum=shared.erratum,
            quote=shared.quote,
            id=self.id(node),
            read=implied or _words(node, "read") or None,
            implied=bool(implied),
            convention=shared.convention,
            damaged=_words(node, "damaged"),
            to=_to(node, shared),
            span=_begin(node.span),
            subject_span=shared.places.get("subject"),
            quantity_span=shared.places.get("quantity"),
            flags_span=shared.places.get("flags"),
        )
        for key in _NUMBERS:
            _short(node, key)
        return claim

    def id(self, node: Map) -> str:
        name = _words(node, "id")
        if name:
            span = node.entries["id"].span
            if name in self.ids:
                line = self.ids[name].line
                fail("claim", span, f"the id `{name[:60]}` is that of the entry on line {line} too")
            self.ids[name] = span
        return name


def _shared(map: Map, outer: _Shared) -> _Shared:
    """What holds inside: the map's own words, and outside's for the rest."""
    places = {key: _begin(node.span) for key, node in map.entries.items() if key in _SHARED}
    inner = replace(outer, span=_begin(map.span), places={**outer.places, **places})
    if "spec" in map.entries or "system" in map.entries:  # what was said of another network
        _one_of(map, "spec", "system")
        inner = replace(inner, spec=None, system="", variants=(), settings=())
    if "spec" in map.entries:
        inner = replace(inner, spec=_spec_name(map))
    if "subject" in map.entries:
        subject = _words(map, "subject")
        keys = keys_of_text(subject)
        if keys is None:
            span = map.entries["subject"].span
            fail("claim", span, f"`{subject[:40]}` is no path", help="write `conv[1].conv[0]`")
        inner = replace(inner, subject=spelled(".".join(keys)), keys=keys)
    for key in ("system", "where", "quote", "quantity", "convention", "erratum"):
        if key in map.entries:
            words: dict[str, Any] = {key: _required(map, key)}
            inner = replace(inner, **words)
    if "variant" in map.entries:
        inner = replace(inner, variants=_each_once(map, "variant"))
    if "flags" in map.entries:
        inner = replace(inner, flags=_each_once(map, "flags"))
    if "set" in map.entries:
        inner = replace(inner, settings=_settings(map))
    return inner


def _spec_name(map: Map) -> str:
    """A spec's name, or its path below a folder in which it is looked for."""
    name = _required(map, "spec")
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or len(name) > MAX_LENGTH:
        span = map.entries["spec"].span
        help = "specs are found beside the ledger, in the folder above, and in the zoo"
        fail("claim", span, "a spec is named, or a path below the ledger's folder", help=help)
    return name


def _to(node: Map, shared: _Shared) -> Part | None:
    """What a ratio is to: another part of the same network, or another network's."""
    inner = node.entries.get("to")
    if inner is None:
        return None
    if not isinstance(inner, Map):
        fail("claim", _begin(inner.span), "what a ratio is to is a map: `{spec: alexnet}`")
    _known(inner, _PART)
    other = _shared(inner, replace(shared, subject=TOTAL, keys=(TOTAL,)))
    if other.part is None:
        fail("claim", _begin(inner.span), "a ratio is to a network with a spec")
    return other.part


def _left_out(top: Map, document: str) -> Iterator[LeftOut]:
    if "left_out" not in top.entries:
        return
    for item in _items(top, "left_out", "reasons"):
        if not isinstance(item, Map):
            fail("claim", _begin(item.span), "what is left out has a `reason` and a `count`")
        _known(item, ("reason", "count", "ids"))
        reason = _required(item, "reason")
        if "ids" in item.entries:
            count = len(_items(item, "ids", "ids"))
        else:
            digits = _required(item, "count")
            if not re.fullmatch(r"\d{1,6}", digits):
                fail("claim", item.entries["count"].span, "a count is a whole number")
            count = int(digits)
        yield LeftOut(document, reason, count)


# ---------------------------------------------------------------- nodes


def _known(map: Map, keys: tuple[str, ...]) -> None:
    for key, span in map.keys.items():
        if key not in keys:
            value = map.entries[key]
            help = did_you_mean(key, keys) or f"the keys are {', '.join(sorted(keys))}"
            if key[:1].isdigit() and isinstance(value, Text) and value.empty:
                help = 'quote a number with a comma in it: `printed: "34,944"`'
            fail("claim", span, f"there is no key `{key[:40]}` here", help=help)


def _words(map: Map, key: str) -> str:
    """The text of a key, on one line; empty where the key is missing or has no text."""
    node = map.entries.get(key)
    if node is None:
        return ""
    if not isinstance(node, Text):
        _not_text(key, node)
    words = " ".join(node.value.split())
    if key not in _NUMBERS:
        _few(key, words, node.span)
    return words


def _few(key: str, words: str, span: Span) -> None:
    if len(words) > MAX_WORDS:
        message = f"`{key}` has {len(words):,} characters"
        fail("too-large", _begin(span), message, help=f"at most {MAX_WORDS:,}: quote a few words")


def _required(map: Map, key: str) -> str:
    words = _words(map, key)
    if key not in map.entries:
        fail("claim", _begin(map.span), f"`{key}` is missing here")
    if not words:
        fail("claim", map.keys[key], f"`{key}` is empty")
    return words


def _one_of(map: Map, key: str, other: str) -> None:
    if key in map.entries and other in map.entries:
        fail("claim", map.keys[other], f"`{key}` and `{other}` both stand here: leave one out")


def _not_text(key: str, node: Node) -> NoReturn:
    what = "a list" if isinstance(node, Items) else "a map"
    fail("claim", _begin(node.span), f"`{key}` is a text, but this is {what}", help="quote it")


def _short(map: Map, key: str) -> None:
    node = map.entries.get(key)
    if isinstance(node, Text) and len(node.value) > MAX_LENGTH:
        message = f"{len(node.value):,} characters are no printed number"
        fail("claim", _begin(node.span), message, help=f"at most {MAX_LENGTH} are read")


def _items(map: Map, key: str, what: str) -> tuple[Node, ...]:
    node = map.entries[key]
    if not isinstance(node, Items):
        fail("claim", map.keys[key], f"`{key}` is a list of {what}")
    return node.items


def _each_once(map: Map, key: str) -> tuple[str, ...]:
    """One text or a list of them, each once."""
    node = map.entries[key]
    texts = node.items if isinstance(node, Items) else (node,)
    found: dict[str, None] = {}
    for text in texts:
        if not isinstance(text, Text):
            _not_text(key, text)
        word = text.value.strip()
        _few(key, word, text.span)
        if word in found:
            fail("claim", text.span, f"`{word[:40]}` stands here twice")
        if word:
            found[word] = None
    return tuple(found)


def _settings(map: Map) -> tuple[tuple[str, str], ...]:
    node = map.entries["set"]
    if not isinstance(node, Map):
        fail("claim", map.keys["set"], "`set` is a map of parameters: `{size: 227}`")
    return tuple((name, _words(node, name)) for name in node.entries)


def _begin(span: Span) -> Span:
    """Where an entry begins, for a caret: its first line."""
    line = span.source.text.find("\n", span.start, span.end)
    return replace(span, end=line) if line >= 0 else span
