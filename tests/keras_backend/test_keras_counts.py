"""What Keras counts of its own models, beside the conventions that speak for it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from test_keras_zoo import WRITTEN, ids

sys.path.insert(0, str(Path(__file__).parents[1] / "conventions"))
from counted_networks import load_small, load_zoo, small

from archc.audit.conventions import CONVENTIONS
from archc.diagnostics import SpecError
from archc.graph.network import Network
from archc_backends.keras import backend
from archc_backends.keras.live import import_keras, load_source

UNKNOWN = {"lenet5:lenet5", "map: subsample 2x2/2", "map: rbf 5", "regions: subsample 2x2/2"}
"""Networks with layers that Keras does not have: the model brings classes for them."""

REFUSED = {
    *(
        f"{input}: {line}"
        for input in ("map", "regions")
        for line in (
            "deconv 4x4/2 8 groups=2",
            "deconv 4x4/2 8 groups=4 pad=1",
            "maxpool 3x3 dilation=2",
        )
    ),
    "regions: crop 3x3",
    "regions: mul { { avgpool global, flatten }; identity }",
    "whole: unpooling",
    "whole: unpooling like",
}
"""What Keras cannot do."""


def model_of(network: Network) -> Any:
    source = backend.write(network)
    with import_keras().device("meta"):
        return load_source(source, network.name).model


def said(model: Any) -> list[int]:
    """The three totals below ``model.summary()``: in all, trainable, and not."""
    from keras.src.utils.summary_utils import count_params

    kinds = (model.weights, model.trainable_weights, model.non_trainable_weights)
    return [count_params(weights) for weights in kinds]


def counted(network: Network) -> list[Any]:
    return [table.count(network, plain=False).total for table in CONVENTIONS["keras"].tables]


@pytest.mark.parametrize(("spec", "variant"), WRITTEN, ids=ids(WRITTEN))
def test_networks_count_as_keras_counts_them(spec: str, variant: str) -> None:
    network = load_zoo(spec, variant)
    expected = said(model_of(network))
    if f"{spec}:{variant}" in UNKNOWN:
        assert None in counted(network)
    else:
        assert counted(network) == expected


@pytest.mark.parametrize("case", small())
def test_layers_count_as_keras_counts_them(case: str, tmp_path: Path) -> None:
    network = load_small(case, tmp_path)
    if case in REFUSED:
        with pytest.raises(SpecError):
            backend.write(network)
        return
    expected = said(model_of(network))
    assert (None in counted(network)) == (case in UNKNOWN)
    if case not in UNKNOWN:
        assert counted(network) == expected


def test_the_totals_are_those_of_the_summary() -> None:
    model = model_of(load_zoo("keras_bn", "keras_bn"))
    lines: list[str] = []
    model.summary(print_fn=lambda text, **_: lines.append(text))
    printed = re.findall(r"params: ([\d,]+)", "\n".join(lines))
    assert [int(number.replace(",", "")) for number in printed] == said(model)
