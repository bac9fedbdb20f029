"""Ledgers: what an entry says, what it inherits, where its spec is found, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from limits import within

from archc.audit.check import check
from archc.audit.ledger import Ledger, keys_of_text, read_ledger, read_ledger_text
from archc.audit.report import Report
from archc.diagnostics import Source, SpecError

SMALL = """
network small(size = 8, width = 4) {
    input image: [size, size, 3]
    conv1: conv 3x3 width
    fc: fc 10
}

network wide = small

variants small {
    name   | width
    double | 8
}
"""
ONE = "network one { input image: 8x8x3\n conv1: conv 3x3 4 }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "published").mkdir()
    (tmp_path / "small.arch").write_text(SMALL)
    (tmp_path / "published" / "one.arch").write_text(ONE)
    return tmp_path / "published"


def entries(text: str, head: str = "document: A paper\nclaims:\n") -> str:
    return head + "".join(f"  - {line}\n" for line in text.strip().splitlines())


def ledger(folder: Path, text: str) -> Ledger:
    path = folder / "paper.yaml"
    path.write_text(text, encoding="utf-8")
    return read_ledger(path)


def checked(folder: Path, *lines: str) -> Report:
    return check([], ledgers=[ledger(folder, entries("\n".join(lines)))])


def verdicts(report: Report) -> list[str]:
    assert not report.diagnostics, report.diagnostics
    return [case.verdict for case in report.cases]


# ---------------------------------------------------------------- entries


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        ('{spec: one, subject: conv1, quantity: params, printed: "112"}', "exact"),
        ("{spec: one, subject: conv1, quantity: params, printed: 0.11K}", "rounds"),
        ("{spec: one, subject: conv1, quantity: params, printed: 113}", "contradicted"),
        ("{spec: one, subject: conv1, quantity: params, printed: 108, flags: nobias}", "exact"),
        (
            "{spec: one, subject: conv1, quantity: params, printed: 108, flags: [nobias],"
            " convention: biases left out}",
            "convention",
        ),
        ("{spec: one, subject: conv1, quantity: params, printed: many, read: 112}", "exact"),
        (
            "{spec: one, subject: conv1, quantity: params, printed: (none), implied: 112}",
            "convention",
        ),
        (
            "{spec: one, subject: conv1, quantity: params, printed: (none), implied: 113}",
            "contradicted",
        ),
        ("{spec: one, subject: conv1, quantity: params, printed: 1l2}", "unreadable"),
        (
            "{spec: one, subject: conv1, quantity: params, printed: 412, damaged: 4 for 1}",
            "unreadable",
        ),
        ("{system: R-CNN, quantity: params, printed: 60M}", "not_evaluable"),
        ("{system: R-CNN, quantity: params, printed: 6OM, damaged: O for 0}", "unreadable"),
        ("{spec: small, variant: double, subject: conv1, quantity: width, printed: 8}", "exact"),
        ("{spec: small, set: {width: 16}, subject: conv1, quantity: width, printed: 16}", "exact"),
        ("{spec: small.arch, subject: image, quantity: shape, printed: 8x8x3}", "exact"),
    ],
)
def test_verdicts(folder: Path, entry: str, verdict: str) -> None:
    assert verdicts(checked(folder, entry)) == [verdict]


def test_a_claim_says_what_its_entry_says(folder: Path) -> None:
    text = """
document: A paper
spec: one
where: Table 1
claims:
  - id: a-1
    quote: conv1 has 112
    subject: "conv1"
    quantity: params
    printed: 113
    erratum: a slip
"""
    (entry,) = ledger(folder, text).entries
    claim = entry.claim
    assert (claim.document, claim.where, claim.id) == ("A paper", "Table 1", "a-1")
    assert (claim.quote, claim.subject, claim.keys) == ("conv1 has 112", "conv1", ("conv1",))
    assert (claim.quantity, claim.printed, claim.erratum) == ("params", "113", "a slip")
    assert claim.at.endswith("paper.yaml:6")


def test_a_claim_of_a_ledger_is_judged_as_one_in_the_spec(folder: Path) -> None:
    from archc.graph.compile import compile_network
    from archc.pipeline import family, read_text

    printed = ["112", "0.11K", "113", "1l2"]
    block = "".join(f'conv1 params "{text}"\n' for text in printed)
    spec = read_text(ONE.replace("conv 3x3 4 }", f'conv 3x3 4\npublished "p" {{\n{block}}} }}'))
    inside = check([compile_network(value) for value in family(spec)])
    lines = [f"{{spec: one, subject: conv1, quantity: params, printed: {t}}}" for t in printed]
    beside = checked(folder, *lines)
    assert verdicts(inside) == verdicts(beside)
    assert [c.computed for c in inside.cases] == [c.computed for c in beside.cases]


def test_groups_hand_down_what_they_say(folder: Path) -> None:
    text = """
