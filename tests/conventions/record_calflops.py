"""Records what calflops says: ``python tests/conventions/record_calflops.py``, run with
``pip install calflops==0.3.2 transformers`` beside archc and torch.

calflops cannot be imported without transformers and what that brings, some 300 MB, and is asked of
networks alone that are given it. So the tests hold its convention against what is recorded in
calflops.json, not against the tool.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from counted_networks import SPECS, load_small, small
from counting_tools import Said, inputs_of, module_of, own, quiet
from torch import nn
from torch.nn import functional as F

import archc
from archc.graph.network import Network

RECORD = Path(__file__).with_name("calflops.json")

ZOO = (
    "alexnet:alexnet",
    "vgg16:vgg16",
    "zfnet:zfnet",
    "lenet5:lenet_pytorch",
    "googlenet:googlenet_inference",
    "resnet:resnet18",
    "resnet:resnet50",
    "resnet:resnet50_v1_5",
    "se_resnet:se_resnet50",
    "densenet:densenet121",
    "keras_bn:keras_bn",
    "keras_simple:keras_simple",
)
"""Networks whose counts by layer are recorded too."""


@contextmanager
def untouched() -> Iterator[None]:
    """calflops leaves torch as it made it where a count fails: every later one is multiplied."""
    from calflops import calculate_pipline as pipeline

    kept: list[tuple[Any, dict[str, Any]]] = [
        (place, dict(vars(place))) for place in (F, torch, torch.Tensor)
    ]
    try:
        yield
    finally:
        for place, names in kept:
            for name, value in names.items():
                if vars(place).get(name) is not value:
                    setattr(place, name, value)
        pipeline.module_flop_count.clear()
        pipeline.module_mac_count.clear()
        pipeline.old_functions.clear()


def calflops(module: nn.Module, inputs: list[torch.Tensor]) -> tuple[Said, Said]:
    """Its MACs and its FLOPs."""
    from calflops.calculate_pipline import CalFlopsPipline
    from calflops.utils import get_module_flops, get_module_macs

    with untouched():
        counting = CalFlopsPipline(module, False, 2.0)
        counting.start_flops_calculate()
        module(*inputs)
        said = tuple(
            Said(
                counting.get_total_params(),
                int(total),
                {},
                own({name: int(of(one)) for name, one in module.named_modules()}),
            )
            for total, of in (
                (counting.get_total_macs(), get_module_macs),
                (counting.get_total_flops(), get_module_flops),
            )
        )
        counting.end_flops_calculate()
    return said[0], said[1]


def record(network: Network, layers: bool) -> Any:
    with quiet():
        try:
            macs, flops = calflops(module_of(network, "cpu"), inputs_of(network, "cpu"))
        except TypeError as error:
            return {"fails": str(error)}
    found: dict[str, Any] = {"params": macs.params, "MACs": macs.ops, "FLOPs": flops.ops}
    if layers:
        found["layers"] = {
            path: [macs.module_ops[path], count]
            for path, count in flops.module_ops.items()
            if count or macs.module_ops[path]
        }
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = {
            "tool": f"calflops {version('calflops')}",
            "torch": version("torch").partition("+")[0],
            "command": "python tests/conventions/record_calflops.py",
            "small": {
                name: record(load_small(name, Path(folder)), layers=False) for name in small()
            },
            "zoo": {
                name: record(
                    archc.load(SPECS / f"{name.partition(':')[0]}.arch", name.partition(":")[2]),
                    layers=True,
                )
                for name in ZOO
            },
        }
    RECORD.write_text(text(data) + "\n", encoding="utf-8")


def text(data: dict[str, Any]) -> str:
    """JSON, a network a line."""
    parts: list[str] = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
            parts.append(f" {json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n }")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}"


if __name__ == "__main__":
    sys.exit(main())
