"""VGG's table of configurations as a file: as printed, damaged, written back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from graphs import graph

from archc.cli import main
from archc.diagnostics import Diagnostic, Source, SpecError
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.language.writer import normalise, write
from archc.notations.table import notation, read, repair
from archc.notations.table.write import write_networks
from archc.pipeline import compile_text, family, read_text
from archc.pipeline import read as read_spec

LISTINGS = Path(__file__).parent / "listings"
SPECS = Path(__file__).parents[2] / "specs"
PRINTED = (LISTINGS / "003_vgg.table").read_text(encoding="utf-8")
DAMAGED = (LISTINGS / "001_vgg.table").read_text(encoding="utf-8")


def networks(text: str, notation: str = "table") -> dict[str, Network]:
    spec = read_text(text, "vgg.table", notation)
    return {value.name: compile_network(value) for value in family(spec)}


def refused(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        read(Source("vgg.table", text))
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.fixture(scope="module")
def vgg() -> dict[str, Network]:
    spec = read_spec(SPECS / "vgg.arch")
    return {value.name: compile_network(value) for value in family(spec)}


# ---------------------------------------------------------------- as the documents print it


def test_the_table_as_document_003_prints_it(vgg: dict[str, Network]) -> None:
    found = networks(PRINTED)
    assert list(found) == ["A", "A_LRN", "B", "C", "D", "E"]
    for name, network in found.items():
        assert graph(network) == graph(vgg[name])
    paths = {layer.path for layer in found["D"].layers}
    assert {"conv5_3.conv", "pool5", "fc6.fc", "fc8.softmax"} <= paths
    assert [output.name for output in found["D"].outputs] == ["fc8"]


def test_the_table_as_document_001_prints_it() -> None:
    """Its A-LRN has B's second row: one layer more than the header says."""
    diagnostic = refused(DAMAGED)
    assert diagnostic.code == "variant"
    assert diagnostic.message == "column `A-LRN` has 12 weight layers, and its header says 11"
    assert diagnostic.span is not None and diagnostic.span.line == 7
    assert diagnostic.span.text == "conv3-128 conv3-128"
    assert diagnostic.help is not None and diagnostic.help.endswith("`--repair` reads it so")
    mended = repair(Source("vgg.table", DAMAGED))
    assert normalise(mended) == normalise(read(Source("vgg.table", PRINTED)))
    (remark,) = mended.remarks
    assert (remark.code, remark.severity) == ("repaired", "remark")
    assert remark.message.endswith(": read `conv3-128 conv3-128` as `conv3-128`")


def test_repair_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "vgg.table"
    path.write_text(DAMAGED, encoding="utf-8")
    assert main(["show", "vgg.table"]) == 1
    assert capsys.readouterr().err.startswith("vgg.table:7:11: error[variant]: column `A-LRN`")
    assert main(["show", "vgg.table:A_LRN", "--repair"]) == 0
    out, err = capsys.readouterr()
    assert "parameters 132,863,336" in out
    assert err.startswith("vgg.table:7:11: remark[repaired]: column `A-LRN`")


# ---------------------------------------------------------------- damaged


def rows() -> list[list[str]]:
    return [line.split("\t") for line in PRINTED.splitlines()]


