"""The conventions as data: complete, sourced, cheap; and against what is published."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
import torch
from counted_networks import MAPS, load_small, load_zoo
from counting_tools import (
    DISTRIBUTIONS,
    calflops,
    calflops_flops,
    fvcore,
    module_of,
    ptflops,
    ptflops_aten,
    quiet,
    thop,
    torch_counter,
    torchinfo,
)
from torch import Tensor, nn

import archc
from archc import registry
from archc.audit.check import check
from archc.audit.conventions import CONVENTIONS, COUNTING_OPS, COUNTING_PARAMS
from archc.audit.conventions.classes import KNOWN, PLAIN, PLAIN_RECURRENT
from archc.audit.conventions.convention import Row
from archc.audit.conventions.seen import seen
from archc.dims import evaluate
from archc.show.counted import unlinked

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "specs"))

import twins  # noqa: E402  # in the folder that is put in the path

# ---------------------------------------------------------------- the tables


def test_names_that_claims_may_flag_are_those_of_the_conventions() -> None:
    assert {name for name, one in CONVENTIONS.items() if one.params_table} == COUNTING_PARAMS
    assert {name for name, one in CONVENTIONS.items() if one.ops_table} == COUNTING_OPS
    assert all(name == one.name and name.isidentifier() for name, one in CONVENTIONS.items())


def rows() -> list[Row]:
    return [
        row
        for one in CONVENTIONS.values()
        for table in one.tables
        for row in (*table.rows.values(), *([table.otherwise] if table.otherwise else []))
    ]


def test_every_row_says_what_it_counts_and_who_does() -> None:
    assert len(rows()) > 500
    assert all(row.words and row.source for row in rows())
    assert all(one.title and one.source and one.words for one in CONVENTIONS.values())


def test_every_class_that_generated_modules_bring_is_known_or_a_detectors() -> None:
    """A class that nobody thought of is unknown to every convention, and this test says so."""
    brought: dict[str, set[str]] = {}
    for file in resources.files("archc_backends.torch").iterdir():
        if file.name.startswith("helpers"):
            tree = ast.parse(file.read_text("utf-8"))
            brought[file.name] = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
    of_detectors = brought.pop("helpers_detection.py") | brought.pop("helpers_regions.py")
    classes = {name for names in brought.values() for name in names}
    assert classes - of_detectors - {"Negated", "PerRegion"} <= set(KNOWN)
    assert of_detectors & set(KNOWN) == set()
    assert PLAIN.keys() <= set(KNOWN) and set(PLAIN.values()) <= {*KNOWN, *PLAIN_RECURRENT}


def test_links_in_remarks_become_addresses() -> None:
    assert unlinked("a ([#5](https://x.org/5), [b](c))") == "a (https://x.org/5, c)"


# ---------------------------------------------------------------- documents and torchvision


def test_keras_is_as_the_documents_summary_prints_it() -> None:
    """Document 001, summary of the batch-normalised network: its column "Param #", its totals."""
    network = load_zoo("keras_bn", "keras_bn")
    keras = CONVENTIONS["keras"]
    counts = [table.count(network) for table in keras.tables]
    assert [count.total for count in counts] == [511_690, 510_794, 896]
    printed = [160, 128, 8_256, 256, 32_896, 512, 16_416, 128, 8_256, 256, 32_896, 512]
    assert [n for n in counts[0].by_layer.values() if n] == [*printed, 409_728, 1_290]


def test_keras_counts_recurrent_biases_as_its_layers_have_them(tmp_path: Path) -> None:
    """keras.io/api/layers: LSTM(5) on vectors of 4 has 4·(4·5 + 5·5 + 5) = 200 parameters, GRU(5)
    with reset_after=True 3·(4·5 + 5·5 + 2·5) = 165; the line before has 20."""
    keras = CONVENTIONS["keras"].params
    for case, expected in (("steps: lstm 5", 200 + 20), ("steps: gru 5", 165 + 20)):
        count = keras(load_small(case, tmp_path))
        assert count is not None and count.total == expected


def test_caffe_stores_three_blobs_of_statistics(tmp_path: Path) -> None:
    """BatchNorm: mean, variance, and one number; Scale: two vectors. conv1 before has 20."""
    count = CONVENTIONS["caffe"].params(load_small("map: bn", tmp_path))
    assert count is not None and count.total == 20 + (4 + 4 + 1) + (4 + 4)


@pytest.mark.parametrize(
    ("spec", "variant", "params", "gigas"),
    [
        ("resnet", "resnet50_v1_5", 25_557_032, 4.089),
        ("resnet", "resnet101_v1_5", 44_549_160, 7.801),
        ("resnet", "resnet152_v1_5", 60_192_808, 11.514),
        ("resnet", "resnet18", 11_689_512, 1.814),
        ("densenet", "densenet121", 7_978_856, 2.834),
        ("vgg16", "vgg16", 138_357_544, 15.47),
    ],
)
def test_torchvision_is_as_its_weights_say(
    spec: str, variant: str, params: int, gigas: float
) -> None:
    """``num_params`` and ``_ops`` of torchvision/models/{resnet,densenet,vgg}.py."""
    network = load_zoo(spec, variant)
    counted, ops = (
        CONVENTIONS["torchvision"].params(network),
        CONVENTIONS["torchvision"].ops(network),
    )
    assert counted is not None and ops is not None and isinstance(ops.total, int)
    assert (counted.total, round(ops.total / 1e9, 3)) == (params, gigas)


# ---------------------------------------------------------------- modules in torch's own classes

TOOLS = {
    "thop": thop,
    "torch": torch_counter,
    "ptflops_aten": ptflops_aten,
    "fvcore": fvcore,
    "ptflops": ptflops,
    "calflops": calflops,
    "calflops_flops": calflops_flops,
}

COMPUTING = ("fvcore", "ptflops", "calflops", "calflops_flops")

WRITTEN: list[tuple[str, str, Callable[[], nn.Module], tuple[str, ...]]] = [
    ("vgg16", "vgg16", lambda: twins.vgg("33 33 333 333 333"), ("thop", "torch", "ptflops_aten")),
    (
        "resnet",
        "resnet50_v1_5",
        lambda: twins.resnet(twins.bottleneck(3), 4, [3, 4, 6, 3]),
        ("thop", "torch", "ptflops_aten"),
    ),
    (
        "densenet",
        "densenet121",
        lambda: twins.densenet([6, 12, 24, 16], 32),
        ("thop", "torch", "ptflops_aten"),
    ),
    ("keras_simple", "keras_simple", twins.keras_simple, tuple(TOOLS)),
]
"""Networks that somebody wrote in torch's own classes, and the tools that they are given to. Those
that compute are given small ones."""


@pytest.mark.parametrize(("spec", "variant", "make", "names"), WRITTEN, ids=lambda v: str(v)[:13])
def test_modules_by_hand_count_as_the_plain_convention(
    spec: str, variant: str, make: Callable[[], nn.Module], names: tuple[str, ...]
) -> None:
    network = load_zoo(spec, variant)
    height, width, channels = network.inputs[0].shape
    for name in names:
        device = "cpu" if name in COMPUTING else "meta"
        with torch.device("meta"):
            module = make().eval()
        if device == "cpu":
            module = module.to_empty(device=device)
        with quiet():
            pytest.importorskip(DISTRIBUTIONS[name])
            said = TOOLS[name](module, [torch.zeros(1, channels, height, width, device=device)])
        convention = CONVENTIONS[name]
        params, ops = convention.params(network), convention.ops(network)
        assert ops is not None
        assert (name, said.ops) == (name, ops.total)
        assert said.params == (params.total if params else None)


class Steps(nn.Module):
    """A recurrent layer of torch's own, its outputs at every step, and a linear layer."""

    def __init__(self, recurrent: type[nn.LSTM | nn.GRU], layers: int, both: bool) -> None:
        super().__init__()
        self.layer = recurrent(8, 16, layers, batch_first=True, bidirectional=both)
        self.fc = nn.Linear(16 * (2 if both else 1), 3)

    def forward(self, x: Tensor) -> Tensor:
        steps: Tensor = self.layer(x)[0]
        return self.fc(steps)  # type: ignore[no-any-return]  # a module's call has no type


