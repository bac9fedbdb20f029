"""Every quantity that can be claimed, on small networks whose numbers are worked out by hand."""

from __future__ import annotations

import pytest

from archc import registry
from archc.audit.check import check
from archc.audit.claims.table import BUILTIN
from archc.audit.report import Case, Report
from archc.graph.compile import compile_network
from archc.pipeline import family, read_text


def checked(text: str) -> Report:
    """The report on all networks of a spec."""
    return check([compile_network(value) for value in family(read_text(text))])


def one(report: Report) -> Case:
    assert not report.diagnostics, report.diagnostics
    (case,) = report.cases
    return case


# conv: 3*3*3*8 = 216 weights, 8 biases; bn: 8 scales, 8 shifts, 16 statistics
# fc: 8*8*8*10 = 5,120 weights, 10 biases
SMALL = """
block unit(width) {{
    concat {{
        conv 1x1 width
        conv 1x1 4, conv 3x3 width same
        maxpool 3x3/1 same, conv 1x1 width
    }}
}}
network small {{
    input image: 16x16x3
    conv1: conv 3x3/2 8 pad=1 groups=1, bn, relu
    unit1: unit 16
    pool: maxpool 2x2/2
    drop: dropout 0.4
    fc1: fc 10, softmax
    published "by hand" {{
        {claim}
    }}
}}
"""
UNIT_PARAMS = (8 * 16 + 16) + (8 * 4 + 4 + 9 * 4 * 16 + 16) + (8 * 16 + 16)
UNIT_MACS = 64 * ((8 * 16) + (8 * 4 + 9 * 4 * 16) + (8 * 16))
FC = 4 * 4 * 48 * 10

CLAIMS = [
    ("conv1 params", 216 + 8 + 16),
    ("conv1.conv params", 224),
    ("conv1 params nobias", 216 + 16),
    ("conv1 params nonorm", 224),
    ("conv1 params nobias nonorm", 216),
    ("conv1 weights", 216),
    ("conv1 biases", 8),
    ("conv1 statistics", 16),
    ("conv1 total", 216 + 8 + 32),
    ("conv1.bn total", 32),
    ("conv1 weight_memory", 4 * 256),
    ("unit1 params", UNIT_PARAMS),
    ("total params", 240 + UNIT_PARAMS + FC + 10),
    ("total total", 256 + UNIT_PARAMS + FC + 10),
    ("conv1 macs", 64 * 216),
    ("conv1 macs withbias", 64 * 224),
    ("conv1 ops", 2 * 64 * 216),
    ("conv1 ops fused", 64 * 216),
    ("unit1 macs", UNIT_MACS),
    ("total macs", 64 * 216 + UNIT_MACS + FC),
    ("conv1.conv connections", 64 * 224),
    ("conv1.conv connections nobias", 64 * 216),
    ("image activations", 768),
    ("conv1 activations", 512),
    ("conv1 activations half", 256),
    ("unit1 neurons", 8 * 8 * 48),
    # conv1; the unit's 16 + 4 + 16 + 8 (pool) + 16 maps and their concatenation; pool; fc1
    ("total activations", 512 + 64 * 60 + 64 * 48 + 16 * 48 + 10),
    ("total activations withinput", 768 + 512 + 64 * 60 + 64 * 48 + 16 * 48 + 10),
    ("total activations every", 3 * 512 + 64 * 60 + 64 * 48 + 2 * 16 * 48 + 2 * 10),
    ("total neurons", 512 + 64 * 52 + 10),
    ("conv1 memory", 2048),
    ("conv1 weight_layers", 1),
    ("unit1 weight_layers", 2),
    ("total weight_layers", 4),
    ("total weight_layers every", 6),
    ("pool weight_layers", 0),
    ("unit1 branches", 3),
    ("unit1.concat branches", 3),
    ("conv1 filters", 8),
    ("conv1 width half", 4),
    ("fc1 units", 10),
    ("conv1 groups", 1),
    ("conv1 pad", 1),
    ("conv1 kernel", 3),
    ("pool stride", 2),
    ("conv1 dilation", 1),
]


@pytest.mark.parametrize(("claim", "value"), CLAIMS)
def test_counts(claim: str, value: int) -> None:
    subject, quantity, *flags = claim.split()
    for printed, verdict in ((f"{value:,}", "exact"), (str(value + 1), "contradicted")):
        text = SMALL.format(claim=f'{subject} {quantity} "{printed}" {" ".join(flags)}')
        case = one(checked(text))
        assert (case.computed, case.verdict) == (value, verdict)


