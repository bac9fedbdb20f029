"""No spec evaluates for ever, or fills memory, by what is neither a line nor a layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc import pipeline
from archc.cli.main import main
from archc.diagnostics import Diagnostic, SpecError
from archc.graph import elaborate, work
from archc.graph.network import Network
from tests.limits import within


def compiled(text: str) -> Network:
    return pipeline.compile_family(pipeline.read_text(text))[0]


def refusal(text: str) -> Diagnostic:
    with within(10), pytest.raises(SpecError) as caught:
        compiled(text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "too-large"
    assert diagnostic.span is not None
    return diagnostic


def network(body: str, input: str = "8x8x4") -> str:
    return f"network n {{\ninput x: {input}\n{body}\n}}\n"


LONG = "let long = range(10000)\nlet other = range(10000)\n"
LOOP = "for i in range(10000) { %s }\nrelu"


@pytest.mark.parametrize(
    "text",
    [
        network("\n".join(f"let a{i} = range(10000)" for i in range(101)) + "\nrelu"),
        "\n".join(f"let a{i} = range(10000)" for i in range(101)) + "\n" + network("relu"),
        network(LOOP % f"let a = [{'1, ' * 1000} 1]"),
        network(LONG + LOOP % "let a = max(long)"),
        network(LONG + LOOP % "let a = [long]"),
        network(LONG + LOOP % "let a = long == other"),
        network(f"let ones = [{'1, ' * 999} 1]\nadd {{ for i in range(10000) {{ spp ones }} }}"),
        network(LOOP % "let a = p * p", "HxWx4").replace(
            "for", "let p = (it.height + it.width + 1)^6\nfor"
        ),
        f"block b({', '.join(f'p{i} = 1' for i in range(1000))}) {{ relu }}\n"
        + network(LOOP % "b"),
        network("relu")
        + "variants n {\nname\n"
        + "\n".join(f"v{i}" for i in range(1000))
        + "\n}\n"
        + "published 'p' { n params '1' }\n".replace("'", '"') * 200,
    ],
    ids=[
        "lists",
        "file lists",
        "literals",
        "maxima",
        "lists of lists",
        "equal",
        "arguments",
        "formulas",
        "parameters",
        "claims",
    ],
)
def test_evaluating_is_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MAX_WORK", 1_000_000)
    assert "takes more than 1,000,000 operations" in refusal(text).message


@pytest.mark.parametrize("nothing", ["{ }, { }", "b, b", "if true { }", "for j in [1, 2] { }"])
def test_running_no_lines_is_bounded(nothing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elaborate, "MAX_STATEMENTS", 30_000)
    text = "block b { }\n" + network(f"for i in range(20000) {{ {nothing} }}\nrelu")
    assert "30,000 lines" in refusal(text).message


def test_a_range_longer_than_a_machine_word() -> None:
    message = refusal(network("let a = range(-(2^40 * 2^21), 2^40 * 2^22)\nrelu")).message
    assert message == "a list of more than 200,000 items"


def test_many_outputs_take_no_longer_each() -> None:
    text = network("a: relu\nfor i in range(20000) { output o[i]: from a, relu }")
    with within(5):
        assert len(compiled(text).outputs) == 20_000


# ---------------------------------------------------------------- formulas that grow

GROWING = "{ maxpool 3x3/2 ceil, upsample 3 } * 100"
MAXIMA = "let a = max(it.height, it.width)\n" + "\n".join(
    f"let {b} = max(max({a} // 7 + it.height, it.width), {a})"
    for a, b in zip("abcdefghijklmnopqrstuv", "bcdefghijklmnopqrstuvw", strict=True)
)
TOTAL = "concat { for k in range(2, 420) { conv 3x3/k 4 pad=1, avgpool global } }"


@pytest.mark.parametrize("body", [GROWING, MAXIMA + "\nrelu"], ids=["shapes", "maxima"])
def test_a_size_whose_formula_grows_is_refused(body: str) -> None:
    assert "formula of a size" in refusal(network(body, "HxWx4")).message


@pytest.mark.parametrize("command", [["show"], ["draw", "-o", "drawn.svg"]])
def test_a_total_whose_formula_grows_is_refused(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.arch").write_text(network(TOTAL, "HxWx4"))
    assert main([command[0], "n.arch", *command[1:]]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error[too-large]: a formula of a size would have more than 256 terms")
    assert "--set H=" in error