@pytest.mark.parametrize(("layers", "both"), [(1, False), (3, False), (2, True)])
@pytest.mark.parametrize(("name", "recurrent"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_recurrent_layers_of_torchs_own_count_as_the_plain_convention(
    name: str, recurrent: type[nn.LSTM | nn.GRU], layers: int, both: bool
) -> None:
    """Tools that go by classes count them, and of a subclass nothing."""
    arguments = f"layers={layers}" + " bidirectional" * both
    network = archc.loads(f"network steps {{ input steps: Tx8\n {name} 16 {arguments}, fc 3 }}")
    for tool, count in {"torchinfo": torchinfo, **TOOLS}.items():
        pytest.importorskip(DISTRIBUTIONS[tool])
        with quiet():
            said = count(Steps(recurrent, layers, both).eval(), [torch.zeros(1, 5, 8)])
        params, ops = CONVENTIONS[tool].params(network), CONVENTIONS[tool].ops(network)
        assert said.params == (params.total if params else None)
        assert ops is not None and ops.total is not None
        assert (tool, said.ops) == (tool, evaluate(ops.total, {"T": 5}))


def test_a_layer_by_itself_counts_as_in_its_network(tmp_path: Path) -> None:
    for case in (f"map: {line}" for line in MAPS if not line.startswith("softmax")):
        network = load_small(case, tmp_path)
        for convention in CONVENTIONS.values():
            for table, of in (
                (convention.params_table, convention.layer_params),
                (convention.ops_table, convention.layer_ops),
            ):
                if table is not None:
                    counts = table.count(network).by_layer
                    assert {n.path: of(n) for n in network.layers} == counts


# ---------------------------------------------------------------- claims and commands

SPEC = """
network claimed {
    input image: [8, 8, 4]
    line: conv 3x3 8, bn, relu
    fc 5
    published "a table" {
        total params "1,773" keras, macs "12,117" torchinfo, macs "12.4 K" fvcore
        line params "328" keras
        total ops "12,384" fvcore, params "1,757" keras_trainable
        total params "1,781" keras nobias
    }
}
"""


def test_claims_may_name_a_convention(tmp_path: Path) -> None:
    path = tmp_path / "claimed.arch"
    path.write_text(SPEC)
    cases = check([archc.load(path)]).cases
    # 296 + 4·8 + 1445; (288·36 + 288 = 10,656) + 16 + 1,445; 10,368 + 2·288 + 1,440
    assert [(case.computed, case.verdict) for case in cases[:6]] == [
        (1_773, "exact"),
        (12_117, "exact"),
        (12_384, "rounds"),
        (328, "exact"),
        (12_384, "exact"),
        (1_757, "exact"),
    ]
    assert cases[6].computed == 1_773  # the convention says what of biases counts


def test_what_the_convention_does_not_know_is_not_evaluable(tmp_path: Path) -> None:
    path = tmp_path / "claimed.arch"
    body = 'input image: [8, 8, 4]\n rbf 5\n published "a table" { total params "9" keras }'
    path.write_text(f"network claimed {{\n {body}\n}}\n")
    (case,) = check([archc.load(path)]).cases
    assert case.verdict == "not_evaluable"
    assert case.explanation == "Keras 3, Model.summary() has no count for `rbf` (rbf)"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archc", *arguments], capture_output=True, text=True, cwd=HERE
    )


def test_show_counts_as_another_tool() -> None:
    shown = run("show", "keras_bn", "--count-as", "keras")
    assert shown.returncode == 0, shown.stderr
    for line in ("Total params 511,690", "Trainable params 510,794", "Non-trainable params 896"):
        assert line in shown.stdout.splitlines()
    found = run("show", "resnet:resnet50", "--count-as", "ptflops").stdout
    assert "macs 3,897,069,568" in found
    assert "sovrasov/flops-counter.pytorch/issues/139" in found
    family = run("show", "resnet", "--count-as", "fvcore").stdout
    assert "3,879,247,872" in family


def test_show_gives_counts_as_json() -> None:
    import json

    data = json.loads(run("show", "lenet5:lenet5", "--count-as", "calflops", "--json").stdout)
    assert (data["schema"], data["params"], data["ops"]) == (1, 60_000, None)
    assert data["unknown"] == ["C3.conv"]
    counts = {layer["path"]: layer["ops"] for layer in data["layers"]}
    assert counts["C1.conv"] == 117_600 and counts["C3.conv"] is None


def test_an_unknown_convention_is_wrong_usage() -> None:
    shown = run("show", "vgg16", "--count-as", "fvcor")
    assert shown.returncode == 2 and "did you mean `fvcore`?" in shown.stderr


def test_counting_needs_no_torch() -> None:
    code = (
        "import sys, archc; from archc.audit.conventions import CONVENTIONS\n"
        "network = archc.load(sys.argv[1], 'resnet50')\n"
        "for one in CONVENTIONS.values(): one.params(network), one.ops(network)\n"
        "assert 'torch' not in sys.modules and 'fvcore' not in sys.modules\n"
    )
    spec = str(HERE.parents[1] / "specs" / "resnet.arch")
    assert subprocess.run([sys.executable, "-c", code, spec]).returncode == 0


def test_a_check_without_conventions_reads_no_tables() -> None:
    code = (
        "import sys\nfrom archc.audit.claims.weights import params\n"
        "assert 'archc.audit.conventions.named' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# ---------------------------------------------------------------- the backend and the page


def test_the_backend_names_the_class_of_every_layer() -> None:
    network = load_zoo("googlenet", "googlenet")
    module = dict(module_of(network, "meta").named_modules())
    for one in seen(network):
        if not one.name.startswith("Concat"):
            assert type(module[one.layer.path]).__name__ == one.name.removeprefix("nn.")
    idle = {one.layer.path.split(".")[0] for one in seen(network) if not one.runs}
    assert idle == {"aux1", "aux2", "softmax"}
    torch_backend = registry.load("archc.backends", "torch")
    layer = network.layers[0]
    assert torch_backend.spelled_alone(layer) == torch_backend.spelled(network)[layer.path]


@pytest.mark.parametrize(("page", "command"), [("conventions", "page"), ("counts", "page_of_zoo")])
def test_the_pages_are_up_to_date(page: str, command: str) -> None:
    docs = HERE.parents[1] / "docs"
    written = runpy.run_path(str(docs / "write_conventions.py"))[command]()
    help = f"see the command at the top of docs/{page}.md"
    assert (docs / f"{page}.md").read_text(encoding="utf-8") == written, help