OTHERS = [
    ('conv1 shape "8x8x8"', "exact", "8x8x8"),
    ('conv1 shape "8×8"', "exact", "8x8x8"),
    ('conv1 shape "8"', "exact", "8x8x8"),
    ('conv1 shape "(None, 8, 8, 8)"', "exact", "8x8x8"),
    ('conv1 shape "9x8x8"', "contradicted", "8x8x8"),
    ('unit1 shape "48x8x8" chw', "exact", "8x8x48"),
    ('unit1 shape "48x8x8"', "contradicted", "8x8x48"),
    ('unit1.concat[1].conv[0] shape "8x8x4"', "exact", "8x8x4"),
    ('fc1 shape "1x1x10"', "exact", "10"),
    ('fc1 shape "10"', "exact", "10"),
    ('fc1 shape "11"', "contradicted", "10"),
    ('image shape "16x16x3"', "exact", "16x16x3"),
    ('image shape "16*16*3 = 768"', "exact", "16x16x3"),
    ('image shape "16*16*3 = 769"', "contradicted", "16x16x3"),
    ('image shape "≥ 16x16x3"', "unreadable", "16x16x3"),
    ('image shape "(16,16)"', "exact", "16x16x3"),
    ('fc1 shape "5*2 = 10"', "exact", "10"),
    ('fc1 shape "5*3 = 10"', "contradicted", "10"),
    ('conv1 shape "(16-3)/2+1 = 8"', "exact", "8x8x8"),  # 7.5 positions, rounded
    ('conv1.conv width "< 8"', "contradicted", 8),
    ('conv1.conv width "<= 8"', "exact", 8),
    ('conv1.conv width "4+3 = 8"', "contradicted", 8),
    ('conv1 kernel "3x3x3"', "unreadable", 3),
    ('conv1 window "3x3, 8, stride 2"', "unreadable", "3x3/2"),
    ('conv1 order "conv, batch norm, ReLU"', "exact", "conv, bn, relu"),
    ('conv1 order "conv, batchnrm"', "unreadable", "conv, bn, relu"),
    ('conv1 activation "Leaky ReLU"', "contradicted", "relu"),
    ('conv1 activation "swish"', "unreadable", "relu"),
    ('unit1 widths "1,024"', "unreadable", "16 4 16 16"),
    ('total shape "10"', "exact", "10"),
    ('total input_shape "16*16*3"', "exact", "16x16x3"),
    ('fc1 input_shape "4x4x48"', "exact", "4x4x48"),
    ('conv1 kernel "3×3"', "exact", 3),
    ('conv1 kernel "5"', "contradicted", 3),
    ('conv1 window "3x3/2"', "exact", "3x3/2"),
    ('conv1 window "3x3"', "contradicted", "3x3/2"),
    ('unit1.concat[2].maxpool pad "same"', "exact", "same"),
    ('unit1.concat[2].maxpool pad "1"', "exact", "same"),  # of 3x3 with stride 1: the same
    ('unit1.concat[2].maxpool pad "2"', "contradicted", "same"),
    ('drop rate "0.4"', "exact", 0.4),
    ('drop rate "0,4"', "exact", 0.4),
    ('drop rate "0.5"', "contradicted", 0.4),
    ('total params "garbage"', "unreadable", 240 + UNIT_PARAMS + FC + 10),
    ('conv1 shape "B4"', "unreadable", "8x8x8"),
    ('conv1 shape "88x8x8" damaged', "unreadable", "8x8x8"),
    ('conv1 params "240" damaged', "unreadable", 240),
    ('conv1 params "3 MB"', "unreadable", 240),
    ('conv1 weight_memory "1 KB" binary', "exact", 1024),
    ('conv1 weight_memory "1 KiB"', "exact", 1024),
    ('conv1 params "0.2K"', "rounds", 240),
    ('conv1 params "0.3K"', "contradicted", 240),
    ('conv1 macs "13.8K"', "rounds", 13824),
    ('conv1 macs "13.5K" binary', "exact", 13824),
    ('conv1 macs "< 14K"', "exact", 13824),
]


@pytest.mark.parametrize(("claim", "verdict", "computed"), OTHERS)
def test_other_claims(claim: str, verdict: str, computed: object) -> None:
    case = one(checked(SMALL.format(claim=claim)))
    assert (case.verdict, case.computed) == (verdict, computed)


WRONG = [
    ('conv2 params "3"', "`conv2` is no part of `small`", "did you mean `conv1`?"),
    ('conv1 parms "3"', "there is no quantity `parms`", "did you mean `params`?"),
    ('conv1 params "3" nobiases', "`params` has no flag `nobiases`", "did you mean `nobias`?"),
    ('conv1 shape "3" binary', "`shape` has no flag `binary`", "its flags are chw"),
    ('conv1.relu kernel "3"', "no layer of conv1.relu has a `kernel`", None),
    ('unit1 kernel "3"', "several layers of unit1 have a `kernel`", "say which"),
    ('conv1 branches "3"', "conv1 has no merge", None),
    ('unit1.concat[9] macs "3"', "is no part of `small`", None),
    ('unit1.concat[1].conv macs "3"', "names several parts", "`unit1.concat[1].conv[0]`"),
]


@pytest.mark.parametrize(("claim", "message", "help"), WRONG)
def test_claims_that_name_nothing_are_diagnostics(
    claim: str, message: str, help: str | None
) -> None:
    report = checked(SMALL.format(claim=claim))
    (diagnostic,) = report.diagnostics
    assert diagnostic.code == "claim"
    assert message in diagnostic.message
    assert help is None or (diagnostic.help is not None and help in diagnostic.help)
    assert diagnostic.span is not None
    assert report.cases == ()
    assert report.exit_status() == 1


