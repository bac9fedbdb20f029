"""The search's parts, each by itself: tables, scopes, numbers that follow from others, words."""

from __future__ import annotations

import pytest
from documents import checked

from archc.audit.explain import Explanation
from archc.audit.search import items, search
from archc.audit.search.derived import again, derivations
from archc.audit.search.items import place
from archc.audit.search.scopes import scopes

TABLES = [
    ("AlexNet summary table, line 2143", "AlexNet summary table"),
    ("line 398; slide 'GoogleNet', table", "slide 'GoogleNet', table"),
    ("VGG memory table (first copy), lines 12-14", "VGG memory table (first copy)"),
    ("Table 1, row 3", "Table 1"),
    ("Table 1", "Table 1"),
]


@pytest.mark.parametrize(("where", "table"), TABLES)
def test_a_place_without_its_lines_is_its_table(where: str, table: str) -> None:
    assert place(where) == table


NET = """
network net(size = 32) {{
    input image: [size, size, 3]
    a: conv 3x3 16 pad
    b: conv 3x3 32 pad
    c: conv 3x3 64 pad
    published "Table 1" {{
        {claims}
    }}
}}
"""


def group(claims: str) -> items.Group:
    (found,) = items.groups(checked_cases(claims))
    return found


def checked_cases(claims: str):  # type: ignore[no-untyped-def]
    from archc import pipeline
    from archc.audit.check import check
    from archc.audit.explain import no_search

    return check([pipeline.compile_text(NET.format(claims=claims))], no_search).cases


def test_scopes_are_told_apart_by_their_claims() -> None:
    found = group('a params "448", macs "1"\n b params "2"\n c params "18,496"')
    levels = [(s.level, len(s.items)) for s in scopes(found, found.open)]
    # the document is the table; the column of macs is its only cell; b's row its only cell
    assert levels == [("document", 4), ("column", 1), ("column", 3), ("cell", 1)]


def test_a_total_that_is_the_sum_of_its_rows() -> None:
    found = group('a params "448"\n b params "4,000"\n c params "18,496"\n total params "22,944"')
    (derived,) = derivations(found).values()
    assert (derived.kind, derived.open_values) == ("sum", 1)
    assert derived.text == "22,944 is the sum of the printed rows: 448 + 4,000 + 18,496"


def test_rounded_rows_leave_the_sum_open() -> None:
    found = group('a params "0.4K"\n b params "4.0K"\n c params "18.5K"\n total params "22,944"')
    (derived,) = derivations(found).values()
    assert derived.open_values == 300  # 0.05K either way, three times


def test_a_sum_that_is_not_is_none() -> None:
    found = group('a params "448"\n b params "4,000"\n c params "18,496"\n total params "22,945"')
    assert derivations(found) == {}


def test_operations_follow_from_parameters() -> None:
    found = group('b params "4.5K", macs "4.6M"')
    (derived,) = derivations(found).values()
    assert derived.kind == "positions"
    assert "4.6M is 4.5K × 32·32" in derived.text


def test_values_follow_from_the_printed_shape() -> None:
    found = group('a shape "32x32x17", neurons "17,408"')
    (derived,) = derivations(found).values()
    assert derived.text == "17,408 = 32·32·17, the shape that is printed for it"


def test_a_number_printed_again_counts_once() -> None:
    found = group('a params "432"\n a params "432"\n b params "432"')
    first, second, third = found.items
    assert again(found) == {second: first}
    assert third not in again(found)


def test_shapes_and_arguments_are_not_explained_but_can_break() -> None:
    """Images of 224 explain two numbers, also where the shapes beside them are of 32."""
    claims = 'a macs "21,676,032"\n b macs "231,211,008"'
    assert {c.verdict for c in checked(NET.format(claims=claims)).values()} == {"variant"}
    shapes = "\n".join(f'{n} shape "32x32x{w}"' for n, w in (("a", 16), ("b", 32), ("c", 64)))
    found = checked(NET.format(claims=claims + "\n" + shapes))
    assert {c.verdict for k, c in found.items() if k[1] == "shape"} == {"exact"}
    wrong = checked(NET.format(claims='a shape "31x31x16"'))
    assert {(c.verdict, c.explanation) for c in wrong.values()} == {("contradicted", "")}


def test_half_of_an_odd_count_is_no_count() -> None:
    (grey,) = checked(NET.format(claims='image channels "1"')).values()
    assert (grey.verdict, grey.explanation) == ("contradicted", "unexplained")


def test_what_an_explanation_holds() -> None:
    cases = checked_cases('b params "4,608"')
    (found,) = search(cases).values()
    assert isinstance(found, Explanation)
    assert (found.verdict, found.status, found.kinds) == ("convention", "found", ("terms",))
    assert found.bits > 6


def test_zero_and_nothing_to_say() -> None:
    found = checked(NET.format(claims='a params "0"\n b params "< 5"\n c params "7 cats"'))
    assert {c.verdict for c in found.values()} == {"contradicted", "unreadable"}
    assert {c.explanation for c in found.values() if c.verdict == "contradicted"} <= {
        "",
        "as a bound",
    }
