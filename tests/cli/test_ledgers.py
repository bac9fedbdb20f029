"""The ledgers beside a spec: what a check of one spec takes from them, and what it keeps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import ROOT, SMALL, SPECS, archc, as_json, is_diagnostic

from archc.audit import kept
from archc.audit.entries import Ledger
from archc.audit.ledger import read_ledger

LEDGER = """\
document: "Our paper"
spec: small
claims:
  - {where: Table 1, subject: conv1, quantity: params, printed: "224"}
  - {where: Table 1, subject: total, quantity: params, printed: "5.4K"}
  - {where: Table 2, spec: other, subject: total, quantity: params, printed: "7"}
  - {where: Table 2, system: Unheard-of, subject: total, quantity: params, printed: "7"}
left_out:
  - {reason: accuracy, count: 3}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "archc"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A spec with a ledger beside it."""
    folder = tmp_path / "specs"
    (folder / "published").mkdir(parents=True)
    (folder / "small.arch").write_text(SMALL)
    (folder / "published" / "paper.yaml").write_text(LEDGER)
    return folder / "small.arch"


def claims(found: Any) -> list[Any]:
    return sorted(json.dumps(claim, sort_keys=True) for claim in found["claims"])


# ---------------------------------------------------------------- which claims


def test_the_ledgers_beside_a_spec(small: Path) -> None:
    documents = [claim["document"] for claim in as_json("check", small)["claims"]]
    assert documents == ["counted by hand"] * 2 + ["Our paper"] * 2
    alone = as_json("check", small, "--no-ledgers")["claims"]
    assert [claim["document"] for claim in alone] == ["counted by hand"] * 2


def test_text_is_by_document(small: Path) -> None:
    heads = [line for line in archc("check", small).stdout.splitlines() if line.startswith("small")]
    assert heads == ["small: counted by hand", "small: Our paper"]


def test_a_ledger_that_is_named_comes_on_top(small: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(LEDGER.replace("Our paper", "Another").replace("spec: small\n", ""))
    found = as_json("check", small, "--claims", own)["claims"]
    assert [claim["document"] for claim in found[2:]] == ["Our paper"] * 2 + ["Another"] * 2
    found = as_json("check", small, "--claims", own, "--no-ledgers")["claims"]
    assert [claim["document"] for claim in found[2:]] == ["Another"] * 2


def test_a_ledger_is_checked_once(small: Path) -> None:
    ledger = small.parent / "published" / "paper.yaml"
    (small.parent / "other.arch").write_text(SMALL.replace("network small", "network other"))
    both = as_json("check", small, ledger, status=1)["claims"]
    documents = [claim["document"] for claim in both]
    assert documents.count("Our paper") == 4


def test_a_ledger_beside_a_spec_that_is_named_too_is_checked_once(small: Path) -> None:
    found = as_json("check", small, "--claims", small.parent / "published")["claims"]
    assert [claim["document"] for claim in found[2:]] == ["Our paper"] * 2


def test_a_spec_of_the_same_name_elsewhere_has_no_claims(small: Path) -> None:
    """The ledger speaks of the file that it finds first: beside it."""
    shutil.copy(small, small.parent / "published" / "small.arch")
    assert len(as_json("check", small)["claims"]) == 2


def test_a_variant_has_its_own_claims() -> None:
    found = as_json("check", "specs/resnet.arch:resnet50")["claims"]
    assert {claim["network"] for claim in found} == {"resnet50"}
    assert len({claim["document"] for claim in found}) > 2


@pytest.fixture(scope="module")
def folder() -> Iterator[Any]:
    """All claims of the zoo as one check of its folder has them."""
    yield as_json("check", "specs")["claims"]


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "vgg", "googlenet", "resnet", "lenet5"])
def test_one_spec_as_in_its_folder(name: str, folder: Any) -> None:
    """The same claims with the same verdicts and explanations, the first time and from what is
    kept, for all claims that ledgers make of the spec's networks."""
    first = as_json("check", f"specs/{name}.arch")
    assert claims(as_json("check", f"specs/{name}.arch")) == claims(first)
    alone = as_json("check", f"specs/{name}.arch", "--no-ledgers")["claims"]
    ids = {claim["id"] for claim in first["claims"] if claim.get("id")}
    named = {
        entry.claim.id
        for path in sorted((SPECS / "published").glob("*.yaml"))
        for entry in read_ledger(path).entries
        if entry.part is not None and entry.part.spec == name
    }
    assert ids == named
    assert len(first["claims"]) > len(alone)
    everywhere = {"claims": [claim for claim in folder if claim.get("id") in ids]}
    mine = {"claims": [claim for claim in first["claims"] if claim.get("id")]}
    assert claims(mine) == claims(everywhere)


# ---------------------------------------------------------------- what is kept


def entries_of(ledger: Ledger, stem: str) -> list[Any]:
    return [e for e in ledger.entries if e.part is not None and e.part.spec == stem]


@pytest.mark.parametrize("path", sorted((SPECS / "published").glob("*.yaml")), ids=lambda p: p.stem)
def test_what_is_kept_is_what_is_read(path: Path) -> None:
    """Every field of every entry, spans too."""
    whole = read_ledger(path)
    stems = {e.part.spec for e in whole.entries if e.part is not None and e.part.spec is not None}
    for stem in sorted(stems):
        for _ in ("read", "kept"):
            found = kept.ledger_about(path, stem)
            assert found.document == whole.document
            assert list(found.entries) == entries_of(whole, stem)
            for one, other in zip(found.entries, entries_of(whole, stem), strict=True):
                assert one.claim.at == other.claim.at
                assert str(one.claim.subject_span) == str(other.claim.subject_span)
                assert one.part is not None
                assert str(one.part.span) == str(other.part.span)