def test_lenets_connections_and_subsampling() -> None:
    report = checked("""
network lenet {
    input image: 32x32x1
    C1: conv 5x5 6
    S2: subsample 2x2/2, sigmoid
    published "LeCun et al. 1998" {
        C1 connections "122,304", params "156"
        S2 connections "5,880", params "12", weight_layers "0"
    }
}
""")
    assert [case.verdict for case in report.cases] == ["exact"] * 5


def test_shared_weights_count_once_in_the_network_and_wherever_they_are_read() -> None:
    report = checked("""
network twice {
    input image: 8x8x4
    share head = conv 3x3 4 same
    a: head
    b: head
    published "by hand" {
        total params "148"
        a params "148"
        b params "148"
        total macs "18,432"
    }
}
""")
    assert [case.verdict for case in report.cases] == ["exact"] * 4


def test_symbolic_sizes() -> None:
    report = checked("""
network free {
    input image: HxWx3
    conv1: conv 3x3 8 same
    published "by hand" {
        conv1 params "224"
        conv1 shape "HxWx8"
        conv1 shape "HxWx9"
        conv1 macs "1.2M"
    }
}
""")
    assert [c.verdict for c in report.cases] == [
        "exact",
        "exact",
        "contradicted",
        "not_evaluable",
    ]
    assert "symbolic" in report.cases[-1].explanation
    assert report.cases[-1].computed is None


def test_receptive_fields() -> None:
    report = checked("""
network stack {
    input image: 32x32x3
    one: conv 3x3 8 same
    two: conv 3x3 8 same
    three: conv 3x3 8 same
    wide: conv 3x5/2 8
    pool: avgpool global
    published "by hand" {
        image receptive_field "1"
        one receptive_field "3x3"
        two receptive_field "5×5"
        three receptive_field "7"
        three receptive_field "9"
        wide receptive_field "9x11"
        pool receptive_field "32x32"
    }
}
""")
    assert [c.verdict for c in report.cases[:6]] == [
        "exact",
        "exact",
        "exact",
        "exact",
        "contradicted",
        "exact",
    ]
    assert [c.computed for c in report.cases[:6]] == [1, 3, 5, 7, 7, "9x11"]


FAMILY = """
network net(widths, aux = false) {
    input image: 8x8x3
    for i, width in widths { conv[i + 1]: conv 3x3 width same, conv 3x3 width same * 1 }
    if aux { output side: fc 2 }
    pool: avgpool global
    published "body" {
        conv[1] shape "8x8x4"
        side shape "2"
    }
}
variants net "table" {
    name | widths | aux  | params
    one  | [4]    |      | "260"
    two  | [4, 8] | true | "1,1K"
}
published "beside" {
    two.conv[2] shape "8x8x8"
    two.conv[2].conv[1] params "584"
    two weight_layers "5" every
}
"""


def test_claims_of_a_family_hold_for_each_variant() -> None:
    report = checked(FAMILY)
    assert not report.diagnostics
    found = {(c.claim.network, c.claim.document, c.claim.subject): c.verdict for c in report.cases}
    assert found == {
        ("one", "body", "conv[1]"): "exact",
        ("one", "body", "side"): "not_evaluable",
        ("one", "table", "total"): "exact",
        ("two", "body", "conv[1]"): "exact",
        ("two", "body", "side"): "exact",
        ("two", "table", "total"): "contradicted",
        ("two", "beside", "conv[2]"): "exact",
        ("two", "beside", "conv[2].conv[1]"): "exact",
        ("two", "beside", "total"): "exact",
    }


def test_a_variant_alone_cannot_evaluate_what_only_others_have() -> None:
    (variant,) = family(read_text(FAMILY), "one")
    report = check([compile_network(variant)], whole=False)
    assert not report.diagnostics
    (case,) = (c for c in report.cases if c.claim.subject == "side")
    assert case.verdict == "not_evaluable"
    assert "`side` is no part of `one`" in case.explanation
    assert check([compile_network(variant)]).exit_status() == 1


def test_a_block_inside_a_line_answers_to_its_name() -> None:
    report = checked("""
block twin(width) { conv 1x1 width, conv 1x1 width }
network net {
    input image: 8x8x3
    conv[2]: twin 4, twin 8
    published "by hand" {
        conv[2].twin[1] params "112"
        conv[2].1 params "112"
        conv[2].1.conv[0] params "40"
    }
}
""")
    assert [case.verdict for case in report.cases] == ["exact"] * 3


def test_every_built_in_quantity_is_registered_and_has_a_doc() -> None:
    for name in BUILTIN:
        kind = registry.load("archc.claims", name)
        assert (kind.__doc__ or "").strip(), name
        assert isinstance(kind.flags, frozenset)


def test_the_table_of_quantities_is_that_of_the_entry_points() -> None:
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["archc.claims"] == BUILTIN


def test_every_quantity_and_flag_is_documented() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "claims.md").read_text()
    for name in BUILTIN:
        assert f"`{name}`" in page, name
        for flag in registry.load("archc.claims", name).flags:
            assert f"`{flag}`" in page, flag
