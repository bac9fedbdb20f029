"""calflops, against what record_calflops.py recorded of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from counted_networks import load_small, load_zoo, small
from counting_tools import STEPS, symbols

from archc.audit.conventions import CONVENTIONS
from archc.dims import evaluate
from archc.graph.network import Network

RECORD: dict[str, Any] = json.loads(
    Path(__file__).with_name("calflops.json").read_text(encoding="utf-8")
)
MACS, FLOPS = CONVENTIONS["calflops"], CONVENTIONS["calflops_flops"]


def totals(network: Network) -> dict[str, int] | None:
    counts = {
        "params": MACS.params(network, plain=False),
        "MACs": MACS.ops(network, plain=False),
        "FLOPs": FLOPS.ops(network, plain=False),
    }
    sizes = dict.fromkeys(symbols(network), STEPS)
    found: dict[str, int] = {}
    for name, count in counts.items():
        assert count is not None
        if count.total is None:
            return None
        found[name] = evaluate(count.total, sizes)
    return found


def test_the_record_is_of_the_version_that_the_convention_names() -> None:
    assert RECORD["tool"] == MACS.title
    assert FLOPS.title.startswith(MACS.title)
    assert set(RECORD["small"]) == set(small()), f"run `{RECORD['command']}`"


@pytest.mark.parametrize("case", RECORD["small"])
def test_layers_count_as_recorded(case: str, tmp_path: Path) -> None:
    recorded = RECORD["small"][case]
    assert totals(load_small(case, tmp_path)) == (None if "fails" in recorded else recorded)


@pytest.mark.parametrize("name", RECORD["zoo"])
def test_networks_count_as_recorded(name: str) -> None:
    recorded = dict(RECORD["zoo"][name])
    layers = recorded.pop("layers")
    network = load_zoo(*name.split(":"))
    assert totals(network) == recorded
    macs, flops = MACS.ops(network, plain=False), FLOPS.ops(network, plain=False)
    assert macs is not None and flops is not None
    own = {path: [macs.by_layer[path], flops.by_layer[path]] for path in network.by_path}
    assert {path: pair for path, pair in own.items() if any(pair)} == layers