document: A paper
spec: small
claims:
  - subject: conv1
    quantity: width
    claims:
      - {printed: 4}
      - {printed: 8, variant: double}
      - variant: double
        claims:
          - {printed: 8}
          - {quantity: kernel, printed: 3x3}
          - {spec: one, printed: 4}
"""
    report = check([], ledgers=[ledger(folder, text)])
    assert verdicts(report) == ["exact"] * 5
    assert [case.claim.network for case in report.cases] == [
        "small", "double", "double", "double", "one",
    ]  # fmt: skip


def test_a_claim_of_several_variants_is_held_against_each(folder: Path) -> None:
    line = "{spec: small, variant: [wide, double], subject: conv1, quantity: width, printed: 8}"
    report = checked(folder, line)
    assert verdicts(report) == ["contradicted", "exact"]


def test_ratios(folder: Path) -> None:
    lines = [
        f"{{spec: small, variant: double, subject: conv1, quantity: {q}, to: {to}, printed: {p}}}"
        for q, to, p in [
            ("params", "{variant: wide, subject: conv1}", "2"),
            ("params", "{variant: wide, subject: conv1}", "2x"),
            ("params", "{variant: wide, subject: conv1}", '"224 → 112"'),
            ("params", "{spec: one}", "2.0 times"),
            ("params", "{subject: fc}", "1/13"),
            ("params", "{subject: fc}", '"< 1"'),
            ("params", "{subject: fc}", "1/11"),
            ("params", "{variant: wide, subject: conv1}", '"> 224 → 112"'),
            ("shape", "{subject: fc}", "2"),
        ]
    ]
    assert verdicts(checked(folder, *lines)) == [
        *["exact", "exact", "exact", "exact", "rounds", "exact", "contradicted"],
        *["unreadable", "not_evaluable"],
    ]


def test_what_is_left_out_is_counted_with_its_reason(folder: Path) -> None:
    text = entries("{spec: one, quantity: params, printed: 112}") + (
        "left_out:\n  - {reason: speed, count: 12}\n  - {reason: prose, ids: [a, b]}\n"
    )
    report = check([], ledgers=[ledger(folder, text)])
    assert [(left.document, left.reason, left.count) for left in report.left_out] == [
        ("A paper", "speed", 12),
        ("A paper", "prose", 2),
    ]


def test_an_erratum_that_holds_fails_in_a_ledger_too(folder: Path) -> None:
    held = "{spec: one, subject: conv1, quantity: params, printed: 112, erratum: a slip}"
    wrong = "{spec: one, subject: conv1, quantity: params, printed: 113, erratum: a slip}"
    assert checked(folder, held).exit_status() == 1
    assert checked(folder, wrong).exit_status() == 0


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("total", ("total",)),
        ("conv[2].conv[0]", ("conv", "2", "conv", "0")),
        ("conv.2.0.add", ("conv", "2", "0", "add")),
        ("a[1][2]", ("a", "1", "2")),
        ("", None),
        ("conv[x]", None),
        ("conv[-1]", None),
        ("a..b", None),
        ("a b", None),
        ("a" * 1000, None),
    ],
)
def test_paths(text: str, keys: tuple[str, ...] | None) -> None:
    assert keys_of_text(text) == keys


# ---------------------------------------------------------------- the command line


def run(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "archc", "check", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


MIXED = entries(
    """
{subject: conv1, quantity: params, printed: 112}
{spec: one, subject: conv1, quantity: params, printed: 112}
{spec: other, quantity: params, printed: 5}
{system: R-CNN, quantity: params, printed: 5}
{subject: conv1, quantity: params, printed: 113, erratum: a slip}
"""
)


def test_a_users_ledger_against_a_spec(tmp_path: Path) -> None:
    """Entries without a spec speak of the one given; those of other specs do not count here."""
    (tmp_path / "one.arch").write_text(ONE)
    (tmp_path / "mine.yaml").write_text(MIXED)
    status, out, err = run("--claims", "mine.yaml", "one.arch", cwd=tmp_path)
    assert (status, err) == (0, "")
    assert "3 claims: 2 exact, 1 known erratum" in out


def test_a_name_that_is_nearly_that_of_the_spec_is_not_passed_over(tmp_path: Path) -> None:
    """Neither is a terminal told what a ledger says word by word."""
    (tmp_path / "ours.arch").write_text(ONE)
    lines = "{spec: ourz, quantity: params, printed: 112}\n{quantity: params, printed: '\\e[31m5'}"
    (tmp_path / "mine.yaml").write_text(entries(lines.replace("'", '"')))
    status, out, err = run("--claims", "mine.yaml", "ours.arch", cwd=tmp_path)
    assert status == 1
    assert err.startswith("mine.yaml:3:12: error[claim]: there is no spec `ourz`")
    assert "did you mean `ours`" in err
    assert "\x1b" not in out
    assert "`?[31m5` is not a number" in out


def test_a_users_ledger_follows_the_variant_and_the_settings(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    (tmp_path / "mine.yaml").write_text(entries("{subject: conv1, quantity: width, printed: 8}"))
    assert run("--claims", "mine.yaml", "small.arch:double", cwd=tmp_path)[0] == 0
    assert run("--claims", "mine.yaml", "small.arch", cwd=tmp_path)[0] == 1
    assert run("--claims", "mine.yaml", "small.arch", "--set", "width=8", cwd=tmp_path)[0] == 0


def test_folders_and_ledgers_are_checked_alike(folder: Path) -> None:
    (folder / "paper.yaml").write_text(entries("{spec: small, quantity: params, printed: 9999}"))
    (folder / "notes.yaml").write_text("about: no ledger\n")
    for target in (".", "published", "published/paper.yaml"):
        status, out, _ = run(target, cwd=folder.parent)
        assert status == 1
        assert "9999" in out


def test_claims_take_one_spec(tmp_path: Path) -> None:
    (tmp_path / "one.arch").write_text(ONE)
    status, _, err = run("--claims", "x.yaml", "one.arch", "one.arch", cwd=tmp_path)
    assert status == 2
    assert "one SPEC" in err


# ---------------------------------------------------------------- what is refused

WRONG = [
    ("{spec: one, quantity: parms, printed: 1}", "no quantity `parms`", "mean `params`"),
    ("{spec: one, quantity: params, printed: 1, flags: nobais}", "no flag `nobais`", "`nobias`"),
    ("{spec: one, subject: conv2, quantity: params, printed: 1}", "`conv2` is no part", "`conv1`"),
    ("{spec: ome, quantity: params, printed: 1}", "no spec `ome`", "mean `one`? `system:` names"),
    ("{spec: small, variant: treble, quantity: params, printed: 1}", "variant `treble`", "double"),
    ("{spec: ../one, quantity: params, printed: 1}", "a spec is named", "beside the ledger"),
    ("{spec: /etc/passwd, quantity: params, printed: 1}", "a spec is named", "beside the ledger"),
    ("{quantity: params, printed: 1}", "which spec", "--claims FILE SPEC"),
    ("{spec: one, quantity: params}", "quotes what is `printed`", ""),
    ("{spec: one, printed: 1}", "names its `quantity`", ""),
    ("{spec: one, quantity: params, printd: 1}", "no key `printd`", "`printed`"),
    ("{spec: one, quantity: params, printed: [1, 2]}", "`printed` is a text", "quote it"),
    ("{spec: one, quantity: params, printed: {a: 1}}", "`printed` is a text", "quote it"),
    ("{spec: one, subject: 'a b', quantity: params, printed: 1}", "no path", "conv[1].conv[0]"),
    ("{spec: one, set: 3, quantity: params, printed: 1}", "`set` is a map", ""),
    ("{spec: small, set: {depth: 3}, quantity: params, printed: 1}", "depth", ""),
    ("{spec: one, to: 3, quantity: params, printed: 1}", "what a ratio is to is a map", ""),
    ("{spec: one, quantity: params, printed: 1, claims: 3}", "no key `printed`", ""),
    ("{spec: one, claims: 3}", "`claims` is a list", ""),
    ("{spec: one, erratum: , quantity: params, printed: 1}", "`erratum` is empty", ""),
    ("{spec: one, system: X, quantity: params, printed: 1}", "`spec` and `system` both", ""),
    ("{spec: one, quantity: params, printed: x, read: 1, implied: 1}", "`read` and `implied`", ""),
    ("{system: X, quantity: parms, printed: 1}", "no quantity `parms`", "mean `params`"),
    ("{spec: one, quantity: params, printed: 34,944}", "no key `944`", "quote a number"),
    ("{spec: one, quantity: params, printed: 2, to: {subject: conv2}}", "`conv2`", "`conv1`"),
    ("just words", "an entry is a map", ""),
    (f"{{spec: one, quantity: params, printed: '{'9' * 1000}'}}", "1,000 characters", "400"),
]


@pytest.mark.parametrize(("entry", "message", "help"), WRONG)
def test_wrong_entries(folder: Path, entry: str, message: str, help: str) -> None:
    """Each has a diagnostic at its place, and does not touch the entry after it."""
    right = "{spec: one, subject: conv1, quantity: params, printed: 112}"
    report = checked(folder, entry, right)
    assert [case.verdict for case in report.cases] == ["exact"]
    (diagnostic,) = report.diagnostics
    assert message in diagnostic.message
    assert help in (diagnostic.help or "")
    assert diagnostic.span is not None
    assert diagnostic.span.line == 3
    assert report.exit_status() == 1


@pytest.mark.parametrize(
    ("word", "entry"),
    [
        ("parms", "{spec: one, quantity: parms, printed: 1}"),
        ("nobais", "{spec: one, quantity: params, printed: 1, flags: nobais}"),
        ("ome", "{spec: ome, quantity: params, printed: 1}"),
        ("treble", "{spec: small, variant: treble, quantity: params, printed: 1}"),
        ("{depth: 3}", "{spec: small, set: {depth: 3}, quantity: params, printed: 1}"),
        ("conv2", "{spec: one, quantity: params, printed: 2, to: {subject: conv2}}"),
        ("treble", "{spec: one, quantity: params, printed: 2, to: {spec: small, variant: treble}}"),
    ],
)
def test_the_caret_is_at_the_word(folder: Path, word: str, entry: str) -> None:
    (diagnostic,) = checked(folder, entry).diagnostics
    assert diagnostic.span is not None
    assert diagnostic.span.source.text[diagnostic.span.start : diagnostic.span.end] == word


def test_what_a_group_says_wrong_is_said_once_where_it_stands(folder: Path) -> None:
    inner = "claims: [{printed: 1}, {printed: 2}]"
    report = checked(folder, f"{{spec: one, variant: two, quantity: params, {inner}}}")
    (diagnostic,) = report.diagnostics
    assert str(diagnostic.span).endswith("paper.yaml:3:26")


@pytest.mark.parametrize("item", ["{reason: speed}", "{count: 3}", "{}", "{reason: , count: 3}"])
def test_what_is_left_out_has_a_reason_and_a_count(folder: Path, item: str) -> None:
    found = ledger(folder, f"document: d\nclaims: []\nleft_out: [{item}]\n")
    (diagnostic,) = found.diagnostics
    assert diagnostic.message in (
        "`reason` is missing here",
        "`reason` is empty",
        "`count` is missing here",
    )
    assert diagnostic.span is not None
    assert diagnostic.span.line == 3


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("claims:\n  - where: Table 1: left\n", "quote a text"),
        ("claims:\n\t- where: T\n", "indent with spaces"),
        ("claims:\n  - where: T\n   printed: 1\n", "in one column"),
        ("claims: [{printed: (None, 8, 8, 3)}]\n", "quote a text with commas"),
    ],
)
def test_typical_mistakes_of_yaml_have_help(text: str, help: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_ledger_text(Source("bad.yaml", "document: d\n" + text))
    assert help in (caught.value.diagnostics[0].help or "")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_has_a_place(folder: Path, encoding: str) -> None:
    (folder / "paper.yaml").write_bytes("document: d\nabout: é\n".encode(encoding))
    with pytest.raises(SpecError) as caught:
        read_ledger(folder / "paper.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message.startswith("the text is not UTF-8")
    place = "1:1" if encoding == "utf-16" else "2:8"
    assert str(diagnostic.span).endswith(f"paper.yaml:{place}")
    assert diagnostic.help == ("it looks like UTF-16" if encoding == "utf-16" else None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("claims: []", "names its `document:`"),
        ("document:\nclaims: []", "name is missing"),
        ("document: d", "lists its `claims:`"),
        ("- document: d", "a ledger is a map"),
        ("document: d\nclaims: [", "not YAML"),
        ("document: d\nclaims: []\ndocument: e", "stands here twice"),
        ("document: d\nclaims: []\n---\ndocument: e", "a second document"),
        ("document: &d x\nclaims: []", "an anchor"),
        ("document: d\nclaims: [*a]", "an alias"),
        ("document: d\n? [a, b]\n: c", "a key is a word"),
        ("document: d\nclaims: " + "[" * 100_000, "nested"),
        ("document: d\nclaims: \x00", "not YAML"),
    ],
)
def test_no_ledger_at_all(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_ledger_text(Source("bad.yaml", text))
    assert message in caught.value.diagnostics[0].message


BOMB = """document: d
a0: &a0 [x, x, x, x, x, x, x, x, x]
""" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


def test_aliases_cannot_grow() -> None:
    with pytest.raises(SpecError, match="an anchor"):
        read_ledger_text(Source("bomb.yaml", BOMB))


def test_objects_are_texts(folder: Path) -> None:
    """A tag makes nothing: the scalar is the text that stands there."""
    line = "{spec: one, quantity: params, printed: !!python/object/apply:os.system ['true']}"
    assert "`printed` is a text" in checked(folder, line).diagnostics[0].message
    line = "{spec: one, quantity: params, printed: !!int 112}"
    assert verdicts(checked(folder, line)) == ["exact"]


def test_many_wrong_entries_are_not_all_said(folder: Path) -> None:
    report = checked(folder, *["{spec: one, quantity: params}"] * 500)
    assert 20 <= len(report.diagnostics) <= 30


def test_a_ledger_has_an_end(folder: Path) -> None:
    line = "{spec: one, quantity: params, printed: 112}\n"
    text = "document: d\nclaims:\n" + f"  - {line}" * 20_100
    found = ledger(folder, text)
    assert len(found.entries) == 20_000
    assert "more than 20,000 claims" in found.diagnostics[0].message


def test_variants_are_claims_each_and_none_twice(folder: Path) -> None:
    names = [f"v{n}" for n in range(1_000)]
    head = f"document: d\nspec: one\nvariant: [{', '.join(names)}]\nclaims:\n"
    found = ledger(folder, head + "  - {quantity: params, printed: 112}\n" * 30)
    assert len(found.entries) == 20
    assert "more than 20,000 claims" in found.diagnostics[0].message
    found = ledger(folder, head.replace("v999", "v1") + "  - {quantity: params, printed: 1}\n")
    assert [d.message for d in found.diagnostics] == ["`v1` stands here twice"]


@pytest.mark.parametrize("key", ["quote", "where", "erratum", "flags", "variant", "document"])
def test_what_a_group_hands_down_is_short(folder: Path, key: str) -> None:
    """A quote of a megabyte over thousands of entries was gigabytes."""
    head = f"{key}: {'x' * 2_001}\nclaims: [{{quantity: params, printed: 1}}]\n"
    text = head if key == "document" else f"document: d\n{head}"
    with pytest.raises(SpecError, match=f"`{key}` has 2,001 characters"):
        raise SpecError(list(ledger(folder, text).diagnostics))


def test_entries_set_so_many_parameters(folder: Path) -> None:
    lines = [
        f"{{spec: one, set: {{width: {n}}}, quantity: params, printed: 1}}" for n in range(1, 300)
    ]
    (folder / "one.arch").write_text(
        "network one(width) { input image: 8x8x3\n conv1: conv 3x3 width }"
    )
    report = checked(folder, *lines)
    assert len(report.cases) == 256
    assert "more than 256 networks with parameters set" in report.diagnostics[0].message


def test_many_totals_and_many_mistakes_take_time_in_proportion(folder: Path) -> None:
    """Of 4,000 each: every one was held against all others."""
    totals = ["{spec: one, quantity: params, printed: 12}"] * 4_000
    unknown = ["{spec: one, quantity: parms, printed: 12}"] * 4_000
    with within(8):
        report = checked(folder, *totals, *unknown)
    assert (len(report.cases), len(report.diagnostics)) == (4_000, 4_000)


def test_a_huge_file_is_not_read(folder: Path) -> None:
    (folder / "huge.yaml").write_text("document: d\n" + "# x\n" * 600_000)
    with pytest.raises(SpecError, match="larger than 2 MB"):
        read_ledger(folder / "huge.yaml")


def test_one_id_names_one_claim(folder: Path) -> None:
    line = "{id: a-1, spec: one, subject: conv1, quantity: params, printed: 112}"
    report = checked(folder, line, line)
    assert len(report.cases) == 1
    assert "the id `a-1` is that of the entry on line 3 too" in report.diagnostics[0].message


def test_a_spec_that_does_not_compile_is_said_once(folder: Path) -> None:
    (folder / "broken.arch").write_text("network broken { input x: 4x4x1\n conv 9x9 3 }")
    line = "{spec: broken, quantity: params, printed: 1}"
    report = checked(folder, line, line)
    assert report.cases == ()
    assert len(report.diagnostics) == 1


def test_specs_are_found_beside_above_and_in_the_zoo(folder: Path) -> None:
    lines = [f"{{spec: {name}, subject: image, quantity: channels, printed: 3}}" for name in
             ("one", "small", "alexnet")]  # fmt: skip
    assert verdicts(checked(folder, *lines)) == ["exact"] * 3
