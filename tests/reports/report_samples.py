"""A small report in which every verdict occurs, and one full of hostile texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from archc.audit.check import check
from archc.audit.explain import Explanation
from archc.audit.ledger import read_ledger_text
from archc.audit.report import Case, Report
from archc.audit.specs import Specs
from archc.diagnostics import Source
from archc.graph.compile import compile_network
from archc.pipeline import family, read_text

FAMILY = """
network net(width) {
    input image: 8x8x3
    conv1: conv 3x3 width
    fc1: fc 10
    published "a paper, Table 1" {
        image shape "8x8x3"
        conv1 params "112"
        fc1 shape "10"
        fc1 params "1450" erratum "an old slip"
    }
}

variants net {
    name  | width
    small | 4
    large | 8
}
"""

LEDGER = """
document: "Our paper"
claims:
  - {variant: small, where: Table 2, claims: [
      {id: a1, subject: conv1, quantity: params, printed: "0.11K", quote: "0.11K parameters"},
      {id: a2, subject: total, quantity: params, printed: "1.5K", quote: "some 1.5K parameters"},
      {id: a3, subject: conv1, quantity: params, printed: "108", quote: "108", flags: nobias,
       convention: "weights alone"},
      {id: a4, subject: conv1, quantity: params, printed: "999"},
      {id: a5, subject: conv1, quantity: params, printed: "111"},
      {id: a6, subject: fc1, quantity: params, printed: "l4S0", damaged: "read as l4S0"},
      {id: a7, subject: conv1, quantity: params, printed: "120"},
      {id: a8, subject: conv1, quantity: params, printed: "500", erratum: "they say so"}]}
left_out:
  - {reason: prose, count: 7}
"""

SYSTEM = """
document: "Our paper"
claims:
  - {system: OtherNet, where: Section 3, quantity: params, printed: "5M", quote: "OtherNet has 5M"}
"""

EXPLAINED = {
    "111": Explanation("contradicted_explained", "one bias is left out: 112 - 1"),
    "120": Explanation("variant", "of a network that is wider"),
    "999": Explanation("contradicted", "unexplained; nearest: 896, 8 times 112"),
}


def explain(cases: Sequence[Case]) -> Mapping[int, Explanation]:
    """Explanations that are made up, so that what is tested is how they are told."""
    return {
        i: EXPLAINED[case.claim.printed]
        for i, case in enumerate(cases)
        if case.verdict == "contradicted" and case.claim.printed in EXPLAINED
    }


def report_on(spec: str, ledger: str, system: str) -> Report:
    """Of a spec with its claims, a ledger about it, and a ledger about what has no spec."""
    file = read_text(spec, "net.arch")
    networks = [compile_network(value) for value in family(file)]
    about, beyond = (read_ledger_text(Source("ours.yaml", text)) for text in (ledger, system))
    found = check(networks, explain, ledgers=[about], specs=Specs(file))
    others = check([], ledgers=[beyond])
    return replace(found, cases=found.cases + others.cases)


@cache
def sample() -> Report:
    return report_on(FAMILY, LEDGER, SYSTEM)


NASTY = (
    "</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    "<!-- ]]> &amp; \" ' | `code` *bold* [link](http://evil.example) @everyone #1 \\\\ {{data}}"
)
"""Ends scripts, comments, cells, attributes and spans; mentions; asks the network."""


@cache
def hostile() -> Report:
    """Every text that a stranger can write is nasty."""
    quoted = NASTY.replace("'", "''")
    ledger = f"""
document: '{quoted}'
claims:
  - where: '{quoted}'
    quote: '{quoted}'
    claims:
      - {{variant: small, subject: conv1, quantity: params, printed: '{quoted}'}}
      - {{variant: small, subject: conv1, quantity: params, printed: '1', erratum: '{quoted}'}}
      - {{variant: small, subject: conv1, quantity: params, printed: '2', id: '{quoted}'}}
left_out:
  - {{reason: '{quoted}', count: 1}}
"""
    system = f"""
document: '{quoted}'
claims:
  - {{system: '{quoted}', quantity: params, printed: '3'}}
"""
    return report_on(FAMILY, ledger, system)
