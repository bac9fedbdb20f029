"""What is said of a network that compiles and that nobody meant."""

from __future__ import annotations

import pytest

import archc
from archc import pipeline
from archc.diagnostics import SpecError


def said(shape: str, name: str = "n.arch", notation: str | None = None) -> list[str]:
    text = f"network n {{\n    input image: {shape}\n    conv 3x3 8 same\n}}\n"
    spec = pipeline.read_text(text, name)
    (network,) = pipeline.compile_family(spec)
    return [f"{d.severity} {d.span}: {d.help}" for d in pipeline.review(spec, network, notation)]


@pytest.mark.parametrize(
    ("shape", "meant"), [("3x224x224", "224x224x3"), ("1x28x28", "28x28x1"), ("3x5x5", "5x5x3")]
)
def test_an_image_whose_channels_come_first_is_remarked(shape: str, meant: str) -> None:
    for notation in (None, "arch", "yaml"):
        (only,) = said(shape, notation=notation)
        assert only.startswith("remark n.arch:2:5: ") and f"write `{meant}`" in only


@pytest.mark.parametrize("shape", ["224x224x3", "3x3x3", "3x4x4", "1x300x128", "HxWx3", "3xHxH"])
def test_other_images_are_not(shape: str) -> None:
    assert said(shape) == []


def help_of(body: str, shape: str) -> str | None:
    with pytest.raises(SpecError) as raised:
        archc.loads(f"network n {{\n    input image: {shape}\n    {body}\n}}\n")
    return raised.value.diagnostics[0].help


def test_a_window_that_does_not_fit_names_the_axes_of_an_image_alone() -> None:
    assert "write `64x64x3`" in (help_of("conv 7x7 8", "3x64x64") or "")
    inner = help_of("conv 1x1 62, subsample 1x1/31, conv 7x7 8", "93x1922x3")  # 3x62x62
    assert inner is not None and "padding" in inner