def joined(table: list[list[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in table)


def convolutions() -> Iterator[tuple[int, int]]:
    """The places of the cells with convolutions."""
    for number, row in enumerate(rows()):
        for column, cell in enumerate(row):
            if cell.startswith("conv"):
                yield number, column


def check_repair(text: str, lost: bool) -> bool:
    """A repair gives the table as it was (without its LRN, where that is ``lost``), or is none."""
    whole = normalise(read(Source("vgg.table", PRINTED)))
    try:
        mended = repair(Source("vgg.table", text))
    except SpecError:
        return False
    assert len(mended.remarks) == 1
    assert (normalise(mended) != whole) is lost
    return True


@pytest.mark.parametrize("change", ["longer", "shorter", "the next one's", "empty"])
def test_a_wrong_cell_is_found_in_its_row(change: str) -> None:
    repaired = 0
    for number, column in convolutions():
        table = rows()
        cell = table[number][column]
        first, *rest = cell.split()
        after = table[number][min(column + 1, 5)]
        wrong = {
            "longer": f"{first} {cell}",
            "shorter": " ".join(rest),
            "the next one's": after,
            "empty": "-",
        }[change]
        if wrong.count("conv") == cell.count("conv"):
            continue
        table[number][column] = wrong
        diagnostic = refused(joined(table))
        name = rows()[1][column]
        assert diagnostic.message.startswith(f"column `{name}` has ")
        if name not in "BE":  # no other column has as many weight layers as these two
            assert diagnostic.span is not None and diagnostic.span.line == number + 1
        lost = "LRN" in cell and "LRN" not in wrong
        mended = check_repair(joined(table), lost)
        assert ("`--repair`" in (diagnostic.help or "")) is mended
        repaired += mended
    assert repaired >= {"longer": 18, "shorter": 10, "the next one's": 3, "empty": 10}[change]


def test_a_cell_read_twice_is_found() -> None:
    found = 0
    whole = normalise(read(Source("vgg.table", PRINTED)))
    for number, column in convolutions():
        table = rows()
        table[number].insert(column, table[number][column])
        diagnostic = refused(joined(table))
        assert "this row has 7 cells, and the table has 6 columns" in diagnostic.message
        assert diagnostic.span is not None and diagnostic.span.line == number + 1
        if diagnostic.help:
            found += 1
            assert normalise(repair(Source("vgg.table", joined(table)))) == whole
    assert found >= 15


def test_a_repair_of_a_part_is_not_promised() -> None:
    """A row that is shifted by a cell: what is said of its first column could be mended alone."""
    table = rows()
    number = next(n for n, row in enumerate(table) if row[0].startswith("conv3-128"))
    table[number] = ["", *table[number][:-1]]
    diagnostic = refused(joined(table))
    assert diagnostic.message == "column `A` has 10 weight layers, and its header says 11"
    assert diagnostic.help is not None and "--repair" not in diagnostic.help
    with pytest.raises(SpecError, match="column `B` has 12 weight layers"):
        repair(Source("vgg.table", joined(table)))


def test_a_lost_cell_is_found() -> None:
    named = 0
    for number, column in convolutions():
        table = rows()
        lost = table[number].pop(column)
        diagnostic = refused(joined(table))
        assert "this row has 5 cells" in diagnostic.message
        assert diagnostic.span is not None and diagnostic.span.line == number + 1
        if diagnostic.help:
            named += 1
            same = [c for c in range(6) if rows()[number][c].split() == lost.split()]
            assert any(f"`{rows()[1][c]}`" in diagnostic.help for c in same)
    assert named == 30


def test_a_shifted_row_is_found() -> None:
    """A cell read twice pushes the last one out: several columns are wrong at once."""
    found = 0
    for number, column in convolutions():
        table = rows()
        table[number].insert(column, table[number][column])
        table[number].pop()
        if table[number] == rows()[number]:
            continue
        try:
            read(Source("vgg.table", joined(table)))
        except SpecError as error:
            (diagnostic,) = error.diagnostics
            if "shifted" in (diagnostic.help or ""):
                found += 1
                assert diagnostic.span is not None and diagnostic.span.line == number + 1
        else:
            # C and D have as many convolutions in each cell: the counts cannot tell.
            moved = [c for c in range(6) if table[number][c] != rows()[number][c]]
            assert all(
                table[number][c].count("conv") == rows()[number][c].count("conv") for c in moved
            )
    assert found >= 5


# ---------------------------------------------------------------- forms


HEAD = "A | B\n{}\nconv3-8 | conv3-8 conv3-8\n"


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("input (224 × 224 RGB image)", (224, 224, 3)),
        ("input (32x16 grey image)", (32, 16, 1)),
        ("Input: 28 x 28 grayscale images", (28, 28, 1)),
        ("input (28x28x1)", (28, 28, 1)),
        ("INPUT(32X32X3 RGB)", (32, 32, 3)),
        ("input (16x16x5 image)", (16, 16, 5)),
    ],
)
def test_inputs(text: str, shape: tuple[int, ...]) -> None:
    assert networks(HEAD.format(text))["A"].inputs[0].shape == shape


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ("", "variant", "no row that says its input"),
        ("input (a photograph)", "syntax", "not a size of images"),
        ("input (32x32 image)", "syntax", "how many channels"),
        ("input (32x32x1 RGB image)", "syntax", "has 3 channels, not 1"),
        ("input (32x32x3)\ninput (32x32x3)", "variant", "one input"),
        ("input (32x32x3)\n2 weight layers", "variant", "column `A` has 1 weight layer, and"),
        ("1 weight layer | many\ninput (32x32x3)", "variant", "count weight layers"),
        ("1 weight layer | - | -\ninput (32x32x3)", "variant", "3 cells, and the table has 2"),
        ("input (32x32x3)\nconv-3-64", "syntax", "no layer of a table"),
        ("input (32x32x3)\nconv3-64/2", "syntax", "`conv3-64/2` is no layer"),
        ("input (32x32x3)\nconv3-99999999999999999999", "too-large", "2^40"),
        ("input (32x32x3)\nconv3-64 | conv3-64 | conv3-64", "variant", "3 cells"),
    ],
)
def test_wrong_rows(row: str, code: str, words: str) -> None:
    diagnostic = refused(HEAD.format(row))
    assert diagnostic.code == code
    assert words in diagnostic.message


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "variant", "no table"),
        ("# nothing\n\n", "variant", "no table"),
        ("A B C\nconv3-8\n", "variant", "`A B C` is no name"),
        ("conv3-8 | conv3-8\n", "variant", "`conv3-8` is no name"),
        ("A | A\ninput (8x8x3)\nconv3-8\n", "duplicate-name", "two columns are `A`"),
        (" | ".join(f"c{n}" for n in range(65)), "too-large", "64 columns"),
        ("A\ninput (8x8x3)\n" + "maxpool\n" * 1001, "too-large", "1000 rows"),
        ("A | B\0\n", "syntax", "U+0000"),
        ("x" * 2_000_001, "too-large", "2 MB"),
    ],
)
def test_wrong_tables(text: str, code: str, words: str) -> None:
    diagnostic = refused(text)
    assert diagnostic.code == code
    assert words in diagnostic.message


