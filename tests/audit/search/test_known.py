"""Explanations that are known: of the five documents, and of the papers that they quote."""

from __future__ import annotations

import pytest
from documents import SPECS, case, checked

from archc import pipeline
from archc.audit.check import check
from archc.graph.compile import compile_network

FOUND = [
    (
        ("002", "alexnet", "conv1", "params", "34848"),
        "contradicted_explained",
        "34,848 = 34,944 − 96: conv1's biases left out",
    ),
    (
        ("002", "alexnet", "total", "params", "60965128"),
        "contradicted_explained",
        "60965128 is the sum of the printed rows: 34848 + 307456 + 885120 + 663936 + 442624",
    ),
    (
        ("002", "alexnet", "total", "neurons", "809800"),
        "contradicted_explained",
        "809800 is the sum of the printed rows: 150528 + 290400",
    ),
    (
        ("004", "alexnet", "conv1", "neurons", "253,440"),
        "contradicted_explained",
        "253,440 = 55·48·96: 48, half of 96",
    ),
    (("003", "googlenet_inference", "conv2", "params", "112K"), "convention", "K = 1024: 114,944"),
    (("003", "googlenet_inference", "inception3a", "params", "159K"), "convention", "K = 1024"),
    (("003", "googlenet_inference", "inception3b", "params", "380K"), "convention", "K = 1024"),
    (("003", "googlenet_inference", "linear", "params", "1000K"), "convention", "1,000K"),
    (
        ("003", "googlenet_inference", "conv1", "params", "2.7K"),
        "variant",
        "for googlenet_separable (separable = true): 2,7",
    ),
    (
        ("003", "googlenet_inference", "conv1", "macs", "34M"),
        "variant",
        "for googlenet_separable (separable = true): 34,019,328",
    ),
    (
        ("003", "resnet34", "total", "macs", "3.6×10^9"),
        "variant",
        "for resnet34_identity (shortcut = zero_padded): 3,644,493,824; "
        "or resnet34's 3,663,761,408, cut off",
    ),
    (("003", "resnet50", "total", "macs", "3.8×10^9"), "truncates", ""),
    (("001", "cam", "total", "weights", "51.3M"), "truncates", ""),
]


@pytest.mark.parametrize(("key", "verdict", "text"), FOUND, ids=lambda x: "-".join(x)[:60])
def test_found(key: tuple[str, str, str, str, str], verdict: str, text: str) -> None:
    found = case(*key)
    assert (found.verdict, text in found.explanation) == (verdict, True), found.explanation


UNEXPLAINED = [
    ("003", "googlenet_inference", "inception4c", "params", "463K"),
    ("003", "googlenet_inference", "inception5a", "params", "1072K"),
    ("002", "vgg16", "pool[5]", "activations", "28K"),
]


@pytest.mark.parametrize("key", UNEXPLAINED, ids="-".join)
def test_unexplained(key: tuple[str, str, str, str, str]) -> None:
    found = case(*key)
    assert found.verdict == "contradicted"
    assert found.explanation.startswith("unexplained")


def test_24m_values_of_vgg16_stay_unexplained() -> None:
    """Open since 2016 (cs231n.github.io#88): no way of counting gives 24M or 93MB."""
    spec = pipeline.read(SPECS / "vgg16.arch")
    report = check([compile_network(value) for value in pipeline.family(spec)])
    found = [c for c in report.cases if "24M" in c.claim.printed]
    assert len(found) == 2
    for each in found:
        assert each.verdict == "contradicted"
        assert each.explanation.startswith("unexplained; nearest: ")


def test_resnet_s_stride_placement() -> None:
    """3.8 is the paper's stride placement, truncated; the other depths leave no doubt of it."""
    text = (
        (SPECS / "resnet.arch").read_text()
        + """
    published "the paper's table, read with strides in the 3x3" {
        resnet50_v1_5 macs "3.8×10^9"
        resnet101_v1_5 macs "7.6×10^9"
        resnet152_v1_5 macs "11.3×10^9"
    }
    """
    )
    spec = pipeline.read_text(text)
    report = check([compile_network(value) for value in pipeline.family(spec)])
    found = {
        c.claim.printed: c for c in report.cases if c.claim.document.startswith("the paper's table")
    }
    assert {c.verdict for c in found.values()} == {"variant"}
    assert found["3.8×10^9"].explanation == ("for resnet50 (strided = 1x1): 3,857,973,248, cut off")
    assert found["7.6×10^9"].explanation == "for resnet101 (strided = 1x1): 7,570,194,432"


def test_another_tool_s_counting() -> None:
    """fvcore counts normalisation and global pooling, so that ResNet-50 has 4.1115 G."""
    text = (SPECS / "resnet.arch").read_text()
    text += 'published "a table of models" { resnet50_v1_5 macs "4,111.5M" }\n'
    spec = pipeline.read_text(text)
    report = check([compile_network(spec.networks["resnet50_v1_5"])], whole=False)
    found = next(c for c in report.cases if c.claim.printed == "4,111.5M")
    assert found.verdict == "convention"
    assert "fvcore's flops" in found.explanation


ONE = """
network one(size = 32) {{
    input image: [size, size, 3]
    a: conv 3x3 16 pad
    b: conv 3x3 32 pad
    c: conv 3x3 64 pad
    published "Table 1" {{
        {claims}
    }}
}}
"""


def test_a_weak_explanation_stays_contradicted() -> None:
    """Three digits may leave the biases out; that is no more than possible."""
    found = checked(ONE.format(claims='b params "4.61K"'))["b", "params", "4.61K"]
    assert found.verdict == "contradicted"
    assert found.explanation == "possible, weak: 4,608 = 4,640 − 32: biases left out"


def test_more_rows_make_it_certain() -> None:
    found = checked(ONE.format(claims='b params "4.61K"\n c params "18.4K"\n a params "432"'))
    assert {c.verdict for c in found.values()} == {"convention"}
    assert found["b", "params", "4.61K"].explanation == "4,608 = 4,640 − 32: biases left out"


def test_a_claim_that_would_break_is_weighed() -> None:
    """Biases are counted in two rows of the column, so the column does not leave them out."""
    claims = 'a params "448"\n b params "4,608"\n c params "18,496"'
    found = checked(ONE.format(claims=claims))
    assert found["a", "params", "448"].verdict == "exact"
    assert found["b", "params", "4,608"].verdict == "contradicted_explained"
    assert found["b", "params", "4,608"].explanation == "4,608 = 4,640 − 32: b's biases left out"


def test_two_changes() -> None:
    """Twice the multiply-accumulates and the bias additions of nine digits."""
    value = 2 * (432 + 4608 + 18432) * 1024 + 2 * (16 + 32 + 64) * 1024
    found = checked(ONE.format(claims=f'total macs "{value:,}"'))["total", "macs", f"{value:,}"]
    assert found.verdict == "convention"
    assert "bias additions counted" in found.explanation
    assert f"{value:,} is 2 × {value // 2:,}" in found.explanation


def test_ambiguous_prints_both() -> None:
    """1000K is 1,025,000 weights cut off or 1,024,000 without biases, both of 1024."""
    found = case("003", "googlenet_inference", "linear", "params", "1000K")
    assert found.explanation.startswith("ambiguous: ")
    assert "biases left out" in found.explanation
    assert "cut off" in found.explanation
