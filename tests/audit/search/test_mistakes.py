"""Mistakes that papers make, planted in small tables: the cause that is named is the right one, and
where there is none, none is named."""

from __future__ import annotations

import re

import pytest
from documents import SPECS, checked

from archc import pipeline
from archc.audit.check import check
from archc.audit.explain import no_search
from archc.audit.report import Case
from archc.audit.search import candidates, items
from archc.audit.search.layers import edits
from archc.audit.search.named import named
from archc.audit.search.select import Selection
from archc.audit.search.ways import Ways
from archc.audit.search.words import told
from archc.graph.compile import compile_network


def table(spec: str, claims: str) -> dict[tuple[str, str], Case]:
    """The cases of one more table about a spec of the zoo, by network and subject."""
    text = (SPECS / f"{spec}.arch").read_text() + f'\npublished "a table" {{\n{claims}\n}}\n'
    family = pipeline.family(pipeline.read_text(text))
    named_there = [value for value in family if value.name in re.split(r"\W", claims)]
    report = check([compile_network(value) for value in named_there], whole=False)
    assert not report.diagnostics
    found = [case for case in report.cases if case.claim.document == "a table"]
    return {(case.claim.network, case.claim.subject): case for case in found}


def test_rows_that_hold_tell_changes_apart() -> None:
    """Without groups three rows are twice as large; but so is not every row."""
    found = table(
        "alexnet",
        """
        alexnet.conv1 params "35K"
        alexnet.conv2 params "615K"
        alexnet.conv3 params "885K"
        alexnet.conv4 params "1.3M"
        alexnet.conv5 params "885K"
        alexnet.fc6 params "37.8M"
        """,
    )
    for row, count in (("conv2", "614,656"), ("conv4", "1,327,488"), ("conv5", "884,992")):
        case = found["alexnet", row]
        assert (case.verdict, case.explanation) == ("variant", f"with groups = 1: {count}")


def test_rows_of_a_table_of_models() -> None:
    """Each has the number of the model below."""
    found = table(
        "resnet",
        """
        resnet18 params "21.8M"
        resnet34 params "25.6M"
        resnet50 params "44.5M"
        resnet101 params "60.2M"
        """,
    )
    case = found["resnet34", "total"]
    assert case.verdict == "contradicted_explained"
    assert case.explanation == "25,557,032 is of `resnet50`, the row below"
    assert found["resnet101", "total"].explanation.startswith("unexplained")  # nothing is below it


@pytest.mark.parametrize("printed", ["11.2M 42.5M 58.1M", "11,176,512 42,500,160 58,143,808"])
def test_a_layer_that_is_not_counted(printed: str) -> None:
    """With few digits a factor that leaves little of it would do; it is not named for that."""
    names = ("resnet18", "resnet101", "resnet152")
    claims = [f'{n} params "{p}"' for n, p in zip(names, printed.split(), strict=True)]
    case = table("resnet", "\n".join(claims))["resnet18", "total"]
    assert case.verdict == "contradicted_explained"
    assert "11,176,512 is the sum of conv[1] to conv[5]" in case.explanation  # all but fc


def test_what_the_digits_cannot_tell_apart_is_ambiguous() -> None:
    """A head for the spec's own two classes, or for ten."""
    (case,) = table("vgg", 'D params "134.3M"').values()
    assert case.explanation == (
        "possible, weak: ambiguous: with classes = 2: 134,268,738; "
        "or with classes = 10: 134,301,514"
    )


def test_a_factor_left_out() -> None:
    case = table("resnet", 'resnet18.conv[1] macs "39,337,984"')["resnet18", "conv[1]"]
    assert case.explanation == "39,337,984 = 112·112·7·7·64: 3 left out"


@pytest.mark.parametrize(
    ("spec", "claim"),
    [
        ("alexnet", 'alexnet.fc8 params "409,700"'),  # a zero lost; or a hundred classes
        ("alexnet", 'alexnet.conv3 macs "448,561,152"'),  # three times
        ("densenet", 'densenet121.stem macs "354,041,856"'),  # three times
        ("zfnet", 'zfnet.conv3 macs "598,081,536"'),  # four times
    ],
)
def test_no_cause_is_made_up(spec: str, claim: str) -> None:
    (case,) = table(spec, claim).values()
    assert case.verdict == "contradicted"
    assert case.explanation.startswith(("unexplained", "possible, weak"))


def test_a_tool_s_parameters_are_not_called_operations() -> None:
    """thop counts the parameters of what runs; its words are about operations."""
    text = (SPECS / "googlenet.arch").read_text()
    text += '\npublished "a table" { googlenet params "6,998,552" }\n'
    family = pipeline.family(pipeline.read_text(text))
    cases = check([compile_network(value) for value in family], no_search).cases
    (group,) = [g for g in items.groups(cases) if g.document == "a table"]
    item = group.open[0]
    (thop,) = [c for c in named(group) if c.convention.name == "thop" and c.table == "params"]
    said = told(item, (thop,), Ways())
    assert said == "6,998,552: parameters as thop 0.1.1.post2209072238 counts them"


def test_the_nearest_is_near() -> None:
    """A tenth of a number is near to no way of counting."""
    (case,) = table("vgg", 'D params "13.8M"').values()
    assert case.explanation == "unexplained"


def test_what_others_say_of_a_claim_that_stays_unexplained() -> None:
    text = """
    network one {
        input image: 32x32x3
        a: conv 3x3 16 pad
        b: conv 3x3 32 pad
        c: conv 3x3 64 pad
        published "Table 1" { a params "432", b params "4,608", c params "17,432" }
    }
    """
    case = checked(text.replace(", b", "\nb").replace(", c", "\nc"))["c", "params", "17,432"]
    assert case.explanation == (
        "unexplained; read as the claims around it: 18,432 = 18,496 − 64: biases left out"
    )


def test_a_long_network_has_no_more_candidates_than_are_tried() -> None:
    lines = "\n".join(f"c{i}: conv 3x3 {8 + i} pad" for i in range(250))
    text = f'network long {{\ninput image: 8x8x3\n{lines}\npublished "T" {{ total params "5" }}\n}}'
    family = pipeline.family(pipeline.read_text(text))
    (group,) = items.groups(check([compile_network(v) for v in family], no_search).cases)
    (item,) = group.open
    assert len(list(edits(item, Ways()))) > candidates.MOST_CANDIDATES
    assert len(Selection(group).pool._own[item]) == candidates.MOST_CANDIDATES
