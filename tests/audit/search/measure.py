"""How often noise is explained, and how often planted changes are found, by number of digits.

    python tests/audit/search/measure.py --nets 100 --each 4

prints the two tables of docs/audit.md. The result depends on nothing but the arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generator

from archc.audit.search import search

ALL = generator.LENGTHS


def noise_rates(nets: int, each: int, seed: int = 1) -> dict[str, dict[int, tuple[int, int]]]:
    """By kind of noise and number of digits: how many were explained, of how many."""
    tried: Counter[tuple[str, int]] = Counter()
    explained: Counter[tuple[str, int]] = Counter()
    for random, net in generator.documents(seed, nets):
        for kind in generator.NOISE:
            for digits in generator.LENGTHS:
                for _ in range(each):
                    document = generator.noise(random, net, kind, digits)
                    if document is None:
                        continue
                    cases = document.cases()
                    target = document.targets[0]
                    if cases[target].verdict != "contradicted":
                        continue  # it came out true
                    tried[kind, digits] += 1
                    found = search(cases).get(target)
                    if found is not None and found.status == "found":
                        explained[kind, digits] += 1
                        if "-v" in sys.argv:
                            print(
                                kind, digits, found.kinds, found.bits, found.text, file=sys.stderr
                            )
    return _table(list(generator.NOISE), explained, tried)


def recall(nets: int, each: int, seed: int = 2) -> dict[str, dict[int, tuple[int, int]]]:
    """By planted change and number of digits: how many of the claims that it broke it explains."""
    tried: Counter[tuple[str, int]] = Counter()
    right: Counter[tuple[str, int]] = Counter()
    for random, net in generator.documents(seed, nets):
        for kind, plant in generator.PLANTED.items():
            for digits in generator.LENGTHS:
                for _ in range(each):
                    document = plant(random, net, digits)
                    if document is None:
                        continue
                    cases = document.cases()
                    found = search(cases)
                    for target in document.targets:
                        if cases[target].verdict == "contradicted":
                            tried[kind, digits] += 1
                            explanation = found[target]
                            hit = explanation.status == "found" and (
                                document.expected & set(explanation.kinds)
                            )
                            right[kind, digits] += bool(hit)
    return _table(list(generator.PLANTED), right, tried)


def _table(
    kinds: list[str], hits: Counter[tuple[str, int]], tried: Counter[tuple[str, int]]
) -> dict[str, dict[int, tuple[int, int]]]:
    return {k: {d: (hits[k, d], tried[k, d]) for d in generator.LENGTHS} for k in kinds}


def markdown(first: str, rates: dict[str, dict[int, tuple[int, int]]], decimals: int) -> str:
    """A table with a row for each kind; an empty cell where there was nothing to try."""
    lines = [
        f"| {first} | " + " | ".join(map(str, generator.LENGTHS)) + " | tried |",
        "|---|" + "---|" * (len(generator.LENGTHS) + 1),
    ]
    if decimals:
        both = {d: [sum(c) for c in zip(*(r[d] for r in rates.values()), strict=True)] for d in ALL}
        rates = {**rates, "all": {d: (h, n) for d, (h, n) in both.items()}}
    for kind, row in rates.items():
        cells = [f"{100 * h / n:.{decimals}f}" if n else "" for h, n in row.values()]
        lines.append(
            f"| {kind} | " + " | ".join(cells) + f" | {sum(n for _, n in row.values()):,} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", type=int, default=100)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("-v", action="store_true")
    parser.add_argument("--only", choices=("noise", "recall"))
    options = parser.parse_args()
    if options.only != "recall":
        print(markdown("noise, % explained", noise_rates(options.nets, options.each), 2))
        print()
    if options.only != "noise":
        print(markdown("planted, % found", recall(options.nets, max(1, options.each // 4)), 0))


if __name__ == "__main__":
    main()
