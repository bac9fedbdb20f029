"""`archc check`: specs, ledgers, and a user's ledger against one spec."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from archc.audit.check import FAIL_ON, Report
from archc.cli.run import all_networks, coloured, print_json, report
from archc.cli.target import exists, expand, is_ledger, read_target
from archc.cli.words import FAILS, USAGE
from archc.diagnostics import Diagnostic, SpecError
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.audit.ledger import Ledger


def check(options: Namespace) -> int:
    """The exit status; the report on standard output, diagnostics on standard error."""
    for verdict in options.fail_on:
        if verdict not in FAIL_ON:
            print(f"archc: --fail-on takes one of {', '.join(FAIL_ON)}", file=sys.stderr)
            return USAGE
    if options.claims and len(options.spec) != 1:
        print("archc: --claims holds ledgers against one SPEC", file=sys.stderr)
        return USAGE
    result, errors = against(options) if options.claims else everything(options)
    errors.extend(result.diagnostics)
    print_report(result, errors, options)
    return FAILS if errors else result.exit_status(options.fail_on)


def everything(options: Namespace) -> tuple[Report, list[Diagnostic]]:
    """Specs with their own claims, and ledgers with the specs that they speak of."""
    from archc.audit.check import check
    from archc.audit.specs import Specs

    networks: list[tuple[Path | None, Network]] = []
    ledgers: list[Ledger] = []
    errors: list[Diagnostic] = []
    whole = not options.settings
    for text in expand(options.spec, also=is_ledger):
        try:
            if exists(Path(text)) and is_ledger(Path(text)):
                from archc.audit.ledger import read_ledger  # brings YAML: 40 ms

                ledgers.append(read_ledger(Path(text)))
                continue
            target = read_target(text)
            found = all_networks(target, options.settings)
            networks.extend((target.spec.path, network) for network in found)
            whole = whole and target.variant is None
        except SpecError as error:
            whole = False  # the claim's subject may be in the network that does not compile
            errors.extend(error.diagnostics)
    specs = Specs(networks=() if options.settings else networks)
    compiled = [network for _, network in networks]
    return check(compiled, whole=whole, ledgers=ledgers, specs=specs), errors


def against(options: Namespace) -> tuple[Report, list[Diagnostic]]:
    """The claims of ledgers that speak of one spec, or of none by name."""
    from archc.audit.check import check
    from archc.audit.ledger import read_ledger
    from archc.audit.specs import Specs

    target = read_target(options.spec[0])
    settings = tuple(_pair(text) for text in options.settings)
    ledgers: list[Ledger] = []
    errors: list[Diagnostic] = []
    for path in _files(options.claims):
        try:
            ledgers.append(read_ledger(path))
        except SpecError as error:
            errors.extend(error.diagnostics)
    specs = Specs(target.spec, target.variant, settings=settings)
    return check([], ledgers=ledgers, specs=specs), errors


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _files(texts: Iterable[str]) -> Iterator[Path]:
    """Ledgers, and those below folders. Raises SpecError for a folder without any."""
    for text in texts:
        path = Path(text)
        if exists(path) and path.is_dir():
            found = [p for p in sorted(path.rglob("*")) if p.is_file() and is_ledger(p)]
            if not found:
                raise SpecError([Diagnostic("import", f"there is no ledger below {text}")])
            yield from found
        else:
            yield path


def print_report(result: Report, errors: list[Diagnostic], options: Namespace) -> None:
    from archc.audit.report import to_json, to_text

    if options.json:
        from archc.diagnostics.render import to_json as diagnostic_json

        found = to_json(result)
        if errors:
            found["errors"] = [diagnostic_json(d) for d in errors]
        print_json(found)
    else:
        print(to_text(result, colour=coloured(sys.stdout), fail_on=options.fail_on), end="")
        report(errors)