def test_markdown_of_several_tables() -> None:
    text = """\
| small          | smaller |
|----------------|:-------:|
| input (16x16x3) |         |
| conv3-8<br>conv3-8 | conv3-8 |
| maxpool        |         |
|                | conv1-8 |
| FC-10          |         |

# the next
| grey |
|---|
| input (8x8x1) |
| FC-10 |
| softmax |
"""
    found = networks(text)
    assert list(found) == ["small", "smaller", "grey"]
    assert [len(n.layers) for n in found.values()] == [6, 6, 2]
    spec = read_text(text, "vgg.table", "table")
    assert [name for name in spec.networks if name not in found] == ["vgg", "vgg_table"]


def test_the_family_is_not_called_as_a_column() -> None:
    text = "vgg\ninput (8x8x3)\nconv3-4\n"
    spec = read_text(text, "vgg.table", "table")
    assert [value.name for value in family(spec)] == ["vgg"]
    assert "vgg_table" in spec.networks


def test_a_column_is_a_branch_of_the_network() -> None:
    """In the language: the same table in a network's body, and its columns as variants."""
    text = write(read(Source("vgg.table", PRINTED)))
    for name, network in networks(text, "arch").items():
        assert graph(network) == graph(networks(PRINTED)[name])
    b = compile_text(text, variant="B")
    assert b.parameters["configuration"] == "B"


# ---------------------------------------------------------------- written


def test_the_family_of_the_zoo_round_trips(vgg: dict[str, Network]) -> None:
    text = write_networks(list(vgg.values()))
    assert text.count("input (224x224 RGB image)") == 1
    assert text.count("input (224x224 grey image)") == 1
    found = networks(text)
    assert set(found) == set(vgg)
    for name, network in vgg.items():
        assert graph(found[name]) == graph(network)
    assert write_networks(list(found.values())) == text


