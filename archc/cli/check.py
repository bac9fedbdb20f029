"""`archc check`: specs, ledgers, and a user's ledger against one spec."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archc.audit.report import FAIL_ON, Report
from archc.cli.formats import UsageError
from archc.cli.output import all_networks, coloured, report, terminal_width
from archc.cli.progress import Progress
from archc.cli.target import Target, exists, expand, is_ledger, read_target
from archc.cli.words import FAILS, USAGE
from archc.diagnostics import Diagnostic, SpecError
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.entries import Ledger
    from archc.audit.marks import Mark
    from archc.audit.reports import Form
    from archc.audit.specs import Specs


def check(options: Namespace) -> int:
    """The exit status; the report on standard output, diagnostics on standard error."""
    for verdict in options.fail_on:
        if verdict not in FAIL_ON:
            print(f"archc: --fail-on takes one of {', '.join(FAIL_ON)}", file=sys.stderr)
            return USAGE
    if options.claims and len(options.spec) != 1:
        print("archc: --claims holds ledgers against one SPEC", file=sys.stderr)
        return USAGE
    form = form_of(options)
    options.form, options.json = form, form == "json"
    with Progress() as progress:
        result, errors = everything(options, progress)
    print_report(result, errors, options)
    return FAILS if errors else result.exit_status(options.fail_on)


def everything(options: Namespace, progress: Progress) -> tuple[Report, list[Diagnostic]]:
    """Specs with their own claims and the ledgers beside them, ledgers with the specs that they
    speak of, and ledgers that are to be held against one spec."""
    from archc.audit.check import check
    from archc.audit.specs import Specs

    given = Given(options)
    given.read(progress)
    held = list(given.held())
    result = check(
        [network for _, network in given.networks],
        whole=given.whole,
        ledgers=given.ledgers,
        specs=Specs(networks=() if given.settings else given.networks),
        held=held,
        progress=progress,
    )
    return result, given.errors


class Given:
    """What the command line names, as far as it can be read; the rest is in ``errors``.

    ``named`` are the specs that are named themselves, not by their folder. ``whole`` says that all
    variants of all networks are there, so that a subject that none of them has is nowhere.
    """

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self.settings = tuple(_pair(text) for text in options.settings)
        self.whole = not options.settings
        self.networks: list[tuple[Path | None, Network]] = []
        self.named: list[tuple[Target, Specs]] = []
        self.ledgers: list[Ledger] = []
        self.errors: list[Diagnostic] = []

    def read(self, progress: Progress) -> None:
        texts: list[str] = []
        for text in self.options.spec:
            with self.kept():
                texts += expand([text], also=is_ledger)
        self.options.several = len(texts) > 1
        for number, text in enumerate(texts):
            progress("compiling", number, len(texts))
            with self.kept():
                self.one(text)

    @contextmanager
    def kept(self) -> Generator[None, None, None]:
        """Keep what is wrong with one file, and go on with the others."""
        try:
            yield
        except SpecError as error:
            self.whole = False  # the claim's subject may be in the network that does not compile
            self.errors.extend(error.diagnostics)

    def one(self, text: str) -> None:
        """A ledger, or a spec with its networks. Raises SpecError."""
        if exists(Path(text)) and is_ledger(Path(text)):
            from archc.audit.ledger import read_ledger  # brings YAML: 40 ms

            self.ledgers.append(read_ledger(Path(text)))
            return
        from archc.audit.specs import Specs

        target = read_target(text, self.options.notation, self.options.repair)
        compiled = all_networks(target, self.options.settings)
        report(target.remarks(compiled))
        found = [(target.spec.path, network) for network in compiled]
        self.networks.extend(found)
        self.whole = self.whole and target.variant is None
        if text in self.options.spec:
            kept = () if self.settings else found
            self.named.append((target, Specs(target.spec, target.variant, kept, self.settings)))

    def held(self) -> Iterator[tuple[Ledger, Specs]]:
        """The ledgers beside the specs that are named, and those of ``--claims``."""
        claims: list[Path] = []
        with self.kept():
            claims += _files(self.options.claims)
        if self.options.ledgers:
            known = [Path(ledger.source.name) for ledger in self.ledgers]
            real = {os.path.realpath(path) for path in [*known, *claims]}
            yield from beside(self.named, real, self.errors)
        yield from against(claims, self.named, self.errors)


def beside(
    named: Iterable[tuple[Target, Specs]], known: set[str], errors: list[Diagnostic]
) -> Iterator[tuple[Ledger, Specs]]:
    """The ledgers in `published` beside each spec, with what they say of it alone.

    Those that are ``known`` are checked already. What cannot be read goes to ``errors``.
    """
    from archc.audit.kept import ledger_about

    for target, specs in named:
        if target.spec.path is None:
            continue
        folder = Path(target.spec.source.name).parent  # as it is named, for what is printed
        for path in _below(folder / PUBLISHED):
            if os.path.realpath(path) in known:
                continue
            try:
                ledger = ledger_about(path, target.spec.stem)
            except SpecError as error:
                errors.extend(d for d in error.diagnostics if d not in errors)
                continue
            about = [e for e in ledger.entries if e.part and specs.names_given(e.part, path.parent)]
            if about or ledger.diagnostics:
                yield replace(ledger, entries=tuple(about)), specs


def against(
    paths: Iterable[Path], named: Sequence[tuple[Target, Specs]], errors: list[Diagnostic]
) -> Iterator[tuple[Ledger, Specs]]:
    """The claims of ledgers that speak of the one spec, or of none by name."""
    for path in paths:
        from archc.audit.ledger import read_ledger  # brings YAML: 40 ms

        try:
            ledger = read_ledger(path)
        except SpecError as error:
            errors.extend(error.diagnostics)
            continue
        for _, specs in named:
            yield ledger, specs


def marks_of(network: Network, target: Target, options: Namespace) -> tuple[Mark, ...]:
    """What documents print about a network that is drawn, and how it stands. Raises SpecError.

    The claims of the spec, of ledgers that are named, and of those beside the spec.
    """
    from archc.audit.check import check
    from archc.audit.marks import marks
    from archc.audit.specs import Specs

    paths = list(_files(options.claims))
    if options.audit and target.spec.path is not None:
        paths += _below(target.spec.path.parent / PUBLISHED)
    ledgers: list[Ledger] = []
    if paths:
        from archc.audit.ledger import read_ledger  # brings YAML: 40 ms

        ledgers = [read_ledger(path) for path in paths]
    settings = tuple(_pair(text) for text in options.settings)
    specs = Specs(target.spec, network.name, settings=settings)
    found = check([network], whole=False, ledgers=ledgers, specs=specs)
    report(found.diagnostics)
    return marks(found.cases, network)


PUBLISHED = "published"
"""The folder beside specs that holds ledgers."""


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _files(texts: Iterable[str]) -> Iterator[Path]:
    """Ledgers, and those below folders. Raises SpecError for a folder without any."""
    for text in texts:
        path = Path(text)
        if exists(path) and path.is_dir():
            found = _below(path)
            if not found:
                raise SpecError([Diagnostic("import", f"there is no ledger below {text}")])
            yield from found
        else:
            yield path


def _below(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and is_ledger(path)]


def print_report(result: Report, errors: list[Diagnostic], options: Namespace) -> None:
    """Write the report to where it is wanted, and diagnostics to people, if it has none itself."""
    from archc.audit.reports import Options, render

    form: Form = options.form
    to_file = options.output not in (None, "-")
    shown = Options(
        fail_on=tuple(options.fail_on),
        errors=errors,
        colour=not to_file and coloured(sys.stdout),
        width=min(terminal_width() or WIDEST, WIDEST),
        full=options.verbose or not options.several,
        quotes=options.verbose,
    )
    content = render(result, form, shown)
    if to_file:
        from archc.audit.reports.summary import summary_line
        from archc.cli.files import write_whole

        write_whole(Path(options.output), content)
        print(summary_line(result, shown.fail_on, len(errors)))
        print(f"wrote {options.output}")
    else:
        print(content, end="")
    if form == "text" or to_file:
        report([*errors, *result.diagnostics])


def form_of(options: Namespace) -> Form:
    """The report's form: what an option asks for, or the suffix of its file says.

    Raises UsageError where they ask for two, and for a suffix that no report has.
    """
    asked: Form | None = options.format
    if options.json and asked not in (None, "json"):
        raise UsageError("--json and another --format")
    asked = "json" if options.json else asked
    suffix = Path(options.output).suffix.lower() if options.output else ""
    named = _SUFFIXES.get(suffix)
    if asked is None and named is None:
        known = ", ".join(filter(None, _SUFFIXES))
        raise UsageError(f"a report is written as one of {known}, and `{options.output}` is none")
    if asked is not None and named not in (None, asked) and suffix not in _TEXTS:
        raise UsageError(f"--format {asked}, and `{options.output}` is a file of `{named}`")
    return asked or named or "text"


_TEXTS: dict[str, Form] = {".txt": "text", ".log": "text", ".out": "text", "": "text"}
_SUFFIXES: dict[str, Form] = {
    **_TEXTS,
    ".json": "json",
    ".md": "markdown",
    ".xml": "junit",
    ".html": "html",
    ".htm": "html",
}

WIDEST = 100
"""Columns that a report takes at most: lines that are longer are hard to read."""
