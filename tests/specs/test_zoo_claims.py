"""The zoo's claims hold, or are known not to; what is known to be wrong stands here by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from archc import pipeline
from archc.audit.check import check
from archc.audit.report import Case, Report

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
    assert not found.diagnostics
    assert [key(case) for case in found.failures()] == []


VERDICTS = [
    ("alexnet", "alexnet", "total", "params", "60 million", "rounds"),
    ("alexnet", "alexnet", "total", "neurons", "650,000", "truncates"),
    ("lenet5", "lenet5", "total", "params", "60,000", "exact"),
    ("lenet5", "lenet5", "total", "connections", "340,908", "exact"),
    ("vgg", "A_LRN", "total", "params", "133 million", "rounds"),
    ("vgg", "C", "total", "weight_layers", "16", "exact"),
    ("vgg16", "vgg16", "total", "params", "138,357,544", "exact"),
    ("googlenet", "googlenet_inference", "total", "params", "6,998,552", "exact"),
    ("resnet", "resnet18", "total", "macs", "1.8×10^9", "rounds"),
    ("resnet", "resnet34", "total", "macs", "3.6×10^9", "variant"),  # shortcuts without parameters
    ("resnet", "resnet34_identity", "total", "macs", "3.6 billion", "rounds"),
    ("resnet", "resnet50", "total", "macs", "3.8×10^9", "truncates"),
    ("resnet", "resnet101", "total", "macs", "7.6×10^9", "rounds"),
    ("resnet", "resnet50_v1_5", "total", "macs", "4.09G", "rounds"),
    ("resnet", "resnet152", "total", "weight_layers", "152", "exact"),
]


@pytest.mark.parametrize(("spec", "network", "subject", "quantity", "printed", "verdict"), VERDICTS)
def test_verdicts(
    spec: str, network: str, subject: str, quantity: str, printed: str, verdict: str
) -> None:
    wanted = (network, subject, quantity, printed)
    assert {case.verdict for case in report(spec).cases if key(case) == wanted} == {verdict}


ERRATA = {
    "bn_inception": {
        ("inception3c", "shape", "28×28×576"),
        ("inception4c", "shape", "14×14×576"),
        ("inception4d", "shape", "14×14×576"),
        ("inception4e", "shape", "14×14×1024"),
    },
    "densenet": {("total", "weight_layers", "264")},
    "inception_resnet": {
        ("b[0].residual.add[1].conv", "width", "1154"),
        ("c[0].residual.add[1].conv", "width", "2048"),
    },
    "alexnet": {("conv1", "neurons", "253,440"), ("image", "neurons", "150,528")},
    "googlenet": {("total", "macs", "358M")},
    "vgg16": {("total", "activations", "24M"), ("total", "memory", "24M * 4 bytes ~= 93MB")},
}


@pytest.mark.parametrize("name", NAMES)
def test_errata(name: str) -> None:
    """Each is a contradiction with its reason; none is there that is not listed here."""
    cases = [case for case in report(name).cases if case.claim.erratum is not None]
    assert {key(case)[1:] for case in cases} == ERRATA.get(name, set())
    explained = {"contradicted", "contradicted_explained", "variant"}  # of 224x224 images
    assert {case.verdict for case in cases} <= explained
    assert all(len(case.claim.erratum or "") > 15 for case in cases)
