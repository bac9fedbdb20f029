"""Random networks in Keras give what they give in torch, or are refused for a known reason."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, note
from keras_compare import assert_equal

import archc
from archc.diagnostics import SpecError
from archc_backends.keras import backend
from tests.drawing import patient

sys.path.insert(0, str(Path(__file__).parents[1] / "random_networks"))

from plans import Drawn, networks

EXAMPLES = 60

REASONS = {
    "cannot convolve with both a stride and a dilation",
    "has no pooling with a dilation",
}
"""What Keras cannot do of the layers that are drawn."""


def test_random_networks_give_what_torch_gives(
    record_property: Callable[[str, object], None],
) -> None:
    seen: Counter[str] = Counter()

    @given(networks())
    @patient(EXAMPLES)
    def check(drawn: Drawn) -> None:
        note(drawn.text)
        network = archc.loads(drawn.text)
        try:
            source = backend.write(network)
        except SpecError as error:
            reason = error.diagnostics[0].message.removeprefix("the keras backend ")
            assert reason in REASONS
            seen[reason] += 1
            return
        assert backend.prove(network, source)
        assert_equal(network, varied=False)
        seen["equal"] += 1

    check()
    record_property("summary", f"random networks in Keras: {dict(seen)}")
    if seen["equal"] < EXAMPLES // 4:
        pytest.fail(f"too few networks were compared: {dict(seen)}")
