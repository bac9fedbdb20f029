"""The entries of ledgers that speak of one spec, kept between runs.

Reading YAML takes twenty times as long as everything else about a ledger. So the entries of a
ledger that is read without an error are kept in the user's private cache directory, by spec: a
line of JSON each, after one that says what the file was made from and which spec is on which line.
What is kept says only what the ledger's text says too; if it is missing, of another text or broken
in any way, the ledger is read.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from archc._version import __version__
from archc.audit.claim import Claim, Part
from archc.audit.entries import Entry, Ledger
from archc.diagnostics import Source, Span
from archc.graph.library import read_source
from archc.language.cache import private_directory

MAX_KEPT = 16 * 1024 * 1024
"""Bytes of a file that is read: what is kept is a few times as long as a ledger."""

_READERS = ("ledger.py", "entries.py", "claim.py", "kept.py", "../notations/nodes.py")

_TEXTS = (
    "document",
    "where",
    "network",
    "subject",
    "quantity",
    "printed",
    "quote",
    "id",
    "convention",
    "damaged",
)


_CLAIM_SPANS = ("span", "subject_span", "quantity_span", "flags_span")
_PART_SPANS = ("span", "spec_span", "variant_span", "set_span", "subject_span")


def ledger_about(path: Path, stem: str) -> Ledger:
    """The entries of a ledger that name a spec by its file's ``stem``, without what it leaves out.

    Raises SpecError where the file is no ledger at all.
    """
    source = read_source(path)
    directory = private_directory()
    name = zlib.crc32(os.path.realpath(path).encode(errors="surrogateescape"))
    kept = directory / f"ledger-{name:08x}.json" if directory else None
    if kept:
        with contextlib.suppress(Exception):  # whatever is wrong with it, the ledger is read
            return _load(kept, source, stem)
    from archc.audit.ledger import read_ledger_text  # brings YAML: 40 ms

    ledger = read_ledger_text(source)
    if kept and not ledger.diagnostics:
        with contextlib.suppress(OSError, ValueError):
            _save(ledger, kept)
    entries = tuple(entry for entry in ledger.entries if _stem(entry.part) == stem)
    return Ledger(source, ledger.document, entries, (), ledger.diagnostics)


def _stem(part: Part | None) -> str:
    return Path(part.spec).stem if part is not None and part.spec is not None else ""


def _key(source: Source) -> list[Any]:
    """What a file is made from: the ledger's text, and the code that reads it."""
    data = source.text.encode()
    here = Path(__file__).parent
    code = [(here / name).stat() for name in _READERS]
    made = [[state.st_size, state.st_mtime_ns] for state in code]
    return [__version__, len(data), zlib.crc32(data), zlib.adler32(data), made]


# ---------------------------------------------------------------- files


def _load(kept: Path, source: Source, stem: str) -> Ledger:
    """Raises an exception of any kind where the file is not what was saved for this text."""
    descriptor = os.open(kept, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if hasattr(os, "getuid") and state.st_uid != os.getuid():
            raise PermissionError(kept)
        if state.st_size > MAX_KEPT:
            raise ValueError(kept)
        lines = file.read(MAX_KEPT).split(b"\n")
    head: list[Any] = json.loads(lines[0])
    key, document, places = head
    if key != _key(source):
        raise ValueError(kept)
    line: int | None = places.get(stem)
    entries: list[Any] = [] if line is None else json.loads(lines[line])
    made = tuple(_entry(entry, _text(document), source) for entry in entries)
    return Ledger(source, document, made)


def _save(ledger: Ledger, kept: Path) -> None:
    by_spec: dict[str, list[Any]] = {}
    for entry in ledger.entries:
        stem = _stem(entry.part)
        if stem:
            by_spec.setdefault(stem, []).append(_kept_entry(entry))
    places = {stem: number for number, stem in enumerate(by_spec, 1)}
    lines = [json.dumps([_key(ledger.source), ledger.document, places])]
    lines += [json.dumps(entries, separators=(",", ":")) for entries in by_spec.values()]
    temporary = kept.with_name(f"{kept.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write("\n".join(lines).encode())
        temporary.replace(kept)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# ---------------------------------------------------------------- entries as JSON and back


def _kept_entry(entry: Entry) -> list[Any]:
    claim = entry.claim
    return [
        [getattr(claim, name) for name in _TEXTS[1:]],
        [claim.erratum, claim.read],
        claim.implied,
        [claim.keys, claim.flags],
        [_kept_span(getattr(claim, name)) for name in _CLAIM_SPANS],
        _kept_part(entry.part),
        _kept_part(claim.to),
    ]


def _kept_span(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]


def _kept_part(part: Part | None) -> list[Any] | None:
    if part is None:
        return None
    spans = [_kept_span(getattr(part, name)) for name in _PART_SPANS]
    return [part.spec, part.variants, part.settings, part.subject, part.keys, spans]


def _entry(kept: list[Any], document: str, source: Source) -> Entry:
    texts, (erratum, read), implied, (keys, flags), spans, part, to = kept
    words = dict(zip(_TEXTS, (document, *_texts(texts)), strict=True))
    places = {name: _span(one, source) for name, one in zip(_CLAIM_SPANS, spans, strict=True)}
    claim = Claim(
        **cast(Any, words | places),
        erratum=_text(erratum, none=True),
        read=_text(read, none=True),
        implied=implied is True,
        keys=_texts(keys),
        flags=_texts(flags),
        to=_part(to, source),
    )
    return Entry(claim, _part(part, source))


def _part(kept: list[Any] | None, source: Source) -> Part | None:
    if kept is None:
        return None
    spec, variants, settings, subject, keys, spans = kept
    pairs = tuple((_text(name), _text(value)) for name, value in settings)
    return Part(
        _text(spec, none=True),
        _texts(variants),
        pairs,
        _text(subject),
        _texts(keys),
        *(_span(span, source) for span in spans),
    )


def _span(kept: list[int] | None, source: Source) -> Span | None:
    if kept is None:
        return None
    start, end = kept
    if not 0 <= int(start) <= int(end) <= len(source.text):
        raise ValueError(kept)
    return Span(source, start, end)


def _texts(kept: Iterable[Any]) -> tuple[str, ...]:
    return tuple([_text(one) for one in kept])


def _text(kept: Any, none: bool = False) -> Any:
    if isinstance(kept, str) or (none and kept is None):
        return kept
    raise TypeError(kept)
