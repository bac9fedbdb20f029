"""Random networks, counted by the real tools and by the conventions, layer by layer."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from counting_tools import TOOLS, ask
from hypothesis import given, note
from test_tools_on_zoo import assert_same, counted

import archc
from tests.drawing import patient

sys.path.insert(0, str(Path(__file__).parents[1] / "random_networks"))

from plans import Drawn, networks

EXAMPLES = 25


def test_random_networks_count_as_the_tools_count_them(
    record_property: Callable[[str, object], None],
) -> None:
    seen: Counter[str] = Counter()

    @given(networks())
    @patient(EXAMPLES)
    def check(drawn: Drawn) -> None:
        note(drawn.text)
        network = archc.loads(drawn.text)
        for name in TOOLS:
            if counted(network, name):
                assert_same(ask(name, network, "cpu"), network, name)
                seen[name] += 1

    check()
    record_property("summary", f"random networks counted as the tools do: {dict(seen)}")
    assert min(seen[name] for name in TOOLS) >= EXAMPLES // 2
