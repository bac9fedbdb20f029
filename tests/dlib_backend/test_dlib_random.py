"""Random networks of nested merges, blocks and labels, written and read again as the same graph:
tags, skips, aliases with parameters, inceptions and repeats in every mixture."""

from __future__ import annotations

import random
import re
from collections import Counter

from test_dlib_zoo import graph

from archc.graph.compile import compile_network
from archc.pipeline import choose, compile_text, read_text
from archc_backends.dlib import backend

NETWORKS = 25
ELEMENTS = [
    "conv 3x3 4 pad",
    "conv 3x3 4 pad nobias",
    "conv 1x1 7, conv 1x1 4",
    "relu",
    "bn",
    "maxpool 3x3/1 same",
    "leaky 0.2",
    "identity",
]


class Writer:
    """A spec whose every value is 8x8x4, so that anything may follow anything."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.blocks: list[str] = []
        self.labels: list[str] = []

    def spec(self) -> str:
        blocks = [self.block(number) for number in range(self.random.randint(0, 3))]
        lines: list[str] = []
        for number in range(self.random.randint(2, 5)):
            line = f"l{number}: {self.chain(2)}"
            if self.labels and self.random.random() < 0.3:
                other = f"from {self.random.choice(self.labels)}, {self.chain(1)}"
                line = f"l{number}: add {{ identity; {other} }}"
            lines.append(line)
            self.labels.append(f"l{number}")
        network = "\n".join(f"    {line}" for line in [*lines, "conv 1x1 4"])
        return "\n".join([*blocks, f"network n() {{\n    input x: 8x8x4\n{network}\n}}"])

    def block(self, number: int) -> str:
        chain = self.chain(2)
        self.blocks.append(f"b{number}")
        ends = "conv 1x1 n, conv 1x1 4", "conv 1x1 (n + m), conv 1x1 4"
        return f"block b{number}(n, m = 3) {{ {ends[0]}, {chain}, {ends[1]} }}"

    def chain(self, depth: int) -> str:
        parts = [self.element(depth) for _ in range(self.random.randint(1, 2))]
        return ", ".join(parts)

    def element(self, depth: int) -> str:
        kind = self.random.random()
        if depth and kind < 0.4:
            return self.merge(depth - 1)
        if self.blocks and kind < 0.6:
            call = f"{self.random.choice(self.blocks)} {self.random.randint(2, 4)}"
            return f"{{ {call} }} * {self.random.choice([1, 1, 2, 4])}"
        return self.random.choice(ELEMENTS)

    def merge(self, depth: int) -> str:
        branches = [self.branch(depth) for _ in range(self.random.choice([2, 2, 2, 3, 3, 6]))]
        joined = "; ".join([self.chain(depth), *branches[1:]])
        how = self.random.choice(["add", "mul", "concat", "concat"])
        return f"{how} {{ {joined} }}" + (", conv 1x1 4" if how == "concat" else "")

    def branch(self, depth: int) -> str:
        if self.labels and self.random.random() < 0.25:
            return f"from {self.random.choice(self.labels)}"
        return self.chain(depth)


def test_random_networks_are_read_as_they_were_written() -> None:
    seen: Counter[str] = Counter()
    for seed in range(NETWORKS):
        spec = Writer(seed).spec()
        network = compile_text(spec)
        text = backend.write(network, ".dlib")
        again = compile_network(choose(read_text(text, "random.dlib", "dlib")), {})
        assert graph(again) == graph(network), f"seed {seed}\n{spec}\n{text}"
        seen.update(re.sub(r"\d+$", "", name) for name in re.findall(r"\b(\w+)<", text))
        seen["int"] += text.count("<int ")
    for template in (
        "add_prev",
        "mult_prev",
        "inception",
        "concat",
        "skip",
        "tag",
        "repeat",
        "int",
    ):
        assert seen[template] >= 5, (template, seen)
