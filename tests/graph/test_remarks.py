"""What is said of a network that compiles and that nobody meant."""

from __future__ import annotations

import pytest

from archc import pipeline


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
