"""The zoo's claims hold, or are known not to; what is known to be wrong stands here by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from archc import pipeline
from archc.audit.check import Case, Report, check

SPECS = Path(__file__).parents[2] / "specs"
NAMES = sorted(path.stem for path in SPECS.glob("*.arch"))


@cache
def report(name: str) -> Report:
    spec = pipeline.read(SPECS / f"{name}.arch")
    return check([pipeline.compile_network(value) for value in pipeline.family(spec)])


def key(case: Case) -> tuple[str, str, str, str]:
    claim = case.claim
    return claim.network, claim.subject, claim.quantity, claim.printed


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_holds_or_is_a_known_erratum(name: str) -> None:
    found = report(name)
    assert found.cases, "a spec of the zoo without claims"
    assert not found.diagnostics
    assert [key(case) for case in found.failures()] == []


VERDICTS = [
    ("alexnet", "alexnet", "total", "params", "60 million", "rounds"),
    ("alexnet", "alexnet", "conv1", "params", "34,944", "exact"),
    ("alexnet", "alexnet", "conv1", "width", "48", "exact"),  # of one of two devices
    ("alexnet", "alexnet", "total", "neurons", "650,000", "truncates"),
    ("lenet5", "lenet5", "total", "params", "60,000", "exact"),
    ("lenet5", "lenet5", "total", "connections", "340,908", "exact"),
    ("vgg", "A_LRN", "total", "params", "133 million", "rounds"),
    ("vgg", "C", "total", "weight_layers", "16", "exact"),
    ("vgg16", "vgg16", "total", "params", "138M", "rounds"),
    ("vgg16", "vgg16", "conv[5].conv[2]", "params", "2,359,296", "exact"),
    ("googlenet", "googlenet", "conv2", "params", "112K", "exact"),  # K is 1024
    ("googlenet", "googlenet", "inception3a", "params", "159K", "truncates"),
    ("googlenet", "googlenet", "inception4a", "macs", "73M", "truncates"),
    ("googlenet", "googlenet", "total", "weight_layers", "22", "exact"),
    ("googlenet", "googlenet_inference", "total", "params", "6,998,552", "exact"),
    ("resnet", "resnet18", "total", "macs", "1.8×10^9", "rounds"),
    ("resnet", "resnet34", "total", "macs", "3.6×10^9", "truncates"),
    ("resnet", "resnet34_identity", "total", "macs", "3.6 billion", "rounds"),
    ("resnet", "resnet50", "total", "macs", "3.8×10^9", "truncates"),
    ("resnet", "resnet101", "total", "macs", "7.6×10^9", "rounds"),
    ("resnet", "resnet50_v1_5", "total", "macs", "4.09G", "rounds"),
    ("resnet", "resnet152", "total", "weight_layers", "152", "exact"),
    ("keras_bn", "keras_bn", "total", "total", "511690", "exact"),
    ("keras_bn", "keras_bn", "total", "statistics", "896", "exact"),
    ("keras_flower", "keras_flower", "total", "total", "3,989,285", "exact"),
]


@pytest.mark.parametrize(("spec", "network", "subject", "quantity", "printed", "verdict"), VERDICTS)
def test_verdicts(
    spec: str, network: str, subject: str, quantity: str, printed: str, verdict: str
) -> None:
    wanted = (network, subject, quantity, printed)
    assert {case.verdict for case in report(spec).cases if key(case) == wanted} == {verdict}


ERRATA = {
    "alexnet": {
        ("conv1", "neurons", "253,440"),
        ("image", "neurons", "150,528"),
        ("image", "neurons", "150528"),
        ("image", "shape", "224*224"),
        ("image", "shape", "224*224*3"),
        ("total", "neurons", "809800"),
        ("conv1", "params", "34848"),
        ("total", "params", "60965128"),
    },
    "googlenet": {
        ("conv1", "params", "2.7K"),
        ("conv1", "macs", "34M"),
        ("inception4a", "params", "364K"),
        ("inception4b", "params", "437K"),
        ("inception4c", "params", "463K"),
        ("inception4d", "params", "580K"),
        ("inception4e", "params", "840K"),
        ("inception5a", "params", "1072K"),
        ("inception5a", "macs", "54M"),
        ("inception5b", "params", "1388K"),
        ("total", "macs", "358M"),
    },
    "vgg": {("total", "weight_layers", "19")},
    "vgg16": {("pool[5]", "activations", "28K"), ("total", "activations", "24M")},
}


@pytest.mark.parametrize("name", NAMES)
def test_errata(name: str) -> None:
    """Each is a contradiction with its reason; none is there that is not listed here."""
    cases = [case for case in report(name).cases if case.claim.erratum is not None]
    assert {key(case)[1:] for case in cases} == ERRATA.get(name, set())
    assert {case.verdict for case in cases} <= {"contradicted", "contradicted_explained"}
    assert all(len(case.claim.erratum or "") > 15 for case in cases)