def test_convert(tmp_path: Path) -> None:
    target = tmp_path / "d.table"
    assert main(["convert", str(SPECS / "vgg.arch") + ":D", "-o", str(target)]) == 0
    assert target.read_text().startswith("D\n16 weight layers\ninput (224x224 RGB image)\n")
    assert main(["convert", str(target), "-o", str(tmp_path / "d.arch")]) == 0
    assert "configurations {" in (tmp_path / "d.arch").read_text()
    assert notation.holds_families


REFUSED = [
    ("input x: 8x8x3; conv 5x5 4, relu", "keep the map's size"),
    ("input x: 8x8x3; conv 3x3/2 4 pad, relu", "stride 1"),
    ("input x: 8x8x3; conv 3x3 4 pad nobias, relu", "with biases"),
    ("input x: 8x8x3; conv 3x3 4 pad", "`relu` after each convolution"),
    ("input x: 8x8x3; conv 3x3 4 pad, tanh", "`relu` after each convolution"),
    ("input x: 8x8x3; maxpool 3x3/2", "`maxpool 2x2/2` alone"),
    ("input x: 8x8x3; lrn 7", "`lrn 5` alone"),
    ("input x: 8x8x3; fc 4, fc 2", "`relu, dropout 0.5`"),
    ("input x: 8x8x3; fc 4, relu, dropout 0.4, fc 2", "`relu, dropout 0.5`"),
    ("input x: 8x8x3; fc 4 nobias", "has biases"),
    ("input x: 8x8x3; fc 4, softmax, fc 4", "`relu, dropout 0.5`"),
    ("input x: 8x8x3; fc 4, softmax, softmax", "after its soft-max"),
    ("input x: 8x8x3; bn", "no cell for the layer `bn`"),
    ("input x: 8x8x3; relu", "no cell for the layer `relu`"),
    ("input x: 8; fc 4", "image of a fixed size"),
    ("input x: HxWx3; conv 3x3 4 pad, relu", "image of a fixed size, and this is HxWx3"),
    ("input x: 8x8x3; add { conv 3x3 3 pad, relu\n identity }", "is a chain"),
    ("input x: 8x8x3; a: conv 3x3 3 pad, relu; output b: from a, fc 2; fc 4", "is a chain"),
    ("input x: 8x8x3; input y: 8x8x3; add { from x; from y }", "one input"),
    ("input x: 8x8x3; share c = conv 3x3 3 pad; c, relu, c, relu", "weights of its own"),
    ("input x: 8x8x3; a: conv 3x3 3 pad, relu; output a; fc 2", "one output"),
]


@pytest.mark.parametrize(("body", "words"), REFUSED)
def test_what_is_no_chain_of_cells_is_refused(body: str, words: str) -> None:
    network = compile_text(f"network n {{ {body} }}")
    with pytest.raises(SpecError) as caught:
        write_networks([network])
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "unsupported"
    assert words in diagnostic.message
    assert diagnostic.span is not None


stages = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["conv3-4", "conv1-8", "LRN", "conv5-2"]), max_size=3),
        st.booleans(),
    ),
    max_size=4,
)
columns = st.tuples(stages, st.lists(st.sampled_from(["FC-4", "FC-2"]), max_size=3), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(columns, min_size=1, max_size=3))
def test_random_tables_round_trip(
    drawn: list[tuple[list[tuple[list[str], bool]], list[str], bool]],
) -> None:
    texts = []
    for number, (parts, dense, softmax) in enumerate(drawn):
        cells = [w for words, pooled in parts for w in [*words, *["maxpool"] * pooled]]
        cells += [*dense, *["soft-max"] * softmax] or ["FC-3"]
        texts.append(f"n{number}\ninput (64x64 RGB image)\n" + "".join(f"{c}\n" for c in cells))
    first = networks("\n".join(texts))
    text = write_networks(list(first.values()))
    second = networks(text)
    assert {n: graph(net) for n, net in first.items()} == {
        n: graph(net) for n, net in second.items()
    }
    assert write_networks(list(second.values())) == text