def test_nothing_is_read_twice(small: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small.parent / "published" / "paper.yaml"
    kept.ledger_about(path, "small")
    assert len(list(cache.glob("ledger-*.json"))) == 1
    monkeypatch.setattr("archc.audit.ledger.read_ledger_text", None)
    assert len(kept.ledger_about(path, "small").entries) == 2
    assert kept.ledger_about(path, "nobody").entries == ()


def test_a_change_of_the_ledger_is_seen(small: Path) -> None:
    """Of one character, in the same second and of the same size too."""
    path = small.parent / "published" / "paper.yaml"
    state = path.stat()
    assert as_json("check", small)["claims"][2]["verdict"] == "exact"
    path.write_text(LEDGER.replace("224", "225"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert as_json("check", small, status=1)["claims"][2]["verdict"] == "contradicted"


BROKEN = {
    "empty": b"",
    "cut": None,  # half of what is there
    "no JSON": b"\xff\x00",
    "other JSON": b"[]\n",
    "deep": b"[" * 200_000,
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_read_anew(what: str, small: Path, cache: Path) -> None:
    expected = as_json("check", small)
    (file,) = cache.glob("ledger-*.json")
    whole = file.read_bytes()
    content = BROKEN[what]
    file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert as_json("check", small) == expected
    assert file.read_bytes() == whole


HOSTILE = {
    "an entry that is no list": lambda entry: 7,
    "a number as a text": lambda entry: [[1, *entry[0][1:]], *entry[1:]],
    "a key that is no text": lambda entry: [*entry[:3], [[None], []], *entry[4:]],
    "a place outside": lambda entry: [*entry[:4], [[0, 10**9], None], *entry[5:]],
    "a place before": lambda entry: [*entry[:4], [[-5, 3], None], *entry[5:]],
    "too few": lambda entry: entry[:-1],
    "a part that is no part": lambda entry: [*entry[:5], ["small"], None],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_with_other_things_is_read_anew(what: str, small: Path, cache: Path) -> None:
    expected = as_json("check", small)
    (file,) = cache.glob("ledger-*.json")
    whole = file.read_bytes()
    head, *lines = whole.decode().split("\n")
    line = json.loads(head)[2]["small"] - 1
    entries = json.loads(lines[line])
    entries[0] = HOSTILE[what](entries[0])  # type: ignore[no-untyped-call]  # a table of lambdas
    lines[line] = json.dumps(entries)
    file.write_text("\n".join([head, *lines]))
    assert as_json("check", small) == expected
    assert file.read_bytes() == whole


def test_a_link_is_not_followed(small: Path, cache: Path, tmp_path: Path) -> None:
    expected = as_json("check", small)
    (file,) = cache.glob("ledger-*.json")
    elsewhere = tmp_path / "elsewhere.json"
    file.rename(elsewhere)
    forged = elsewhere.read_bytes().replace(b"5.4K", b"5.3K")
    elsewhere.write_bytes(forged)
    file.symlink_to(elsewhere)
    assert as_json("check", small) == expected
    assert elsewhere.read_bytes() == forged
    assert not file.is_symlink()


@pytest.mark.parametrize("where", ["file", "missing", "open"])
def test_no_cache_is_no_error(where: str, small: Path, cache: Path) -> None:
    expected = as_json("check", small)
    shutil.rmtree(cache)
    if where == "file":
        cache.write_text("not a folder")
    elif where == "open":
        cache.mkdir()
        cache.chmod(0o777)
    home = {"XDG_CACHE_HOME": "/dev/null/none"} if where == "missing" else {}
    assert as_json("check", small, env=home) == expected
    assert not cache.is_dir() or not list(cache.iterdir())


def test_a_ledger_with_mistakes_fails_the_check(small: Path, cache: Path) -> None:
    """Every time: it is not kept."""
    path = small.parent / "published" / "paper.yaml"
    path.write_text(LEDGER.replace('quantity: params, printed: "7"', "quantity: params"))
    for _ in ("read", "read again"):
        done = archc("check", small)
        assert is_diagnostic(done)
        assert "an entry quotes what is `printed`" in done.stderr
    assert not list(cache.glob("ledger-*"))


def test_yaml_is_not_read_again(cache: Path) -> None:
    program = (
        "import sys\nfrom archc.cli import main\nstatus = main(['check', 'specs/vgg16.arch'])\n"
        "print(status, 'yaml' in sys.modules, file=sys.stderr)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
        ).stderr
        for _ in range(2)
    ]
    assert said == ["0 True\n", "0 False\n"]


def test_of_many_mistakes_the_first_are_printed(small: Path) -> None:
    path = small.parent / "published" / "paper.yaml"
    wrong = '  - {where: Table 1, subject: total, quantity: parms, printed: "224"}\n'
    path.write_text(f'document: "Our paper"\nspec: small\nclaims:\n{wrong * 150}')
    done = archc("check", small)
    assert done.returncode == 1
    assert done.stderr.count("error[claim]") == 100
    assert done.stderr.endswith("and 50 more: `--json` lists all\n")
    assert len(as_json("check", small, status=1)["errors"]) == 150
