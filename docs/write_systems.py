"""Writes docs/systems.md from docs/systems.yaml.

``python docs/write_systems.py > docs/systems.md``
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from archc import zoo
from archc.audit.check import Case, check
from archc.audit.ledger import read_ledger
from archc.audit.specs import Specs
from archc.graph.network import Network
from archc.pipeline import compile_network, family, read

HERE = Path(__file__).parent
LEDGERS = HERE.parent / "specs" / "published"
LONGEST = 60
"""Characters of a formula that a cell takes."""
PROOFS = ("layers", "run", "train", "export")
HOLDS = ("exact", "rounds", "truncates", "convention", "variant")

HEAD = """\
# The systems that the documents name

Every network, system and building block that the five documents name (their numbers are in
[zoo.md](zoo.md)), and its spec. A file's name alone is the network named as the file. Operations
are multiply-accumulates of one example at the size that the spec declares; `archc show` prints
formulas that are too long for a cell. Claims are numbers published about these networks, in the
specs and in the ledgers of `specs/published`: how many hold, and how many are known errata of their
source.

How a network is proved, by the tests of each change:

- *layers*: each layer's output shape and number of parameters are those of torch's own modules;
- *run*: the module runs on real numbers, at the size that the spec declares, as its graph says; one
  module at two sizes, where the spec declares letters;
- *train*: the backward pass reaches every parameter (of small images, where a size can be set);
- *export*: `torch.export` takes it (likewise). It cannot follow numbers of rows that values decide,
  as suppression's: such detectors are scripted and pickled instead.

This page is written by `python docs/write_systems.py > docs/systems.md` from the specs and
`docs/systems.yaml`.
"""

TABLE = """
| system | documents | spec | parameters | operations | claims | proof |
|---|---|---|---:|---:|---|---|
"""


def page() -> str:
    return HEAD + "".join(sections(Zoo()))


class Zoo:
    """Every network of the zoo, and how the claims about it stand."""

    def __init__(self) -> None:
        paths = {path.stem: path for path in zoo.specs()}
        paths |= {f"published/{path.stem}": path for path in sorted(LEDGERS.glob("*.arch"))}
        self.networks: dict[str, dict[str, Network]] = {
            stem: {value.name: compile_network(value) for value in family(read(path))}
            for stem, path in paths.items()
        }
        pairs = [
            (paths[stem], network)
            for stem, networks in self.networks.items()
            for network in networks.values()
        ]
        ledgers = [read_ledger(path) for path in sorted(LEDGERS.glob("*.yaml"))]
        found = check(
            [network for _, network in pairs], ledgers=ledgers, specs=Specs(networks=pairs)
        )
        self.cases: dict[tuple[str, str], list[Case]] = {}
        for case in found.cases:
            if case.subject is not None:
                self.cases.setdefault(written(case.subject.network), []).append(case)

    def choose(self, text: str) -> Iterator[tuple[str, Network]]:
        """The networks that an entry of ``networks`` names, with the names to print."""
        stem, _, name = text.partition(":")
        for each, network in self.networks[stem].items():
            if not name or name == each:
                yield f"{stem}.arch" if each == stem else f"{stem}.arch:{each}", network


def written(network: Network) -> tuple[str, str]:
    """Which network it is, whatever it is set to: two files may have one of the same name."""
    assert network.definition is not None
    return network.definition.span.source.name, network.name


def sections(zoo: Zoo) -> Iterator[str]:
    with (HERE / "systems.yaml").open(encoding="utf-8") as file:
        families = yaml.safe_load(file)
    for each in families:
        yield f"\n## {each['family']}\n{TABLE}"
        for system in each["systems"]:
            yield "| " + " | ".join(cells(system, zoo)) + " |\n"


def cells(system: Mapping[str, Any], zoo: Zoo) -> list[str]:
    documents = ", ".join(f"{number:03}" for number in system["documents"])
    if "none" in system:
        return [system["name"], documents, f"none: {system['none']}", "", "", "", ""]
    chosen = [pair for text in system["networks"] for pair in zoo.choose(text)]
    if not chosen:
        raise ValueError(f"{system['name']} has no networks")
    notes = [f"after {system['from']}"] if "from" in system else []
    notes += [system["note"]] if "note" in system else []
    names = [f"`{name}`" for name, _ in chosen]
    return [
        "; ".join([system["name"], *notes]),
        documents,
        "<br>".join(names),
        "<br>".join(count(network.params) for _, network in chosen),
        "<br>".join(count(network.macs) for _, network in chosen),
        claims([case for _, network in chosen for case in zoo.cases.get(written(network), [])]),
        ", ".join(proof for proof in PROOFS if proof not in system.get("without", ())),
    ]


def count(number: object) -> str:
    """A number, or a formula: of a long one its letters."""
    if isinstance(number, int):
        return f"{number:,}"
    text = str(number).replace("*", "·")
    letters = sorted(set(re.findall(r"\b[A-Z]\b", text)))
    return text if len(text) <= LONGEST else f"a formula in {', '.join(letters)}"


def claims(cases: list[Case]) -> str:
    kinds = Counter(
        "errata" if case.claim.erratum is not None else "hold"
        for case in cases
        if case.claim.erratum is not None or case.verdict in HOLDS
    )
    parts = [f"{kinds['hold']} hold"] if kinds["hold"] else []
    parts += [f"{kinds['errata']} errata"] if kinds["errata"] else []
    return ", ".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
